// The event queue, the network model and the fault plan.
#include <algorithm>
#include <map>
#include <vector>

#include <doctest/doctest.h>

#include "ainur/sim/event_queue.hpp"
#include "ainur/sim/fault_plan.hpp"
#include "ainur/sim/network.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::sim;
using namespace std::chrono_literals;

namespace {

std::vector<int> drain(event_queue<int>& queue) {
  std::vector<int> out;
  while (auto e = queue.pop())
    out.push_back(e->what);
  return out;
}

double mean_of(const delay_model& m, std::uint64_t seed, int draws = 20'000) {
  rng random(seed);
  double sum = 0;
  for (int i = 0; i < draws; ++i)
    sum += static_cast<double>(sample(m, random).count());
  return sum / draws;
}

} // namespace

TEST_CASE("events come in the order of time, ties in the order of insertion") {
  test::check_property("event order", 200, [](const std::vector<std::uint8_t>& times) {
    event_queue<int> queue;
    std::vector<std::pair<std::uint8_t, int>> expected;
    for (const auto t : times) {
      expected.emplace_back(t, static_cast<int>(expected.size()));
      queue.push(instant_at(t), expected.back().second);
    }
    std::stable_sort(expected.begin(), expected.end(),
                     [](const auto& x, const auto& y) { return x.first < y.first; });
    for (const auto& [time, what] : expected) {
      RC_ASSERT(queue.next_time() == instant_at(time));
      const auto e = queue.pop();
      RC_ASSERT(e.has_value());
      RC_ASSERT(e->what == what);
    }
    RC_ASSERT(queue.empty());
  });
}

TEST_CASE("seeded ties are another order, and the same for the same seed") {
  const auto order = [](std::uint64_t seed) {
    event_queue<int> queue{rng{seed}};
    for (int i = 0; i < 50; ++i)
      queue.push(instant_at(i / 25), i);
    return drain(queue);
  };
  CHECK(order(1) == order(1));
  CHECK(order(1) != order(2));
  auto first = order(3);
  first.resize(25);
  CHECK(*std::max_element(first.begin(), first.end()) == 24); // time still comes first
}

TEST_CASE("pop_due takes only what is due") {
  event_queue<int> queue;
  queue.push(instant_at(10), 1);
  CHECK_FALSE(queue.pop_due(instant_at(9)));
  CHECK(queue.pop_due(instant_at(10))->what == 1);
  CHECK_FALSE(queue.pop());
}

