#include <algorithm>
#include <cstring>
#include <set>

#include <doctest/doctest.h>

#include "ainur/scenario/errc.hpp"
#include "ainur/scenario/population.hpp"
#include "ainur/scenario/read.hpp"
#include "ainur/scenario/workload.hpp"
#include "support/property.hpp"
#include "support/shared_data.hpp"

using namespace ainur;
using namespace ainur::scenario;
using namespace std::chrono_literals;

namespace {

/// A source that hands out `piece` bytes at a time.
byte_source source_of(std::string text, std::size_t piece = 3) {
  return [text = std::move(text), piece, at = std::size_t{0}](char* to, std::size_t size) mutable {
    const auto count = std::min({piece, size, text.size() - at});
    std::memcpy(to, text.data() + at, count);
    at += count;
    return static_cast<std::ptrdiff_t>(count);
  };
}

workload_config csv_rules() {
  workload_config w;
  w.source = workload_source::csv;
  w.csv.time = "time";
  w.csv.client = {"who"};
  w.csv.capability = {"kind", "model"};
  w.csv.work = {{"seconds", 1s}};
  w.csv.outcome = "state";
  w.csv.success = {"OK"};
  w.csv.failure = {"BAD"};
  w.csv.unfinished = {"OPEN"};
  return w;
}

constexpr std::string_view head = "time,who,kind,model,seconds,state\n";

result<workload> csv(const std::string& rows, const workload_config& w = csv_rules()) {
  return read_csv(w, "t.csv", source_of(std::string{head} + rows));
}

config example(const std::string& name) {
  const auto c = load_scenario(std::string{AINUR_SOURCE_ROOT} + "/examples/scenarios/" + name);
  if (!c)
    MESSAGE(c.error().to_string());
  REQUIRE(c);
  return *c;
}

} // namespace

TEST_CASE("every example scenario checks clean") {
  for (const auto* name : {"market.toml", "genai-trace.toml", "nasa-ipsc-1993.toml",
                           "llm-conversation.toml", "broadcast.toml", "faults.toml"}) {
    const auto c = example(name);
    CHECK(check(c).empty());
    CHECK_FALSE(c.expectations.empty());
    CHECK(read_scenario(to_toml(c), name).value == c);
  }
}

TEST_CASE("the real traces are read whole") {
  struct trace {
    const char* scenario;
    const char* file;
    std::uint64_t rows;
    std::uint64_t unfinished;
    std::size_t taken;
  };

  for (const auto& t :
       {trace{"genai-trace.toml", "workloads/genai-requests.csv", 26'823, 33, 26'790},
        trace{"llm-conversation.toml", "workloads/llm-conversation.csv", 19'366, 0, 19'366},
        trace{"nasa-ipsc-1993.toml", "workloads/nasa-ipsc-1993.swf", 18'239, 0, 18'239}}) {
    const auto path = test::shared_data(t.file);
    if (!path)
      continue;
    const auto c = example(t.scenario);
    const auto w = load_workload(c, "", *path);
    if (!w)
      MESSAGE(w.error().to_string());
    REQUIRE(w);
    CHECK(w->counts.rows == t.rows);
    CHECK(w->counts.unfinished == t.unfinished);
    CHECK(w->requests.size() == t.taken);
    CHECK(w->counts.malformed == 0);
    CHECK(w->requests.front().at == duration{});
    CHECK(std::is_sorted(w->requests.begin(), w->requests.end(),
                         [](const auto& a, const auto& b) { return a.at < b.at; }));
    const auto plan = draw_population(c, *w);
    REQUIRE(plan);
    CHECK(plan->unserved(*w).empty());
  }
}

