// Runs a scenario: population, workload, market, ledger, faults; and gives the summary.
//
// The same scenario and seed on the virtual clock give the same trace and state hashes on every
// machine. With a data directory the ledger and the journals survive a kill, and a later run with
// `resume` brings every task to a final state. No CAF in sight; call from one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "ainur/base/error.hpp"
#include "ainur/base/log_record.hpp"
#include "ainur/scenario/config.hpp"
#include "ainur/scenario/summary.hpp"

namespace ainur {

enum class run_errc : std::uint16_t {
  data_in_use = 1, ///< the data directory holds another run; resume it or name another
  no_data,         ///< nothing to resume
  other_run,       ///< the data directory holds the run of another scenario or workload
  broken,          ///< the run could not go on
};
[[nodiscard]] error_info describe(run_errc code) noexcept;

struct run_progress {
  std::uint64_t finished = 0;
  std::uint64_t total = 0;
  duration at{}; ///< on the run's clock
};

struct run_options {
  std::string base_folder = ".";            ///< relative paths of the scenario start here
  std::optional<std::string> workload_file; ///< instead of the scenario's
  std::string data_directory;               ///< empty: in memory
  bool resume = false;
  std::string trace_file; ///< JSON lines; empty: none
  std::function<void(const run_progress&)> on_progress;
  const std::atomic<bool>* stop = nullptr; ///< set from outside: the run ends in order, partial
  std::uint32_t threads = 0;               ///< real clock; 0: one a core
  log_options log{};                       ///< a run on the virtual clock waits for a slow reader
};

/// Errors: of the workload, the data directory, or `run_errc`.
[[nodiscard]] result<scenario::summary> run_scenario(const scenario::config& config,
                                                     const run_options& options);

} // namespace ainur
