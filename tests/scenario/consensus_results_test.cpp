// What a run tells of its validators: in JSON, in the table, in the report, to expectations.
#include <algorithm>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "ainur/scenario/collector.hpp"
#include "ainur/scenario/expectation.hpp"
#include "ainur/scenario/metrics.hpp"
#include "ainur/scenario/report.hpp"

using namespace ainur;
using namespace ainur::scenario;
using namespace std::chrono_literals;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// How a run of three validators ended, one of them byzantine.
consensus_summary three() {
  consensus_summary c;
  c.validators = 3;
  c.honest = 2;
  c.blocks = 40;
  c.rounds = 43;
  c.finality = {
      .count = 90, .p50 = 120'000, .p95 = 350'500, .p99 = 900'000, .mean = 1, .max = 901'000};
  c.equivocations_found = 4;
  c.slashed_total = amount::ainu(3'600);
  c.elections = 2;
  c.messages = 12'345;
  hash256 state;
  state.value[0] = 0xab;
  c.views = {{.index = 0, .height = 40, .state_hash = state, .blocks_proposed = 15, .rounds = 43},
             {1, 12, {}, 4, 13, "stopped: block 12 <accounts> differ"},
             {2, 40, state, 21, 43, "equivocating_voter"}};
  return c;
}

config market() {
  config c;
  c.populations = {{.capabilities = {"x"}}};
  return c;
}

summary run_with(const consensus_summary& consensus, const config& c = market()) {
  collector out{c, {"x"}, 10s};
  out.set({.validators = 1}); // replaced as a whole
  out.set(consensus);
  return out.finish({.end = instant{10s}});
}

summary run_alone() {
  return collector{market(), {"x"}, 10s}.finish({.end = instant{10s}});
}

} // namespace

TEST_CASE("the JSON of a run tells how validators agreed") {
  const auto j = nlohmann::json::parse(summary_json(run_with(three())))["consensus"];
  CHECK(j["validators"] == 3);
  CHECK(j["honest"] == 2);
  CHECK(j["blocks"] == 40);
  CHECK(j["rounds"] == 43);
  CHECK(j["finality_ms"] == nlohmann::json{{"p50", 120.0}, {"p95", 350.5}, {"p99", 900.0}});
  CHECK(j["agreed"] == true);
  CHECK(j["equivocations_found"] == 4);
  CHECK(j["slashed_total"] == 3'600'000'000);
  CHECK(j["elections"] == 2);
  CHECK(j["messages"] == 12'345);
  REQUIRE(j["views"].size() == 3);
  CHECK(j["views"][0]["state_hash"].get<std::string>().starts_with("ab00"));
  CHECK(j["views"][1]["status"] == "stopped: block 12 <accounts> differ");
  CHECK(j["views"][2] == nlohmann::json{{"index", 2},
                                        {"height", 40},
                                        {"state_hash", j["views"][0]["state_hash"]},
                                        {"blocks_proposed", 21},
                                        {"rounds", 43},
                                        {"status", "equivocating_voter"}});
}

TEST_CASE("with a single authority nothing of validators is measured or shown") {
  const auto s = run_alone();
  CHECK(s.consensus == consensus_summary{});
  const auto j = nlohmann::json::parse(summary_json(s))["consensus"];
  std::size_t metrics = 0;
  for (const auto& m : metric_catalogue())
    if (m.name.starts_with("consensus.")) {
      ++metrics;
      CHECK_FALSE(m.value(s));
    }
  CHECK(metrics == 12);
  CHECK(j["agreed"].is_null());
  CHECK(j["finality_ms"]["p95"].is_null());
  CHECK(j["views"].empty());
  for (const auto* word : {"validators", "finality", "equivocations"})
    CHECK_FALSE(has(summary_text(s), word));
  CHECK_FALSE(has(report_html(s), "<h2>Validators</h2>"));
}

TEST_CASE("validators in the table and in the report") {
  auto c = three();
  const auto text = summary_text(run_with(c));
  CHECK(has(text, "\n  finality            90         120         350         900         901\n"));
  CHECK(has(text, "\nvalidators    3, 2 honest; agreed: yes; 40 blocks in 43 rounds\n"
                  "              equivocations 4, slashed 3600 AINU, elections 2, messages "
                  "12345\n"));
  const auto html = report_html(run_with(c));
  CHECK(has(html, "<h2>Validators</h2>"));
  CHECK(has(html, "<td>1</td><td>stopped: block 12 &lt;accounts&gt; differ</td><td>12</td>"));
  c.agreed = false;
  CHECK(has(summary_text(run_with(c)), "agreed: NO"));
}

TEST_CASE("expectations see what validators came to, whatever their window") {
  auto c = market();
  for (const auto& [metric, rule] : {std::pair{"consensus.agreed", "== true"},
                                     {"consensus.validators", "== 3"},
                                     {"consensus.finality_ms.p95", "350..351"},
                                     {"consensus.equivocations_found", ">= 1"},
                                     {"consensus.slashed_total", "== 3600000000"}}) {
    c.expectations.push_back(*parse_expectation(metric, rule));
    c.expectations.back().from = duration{5s};
  }
  for (const auto& v : run_with(three(), c).expectations)
    CHECK_MESSAGE(v.pass, v.metric << " " << v.rule << ": " << v.value);
  auto split = three();
  split.agreed = false;
  split.finality = {};
  const auto s = run_with(split, c);
  CHECK_FALSE(s.expectations[0].pass);
  CHECK_FALSE(s.expectations[2].measured);
  const auto alone = collector{c, {"x"}, 10s}.finish({.end = instant{10s}});
  for (const auto& v : alone.expectations) {
    CHECK_FALSE(v.measured);
    CHECK_FALSE(v.pass);
  }
}

TEST_CASE("a saved run keeps the numbers of its validators") {
  const auto run = run_with(three());
  const auto saved = parse_saved_run(summary_json(run), "a");
  const auto alone = parse_saved_run(summary_json(run_alone()), "b");
  REQUIRE(saved);
  REQUIRE(alone);
  for (const auto& m : metric_catalogue()) {
    if (!m.name.starts_with("consensus."))
      continue;
    const auto is_it = [&m](const auto& entry) { return entry.first == m.name; };
    const auto at = std::find_if(saved->metrics.begin(), saved->metrics.end(), is_it);
    REQUIRE_MESSAGE(at != saved->metrics.end(), m.name);
    CHECK(at->second == to_number(*m.value(run)));
    CHECK(std::none_of(alone->metrics.begin(), alone->metrics.end(), is_it));
  }
  for (const auto& d : compare(*saved, *alone))
    if (d.metric == "consensus.rounds") {
      CHECK(d.first == 43);
      CHECK_FALSE(d.second);
    }
  CHECK(has(comparison_text(*saved, *alone), "consensus.equivocations_found"));
}
