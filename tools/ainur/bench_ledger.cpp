// ainur bench ledger: the ledger's speed, and raw LMDB's in the same run.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench.hpp"
#include "bench_folder.hpp"
#include "command.hpp"

namespace ainur::cli {

namespace {

using bench::ledger_figures;
using bench::median;

struct arguments {
  bench::ledger_options options;
  std::string data;
  std::string part = "all";
  std::uint32_t runs = 3;
  bool json = false;
};

const std::vector<std::string> parts{"transfers", "memory", "lives", "signed", "open", "proofs"};

struct figure {
  const char* name;
  const char* part;
  const char* meaning;
  const char* unit;
  double ledger_figures::*value;
};

constexpr figure figures[] = {
    {"raw_lmdb_per_second", "transfers", "transfers, raw LMDB, two records written in a commit",
     "/s", &ledger_figures::raw_lmdb_per_second},
    {"durable_per_second", "transfers", "transfers, durable", "/s",
     &ledger_figures::durable_per_second},
    {"memory_per_second", "memory", "transfers, in memory", "/s",
     &ledger_figures::memory_per_second},
    {"lives_per_second", "lives", "escrow lives (four calls), durable", "/s",
     &ledger_figures::lives_per_second},
    {"unsigned_per_second", "signed", "batches of 1,000, trusted", "calls/s",
     &ledger_figures::unsigned_per_second},
    {"signed_per_second", "signed", "batches of 1,000, signatures checked", "calls/s",
     &ledger_figures::signed_per_second},
    {"open_seconds", "open", "opening, to the first answer", "s", &ledger_figures::open_seconds},
    {"trie_seconds", "proofs", "first state hash", "s", &ledger_figures::trie_seconds},
    {"proof_make_ms", "proofs", "making a proof", "ms", &ledger_figures::proof_make_ms},
    {"proof_check_ms", "proofs", "checking a proof", "ms", &ledger_figures::proof_check_ms},
    {"proof_bytes", "proofs", "largest proof", "bytes", &ledger_figures::proof_bytes},
};

int report(const arguments& a, const std::vector<ledger_figures>& runs, std::uint32_t count) {
  nlohmann::ordered_json out{{"benchmark", "ledger"},
                             {"accounts", a.options.accounts},
                             {"blocks", a.options.blocks},
                             {"block_calls", a.options.block_calls},
                             {"runs", count}};
  const auto middle = [&runs](double ledger_figures::*value) {
    std::vector<double> all;
    for (const auto& r : runs)
      if (r.*value != 0)
        all.push_back(r.*value);
    return median(all);
  };
  for (const auto& f : figures) {
    if (a.part != "all" && a.part != f.part)
      continue;
    out[f.name] = middle(f.value);
    if (!a.json)
      std::printf("%-54s %12.*f %s\n", f.meaning, middle(f.value) < 100 ? 3 : 0, middle(f.value),
                  f.unit);
  }
  const auto ratio = [&](const char* name, const char* meaning, double of, double to) {
    if (to == 0)
      return;
    out[name] = of / to;
    if (!a.json)
      std::printf("%-54s %12.2f\n", meaning, of / to);
  };
  ratio("durable_to_raw", "durable transfers to raw LMDB",
        middle(&ledger_figures::durable_per_second), middle(&ledger_figures::raw_lmdb_per_second));
  ratio("signed_to_unsigned", "signed to trusted batches",
        middle(&ledger_figures::signed_per_second), middle(&ledger_figures::unsigned_per_second));
  if (a.json)
    std::puts(out.dump(2).c_str());
  return exit_ok;
}

int run(const arguments& a) {
  std::vector<ledger_figures> all;
  for (std::uint32_t i = 0; i < a.runs; ++i)
    for (const auto& part : parts) {
      if (a.part != "all" && a.part != part)
        continue;
      const run_folder folder{a.data, i};
      if (folder.failure())
        return bad_input(*folder.failure());
      auto options = a.options;
      options.data = folder.path().string();
      const auto f = bench::run_ledger(options, part);
      if (!f)
        return internal_error(f.error());
      all.push_back(*f);
      if (!a.json)
        std::fprintf(stderr, "run %u of %u: %s done\n", i + 1, a.runs, part.c_str());
    }
  return report(a, all, a.runs);
}

} // namespace

void add_bench_ledger(frame& f, CLI::App* group) {
  const auto a = std::make_shared<arguments>();
  auto* c = f.add(
      "ledger", "Transfers, escrow lives, signatures, opening and proofs of the ledger alone",
      "ainur bench ledger --part transfers --runs 3", [a] { return run(*a); }, group);
  auto& o = a->options;
  c->add_option("--accounts", o.accounts, "Accounts")
      ->check(CLI::Range(std::uint64_t{10}, std::uint64_t{100'000'000}))
      ->capture_default_str();
  c->add_option("--blocks", o.blocks, "Blocks that are timed")
      ->check(CLI::Range(1u, 1'000'000u))
      ->capture_default_str();
  c->add_option("--calls", o.block_calls, "Calls of a block")
      ->check(CLI::Range(1u, 10'000u))
      ->capture_default_str();
  c->add_option("--opening-blocks", o.opening_blocks, "Blocks of the ledger that is opened")
      ->check(CLI::Range(1u, 10'000'000u))
      ->capture_default_str();
  c->add_option("--opening-calls", o.opening_block_calls, "Calls of each of those")
      ->check(CLI::Range(1u, 10'000u))
      ->capture_default_str();
  auto choices = parts;
  choices.insert(choices.begin(), "all");
  c->add_option("--part", a->part, "What to measure")
      ->check(CLI::IsMember(choices))
      ->capture_default_str();
  c->add_option("--data", a->data, "Folder for the stores; default: the system's temporary folder");
  c->add_option("--runs", a->runs, "Runs; the median counts")
      ->check(CLI::Range(1u, 100u))
      ->capture_default_str();
  c->add_flag("--json", a->json, "Print one JSON object");
}

} // namespace ainur::cli
