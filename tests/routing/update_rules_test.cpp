// The update rules against published arithmetic.
#include <fstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "ainur/routing/update_rules.hpp"
#include "support/shared_data.hpp"

using namespace ainur;
using namespace ainur::routing;

namespace {

doctest::Approx near(double x) {
  return doctest::Approx(x).epsilon(1e-12);
}

} // namespace

TEST_CASE("published cases of the Q, CQ and predictive updates") {
  const auto path = test::shared_data("routing/update_cases.json");
  if (!path)
    return;
  std::ifstream in(*path);
  const auto file = nlohmann::json::parse(in);
  for (const auto& c : file["q_routing"]["cases"]) {
    const double estimate = c["queue_wait"].get<double>() + c["transmission"].get<double>() +
                            c["neighbour_min_estimate"].get<double>();
    CHECK(q_update(c["q_old"], estimate, c["eta"]) == near(c["q_new"]));
  }
  for (const auto& c : file["cq_routing"]["cases"]) {
    CHECK(cq_rate(c["c_old"], c["c_est"]) == near(c["eta"]));
    const auto fresh = cq_update({c["q_old"], c["c_old"]}, {c["q_est"], c["c_est"]});
    CHECK(fresh.q == near(c["q_new"]));
    CHECK(fresh.c == near(c["c_new"]));
  }
  for (const auto& c : file["cq_routing"]["decay"])
    CHECK(cq_decay(c["c"], 0.95, c["steps"]) == near(c["c_after"]));

  const auto& pq = file["pq_routing"];
  const predictive_options options{pq["alpha"], pq["beta"], pq["gamma"]};
  // The sequence begins at Q = B = 10, R = 0, U = 0: its first step says ΔQ = −2 to Q = 8.
  predictive_estimate entry{.q = 10, .best = 10};
  int steps = 0;
  for (const auto& s : pq["sequence"]) {
    INFO("now " << s["now"].dump());
    CHECK(s["estimate"].get<double>() - entry.q == near(s["deltaQ"]));
    entry = predictive_update(entry, s["estimate"], s["now"], options);
    CHECK(entry.q == near(s["Q"]));
    CHECK(entry.best == near(s["B"]));
    CHECK(entry.recovery == near(s["R"]));
    CHECK(entry.updated == near(s["U"]));
    CHECK(predicted(entry, s["now"].get<double>() + 10) == near(s["predicted_at_now_plus_10"]));
    ++steps;
  }
  CHECK(steps == 5);
}

TEST_CASE("edges of the rules") {
  CHECK(cq_decay(1.0, 0.95, 0) == 1.0);
  CHECK(cq_decay(0.5, 0.95, 1'000'000'000'000) == 0.0);
  CHECK(cq_decay(0.5, 1.0, 1'000'000'000'000) == 0.5);
  const predictive_estimate at_once{.q = 10, .best = 10, .recovery = -1, .updated = 5};
  CHECK(predictive_update(at_once, 8, 5).recovery == -1); // no time has passed
  const auto counted = count_confidence_update({10, 0}, 6, 0.5);
  CHECK(counted.q == near(8));
  CHECK(counted.c == near(0.1));
  CHECK(count_confidence_update(counted, 8, 0.5).c == near(0.19));
}
