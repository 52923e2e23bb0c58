// What holds for every store: tables against a std::map, journals by rule, nothing by halves.
#include <map>
#include <string>

#include <doctest/doctest.h>

#include "ainur/store/journal.hpp"
#include "store/support.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::store;
using test::dump;
using test::text;
using test::view_of;

namespace {

using oracle = std::map<bytes, bytes>;

bytes random_bytes(rng& random, std::size_t size_max) {
  bytes out(random.below(size_max) + 1);
  for (auto& b : out)
    b = static_cast<std::uint8_t>(random.below(4));
  return out;
}

write_set records(journal_id journal, std::uint64_t first, std::uint64_t last) {
  write_set out;
  for (auto i = first; i <= last; ++i)
    out.append(journal, i, text("r" + std::to_string(i)));
  return out;
}

void check_same(const std::vector<entry>& found, const oracle& expected) {
  REQUIRE(found.size() == expected.size());
  auto at = expected.begin();
  for (const auto& e : found) {
    CHECK(e.key == at->first);
    CHECK(e.value == at->second);
    ++at;
  }
}

void random_history(backend& where, std::uint64_t seed_value) {
  CAPTURE(seed_value);
  rng random{seed_value};
  oracle tables[2];
  for (int round = 0; round < 60; ++round) {
    std::vector<write_set> sets(random.below(3) + 1);
    for (auto& set : sets)
      for (auto n = random.below(8); n > 0; --n) {
        const auto t = random.below(2);
        const auto key = random_bytes(random, 4);
        if (random.chance_ppm(300'000)) {
          set.erase(static_cast<table_id>(t), key);
          tables[t].erase(key);
        } else {
          const auto value = random_bytes(random, random.chance_ppm(20'000) ? 20'000 : 40);
          set.put(static_cast<table_id>(t), key, value);
          tables[t][key] = value;
        }
      }
    REQUIRE(where.commit(std::span<const write_set>{sets}));
    const auto from = view_of(where);
    const auto t = random.below(2);
    const auto key = random_bytes(random, 4);
    const auto got = from->get(static_cast<table_id>(t), key);
    REQUIRE(got);
    const auto known = tables[t].find(key);
    CHECK(got->has_value() == (known != tables[t].end()));
    if (*got)
      CHECK(**got == known->second);
  }
  const auto from = view_of(where);
  check_same(dump(*from, 0), tables[0]);
  check_same(dump(*from, 1), tables[1]);
  // Any range, page by page, both ways.
  for (int round = 0; round < 20; ++round) {
    auto low = random_bytes(random, 3);
    auto high = random_bytes(random, 3);
    if (high < low)
      std::swap(low, high);
    const oracle part{tables[0].lower_bound(low), tables[0].lower_bound(high)};
    for (const bool reverse : {false, true}) {
      scan_range range{low, high, random.below(5) + 1, 1u << 20, reverse};
      std::vector<entry> all;
      for (;;) {
        auto page = from->scan(0, range);
        REQUIRE(page);
        all.insert(all.end(), page->entries.begin(), page->entries.end());
        if (!page->more)
          break;
        CHECK(page->entries.size() == range.count_max);
        range = after(range, *page);
      }
      if (reverse)
        std::reverse(all.begin(), all.end());
      check_same(all, part);
    }
  }
}

} // namespace

TEST_CASE("tables agree with a map under random commits and scans") {
  test::on_both([](backend& where) { random_history(where, 4711); });
  for (int i = 0; i < 10 * test::count_factor(); ++i) {
    memory_store memory;
    random_history(memory, static_cast<std::uint64_t>(i));
  }
}

TEST_CASE("a page is bounded by bytes but holds at least one entry") {
  test::on_both([](backend& where) {
    write_set set;
    for (std::uint8_t i = 0; i < 10; ++i)
      set.put(1, bytes{i}, bytes(1000, i));
    REQUIRE(where.commit(set));
    const auto from = view_of(where);
    auto page = from->scan(1, {{}, {}, 100, 3500, false});
    REQUIRE(page);
    CHECK(page->entries.size() == 3);
    CHECK(page->more);
    page = from->scan(1, {{}, {}, 100, 1, false});
    REQUIRE(page);
    CHECK(page->entries.size() == 1);
    CHECK(page->more);
    page = from->scan(1, {{9}, {}, 100, 1, false});
    CHECK_FALSE(page->more);
  });
}

TEST_CASE("tables do not run into each other, nor into the store's own") {
  test::on_both([](backend& where) {
    const bytes high(key_bytes_max, 0xff);
    write_set set;
    set.put(0, high, text("0"));
    set.put(1, high, text("1"));
    set.put(table_id_max, high, text("max"));
    set.append({1}, 1, text("r"));
    REQUIRE(where.commit(set));
    const auto from = view_of(where);
    CHECK(dump(*from, 0).size() == 1);
    CHECK(dump(*from, 1).size() == 1);
    CHECK(dump(*from, 2).empty());
    CHECK(dump(*from, table_id_max).size() == 1);
    CHECK(from->get(0, high).value() == text("0"));
    CHECK(from->get(0, bytes(600)).value() == std::nullopt);
    CHECK(from->get(0, {}).value() == std::nullopt);
  });
}

TEST_CASE("values of every size come back, up to several megabytes") {
  test::on_both([](backend& where) {
    write_set set;
    const std::size_t sizes[] = {0, 1, 100, 2000, 2100, 4096, 70'000, 5u << 20};
    for (std::uint8_t i = 0; i < std::size(sizes); ++i)
      set.put(1, bytes{i}, bytes(sizes[i], static_cast<std::uint8_t>(i + 1)));
    REQUIRE(where.commit(set));
    const auto from = view_of(where);
    for (std::uint8_t i = 0; i < std::size(sizes); ++i)
      CHECK(from->get(1, bytes{i}).value() == bytes(sizes[i], static_cast<std::uint8_t>(i + 1)));
    CHECK(from->check().value().values >= std::size(sizes));
  });
}

TEST_CASE("a view shows one state whatever is committed later") {
  test::on_both([](backend& where) {
    write_set first;
    first.put(1, text("k"), text("old"));
    REQUIRE(where.commit(first));
    const auto from = view_of(where);
    write_set second;
    second.put(1, text("k"), text("new"));
    second.put(1, text("l"), text("more"));
    REQUIRE(where.commit(second));
    CHECK(from->get(1, text("k")).value() == text("old"));
    CHECK(dump(*from, 1).size() == 1);
    CHECK(view_of(where)->get(1, text("k")).value() == text("new"));
  });
}

TEST_CASE("a commit with one bad operation changes nothing") {
  test::on_both([](backend& where) {
    auto before = records({5}, 1, 4);
    before.put(1, text("k"), text("v"));
    before.put(1, text("l"), text("w"));
    before.snapshot({5}, 2, text("s2"));
    REQUIRE(where.commit(before));
    const auto refused = [&](errc why, auto&& bad) {
      write_set good = records({5}, 5, 6);
      good.put(1, text("k"), text("changed"));
      good.put(1, text("new"), text("new"));
      good.erase(1, text("l"));
      good.prune({5}, 3);
      good.snapshot({5}, 5, text("s5"));
      write_set second;
      bad(second);
      const std::vector<write_set> both{good, second};
      const auto done = where.commit(std::span<const write_set>{both});
      REQUIRE_FALSE(done);
      CHECK(done.error().is(why));
      const auto from = view_of(where);
      check_same(dump(*from, 1), {{text("k"), text("v")}, {text("l"), text("w")}});
      CHECK(extent_of(*from, {5}).value() == journal_extent{1, 5});
      CHECK(read_journal(*from, {5}, 1).value().size() == 4);
      CHECK(snapshots_of(*from, {5}).value() == std::vector<std::uint64_t>{2});
    };
    refused(errc::bad_key, [](write_set& w) { w.put(1, {}, text("x")); });
    refused(errc::bad_key, [](write_set& w) { w.put(1, bytes(key_bytes_max + 1), text("x")); });
    refused(errc::bad_key, [](write_set& w) { w.erase(1, bytes(5000)); });
    refused(errc::bad_key, [](write_set& w) { w.put(table_id_max + 1, text("x"), text("x")); });
    refused(errc::sequence_gap, [](write_set& w) { w.append({5}, 8, text("gap")); });
    refused(errc::sequence_gap, [](write_set& w) { w.append({5}, 6, text("again")); });
    refused(errc::sequence_gap, [](write_set& w) { w.append({6}, 2, text("not the first")); });
    refused(errc::sequence_gap, [](write_set& w) { w.append({6}, 0, text("none")); });
    refused(errc::sequence_gap, [](write_set& w) { w.snapshot({5}, 7, text("ahead")); });
    refused(errc::sequence_gap, [](write_set& w) { w.snapshot({5}, 1, text("pruned")); });
    refused(errc::sequence_gap, [](write_set& w) { w.prune({5}, ~std::uint64_t{0}); });
  });
}

TEST_CASE("a journal is read from any record, in order, page by page") {
  test::on_both([](backend& where) {
    CHECK(extent_of(*view_of(where), {1}).value() == journal_extent{1, 1});
    CHECK(read_journal(*view_of(where), {1}, 1).value().empty());
    REQUIRE(where.commit(records({1}, 1, 300)));
    REQUIRE(where.commit(records({2}, 1, 3)));
    REQUIRE(where.commit(records({1}, 301, 700)));
    const auto from = view_of(where);
    CHECK(extent_of(*from, {1}).value() == journal_extent{1, 701});
    std::uint64_t next = 250;
    while (true) {
      const auto part = read_journal(*from, {1}, next, 100);
      REQUIRE(part);
      if (part->empty())
        break;
      for (const auto& r : *part)
        CHECK(r == journal_record{next++, text("r" + std::to_string(r.sequence))});
    }
    CHECK(next == 701);
    CHECK(read_journal(*from, {1}, 900).value().empty());
    CHECK(read_journal(*from, {2}, 1).value().size() == 3);
    CHECK(read_journal(*from, {1}, 0).error().is(errc::not_found));
  });
}

TEST_CASE("pruning removes the oldest records, and numbering goes on") {
  test::on_both([](backend& where) {
    REQUIRE(where.commit(records({1}, 1, 10)));
    write_set prune;
    prune.prune({1}, 7);
    prune.prune({1}, 4); // already gone
    REQUIRE(where.commit(prune));
    auto from = view_of(where);
    CHECK(extent_of(*from, {1}).value() == journal_extent{8, 11});
    CHECK(read_journal(*from, {1}, 7).error().is(errc::not_found));
    CHECK(read_journal(*from, {1}, 8).value().size() == 3);
    write_set all;
    all.prune({1}, 10);
    REQUIRE(where.commit(all));
    from = view_of(where);
    CHECK(extent_of(*from, {1}).value() == journal_extent{11, 11});
    CHECK(where.commit(records({1}, 1, 1)).error().is(errc::sequence_gap));
    REQUIRE(where.commit(records({1}, 11, 11)));
    CHECK(read_journal(*view_of(where), {1}, 11).value().size() == 1);
  });
}

TEST_CASE("the two newest snapshots are kept, each journal its own") {
  test::on_both([](backend& where) {
    for (const auto journal : {journal_id{1}, journal_id{2}, journal_id{~std::uint64_t{0}}}) {
      write_set set = records(journal, 1, 9);
      set.snapshot(journal, 0, text("s0"));
      set.snapshot(journal, 3, text("s3"));
      REQUIRE(where.commit(set));
      write_set later;
      later.snapshot(journal, 6, text("s6"));
      later.snapshot(journal, 9, text("s9"));
      later.snapshot(journal, 9, text("s9 again"));
      REQUIRE(where.commit(later));
    }
    const auto from = view_of(where);
    for (const auto journal : {journal_id{1}, journal_id{2}, journal_id{~std::uint64_t{0}}}) {
      CHECK(snapshots_of(*from, journal).value() == std::vector<std::uint64_t>{6, 9});
      CHECK(snapshot_of(*from, journal).value() == journal_snapshot{9, text("s9 again")});
      CHECK(snapshot_of(*from, journal, 8).value() == journal_snapshot{6, text("s6")});
      CHECK(snapshot_of(*from, journal, 5).value() == std::nullopt);
    }
    CHECK(snapshot_of(*from, {3}).value() == std::nullopt);
  });
}

TEST_CASE("two writers of one journal are found out") {
  test::on_both([](backend& where) {
    const std::vector<write_set> both{records({1}, 1, 2), records({1}, 2, 3)};
    CHECK(where.commit(std::span<const write_set>{both}).error().is(errc::sequence_gap));
    CHECK(extent_of(*view_of(where), {1}).value() == journal_extent{});
  });
}

TEST_CASE("a flipped bit in any stored value is found by whoever reads it, and named") {
  memory_store where;
  auto set = records({1}, 1, 3);
  set.put(4, text("key"), text("value"));
  set.put(4, text("kez"), {});
  set.snapshot({1}, 2, text("state"));
  REQUIRE(where.commit(set));
  const auto count = view_of(where)->check().value().values;
  CHECK(count == 8); // with the format and the extent
  for (std::uint64_t index = 0; index < count; ++index)
    for (std::uint64_t bit = 0; bit < 8 * 30; ++bit) {
      CAPTURE(index);
      REQUIRE(where.flip_bit(index, bit));
      const auto checked = view_of(where)->check();
      REQUIRE_FALSE(checked);
      CHECK((checked.error().is(errc::damaged) || checked.error().is(errc::unsupported_format)));
      CHECK(checked.error().detail().find("table ") != std::string::npos);
      REQUIRE(where.flip_bit(index, bit));
    }
  CHECK_FALSE(where.flip_bit(count, 0));
  REQUIRE(where.flip_bit(0, 100)); // table 4, "key"
  CHECK(view_of(where)->get(4, text("key")).error().is(errc::damaged));
  CHECK(view_of(where)->scan(4, {}).error().is(errc::damaged));
  CHECK(view_of(where)->scan_keys(4, {}).value().size() == 2);
  CHECK(view_of(where)->get(4, text("kez")).value() == bytes{});
}

TEST_CASE("a visit shows what a scan gives, in place, and ends at an error") {
  test::on_both([](backend& where) {
    write_set set;
    for (std::uint8_t i = 1; i <= 9; ++i)
      set.put(4, bytes{i}, bytes(i, i));
    set.put(5, text("next"), text("table"));
    REQUIRE(where.commit(set));
    const auto from = view_of(where);
    const scan_range range{.from = {3}, .until = {8}, .count_max = 1}; // pages do not matter
    std::vector<entry> seen;
    REQUIRE(from->visit(4, range, [&seen](bytes_view key, bytes_view value) -> result<void> {
      seen.push_back({{key.begin(), key.end()}, {value.begin(), value.end()}});
      return {};
    }));
    CHECK(seen == from->scan(4, {.from = {3}, .until = {8}})->entries);
    CHECK(seen.size() == 5);
    int calls = 0;
    const auto stopped = from->visit(4, {}, [&calls](bytes_view, bytes_view) -> result<void> {
      return ++calls == 2 ? fail(errc::bad_value) : result<void>{};
    });
    CHECK(stopped.error().is(errc::bad_value));
    CHECK(calls == 2);
  });
}

TEST_CASE("a visit of a damaged value is an error that names it") {
  memory_store where;
  write_set set;
  set.put(4, text("key"), text("value"));
  REQUIRE(where.commit(set));
  REQUIRE(where.flip_bit(0, 100));
  const auto seen =
      view_of(where)->visit(4, {}, [](bytes_view, bytes_view) -> result<void> { return {}; });
  CHECK(seen.error().is(errc::damaged));
  CHECK(seen.error().to_string().find("table 4") != std::string::npos);
}

TEST_CASE("a damaged extent stops appends instead of overwriting") {
  memory_store where;
  REQUIRE(where.commit(records({1}, 1, 3)));
  REQUIRE(where.flip_bit(1, 90)); // the extent stands after the format
  CHECK(where.commit(records({1}, 4, 4)).error().is(errc::damaged));
  CHECK(extent_of(*view_of(where), {1}).error().is(errc::damaged));
}