TEST_CASE("CSV: quotes, line ends, formats") {
  const auto w = csv("2024-11-15 16:57:50,\"a,\"\"b\"\"\",X,m,2.5,OK\r\n"
                     "2024-11-15T16:57:51.1234567Z,\"two\nlines\",X,m,3,BAD\n"
                     "2024-11-15 17:57:52+01:00,c,X,m,1e,OK");
  CHECK(w.error().is(errc::invalid_workload));
  CHECK(w.error().detail().find("t.csv:5: seconds is not a number") == 0);
  const auto v = csv("2024-11-15 16:57:50,\"a,\"\"b\"\"\",X,m,2.5,OK\r\n"
                     "2024-11-15T16:57:51.1234567Z,\"two\nlines\",X,m,3,BAD\n"
                     "2024-11-15 17:57:52+01:00,c,X,m,.5,?");
  REQUIRE(v);
  REQUIRE(v->requests.size() == 3);
  CHECK(v->clients == std::vector<std::string>{"a,\"b\"", "two\nlines", "c"});
  CHECK(v->capabilities == std::vector<std::string>{"X/m"});
  CHECK(v->requests[1].at == duration{1'123'456});
  CHECK(v->requests[2].at == 2s);
  CHECK(v->requests[0].work == 2500ms);
  CHECK(v->requests[0].outcome == recorded_outcome::success);
  CHECK(v->requests[1].outcome == recorded_outcome::failure);
  CHECK(v->counts.outcome_unknown == 1);
}

