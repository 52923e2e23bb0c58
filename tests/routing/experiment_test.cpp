// The network experiment.
#include <fstream>
#include <numeric>
#include <sstream>

#include <doctest/doctest.h>

#include "ainur/routing/experiment.hpp"
#include "support/shared_data.hpp"

using namespace ainur;
using namespace ainur::routing;

namespace {

template <class T>
std::uint64_t sum(const std::vector<T>& values) {
  return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
}

/// Two rings of four, joined by one link.
topology rings() {
  return make_topology(8, {{0, 1}, {1, 2}, {2, 3}, {0, 3}, {4, 5}, {5, 6}, {6, 7}, {4, 7}, {3, 4}})
      .value();
}

double mean_time(const experiment_report& r, std::size_t first, std::size_t end) {
  double time = 0;
  double count = 0;
  for (auto s = first; s < end; ++s) {
    time += static_cast<double>(r.time[s]);
    count += r.delivered[s];
  }
  return count > 0 ? time / count : 0;
}

} // namespace

TEST_CASE("no packet is made, lost or delivered without being counted") {
  const auto net = rings();
  for (std::size_t i = 0; i < algorithms_count; ++i) {
    experiment_options o{
        .router = static_cast<algorithm>(i), .load_ppm = 1'500'000, .steps = 600, .queue_max = 20};
    o.changes = {{.step = 100, .what = cut_link{{3, 4}}},
                 {.step = 300, .what = restore_link{{3, 4}}}};
    CAPTURE(to_string(o.router));
    const auto r = run_experiment(net, o);
    REQUIRE(r);
    if (o.router != algorithm::broadcast)
      CHECK(r->injected == sum(r->delivered) + sum(r->lost) + r->waiting.back());
    else
      CHECK(sum(r->delivered) <= r->injected); // copies of one are delivered once
    CHECK(sum(r->delivered) > 0);
    CHECK(r->sent >= sum(r->delivered));
    CHECK(r->injected > 800);
    for (const auto w : r->waiting)
      CHECK(w <= 8 * 20 + 8 * 4);
  }
}

TEST_CASE("the same seed gives the same run, and the same packets to every algorithm") {
  const auto net = rings();
  std::uint64_t injected = 0;
  for (std::size_t i = 0; i < algorithms_count; ++i) {
    experiment_options o{.router = static_cast<algorithm>(i), .load_ppm = 1'000'000, .steps = 300};
    const auto a = run_experiment(net, o);
    const auto b = run_experiment(net, o);
    CHECK(a->digest == b->digest);
    if (i == 0)
      injected = a->injected;
    CHECK(a->injected == injected);
    o.seed = 2;
    CHECK(run_experiment(net, o)->digest != a->digest);
  }
}

TEST_CASE("a digest known from other machines") {
  const auto r = run_experiment(rings(), {.router = algorithm::vector, .steps = 500});
  CHECK(to_string(r->digest).substr(0, 16) == "3c6498164cfcaa20");
}

TEST_CASE("without waiting, a packet takes one step a link") {
  const auto net = make_topology(3, {{0, 1}, {1, 2}}).value();
  experiment_options o{.router = algorithm::shortest, .load_ppm = 10'000, .steps = 20'000};
  o.changes = {{.step = 0, .what = move_traffic{{0}, {2}}}};
  const auto r = run_experiment(net, o);
  std::uint64_t alone = 0;
  for (std::size_t s = 0; s < r->time.size(); ++s)
    alone += r->delivered[s] == 1 && r->time[s] == 2 ? 1 : 0;
  CHECK(alone > 150);
  CHECK(mean_time(*r, 0, r->time.size()) < 2.05);
}

TEST_CASE("a node that is cut off keeps its packets until a link is up again") {
  const auto net = make_topology(2, {{0, 1}}).value();
  for (const auto a : {algorithm::q, algorithm::vector, algorithm::shortest}) {
    experiment_options o{.router = a, .load_ppm = 500'000, .steps = 1'000};
    o.changes = {{.step = 200, .what = cut_link{{0, 1}}},
                 {.step = 400, .what = restore_link{{0, 1}}},
                 {.step = 600, .what = set_load{0}}};
    const auto r = run_experiment(net, o);
    CHECK(sum(std::vector(r->delivered.begin() + 200, r->delivered.begin() + 400)) == 0);
    CHECK(r->waiting[399] > 60);
    CHECK(r->waiting.back() == 0);
    CHECK(sum(r->delivered) == r->injected);
  }
}

TEST_CASE("traffic goes where it is moved to") {
  const auto net = rings();
  experiment_options o{.router = algorithm::vector, .load_ppm = 500'000, .steps = 2'000};
  o.changes = {{.step = 1'000, .what = move_traffic{{0}, {1}}}};
  const auto r = run_experiment(net, o);
  CHECK(mean_time(*r, 500, 1'000) > 2);
  CHECK(mean_time(*r, 1'500, 2'000) < 2);
  // A destination that is the only source has nothing to carry.
  o.changes = {{.step = 0, .what = move_traffic{{3}, {3}}}};
  CHECK(run_experiment(net, o)->injected == 0);
}

TEST_CASE("options that make no sense are refused") {
  const auto net = rings();
  const auto refused = [&](experiment_options o) {
    const auto r = run_experiment(net, o);
    REQUIRE_FALSE(r);
    CHECK(r.error().is(errc::bad_option));
  };
  refused({.steps = 0});
  refused({.steps = steps_max + 1});
  refused({.load_ppm = load_max_ppm + 1});
  refused({.queue_max = 0});
  refused({.learning = {.eta = 0}});
  refused({.learning = {.eta = 1.5}});
  refused({.learning = {.lambda = -0.1}});
  refused({.changes = {{.step = 1, .what = cut_link{{0, 7}}}}});
  refused({.changes = {{.step = 1, .what = move_traffic{{8}, {}}}}});
  refused({.changes = {{.step = 1, .what = set_load{load_max_ppm + 1}}}});
}

TEST_CASE("the published grid: shortest ways saturate where they should, learned ones later") {
  const auto path = test::shared_data("routing/grid6x6_boyan_littman.json");
  if (!path)
    return;
  std::ifstream in{*path};
  std::stringstream text;
  text << in.rdbuf();
  const auto net = topology_from_json(text.str()).value();
  const auto late = [&](algorithm a, std::uint64_t load_ppm) {
    const auto r = run_experiment(net, {.router = a, .load_ppm = load_ppm, .steps = 10'000});
    return mean_time(*r, 7'500, 10'000);
  };
  CHECK(late(algorithm::shortest, 2'000'000) < 15); // saturates at 2.21
  CHECK(late(algorithm::shortest, 2'500'000) > 100);
  CHECK(late(algorithm::q, 2'500'000) < 50);
  CHECK(late(algorithm::vector, 3'500'000) < 25);
}
