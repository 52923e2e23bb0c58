// Each router by the words it hears. The arithmetic of the rules is in update_rules_test.cpp.
#include <doctest/doctest.h>

#include "ainur/routing/learned_estimate.hpp"
#include "ainur/routing/packet_router.hpp"

using namespace ainur;
using namespace ainur::routing;

namespace {

doctest::Approx near(double v) {
  return doctest::Approx(v).epsilon(1e-12);
}

/// 0 - 1 - 2 and 0 - 3 - 2: two ways from 0 to 2. Ports of 0: 1, 3.
topology square() {
  return make_topology(4, {{0, 1}, {1, 2}, {0, 3}, {3, 2}}).value();
}

std::vector<port_index> choice(packet_router& r, node_index destination, std::uint64_t seed = 1) {
  rng random{seed};
  std::vector<port_index> out;
  r.choose(destination, no_port, random, out);
  return out;
}

} // namespace

TEST_CASE("names of algorithms are read as they are written") {
  for (std::size_t i = 0; i < algorithms_count; ++i) {
    const auto a = static_cast<algorithm>(i);
    CHECK(algorithm_from_text(to_string(a)) == a);
  }
  CHECK_FALSE(algorithm_from_text("Q"));
}

TEST_CASE("q: an estimate moves by eta towards what was spent and told") {
  const auto net = square();
  const auto r = make_packet_router(algorithm::q, net, 0, {.eta = 0.5});
  r->begin_step(1, 0);
  CHECK(r->tell(0, 2).estimate == 0);
  r->learn(0, 2, 3, {.estimate = 5});
  CHECK(r->tell(0, 2).estimate == 0);                 // the other way is still at 0
  CHECK(choice(*r, 2) == std::vector<port_index>{1}); // … and is tried
  r->learn(1, 2, 1, {.estimate = 1});
  CHECK(r->tell(0, 2).estimate == near(1)); // 0.5 · (1 + 1)
  r->learn(1, 2, 20, {.estimate = 1});
  CHECK(r->tell(0, 2).estimate == near(4)); // the least of 4 and 11
  CHECK(choice(*r, 2) == std::vector<port_index>{0});
  CHECK(r->tell(0, 0).estimate == 0); // its own place
  CHECK(r->tell(0, 1).estimate == 0); // other destinations are untouched
}

