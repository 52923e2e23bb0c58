// What an index finds, what it refuses, and its filters.
#include <limits>
#include <map>
#include <set>

#include "discovery/index_support.hpp"

using namespace ainur;
using namespace ainur::discovery;
using namespace ainur::test;

namespace {

using vector = std::vector<float>;

std::vector<match> by_hand(const std::map<std::uint64_t, vector>& all, const vector& q,
                           std::size_t count) {
  const auto dot = [](const vector& a, const vector& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
      sum += double{a[i]} * b[i];
    return sum;
  };
  std::vector<match> out;
  for (const auto& [key, v] : all)
    out.push_back({key, static_cast<float>(dot(q, v) / std::sqrt(dot(q, q) * dot(v, v)))});
  std::sort(out.begin(), out.end(),
            [](const match& a, const match& b) { return a.score > b.score; });
  out.resize(std::min(out.size(), count));
  return out;
}

} // namespace

TEST_CASE("an empty index finds nothing, one vector finds itself") {
  auto index = make_index(small_index(3));
  CHECK(index.search(vector{1, 2, 3}, 5).value().matches.empty());
  REQUIRE(index.put(7, vector{2, 4, 6}, {}));
  const auto found = index.search(vector{1, 2, 3}, 5).value().matches;
  REQUIRE(found.size() == 1);
  CHECK(found[0].key == 7);
  CHECK(found[0].score == doctest::Approx(1).epsilon(0.001));
  CHECK(index.erase(7));
  CHECK_FALSE(index.erase(7));
  CHECK(index.search(vector{1, 2, 3}, 5).value().matches.empty());
  CHECK(index.audit() == "");
}

TEST_CASE("scores are cosines, as arithmetic on doubles gives them") {
  for (const auto kind : {scalar::int8, scalar::float32}) {
    auto options = small_index(24);
    options.kind = kind;
    auto index = make_index(options);
    clusters source{3, 5, 24, 1.0};
    std::map<std::uint64_t, vector> all;
    for (std::uint64_t key = 0; key < 200; ++key) {
      all[key] = source.draw();
      REQUIRE(index.put(key, all[key], {}));
    }
    const double error = kind == scalar::int8 ? 0.01 : 1e-6;
    for (int i = 0; i < 20; ++i) {
      const auto q = source.draw();
      const auto exact = index.search_exactly(q, 10).value();
      const auto right = by_hand(all, q, 10);
      REQUIRE(exact.matches.size() == 10);
      CHECK(exact.method == search_method::exact);
      CHECK(exact.scored == 200);
      for (std::size_t k = 0; k < 10; ++k) {
        CHECK(exact.matches[k].score == doctest::Approx(right[k].score).epsilon(error));
        if (kind == scalar::float32)
          CHECK(exact.matches[k].key == right[k].key);
      }
    }
  }
}

TEST_CASE("length does not matter, direction does, and extremes of floats are handled") {
  for (const auto kind : {scalar::int8, scalar::float32}) {
    auto options = small_index(2);
    options.kind = kind;
    auto index = make_index(options);
    REQUIRE(index.put(1, vector{std::numeric_limits<float>::max(), 0}, {}));
    REQUIRE(index.put(2, vector{0, std::numeric_limits<float>::denorm_min()}, {}));
    REQUIRE(index.put(3, vector{-1, 0}, {}));
    const auto found = index.search_exactly(vector{1e-30f, 0}, 3).value().matches;
    CHECK(found == std::vector<match>{{1, 1}, {2, 0}, {3, -1}});
  }
}

TEST_CASE("equal scores come by rising key") {
  auto index = make_index(small_index(2));
  for (const std::uint64_t key : {9, 2, 5, 7})
    REQUIRE(index.put(key, vector{1, 1}, {}));
  std::vector<std::uint64_t> keys;
  for (const auto& m : matches(index.search(vector{1, 1}, 10)))
    keys.push_back(m.key);
  CHECK(keys == std::vector<std::uint64_t>{2, 5, 7, 9});
}

