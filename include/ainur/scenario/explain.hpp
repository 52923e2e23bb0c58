// One task's life, told from the event trace of a saved run: who was asked, who bid what, who won
// at which price and why, and what happened then.
//
// A trace is read line by line, twice: `task_index` learns which tasks there are and which of them
// a text names, then a `story` gathers the steps of that one. A trace of any length so takes memory
// for its tasks only. `explain_task` does all of it for a folder. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "ainur/base/error.hpp"
#include "ainur/scenario/trace.hpp"

namespace ainur::scenario {

/// Of a line of a trace; longer ones are refused.
inline constexpr std::size_t trace_line_max = 64u << 20;

namespace trace {
struct timed_event {
  instant at{};
  event what{};
  friend bool operator==(const timed_event&, const timed_event&) = default;
};

/// Reads what `to_json_line` wrote. Errors: `invalid_run`, saying what is wrong with the line.
[[nodiscard]] result<timed_event> from_json_line(std::string_view line);

/// Where the trace in a file ends.
struct file_end {
  instant at{};         ///< of the last event that is there in full
  bool in_line = false; ///< the last line was cut short
  friend bool operator==(const file_end&, const file_end&) = default;
};

/// Nothing if the file is not there, or empty. Errors: `invalid_run` if it does not end as a trace
/// does; `base_errc::io`.
[[nodiscard]] result<std::optional<file_end>> end_of_file(const std::string& path);
} // namespace trace

/// The tasks of a trace.
class task_index {
public:
  /// The next line. Only what belongs to tasks is read in full. Errors: `invalid_run`.
  [[nodiscard]] result<void> add(std::string_view line);

  /// The task that `text` names: its id in hexadecimal, the beginning of it that no other has, or
  /// its number in the order of submission ("#17", or "17" if there are so many). Errors:
  /// `base_errc::not_found`, with the nearest ids; `base_errc::malformed` if several begin so, with
  /// the first of them.
  [[nodiscard]] result<task_id> find(std::string_view text) const;

  /// From 1; 0 for a task submitted before the trace began.
  [[nodiscard]] std::uint64_t number_of(const task_id& task) const;

  [[nodiscard]] std::size_t count() const noexcept { return seen_.size(); }

private:
  [[nodiscard]] std::vector<task_id> sorted() const;
  std::vector<task_id> submitted_;
  std::unordered_set<task_id> seen_; ///< also those that were submitted before
};

/// The populations of a run: name and number of agents, in their order.
using population_sizes = std::vector<std::pair<std::string, std::uint64_t>>;

/// The steps of one task, in the order in which they happened. With them, while it is under way,
/// the restarts of the actors that serve it: the ledger and the node, its orchestrator, and the
/// agents that are asked or work, with their guards.
class story {
public:
  /// `group_size`: agents a guard; 0 if it is not known, and restarts of guards are then left out.
  story(task_id task, std::uint64_t number, population_sizes populations,
        std::uint64_t group_size = 0);

  /// The next line of the trace; others' are passed over. Errors: `invalid_run`.
  [[nodiscard]] result<void> add(std::string_view line);

  [[nodiscard]] const std::vector<trace::timed_event>& steps() const noexcept { return steps_; }

  /// For people: a head, a line each step with its time, and how it ended.
  [[nodiscard]] std::string text() const;
  /// One object: the task, its end, and the steps as in the trace, each with its sentence.
  [[nodiscard]] std::string json() const;

private:
  [[nodiscard]] std::string agent(std::uint32_t index) const;
  [[nodiscard]] std::string sentence(const trace::event& e) const;
  [[nodiscard]] std::string part(std::uint16_t subtask) const;
  [[nodiscard]] std::string actor(const std::string& name) const;
  [[nodiscard]] std::string ending() const;
  [[nodiscard]] bool is_served_by(std::string_view actor) const;
  void follow(const trace::event& e);
  task_id task_;
  std::uint64_t number_;
  population_sizes populations_;
  std::uint64_t group_size_;
  std::string mark_; ///< how a line of this task names it
  std::optional<std::uint32_t> orchestrator_;
  std::map<std::uint16_t, std::set<std::uint32_t>> agents_; ///< asked or at work, by subtask
  std::vector<trace::timed_event> steps_;
  std::optional<trace::submitted> head_;
  std::optional<trace::finished> end_;
};

/// The story of a task of the run that `ainur run --out` wrote into `folder`. Errors: `no_file`,
/// `too_large`; `invalid_run` with file and line; those of `task_index::find`.
[[nodiscard]] result<story> explain_task(const std::string& folder, std::string_view task);

} // namespace ainur::scenario