TEST_CASE("CSV: times as numbers") {
  for (const auto& [first, second, gap] :
       {std::tuple{"1700000000", "1700000001.5", duration{1'500'000}},
        {"1700000000000", "1700000000250", duration{250'000}},
        {"1700000000000000", "1700000000000007", duration{7}},
        {"0", "10", duration{10'000'000}}}) {
    const auto w = csv(std::string{first} + ",a,X,m,1,OK\n" + second + ",a,X,m,1,OK\n");
    REQUIRE(w);
    CHECK(w->requests[1].at == gap);
  }
  for (const auto* bad : {"2024-13-01 00:00:00", "2024-02-30 00:00:00", "2024-01-01 25:00:00",
                          "yesterday", "99999999999999999999", "", "2024-01-01 00:00:00 tomorrow"})
    CHECK(csv(std::string{bad} + ",a,X,m,1,OK\n").error().detail().find("t.csv:2: ") == 0);
}

TEST_CASE("CSV: each rule") {
  const std::string rows = "0,a,X,m,1,OK\n"
                           "5,,X,m,2,OK\n"    // no client
                           "6,a,X,,3,OK\n"    // no model
                           "7,a,X,m,-1,OK\n"  // no work
                           "8,a,X,m,4,OPEN\n" // never finished
                           "3,b,X,m,5,OK\n"   // earlier
                           "3,b,X,m,5,OK\n";  // the same
  auto w = csv_rules();
  auto got = csv(rows, w);
  REQUIRE(got);
  CHECK(got->counts.rows == 7);
  CHECK(got->counts.taken == 6);
  CHECK(got->counts.unfinished == 1);
  CHECK(got->counts.client_missing == 1);
  CHECK(got->counts.capability_missing == 1);
  CHECK(got->counts.work_missing == 1);
  CHECK(got->counts.out_of_order == 2);
  CHECK(got->counts.duplicates == 1);
  CHECK(got->clients == std::vector<std::string>{"a", "unknown", "b"});
  CHECK(got->capabilities == std::vector<std::string>{"X/m", "work"});
  CHECK(got->requests[1].at == 3s);
  CHECK(got->requests.back().work == w.work_default);
  w.duplicates = w.work_missing = w.client_missing = w.capability_missing = row_rule::skip;
  w.unfinished = row_rule::keep;
  w.out_of_order = order_rule::skip;
  got = csv(rows, w);
  REQUIRE(got);
  CHECK(got->requests.size() == 2);
  CHECK(got->counts.skipped == 5);
  for (const auto rule : {&workload_config::duplicates, &workload_config::work_missing,
                          &workload_config::client_missing, &workload_config::capability_missing,
                          &workload_config::unfinished}) {
    auto strict = csv_rules();
    strict.*rule = row_rule::refuse;
    CHECK(csv(rows, strict).error().is(errc::invalid_workload));
  }
  w = csv_rules();
  w.out_of_order = order_rule::refuse;
  CHECK(csv(rows, w).error().detail() == "t.csv:7: it is earlier than a row before");
  w = csv_rules();
  w.limit = 2;
  w.skip = 1;
  w.speedup = ratio{2 * ratio::one};
  w.work_scale = ratio{500'000};
  got = csv(rows, w);
  REQUIRE(got);
  REQUIRE(got->requests.size() == 2);
  CHECK(got->requests[1].at == 500ms);
  CHECK(got->requests[0].work == 1s);
}

TEST_CASE("CSV: bad files end with one error and their line") {
  const auto says = [](const result<workload>& w, std::string_view text) {
    INFO(text);
    REQUIRE_FALSE(w);
    CHECK_MESSAGE(w.error().detail().find(text) != std::string::npos, w.error().detail());
  };
  says(read_csv(csv_rules(), "e.csv", source_of("")), "e.csv:1: the file is empty");
  says(csv(""), "no requests");
  says(csv("0,a,X\n"), "t.csv:2: 3 columns instead of 6");
  says(csv("0,a,X,m,1,\"OK\n"), "t.csv:2: a quote is never closed");
  says(csv("0,a,X,m,1,O\"K\n"), "t.csv:2: a quote stands inside a field");
  says(csv("0,\xff,X,m,1,OK\n"), "t.csv:2: a name is not UTF-8");
  says(csv("0,a,X,m,99999999999999999999,OK\n"), "is not a number");
  says(csv("0,a,X,m,9999999999,OK\n"), "century");
  says(csv("0," + std::string(300, 'a') + ",X,m,1,OK\n"), "longer than 256");
  says(csv("0,\"" + std::string(2u << 20, 'a')), "1 MiB");
  says(read_csv(csv_rules(), "h.csv", source_of("tiem,who,kind,model,seconds,state\n")),
       "h.csv:1: there is no column \"time\"; did you mean \"tiem\"?");
  says(read_csv(csv_rules(), "b.csv", [](char*, std::size_t) -> std::ptrdiff_t { return -1; }),
       "reading failed");
  auto w = csv_rules();
  w.malformed_max = percent(50);
  const auto some = csv("0,a,X,m,1,OK\nbroken\n1,a,X,m,1,OK\n", w);
  REQUIRE(some);
  CHECK(some->counts.malformed == 1);
  CHECK(some->counts.first_malformed == "t.csv:3: 1 columns instead of 6");
  says(csv("0,a,X,m,1,OK\nbroken\nbroken\n", w), "2 of 3 rows cannot be read");
  config c;
  c.workload = csv_rules();
  CHECK(load_workload(c, "", std::nullopt).error().is(errc::no_file));
  CHECK(load_workload(c, "", "/no/such.csv").error().is(errc::no_file));
  CHECK(load_workload(c, "", "/tmp").error().is(errc::no_file));
  CHECK(load_workload(config{}, "", "x.csv").error().is(errc::invalid_workload));
}

TEST_CASE("SWF: fields, missing values, status") {
  workload_config w;
  w.source = workload_source::swf;
  w.swf.capability = {"queue", "processors_class"};
  const auto read = [&w](const std::string& text) {
    return read_swf(w, "t.swf", source_of(text, 5));
  };
  const auto got = read("; Version: 2.2\r\n;\n"
                        "1 10 -1 100 5 -1 -1 -1 -1 -1 1 7 1 -1 2 -1 -1 -1\r\n"
                        "  2 20 -1 -1 64 12.5 -1 33 -1 -1 0 -1 1 -1 2 -1 -1 -1\n\n"
                        "3 20 -1 8 -1 -1 -1 -1 -1 -1 5 7 1 -1 -1 -1 -1 -1\n"
                        "3 21 -1 8 1 -1 -1 -1 -1 -1 2 7 1 -1 2 -1 -1 -1");
  REQUIRE(got);
  REQUIRE(got->requests.size() == 3);
  CHECK(got->counts.rows == 4);
  CHECK(got->counts.unfinished == 1);
  CHECK(got->counts.work_missing == 1);
  CHECK(got->counts.client_missing == 1);
  CHECK(got->capabilities == std::vector<std::string>{"queue2/p8", "queue2/p64", "work"});
  CHECK(got->clients == std::vector<std::string>{"user7", "unknown"});
  CHECK(got->requests[0].work == 100s);
  CHECK(got->requests[1].at == 10s);
  CHECK(got->requests[0].outcome == recorded_outcome::success);
  CHECK(got->requests[1].outcome == recorded_outcome::failure);
  CHECK(got->requests[2].outcome == recorded_outcome::cancelled);
  w.swf.work = swf_work::processor_time;
  CHECK(read("1 10 -1 100 5 -1 -1 -1 -1 -1 1 7 1 -1 2 -1 -1 -1")->requests[0].work == 500s);
  for (const auto& [text, says] :
       {std::pair{"1 2 3", "t.swf:1: 3 fields instead of 18"},
        {"1 x -1 100 5 -1 -1 -1 -1 -1 1 7 1 -1 2 -1 -1 -1", "t.swf:1: field 2 is not a number"},
        {"1 -1 -1 100 5 -1 -1 -1 -1 -1 1 7 1 -1 2 -1 -1 -1",
         "t.swf:1: the time of submission is missing"},
        {"1 1 -1 100 5 -1 -1 -1 -1 -1 1 7 1 -1 2 -1 -1 -1 9", "more than 18"},
        {"1 1 -1 9999999999999 5 -1 -1 -1 -1 -1 1 7 1 -1 2 -1 -1 -1", "century"},
        {"; only comments\n", "no requests"}}) {
    const auto bad = read(text);
    REQUIRE_FALSE(bad);
    CHECK_MESSAGE(bad.error().detail().find(says) != std::string::npos, bad.error().detail());
  }
}

TEST_CASE("mutated traces end with requests or one error") {
  const std::string csv_text =
      std::string{head} + "2024-11-15 16:57:50,\"a\",X,m,2.5,OK\r\n5,,X,m,1,BAD\n";
  const std::string swf_text = "; c\n1 10 -1 100 5 -1 -1 -1 -1 -1 1 7 1 -1 2 -1 -1 -1\n";
  test::check_property("mutations", 400, [&](std::uint64_t seed) {
    rng random{seed};
    const bool as_csv = random.below(2) == 0;
    auto mutant = as_csv ? csv_text : swf_text;
    for (auto n = random.below(6); n > 0 && !mutant.empty(); --n) {
      static constexpr std::string_view bytes{"\",\r\n-. 9x;\xff\0", 12};
      const auto at = random.below(mutant.size());
      if (random.below(3) == 0)
        mutant.erase(at, random.below(20));
      else
        mutant.insert(at, random.below(4) + 1, bytes[random.below(bytes.size())]);
    }
    const auto w = as_csv ? csv_rules() : workload_config{.source = workload_source::swf};
    const auto read = as_csv ? read_csv : read_swf;
    const auto once = read(w, "m", source_of(mutant, 1));
    const auto again = read(w, "m", source_of(mutant, 1'000));
    RC_ASSERT(once.has_value() == again.has_value()); // how bytes arrive does not matter
    if (once)
      RC_ASSERT(*once == *again);
    else
      RC_ASSERT(once.error().detail() == again.error().detail());
  });
}

TEST_CASE("synthetic arrivals have the rate asked for") {
  config c;
  c.populations.push_back({.capabilities = {"a", "b"}});
  auto& s = c.workload.synthetic;
  s.tasks = 20'000;
  s.rate = ratio{10 * ratio::one};
  s.capabilities = {"a", "b"};
  s.weights = {3, 1};
  const auto seconds = [](const workload& w) {
    return static_cast<double>(micros(w.requests.back().at)) / 1e6;
  };
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    INFO("seed " << seed);
    c.seed = seed;
    s.arrivals = arrival_process::poisson;
    const auto w = make_synthetic(c);
    REQUIRE(w);
    CHECK(*w == *make_synthetic(c));
    CHECK(seconds(*w) == doctest::Approx(2'000).epsilon(0.05));
    const auto a = std::count_if(w->requests.begin(), w->requests.end(),
                                 [](const auto& r) { return r.capability == 0; });
    CHECK(static_cast<double>(a) / 20'000 == doctest::Approx(0.75).epsilon(0.03));
    double work = 0;
    for (const auto& r : w->requests)
      work += static_cast<double>(micros(r.work)) / 1e6;
    CHECK(work / 20'000 == doctest::Approx(5).epsilon(0.05));
    // Ramp from 10 to 20 a second in 10 minutes: 9,000 tasks, then 20 a second.
    s.arrivals = arrival_process::ramp;
    CHECK(seconds(*make_synthetic(c)) == doctest::Approx(600 + 11'000.0 / 20).epsilon(0.05));
    // A day of two halves, one silent.
    s.arrivals = arrival_process::day_curve;
    s.day_curve = {0, 1};
    s.rate = ratio{100'000};
    const auto day = make_synthetic(c);
    for (const auto& r : day->requests)
      CHECK(micros(r.at) % 86'400'000'000 >= 43'200'000'000);
    CHECK(seconds(*day) == doctest::Approx(200'000).epsilon(0.25));
    s.rate = ratio{10 * ratio::one};
    // Bursts: more within a second than a steady process of the same mean would ever show.
    s.arrivals = arrival_process::bursts;
    const auto bursts = make_synthetic(c);
    std::size_t most = 0;
    for (std::size_t i = 0, j = 0; i < bursts->requests.size(); ++i) {
      while (bursts->requests[i].at - bursts->requests[j].at > 1s)
        ++j;
      most = std::max(most, i - j + 1);
    }
    CHECK(most > 90);
  }
  c.seed = 4;
  CHECK_FALSE(*make_synthetic(c) == *make_synthetic([&c] {
    auto d = c;
    d.seed = 5;
    return d;
  }()));
}

TEST_CASE("populations are drawn as asked, the same for the same seed") {
  config c;
  c.clients.count = 7;
  c.populations = {{.name = "g", .count = 100, .capabilities = {"a", "b", "c"}},
                   {.name = "d",
                    .count = 300,
                    .capabilities_from = capability_source::drawn,
                    .capabilities = {"a", "b", "c", "d"},
                    .capabilities_drawn = 2,
                    .operators = 9},
                   {.name = "w",
                    .count = 50,
                    .capabilities_from = capability_source::workload,
                    .capabilities_drawn = 3}};
  c.populations[1].cost = amount_model::uniform(amount{5}, amount{9});
  c.populations[1].reliability = ratio_model::constant(percent(90));
  c.workload.synthetic.capabilities = {"x", "y", "z", "a"};
  const auto w = make_synthetic(c);
  REQUIRE(w);
  const auto plan = draw_population(c, *w);
  REQUIRE(plan);
  CHECK(plan->agents.size() == 450);
  CHECK(plan->clients.size() == 7);
  CHECK(plan->controllers == 100 + 9 + 50);
  CHECK(plan->capabilities == std::vector<std::string>{"x", "y", "z", "a", "b", "c", "d"});
  CHECK(plan->unserved(*w).empty());
  std::set<std::uint32_t> controllers;
  for (const auto& a : plan->agents) {
    CHECK(plan->capabilities_of(a).size() == (a.population == 1 ? 2 : 3));
    if (a.population != 1)
      continue;
    controllers.insert(a.controller);
    CHECK(a.cost >= amount{5});
    CHECK(a.cost <= amount{9});
    CHECK(a.reliability_ppm == 900'000);
  }
  CHECK(controllers.size() == 9);
  const auto again = draw_population(c, *w);
  CHECK(again->agents == plan->agents);
  CHECK(again->set_members == plan->set_members);
  auto other = c;
  other.populations[0].count = 90; // another group is not disturbed
  const auto fewer = draw_population(other, *w);
  CHECK(fewer->agents[95].cost == plan->agents[105].cost);
  other.populations.clear();
  CHECK(draw_population(other, *w).error().is(errc::out_of_range));
  const auto terms = terms_of(c, w->requests[3], 3);
  CHECK(terms == terms_of(c, w->requests[3], 3));
  CHECK(terms.value ==
        amount{50'000}.times(static_cast<std::uint64_t>(micros(w->requests[3].work)), 1'000'000));
  CHECK(terms.budget == terms.value);
}
