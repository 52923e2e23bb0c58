#include "ainur/discovery/kademlia/simulation.hpp"

#include <doctest/doctest.h>

#include "support/property.hpp"

using namespace ainur;
using namespace ainur::discovery;
using namespace ainur::discovery::kademlia;

namespace {

simulation_report run(const simulation_options& o) {
  auto r = simulate(o);
  REQUIRE(r);
  return *r;
}

/// Runs seeds until the sum of lookups tells something.
void expect_success(simulation_options o, std::uint64_t success_ppm) {
  std::uint64_t asked = 0, found = 0;
  const auto seeds = static_cast<std::uint64_t>(2 * test::count_factor());
  for (o.seed = 1; o.seed <= seeds; ++o.seed) {
    const auto r = run(o);
    asked += r.peers.asked + r.providers.asked;
    found += r.peers.found + r.providers.found;
  }
  CHECK(asked > 300 * seeds);
  CHECK(found * 1'000'000 >= asked * success_ppm);
}

} // namespace

TEST_CASE("ninety-nine of a hundred lookups succeed while a tenth leaves each hour") {
  expect_success({.nodes = 300, .lookups = 400}, 990'000);
}

TEST_CASE("nine of ten lookups succeed with a tenth of adversaries of every kind") {
  expect_success({.nodes = 300, .lookups = 400, .adversary_ppm = 100'000}, 900'000);
}

TEST_CASE("nine of ten lookups succeed with a tenth of adversaries of one kind") {
  for (std::size_t i = 0; i < misdeeds_count; ++i) {
    CAPTURE(to_string(static_cast<misdeed>(i)));
    const auto r = run({.nodes = 150,
                        .lookups = 400,
                        .adversary_ppm = 100'000,
                        .misdeeds = {static_cast<misdeed>(i)}});
    CHECK(r.success_ppm() >= 900'000);
  }
}

TEST_CASE("lookups succeed as well after hours, with records told again") {
  const auto r = run({.nodes = 100, .lookups = 400, .time = std::chrono::hours{6}});
  CHECK(r.republished > 20);
  CHECK(r.left > 40);
  CHECK(r.success_ppm() >= 990'000);
}

TEST_CASE("the search of the region finds what sybils hide") {
  simulation_options o{.nodes = 400,
                       .lookups = 600,
                       .churn_ppm = 0,
                       .adversary_ppm = 100'000,
                       .misdeeds = {misdeed::sybil}};
  const auto with = run(o);
  o.node.region_checks = false;
  const auto without = run(o);
  CHECK(with.attacked.asked > 15);
  CHECK(with.attacked.found * 10 >= with.attacked.asked * 9);
  CHECK(without.attacked.found * 10 < without.attacked.asked * 9);
  CHECK(without.crowded == 0);
}

TEST_CASE("the same seed is the same run, another is another") {
  simulation_options o{
      .nodes = 100, .lookups = 50, .adversary_ppm = 100'000, .time = std::chrono::minutes{10}};
  const auto first = run(o);
  CHECK(run(o).digest == first.digest);
  o.seed = 2;
  CHECK(run(o).digest != first.digest);
}

TEST_CASE("percentiles are taken by rank") {
  CHECK(percentiles_of({}) == percentiles{});
  CHECK(percentiles_of({5}) == percentiles{5, 5, 5, 5});
  std::vector<std::uint64_t> values;
  for (std::uint64_t i = 0; i <= 1'000; ++i)
    values.push_back(1'000 - i);
  CHECK(percentiles_of(values) == percentiles{500, 900, 990, 1'000});
}

TEST_CASE("options out of their range are named") {
  const auto refused = [](const simulation_options& o, const std::string& name) {
    const auto r = simulate(o);
    CHECK(r.error().is(errc::bad_option));
    CHECK(r.error().detail().starts_with(name));
  };
  refused({.nodes = 31}, "nodes");
  refused({.nodes = 100'001}, "nodes");
  refused({.lookups = 0}, "lookups");
  refused({.churn_ppm = 10'000'001}, "churn");
  refused({.adversary_ppm = 900'001}, "adversary");
  refused({.misdeeds = {}}, "misdeeds");
  refused({.time = duration{5}}, "time");
}
