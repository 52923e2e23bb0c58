// Calls on tasks: submission, award, result, settlement and dispute.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ainur/base/amount.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"

namespace ainur::ledger {

/// Submission: reserves budget and fee of a task. Idempotent by task id: the same call again
/// succeeds and changes nothing; another call under the same id fails.
struct open_task {
  task_id task;
  amount budget;
  /// A bonded orchestrator of this host may award the task.
  account_id host;
  /// BLAKE2b-256 of the canonical task, so that what was asked can be proven.
  hash256 description;
  timestamp award_by{}; ///< what is not awarded by then is freed
  timestamp deadline{}; ///< no award may finish later
  std::uint16_t subtasks = 1;
  std::uint16_t reputation_min = 0; ///< of the agents; 0 also admits unbonded agents
  bool paid_at_result = false; ///< pays when the result is posted, without review (exposure counts)
  AINUR_FIELDS(open_task, task, budget, host, description, award_by, deadline, subtasks,
               reputation_min, paid_at_result)
};

/// One subtask given to one agent at one price, which is paid in one of three ways: whole (neither
/// `parts` nor `rate`), in parts (each with a result and a review of its own), or by the time that
/// passes (a *stream*, which the payer may stop at any time).
struct award_line {
  std::uint16_t subtask = 0;
  account_id agent;
  amount price;
  duration
      work{};  ///< the bid's duration: finish_by = award block's time + work, at most the deadline
  hash256 bid; ///< the winning bid, as in its receipt
  /// The signature over the bid by the agent's key (its host's, if it is hosted); see
  /// signature.hpp. Needed unless the batch's signer hosts the agent.
  std::optional<byte_array<64>> agent_signature;
  /// Shows that the signer hosts an agent that has never acted on the ledger:
  /// hosted_account(signer, agent_index) == agent. Not needed once it has (it bonded, say).
  std::optional<std::uint64_t> agent_index;
  std::vector<amount> parts; ///< none, or 2 .. 64 parts above zero whose sum is the price
  amount rate; ///< of a stream, a second: it flows from the award's block; `price` is the deposit
  /// The version of the key that made `agent_signature`, if the agent has named one.
  std::optional<std::uint32_t> agent_key_version{};
  AINUR_FIELDS(award_line, subtask, agent, price, work, bid, agent_signature, agent_index, parts,
               rate, agent_key_version)
};

/// Origin: the task's host or an orchestrator that it hosts, bonded. Shrinks the escrow to the
/// prices; with `last` the rest of the budget is free at once.
struct award_task {
  task_id task;
  std::vector<award_line> lines;
  hash256 bids_root; ///< over all receipted bids, so that the award can be derived again
  bool last = true;
  AINUR_FIELDS(award_task, task, lines, bids_root, last)
};

/// Origin: the agent. The salted hash of its result, by finish_by. Of an award in parts: of the
/// part it works on; the next part begins when this one is released. The same result again
/// succeeds and changes nothing.
struct post_result {
  task_id task;
  std::uint16_t subtask = 0;
  hash256 result;
  std::uint16_t part = 0; ///< 0 .. 63; 0 if the price is whole
  AINUR_FIELDS(post_result, task, subtask, result, part)
};

/// Origin: the agent gives its award up: a failure. Of a stream: what has flowed is paid; a failure
/// too, unless the stream is overdrawn. Again: succeeds and changes nothing.
struct give_up {
  task_id task;
  std::uint16_t subtask = 0;
  AINUR_FIELDS(give_up, task, subtask)
};

/// Origin: the payer (or for it the task's host or one of its orchestrators, never the agent
/// itself) at any time after the result; any account once the review window is over. Pays the
/// agent, the whole price or the part under review. Again: succeeds and changes nothing.
struct release {
  task_id task;
  std::uint16_t subtask = 0;
  std::uint16_t part = 0; ///< as in post_result
  AINUR_FIELDS(release, task, subtask, part)
};

/// Why an award ended without anyone's fault.
enum class void_cause : std::uint8_t {
  cancelled,         ///< by the payer
  lost_orchestrator, ///< killed while the task was in its hands
  lost_supervisor,   ///< the agent's supervisor or shard is gone
  failed_upstream,   ///< a subtask that this one needs failed
  arbiters_silent,   ///< a dispute without a ruling after the redraw
  max_value = arbiters_silent,
};

/// Origin: the payer, the host or its orchestrators, before a result is posted. Refunds what is not
/// paid yet; no reputation and no stake moves. A stream cannot be `cancelled`: it is stopped.
/// Again: succeeds and changes nothing.
struct void_award {
  task_id task;
  std::uint16_t subtask = 0;
  void_cause cause = void_cause::cancelled;
  AINUR_FIELDS(void_award, task, subtask, cause)
};

/// Origin: the payer, the host or its orchestrators. Ends what is not awarded: its budget is free.
/// Again: succeeds and changes nothing.
struct close_task {
  task_id task;
  AINUR_FIELDS(close_task, task)
};

/// Origin: the payer, within the review window after the result. Locks a bond of 10 % of the price
/// (of the part under review) and draws three arbiters. Again, before the award has gone on:
/// succeeds and changes nothing.
struct open_dispute {
  task_id task;
  std::uint16_t subtask = 0;
  std::uint16_t part = 0; ///< as in post_result
  AINUR_FIELDS(open_dispute, task, subtask, part)
};

/// Origin: a drawn arbiter, within the arbitration window. The same vote again succeeds and changes
/// nothing.
struct vote_dispute {
  task_id task;
  std::uint16_t subtask = 0;
  bool for_agent = false;
  std::uint16_t part = 0; ///< as in post_result
  AINUR_FIELDS(vote_dispute, task, subtask, for_agent, part)
};

/// Origin: any account. Pays the agent what of a stream has flowed and is not paid yet, which may
/// be nothing.
struct draw_stream {
  task_id task;
  std::uint16_t subtask = 0;
  AINUR_FIELDS(draw_stream, task, subtask)
};

/// Origin: the payer. Raises the deposit of a stream to `deposit`, with its fee; one that is at
/// least so large stays, so that the same call again changes nothing. An overdrawn stream flows on
/// from this block. The agent's probation and exposure limit the deposit as they limit a price.
struct top_up_stream {
  task_id task;
  std::uint16_t subtask = 0;
  amount deposit; ///< in all, with what has been paid of it
  AINUR_FIELDS(top_up_stream, task, subtask, deposit)
};

/// Origin: the payer (or for it the task's host or one of its orchestrators, never the agent
/// itself). Pays what has flowed and refunds the rest: a success, or void if nothing has flowed.
/// Again: succeeds and changes nothing.
struct stop_stream {
  task_id task;
  std::uint16_t subtask = 0;
  AINUR_FIELDS(stop_stream, task, subtask)
};

} // namespace ainur::ledger
