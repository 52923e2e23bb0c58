// Write sets, keys and typed tables.
#include <algorithm>
#include <limits>

#include <doctest/doctest.h>

#include "ainur/store/table.hpp"
#include "store/support.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::store;
using test::text;

namespace {

enum class colour : std::uint8_t { red, green, blue, max_value = blue };

struct compound {
  account_id owner;
  std::string name;
  std::int32_t rank = 0;
  colour shade = colour::red;
  timestamp at{};
  AINUR_FIELDS(compound, owner, name, rank, shade, at)
};

struct item {
  std::uint64_t count = 0;
  std::string label;
  AINUR_FIELDS(item, count, label)
};

template <class T>
void check_order(const T& a, const T& b) {
  const auto ka = encode_key(a);
  const auto kb = encode_key(b);
  RC_ASSERT((a < b) == std::lexicographical_compare(ka.begin(), ka.end(), kb.begin(), kb.end()));
  RC_ASSERT(decode_key<T>(ka).value() == a);
}

constexpr table<std::uint64_t, item> items{3};

} // namespace

TEST_CASE("a write set gives back its operations in order") {
  write_set set;
  set.put(1, text("k"), text("value"));
  set.erase(2, text("gone"));
  set.append({7}, 9, text("record"));
  set.snapshot({8}, 4, {});
  write_set more;
  more.prune({8}, 3);
  set.merge(more);
  CHECK(set.count() == 5);
  write_set::cursor walk{set};
  const auto put = walk.next();
  REQUIRE(put);
  CHECK(put->kind == operation::kind_type::put);
  CHECK(put->table == 1);
  CHECK(bytes{put->key.begin(), put->key.end()} == text("k"));
  CHECK(bytes{put->value.begin(), put->value.end()} == text("value"));
  CHECK(walk.next()->kind == operation::kind_type::erase);
  const auto append = walk.next();
  CHECK(append->kind == operation::kind_type::append);
  CHECK(append->journal == journal_id{7});
  CHECK(append->sequence == 9);
  CHECK(walk.next()->kind == operation::kind_type::snapshot);
  const auto prune = walk.next();
  CHECK(prune->kind == operation::kind_type::prune);
  CHECK(prune->journal == journal_id{8});
  CHECK(prune->sequence == 3);
  CHECK_FALSE(walk.next());
  set.clear();
  CHECK(set.empty());
  CHECK(set.size_bytes() == 0);
}

TEST_CASE("keys sort as their values do, and come back") {
  test::check_property("unsigned", 200,
                       [](std::uint64_t a, std::uint64_t b) { check_order(a, b); });
  test::check_property("signed", 200, [](std::int64_t a, std::int64_t b) { check_order(a, b); });
  test::check_property("short", 200, [](std::int16_t a, std::int16_t b) { check_order(a, b); });
  test::check_property("text", 200, [] {
    const auto word = rc::gen::container<std::string>(rc::gen::element('\0', '\1', 'a', '\xff'));
    check_order(*word, *word);
  });
  test::check_property("blob", 200, [](const bytes& a, const bytes& b) { check_order(a, b); });
  for (const auto value : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1},
                           std::int64_t{0}, std::numeric_limits<std::int64_t>::max()})
    CHECK(decode_key<std::int64_t>(encode_key(value)).value() == value);
}

TEST_CASE("a compound key sorts by its fields in order") {
  compound low{{}, "a", -5, colour::red, timestamp_at(9)};
  compound high = low;
  const auto expect_less = [&] {
    const auto a = encode_key(low);
    const auto b = encode_key(high);
    CHECK(std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end()));
    CHECK(decode_key<compound>(b).value() == high);
  };
  high.at = timestamp_at(10);
  expect_less();
  high.at = timestamp_at(-10), high.shade = colour::blue;
  expect_less();
  high.shade = colour::red, high.rank = 4;
  expect_less();
  high.rank = -6, high.name = std::string("a\0b", 3);
  expect_less();
  high.name = "", high.owner.value[0] = 1;
  expect_less();
}

TEST_CASE("bytes that are no key of the type are refused") {
  CHECK(decode_key<std::uint32_t>(bytes{0, 0, 1}).error().is(errc::bad_key));
  CHECK(decode_key<std::uint32_t>(bytes{0, 0, 1, 2, 3}).error().is(errc::bad_key));
  CHECK(decode_key<bool>(bytes{2}).error().is(errc::bad_key));
  CHECK(decode_key<colour>(bytes{3}).error().is(errc::bad_key));
  CHECK(decode_key<std::string>(text("open")).error().is(errc::bad_key));
  CHECK(decode_key<std::string>(bytes{'a', 0, 1, 0, 0}).error().is(errc::bad_key));
  CHECK(decode_key<std::string>(bytes{'a', 0, 0, 0}).error().is(errc::bad_key));
  CHECK(decode_key<account_id>(bytes(31)).error().is(errc::bad_key));
  rng random{77};
  const auto good = encode_key(compound{{}, "a\0b", 3, colour::green, timestamp_at(1)});
  for (int i = 0; i < 20'000; ++i) {
    auto altered = good;
    altered[random.below(altered.size())] = static_cast<std::uint8_t>(random.next());
    altered.resize(random.below(altered.size() + 1));
    // What is accepted is the one form of its value.
    if (const auto key = decode_key<compound>(altered))
      CHECK(encode_key(*key) == altered);
  }
}

TEST_CASE("typed tables put, get, erase and scan in key order") {
  test::on_both([](backend& where) {
    write_set set;
    for (const std::uint64_t i : {300u, 2u, 70'000u, 1u})
      items.put(set, i, {i * 10, "n" + std::to_string(i)});
    REQUIRE(where.commit(set));
    const auto from = test::view_of(where);
    CHECK(items.get(*from, 300).value() == item{3000, "n300"});
    CHECK(items.get(*from, 301).value() == std::nullopt);
    auto first = items.scan(*from, {}, 3);
    REQUIRE(first);
    REQUIRE(first->records.size() == 3);
    CHECK(first->records[0].key == 1);
    CHECK(first->records[1].key == 2);
    CHECK(first->records[2].key == 300);
    CHECK(first->more);
    auto rest = items.scan(*from, 300, 3);
    REQUIRE(rest);
    REQUIRE(rest->records.size() == 1);
    CHECK(rest->records[0].value == item{700'000, "n70000"});
    CHECK_FALSE(rest->more);
    write_set erase;
    items.erase(erase, 2);
    REQUIRE(where.commit(erase));
    CHECK(items.get(*test::view_of(where), 2).value() == std::nullopt);
  });
}

TEST_CASE("stored bytes of another type are named, not misread") {
  memory_store where;
  write_set set;
  set.put(items.number(), encode_key(std::uint64_t{1}), text("no msgpack item"));
  set.put(items.number(), text("odd"), codec::encode(item{1, "x"}));
  REQUIRE(where.commit(set));
  const auto from = test::view_of(where);
  CHECK(items.get(*from, 1).error().is(errc::bad_value));
  CHECK(items.scan(*from, 1).error().is(errc::bad_key));
}
