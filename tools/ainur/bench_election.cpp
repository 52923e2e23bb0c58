// ainur bench election: an era's election, and its definition carried out step by step.
#include <cstdio>
#include <memory>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench.hpp"
#include "command.hpp"

namespace ainur::cli {

namespace {

struct arguments {
  bench::election_options options;
  std::uint32_t runs = 3;
  bool phragmms = false;
  bool json = false;
};

double middle(const std::vector<bench::election_figures>& runs,
              double bench::election_figures::*value) {
  std::vector<double> all;
  for (const auto& r : runs)
    all.push_back(r.*value);
  return bench::median(all);
}

int report(const arguments& a, const std::vector<bench::election_figures>& runs) {
  const auto ours = middle(runs, &bench::election_figures::phragmen_seconds);
  const auto naive = middle(runs, &bench::election_figures::naive_seconds);
  const auto block = middle(runs, &bench::election_figures::block_seconds);
  const auto certificate = middle(runs, &bench::election_figures::certificate_seconds);
  const auto phragmms = middle(runs, &bench::election_figures::phragmms_seconds);
  if (a.json) {
    nlohmann::ordered_json out{{"benchmark", "election"},
                               {"voters", a.options.voters},
                               {"targets", a.options.targets},
                               {"candidates", a.options.candidates},
                               {"seats", a.options.seats},
                               {"runs", a.runs},
                               {"seconds", ours},
                               {"naive_seconds", naive},
                               {"ratio", naive / ours},
                               {"block_seconds", block},
                               {"certificate_seconds", certificate}};
    if (a.phragmms)
      out["phragmms_seconds"] = phragmms;
    std::puts(out.dump(2).c_str());
    return exit_ok;
  }
  std::printf("sequential Phragmen           %10.3f s\n", ours);
  std::printf("its definition, step by step  %10.3f s\n", naive);
  std::printf("ratio                         %10.1f\n", naive / ours);
  std::printf("the block that turns the era  %10.3f s\n", block);
  std::printf("certificate                   %10.3f s\n", certificate);
  if (a.phragmms)
    std::printf("phragmMS, balanced            %10.3f s\n", phragmms);
  return exit_ok;
}

int run(const arguments& a) {
  std::vector<bench::election_figures> runs;
  for (std::uint32_t i = 0; i < a.runs; ++i) {
    const auto f = bench::run_elections(a.options, a.phragmms);
    if (!f)
      return internal_error(f.error());
    runs.push_back(*f);
    if (!a.json)
      std::fprintf(stderr, "run %u of %u: %.3f s, definition %.3f s\n", i + 1, a.runs,
                   f->phragmen_seconds, f->naive_seconds);
  }
  return report(a, runs);
}

} // namespace

void add_bench_election(frame& f, CLI::App* group) {
  const auto a = std::make_shared<arguments>();
  auto* c = f.add(
      "election", "The election of an era's validators, and its certificate",
      "ainur bench election --runs 3", [a] { return run(*a); }, group);
  auto& o = a->options;
  c->add_option("--voters", o.voters, "Voters")
      ->check(CLI::Range(1u, 200'000u))
      ->capture_default_str();
  c->add_option("--targets", o.targets, "Candidates that each names")
      ->check(CLI::Range(1u, 16u))
      ->capture_default_str();
  c->add_option("--candidates", o.candidates, "Candidates")
      ->check(CLI::Range(1u, 100'000u))
      ->capture_default_str();
  c->add_option("--seats", o.seats, "Seats")
      ->check(CLI::Range(1u, 100'000u))
      ->capture_default_str();
  c->add_option("--seed", o.seed, "Of the stakes and targets")->capture_default_str();
  c->add_flag("--phragmms", a->phragmms, "Measure phragmMS too; takes far longer");
  c->add_option("--runs", a->runs, "Runs; the median counts")
      ->check(CLI::Range(1u, 100u))
      ->capture_default_str();
  c->add_flag("--json", a->json, "Print one JSON object");
}

} // namespace ainur::cli
