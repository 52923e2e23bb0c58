// What lies beside the blocks: tables, bases and pruning, and a crash or a full disk at any moment.
#include "ainur/codec/msgpack.hpp"
#include "ainur/ledger/authority.hpp"
#include "ainur/ledger/log_keeper.hpp"
#include "ainur/store/journal.hpp"
#include "ainur/store/memory_store.hpp"
#include "traffic.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

/// Everything happens often, in small pieces.
keeper_options busy() {
  keeper_options o;
  o.flush_blocks_max = 3;
  o.keep_blocks = 8;
  o.keep_time = minutes{0};
  o.base_chunk_bytes = 2'000;
  o.prune_step = 3;
  return o;
}

/// The owner of a ledger in a store that may fail.
struct owner {
  store::memory_store& store;
  keeper_options options;
  traffic l;
  std::optional<log_keeper> keeper;
  std::uint64_t standings = 0;

  explicit owner(store::memory_store& s, const keeper_options& o) : store(s), options(o) {}

  result<void> begin() {
    if (auto ready = prepare_log(store, l.g); !ready)
      return ready;
    return reopen();
  }

  result<void> reopen() {
    auto view = store.open_view();
    if (!view)
      return fail(view.error());
    auto s = open_log(**view, signatures::verify);
    if (!s)
      return fail(s.error());
    auto k = log_keeper::open(**view, options, *s);
    if (!k)
      return fail(k.error());
    l.s.emplace(std::move(*s));
    l.now = l.s->time();
    keeper.emplace(std::move(*k));
    standings = store::extent_of(**view, standing_journal)->last();
    return {};
  }

  result<void> block() {
    const auto made = l.block();
    store::write_set set;
    set.append(block_journal, made.block.height, made.record);
    if (const auto events = standing_events(made.applied.events); !events.empty())
      set.append(standing_journal, ++standings,
                 codec::encode(standing_record{made.block.height, events}));
    keeper->add(set, *l.s, made.record.size());
    return store.commit(set);
  }

  result<verification> verify() const {
    auto view = store.open_view();
    REQUIRE(view);
    return verify_log(**view);
  }

  [[nodiscard]] std::uint64_t first_block() const {
    auto view = store.open_view();
    return store::extent_of(**view, block_journal)->first;
  }
};

void require_sound(owner& o) {
  const auto v = o.verify();
  REQUIRE_MESSAGE(v, (v ? "" : v.error().to_string()));
  REQUIRE(v->final_state.recomputed_state_hash() == o.l.s->recomputed_state_hash());
  REQUIRE(v->final_state.block_hash() == o.l.s->block_hash());
}

} // namespace

TEST_CASE("by default all blocks stay, and the tables follow") {
  store::memory_store memory;
  owner o{memory, {.flush_blocks_max = 10}};
  REQUIRE(o.begin());
  for (int i = 0; i < 35; ++i)
    REQUIRE(o.block());
  const auto v = o.verify();
  REQUIRE(v);
  CHECK(v->first_height == 0);
  CHECK(v->blocks == 35);
  CHECK(v->tables_height == 30);
  CHECK(v->bases == 0);
  const auto before = o.l.s->snapshot();
  REQUIRE(o.reopen());
  CHECK(o.l.s->snapshot() == before);
}

TEST_CASE("the tables are written early when much was logged or changed") {
  for (const auto& options :
       {keeper_options{.flush_bytes_max = 1}, keeper_options{.flush_pages_max = 1}}) {
    store::memory_store memory;
    owner o{memory, options};
    REQUIRE(o.begin());
    for (int i = 0; i < 3; ++i)
      REQUIRE(o.block());
    CHECK(o.verify()->tables_height == 3);
  }
}

TEST_CASE("old blocks go once a base stands in their place") {
  store::memory_store memory;
  owner o{memory, busy()};
  REQUIRE(o.begin());
  std::uint64_t most = 0;
  for (int i = 0; i < 150; ++i) {
    REQUIRE(o.block());
    const auto blocks = o.l.s->height() + 1 - o.first_block();
    CHECK(blocks >= std::min<std::uint64_t>(8, o.l.s->height()));
    most = std::max(most, blocks);
    if (i % 7 == 0)
      require_sound(o);
  }
  CHECK(o.first_block() > 100);
  CHECK(most < 60);
  CHECK(o.keeper->bases().size() <= 2);
  const auto v = o.verify();
  CHECK(v->first_height + 1 >= o.first_block());
  CHECK(v->bases >= 1);
  // Nothing is left of what was dropped.
  auto view = memory.open_view();
  std::size_t chunks = 0;
  for (const auto& base : o.keeper->bases())
    chunks += base.chunks;
  const auto stored = (*view)->scan_keys(base_table, {})->size();
  CHECK(stored >= chunks);
  CHECK(stored < chunks + 40); // the next one grows
}