TEST_CASE("delays have the stated distribution") {
  CHECK(mean_of(delay_model::constant(5ms), 1) == 5'000);
  CHECK(mean_of(delay_model::uniform(1ms, 3ms), 2) == doctest::Approx(2'000).epsilon(0.01));
  CHECK(mean_of(delay_model::exponential(2ms, 1ms), 3) == doctest::Approx(3'000).epsilon(0.03));
  std::vector<std::int64_t> draws;
  rng random(4);
  for (int i = 0; i < 20'001; ++i)
    draws.push_back(sample(delay_model::lognormal(2ms, 500'000), random).count());
  std::sort(draws.begin(), draws.end());
  CHECK(static_cast<double>(draws[10'000]) == doctest::Approx(2'000).epsilon(0.03));
  // one deviation of ln(x) above the median: a factor of e^0.5
  CHECK(static_cast<double>(draws[16'827]) == doctest::Approx(2'000 * 1.6487).epsilon(0.05));
  rng other(5);
  for (const auto& odd : {delay_model::constant(-5ms), delay_model::uniform(3ms, 1ms),
                          delay_model::exponential(duration::max(), duration::max())})
    CHECK(sample(odd, other).count() >= 0);
}

TEST_CASE("loss, duplication and holding back happen at their rates") {
  network net(rng{7}, {.delay = delay_model::constant(1ms),
                       .loss_ppm = 100'000,
                       .duplication_ppm = 200'000,
                       .reordering_ppm = 50'000});
  constexpr int sent = 50'000;
  int lost = 0;
  int doubled = 0;
  int late = 0;
  for (int i = 0; i < sent; ++i) {
    const auto d = net.send(1, 2, instant_at(i));
    lost += d.lost() ? 1 : 0;
    doubled += d.size() == 2 ? 1 : 0;
    late += !d.lost() && d[0] == 2ms ? 1 : 0;
  }
  CHECK(lost == doctest::Approx(0.1 * sent).epsilon(0.05));
  CHECK(doubled == doctest::Approx(0.9 * 0.2 * sent).epsilon(0.05));
  CHECK(late == doctest::Approx(0.9 * 0.05 * sent).epsilon(0.1));
  const auto& counts = net.counts();
  CHECK(counts.sent == sent);
  CHECK(counts.lost == static_cast<std::uint64_t>(lost));
  CHECK(counts.duplicated == static_cast<std::uint64_t>(doubled));
  CHECK(counts.held_back == static_cast<std::uint64_t>(late));
  CHECK(net.send(3, 3, instant_at(0))[0] == 0us);
}

TEST_CASE("messages overtake each other, unless the link keeps their order") {
  for (const bool in_order : {false, true}) {
    network net(rng{8}, {.delay = delay_model::uniform(0ms, 10ms), .in_order = in_order});
    bool overtaken = false;
    instant latest{};
    for (int i = 0; i < 1'000; ++i) {
      const auto now = instant_at(i * 1'000);
      const auto arrival = now + net.send(1, 2, now)[0];
      overtaken = overtaken || arrival < latest;
      latest = std::max(latest, arrival);
    }
    CHECK(overtaken != in_order);
  }
}

TEST_CASE("a link's traffic does not change another link's fate") {
  const link_model lossy{.delay = delay_model::uniform(0ms, 9ms), .loss_ppm = 300'000};
  network alone(rng{9}, lossy);
  network busy(rng{9}, lossy);
  for (int i = 0; i < 500; ++i) {
    (void)busy.send(2, 1, instant_at(i));
    (void)busy.send(5, 6, instant_at(i));
    const auto a = alone.send(1, 2, instant_at(i));
    const auto b = busy.send(1, 2, instant_at(i));
    REQUIRE(a.size() == b.size());
    CHECK((a.lost() || a[0] == b[0]));
  }
}

TEST_CASE("partitions cut their direction for their time, and change nothing after it") {
  const link_model usual{.delay = delay_model::uniform(0ms, 9ms), .loss_ppm = 100'000};
  network cut(rng{10}, usual);
  network whole(rng{10}, usual);
  cut.add_partition({.from = {1, 2},
                     .to = {3},
                     .begin = instant_at(100),
                     .end = instant_at(200),
                     .both_ways = false});
  for (int t = 0; t < 300; ++t) {
    const bool during = t >= 100 && t < 200;
    CHECK(cut.is_cut(1, 3, instant_at(t)) == during);
    CHECK_FALSE(cut.is_cut(3, 1, instant_at(t)));
    CHECK_FALSE(cut.is_cut(1, 2, instant_at(t)));
    const auto a = cut.send(1, 3, instant_at(t));
    const auto b = whole.send(1, 3, instant_at(t));
    if (during)
      CHECK(a.lost());
    else
      CHECK((a.size() == b.size() && (a.lost() || a[0] == b[0])));
  }
  CHECK(cut.counts().cut == 100);
  cut.add_partition({.from = {7}, .to = {}});
  CHECK(cut.is_cut(7, 1, instant_at(5)));
  CHECK(cut.is_cut(1, 7, instant_at(5)));
  cut.heal();
  CHECK_FALSE(cut.is_cut(7, 1, instant_at(5)));
}

TEST_CASE("links have models of their own until they are reset") {
  network net(rng{11}, {.delay = delay_model::constant(1ms)});
  net.set_link(1, 2, {.delay = delay_model::constant(7ms)});
  CHECK(net.send(1, 2, {})[0] == 7ms);
  CHECK(net.send(2, 1, {})[0] == 1ms);
  net.set_usual({.delay = delay_model::constant(2ms)});
  net.reset_link(1, 2);
  CHECK(net.send(1, 2, {})[0] == 2ms);
}

TEST_CASE("the fault plan lays out begins, ends and repetitions") {
  const fault kill{.kind = fault_kind::kill,
                   .target = {.kind = target_kind::orchestrator, .indices = {1}},
                   .at = instant_at(50)};
  const fault pause{.kind = fault_kind::pause,
                    .target = {.kind = target_kind::agents, .share_ppm = 100'000},
                    .at = instant_at(10),
                    .lasts = duration{40},
                    .every = duration{40},
                    .repeats = 2};
  auto plan = fault_plan::make({kill, pause}, rng{1});
  REQUIRE(plan);
  CHECK(plan->next_time() == instant_at(10));
  CHECK(plan->due(instant_at(9)).empty());
  using edge = fault_event::edge;
  CHECK(plan->due(instant_at(49)) == std::vector<fault_event>{{instant_at(10), edge::begin, 1, 0}});
  CHECK(plan->due(instant_at(1'000)) ==
        std::vector<fault_event>{{instant_at(50), edge::end, 1, 0},
                                 {instant_at(50), edge::begin, 0, 0},
                                 {instant_at(50), edge::begin, 1, 1},
                                 {instant_at(90), edge::end, 1, 1}});
  CHECK(plan->due(instant_at(2'000)).empty());
  CHECK_FALSE(plan->next_time());
}

TEST_CASE("targets are drawn by the seed, the same at begin and end") {
  const fault f{.kind = fault_kind::silent,
                .target = {.share_ppm = 200'000},
                .at = instant_at(0),
                .lasts = duration{5},
                .every = duration{10},
                .repeats = 2};
  auto plan = fault_plan::make({f}, rng{3});
  REQUIRE(plan);
  const auto events = plan->due(instant_at(100));
  REQUIRE(events.size() == 4);
  const auto first = plan->targets(events[0], 1'000);
  CHECK(first.size() == 200);
  CHECK(std::is_sorted(first.begin(), first.end()));
  CHECK(std::adjacent_find(first.begin(), first.end()) == first.end());
  CHECK(plan->targets(events[1], 1'000) == first);
  CHECK(plan->targets(events[2], 1'000) != first);
  CHECK(plan->targets(events[0], 3).size() == 1); // at least one
  CHECK(plan->targets(events[0], 0).empty());

  rng random(4);
  CHECK(select({.indices = {7, 2, 2, 99}}, 10, random) == std::vector<std::uint32_t>{2, 7});
  CHECK(select({.count = 30}, 10, random).size() == 10);
}

TEST_CASE("draws of targets are uniform") {
  std::map<std::uint32_t, int> hits;
  rng random(12);
  for (int i = 0; i < 10'000; ++i)
    for (const auto t : select({.count = 2}, 10, random))
      ++hits[t];
  CHECK(hits.size() == 10);
  for (const auto& [target, n] : hits)
    CHECK((n > 1'800 && n < 2'200));
}

TEST_CASE("contradictory faults are refused by name") {
  const auto refused = [](fault f) {
    const auto plan = fault_plan::make({fault{}, f}, rng{1});
    REQUIRE_FALSE(plan);
    CHECK(plan.error().is(sim::errc::bad_fault));
    CHECK(plan.error().detail().find("fault 1 (") == 0);
  };
  refused({.at = instant_at(-1)});
  refused({.lasts = duration{-1}});
  refused({.at = instant::max()});
  refused({.repeats = 0});
  refused({.repeats = 2});
  refused({.kind = fault_kind::pause, .lasts = duration{9}, .every = duration{8}, .repeats = 2});
  refused({.kind = fault_kind::pause, .every = duration{8}, .repeats = 2});
  refused({.every = duration{std::int64_t{1} << 61}, .repeats = 3});
  refused({.every = duration{1}, .repeats = 4'000'000});
  refused({.target = {.share_ppm = 1'000'001}});
  refused({.link = {.loss_ppm = 1'000'001}});
}
