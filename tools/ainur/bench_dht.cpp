// ainur bench dht: simulated lookups, and the routing table beside a sorted scan.
#include <cstdio>
#include <memory>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench.hpp"
#include "command.hpp"

namespace ainur::cli {

namespace {

struct arguments {
  bench::dht_bench_options options;
  std::uint32_t runs = 3;
  bool json = false;
};

double middle(const std::vector<bench::dht_figures>& runs, double bench::dht_figures::*value) {
  std::vector<double> all;
  for (const auto& r : runs)
    all.push_back(r.*value);
  return bench::median(all);
}

int run(const arguments& a) {
  using bench::dht_figures;
  std::vector<dht_figures> runs;
  for (std::uint32_t i = 0; i < a.runs; ++i) {
    const auto f = bench::run_dht(a.options);
    if (!f)
      return internal_error(f.error());
    runs.push_back(*f);
  }
  const auto lookups = middle(runs, &dht_figures::lookups_per_second);
  const auto messages = middle(runs, &dht_figures::messages_per_second);
  const auto size = middle(runs, &dht_figures::table_size);
  const auto offers = middle(runs, &dht_figures::offers_per_second);
  const auto closest = middle(runs, &dht_figures::closest_per_second);
  const auto scan = middle(runs, &dht_figures::scan_per_second);
  if (a.json) {
    std::puts(nlohmann::ordered_json{{"benchmark", "dht"},
                                     {"nodes", a.options.nodes},
                                     {"lookups", a.options.lookups},
                                     {"runs", a.runs},
                                     {"lookups_per_second", lookups},
                                     {"messages_per_second", messages},
                                     {"table_size", size},
                                     {"offers_per_second", offers},
                                     {"closest_per_second", closest},
                                     {"scan_per_second", scan},
                                     {"ratio", closest / scan}}
                  .dump(2)
                  .c_str());
    return exit_ok;
  }
  std::printf("simulated lookups, with upkeep  %12.0f /s\n", lookups);
  std::printf("messages of that simulation     %12.0f /s\n", messages);
  std::printf("a routing table of %.0f peers\n", size);
  std::printf("  newcomers offered             %12.0f /s\n", offers);
  std::printf("  the 20 nearest to a point     %12.0f /s\n", closest);
  std::printf("  the same by a sorted scan     %12.0f /s\n", scan);
  std::printf("  ratio                         %12.1f\n", closest / scan);
  return exit_ok;
}

} // namespace

void add_bench_dht(frame& f, CLI::App* group) {
  const auto a = std::make_shared<arguments>();
  auto* c = f.add(
      "dht", "Simulated lookups, and the routing table beside a sorted scan",
      "ainur bench dht --runs 3", [a] { return run(*a); }, group);
  auto& o = a->options;
  c->add_option("--nodes", o.nodes, "Nodes of the network")
      ->check(CLI::Range(32u, 100'000u))
      ->capture_default_str();
  c->add_option("--lookups", o.lookups, "Lookups over an hour of virtual time")
      ->check(CLI::Range(1u, 1'000'000u))
      ->capture_default_str();
  c->add_option("--queries", o.queries, "Of the routing table")
      ->check(CLI::Range(1u, 100'000'000u))
      ->capture_default_str();
  c->add_option("--seed", o.seed, "Of ids and network")->capture_default_str();
  c->add_option("--runs", a->runs, "Runs; the median counts")
      ->check(CLI::Range(1u, 100u))
      ->capture_default_str();
  c->add_flag("--json", a->json, "Print one JSON object");
}

} // namespace ainur::cli
