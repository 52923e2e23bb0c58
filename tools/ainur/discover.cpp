// ainur discover: who of a scenario's agents would be found for a question, and why.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ainur/discovery/discover.hpp"
#include "ainur/market/pricing.hpp"
#include "ainur/scenario/population.hpp"
#include "ainur/scenario/read.hpp"
#include "ainur/scenario/workload.hpp"
#include "command.hpp"

namespace ainur::cli {

namespace {

using json = nlohmann::ordered_json;

constexpr std::uint16_t reputation_at_start = 500; // on the first bond

struct options {
  std::string query;
  std::string scenario;
  std::vector<std::string> sets;
  std::vector<std::string> tags;
  std::vector<float> vector;
  std::uint32_t count = 10;
  std::uint16_t reputation_min = 0;
  std::string price_max;
  std::vector<std::uint16_t> regions;
  bool as_json = false;
};

/// What an agent asks for a second of work before it has learned anything.
amount ask_of(const scenario::config& c, const scenario::agent_spec& a) {
  if (!a.price.is_zero())
    return a.price;
  const auto& group = c.populations[a.population];
  if (a.strategy != scenario::bidding_strategy::cost_plus)
    return a.cost;
  return market::with_margin(a.cost, static_cast<std::uint32_t>(group.margin.ppm));
}

std::vector<discovery::agent_profile> profiles_of(const scenario::config& c,
                                                  const scenario::population_plan& plan) {
  std::vector<discovery::agent_profile> out;
  std::vector<std::uint64_t> numbers(c.populations.size());
  for (const auto& a : plan.agents) {
    const auto& group = c.populations[a.population];
    discovery::agent_profile p;
    p.name = fmt::format("{}/{}", group.name, numbers[a.population]++);
    for (const auto i : plan.capabilities_of(a))
      p.offers.names.push_back(plan.capabilities[i]);
    p.offers.tags = group.tags;
    p.offers.text = group.text;
    p.terms.price = ask_of(c, a).micro();
    p.terms.region = static_cast<std::uint16_t>(group.region);
    if (!group.bond.is_zero() && group.bond >= c.economy.bond_min)
      p.terms.reputation = reputation_at_start;
    out.push_back(std::move(p));
  }
  return out;
}

result<discovery::question> question_of(const options& o) {
  discovery::question q;
  q.wanted.text = o.query;
  q.wanted.tags = o.tags;
  q.vector = o.vector;
  q.count = o.count;
  q.filter.reputation_min = o.reputation_min;
  if (!o.price_max.empty()) {
    const auto most = amount_from_text(o.price_max);
    if (!most)
      return fail(most.error().within("--price-max"));
    q.filter.price_max = most->micro();
  }
  if (!o.regions.empty())
    q.filter.regions = 0;
  for (const auto r : o.regions) {
    if (r >= discovery::regions_max)
      return fail(discovery::errc::bad_option,
                  fmt::format("--region: {} is not a region; there are 0 to {}", r,
                              discovery::regions_max - 1));
    q.filter.regions |= std::uint64_t{1} << r;
  }
  return q;
}

struct answer {
  std::vector<discovery::agent_profile> directory;
  discovery::discovery_report report;
};

result<answer> ask(const options& o) {
  const auto q = question_of(o);
  if (!q)
    return fail(q.error());
  const auto c = scenario::load_scenario(o.scenario, o.sets);
  if (!c)
    return fail(c.error());
  const auto folder = std::filesystem::path{o.scenario}.parent_path().string();
  const auto work = scenario::load_workload(*c, folder, std::nullopt);
  if (!work)
    return fail(work.error());
  const auto plan = scenario::draw_population(*c, *work);
  if (!plan)
    return fail(plan.error().within(o.scenario + ": population"));
  answer a{.directory = profiles_of(*c, *plan), .report = {}};
  auto report = discovery::discover(a.directory, *q);
  if (!report)
    return fail(report.error());
  a.report = std::move(*report);
  return a;
}

std::string percent_text(std::uint32_t ppm) {
  return fmt::format("{:.0f} %", static_cast<double>(ppm) / 10'000);
}

void print_text(const answer& a) {
  std::printf("%zu agents, %zu of them share something with the question\n", a.directory.size(),
              a.report.considered);
  if (!a.report.found.empty())
    std::printf("\n  %-24s %7s %14s %10s %7s  %s\n", "found", "score", "price a second",
                "reputation", "region", "why");
  for (const auto& f : a.report.found) {
    const auto& p = a.directory[f.agent];
    std::string why;
    for (const auto& s : f.why)
      why += fmt::format("{}{} {}", why.empty() ? "" : ", ", s.text, percent_text(s.share_ppm));
    std::printf("  %-24s %7.3f %14s %10u %7u  %s\n", p.name.c_str(), f.score,
                to_string(amount{p.terms.price}).c_str(), p.terms.reputation, p.terms.region,
                why.c_str());
  }
  if (!a.report.rejected.empty())
    std::printf("\n  %-24s %7s  %s\n", "kept out", "score", "by");
  for (const auto& r : a.report.rejected)
    std::printf("  %-24s %7.3f  %s\n", a.directory[r.agent].name.c_str(), r.score,
                r.filter.c_str());
}

void print_json(const answer& a) {
  json out{{"agents", a.directory.size()}, {"considered", a.report.considered}};
  auto& found = out["found"] = json::array();
  for (const auto& f : a.report.found) {
    const auto& p = a.directory[f.agent];
    json why = json::array();
    for (const auto& s : f.why)
      why.push_back({{"feature", s.text}, {"share_ppm", s.share_ppm}});
    found.push_back({{"agent", p.name},
                     {"score", f.score},
                     {"capabilities", p.offers.names},
                     {"price", p.terms.price},
                     {"reputation", p.terms.reputation},
                     {"region", p.terms.region},
                     {"why", std::move(why)}});
  }
  auto& rejected = out["rejected"] = json::array();
  for (const auto& r : a.report.rejected)
    rejected.push_back(
        {{"agent", a.directory[r.agent].name}, {"score", r.score}, {"filter", r.filter}});
  std::printf("%s\n", out.dump(2, ' ', false, json::error_handler_t::replace).c_str());
}

int run(const options& o) {
  const auto a = ask(o);
  if (!a)
    return bad_input(a.error());
  if (o.as_json)
    print_json(*a);
  else
    print_text(*a);
  return a->report.found.empty() ? exit_failed : exit_ok;
}

} // namespace

void add_discover(frame& f) {
  auto o = std::make_shared<options>();
  auto* c = f.add("discover", "Say who of a scenario's agents would be found, and why",
                  "ainur discover \"translate a contract\" --scenario "
                  "examples/scenarios/discover.toml --price-max 0.05",
                  [o] { return run(*o); });
  c->add_option("QUERY", o->query, "what is asked for, in free words; status 1 if nobody is found")
      ->required();
  c->add_option("--scenario", o->scenario, "the scenario whose agents are asked")->required();
  c->add_option("--set", o->sets, "key=value: change one key (may be repeated)")
      ->expected(1)
      ->take_all();
  c->add_option("--tags", o->tags, "words that weigh more than those of the question")
      ->delimiter(',');
  c->add_option("--vector", o->vector, "asked for instead of the question: 64 numbers")
      ->delimiter(',');
  c->add_option("--count", o->count, "how many to find")->capture_default_str();
  c->add_option("--reputation-min", o->reputation_min, "0 to 1000 (500 at the start of a run)")
      ->capture_default_str();
  c->add_option("--price-max", o->price_max, "the most for a second of work, in AINU");
  c->add_option("--region", o->regions, "only these regions")->delimiter(',');
  c->add_flag("--json", o->as_json, "print one JSON object");
}

} // namespace ainur::cli
