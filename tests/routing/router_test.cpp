// The routers: they find the good peers of a market, explore, recover, forget nobody and repeat
// themselves exactly.
#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "ainur/routing/router.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::routing;
using namespace std::chrono_literals;

namespace {

std::vector<peer_index> numbered(std::uint32_t n) {
  std::vector<peer_index> peers(n);
  std::iota(peers.begin(), peers.end(), 0u);
  return peers;
}

struct peer_truth {
  std::uint64_t price = 0;
  std::int64_t delivery = 1'000'000;
  std::uint64_t reliability_ppm = 1'000'000;
};

/// A market in which the cheapest of those asked wins, at the second price.
struct market_model {
  std::vector<peer_truth> peers;
  std::unique_ptr<router> routes;
  capability_index cap = 0;
  rng random;
  std::uint64_t value_per_second = 0;
  std::uint64_t asked = 0;

  market_model(std::unique_ptr<router> r, std::uint32_t n, std::uint64_t seed)
      : routes(std::move(r)), cap(routes->capability("nlp")), random(seed) {
    for (std::uint32_t i = 0; i < n; ++i)
      peers.push_back({10'000 + random.below(90'000)});
    routes->set_candidates(cap, numbered(n));
  }

  /// One task; returns what was paid for it.
  std::uint64_t trade() {
    std::vector<peer_index> out;
    routes->choose(cap, {8, amount{value_per_second}}, {}, random, out);
    asked += out.size();
    const auto cost = [&](peer_index p) {
      return peers[p].price +
             value_per_second * static_cast<std::uint64_t>(peers[p].delivery) / 1'000'000;
    };
    std::sort(out.begin(), out.end(), [&](auto x, auto y) { return cost(x) < cost(y); });
    const bool good = random.chance_ppm(peers[out[0]].reliability_ppm);
    for (std::size_t i = 0; i < out.size(); ++i)
      routes->learn(cap, out[i],
                    {i != 0 ? verdict::outbid
                     : good ? verdict::success
                            : verdict::failure,
                     amount{peers[out[i]].price}, duration{peers[out[i]].delivery}});
    return peers[out[out.size() > 1 ? 1 : 0]].price;
  }

  double mean_paid(int tasks) {
    double sum = 0;
    for (int i = 0; i < tasks; ++i)
      sum += static_cast<double>(trade());
    return sum / tasks;
  }
};

} // namespace

