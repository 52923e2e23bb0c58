// Whole sets of validators in virtual time: every behaviour and disturbance alone and mixed, over
// many seeds; and with a third or more of byzantine weight the checker does find disagreement.
#include <future>

#include <doctest/doctest.h>

#include "ainur/consensus/simulation.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::consensus;

namespace {

std::vector<disturbance> all_disturbances() {
  std::vector<disturbance> out;
  for (std::size_t i = 0; i < disturbances_count; ++i)
    out.push_back(static_cast<disturbance>(i));
  return out;
}

std::vector<behaviour> all_behaviours() {
  std::vector<behaviour> out;
  for (std::size_t i = 0; i < behaviours_count; ++i)
    out.push_back(static_cast<behaviour>(i));
  return out;
}

std::string replay_of(const simulation_options& o) {
  std::string line = "ainur sim consensus --validators " + std::to_string(o.validators) +
                     " --byzantine " + std::to_string(o.byzantine) + " --heights " +
                     std::to_string(o.heights);
  std::string faults;
  for (const auto d : o.disturbances)
    faults += (faults.empty() ? "" : ",") + std::string{to_string(d)};
  if (o.byzantine != 0)
    for (const auto b : o.behaviours)
      faults += (faults.empty() ? "" : ",") + std::string{to_string(b)};
  line += " --faults " + (faults.empty() ? "none" : faults);
  line += o.unequal_weights ? " --unequal" : "";
  line += o.era_heights == 0 ? "" : " --era " + std::to_string(o.era_heights);
  line += o.keep_blocks == 0 ? "" : " --keep " + std::to_string(o.keep_blocks);
  return line + " --seed " + std::to_string(o.seed);
}

/// All rules held, and the run came to its end.
void expect_kept(const simulation_report& report, const simulation_options& o) {
  for (const auto& v : report.violations)
    FAIL_CHECK(v.rule << " at " << to_string(duration{v.at - instant{}}) << ": " << v.what
                      << "; again with: " << replay_of(o));
  CHECK(report.blocks >= o.heights); // a snapshot may lead beyond
}

simulation_report run(const simulation_options& o) {
  auto report = simulate(o);
  REQUIRE(report.has_value());
  expect_kept(*report, o);
  return std::move(*report);
}

} // namespace

TEST_CASE("without faults every height takes one round") {
  for (const auto n : {1u, 2u, 4u, 7u, 10u}) {
    simulation_options o;
    o.validators = n;
    const auto report = run(o);
    CHECK(report.rounds <= o.heights + 1); // the one that is still open
    CHECK(report.refused == 0);
    CHECK(report.fetched == 0);
  }
}

TEST_CASE("options that cannot be are refused") {
  simulation_options o;
  o.validators = 0;
  CHECK_FALSE(simulate(o));
  o.validators = 4;
  o.byzantine = 4;
  CHECK_FALSE(simulate(o));
  o.byzantine = 1;
  CHECK_FALSE(simulate(o)); // no behaviour
  o.byzantine = 0;
  o.heights = 0;
  CHECK_FALSE(simulate(o));
}

TEST_CASE("the same seed is the same run, another seed another") {
  simulation_options o;
  o.validators = 7;
  o.byzantine = 2;
  o.behaviours = all_behaviours();
  o.disturbances = all_disturbances();
  const auto one = run(o);
  CHECK(run(o).digest == one.digest);
  o.seed = 2;
  CHECK(run(o).digest != one.digest);
}

TEST_CASE("each behaviour alone harms nothing") {
  for (const auto b : all_behaviours())
    for (std::uint64_t seed = 1; seed <= 5u * static_cast<unsigned>(test::count_factor()); ++seed) {
      CAPTURE(to_string(b));
      simulation_options o;
      o.validators = 4;
      o.byzantine = 1;
      o.behaviours = {b};
      o.seed = seed;
      const auto report = run(o);
      CHECK(report.misdeeds[static_cast<std::size_t>(b)] > 0);
    }
}

TEST_CASE("each disturbance alone harms nothing") {
  for (const auto d : all_disturbances())
    for (std::uint64_t seed = 1; seed <= 5u * static_cast<unsigned>(test::count_factor()); ++seed) {
      CAPTURE(to_string(d));
      simulation_options o;
      o.disturbances = {d};
      o.seed = seed;
      CHECK(run(o).disturbances[static_cast<std::size_t>(d)] > 0);
    }
}

