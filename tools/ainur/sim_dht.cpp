// ainur sim dht: the distributed hash table in virtual time, with churn and adversaries.
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "ainur/discovery/kademlia/simulation.hpp"
#include "sim_command.hpp"

namespace ainur::cli {

namespace {

using namespace discovery::kademlia;

struct options {
  simulation_options run;
  double churn = 0.1;
  double adversary = 0;
  double success = 0; ///< 0: by default
  std::vector<std::string> misdeeds{"all"};
  std::string time = "1h";
  std::string seeds;
  bool no_regions = false;
  bool no_groups = false;
  bool json = false;
};

struct seeded {
  std::uint64_t seed = 0;
  simulation_report report;
};

std::uint32_t ppm_of(double share) {
  return static_cast<std::uint32_t>(share * 1'000'000 + 0.5);
}

double percent_of(const tally& t) {
  return t.asked == 0 ? 0 : 100 * static_cast<double>(t.found) / static_cast<double>(t.asked);
}

/// What must succeed at least, in parts per million.
std::uint64_t needed(const options& o) {
  if (o.success > 0)
    return ppm_of(o.success);
  return o.run.adversary_ppm == 0 ? 990'000 : 900'000;
}

result<void> take_misdeeds(const std::vector<std::string>& names, simulation_options& to) {
  std::vector<std::string_view> known{"all"};
  for (std::size_t i = 0; i < misdeeds_count; ++i)
    known.push_back(to_string(static_cast<misdeed>(i)));
  if (names == std::vector<std::string>{"all"})
    return {}; // the default
  to.misdeeds.clear();
  for (const auto& name : names) {
    const auto at = std::find(known.begin(), known.end(), name) - known.begin();
    if (at == static_cast<std::ptrdiff_t>(known.size()))
      return fail(base_errc::malformed,
                  "--misdeeds: there is no \"" + name + "\"" + known_text(name, known));
    if (at == 0)
      return fail(base_errc::malformed, "--misdeeds: \"all\" stands alone");
    to.misdeeds.push_back(static_cast<misdeed>(at - 1));
  }
  return {};
}

result<void> take(options& o) {
  if (auto good = take_misdeeds(o.misdeeds, o.run); !good)
    return good;
  const auto time = duration_from_text(o.time);
  if (!time)
    return fail(time.error().within("--time"));
  o.run.time = *time;
  o.run.churn_ppm = ppm_of(o.churn);
  o.run.adversary_ppm = ppm_of(o.adversary);
  o.run.node.region_checks = !o.no_regions;
  if (o.no_groups) {
    o.run.node.lookups.group_max = 0;
    o.run.node.table.group_max = o.run.node.table.group_prefix_max = 0;
  }
  return {};
}

/// Runs every seed, as many at a time as there are processors.
result<std::vector<seeded>> run_all(const options& o, const seed_range& seeds) {
  std::vector<seeded> all(seeds.size());
  std::mutex lock; // of failure
  std::optional<error> failure;
  for_each_in_parallel(seeds.size(), [&](std::uint64_t item) {
    auto run = o.run;
    run.seed = seeds.first + item;
    auto report = simulate(run);
    if (!report) {
      const std::lock_guard guard{lock};
      failure = report.error();
      return false;
    }
    all[item] = {run.seed, std::move(*report)};
    return true;
  });
  if (failure)
    return fail(*failure);
  return all;
}

void row(const char* name, std::uint64_t value) {
  std::printf("  %-28s %12llu\n", name, static_cast<unsigned long long>(value));
}

void row(const char* name, const tally& t) {
  std::printf("  %-28s %11.2f%%   (%llu of %llu)\n", name, percent_of(t),
              static_cast<unsigned long long>(t.found), static_cast<unsigned long long>(t.asked));
}

void row(const char* name, const percentiles& p) {
  std::printf("  %-28s %12llu %8llu %8llu %8llu\n", name, static_cast<unsigned long long>(p.p50),
              static_cast<unsigned long long>(p.p90), static_cast<unsigned long long>(p.p99),
              static_cast<unsigned long long>(p.max));
}

void print(const seeded& s, const options& o) {
  const auto& r = s.report;
  std::printf("%u nodes, %.1f%% of them adversaries, %.1f%% leave in an hour, %s, seed %llu\n",
              o.run.nodes, o.adversary * 100, o.churn * 100, to_string(r.time).c_str(),
              static_cast<unsigned long long>(s.seed));
  std::printf("lookups that succeeded\n");
  row("of peers", r.peers);
  row("of providers", r.providers);
  if (r.attacked.asked != 0)
    row("of them amid sybils", r.attacked);
  row("not counted, target left", r.voided);
  std::printf("of a lookup %33s %8s %8s %8s\n", "p50", "p90", "p99", "max");
  row("hops", r.hops);
  row("requests", r.requests);
  row("time, ms", r.time_ms);
  std::printf("network\n");
  row("messages", r.messages);
  row("nodes that came", r.joined);
  row("nodes that left", r.left);
  row("servers at the end", r.servers);
  row("as nodes estimate them", r.estimate_median);
  row("peers in a table, mean", r.table_mean);
  std::printf("  %-28s %11.2f%%\n", "of them gone", static_cast<double>(r.table_dead_ppm) / 10'000);
  std::printf("  %-28s %11.2f%%\n", "of them adversaries",
              static_cast<double>(r.table_adversary_ppm) / 10'000);
  row("provider records", r.records);
  row("records told again", r.republished);
  row("lookups that searched beside", r.crowded);
  std::printf("  %-28s %s\n", "digest", r.digest.substr(0, 16).c_str());
}

nlohmann::ordered_json json_of(const percentiles& p) {
  return {{"p50", p.p50}, {"p90", p.p90}, {"p99", p.p99}, {"max", p.max}};
}

nlohmann::ordered_json json_of(const tally& t) {
  return {{"asked", t.asked}, {"found", t.found}};
}

nlohmann::ordered_json json_of(const seeded& s) {
  const auto& r = s.report;
  return {{"seed", s.seed},
          {"success_ppm", r.success_ppm()},
          {"peers", json_of(r.peers)},
          {"providers", json_of(r.providers)},
          {"providers_amid_sybils", json_of(r.attacked)},
          {"not_counted", r.voided},
          {"hops", json_of(r.hops)},
          {"requests", json_of(r.requests)},
          {"time_ms", json_of(r.time_ms)},
          {"messages", r.messages},
          {"joined", r.joined},
          {"left", r.left},
          {"servers", r.servers},
          {"servers_estimated", r.estimate_median},
          {"table_mean", r.table_mean},
          {"table_gone_ppm", r.table_dead_ppm},
          {"table_adversaries_ppm", r.table_adversary_ppm},
          {"records", r.records},
          {"records_told_again", r.republished},
          {"searched_beside", r.crowded},
          {"virtual_time_us", micros(r.time)},
          {"digest", r.digest}};
}

int simulate_dht(options o) {
  if (auto good = take(o); !good)
    return bad_input(good.error());
  const auto seeds = seeds_of(o.run.seed, o.seeds);
  if (!seeds)
    return bad_input(seeds.error());
  if (seeds->size() > 10'000)
    return bad_input({base_errc::out_of_range, "--seeds: at most 10,000 at a time"});
  const auto all = run_all(o, *seeds);
  if (!all)
    return bad_input(all.error());
  const auto need = needed(o);
  std::size_t failed = 0;
  for (const auto& s : *all)
    failed += s.report.success_ppm() < need ? 1 : 0;
  if (o.json) {
    nlohmann::ordered_json j{{"nodes", o.run.nodes},
                             {"churn_ppm", o.run.churn_ppm},
                             {"adversary_ppm", o.run.adversary_ppm},
                             {"success_needed_ppm", need},
                             {"runs_failed", failed}};
    for (const auto& s : *all)
      j["runs"].push_back(json_of(s));
    std::printf("%s\n", j.dump(2).c_str());
  } else {
    for (const auto& s : *all)
      print(s, o);
    std::printf("%zu of %zu runs below %.2f%%\n", failed, all->size(),
                static_cast<double>(need) / 10'000);
  }
  return failed == 0 ? exit_ok : exit_failed;
}

} // namespace

void add_sim_dht(frame& f, CLI::App* group) {
  const auto o = std::make_shared<options>();
  auto* c = f.add(
      "dht", "The distributed hash table under churn, with adversaries; counts what is found",
      "ainur sim dht --nodes 5000 --lookups 1000 --churn 0.1 --adversary 0.1",
      [o] { return simulate_dht(*o); }, group);
  c->add_option("--nodes", o->run.nodes, "How many, 32 to 100,000")->capture_default_str();
  c->add_option("--lookups", o->run.lookups, "Half for peers, half for providers")
      ->capture_default_str();
  c->add_option("--churn", o->churn, "Share of the honest that leave in an hour, 0 to 10")
      ->check(CLI::Range(0.0, 10.0))
      ->capture_default_str();
  c->add_option("--adversary", o->adversary, "Share of the nodes that are adversaries, 0 to 0.9")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  c->add_option("--misdeeds", o->misdeeds,
                "What they do, dealt out in turn: all, or some of drop (answer one lookup in "
                "four), stray (name only each other), lie (also providers that do not exist), "
                "ghost (name peers that do not exist), sybil (ids made up around a key)")
      ->delimiter(',')
      ->capture_default_str();
  c->add_option("--adversary-groups", o->run.adversary_groups,
                "IP groups that adversaries share; 0: spread as the honest are")
      ->capture_default_str();
  c->add_option("--time", o->time, "Over which the lookups are spread, as 6h")
      ->capture_default_str();
  c->add_option("--success", o->success,
                "Share of the lookups that must succeed; by default 0.99, with adversaries 0.9")
      ->check(CLI::Range(0.0, 1.0));
  c->add_option("--paths", o->run.node.lookups.paths, "Disjoint paths of a lookup")
      ->check(CLI::Range(1u, 8u))
      ->capture_default_str();
  c->add_flag("--no-region-checks", o->no_regions, "Do not search beside crowded keys");
  c->add_flag("--no-group-limits", o->no_groups, "Any number of peers of one IP group");
  auto* one = c->add_option("--seed", o->run.seed, "Of the run")->capture_default_str();
  c->add_option("--seeds", o->seeds, "Runs with each seed of a range, as 1..10")->excludes(one);
  c->add_flag("--json", o->json, "Print a JSON document");
}

} // namespace ainur::cli
