// When a network has settled, on series made by hand.
#include <doctest/doctest.h>

#include "ainur/routing/settling.hpp"

using namespace ainur;
using namespace ainur::routing;

namespace {

/// One packet a step, whose delivery time `time` gives.
template <class Time>
experiment_report run_of(std::size_t steps, Time time) {
  experiment_report r;
  for (std::size_t s = 0; s < steps; ++s) {
    r.delivered.push_back(1);
    r.time.push_back(static_cast<std::uint64_t>(time(s)));
    r.waiting.push_back(3);
    r.lost.push_back(0);
  }
  r.injected = steps;
  r.sent = 2 * steps;
  r.told = 4 * steps;
  return r;
}

} // namespace

TEST_CASE("an interval by Student's t") {
  CHECK(interval_of({}).mean == 0);
  const double one[] = {4};
  CHECK(interval_of(one).ci95 == 0);
  const double four[] = {1, 2, 3, 6};
  CHECK(interval_of(four).mean == doctest::Approx(3));
  // The sample's deviation is √(14/3); t for three degrees of freedom 3.182.
  CHECK(interval_of(four).ci95 == doctest::Approx(3.182 * 2.160247 / 2).epsilon(1e-5));
}

TEST_CASE("a run that never changes has settled from the start") {
  const std::vector runs(3, run_of(1'000, [](auto) { return 10; }));
  const auto s = judge_settling(runs);
  CHECK(s.settled.step.mean == 0);
  CHECK(s.strict.step.mean == 0);
  CHECK(s.settled.censored == 0);
  CHECK(s.delivery_time.mean == doctest::Approx(10));
  CHECK(s.waiting.mean == doctest::Approx(3));
  CHECK(s.injected == 3'000);
  CHECK(s.told_per_packet == doctest::Approx(2));
}

TEST_CASE("it settles when the moving average has come within a tenth") {
  // 100 until step 499, then 10: the average over 100 steps is 10 + 0.9 n with n old ones in it.
  const std::vector runs(2, run_of(2'000, [](auto s) { return s < 500 ? 100 : 10; }));
  const auto s = judge_settling(runs);
  CHECK(s.settled.step.mean == 598); // up to 597 there are two old steps or more in it
  CHECK(s.strict.step.mean == 598);
  CHECK(s.settled.step.ci95 == 0);
  CHECK(s.curve[499] == doctest::Approx(100));
  CHECK(s.curve[599] == doctest::Approx(10));
  // A window of 10, and only from step 400 to 1000.
  const auto part = judge_settling(runs, {.window = 10, .first = 400, .end = 1'000});
  CHECK(part.settled.step.mean == 109);
}

TEST_CASE("movement of a settled network is not taken for learning") {
  // 40 while it learns; then 10, with a burst to 16 in every thousand steps.
  const std::vector runs(
      2, run_of(10'000, [](auto s) { return s < 1'000 ? 40 : (s % 1'000 < 150 ? 16 : 10); }));
  const auto s = judge_settling(runs);
  CHECK(s.strict.step.mean > 9'000);
  CHECK(s.settled.step.mean > 900);
  CHECK(s.settled.step.mean < 1'300);
}

TEST_CASE("runs that diverge, or learn to the end, are censored") {
  const auto grows = run_of(1'000, [](auto s) { return s; });
  auto loses = run_of(1'000, [](auto) { return 10; });
  loses.lost[999] = 1;
  auto lost_early = run_of(1'000, [](auto) { return 10; });
  lost_early.lost[10] = 1;
  const auto calm = run_of(1'000, [](auto) { return 10; });
  // Growth from one eighth of the end to the next is by 14 %: not half as much again.
  CHECK(judge_settling(std::vector{grows}).settled.censored == 0);
  const auto doubles = run_of(1'000, [](auto s) { return s < 875 ? 10 : 20; });
  const auto learns = run_of(1'000, [](auto s) { return s < 875 ? 20 : 10; });
  for (const auto& bad : {loses, doubles, learns}) {
    const auto s = judge_settling(std::vector{bad, bad, calm});
    CHECK(s.settled.censored == 2);
    CHECK(s.settled.step.mean == 1'000);
    const auto few = judge_settling(std::vector{bad, calm, calm});
    CHECK(few.settled.censored == 1);
    CHECK(few.strict.step.mean == doctest::Approx(1'000.0 / 3));
  }
  CHECK(judge_settling(std::vector{lost_early}).settled.censored == 0);
  CHECK(judge_settling(std::vector{lost_early}).lost == 1);
}

TEST_CASE("no runs give an empty report") {
  CHECK(judge_settling({}).delivery_time.mean == 0);
}
