// The results of a run: what `ainur run --json` prints, `--out` keeps and expectations are judged
// by. The collector (collector.hpp) fills it; metrics.hpp names each number in it; report.hpp
// prints it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ainur/base/amount.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"
#include "ainur/scenario/config.hpp"

namespace ainur::scenario {

/// The one final state of a task.
enum class final_state : std::uint8_t {
  completed, ///< at least one subtask was paid without a dispute, none was disputed
  refunded,  ///< the client got its money back
  resolved,  ///< a dispute ended it
  rejected,  ///< never taken in
  max_value = rejected,
};

/// The steps of a task whose durations are measured.
enum class stage : std::uint8_t {
  submission, ///< from submission to its place on the ledger
  discovery,  ///< from there to the agents to ask
  auction,    ///< from the first call for proposals to the award
  execution,  ///< from the award to the posted result
  settlement, ///< from the result to the payment, refund or ruling
  total,      ///< from submission to the final state
  max_value = total,
};
inline constexpr std::size_t stage_count = static_cast<std::size_t>(stage::max_value) + 1;

/// How an award ended, as the ledger derived it.
enum class award_outcome : std::uint8_t { success, failure, voided, max_value = voided };

[[nodiscard]] std::string_view to_text(final_state) noexcept;
[[nodiscard]] std::string_view to_text(stage) noexcept;
[[nodiscard]] std::string_view to_text(award_outcome) noexcept;

struct task_counts {
  std::uint64_t submitted = 0;
  std::uint64_t completed = 0;
  std::uint64_t refunded = 0;
  std::uint64_t resolved = 0;
  std::uint64_t rejected = 0;
  friend bool operator==(const task_counts&, const task_counts&) = default;
};

/// In microseconds; percentiles are of the nearest rank, within 1 % (exact below 256 µs). All zero
/// if `count` is.
struct latency_summary {
  std::uint64_t count = 0;
  std::uint64_t p50 = 0;
  std::uint64_t p95 = 0;
  std::uint64_t p99 = 0;
  std::uint64_t mean = 0;
  std::uint64_t max = 0;
  friend bool operator==(const latency_summary&, const latency_summary&) = default;
};

struct outcome_counts {
  std::uint64_t success = 0;
  std::uint64_t failure = 0;
  std::uint64_t voided = 0;
  std::map<std::string, std::uint64_t> by_cause{}; ///< of failures and voids
  friend bool operator==(const outcome_counts&, const outcome_counts&) = default;
};

struct dispute_counts {
  std::uint64_t opened = 0;
  std::uint64_t ruled = 0;
  std::uint64_t defaulted = 0; ///< ended without a ruling
  friend bool operator==(const dispute_counts&, const dispute_counts&) = default;
};

/// What agents of one strategy earned, less their costs and slashes; may be negative. In µAINU.
struct profit_summary {
  std::uint64_t awards = 0;
  std::int64_t total = 0;
  friend bool operator==(const profit_summary&, const profit_summary&) = default;
};

struct message_counts {
  std::uint64_t calls = 0;      ///< calls for proposals delivered to agents
  std::uint64_t guard_hops = 0; ///< messages between orchestrators and guards
  std::uint64_t bids = 0;
  std::uint64_t total = 0; ///< all messages of the market
  friend bool operator==(const message_counts&, const message_counts&) = default;
};

struct price_summary {
  amount paid_total{};   ///< to agents
  amount budget_total{}; ///< of completed and resolved tasks
  std::uint64_t awards = 0;
  friend bool operator==(const price_summary&, const price_summary&) = default;
};

struct safety_counts {
  std::uint64_t passed = 0;
  std::uint64_t corrected = 0;
  std::map<std::string, std::uint64_t> refused{}; ///< by constraint
  std::uint64_t bypass_attempts = 0;
  friend bool operator==(const safety_counts&, const safety_counts&) = default;
};

/// The ledger at the end of the run.
struct ledger_totals {
  std::uint64_t height = 0;
  amount issuance{};
  std::uint64_t accounts = 0;
  amount escrow{};
  amount stake{};
  amount treasury{};
  bool conserved = true; ///< issuance equals the sum of everything held, at every block
  hash256 state_hash{};
  friend bool operator==(const ledger_totals&, const ledger_totals&) = default;
};

/// One validator at the end of the run.
struct validator_summary {
  std::uint64_t index = 0;
  std::uint64_t height = 0; ///< of the last block that it holds
  hash256 state_hash{};     ///< after that block
  std::uint64_t blocks_proposed = 0;
  std::uint64_t rounds = 0; ///< that it began
  /// "ok"; "behind"; "stopped: " and why; "down"; or the byzantine kind of fault that it ran.
  std::string status = "ok";
  friend bool operator==(const validator_summary&, const validator_summary&) = default;
};

/// How the validators agreed on the ledger's blocks.
struct consensus_summary {
  std::uint64_t validators = 0; ///< 0: a single authority kept the ledger, and nothing is measured
  std::uint64_t honest = 0;     ///< validators that ran no byzantine fault
  std::uint64_t blocks = 0;     ///< agreed on
  std::uint64_t rounds = 0;     ///< of all blocks; as many as blocks if the first always sufficed
  latency_summary finality{};   ///< from the submission of a batch to its final block
  bool agreed = true;           ///< every honest validator that is not behind holds the same state
  std::uint64_t equivocations_found = 0;
  amount slashed_total{}; ///< of the validators' and nominators' stake
  std::uint64_t elections = 0;
  std::uint64_t messages = 0; ///< between validators
  std::vector<validator_summary> views{};
  friend bool operator==(const consensus_summary&, const consensus_summary&) = default;
};

/// One judged expectation.
struct verdict {
  std::string metric{}; ///< with its filters, as written
  std::string rule{};
  double value = 0;
  bool measured = true; ///< false: nothing was observed (a percentile of no tasks); `pass` is false
  bool pass = false;
  friend bool operator==(const verdict&, const verdict&) = default;
};

/// One point of the time series; a task counts where it became final.
struct series_point {
  duration at{}; ///< start of the interval, since the start of the run
  std::uint64_t submitted = 0;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;      ///< refunded, resolved or rejected
  std::uint64_t latency_p50 = 0; ///< total, µs, within 7 %
  std::uint64_t latency_p95 = 0;
  std::uint64_t price_mean = 0; ///< µAINU an award
  std::uint64_t reputation_mean = 0;
  amount escrow{};
  amount stake{};
  amount treasury{};
  amount issuance{};
  std::uint64_t height = 0;
  friend bool operator==(const series_point&, const series_point&) = default;
};

/// The whole result.
struct summary {
  std::string scenario{};
  std::string version{};
  std::uint64_t seed = 0;
  clock_kind clock = clock_kind::virtual_time;
  bool partial = false; ///< interrupted, or its tasks were not final within limits.drain_time
  bool resumed = false; ///< went on with an earlier run, and counts what happened since
  std::string ended_by = "all tasks final";
  task_counts tasks{};
  std::array<latency_summary, stage_count> latency{}; ///< by stage
  outcome_counts outcomes{};
  dispute_counts disputes{};
  std::map<std::string, profit_summary> profit{}; ///< by strategy
  std::map<std::string, std::uint64_t> faults{};  ///< injected, by kind
  message_counts messages{};
  price_summary price{};
  safety_counts safety{};
  ledger_totals ledger{};
  consensus_summary consensus{};
  hash256 trace_hash{};
  std::vector<verdict> expectations{};
  std::vector<series_point> series{};
  std::uint64_t agents = 0;
  double wall_s = 0;
  double virtual_s = 0;
  double peak_rss_mib = 0;
  std::string resolved_scenario{}; ///< canonical TOML, for the manifest

  /// True if every expectation passed.
  [[nodiscard]] bool passed() const noexcept {
    for (const auto& v : expectations)
      if (!v.pass)
        return false;
    return true;
  }

  friend bool operator==(const summary&, const summary&) = default;
};

} // namespace ainur::scenario
