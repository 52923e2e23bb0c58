// An index in a store: what comes back, what is refused, and crashes at every write.
#include <limits>
#include <map>

#include <doctest/doctest.h>

#include "discovery/clusters.hpp"
#include "store/support.hpp"
#include "support/property.hpp"

#include "ainur/codec/msgpack.hpp"
#include "ainur/discovery/index_store.hpp"
#include "ainur/store/key.hpp"

using namespace ainur;
using namespace ainur::discovery;
using ainur::test::clusters;
using ainur::test::view_of;

namespace {

constexpr index_store tables{3, 4};

index_options options_of(scalar kind, std::uint32_t dimension = 16) {
  index_options o;
  o.kind = kind;
  o.dimension = dimension;
  o.exact_below = 0;
  return o;
}

capability_index make(const index_options& o) {
  return std::move(*capability_index::make(o));
}

capability_index open(const store::backend& from, const index_options& o) {
  auto index = tables.open(*view_of(from), o);
  if (!index)
    FAIL(index.error().to_string());
  return std::move(*index);
}

/// The form of a record with anything in it.
struct stranger {
  std::uint8_t version;
  bytes components;
  attributes terms;
  AINUR_FIELDS(stranger, version, components, terms)
};

using model = std::map<std::uint64_t, index_entry>;

model contents(const capability_index& index, std::uint64_t keys) {
  model out;
  for (std::uint64_t key = 0; key < keys; ++key)
    if (auto entry = index.find(key))
      out.emplace(key, std::move(*entry));
  CHECK(out.size() == index.size());
  return out;
}

error refusal(const store::backend& from, const index_options& o) {
  const auto index = tables.open(*view_of(from), o);
  REQUIRE_FALSE(index);
  return index.error();
}

void put_raw(store::backend& to, store::table_id table, bytes key, const bytes& value) {
  store::write_set writes;
  writes.put(table, key, value);
  REQUIRE(to.commit(writes));
}

} // namespace