TEST_CASE("bad options are refused by name") {
  const auto refusal = [](auto change) {
    index_options o;
    change(o);
    const auto made = capability_index::make(o);
    REQUIRE_FALSE(made);
    CHECK(made.error().is(errc::bad_option));
    return made.error().detail();
  };
  CHECK(refusal([](auto& o) { o.dimension = 0; }) == "dimension is 0; it must be 1 to 1024");
  CHECK(refusal([](auto& o) { o.dimension = 1025; }).starts_with("dimension"));
  CHECK(refusal([](auto& o) { o.links = 3; }).starts_with("links"));
  CHECK(refusal([](auto& o) { o.links = 65; }).starts_with("links"));
  CHECK(refusal([](auto& o) { o.build_width = 15; }).starts_with("build_width"));
  CHECK(refusal([](auto& o) { o.search_width = 0; }).starts_with("search_width"));
  CHECK(refusal([](auto& o) { o.search_width = 4'097; }).starts_with("search_width"));
  CHECK(refusal([](auto& o) { o.vectors_max = 0; }).starts_with("vectors_max"));
  CHECK(refusal([](auto& o) { o.kind = static_cast<scalar>(7); }).starts_with("kind"));
}

TEST_CASE("bad vectors, terms and questions are refused and change nothing") {
  auto options = small_index(2);
  options.vectors_max = 2;
  auto index = make_index(options);
  REQUIRE(index.put(1, vector{1, 0}, {.price = 5}));
  REQUIRE(index.put(2, vector{0, 1}, {}));
  const auto before = index.search_exactly(vector{1, 1}, 10).value().matches;
  const auto nan = std::numeric_limits<float>::quiet_NaN();
  const auto infinity = std::numeric_limits<float>::infinity();
  for (const auto& bad : {vector{}, vector{1}, vector{1, 2, 3}, vector{0, 0}, vector{0, -0.0f},
                          vector{nan, 1}, vector{1, infinity}, vector{-infinity, 1}}) {
    CHECK(index.put(1, bad, {}).error().is(errc::wrong_shape));
    CHECK(index.put(3, bad, {}).error().is(errc::wrong_shape));
    CHECK(index.search(bad, 1).error().is(errc::wrong_shape));
    CHECK(index.search_exactly(bad, 1).error().is(errc::wrong_shape));
  }
  CHECK(index.put(1, vector{0, 1}, {.region = regions_max}).error().is(errc::bad_option));
  CHECK(index.set_attributes(1, {.region = regions_max}).error().is(errc::bad_option));
  CHECK(index.set_attributes(3, {}).value() == false);
  CHECK(index.put(3, vector{1, 1}, {}).error().is(errc::too_large));
  CHECK(index.reserve(3).error().is(errc::too_large));
  CHECK(index.search(vector{1, 1}, 0).error().is(errc::bad_option));
  CHECK(index.search(vector{1, 1}, matches_max + 1).error().is(errc::bad_option));
  CHECK(index.search(vector{1, 1}, 1, {}, 4'097).error().is(errc::bad_option));
  CHECK(index.search_exactly(vector{1, 1}, 0).error().is(errc::bad_option));
  CHECK(index.size() == 2);
  CHECK(index.search_exactly(vector{1, 1}, 10).value().matches == before);
  CHECK(index.search(vector{1, 0}, 2, {.price_max = 4}).value().matches.size() == 1);
  // Full, but what is there can be replaced, and what was taken out makes room.
  CHECK(index.put(2, vector{1, 1}, {}));
  CHECK(index.erase(1));
  CHECK(index.put(3, vector{1, 1}, {}));
  CHECK(index.audit() == "");
}

TEST_CASE("searches in one call find what they find one by one") {
  index_options options;
  options.dimension = 32;
  auto index = make_index(options);
  CHECK(index.search_many({}, 10).value().empty());
  clusters source{16, 20, 32, 0.5};
  fill(index, source, 0, 5'000);
  const index_filter mild{.price_max = 800'000};
  const index_filter strict{.price_max = 10'000};
  for (const std::size_t many : {1u, 3u, 8u, 9u, 50u}) {
    std::vector<float> queries;
    for (std::size_t i = 0; i < many; ++i) {
      const auto q = source.draw();
      queries.insert(queries.end(), q.begin(), q.end());
    }
    for (const auto& filter : {index_filter{}, mild, strict}) {
      const auto found = index.search_many(queries, 7, filter, 30).value();
      REQUIRE(found.size() == many);
      for (std::size_t i = 0; i < many; ++i) {
        const auto one =
            index.search(std::span{queries}.subspan(i * 32, 32), 7, filter, 30).value();
        CHECK(found[i].matches == one.matches);
        CHECK(found[i].scored == one.scored);
        CHECK(found[i].method == one.method);
      }
    }
  }
  auto queries = source.draw();
  queries.push_back(1);
  CHECK(index.search_many(queries, 7).error().is(errc::wrong_shape));
  queries.resize(64, 0);
  queries[32] = 0; // the second query is zero
  CHECK(index.search_many(queries, 7).error().is(errc::wrong_shape));
  CHECK(index.search_many(queries, 7).error().detail().starts_with("query 1: "));
  CHECK(index.search_many(source.draw(), 0).error().is(errc::bad_option));
}

TEST_CASE("filters of every selectivity") {
  index_options options;
  auto index = make_index(options);
  clusters source{14, 20, 64, 0.5};
  fill(index, source, 0, 20'000);
  std::set<search_method> methods;
  for (const std::uint64_t price_max :
       {999'999, 500'000, 200'000, 100'000, 50'000, 10'000, 1'000, 50}) {
    const index_filter filter{.price_max = price_max};
    CHECK(recall(index, source, 10, 50, filter) >= 0.97);
    methods.insert(index.search(source.draw(), 10, filter).value().method);
  }
  CHECK(methods.size() == 2); // the walk through the graph for the mild ones, exact for the others
  const index_filter all{
      .reputation_min = 500,
      .price_max = 800'000,
      .load_ppm_max = 700'000,
      .regions = 0x00ff'0000'ffff'00ff,
      .accepts = [](std::uint64_t key, const attributes&) { return key % 3 == 0; }};
  CHECK(recall(index, source, 10, 50, all) >= 0.97);
  const index_filter asked{
      .accepts = [](std::uint64_t key, const attributes&) { return key % 2 == 0; }};
  CHECK(index.search(source.draw(), 10, asked).value().method == search_method::filtered_graph);
  CHECK(recall(index, source, 10, 50, asked) >= 0.97);
  CHECK(index.search(source.draw(), 10, {.regions = 0}).value().matches.empty());
}

TEST_CASE("a filter that the nearest clusters do not pass is met by an exact search") {
  index_options options;
  auto index = make_index(options);
  clusters source{15, 2, 64, 0.1};
  std::vector<vector> near;
  for (std::uint64_t key = 0; key < 20'000; ++key) {
    const auto v = source.draw();
    if (key == 0)
      near.push_back(v);
    // one cluster is in region 0, the other in region 1
    const auto score = by_hand({{0, v}}, near[0], 1)[0].score;
    REQUIRE(index.put(key, v, {.region = static_cast<std::uint16_t>(score > 0.5f ? 0 : 1)}));
  }
  const auto found = index.search(near[0], 10, {.regions = 2}).value();
  CHECK(found.matches == index.search_exactly(near[0], 10, {.regions = 2}).value().matches);
  CHECK(found.matches.size() == 10);
}

TEST_CASE("each attribute is filtered at its very bound, and follows its changes") {
  auto index = make_index(small_index(2));
  REQUIRE(index.put(1, vector{1, 0}, {1'000'003, 250'001, 777, 63}));
  const auto finds = [&](const index_filter& f) {
    const bool exact = !index.search_exactly(vector{1, 0}, 1, f).value().matches.empty();
    CHECK(exact == !index.search(vector{1, 0}, 1, f).value().matches.empty());
    return exact;
  };
  CHECK(finds({.reputation_min = 777}));
  CHECK_FALSE(finds({.reputation_min = 778}));
  CHECK(finds({.price_max = 1'000'003}));
  CHECK_FALSE(finds({.price_max = 1'000'002}));
  CHECK(finds({.load_ppm_max = 250'001}));
  CHECK_FALSE(finds({.load_ppm_max = 250'000}));
  CHECK(finds({.regions = std::uint64_t{1} << 63}));
  CHECK_FALSE(finds({.regions = ~(std::uint64_t{1} << 63)}));
  CHECK(index.set_attributes(1, {.reputation = 778}).value());
  CHECK(finds({.reputation_min = 778}));
  CHECK(finds({.price_max = 0}));
}
