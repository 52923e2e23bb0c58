// Acknowledgements: what a run has told its clients, line by line, each after it became durable.
//
//   {"task":"…","ack":"submitted"}                              the task is open on the ledger
//   {"task":"…","ack":"final","state":"completed","paid":61000}  and this is how it ended
//
// `ack_check` holds them against the events of the ledger: whatever was acknowledged must be there,
// though the process was killed a moment later. Plain values; not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ainur/ledger/event.hpp"
#include "ainur/market/task.hpp"

namespace ainur::orchestration {

inline constexpr std::size_t ack_line_max = 4096;

struct task_ending {
  market::final_state state = market::final_state::completed;
  amount paid;
  friend bool operator==(const task_ending&, const task_ending&) = default;
};

struct acknowledgement {
  task_id task;
  std::optional<task_ending> end; ///< nothing: the submission is acknowledged
  friend bool operator==(const acknowledgement&, const acknowledgement&) = default;
};

/// Without the newline.
[[nodiscard]] std::string to_line(const acknowledgement& a);
/// Errors: `base_errc::malformed`.
[[nodiscard]] result<acknowledgement> ack_from_line(std::string_view line);

class ack_check {
public:
  /// An event of the ledger, in order.
  void see(const ledger::event::any& event);
  /// True if the ledger holds what was acknowledged. Errors: `base_errc::not_found`, saying what
  /// the ledger has instead.
  [[nodiscard]] result<void> check(const acknowledgement& a) const;

  [[nodiscard]] std::uint64_t opened() const noexcept { return tasks_.size(); }

  [[nodiscard]] std::uint64_t ended() const noexcept { return ended_; }

private:
  std::unordered_map<task_id, std::optional<task_ending>> tasks_; ///< opened
  std::uint64_t ended_ = 0;
};

} // namespace ainur::orchestration
