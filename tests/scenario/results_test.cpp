#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "ainur/scenario/collector.hpp"
#include "ainur/scenario/errc.hpp"
#include "ainur/scenario/expectation.hpp"
#include "ainur/scenario/histogram.hpp"
#include "ainur/scenario/metrics.hpp"
#include "ainur/scenario/read.hpp"
#include "ainur/scenario/report.hpp"
#include "ainur/scenario/schema.hpp"
#include "ainur/scenario/trace.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::scenario;
using namespace std::chrono_literals;

namespace {

instant at(duration d) {
  return instant{d};
}

config market() {
  config c;
  c.name = "t<&>";
  c.populations = {{.name = "a", .capabilities = {"nlp", "vision"}},
                   {.name = "b", .capabilities = {"nlp"}, .strategy = bidding_strategy::learner}};
  return c;
}

void expect(config& c, std::string_view metric, std::string_view rule) {
  c.expectations.push_back(*parse_expectation(metric, rule));
}

/// Ten tasks, one a second from 0: even ones of nlp, by population a; odd ones of vision, by b.
/// Task i takes (i + 1) · 10 ms in its auction, costs 100 µAINU and earns 10; the last is refunded
/// for being late.
void feed(collector& out) {
  for (std::uint32_t i = 0; i < 10; ++i) {
    const labels who{i % 2, static_cast<std::uint16_t>(i % 2),
                     i % 2 == 0 ? bidding_strategy::truthful : bidding_strategy::learner};
    const auto start = at(i * 1s);
    out.add(task_submitted{start, {.capability = i % 2}});
    out.add(safety_judged{start, i == 0 ? safety_result::refused : safety_result::passed,
                          i == 0 ? "budget" : "", who});
    const bool late = i == 9;
    out.add(award_ended{start, start + 500ms,
                        late ? award_outcome::failure : award_outcome::success, late ? "late" : "",
                        who, amount{100}, late ? -90 : 10});
    task_final f{.submitted = start, .at = start + 600ms, .who = who};
    f.state = late ? final_state::refunded : final_state::completed;
    f.stages[static_cast<std::size_t>(stage::auction)] = (i + 1) * 10ms;
    f.stages[static_cast<std::size_t>(stage::total)] = 600ms;
    f.paid = late ? amount{} : amount{100};
    f.budget = amount{200};
    out.add(f);
    out.add(messages_sent{start, {.calls = 8, .guard_hops = 2, .bids = 5, .total = 30}});
  }
  out.add(fault_injected{at(3s), fault_kind::kill, 2});
  out.add(dispute_changed{at(4s), dispute_step::opened, {}});
  out.add(ledger_observed{at(9s), {.height = 7, .issuance = amount{5'000}, .accounts = 3}, 510});
}

summary run(const config& c) {
  collector out{c, {"nlp", "vision"}, 10s};
  feed(out);
  return out.finish({.end = at(10s), .agents = 2, .wall_s = 0.5, .version = "1"});
}

} // namespace

TEST_CASE("percentiles agree with sorted values") {
  test::check_property("histogram", 200, [](std::uint64_t seed) {
    rng random{seed};
    histogram h;
    std::vector<std::uint64_t> sorted;
    const auto scale = random.below(60);
    for (auto n = 1 + random.below(2'000); n > 0; --n) {
      sorted.push_back(random.next() >> (scale + random.below(4)));
      h.add(sorted.back());
    }
    std::sort(sorted.begin(), sorted.end());
    RC_ASSERT(h.count() == sorted.size());
    RC_ASSERT(h.max() == sorted.back());
    for (const std::uint64_t ppm : {0, 1, 500'000, 950'000, 990'000, 1'000'000}) {
      const auto rank = std::max<std::size_t>(1, (sorted.size() * ppm + 999'999) / 1'000'000);
      const auto exact = sorted[rank - 1];
      const auto got = h.percentile(ppm);
      const auto off = got > exact ? got - exact : exact - got;
      RC_ASSERT(off <= exact / 200); // half of 1 %; exact below 200
    }
  });
  histogram small;
  for (std::uint64_t v = 0; v < 256; ++v)
    small.add(v);
  CHECK(small.percentile(500'000) == 127);
  CHECK(small.mean() == 127);
  histogram other;
  other.add(1'000'000);
  small.merge(other);
  CHECK(small.count() == 257);
  CHECK(small.percentile(1'000'000) == 1'000'000);
  CHECK(histogram{}.percentile(500'000) == 0);
  histogram huge;
  huge.add(~0ull);
  huge.add(~0ull);
  CHECK(huge.mean() == ~0ull);
}

TEST_CASE("a summary counts what was observed") {
  auto c = market();
  const auto s = run(c);
  CHECK(s.tasks == task_counts{10, 9, 1, 0, 0});
  const auto& auction = s.latency[static_cast<std::size_t>(stage::auction)];
  CHECK(auction.count == 10);
  CHECK(auction.max == 100'000);
  CHECK(auction.mean == 55'000);
  CHECK(std::abs(static_cast<double>(auction.p50) - 50'000) <= 250);
  CHECK(s.latency[static_cast<std::size_t>(stage::execution)].count == 0);
  CHECK(s.outcomes.success == 9);
  CHECK(s.outcomes.by_cause == std::map<std::string, std::uint64_t>{{"late", 1}});
  CHECK(s.profit.at("truthful") == profit_summary{5, 50});
  CHECK(s.profit.at("learner") == profit_summary{5, -50});
  CHECK(s.price == price_summary{amount{900}, amount{1'800}, 9});
  CHECK(s.safety.refused == std::map<std::string, std::uint64_t>{{"budget", 1}});
  CHECK(s.faults.at("kill") == 2);
  CHECK(s.messages.calls == 80);
  CHECK(s.ledger.height == 7);
  CHECK(s.virtual_s == 10);
  std::uint64_t submitted = 0;
  for (const auto& p : s.series)
    submitted += p.submitted;
  CHECK(submitted == 10);
}

TEST_CASE("expectations see their filter, window and warm-up") {
  auto c = market();
  expect(c, "tasks.completed{capability=vision}", "== 4");
  expect(c, "tasks.completed{population=b}", "== 4");
  expect(c, "tasks.completed{strategy=truthful}", "== 5");
  expect(c, "tasks.completed{capability=cooking}", "== 0");
  expect(c, "profit{strategy=learner}", "== -50");
  expect(c, "profit", "== 0");
  expect(c, "safety.refused{constraint=budget,capability=nlp}", "== 1");
  expect(c, "outcomes.by_cause{cause=late}", "== 1");
  expect(c, "outcomes.by_cause{cause=bored}", "== 0");
  expect(c, "latency_ms.auction.max{capability=nlp}", "89..91");
  expect(c, "messages_per_task", "== 8");
  expect(c, "tasks.completed_share", "0.89..0.91");
  expect(c, "tasks.submitted", "== 3");
  c.expectations.back().from = duration{2s};
  c.expectations.back().to = duration{5s};
  expect(c, "tasks.per_s", "== 1");
  c.expectations.back().to = duration{4s};
  expect(c, "tasks.submitted", "== 7");
  c.expectations.back().warm_up = duration{3s};
  expect(c, "faults", "== 0");
  c.expectations.back().to = duration{3s};
  for (const auto& v : run(c).expectations)
    CHECK_MESSAGE(v.pass, v.metric << " " << v.rule << ": " << v.value);
  CHECK(run(c).passed());
  c.measure.warm_up = 5s;
  auto late = market();
  late.measure.warm_up = 5s;
  expect(late, "tasks.submitted", "== 5");
  expect(late, "tasks.submitted", "== 10");
  late.expectations.back().warm_up = duration{};
  expect(late, "latency_ms.execution.p95", "< 1e9"); // nothing went through it
  const auto s = run(late);
  CHECK(s.expectations[0].pass);
  CHECK(s.expectations[1].pass);
  CHECK_FALSE(s.expectations[2].pass);
  CHECK_FALSE(s.expectations[2].measured);
  CHECK_FALSE(s.passed());
  CHECK(s.tasks.submitted == 10); // the summary itself leaves nothing out
}

TEST_CASE("memory does not grow with a run") {
  collector out{market(), {"nlp"}, 1ms};
  for (int i = 0; i < 200'000; ++i) {
    out.add(task_submitted{at(i * 1s), {}});
    out.add(award_ended{
        at(i * 1s), at(i * 1s), award_outcome::failure, "cause " + std::to_string(i), {}, {}, 0});
  }
  const auto s = out.finish({.end = at(200'000s)});
  CHECK(s.series.size() <= 1'024);
  CHECK(s.outcomes.by_cause.size() <= 65);
  std::uint64_t sum = 0;
  for (const auto& p : s.series)
    sum += p.submitted;
  CHECK(sum == 200'000);
}

TEST_CASE("the JSON of a run has every metric and the keys that programs read") {
  auto c = market();
  expect(c, "tasks.completed", "> 1");
  const auto s = run(c);
  const auto j = nlohmann::json::parse(summary_json(s));
  for (const auto* key : {"scenario",          "seed",     "clock",     "tasks",  "latency_ms",
                          "outcomes",          "disputes", "profit",    "faults", "manifest",
                          "messages_per_task", "price",    "safety",    "ledger", "trace_hash",
                          "expectations",      "wall_s",   "virtual_s", "agents", "peak_rss_mib",
                          "consensus"})
    CHECK_MESSAGE(j.contains(key), key);
  for (const auto& m : metric_catalogue()) {
    std::string pointer = "/" + std::string{m.name};
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    CHECK_MESSAGE(j.contains(nlohmann::json::json_pointer(pointer)), m.name);
    CHECK_FALSE(m.meaning.empty());
    CHECK((m.map_label.empty() || m.entries != nullptr));
  }
  CHECK(j["tasks"]["completed"] == 9);
  CHECK(j["profit"]["learner"] == -50);
  CHECK(j["ledger"]["conserved"] == true);
  CHECK(j["latency_ms"]["execution"]["p95"].is_null());
  CHECK(j["expectations"][0]["pass"] == true);
  const auto again = read_scenario(j["manifest"]["scenario"].get<std::string>(), "manifest");
  CHECK(again.problems.empty());
  CHECK(again.value == c);
}

TEST_CASE("text, CSV and HTML") {
  auto c = market();
  expect(c, "tasks.completed", "> 100");
  const auto s = run(c);
  CHECK(summary_text(s).find("FAIL  tasks.completed") != std::string::npos);
  const auto csv = series_csv(s);
  CHECK(static_cast<std::size_t>(std::count(csv.begin(), csv.end(), '\n')) == s.series.size() + 1);
  const auto html = report_html(s);
  CHECK(html.find("<title>t&lt;&amp;&gt;</title>") != std::string::npos);
  for (const auto* plot : {"Throughput", "Latency", "price", "reputation", "escrow"})
    CHECK(html.find(plot) != std::string::npos);
  for (const auto* outside :
       {"http://", "https://", "<script", "src=", "@import", "t<&>", "nan", "inf,"})
    CHECK_MESSAGE(html.find(outside) == std::string::npos, outside);
  CHECK(report_html(summary{}).find("too short") != std::string::npos);
}

TEST_CASE("saved runs are read back and compared") {
  auto c = market();
  const auto text = summary_json(run(c));
  const auto first = parse_saved_run(text, "a");
  REQUIRE(first);
  CHECK(first->scenario == "t<&>");
  auto changed = run(c);
  changed.tasks.completed = 18;
  changed.trace_hash.value[0] = 1;
  const auto second = parse_saved_run(summary_json(changed), "b");
  REQUIRE(second);
  for (const auto& d : compare(*first, *second))
    if (d.metric == "tasks.completed") {
      CHECK(d.first == 9);
      CHECK(d.second == 18);
    }
  const auto shown = comparison_text(*first, *second);
  CHECK(shown.find("+100.0 %") != std::string::npos);
  CHECK(shown.find("trace: different; ledger state: the same") != std::string::npos);
  CHECK(nlohmann::json::parse(comparison_json(*first, *second))["same_trace"] == false);
  for (const std::string& bad :
       {std::string{}, std::string{"[]"}, std::string{"{}"}, text.substr(0, 100),
        std::string(100'000, '['), std::string{"{\"scenario\": 3}"}})
    CHECK(parse_saved_run(bad, "x").error().is(errc::invalid_run));
  CHECK(load_saved_run("/no/such").error().is(errc::no_file));
}

TEST_CASE("traces: lines and hash") {
  using namespace trace;
  const ended b{.task = {},
                .subtask = 1,
                .agent = 7,
                .outcome = award_outcome::voided,
                .cause = "cancelled",
                .paid = amount{5}};
  CHECK(to_json_line(at(17us), b) ==
        "{\"at_us\":17,\"event\":\"ended\",\"task\":\"00000000000000000000000000000000\","
        "\"subtask\":1,\"agent\":7,\"outcome\":\"void\",\"cause\":\"cancelled\","
        "\"paid_uainu\":5}");
  CHECK(to_json_line(at(1us), submitted{.capability = "x", .work = 3us})
            .ends_with("\"budget_uainu\":0,\"work_us\":3}"));
  CHECK(to_json_line(at(1us), bid{.corrected = true}).ends_with("\"corrected\":true}"));
  const event odd = refused{.constraint = "a\"b\n"};
  CHECK(nlohmann::json::parse(to_json_line(at(0us), odd))["constraint"] == "a\"b\n");
  CHECK(nlohmann::json::parse(to_json_line(at(0us), asked{.agents = {1, 2}}))["agents"].size() ==
        2);
  recorder one{true};
  recorder two{false};
  for (auto* r : {&one, &two}) {
    r->add(at(1us), b);
    r->add(at(2us), finished{.state = final_state::refunded});
  }
  CHECK(one.hash() == two.hash());
  CHECK(one.count() == 2);
  const auto lines = one.take_lines();
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 2);
  CHECK(one.take_lines().empty());
  CHECK(two.take_lines().empty());
  recorder swapped{false};
  swapped.add(at(2us), finished{.state = final_state::refunded});
  swapped.add(at(1us), b);
  CHECK_FALSE(swapped.hash() == one.hash());
  const auto before = one.hash();
  one.add(at(3us), restarted{"ledger"});
  CHECK_FALSE(one.hash() == before);
}

TEST_CASE("the reference page is that of the schema") {
  std::ifstream in{std::string{AINUR_SOURCE_ROOT} + "/docs/scenario-reference.md"};
  std::ostringstream text;
  text << in.rdbuf();
  // If this fails: ainur new --reference > docs/scenario-reference.md
  CHECK(text.str() == reference_markdown());
}