TEST_CASE("blocks stay as long as the time says, whatever their number") {
  store::memory_store memory;
  auto options = busy();
  options.keep_time = hours{10'000};
  owner o{memory, options};
  REQUIRE(o.begin());
  for (int i = 0; i < 60; ++i)
    REQUIRE(o.block());
  CHECK(o.first_block() == 1);
}

TEST_CASE("a flipped bit in any stored value is found and named") {
  store::memory_store memory;
  owner o{memory, busy()};
  REQUIRE(o.begin());
  for (int i = 0; i < 40; ++i)
    REQUIRE(o.block());
  REQUIRE(o.verify());
  std::uint64_t values = 0;
  for (; memory.flip_bit(values, values * 37 + 5); ++values) {
    const auto v = o.verify();
    REQUIRE_FALSE(v);
    CHECK(v.error().to_string().find("table") != std::string::npos);
    REQUIRE(memory.flip_bit(values, values * 37 + 5));
  }
  CHECK(values > 40);
  CHECK(o.verify());
}

TEST_CASE("a base or page that is missing or another is named") {
  store::memory_store memory;
  owner o{memory, busy()};
  REQUIRE(o.begin());
  while (o.keeper->bases().empty() || o.first_block() < 5)
    REQUIRE(o.block());
  const auto key_of = [&](store::table_id table) {
    auto view = memory.open_view();
    return (*view)->scan_keys(table, {})->front();
  };
  store::write_set set;
  SUBCASE("a chunk") {
    set.erase(base_table, key_of(base_table));
    REQUIRE(memory.commit(set));
    CHECK(o.verify().error().to_string().find("chunk 0 of the base at height") !=
          std::string::npos);
  }
  SUBCASE("a page") {
    set.erase(page_table, key_of(page_table));
    REQUIRE(memory.commit(set));
    CHECK(o.verify().error().to_string().find("the state tables at height") != std::string::npos);
  }
}

namespace {

/// Blocks until the store fails, then what a restart finds, and on to a sound end.
void survive(store::memory_store& memory, const keeper_options& options,
             const std::function<void()>& recover) {
  owner o{memory, options};
  std::uint64_t acknowledged = 0;
  hash256 last;
  if (o.begin()) {
    for (int i = 0; i < 24; ++i) {
      if (!o.block())
        break;
      acknowledged = o.l.s->height();
      last = o.l.s->block_hash();
    }
  }
  recover();
  owner again{memory, options};
  REQUIRE(again.begin());
  // Nothing acknowledged is lost, and at most the block under way is there besides.
  REQUIRE(again.l.s->height() >= acknowledged);
  REQUIRE(again.l.s->height() <= acknowledged + 1);
  if (again.l.s->height() == acknowledged && acknowledged > 0)
    REQUIRE(again.l.s->block_hash() == last);
  require_sound(again);
  again.l.random = rng{acknowledged};
  again.l.tasks = 1'000; // new names
  for (int i = 0; i < 3; ++i)
    REQUIRE(again.block());
  require_sound(again);
}

} // namespace

TEST_CASE("a crash at every write effect loses nothing and applies nothing twice") {
  auto options = busy();
  options.keep_blocks = 5;
  store::memory_options kept;
  kept.keeps_crash_state = true;
  std::uint64_t effects = 0;
  {
    store::memory_store memory{kept};
    survive(memory, options, [&] {
      effects = memory.effects();
      memory.crash();
      memory.restart();
    });
  }
  CHECK(effects > 100);
  for (std::uint64_t at = 1; at <= effects + 1; ++at)
    // A synced commit is there whole or not at all: what may survive matters at its ends only.
    for (const std::uint64_t survivors : {std::uint64_t{0}, std::uint64_t{1'000'000}}) {
      if (survivors != 0 && at % 5 != 0)
        continue;
      CAPTURE(at);
      store::memory_store memory{kept};
      memory.set_faults({at, survivors});
      survive(memory, options, [&] {
        if (!memory.has_crashed())
          memory.crash();
        memory.restart();
      });
    }
}

TEST_CASE("a full disk is an error that leaves the ledger readable and whole for later") {
  auto options = busy();
  options.keep_blocks = 5;
  for (std::uint64_t limit = 100; limit < 60'000; limit += 997) {
    CAPTURE(limit);
    store::memory_store memory;
    memory.set_bytes_max(limit);
    survive(memory, options, [&] {
      auto view = memory.open_view();
      REQUIRE(view); // readable while full
      if (read_genesis(**view))
        CHECK(open_log(**view, signatures::verify).has_value());
      view->reset();
      memory.set_bytes_max(~std::uint64_t{0});
    });
  }
}
