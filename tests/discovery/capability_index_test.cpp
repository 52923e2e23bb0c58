// The index against exact search; the graph's invariants; what is refused; the same everywhere.
#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <thread>

#include <doctest/doctest.h>

#include "discovery/clusters.hpp"
#include "support/property.hpp"

#include "ainur/crypto/hash.hpp"
#include "ainur/discovery/capability_index.hpp"

using namespace ainur;
using namespace ainur::discovery;
using ainur::test::clusters;

namespace {

using vector = std::vector<float>;

capability_index make(const index_options& options) {
  auto made = capability_index::make(options);
  REQUIRE(made);
  return std::move(*made);
}

index_options small(std::uint32_t dimension = 16) {
  index_options o;
  o.dimension = dimension;
  o.exact_below = 0; // the graph, however few there are
  return o;
}

attributes drawn(rng& random) {
  return {random.below(1'000'000), static_cast<std::uint32_t>(random.below(1'000'001)),
          static_cast<std::uint16_t>(random.below(1'000)),
          static_cast<std::uint16_t>(random.below(regions_max))};
}

std::vector<match> matches(result<search_result> r) {
  REQUIRE(r);
  return std::move(r->matches);
}

void fill(capability_index& index, clusters& source, std::uint64_t first, std::uint64_t count) {
  for (auto key = first; key < first + count; ++key) {
    const auto v = source.draw();
    const auto a = drawn(source.random());
    REQUIRE(index.put(key, v, a));
  }
}

/// The share of the exact search's matches that the search has too. Equal scores count as equal.
double recall(const capability_index& index, clusters& source, std::uint32_t count,
              std::uint32_t queries, const index_filter& filter = {}, std::uint32_t width = 0) {
  std::uint64_t found = 0;
  std::uint64_t all = 0;
  for (std::uint32_t i = 0; i < queries; ++i) {
    const auto q = source.draw();
    const auto near = index.search(q, count, filter, width).value().matches;
    const auto exact = index.search_exactly(q, count, filter).value().matches;
    all += exact.size();
    if (!exact.empty())
      found += static_cast<std::uint64_t>(std::count_if(
          near.begin(), near.end(), [&](const match& m) { return m.score >= exact.back().score; }));
  }
  return all == 0 ? 1 : static_cast<double>(found) / static_cast<double>(all);
}

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

/// One number for all that a search says.
void add_to(crypto::hasher& h, const search_result& r) {
  for (const auto& m : r.matches)
    h.add(m.key).add(std::uint64_t{std::bit_cast<std::uint32_t>(m.score)});
  h.add(std::uint64_t{r.scored}).add(static_cast<std::uint64_t>(r.method));
}

} // namespace

TEST_CASE("an empty index finds nothing, one vector finds itself") {
  auto index = make(small(3));
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
    auto options = small(24);
    options.kind = kind;
    auto index = make(options);
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
    auto options = small(2);
    options.kind = kind;
    auto index = make(options);
    REQUIRE(index.put(1, vector{std::numeric_limits<float>::max(), 0}, {}));
    REQUIRE(index.put(2, vector{0, std::numeric_limits<float>::denorm_min()}, {}));
    REQUIRE(index.put(3, vector{-1, 0}, {}));
    const auto found = index.search_exactly(vector{1e-30f, 0}, 3).value().matches;
    CHECK(found == std::vector<match>{{1, 1}, {2, 0}, {3, -1}});
  }
}

TEST_CASE("equal scores come by rising key") {
  auto index = make(small(2));
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
  auto options = small(2);
  options.vectors_max = 2;
  auto index = make(options);
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

TEST_CASE("recall of 20,000 vectors in clusters, of both kinds") {
  for (const auto kind : {scalar::int8, scalar::float32}) {
    index_options options;
    options.kind = kind;
    auto index = make(options);
    clusters source{11, 20, 64, 0.5};
    fill(index, source, 0, 20'000);
    CHECK(index.size() == 20'000);
    CHECK(index.audit() == "");
    CHECK(recall(index, source, 10, 200) >= 0.97);
    CHECK(recall(index, source, 1, 200) >= 0.97);
    CHECK(recall(index, source, 100, 50) >= 0.97);
    CHECK(index.search(source.draw(), 10).value().method == search_method::graph);
    CHECK(index.search(source.draw(), 10).value().scored < 3'000);
  }
}

TEST_CASE("searches in one call find what they find one by one") {
  index_options options;
  options.dimension = 32;
  auto index = make(options);
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

TEST_CASE("vectors without clusters are found by a wider search") {
  index_options options;
  auto index = make(options);
  clusters source{12, 1, 64, 1'000};
  fill(index, source, 0, 10'000);
  const auto narrow = recall(index, source, 10, 100);
  const auto wide = recall(index, source, 10, 100, {}, 400);
  CHECK(wide > narrow);
  CHECK(wide >= 0.97);
}

TEST_CASE("recall after 30 % were taken out and others came in") {
  index_options options;
  auto index = make(options);
  clusters source{13, 20, 64, 0.5};
  fill(index, source, 0, 20'000);
  const auto memory = index.memory_bytes();
  for (std::uint64_t key = 0; key < 20'000; key += 10)
    for (const auto more : {0, 3, 7})
      REQUIRE(index.erase(key + static_cast<std::uint64_t>(more)));
  CHECK(index.size() == 14'000);
  CHECK(index.audit() == "");
  CHECK(recall(index, source, 10, 200) >= 0.95);
  fill(index, source, 100'000, 6'000);
  CHECK(index.audit() == "");
  CHECK(recall(index, source, 10, 200) >= 0.96);
  CHECK(index.memory_bytes() == memory); // slots were used again
}

TEST_CASE("filters of every selectivity") {
  index_options options;
  auto index = make(options);
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
  auto index = make(options);
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
  auto index = make(small(2));
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

TEST_CASE("random calls against a model") {
  test::check_property("calls", 12, [] {
    const auto seed = *rc::gen::arbitrary<std::uint32_t>();
    index_options options = small(8);
    options.links = 4;
    options.build_width = 12;
    options.exact_below = seed % 2 == 0 ? 0 : 40;
    options.seed = seed;
    auto index = std::move(*capability_index::make(options));
    clusters source{seed, 4, 8, 0.7};
    auto& random = source.random();
    std::map<std::uint64_t, attributes> model;
    for (int step = 0; step < 600; ++step) {
      const auto key = random.below(120);
      const auto a = drawn(random);
      switch (random.below(step < 300 ? 6 : 9)) {
      case 0:
        RC_ASSERT(index.set_attributes(key, a).value() == model.contains(key));
        if (model.contains(key))
          model[key] = a;
        break;
      case 1:
      case 6:
      case 7:
        RC_ASSERT(index.erase(key) == (model.erase(key) == 1));
        break;
      case 2:
        if (random.below(10) == 0)
          index.tidy();
        break;
      default:
        RC_ASSERT(index.put(key, source.draw(), a).has_value());
        model[key] = a;
      }
      RC_ASSERT(index.size() == model.size());
      RC_ASSERT(index.contains(key) == model.contains(key));
      if (step % 20 != 0)
        continue;
      RC_ASSERT(index.audit() == "");
      const index_filter filter{.reputation_min = static_cast<std::uint16_t>(random.below(1'000))};
      std::set<std::uint64_t> passing;
      for (const auto& [k, terms] : model)
        if (terms.reputation >= filter.reputation_min)
          passing.insert(k);
      std::set<std::uint64_t> found;
      for (const auto& m : matches(index.search_exactly(source.draw(), 200, filter)))
        RC_ASSERT(found.insert(m.key).second);
      RC_ASSERT(found == passing);
      for (const auto& m : matches(index.search(source.draw(), 10, filter)))
        RC_ASSERT(passing.contains(m.key));
    }
    while (!model.empty()) {
      RC_ASSERT(index.erase(model.begin()->first));
      model.erase(model.begin());
    }
    RC_ASSERT(index.audit() == "");
    RC_ASSERT(index.put(1, source.draw(), {}).has_value());
    RC_ASSERT(index.search(source.draw(), 1).value().matches.size() == 1u);
  });
}

TEST_CASE("vector instructions and portable code give the same bits, for every dimension") {
  for (const auto kind : {scalar::int8, scalar::float32}) {
    for (const std::uint32_t dimension : {1u, 7u, 8u, 31u, 32u, 33u, 64u, 100u, 384u, 1'024u}) {
      auto options = small(dimension);
      options.kind = kind;
      auto fast = make(options);
      options.portable = true;
      auto plain = make(options);
      clusters source{dimension, 3, dimension, 0.8};
      for (std::uint64_t key = 0; key < 150; ++key) {
        const auto v = source.draw();
        REQUIRE(fast.put(key, v, {}));
        REQUIRE(plain.put(key, v, {}));
      }
      for (int i = 0; i < 10; ++i) {
        const auto q = source.draw();
        CHECK(fast.search(q, 20).value().matches == plain.search(q, 20).value().matches);
        CHECK(fast.search_exactly(q, 23).value().matches ==
              plain.search_exactly(q, 23).value().matches);
      }
    }
  }
}

TEST_CASE("the same calls give the same results on every machine") {
  for (const auto kind : {scalar::int8, scalar::float32}) {
    index_options options = small(32);
    options.kind = kind;
    auto index = make(options);
    clusters source{21, 10, 32, 0.6};
    fill(index, source, 0, 3'000);
    for (std::uint64_t key = 0; key < 3'000; key += 4)
      REQUIRE(index.erase(key));
    fill(index, source, 2'500, 1'000);
    crypto::hasher h{"test"};
    for (int i = 0; i < 50; ++i) {
      if (i == 25)
        index.tidy();
      add_to(h, index.search(source.draw(), 10).value());
      add_to(h, index.search(source.draw(), 10, {.price_max = 300'000}).value());
      add_to(h, index.search(source.draw(), 10, {.reputation_min = 970}).value());
    }
    const std::string digest = to_string(h.finish());
    if (kind == scalar::int8)
      CHECK(digest == "57f4014e480189febe29ecbb344fa1ce3bb61bbe6741d8cfb5206112b58176d8");
    else
      CHECK(digest == "63a667631e7925d912c44b4b556c761cab1e0d31e6a9964271154fc1cc2b0468");
  }
}

TEST_CASE("insertions and searches from several threads") {
  index_options options;
  options.dimension = 32;
  auto index = make(options);
  clusters source{31, 10, 32, 0.5};
  std::vector<vector> vectors;
  for (int i = 0; i < 6'000; ++i)
    vectors.push_back(source.draw());
  const auto insert = [&](std::size_t first) {
    for (auto i = first; i < vectors.size(); i += 2) {
      (void)index.put(i, vectors[i], {.region = static_cast<std::uint16_t>(i % 64)});
      if (i % 7 == 0)
        (void)index.erase(i);
      if (i % 11 == 0)
        (void)index.search(vectors[i], 5, {.regions = 0xff});
      if (i % 13 == 0)
        (void)index.search_exactly(vectors[i], 5);
    }
  };
  std::thread other{insert, 1};
  insert(0);
  other.join();
  CHECK(index.audit() == "");
  std::size_t left = 0;
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    left += i % 7 == 0 ? 0 : 1;
    CHECK(index.contains(i) == (i % 7 != 0));
  }
  CHECK(index.size() == left);
  CHECK(recall(index, source, 10, 50) >= 0.97);
}
