// Pages written over pages are the state; whatever is not a page is refused.
#include <map>

#include "ainur/codec/msgpack.hpp"
#include "ainur/codec/stream.hpp"
#include "ainur/ledger/snapshot.hpp"
#include "ainur/ledger/tables.hpp"
#include "support/property.hpp"
#include "traffic.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

/// What a store would hold.
struct stored_pages {
  bytes header;
  std::map<std::pair<std::uint8_t, std::uint32_t>, bytes> pages;

  void take(state& s) {
    auto changes = s.take_changes();
    header = std::move(changes.header);
    for (auto& page : changes.pages)
      if (page.content.empty())
        pages.erase({page.table, page.number});
      else
        pages[{page.table, page.number}] = std::move(page.content);
  }

  [[nodiscard]] result<state> load() const {
    auto loader = table_loader::begin(header);
    if (!loader)
      return fail(loader.error());
    for (const auto& [key, content] : pages)
      if (auto added = loader->add(key.first, key.second, content); !added)
        return fail(added.error());
    return loader->finish();
  }
};

} // namespace

TEST_CASE("pages that changed, put over those before, are the state; it goes on from there") {
  for (std::uint64_t seed = 1; seed <= 10u * static_cast<unsigned>(count_factor()); ++seed) {
    CAPTURE(seed);
    traffic l{seed};
    stored_pages disk;
    for (int i = 0; i < 150; ++i) {
      const auto made = l.block();
      if (l.random.below(5) != 0)
        continue;
      disk.take(*l.s);
      CHECK(l.s->changed_pages() == 0);
      auto loaded = disk.load();
      REQUIRE_MESSAGE(loaded, (loaded ? "" : loaded.error().to_string()));
      REQUIRE(loaded->snapshot() == l.s->snapshot());
      CHECK(loaded->changed_pages() == 0);
      CHECK(loaded->audit().has_value());
      CHECK(loaded->state_hash() == l.s->recomputed_state_hash());
      CHECK(loaded->next_deadline() == l.s->next_deadline());
      // It may take the other's place, and its own changes are pages of the same disk.
      if (l.random.below(3) == 0)
        l.s.emplace(std::move(*loaded));
    }
  }
}

TEST_CASE("a write touches its own page only") {
  traffic l;
  for (int i = 0; i < 60; ++i)
    (void)l.block();
  stored_pages disk;
  disk.take(*l.s);
  const auto all = disk.pages.size();
  CHECK(all > 5);
  batch b;
  l.now += minutes{1};
  b.signer = self_keyed(2).id;
  b.valid_until = l.now;
  b.entries.push_back({b.signer, std::nullopt, transfer{self_keyed(3).id, amount{1}}});
  REQUIRE(l.s->build(l.now, {sign_batch(l.s->chain(), b, seed_of(2))}));
  CHECK(l.s->changed_pages() == 1); // both stand in the first
}

TEST_CASE("pages that do not fit are refused by name") {
  traffic l;
  for (int i = 0; i < 60; ++i)
    (void)l.block();
  stored_pages disk;
  disk.take(*l.s);
  const auto fault = [&disk] {
    const auto loaded = disk.load();
    REQUIRE_FALSE(loaded);
    return loaded.error().to_string();
  };
  auto& [key, content] = *disk.pages.begin();
  const auto name = "page " + std::to_string(key.second) + " of table " + std::to_string(key.first);
  SUBCASE("a record more than the marks say") {
    content.push_back(0);
    CHECK(fault().find(name) != std::string::npos);
  }
  SUBCASE("cut short") {
    content.pop_back();
    CHECK(fault().find(name) != std::string::npos);
  }
  SUBCASE("nothing at all") {
    content.clear();
    CHECK(fault().find(name) != std::string::npos);
  }
  SUBCASE("a page beyond the end") {
    disk.pages[{1, 4'000}] = content;
    CHECK(fault().find("page 4000 of table 1") != std::string::npos);
  }
  SUBCASE("the same records twice") {
    disk.pages[{1, 1}] = disk.pages[{1, 0}];
    CHECK(fault().find("twice") != std::string::npos);
  }
  SUBCASE("an unknown table") {
    disk.pages[{200, 0}] = content;
    CHECK(fault().find("no such table") != std::string::npos);
  }
  SUBCASE("a header that is none") {
    disk.header[5] ^= 1;
    CHECK_FALSE(disk.load());
  }
}

TEST_CASE("a snapshot in chunks is the snapshot") {
  traffic l;
  for (int i = 0; i < 60; ++i)
    (void)l.block();
  const auto whole = l.s->snapshot();
  for (const std::size_t size : {std::size_t{1}, std::size_t{100}, std::size_t{5'000}}) {
    snapshot_writer writer{*l.s};
    std::vector<bytes> chunks;
    bytes joined;
    while (auto chunk = writer.next(size)) {
      joined.insert(joined.end(), chunk->begin(), chunk->end());
      chunks.push_back(std::move(*chunk));
    }
    CHECK(joined == whole);
    CHECK(chunks.size() > 1);
    std::size_t next = 0;
    const auto restored = state::restore(chunk_source{[&]() -> result<std::optional<bytes>> {
      return next == chunks.size() ? std::nullopt : std::optional{chunks[next++]};
    }});
    REQUIRE(restored);
    CHECK(restored->snapshot() == whole);
  }
}

namespace {

template <class T>
void agree_on(const bytes& form) {
  const auto strict = codec::decode<T>(form);
  codec::stream_reader in{form};
  T value{};
  codec::read(in, value);
  const bool streamed = !in.failed() && in.rest().empty();
  CHECK(streamed == strict.has_value());
  if (streamed && strict)
    CHECK(value == *strict);
}

} // namespace

TEST_CASE("reading in one pass takes exactly what decode takes") {
  rng random{5};
  for (int i = 0; i < 60'000; ++i) {
    bytes form;
    codec::writer w{form};
    const auto wide = random.next() >> random.below(64);
    switch (random.below(4)) {
    case 0:
      w.unsigned_integer(wide);
      break;
    case 1:
      w.signed_integer(static_cast<std::int64_t>(wide) * (random.below(2) == 0 ? 1 : -1));
      break;
    case 2:
      w.blob(bytes(random.below(3) == 0 ? 300 : random.below(40), 7));
      break;
    default:
      w.text(std::string(random.below(3) == 0 ? 300 : random.below(40), 'x'));
    }
    for (auto edits = random.below(3); edits > 0; --edits)
      form[random.below(std::min<std::size_t>(form.size(), 4))] =
          static_cast<std::uint8_t>(random.next());
    agree_on<std::uint64_t>(form);
    agree_on<std::uint16_t>(form);
    agree_on<std::int64_t>(form);
    agree_on<bool>(form);
    agree_on<bytes>(form);
    agree_on<std::string>(form);
    agree_on<std::optional<std::uint64_t>>(form);
    agree_on<std::vector<std::uint8_t>>(form);
  }
}
