// The graph against exact search: recall, invariants, the same everywhere, threads.
#include <bit>
#include <map>
#include <set>
#include <thread>

#include "discovery/index_support.hpp"
#include "support/property.hpp"

#include "ainur/crypto/hash.hpp"

using namespace ainur;
using namespace ainur::discovery;
using namespace ainur::test;

namespace {

/// One number for all that a search says.
void add_to(crypto::hasher& h, const search_result& r) {
  for (const auto& m : r.matches)
    h.add(m.key).add(std::uint64_t{std::bit_cast<std::uint32_t>(m.score)});
  h.add(std::uint64_t{r.scored}).add(static_cast<std::uint64_t>(r.method));
}

} // namespace

TEST_CASE("recall of 20,000 vectors in clusters, of both kinds") {
  for (const auto kind : {scalar::int8, scalar::float32}) {
    index_options options;
    options.kind = kind;
    auto index = make_index(options);
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

TEST_CASE("vectors without clusters are found by a wider search") {
  index_options options;
  auto index = make_index(options);
  clusters source{12, 1, 64, 1'000};
  fill(index, source, 0, 10'000);
  const auto narrow = recall(index, source, 10, 100);
  const auto wide = recall(index, source, 10, 100, {}, 400);
  CHECK(wide > narrow);
  CHECK(wide >= 0.97);
}

TEST_CASE("recall after 30 % were taken out and others came in") {
  index_options options;
  auto index = make_index(options);
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

TEST_CASE("random calls against a model") {
  test::check_property("calls", 12, [] {
    const auto seed = *rc::gen::arbitrary<std::uint32_t>();
    index_options options = small_index(8);
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
      auto options = small_index(dimension);
      options.kind = kind;
      auto fast = make_index(options);
      options.portable = true;
      auto plain = make_index(options);
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
    index_options options = small_index(32);
    options.kind = kind;
    auto index = make_index(options);
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
      CHECK(digest == "4b82a1f8081e7eb77650faa33cf3625beb17bcd77fcd291753edfd67d456a9e6");
    else
      CHECK(digest == "1e5115bf67471fd23acf92d67058838563297f6e020e07d19579d04750a56e83");
  }
}

TEST_CASE("insertions and searches from several threads") {
  index_options options;
  options.dimension = 32;
  auto index = make_index(options);
  clusters source{31, 10, 32, 0.5};
  std::vector<std::vector<float>> vectors;
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
      if (i % 17 == 0)
        (void)index.search_many(vectors[i], 5);
      if (i % 1'000 < 2)
        index.tidy();
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
