// The frame of the command line: every subcommand is one file that adds itself here.
#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "ainur/base/error.hpp"

namespace ainur::cli {

/// Exit codes of every command.
enum exit_code : int { exit_ok = 0, exit_failed = 1, exit_bad_input = 2, exit_internal = 3 };

/// The parser and what it chose.
struct frame {
  CLI::App app;
  std::function<int()> chosen;

  /// A subcommand with its one-line help and an example shown by --help. `run` returns an exit
  /// code.
  CLI::App* add(const std::string& name, const std::string& help, const std::string& example,
                std::function<int()> run, CLI::App* parent = nullptr);
};

/// Prints "ainur: <error>" to standard error and returns `exit_bad_input`.
int bad_input(const error& e);
/// Prints "ainur: <error>" to standard error and returns `exit_internal`.
int internal_error(const error& e);

// One per file.
void add_bench(frame& f);
void add_check(frame& f);
void add_compare(frame& f);
void add_discover(frame& f);
void add_elect(frame& f);
void add_explain(frame& f);
void add_key(frame& f);
void add_ledger(frame& f);
void add_metrics(frame& f);
void add_new(frame& f);
void add_safety(frame& f);
void add_run(frame& f);
void add_sim(frame& f);
void add_tx(frame& f);
void add_version(frame& f);

// Parts of larger groups.
void add_bench_consensus(frame& f, CLI::App* group);
void add_bench_dht(frame& f, CLI::App* group);
void add_bench_election(frame& f, CLI::App* group);
void add_bench_index(frame& f, CLI::App* group);
void add_bench_gossip(frame& f, CLI::App* group);
void add_bench_ledger(frame& f, CLI::App* group);
void add_ledger_replay(frame& f, CLI::App* group);

} // namespace ainur::cli