TEST_CASE("an index comes back as it was, in both kinds and both stores") {
  test::scratch folder;
  const auto disk = test::open_lmdb(folder.path("store"));
  store::memory_store memory;
  for (const auto kind : {scalar::int8, scalar::float32}) {
    store::backend& where = kind == scalar::int8 ? static_cast<store::backend&>(*disk) : memory;
    const auto options = options_of(kind);
    auto index = make(options);
    clusters source{5, 4, 16, 0.6};
    store::write_set writes;
    tables.create(writes, options);
    for (std::uint64_t key = 0; key < 300; ++key) {
      const attributes terms{source.random().next(), 3, 500, static_cast<std::uint16_t>(key % 64)};
      REQUIRE(index.put(key, source.draw(), terms));
      tables.note(writes, index, key);
    }
    REQUIRE(index.erase(7));
    REQUIRE(index.set_attributes(8, {.reputation = 900}).value());
    REQUIRE(index.put(9, source.draw(), {}));
    for (const std::uint64_t key : {7, 8, 9, 1'000})
      tables.note(writes, index, key);
    REQUIRE(where.commit(writes));
    const auto again = open(where, options);
    CHECK(again.audit() == "");
    CHECK(again.size() == 299);
    CHECK(contents(again, 300) == contents(index, 300));
    for (int i = 0; i < 20; ++i) {
      const auto q = source.draw();
      CHECK(again.search_exactly(q, 10).value().matches ==
            index.search_exactly(q, 10).value().matches);
    }
    // The same store gives the same index, graph and all.
    const auto twin = open(where, options);
    for (int i = 0; i < 20; ++i) {
      const auto q = source.draw();
      const auto a = again.search(q, 10).value();
      const auto b = twin.search(q, 10).value();
      CHECK(a.matches == b.matches);
      CHECK(a.scored == b.scored);
    }
  }
}

TEST_CASE("an empty store is an empty index, and pages go on where they ended") {
  store::memory_store where;
  const auto options = options_of(scalar::int8);
  CHECK(tables.matches(*view_of(where), options).value() == false);
  CHECK(open(where, options).size() == 0);
  auto index = make(options);
  clusters source{6, 2, 16, 0.5};
  store::write_set writes;
  tables.create(writes, options);
  for (std::uint64_t key = 0; key < 25; ++key) {
    REQUIRE(index.put(key * key, source.draw(), {}));
    tables.note(writes, index, key * key);
  }
  REQUIRE(where.commit(writes));
  CHECK(tables.matches(*view_of(where), options).value());
  std::vector<std::uint64_t> keys;
  std::optional<std::uint64_t> after;
  for (bool more = true; more;) {
    const auto page = tables.read(*view_of(where), options, after, 4).value();
    CHECK(page.records.size() <= 4);
    for (const auto& r : page.records) {
      keys.push_back(r.key);
      CHECK(index.find(r.key) == r.entry);
    }
    more = page.more;
    after = keys.back();
  }
  CHECK(keys.size() == 25);
  CHECK(std::is_sorted(keys.begin(), keys.end()));
}

TEST_CASE("another kind or dimension, too many vectors and bad options are refused") {
  store::memory_store where;
  const auto options = options_of(scalar::int8);
  auto index = make(options);
  store::write_set writes;
  tables.create(writes, options);
  for (const std::uint64_t key : {1, 2}) {
    REQUIRE(index.put(key, std::vector<float>(16, 1.0f), {}));
    tables.note(writes, index, key);
  }
  REQUIRE(where.commit(writes));
  CHECK(refusal(where, options_of(scalar::int8, 17)).is(errc::wrong_shape));
  CHECK(refusal(where, options_of(scalar::float32)).is(errc::wrong_shape));
  auto few = options;
  few.vectors_max = 1;
  CHECK(refusal(where, few).is(errc::too_large));
  few.vectors_max = 0;
  CHECK(refusal(where, few).is(errc::bad_option));
}

TEST_CASE("records that no index wrote are refused by key") {
  const auto options = options_of(scalar::int8, 2);
  const auto good = encode_entry(options, {{127, -3}, {.region = 63}});
  REQUIRE(decode_entry(options, good).has_value());
  const auto refused = [](const index_options& o, const stranger& s) {
    const auto entry = decode_entry(o, codec::encode(s));
    return !entry && entry.error().is(errc::malformed);
  };
  CHECK_FALSE(refused(options, {1, {127, 1}, {}}));
  CHECK_FALSE(refused(options, {1, {0x81, 1}, {}}));      // −127
  CHECK(refused(options, {2, {127, 1}, {}}));             // a later version
  CHECK(refused(options, {1, {127}, {}}));                // too short
  CHECK(refused(options, {1, {127, 1, 1}, {}}));          // too long
  CHECK(refused(options, {1, {126, 1}, {}}));             // not scaled
  CHECK(refused(options, {1, {0, 0}, {}}));               // no direction
  CHECK(refused(options, {1, {0x80, 127}, {}}));          // −128
  CHECK(refused(options, {1, {127, 1}, {.region = 64}})); // no such region
  auto floats = options;
  floats.kind = scalar::float32;
  CHECK_FALSE(refused(floats, {1, {0, 0, 0x80, 0x3f, 0, 0, 0, 0}, {}})); // 1, 0
  CHECK(refused(floats, {1, {0, 0, 0x80, 0x3f, 0, 0, 0x80, 0x3f}, {}})); // 1, 1
  CHECK(refused(floats, {1, {0, 0, 0xc0, 0x7f, 0, 0, 0, 0}, {}}));       // not a number
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK(decode_entry(options, bytes_view{good}.first(size)).error().is(errc::malformed));

  store::memory_store where;
  store::write_set writes;
  tables.create(writes, options);
  REQUIRE(where.commit(writes));
  put_raw(where, 4, store::encode_key(std::uint64_t{77}), bytes{1, 2, 3});
  CHECK(refusal(where, options).is(errc::malformed));
  CHECK(refusal(where, options).detail().starts_with("key 77: "));
  store::memory_store odd;
  put_raw(odd, 3, bytes{0}, bytes{9});
  CHECK(refusal(odd, options).is(errc::malformed));
  store::memory_store short_key;
  REQUIRE(short_key.commit(writes));
  put_raw(short_key, 4, bytes{1, 2}, good);
  CHECK(refusal(short_key, options).is(errc::malformed));
}

TEST_CASE("vectors without a head are refused, not passed over") {
  store::memory_store where;
  const auto options = options_of(scalar::int8, 2);
  put_raw(where, 4, store::encode_key(std::uint64_t{1}), encode_entry(options, {{127, 0}, {}}));
  CHECK(refusal(where, options).is(errc::malformed));
}

TEST_CASE("stored floats are stored again without a change") {
  test::check_property("floats", 200, [] {
    const auto seed = *rc::gen::arbitrary<std::uint32_t>();
    const auto dimension = 1 + seed % 50;
    const auto kind = seed % 2 == 0 ? scalar::float32 : scalar::int8;
    clusters source{seed, 1, dimension, 3};
    auto index = make(options_of(kind, dimension));
    auto v = source.draw();
    for (auto& x : v)
      x *= static_cast<float>(1 + source.random().below(1'000));
    if (!index.put(1, v, {}))
      return; // all zero
    const auto once = *index.find(1);
    RC_ASSERT(is_stored_form(index.options(), once));
    RC_ASSERT(index.put(1, once.vector, {}).has_value());
    RC_ASSERT(*index.find(1) == once);
    RC_ASSERT(*decode_entry(index.options(), encode_entry(index.options(), once)) == once);
  });
}

TEST_CASE("a flipped bit is found out") {
  store::memory_store where;
  const auto options = options_of(scalar::int8);
  auto index = make(options);
  store::write_set writes;
  tables.create(writes, options);
  REQUIRE(index.put(5, std::vector<float>(16, 1.0f), {}));
  tables.note(writes, index, 5);
  REQUIRE(where.commit(writes));
  for (std::uint64_t value = 0; value < 2; ++value)
    for (const std::uint64_t bit : {0, 9, 77}) {
      REQUIRE(where.flip_bit(value, bit));
      CHECK(refusal(where, options).is(store::errc::damaged));
      REQUIRE(where.flip_bit(value, bit));
    }
  CHECK(open(where, options).size() == 1);
}

TEST_CASE("a crash at every write leaves what was durable, whole") {
  const auto options = options_of(scalar::int8, 8);
  for (std::uint64_t crash_at = 1;; ++crash_at) {
    store::memory_store where{{.keeps_crash_state = true}};
    where.set_faults({.crash_at = crash_at, .unsynced_survivors = crash_at % 3});
    auto index = make(options);
    clusters source{8, 2, 8, 0.5};
    model durable; // as the last successful commit left it
    model next;    // as the commit that failed would have left it
    for (int commit = 0; commit < 8 && !where.has_crashed(); ++commit) {
      store::write_set writes;
      if (commit == 0)
        tables.create(writes, options);
      for (int change = 0; change < 4; ++change) {
        const auto key = source.random().below(10);
        if (source.random().below(3) == 0)
          (void)index.erase(key);
        else
          REQUIRE(index.put(key, source.draw(), {.price = source.random().below(100)}));
        tables.note(writes, index, key);
      }
      next = contents(index, 10);
      if (where.commit(writes))
        durable = next;
    }
    if (!where.has_crashed()) {
      CHECK(crash_at > 20); // every write of the eight commits was tried
      break;
    }
    where.restart();
    const auto again = open(where, options);
    CHECK(again.audit() == "");
    const auto found = contents(again, 10);
    const bool whole = found == durable || found == next;
    CHECK(whole);
  }
}
