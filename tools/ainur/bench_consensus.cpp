// ainur bench consensus: a ledger of four validators, and one ledger alone in the same run.
#include <cstdio>
#include <memory>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench.hpp"
#include "bench_folder.hpp"
#include "command.hpp"

namespace ainur::cli {

namespace {

struct arguments {
  bench::consensus_options options;
  std::string data;
  std::uint32_t runs = 3;
  std::uint32_t many = 100;
  std::uint64_t heights = 50;
  bool json = false;
};

double middle(const std::vector<bench::consensus_figures>& runs,
              double bench::consensus_figures::*value) {
  std::vector<double> all;
  for (const auto& r : runs)
    all.push_back(r.*value);
  return bench::median(all);
}

int report(const arguments& a, const std::vector<bench::consensus_figures>& runs,
           const std::vector<double>& many) {
  using f = bench::consensus_figures;
  const auto alone = middle(runs, &f::alone_per_second);
  const auto final_rate = middle(runs, &f::final_per_second);
  const auto alone_wait = middle(runs, &f::alone_wait_ms);
  const auto finality = middle(runs, &f::finality_ms);
  const auto commit = middle(runs, &f::commit_ms);
  const auto blocks = bench::median(many);
  if (a.json) {
    std::puts(nlohmann::ordered_json{{"benchmark", "consensus"},
                                     {"validators", a.options.validators},
                                     {"runs", a.runs},
                                     {"alone_per_second", alone},
                                     {"final_per_second", final_rate},
                                     {"ratio", final_rate / alone},
                                     {"alone_wait_ms", alone_wait},
                                     {"finality_ms", finality},
                                     {"commit_ms", commit},
                                     {"finality_to_commit", finality / commit},
                                     {"many", a.many},
                                     {"blocks_per_second", blocks}}
                  .dump(2)
                  .c_str());
    return exit_ok;
  }
  std::printf("one ledger alone, transfers    %10.0f /s\n", alone);
  std::printf("%3u validators, transfers      %10.0f /s\n", a.options.validators, final_rate);
  std::printf("ratio                          %10.3f\n", final_rate / alone);
  std::printf("a single call, alone           %10.2f ms\n", alone_wait);
  std::printf("a single call, final           %10.2f ms\n", finality);
  std::printf("a small commit                 %10.3f ms\n", commit);
  std::printf("finality in commits            %10.1f\n", finality / commit);
  std::printf("%3u validators, virtual time   %10.1f blocks/s\n", a.many, blocks);
  return exit_ok;
}

int run(const arguments& a) {
  std::vector<bench::consensus_figures> runs;
  std::vector<double> many;
  for (std::uint32_t i = 0; i < a.runs; ++i) {
    const run_folder folder{a.data, i};
    if (folder.failure())
      return bad_input(*folder.failure());
    auto options = a.options;
    options.data = folder.path().string();
    const auto f = bench::run_consensus(options);
    if (!f)
      return internal_error(f.error());
    runs.push_back(*f);
    const auto blocks = bench::run_many_validators(a.many, a.heights);
    if (!blocks)
      return internal_error(blocks.error());
    many.push_back(*blocks);
    if (!a.json)
      std::fprintf(stderr, "run %u of %u: %.0f/s of %.0f/s, %.2f ms, %.1f blocks/s\n", i + 1,
                   a.runs, f->final_per_second, f->alone_per_second, f->finality_ms, *blocks);
  }
  return report(a, runs, many);
}

} // namespace

void add_bench_consensus(frame& f, CLI::App* group) {
  const auto a = std::make_shared<arguments>();
  auto* c = f.add(
      "consensus", "A ledger of validators, and one ledger alone", "ainur bench consensus --runs 3",
      [a] { return run(*a); }, group);
  auto& o = a->options;
  c->add_option("--validators", o.validators, "Validators on the real clock")
      ->check(CLI::Range(1u, 100u))
      ->capture_default_str();
  c->add_option("--batches", o.batches, "Signed batches; a multiple of 16")
      ->check(CLI::Range(std::uint64_t{16}, std::uint64_t{100'000}))
      ->capture_default_str();
  c->add_option("--batch-calls", o.batch_calls, "Transfers in a batch")
      ->check(CLI::Range(std::size_t{1}, std::size_t{10'000}))
      ->capture_default_str();
  c->add_option("--single-calls", o.single_calls, "Calls submitted one at a time")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{100'000}))
      ->capture_default_str();
  c->add_option("--accounts", o.accounts, "Accounts of the ledger")
      ->check(CLI::Range(1u, 10'000'000u))
      ->capture_default_str();
  c->add_option("--many", a->many, "Validators in virtual time")
      ->check(CLI::Range(1u, 1'000u))
      ->capture_default_str();
  c->add_option("--heights", a->heights, "Blocks in virtual time")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{100'000}))
      ->capture_default_str();
  c->add_option("--data", a->data, "A folder for the stores; without it a temporary one");
  c->add_option("--runs", a->runs, "Runs; the median counts")
      ->check(CLI::Range(1u, 100u))
      ->capture_default_str();
  c->add_flag("--json", a->json, "Print one JSON object");
}

} // namespace ainur::cli
