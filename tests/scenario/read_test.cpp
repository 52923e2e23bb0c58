#include <functional>
#include <limits>
#include <sstream>

#include <doctest/doctest.h>

#include "ainur/scenario/errc.hpp"
#include "ainur/scenario/expectation.hpp"
#include "ainur/scenario/read.hpp"
#include "ainur/scenario/schema.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::scenario;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view small = "[[population]]\ncapabilities = [\"nlp\"]\n";

std::string with(std::string_view more) {
  return std::string{small} + std::string{more};
}

/// The only problem of a text.
problem only_problem(std::string_view text, std::vector<std::string> overrides = {}) {
  const auto read = read_scenario(text, "x.toml", overrides);
  INFO("text: " << text.substr(0, 200));
  for (const auto& p : read.problems)
    INFO(to_string(p));
  REQUIRE(read.problems.size() == 1);
  CHECK(read.problems[0].file == (overrides.empty() ? "x.toml" : "--set"));
  return read.problems[0];
}

config valid(std::string_view text, std::vector<std::string> overrides = {}) {
  const auto read = read_scenario(text, "x.toml", overrides);
  for (const auto& p : read.problems)
    MESSAGE(to_string(p));
  REQUIRE(read.problems.empty());
  return read.value;
}

} // namespace

TEST_CASE("a scenario is read with its units") {
  const auto c = valid(R"(
    name = "t"
    seed = 7
    clock = "real"
    [[population]]
    name = "a"
    count = 3
    capabilities = "nlp"
    cost = "0.02 AINU"
    price = 0.5
    speed = { distribution = "uniform", min = 0.5, max = "250%" }
    reliability = "99.5%"
    strategy = "cost_plus"
    [economy]
    review = "90min"
    bond_min = 120
    [[fault]]
    kind = "silent"
    at = "1min"
    for = "2s"
  )");
  CHECK(c.clock == clock_kind::real_time);
  CHECK(c.seed == 7);
  REQUIRE(c.populations.size() == 1);
  const auto& p = c.populations[0];
  CHECK(p.capabilities == std::vector<std::string>{"nlp"});
  CHECK(p.cost == amount_model::constant(amount{20'000}));
  CHECK(p.price.value == amount{500'000});
  CHECK(p.speed.min.ppm == 500'000);
  CHECK(p.speed.max.ppm == 2'500'000);
  CHECK(p.reliability.value.ppm == 995'000);
  CHECK(p.strategy == bidding_strategy::cost_plus);
  CHECK(c.economy.review == 90min);
  CHECK(c.economy.bond_min == amount::ainu(120));
  CHECK(c.faults[0].lasts == 2s);
}

TEST_CASE("expectations are read in the order of the file") {
  const auto c = valid(with(R"(
    [expectations]
    "tasks.completed" = ["> 1", { rule = "200..300", from = "1min", to = "2min", warm_up = "0s" }]
    "latency_ms.auction.p95{capability=nlp}" = "< 200"
    ledger.conserved = true
    "faults{kind=kill}" = 0
  )"));
  REQUIRE(c.expectations.size() == 5);
  CHECK(c.expectations[0].op == comparison::greater);
  CHECK(c.expectations[1].bound_high == 300);
  CHECK(c.expectations[1].from == duration{60s});
  CHECK(metric_text(c.expectations[2]) == "latency_ms.auction.p95{capability=nlp}");
  CHECK(c.expectations[3].metric == "ledger.conserved");
  CHECK(c.expectations[3].bound == 1);
  CHECK(c.expectations[4].rule == "== 0");
}

TEST_CASE("each mistake is named with its line, key and nearest valid spelling") {
  struct wrong {
    std::string text;
    std::uint32_t line;
    std::string key;
    std::string says;
    std::string suggestion;
  };

  const std::vector<wrong> table{
      {with("cuont = 3"), 3, "population[0].cuont", "no such key", "count"},
      {with("[economy]\nbnod_min = 1"), 4, "economy.bnod_min", "no such key", "bond_min"},
      {with("[econommy]\n"), 3, "econommy", "no such key", "economy"},
      {with("[routing]\nmechanism = \"cq\""), 4, "routing.mechanism", "no such key",
       "market.mechanism"},
      {with("count = -3"), 3, "population[0].count", "negative", ""},
      {with("count = 3.5"), 3, "population[0].count", "whole number, not a fraction", ""},
      {with("count = \"3\""), 3, "population[0].count", "whole number", ""},
      {with("count = 6000000"), 3, "population[0].count", "must be 0 .. 5000000", ""},
      {with("count = 99999999999999999999"), 3, "", "is not TOML", ""},
      {with("reliability = 1.5"), 3, "population[0].reliability", "must be 0 .. 1", ""},
      {with("reliability = nan"), 3, "population[0].reliability", "not negative", ""},
      {with("reliability = inf"), 3, "population[0].reliability", "not negative", ""},
      {with("reliability = -0.5"), 3, "population[0].reliability", "not negative", ""},
      {with("reliability = 0.12345678"), 3, "population[0].reliability", "six decimals", ""},
      {with("cost = -1"), 3, "population[0].cost", "negative", ""},
      {with("cost = \"-1 AINU\""), 3, "population[0].cost", "negative", ""},
      {with("cost = \"99999999999999999999 AINU\""), 3, "population[0].cost", "too large", ""},
      {with("cost = \"2000000000 AINU\""), 3, "population[0].cost", "must be", ""},
      {with("cost = \"7 EUR\""), 3, "population[0].cost", "amount like", ""},
      {with("cost = { distribution = \"lognormla\", value = 1 }"), 3,
       "population[0].cost.distribution", "must be one of", "lognormal"},
      {with("cost = { distribution = \"uniform\", min = 2, max = 1 }"), 3, "population[0].cost.max",
       "less than min", ""},
      {with("strategy = \"truthfull\""), 3, "population[0].strategy", "must be one of", "truthful"},
      {with("[economy]\nreview = 30"), 4, "economy.review", "needs its unit", ""},
      {with("[economy]\nreview = \"-3s\""), 4, "economy.review", "negative", ""},
      {with("[economy]\nreview = \"3 parsecs\""), 4, "economy.review", "a time like", ""},
      {with("[economy]\nreview = \"99999999999d\""), 4, "economy.review", "too large", ""},
      {with("[economy]\nreputation_min = 1001"), 4, "economy.reputation_min", "0 .. 1000", ""},
      {with("[runtime]\nsupervisor_size = 1001"), 4, "runtime.supervisor_size", "1 .. 1000", ""},
      {with("[fault]\nkind = \"kill\""), 3, "fault", "[[fault]]", ""},
      {with("[[fault]]\nkind = \"late\"\ntarget = \"ledger\""), 5, "fault[0].target", "agents only",
       ""},
      {with("[[fault]]\npopulation = \"worker\""), 4, "fault[0].population", "no population",
       "workers"},
      {with("[[fault]]\nkind = \"pause\""), 3, "fault[0].for", "length", ""},
      {with("[expectations]\n\"latency_ms.acution.p95\" = \"< 2\""), 4,
       "expectations.latency_ms.acution.p95", "latency_ms.auction.p95", ""},
      {with("[expectations]\n\"tasks.completed\" = \"about 2\""), 4, "expectations.tasks.completed",
       "a rule is like", ""},
      {with("[expectations]\n\"tasks.completed\" = \"< nan\""), 4, "expectations.tasks.completed",
       "a rule is like", ""},
      {with("[expectations]\n\"tasks.completed{colour=red}\" = \"< 2\""), 4,
       "expectations.tasks.completed{colour=red}", "no label", ""},
      {with("[expectations]\n\"profit{strategy=truthfull}\" = \"> 2\""), 4,
       "expectations.profit{strategy=truthfull}", "no strategy", "truthful"},
      {with("[expectations]\n\"tasks.completed\" = { rule = \"< 2\", form = \"1s\" }"), 4,
       "expectations.tasks.completed.form", "no such key", "from"},
      {with("[workload]\nsource = \"csv\""), 3, "workload.csv.time", "name the column", ""},
      {with("[workload]\nsource = \"swf\"\nswf.client = [\"usr\"]"), 5, "workload.swf.client",
       "no field", "user"},
      {with("cost = { distribution = \"lognormal\" }"), 3, "population[0].cost", "needs a value",
       ""},
      {with("cost = { distribution = \"uniform\", min = 1 }"), 3, "population[0].cost", "needs min",
       ""},
      {"name = \"x\"", 0, "population", "no agents", ""},
      {"[[population]]\ncount = 1\n[workload.synthetic]\ncapabilities = [\"a\"]", 1,
       "population[0].capabilities", "name at least one", ""},
      {with("name = \"x"), 3, "", "is not TOML", ""},
      {with("[broken"), 3, "", "is not TOML", ""},
      {with("count = 1\ncount = 2"), 4, "", "is not TOML", ""},
      {with("[[population]]\ncapabilities = [\"nlp\"]"), 3, "population[1].name", "two populations",
       ""},
  };
  for (const auto& w : table) {
    INFO(w.text);
    const auto p = only_problem(w.text);
    INFO(to_string(p));
    CHECK(p.line == w.line);
    CHECK(p.key == w.key);
    CHECK(p.text.find(w.says) != std::string::npos);
    CHECK(p.suggestion == w.suggestion);
  }
  CHECK(to_string(only_problem(with("cuont = 3"))) ==
        "x.toml:3:1: population[0].cuont: there is no such key; did you mean \"count\"?");
}

TEST_CASE("what is huge, deep or not text is refused before it is parsed") {
  CHECK(only_problem(std::string(file_size_max + 1, '#')).text.find("larger") != std::string::npos);
  for (const auto* unit : {"[", "{", "a.", "\"a\"."}) {
    std::string deep = "x = ";
    if (std::string_view{unit}.find('a') != std::string_view::npos)
      deep = "";
    while (deep.size() < 200'000)
      deep += unit;
    CHECK(only_problem(deep).text.find("nested deeper") != std::string::npos);
    CHECK(only_problem("y = 1\n[" + deep).text.find("nested deeper") != std::string::npos);
  }
  CHECK(only_problem(with("name = \"\xff\"")).text.find("UTF-8") != std::string::npos);
  CHECK(only_problem(with("name = \"\xff\"")).line == 3);
  // Letters beyond ASCII may stand in quotes and comments only.
  CHECK(only_problem("\u0144 = 1").text.find("in quotes and comments only") != std::string::npos);
  CHECK(only_problem("name =\u00a0\"x\"").column == 7);
  CHECK(valid("name = \"\u0144\" # \u0144\n" + with("")).name == "\u0144");
  CHECK(valid(with(""), {"name=\u0144"}).name == "\u0144");
  CHECK(only_problem(std::string("\xff\xfen\0a\0", 6)).text.find("UTF-8") != std::string::npos);
  CHECK(only_problem(std::string(100, '\0')).text.find("UTF-8") != std::string::npos);
  CHECK(only_problem(with("description = \"" + std::string(5'000, 'x') + "\"\n[limits]")).line ==
        3);
  std::string many = "[[population]]\ncapabilities = [";
  for (int i = 0; i < 10'001; ++i)
    many += "\"c" + std::to_string(i) + "\",";
  CHECK(only_problem(many + "]").text.find("more than 10000") != std::string::npos);
  // Depth inside strings and comments is no depth.
  valid(
      with("# [[[[[[[[[[[[[[[[[[[[[[[[[[[\nname = \"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u\""));
}

TEST_CASE("all mistakes are found at once, at most twenty") {
  auto read = read_scenario(with("a = 1\nb = 2\n[economy]\nc = 3"), "x.toml");
  CHECK(read.problems.size() == 3);
  std::string many;
  for (int i = 0; i < 50; ++i)
    many += "key" + std::to_string(i) + " = 1\n";
  CHECK(read_scenario(many, "x.toml").problems.size() == 20);
}

TEST_CASE("a truncated file is an error or a scenario, never a crash") {
  const auto text = starter_toml();
  for (std::size_t cut = 0; cut < text.size(); cut += 7)
    for (const auto& p : read_scenario(std::string_view{text}.substr(0, cut), "x.toml").problems)
      CHECK_FALSE(p.text.empty());
}

TEST_CASE("files: missing, folders, too large") {
  CHECK(load_scenario("/no/such/file.toml").error().is(errc::no_file));
  CHECK(load_scenario("/no/such/file.toml").error().detail().find("/no/such/file.toml") == 0);
  CHECK(load_scenario("/tmp").error().is(errc::no_file));
  CHECK(read_text_file("/dev/zero", 1'000).error().is(errc::too_large));
}

TEST_CASE("--set goes through the same schema") {
  const auto c =
      valid(with("name = \"fast\"\n[[population]]\ncapabilities = [\"x\"]\n"),
            {"seed=9", "population.fast.count=12", "population[1].strategy=learner",
             "economy.review=2h", "population[1].cost={distribution=\"uniform\",min=1,max=2}",
             "expectations.tasks.completed{capability=nlp}=> 5", "workload.synthetic.rate=0.5"});
  CHECK(c.seed == 9);
  CHECK(c.populations[0].count == 12);
  CHECK(c.populations[1].strategy == bidding_strategy::learner);
  CHECK(c.populations[1].cost.max == amount::ainu(2));
  CHECK(c.economy.review == 2h);
  CHECK(c.workload.synthetic.rate.ppm == 500'000);
  REQUIRE(c.expectations.size() == 1);
  CHECK(c.expectations[0].filters[0].value == "nlp");
  CHECK(only_problem(small, {"economy.reveiw=2h"}).suggestion == "review");
  CHECK(only_problem(small, {"economy.review=2"}).text.find("unit") != std::string::npos);
  CHECK(only_problem(small, {"seed"}).text.find("key=value") != std::string::npos);
  CHECK(only_problem(small, {"population[3].count=1"}).text.find("there are 1") !=
        std::string::npos);
  CHECK(only_problem(small, {"seed=-1"}).text.find("negative") != std::string::npos);
  CHECK(only_problem(small, {"seed=" + std::string(70'000, '[')}).text.find("key=value") !=
        std::string::npos);
  CHECK(only_problem(small, {"seed=" + std::string(7'000, '[')}).text.find("nested") !=
        std::string::npos);
  CHECK(only_problem(small, {"seed=1\nname=2"}).text.find("as a whole") != std::string::npos);
}

TEST_CASE("the starter file is a valid scenario and shows every key") {
  const auto text = starter_toml();
  const auto c = valid(text);
  CHECK(c.populations.size() == 2);
  CHECK(c.expectations.size() == 3);
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);)
    CHECK_MESSAGE(line.size() <= 100, line);
  std::function<void(const section&)> visit = [&](const section& s) {
    for (const auto& k : s.keys) {
      CHECK_MESSAGE(text.find(std::string{k.name}) != std::string::npos, k.name);
      if (k.table != nullptr && k.table->shorthand.empty())
        visit(*k.table);
    }
  };
  visit(schema());
}

namespace {

/// A random config, made by drawing each key through the schema.
struct config_maker {
  rng random;

  std::string word() {
    static constexpr std::string_view alphabet = "abcXYZ019 _-./\"\\\n\t\x01\x7f#=[]{}";
    std::string out;
    for (auto n = 1 + random.below(12); n > 0; --n)
      out.push_back(alphabet[random.below(alphabet.size())]);
    return out + "\u00b5";
  }

  std::uint64_t number(const key_spec& k, std::uint64_t most) {
    const auto high = std::min(k.max, most);
    const auto scale = random.below(64);
    return std::max(k.min, std::min(high, random.next() >> scale));
  }

  void fill(const section& s, void* object) {
    for (const auto& k : s.keys)
      if (random.below(3) != 0)
        fill_key(k, k.member(object));
  }

  void fill_model(const key_spec& k, void* member) {
    k.table->reset(member);
    const bool uniform = random.below(2) == 0;
    for (auto each : k.table->keys) {
      if (each.name == "distribution")
        *static_cast<std::uint8_t*>(each.member(member)) = uniform                ? 1
                                                           : random.below(2) == 0 ? 0
                                                                                  : 3;
      else if (each.name != "value" || !uniform) {
        each.min = each.name == "value" ? k.min : 0;
        each.max = std::min(each.max, k.max);
        fill_key(each, each.member(member));
      }
    }
  }

  void fill_key(const key_spec& k, void* member) {
    constexpr std::uint64_t exact_double = 1ull << 50;
    constexpr std::uint64_t signed_max = std::numeric_limits<std::int64_t>::max();
    switch (k.kind) {
    case value_kind::integer:
      *static_cast<std::uint64_t*>(member) = number(k, signed_max);
      break;
    case value_kind::share:
      static_cast<ratio*>(member)->ppm = number(k, exact_double);
      break;
    case value_kind::money:
      *static_cast<amount*>(member) = amount{number(k, ~0ull)};
      break;
    case value_kind::time:
      *static_cast<duration*>(member) = duration{static_cast<std::int64_t>(number(k, signed_max))};
      break;
    case value_kind::boolean:
      *static_cast<bool*>(member) = random.below(2) == 0;
      break;
    case value_kind::text:
      *static_cast<std::string*>(member) = k.max == 1 ? ";" : word();
      break;
    case value_kind::choice:
      *static_cast<std::uint8_t*>(member) =
          static_cast<std::uint8_t>(random.below(k.choices.size()));
      break;
    case value_kind::texts:
      for (auto n = random.below(4); n > 0; --n)
        static_cast<std::vector<std::string>*>(member)->push_back(word());
      break;
    case value_kind::integers:
      for (auto n = random.below(4); n > 0; --n)
        static_cast<std::vector<std::uint64_t>*>(member)->push_back(random.below(1'000));
      break;
    case value_kind::table:
      if (k.table->is_model())
        fill_model(k, member);
      else
        fill(*k.table, member);
      break;
    case value_kind::tables:
      for (auto n = random.below(3); n > 0; --n)
        fill(*k.table, k.append(member));
      break;
    case value_kind::expectations: {
      auto& all = *static_cast<std::vector<expectation>*>(member);
      all.push_back(*parse_expectation("price.mean{capability=a.b,strategy=learner}", "0.25..1e9"));
      all.push_back(all.back());
      all.back().from = duration{random.below(1'000) + 1};
      all.push_back(*parse_expectation("faults", "!= 0"));
      break;
    }
    }
  }
};

} // namespace

TEST_CASE("a scenario survives being written and read") {
  CHECK(valid(to_toml(valid(starter_toml()))) == valid(starter_toml()));
  test::check_property("scenario text", 100, [](std::uint64_t seed) {
    config_maker maker{rng{seed}};
    config c;
    maker.fill(schema(), &c);
    // Random values break rules between keys; those are named, and all values are still read.
    const auto read = read_scenario(to_toml(c), "x.toml");
    const auto again = read_scenario(to_toml(read.value), "x.toml");
    RC_ASSERT(read.value == c);
    RC_ASSERT(again.problems == read.problems);
  });
}

TEST_CASE("mutated scenarios end with a message or a valid config") {
  const auto text = starter_toml();
  test::check_property("mutations", 300, [&text](std::uint64_t seed) {
    rng random{seed};
    auto mutant = text;
    for (auto n = 1 + random.below(8); n > 0; --n) {
      const auto at = random.below(mutant.size());
      static constexpr std::string_view bytes = "[]{}=\".,#'-0n\n\xff\x00";
      if (random.below(3) == 0)
        mutant.erase(at, random.below(40));
      else
        mutant.insert(at, random.below(8) + 1, bytes[random.below(bytes.size())]);
    }
    const auto read = read_scenario(mutant, "m.toml");
    if (read.problems.empty())
      RC_ASSERT(read_scenario(to_toml(read.value), "m.toml").value == read.value);
    else
      RC_ASSERT(!to_string(read.problems[0]).empty());
  });
}

TEST_CASE("rules") {
  const auto e = [](std::string_view rule) { return *parse_expectation("tasks.completed", rule); };

  struct row {
    std::string_view rule;
    double value;
    bool pass;
  };

  for (const auto& [rule, value, pass] : std::vector<row>{{"< 200", 199.9, true},
                                                          {"< 200", 200, false},
                                                          {"<= 200", 200, true},
                                                          {"> 1", 1, false},
                                                          {">= 0.95", 0.95, true},
                                                          {"== 1", 1, true},
                                                          {"== 1", 2, false},
                                                          {"!= 0", 0, false},
                                                          {"= 3", 3, true},
                                                          {"200..300", 300, true},
                                                          {"200..300", 301, false},
                                                          {"== true", 1, true},
                                                          {"== false", 1, false},
                                                          {"-5..-1", -3, true},
                                                          {"> -1", 0, true}}) {
    INFO(rule);
    CHECK(holds(e(rule), value) == pass);
    CHECK(judge(e(rule), metric_value{value}).pass == pass);
  }
  CHECK_FALSE(judge(e(">= 0"), std::nullopt).pass);
  CHECK_FALSE(judge(e(">= 0"), std::nullopt).measured);
  for (const auto* bad : {"", "200", "<", "< x", "1..", "..2", "3..1", "< 1e999", "< 1 2", "~ 3"})
    CHECK(parse_expectation("tasks.completed", bad).error().is(errc::invalid_scenario));
  CHECK(parse_expectation("task.completed", "< 1").error().is(errc::unknown_metric));
  for (const auto* bad :
       {"tasks.completed{", "tasks.completed{capability}", "tasks.completed{=x}",
        "tasks.completed{capability=a,capability=b}", "tasks.completed{capability=}"})
    CHECK(parse_expectation(bad, "< 1").error().is(errc::invalid_scenario));
}