TEST_CASE("choices are distinct, eligible candidates, at most as many as wanted") {
  test::check_property("choose", 300, [](std::uint64_t seed) {
    rng random(seed);
    for (int strategy = 0; strategy < 6; ++strategy) {
      auto routes = strategy == 4 ? make_random_router()
                    : strategy == 5
                        ? make_broadcast_router()
                        : make_learned_router({.rule = static_cast<learning_rule>(strategy)});
      const auto cap = routes->capability("x");
      RC_ASSERT(routes->capability("x") == cap);
      RC_ASSERT(routes->capability("y") != cap);
      std::set<peer_index> present;
      std::vector<peer_index> out;
      for (int step = 0; step < 60; ++step) {
        const auto peer = static_cast<peer_index>(random.below(20));
        switch (random.below(4)) {
        case 0:
          RC_ASSERT(routes->add(cap, peer) == present.insert(peer).second);
          break;
        case 1:
          RC_ASSERT(routes->remove(cap, peer) == (present.erase(peer) > 0));
          break;
        case 2:
          routes->learn(cap, peer,
                        {static_cast<verdict>(random.below(3)), amount{random.below(100)},
                         duration{static_cast<std::int64_t>(random.below(5'000'000))}});
          break;
        default: {
          std::set<peer_index> some;
          for (const auto p : present)
            if (random.below(8) != 0)
              some.insert(p);
          present = some;
          routes->set_candidates(cap, std::vector<peer_index>(some.begin(), some.end()));
        }
        }
        const auto odd = random.below(2) == 0;
        const auto filter = [&](peer_index p) { return !odd || p % 2 == 1; };
        const auto count = random.below(10);
        routes->choose(cap, {count, amount{random.below(3) * 1'000}}, filter, random, out);
        const auto eligible =
            static_cast<std::size_t>(std::count_if(present.begin(), present.end(), filter));
        if (strategy == 5) // broadcast
          RC_ASSERT(out.size() == eligible);
        else
          RC_ASSERT(out.size() == std::min<std::size_t>(count, eligible));
        RC_ASSERT(std::set<peer_index>(out.begin(), out.end()).size() == out.size());
        for (const auto p : out)
          RC_ASSERT(present.contains(p) && filter(p));
        RC_ASSERT(routes->candidates(cap) == present.size());
      }
    }
  });
}

TEST_CASE("with few candidates and no filter everybody wanted is found") {
  for (const bool cq : {true, false}) {
    auto routes = cq ? make_learned_router() : make_random_router();
    const auto cap = routes->capability("x");
    routes->set_candidates(cap, numbered(5));
    rng random(3);
    std::vector<peer_index> out;
    for (int i = 0; i < 200; ++i) {
      routes->choose(cap, {5}, {}, random, out);
      CHECK(out.size() == 5);
      routes->choose(cap, {3}, {}, random, out);
      CHECK(out.size() == 3);
      routes->learn(cap, out[0], {verdict::success, amount{random.below(50)}, 1s});
    }
  }
}

TEST_CASE("an unseen peer stands at the capability's mean") {
  auto routes = make_learned_router({.explore_ppm = 0});
  const auto cap = routes->capability("x");
  routes->set_candidates(cap, numbered(4));
  routes->learn(cap, 0, {verdict::success, amount{100}, 1s});
  routes->learn(cap, 1, {verdict::success, amount{300}, 3s});
  const auto unseen = routes->expected(cap, 2);
  CHECK_FALSE(unseen.seen);
  CHECK(unseen.price == doctest::Approx(200));
  CHECK(unseen.delivery == doctest::Approx(2));
  rng random(1);
  std::vector<peer_index> out;
  routes->choose(cap, {4}, {}, random, out);
  REQUIRE(out.size() == 4);
  CHECK(out.front() == 0); // better than the mean
  CHECK(out.back() == 1);  // worse than the mean: after the unseen
}

TEST_CASE("learning follows the CQ rule and is per second of work") {
  auto routes = make_learned_router({.outcome_confidence_ppm = 500'000});
  const auto cap = routes->capability("x");
  routes->set_candidates(cap, numbered(3));
  routes->learn(cap, 0, {verdict::success, amount{800}, 4s, 2s});
  auto e = routes->expected(cap, 0);
  CHECK(e.price == doctest::Approx(400)); // η = 1 at confidence 0
  CHECK(e.delivery == doctest::Approx(2));
  CHECK(e.confidence == doctest::Approx(0.5));
  routes->learn(cap, 0, {verdict::success, amount{600}, 1s, 1s});
  e = routes->expected(cap, 0);
  CHECK(e.price == doctest::Approx(500)); // η = max(0.5, 1 − 0.5): its own outcome decays nothing
  CHECK(e.confidence == doctest::Approx(0.5));
  routes->learn(cap, 1, {verdict::success, amount{600}, 1s, 1s});
  routes->learn(cap, 1, {verdict::success, amount{600}, 1s, 1s});
  CHECK(routes->expected(cap, 0).confidence == doctest::Approx(0.5 * 0.95 * 0.95));
  routes->learn(cap, 0, {verdict::outbid, amount{100}, 9s, 1s});
  e = routes->expected(cap, 0);
  const auto eta = 1 - 0.5 * 0.95 * 0.95;
  CHECK(e.price == doctest::Approx(500 + eta * (100 - 500)));
  CHECK(e.delivery == doctest::Approx(1.5)); // an offer says nothing of delivery
}

TEST_CASE("every rule reaches broadcast's price with a fraction of the calls") {
  for (int run = 0; run < 8; ++run) {
    const auto rule = static_cast<learning_rule>(run % 4);
    const auto seed = static_cast<std::uint64_t>(1 + run / 4);
    market_model cq(make_learned_router({.rule = rule}), 1'000, seed);
    market_model all(make_broadcast_router(), 1'000, seed);
    market_model any(make_random_router(), 1'000, seed);
    (void)cq.mean_paid(4'000);
    cq.asked = 0;
    const auto paid = cq.mean_paid(1'000);
    const auto broadcast = all.mean_paid(20);
    INFO("rule " << run % 4 << ", seed " << seed << ": " << paid << ", broadcast " << broadcast);
    CHECK(paid <= 1.05 * broadcast);
    CHECK(static_cast<double>(cq.asked) / 1'000 <= 100);
    CHECK(any.mean_paid(1'000) > 1.2 * paid);
  }
}

TEST_CASE("the value of time decides between cheap and quick") {
  market_model m(make_learned_router({.explore_ppm = 0}), 16, 1);
  for (std::size_t i = 0; i < 16; ++i)
    m.peers[i] = {i < 8 ? 10'000u : 50'000u, i < 8 ? 10'000'000 : 1'000'000};
  for (const auto p : numbered(16))
    m.routes->learn(m.cap, p,
                    {verdict::success, amount{m.peers[p].price}, duration{m.peers[p].delivery}});
  std::vector<peer_index> out;
  for (const std::uint64_t value : {0u, 1'000'000u, 0u}) {
    m.routes->choose(m.cap, {8, amount{value}}, {}, m.random, out);
    REQUIRE(out.size() == 8);
    for (const auto p : out)
      CHECK((p < 8) == (value == 0));
  }
}

TEST_CASE("a share of the slots explores, everybody in the end") {
  auto routes = make_learned_router({.explore_ppm = 100'000});
  const auto cap = routes->capability("x");
  routes->set_candidates(cap, numbered(200));
  for (const auto p : numbered(200))
    routes->learn(cap, p, {verdict::success, amount{1'000 + p}, 1s});
  rng random(5);
  std::vector<peer_index> out;
  std::vector<int> explored(200);
  int slots = 0;
  constexpr int calls = 20'000;
  for (int i = 0; i < calls; ++i) {
    routes->choose(cap, {8}, {}, random, out);
    REQUIRE(out.size() == 8);
    for (const auto p : out)
      if (p >= 8) {
        ++slots;
        ++explored[p];
      }
  }
  // A slot that explores may draw a peer that is among the best anyway.
  CHECK(slots / (8.0 * calls) == doctest::Approx(0.1).epsilon(0.06));
  CHECK(*std::min_element(explored.begin() + 8, explored.end()) > 20);
}

TEST_CASE("it recovers when the best turn bad, and finds those that turned good") {
  market_model m(make_learned_router(), 100, 3);
  for (std::size_t i = 0; i < 100; ++i)
    m.peers[i].price = 10'000 + 1'000 * i;
  (void)m.mean_paid(2'000);
  CHECK(m.mean_paid(200) < 13'000);
  for (std::size_t i = 0; i < 100; ++i)
    m.peers[i].price = 10'000 + 1'000 * (99 - i);
  (void)m.mean_paid(2'000);
  CHECK(m.mean_paid(200) < 13'000);
}

TEST_CASE("peers that fail fall behind reliable ones") {
  market_model m(make_learned_router({.explore_ppm = 0}), 32, 4);
  for (std::size_t i = 0; i < 32; ++i)
    m.peers[i] = {i < 8 ? 10'000u : 12'000u, 1'000'000, i < 8 ? 300'000u : 1'000'000u};
  (void)m.mean_paid(1'500);
  std::vector<peer_index> out;
  m.routes->choose(m.cap, {8}, {}, m.random, out);
  for (const auto p : out)
    CHECK(p >= 8);
}

TEST_CASE("what was learned survives an absence") {
  auto routes = make_learned_router();
  const auto cap = routes->capability("x");
  routes->set_candidates(cap, numbered(3));
  routes->learn(cap, 1, {verdict::success, amount{70}, 1s});
  CHECK(routes->remove(cap, 1));
  routes->learn(cap, 1, {verdict::success, amount{70}, 1s}); // settled while away
  CHECK(routes->add(cap, 1));
  CHECK(routes->expected(cap, 1).price == doctest::Approx(70));
  const auto before = routes->expected(cap, 0).price;
  routes->learn(cap, 77, {verdict::success, amount{1}, 1s}); // never a candidate
  CHECK(routes->expected(cap, 0).price == before);
}

TEST_CASE("the same seed chooses the same") {
  const auto run = [](std::uint64_t seed) {
    market_model m(make_learned_router(), 300, 7);
    m.random = rng(seed);
    m.value_per_second = 500;
    std::vector<peer_index> all;
    std::vector<peer_index> out;
    for (int i = 0; i < 500; ++i) {
      (void)m.trade();
      m.routes->choose(m.cap, {8, amount{i % 7 * 100u}}, {}, m.random, out);
      all.insert(all.end(), out.begin(), out.end());
    }
    return all;
  };
  CHECK(run(1) == run(1));
  CHECK(run(1) != run(2));
}

TEST_CASE("who declines is left alone for a while, longer each time") {
  auto routes = make_learned_router();
  const auto cap = routes->capability("x");
  routes->set_candidates(cap, numbered(4));
  rng random(5);
  const auto is_asked = [&](peer_index peer, duration at) {
    std::vector<peer_index> out;
    routes->choose(cap, {4, {}, instant{at}}, {}, random, out);
    return std::find(out.begin(), out.end(), peer) != out.end();
  };
  const auto decline = [&](duration at) {
    routes->learn(cap, 2, {.result = verdict::declined, .at = instant{at}});
  };
  // From the end of one rest to the next decline: 1, 2, 4, 8, 16 and again 16 seconds.
  duration at{};
  for (const auto rest : {1s, 2s, 4s, 8s, 16s, 16s}) {
    decline(at);
    CHECK_FALSE(is_asked(2, at));
    CHECK_FALSE(is_asked(2, at + rest - duration{1}));
    at += rest;
    CHECK(is_asked(2, at));
  }
  for (const auto freed : {verdict::offered, verdict::delivered, verdict::failure}) {
    decline(at);
    CHECK_FALSE(is_asked(2, at));
    routes->learn(cap, 2, {.result = freed});
    CHECK(is_asked(2, at));
  }
  decline(at);
  CHECK_FALSE(is_asked(2, at + 999ms));
  CHECK(is_asked(2, at + 1s)); // the row of declines was broken
  // Neither an offer nor a decline teaches a price.
  CHECK_FALSE(routes->expected(cap, 3).seen);
  routes->learn(cap, 3, {.result = verdict::offered, .price = amount{5}});
  CHECK_FALSE(routes->expected(cap, 3).seen);
}

TEST_CASE("a resting peer is asked if there is nobody else") {
  auto routes = make_learned_router();
  const auto cap = routes->capability("x");
  routes->set_candidates(cap, numbered(3));
  for (const peer_index peer : numbered(3))
    routes->learn(cap, peer, {.result = verdict::declined, .at = instant{}});
  rng random(5);
  std::vector<peer_index> out;
  routes->choose(cap, {2, {}, instant{}}, {}, random, out);
  CHECK(out.size() == 2);
  routes->choose(
      cap, {2, {}, instant{}}, [](peer_index p) { return p == 1; }, random, out);
  CHECK(out == std::vector<peer_index>{1});
}
