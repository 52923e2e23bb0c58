// A ledger stored by an earlier build of the same format opens, verifies and is the same ledger.
//
// tests/ledger/fixture/format-2.txt holds what such a store holds, a line a record:
//   put TABLE KEY VALUE | append JOURNAL NUMBER VALUE | height N | state_hash HASH
// It is written by
//   AINUR_FIXTURE=tests/ledger/fixture/format-2.txt ledger_test -ns -tc="write the fixture"
// If this test fails and the change of the format is meant, raise `log_format` and write a new one.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "ainur/codec/msgpack.hpp"
#include "ainur/ledger/authority.hpp"
#include "ainur/ledger/log_keeper.hpp"
#include "ainur/store/journal.hpp"
#include "ainur/store/memory_store.hpp"
#include "traffic.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

constexpr int fixture_blocks = 30;

/// Pruned, with a base, tables behind the last block, and standing records.
void fill(store::memory_store& memory) {
  traffic l;
  l.g.chain = "fixture";
  l.s.emplace(std::move(*state::open(l.g)));
  REQUIRE(prepare_log(memory, l.g));
  auto view = memory.open_view();
  auto keeper = *log_keeper::open(
      **view,
      {.flush_blocks_max = 7, .keep_blocks = 8, .keep_time = minutes{0}, .base_chunk_bytes = 3'000},
      *l.s);
  view->reset();
  std::uint64_t standings = 0;
  for (int i = 0; i < fixture_blocks; ++i) {
    const auto made = l.block();
    store::write_set set;
    set.append(block_journal, made.block.height, made.record);
    if (const auto events = standing_events(made.applied.events); !events.empty())
      set.append(standing_journal, ++standings,
                 codec::encode(standing_record{made.block.height, events}));
    keeper.add(set, *l.s, made.record.size());
    REQUIRE(memory.commit(set));
  }
}

/// In the source tree that the tests are told, or in which they are run by hand.
std::string fixture_path() {
  const auto* told = std::getenv("AINUR_SOURCE"); // NOLINT(concurrency-mt-unsafe)
  return (told == nullptr ? std::string{"."} : std::string{told}) +
         "/tests/ledger/fixture/format-" + std::to_string(log_format) + ".txt";
}

std::string dump_of(const store::view& view, const state& s) {
  std::ostringstream out;
  for (const auto table : {node_table, page_table, base_table})
    REQUIRE(view.visit(table, {}, [&](bytes_view key, bytes_view value) -> result<void> {
      out << "put " << table << ' ' << to_hex(key) << ' ' << to_hex(value) << '\n';
      return {};
    }));
  for (const auto journal : {block_journal, standing_journal}) {
    const auto records = store::read_journal(view, journal, store::extent_of(view, journal)->first);
    REQUIRE(records);
    for (const auto& record : *records)
      out << "append " << journal.value << ' ' << record.sequence << ' ' << to_hex(record.content)
          << '\n';
  }
  out << "height " << s.height() << "\nstate_hash " << to_string(s.recomputed_state_hash()) << '\n';
  return out.str();
}

/// A journal that begins later: the numbers before it are written and pruned.
void append(store::memory_store& memory, store::journal_id journal, std::uint64_t number,
            const bytes& content) {
  auto view = memory.open_view();
  const auto next = store::extent_of(**view, journal)->next;
  view->reset();
  store::write_set set;
  for (auto i = next; i < number; ++i)
    set.append(journal, i, {});
  if (next < number)
    set.prune(journal, number - 1);
  set.append(journal, number, content);
  REQUIRE(memory.commit(set));
}

} // namespace

TEST_CASE("write the fixture" * doctest::skip()) {
  const auto* path = std::getenv("AINUR_FIXTURE"); // NOLINT(concurrency-mt-unsafe)
  REQUIRE(path != nullptr);
  store::memory_store memory;
  fill(memory);
  auto view = memory.open_view();
  const auto s = open_log(**view, signatures::verify);
  REQUIRE(s);
  REQUIRE(verify_log(**view));
  std::ofstream{path} << dump_of(**view, *s);
}

TEST_CASE("the stored ledger of the present format opens, verifies and goes on") {
  std::ifstream in{fixture_path()};
  REQUIRE_MESSAGE(in, "each format has its fixture");
  store::memory_store memory;
  std::uint64_t height = 0;
  std::string state_hash;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words{line};
    std::string verb, key, value;
    std::uint64_t number = 0;
    words >> verb;
    if (verb == "put") {
      words >> number >> key >> value;
      store::write_set set;
      set.put(static_cast<store::table_id>(number), *from_hex(key), *from_hex(value));
      REQUIRE(memory.commit(set));
    } else if (verb == "append") {
      std::uint64_t sequence = 0;
      words >> number >> sequence >> value;
      append(memory, {number}, sequence, *from_hex(value));
    } else if (verb == "height") {
      words >> height;
    } else {
      words >> state_hash;
    }
  }
  auto view = memory.open_view();
  const auto s = open_log(**view, signatures::verify);
  REQUIRE_MESSAGE(s, (s ? "" : s.error().to_string()));
  CHECK(s->height() == height);
  CHECK(to_string(s->recomputed_state_hash()) == state_hash);
  const auto v = verify_log(**view);
  REQUIRE_MESSAGE(v, (v ? "" : v.error().to_string()));
  CHECK(v->first_height > 0);
  CHECK(v->bases > 0);
}
