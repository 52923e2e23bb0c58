// ainur bench gossip: a gossip mesh in virtual time, and plain flooding.
#include <cstdio>
#include <memory>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench.hpp"
#include "command.hpp"

namespace ainur::cli {

namespace {

struct arguments {
  bench::gossip_options options;
  std::uint32_t runs = 5;
  bool json = false;
};

double middle(const std::vector<bench::gossip_figures>& runs,
              double bench::gossip_figures::*value) {
  std::vector<double> all;
  for (const auto& r : runs)
    all.push_back(r.*value);
  return bench::median(all);
}

int report(const arguments& a, const std::vector<bench::gossip_figures>& runs) {
  const auto rpcs = middle(runs, &bench::gossip_figures::rpcs_per_second);
  const auto copies = middle(runs, &bench::gossip_figures::copies_per_second);
  const auto deliveries = middle(runs, &bench::gossip_figures::deliveries_per_second);
  const auto flood = middle(runs, &bench::gossip_figures::flood_per_second);
  if (a.json) {
    std::puts(nlohmann::ordered_json{{"benchmark", "gossip"},
                                     {"nodes", a.options.nodes},
                                     {"seconds", a.options.seconds},
                                     {"neighbours", a.options.neighbours},
                                     {"runs", a.runs},
                                     {"rpcs_per_second", rpcs},
                                     {"copies_per_second", copies},
                                     {"deliveries_per_second", deliveries},
                                     {"flood_per_second", flood},
                                     {"ratio", rpcs / flood}}
                  .dump(2)
                  .c_str());
    return exit_ok;
  }
  std::printf("RPCs handed to nodes              %12.0f /s\n", rpcs);
  std::printf("copies of messages in them        %12.0f /s\n", copies);
  std::printf("messages new to their receiver    %12.0f /s\n", deliveries);
  std::printf("plain flooding, messages handed   %12.0f /s\n", flood);
  std::printf("ratio of RPCs to flooding         %12.1f %%\n", 100 * rpcs / flood);
  return exit_ok;
}

int run(const arguments& a) {
  std::vector<bench::gossip_figures> runs;
  for (std::uint32_t i = 0; i < a.runs; ++i) {
    const auto f = bench::run_gossip(a.options);
    if (!f)
      return internal_error(f.error());
    runs.push_back(*f);
    if (!a.json)
      std::fprintf(stderr, "run %u of %u: %.0f RPCs/s, flooding %.0f/s\n", i + 1, a.runs,
                   f->rpcs_per_second, f->flood_per_second);
  }
  return report(a, runs);
}

} // namespace

void add_bench_gossip(frame& f, CLI::App* group) {
  const auto a = std::make_shared<arguments>();
  auto* c = f.add(
      "gossip", "A gossip mesh in virtual time, and plain flooding", "ainur bench gossip --runs 3",
      [a] { return run(*a); }, group);
  auto& o = a->options;
  c->add_option("--nodes", o.nodes, "Nodes")
      ->check(CLI::Range(2u, 100'000u))
      ->capture_default_str();
  c->add_option("--seconds", o.seconds, "Virtual time; four messages a second")
      ->check(CLI::Range(20u, 3'600u))
      ->capture_default_str();
  c->add_option("--neighbours", o.neighbours, "To whom flooding passes on")
      ->check(CLI::Range(1u, 1'000u))
      ->capture_default_str();
  c->add_option("--seed", o.seed, "Of the network")->capture_default_str();
  c->add_option("--runs", a->runs, "Runs; the median counts")
      ->check(CLI::Range(1u, 100u))
      ->capture_default_str();
  c->add_flag("--json", a->json, "Print one JSON object");
}

} // namespace ainur::cli