TEST_CASE("equal estimates are chosen with equal chance") {
  const auto net = square();
  for (const auto a : {algorithm::q, algorithm::shortest, algorithm::vector}) {
    const auto r = make_packet_router(a, net, 0);
    r->begin_step(1, 0);
    int first = 0;
    for (std::uint64_t seed = 0; seed < 1'000; ++seed)
      first += choice(*r, 2, seed).front() == 0 ? 1 : 0;
    CHECK(first > 400);
    CHECK(first < 600);
  }
}

TEST_CASE("cq: trust decays, and little trust learns quickly") {
  const auto net = square();
  const auto r = make_packet_router(algorithm::cq, net, 0, {.lambda = 0.5});
  r->begin_step(0, 0);
  r->learn(0, 2, 1, {.estimate = 7, .confidence = 0.25}); // no trust yet: taken whole
  r->learn(1, 2, 1, {.estimate = 9, .confidence = 0.25});
  CHECK(r->tell(0, 2).estimate == near(8));
  CHECK(r->tell(0, 2).confidence == near(0.25));
  r->begin_step(2, 0);
  CHECK(r->tell(0, 2).confidence == near(0.0625));
  r->learn(0, 2, 1, {.estimate = 3, .confidence = 0.5}); // rate max(0.5, 1 − 0.0625)
  CHECK(r->tell(0, 2).estimate == near(8 + 0.9375 * (4 - 8)));
}

TEST_CASE("predictive: a way that was left for its congestion is tried again") {
  const auto net = square();
  const auto r = make_packet_router(algorithm::predictive, net, 0);
  r->begin_step(1, 0);
  r->learn(0, 2, 1, {.estimate = 1});
  r->learn(1, 2, 1, {.estimate = 9});
  r->begin_step(2, 0);
  r->learn(0, 2, 20, {.estimate = 1}); // congested
  CHECK(choice(*r, 2) == std::vector<port_index>{1});
  r->begin_step(3, 0);
  r->learn(0, 2, 19, {.estimate = 1}); // recovers by 0.7 a step from now on
  CHECK(choice(*r, 2) == std::vector<port_index>{1});
  r->begin_step(30, 0);
  CHECK(choice(*r, 2) == std::vector<port_index>{0});
}

TEST_CASE("count: later words count less") {
  const learning_options rule{.rule = learning_rule::count, .eta = 0.5};
  learned_estimate e;
  e.update(rule, 8, 1, 0);
  CHECK(e.q == near(4));
  e.update(rule, 8, 1, 1);
  CHECK(e.q == near(4 + 0.5 / 1.1 * 4));
}

TEST_CASE("a link that is down is not used") {
  const auto net = square();
  for (std::size_t i = 0; i < algorithms_count; ++i) {
    const auto a = static_cast<algorithm>(i);
    CAPTURE(to_string(a));
    const auto r = make_packet_router(a, net, 0);
    r->begin_step(1, 0);
    r->set_link(0, false);
    CHECK(choice(*r, 2) == std::vector<port_index>{1});
    CHECK(choice(*r, 1) == std::vector<port_index>{1}); // even to the neighbour itself
    r->set_link(1, false);
    CHECK(choice(*r, 2).empty());
    r->set_link(0, true);
    CHECK(choice(*r, 2) == std::vector<port_index>{0});
  }
}

TEST_CASE("shortest and broadcast go where they should") {
  const auto net = make_topology(4, {{0, 1}, {1, 2}, {2, 3}, {0, 3}, {0, 2}}).value();
  const auto shortest = make_packet_router(algorithm::shortest, net, 0);
  CHECK(choice(*shortest, 2) == std::vector<port_index>{1}); // ports of 0: 1, 2, 3
  const auto broadcast = make_packet_router(algorithm::broadcast, net, 0);
  rng random{1};
  std::vector<port_index> out;
  broadcast->choose(2, 1, random, out);
  CHECK(out == std::vector<port_index>{0, 2}); // all but where it came from
}

TEST_CASE("vector: where nothing waits, words lead to the shortest ways") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    rng random{seed};
    const std::size_t nodes = 2 + random.below(12);
    std::vector<link_ends> links;
    for (node_index n = 1; n < nodes; ++n) // a tree, and some more
      links.emplace_back(static_cast<node_index>(random.below(n)), n);
    for (node_index a = 0; a < nodes; ++a)
      for (node_index b = a + 1; b < nodes; ++b)
        if (random.chance_ppm(150'000) &&
            std::find(links.begin(), links.end(), link_ends{a, b}) == links.end())
          links.emplace_back(a, b);
    const auto net = make_topology(nodes, links).value();
    std::vector<std::unique_ptr<packet_router>> routers;
    for (node_index n = 0; n < nodes; ++n)
      routers.push_back(make_packet_router(algorithm::vector, net, n));
    for (std::size_t round = 0; round < 2 * nodes; ++round)
      for (node_index n = 0; n < nodes; ++n) {
        routers[n]->begin_step(round, 0);
        for (port_index p = 0; p < net.neighbours[n].size(); ++p) {
          const auto to = net.neighbours[n][p];
          const auto& back = net.neighbours[to];
          const auto there = std::find(back.begin(), back.end(), n) - back.begin();
          routers[to]->learn(static_cast<port_index>(there), 0, 0, routers[n]->tell(p, 0));
        }
      }
    for (node_index n = 0; n < nodes; ++n) {
      const auto distances = distances_from(net, n);
      for (node_index d = 0; d < nodes; ++d) {
        if (d == n)
          continue;
        const auto port = choice(*routers[n], d).front();
        CHECK(distances_from(net, net.neighbours[n][port])[d] == distances[d] - 1);
      }
    }
  }
}

TEST_CASE("vector: a queue at the neighbour turns packets away, and is forgotten in time") {
  const auto net = square();
  const auto r = make_packet_router(algorithm::vector, net, 0);
  const std::vector<double> row{2, 1, 1, 1};
  r->begin_step(1, 0);
  r->learn(0, 2, 0, {.queue = 4, .row = row});
  r->learn(1, 2, 0, {.queue = 0, .row = row});
  CHECK(choice(*r, 2) == std::vector<port_index>{1});
  r->begin_step(2, 0);
  r->learn(1, 2, 0, {.queue = 3, .queue_mean = 0.5, .row = row});
  CHECK(choice(*r, 2) == std::vector<port_index>{1});
  r->begin_step(200, 0); // what was heard of queues is stale; only their means are left
  CHECK(choice(*r, 2) == std::vector<port_index>{0});
}