TEST_CASE("everything at once, over many seeds") {
  const auto options_of = [](std::uint64_t seed) {
    rng draw{seed};
    simulation_options o;
    o.validators = static_cast<std::uint32_t>(4 + draw.below(7));
    o.byzantine = static_cast<std::uint32_t>(draw.below((o.validators - 1) / 3 + 1));
    o.behaviours = all_behaviours();
    o.disturbances = all_disturbances();
    o.unequal_weights = draw.below(2) == 0;
    o.era_heights = draw.below(2) == 0 ? 5 : 0;
    o.keep_blocks = draw.below(2) == 0 ? 3 : 0;
    o.seed = seed;
    o.heights = 16;
    return o;
  };
  const auto runs = 1'000u * static_cast<unsigned>(std::min(test::count_factor(), 10));
  const auto part = [&](std::uint64_t first) {
    std::vector<simulation_report> out;
    for (auto seed = first; seed <= runs; seed += 2)
      out.push_back(simulate(options_of(seed)).value());
    return out;
  };
  auto odd = std::async(std::launch::async, part, 1u);
  const auto even = part(2);
  const auto others = odd.get();
  std::uint64_t blocks = 0;
  std::uint64_t fetched = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    const auto& report = seed % 2 == 0 ? even[seed / 2 - 1] : others[seed / 2];
    expect_kept(report, options_of(seed));
    blocks += report.blocks;
    fetched += report.fetched;
  }
  CHECK(fetched > 0);
  MESSAGE(runs << " runs with all faults, " << blocks << " blocks");
}

TEST_CASE("a validator that crashes before any of its effects signs nothing twice") {
  std::uint64_t crashed = 0;
  for (std::uint64_t n = 0;; ++n) {
    CAPTURE(n);
    simulation_options o;
    o.heights = 3;
    o.crash_before = n;
    const auto report = run(o);
    const auto crashes = report.disturbances[static_cast<std::size_t>(disturbance::crash)];
    crashed += crashes;
    if (crashes == 0)
      break; // it had no more effects
  }
  CHECK(crashed > 50);
}

TEST_CASE("with a third or more of byzantine weight disagreement is found, and who is to blame") {
  std::uint64_t disagreements = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    simulation_options o;
    o.validators = 4;
    o.byzantine = 2;
    o.behaviours = {behaviour::twin};
    o.disturbances = {disturbance::partition};
    o.seed = seed;
    const auto report = simulate(o);
    REQUIRE(report.has_value());
    for (const auto& v : report->violations)
      CHECK((v.rule == "agreement" || v.rule == "liveness" || v.rule == "halt"));
    if (report->violations.empty() || report->violations.front().rule != "agreement")
      continue;
    ++disagreements;
    CHECK(report->culprits_suffice);
    for (const auto& c : report->culprits)
      CHECK(contradict(c.first.statement, c.second.statement));
  }
  CHECK(disagreements > 5);
}

TEST_CASE("a hundred validators, a third less one of them byzantine") {
  simulation_options o;
  o.validators = 100;
  o.byzantine = 33;
  o.behaviours = {behaviour::equivocating_proposer, behaviour::equivocating_voter,
                  behaviour::silent};
  o.heights = test::count_factor() > 1 ? 100 : 6;
  CHECK(run(o).equivocations > 0);
}

TEST_CASE("who missed more blocks than anybody keeps goes on from a snapshot") {
  std::uint64_t restored = 0;
  for (std::uint64_t seed = 1; seed <= 30u * static_cast<unsigned>(test::count_factor()); ++seed) {
    CAPTURE(seed);
    simulation_options o;
    o.validators = 7;
    o.byzantine = seed % 3 == 0 ? 2 : 0;
    o.behaviours = {behaviour::equivocating_voter, behaviour::flooding, behaviour::stale_view};
    o.disturbances = {disturbance::crash};
    o.keep_blocks = 4;
    o.era_heights = 7;
    o.heights = 60;
    o.seed = seed;
    restored += run(o).restored;
  }
  CHECK(restored > 10);
}
