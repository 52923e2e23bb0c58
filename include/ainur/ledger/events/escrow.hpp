// Events of tasks, from submission to settlement and dispute.
#pragma once

#include <cstdint>
#include <vector>

#include "ainur/ledger/calls/escrow.hpp"

namespace ainur::ledger {

enum class outcome_kind : std::uint8_t { success, failure, void_, max_value = void_ };

/// Why an award ended.
enum class outcome_cause : std::uint8_t {
  released,          ///< success: by the payer or for it
  review_over,       ///< success: nobody objected
  paid_at_result,    ///< success: the task pays when the result is posted
  ruled_for_agent,   ///< success
  no_result,         ///< failure: nothing posted by finish_by
  given_up,          ///< failure: by the agent
  ruled_for_payer,   ///< failure
  cancelled,         ///< void: by the payer
  lost_orchestrator, ///< void
  lost_supervisor,   ///< void
  failed_upstream,   ///< void
  arbiters_silent,   ///< void: no ruling after the redraw; half-half
  stream_stopped,    ///< success: by the payer or for it, after something had flowed
  stream_finished,   ///< success: it flowed until finish_by
  stream_dry,        ///< success: its deposit was used up and not topped up in time
  max_value = stream_dry,
};

/// The end of a task that was opened.
enum class task_end : std::uint8_t {
  completed, ///< at least one award, and the last of every subtask succeeded without a dispute
  refunded,  ///< nothing awarded, or an award failed or was void
  resolved,  ///< at least one award went through a dispute
  max_value = resolved,
};

namespace event {

struct task_opened {
  task_id task;
  account_id payer;
  account_id host;
  amount budget;
  amount fee; ///< reserved beside the budget
  AINUR_FIELDS(task_opened, task, payer, host, budget, fee)
};

struct awarded {
  task_id task;
  std::uint16_t subtask = 0;
  account_id agent;
  account_id payer;
  amount price;
  timestamp finish_by{};
  std::uint16_t parts = 1; ///< in which the price is paid
  amount rate;             ///< of a stream, a second; else zero
  AINUR_FIELDS(awarded, task, subtask, agent, payer, price, finish_by, parts, rate)
};

struct result_posted {
  task_id task;
  std::uint16_t subtask = 0;
  account_id agent;
  hash256 result;
  timestamp review_until{};
  std::uint16_t part = 0;
  AINUR_FIELDS(result_posted, task, subtask, agent, result, review_until, part)
};

/// The end of an award, with what it did to money, reputation and stake.
struct outcome {
  task_id task;
  std::uint16_t subtask = 0;
  account_id agent;
  account_id payer;
  outcome_kind kind = outcome_kind::success;
  outcome_cause cause = outcome_cause::released;
  amount price;   ///< as awarded; with what topped a stream up
  amount paid;    ///< to the agent, with what was paid before the end
  amount fee;     ///< taken on top of `paid`
  amount slashed; ///< from the agent's stake for this failure
  std::uint16_t score_before = 0;
  std::uint16_t score_after = 0;
  bool gain_limited =
      false;             ///< a success that gave nothing: same controller, or too many in the era
  std::uint64_t era = 0; ///< unless void, decay counts from here
  AINUR_FIELDS(outcome, task, subtask, agent, payer, kind, cause, price, paid, fee, slashed,
               score_before, score_after, gain_limited, era)
};

/// A part of an award was paid and the next one begins. The last part ends the award (`outcome`).
struct part_released {
  task_id task;
  std::uint16_t subtask = 0;
  account_id agent;
  account_id payer;
  std::uint16_t part = 0; ///< the one that was paid
  outcome_cause cause = outcome_cause::released;
  amount paid;           ///< for this part
  amount fee;            ///< taken on top of it
  timestamp finish_by{}; ///< of the last part: later by the time this one was in others' hands
  AINUR_FIELDS(part_released, task, subtask, agent, payer, part, cause, paid, fee, finish_by)
};

/// What had flowed was paid, before the end of the stream.
struct stream_drawn {
  task_id task;
  std::uint16_t subtask = 0;
  account_id agent;
  amount paid; ///< now
  amount fee;  ///< taken on top of it
  amount paid_so_far;
  AINUR_FIELDS(stream_drawn, task, subtask, agent, paid, fee, paid_so_far)
};

struct stream_topped_up {
  task_id task;
  std::uint16_t subtask = 0;
  account_id payer;
  amount deposit; ///< in all
  amount added;
  amount fee; ///< reserved on top of `added`
  AINUR_FIELDS(stream_topped_up, task, subtask, payer, deposit, added, fee)
};

/// The deposit is used up: nothing flows until the payer tops it up.
struct stream_overdrawn {
  task_id task;
  std::uint16_t subtask = 0;
  account_id agent;
  account_id payer;
  timestamp top_up_until{};
  AINUR_FIELDS(stream_overdrawn, task, subtask, agent, payer, top_up_until)
};

/// What was not awarded is free again.
struct budget_freed {
  task_id task;
  account_id payer;
  amount value; ///< budget and fee
  AINUR_FIELDS(budget_freed, task, payer, value)
};

/// Exactly once for each opened task.
struct task_final {
  task_id task;
  account_id payer;
  task_end final_state = task_end::completed;
  amount paid; ///< to agents, over all subtasks and attempts
  AINUR_FIELDS(task_final, task, payer, final_state, paid)
};

/// A dispute has arbiters: when it is opened (round 1) and when they are drawn again (round 2).
struct arbiters_drawn {
  task_id task;
  std::uint16_t subtask = 0;
  account_id payer;
  account_id agent;
  std::uint8_t round = 1;
  amount bond; ///< of the payer
  std::vector<account_id> arbiters;
  timestamp vote_until{};
  AINUR_FIELDS(arbiters_drawn, task, subtask, payer, agent, round, bond, arbiters, vote_until)
};

struct dispute_voted {
  task_id task;
  std::uint16_t subtask = 0;
  account_id arbiter;
  bool for_agent = false;
  AINUR_FIELDS(dispute_voted, task, subtask, arbiter, for_agent)
};

struct dispute_ruled {
  task_id task;
  std::uint16_t subtask = 0;
  bool for_agent = false;
  amount arbiters_paid;
  AINUR_FIELDS(dispute_ruled, task, subtask, for_agent, arbiters_paid)
};

/// No ruling after the redraw: half-half.
struct dispute_defaulted {
  task_id task;
  std::uint16_t subtask = 0;
  AINUR_FIELDS(dispute_defaulted, task, subtask)
};

} // namespace event
} // namespace ainur::ledger
