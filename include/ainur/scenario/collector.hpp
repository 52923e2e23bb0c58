// Gathers what happened in a run into its summary. It is fed with typed observations, each with the
// time at which it happened, and keeps counters and integer histograms only, so its memory does not
// grow with the run. Expectations with filters, windows or a warm-up get counters of their own,
// known from the start. Not thread-safe: one collector belongs to one actor.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ainur/base/time.hpp"
#include "ainur/scenario/config.hpp"
#include "ainur/scenario/summary.hpp"

namespace ainur::scenario {

/// What expectations can filter by. `capability` is an index into the names given to the collector,
/// `population` one into config::populations; nothing where it does not apply (a task never awarded
/// has no strategy).
struct labels {
  std::optional<std::uint32_t> capability{};
  std::optional<std::uint16_t> population{};
  std::optional<bidding_strategy> strategy{};
};

/// A task was submitted by its client.
struct task_submitted {
  instant at{};
  labels who{};
};

/// A task reached its final state. Labels: of its (first) award.
struct task_final {
  instant submitted{};
  instant at{};
  final_state state = final_state::completed;
  labels who{};
  std::array<std::optional<duration>, stage_count> stages{}; ///< those that it went through
  amount paid{};                                             ///< to agents, over all its subtasks
  amount budget{};
};

/// An award ended.
struct award_ended {
  instant submitted{}; ///< of its task
  instant at{};
  award_outcome outcome = award_outcome::success;
  std::string_view cause{}; ///< of a failure or void: "late", "gave_up", "lost_orchestrator", ...
  labels who{};
  amount price{};
  std::int64_t profit = 0; ///< of the agent, µAINU: price − cost, less slash and cost if it failed
};

/// Messages since the last observation of this kind.
struct messages_sent {
  instant at{};
  message_counts counts{};
};

enum class safety_result : std::uint8_t { passed, corrected, refused, bypass, max_value = bypass };

/// A guard judged an action, or (bypass) an orchestrator ignored one that came past its guard.
struct safety_judged {
  instant at{};
  safety_result verdict = safety_result::passed;
  std::string_view constraint{}; ///< of refused and corrected
  labels who{};
  std::uint64_t count = 1; ///< so many judgements alike
};

struct fault_injected {
  instant at{};
  fault_kind kind = fault_kind::kill;
  std::uint64_t targets = 1;
};

enum class dispute_step : std::uint8_t { opened, ruled, defaulted, max_value = defaulted };

struct dispute_changed {
  instant at{};
  dispute_step step = dispute_step::opened;
  labels who{};
};

/// The ledger as of a block; the last one ends in the summary. Between, feed about one for each
/// point of the time series.
struct ledger_observed {
  instant at{};
  ledger_totals totals{};
  std::uint64_t reputation_mean = 0; ///< over bonded agents
};

/// What only the caller knows about the end of the run.
struct run_facts {
  instant end{};
  std::uint64_t agents = 0;
  hash256 trace_hash{};
  double wall_s = 0;
  double peak_rss_mib = 0;
  bool partial = false;
  bool resumed = false;
  bool nothing_left = false; ///< of a resumed run: it was over, and there is nothing to judge
  std::string ended_by = "all tasks final";
  std::string version{};
};

class collector {
public:
  /// `capabilities`: their names, by index. `expected_end` sizes the time series, and may be wrong.
  collector(const config& scenario, std::vector<std::string> capabilities, duration expected_end);
  ~collector();
  collector(collector&&) noexcept;
  collector& operator=(collector&&) noexcept;

  void add(const task_submitted& x);
  void add(const task_final& x);
  void add(const award_ended& x);
  void add(const messages_sent& x);
  void add(const safety_judged& x);
  void add(const fault_injected& x);
  void add(const dispute_changed& x);
  void add(const ledger_observed& x);
  /// What the validators came to, over the whole run; a later one replaces it. Without it a single
  /// authority kept the ledger.
  void set(consensus_summary x);

  /// Counts so far; for progress.
  [[nodiscard]] const task_counts& tasks() const noexcept;
  /// The summary, with every expectation judged. Can be called more than once.
  [[nodiscard]] summary finish(const run_facts& facts) const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace ainur::scenario
