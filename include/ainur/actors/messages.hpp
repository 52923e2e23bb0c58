// The messages between the actors of a market that never leave the process. What must be proven to
// a third party is not here: that travels as signed records (ledger/batch.hpp, crypto/signed.hpp).
// Messages are batched where a handler makes several for the same actor.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ainur/actors/interfaces.hpp"
#include "ainur/consensus/misdeeds.hpp"
#include "ainur/consensus/node_message.hpp"
#include "ainur/discovery/directory.hpp"
#include "ainur/ledger/authority.hpp"
#include "ainur/market/bid.hpp"
#include "ainur/orchestration/intake.hpp"
#include "ainur/orchestration/orchestrator.hpp"
#include "ainur/orchestration/worker.hpp"
#include "ainur/scenario/histogram.hpp"

namespace ainur::msg {

/// A timer of the receiver's own; a stale one has another number.
struct tick {
  std::uint64_t number = 0;
};

// -- ledger

/// Calls for the next block; answered in a published block.
struct ledger_calls {
  std::uint32_t who = 0;
  std::vector<orchestration::outputs::request> calls;
};

/// A durable block.
struct block {
  std::shared_ptr<const ledger::published> content;
};

/// How the ledger sees these tasks; answered by `task_views` to the sender.
struct ask_views {
  std::vector<task_id> tasks;
  orchestrator_actor to;
};

struct task_views {
  std::vector<std::pair<task_id, std::optional<ledger::task_view>>> views;
};

struct ask_totals {};

/// Copies of accounts; none where there is no such account.
struct ask_accounts {
  std::vector<account_id> accounts;
  /// As of this checkpoint; `base_errc::not_found` if it is not kept. None: now.
  std::optional<std::uint64_t> height;
};

/// Signed batches of others. Answered once their block is durable, or by `errc::block_full` for
/// those for which there is no room now: offer them again, later.
struct submit_batches {
  std::vector<ledger::signed_batch> batches;
};

/// One for each batch, in their order.
struct batch_receipts {
  std::vector<ledger::batch_receipt> receipts;
  std::vector<std::uint64_t> heights; ///< of the block that answers the batch; 0: none does
};

/// The blocks after this height: the height of the last one that the asker has done with, which it
/// keeps where it keeps its own results. Answered at once if there are any, else with the next.
struct ask_blocks {
  std::uint64_t after = 0;
};

/// In order, without a gap. Empty only while the ledger starts: ask again.
struct blocks_after {
  std::vector<std::shared_ptr<const ledger::published>> blocks;
};

/// Batches whose signatures a checker is to look at, for the ledger.
struct check_signatures {
  std::uint64_t number = 0; ///< the ledger's own
  std::size_t first = 0;    ///< place of the first of them in what was submitted
  std::vector<ledger::signed_batch> batches;
};

struct signatures_checked {
  std::uint64_t number = 0;
  std::size_t first = 0;
  std::vector<ledger::checked_batch> batches;
};

struct account_views {
  std::vector<std::optional<ledger::account_view>> views;
};

struct totals {
  std::uint64_t height = 0;
  timestamp time{};
  ledger::totals_view sums;
  bool conserved = false;
  std::uint64_t escrows_overdue = 0;
  hash256 state_hash;
  hash256 block_hash;
};

// -- validators

/// From another node, by its place in the address book.
struct node_mail {
  std::uint32_t from = 0;
  std::shared_ptr<const consensus::node_message> what;
};

/// Something befalls a validator, until the time given.
struct node_fault {
  enum class kind_type : std::uint8_t { misbehaves, clock_skew, slow_disk, down };
  kind_type kind = kind_type::down;
  consensus::behaviour behaviour = consensus::behaviour::silent; ///< misbehaves
  duration by{};                                                 ///< clock_skew, slow_disk
  instant until{};
};

struct ask_node {};

/// What a market sees of the validators' work.
struct consensus_figures {
  scenario::histogram finality_us; ///< from a batch's submission to its durable block
  std::uint64_t equivocations = 0; ///< validators that were reported for them
  std::uint64_t elections = 0;
  amount slashed; ///< of stake, though it may be taken later
};

/// Where a node stands. The state is that of its newest block.
struct node_view {
  std::uint32_t place = 0;
  bool is_up = false;
  std::uint64_t height = 0;
  hash256 state_hash;
  hash256 block_hash;
  bool conserved = false;
  std::uint64_t blocks_made = 0;
  std::uint64_t rounds = 0;
  std::uint64_t messages = 0;                       ///< sent
  std::string stopped;                              ///< why, if it has stopped itself
  std::string misbehaved;                           ///< the last rule it was told to break
  std::shared_ptr<const consensus_figures> figures; ///< of the node that follows for a market
};

// -- shard

struct listed_agent {
  account_id agent;
  account_id controller;
  std::uint32_t slot = 0;
  std::uint32_t capabilities = 0; ///< index into list_agents::capability_sets
  std::uint16_t reputation = 0;
  bool bonded = false;
};

/// The agents of a group, and the guard that alone may speak for them.
struct list_agents {
  std::uint32_t guard = 0;
  guard_actor handle;
  std::shared_ptr<const std::vector<std::vector<std::string>>> capability_sets;
  std::vector<listed_agent> agents;
};

/// A group went down; its guard and agents are gone until they are listed again.
struct group_lost {
  std::uint32_t guard = 0;
};

/// Answered once so many agents of the guard are listed and everybody who wants them was told.
struct ask_listed {
  std::uint32_t guard = 0;
  std::size_t agents = 0;
};

struct want_agents {
  std::uint32_t orchestrator = 0;
  std::string capability;
};

struct agents_of_capability {
  discovery::snapshot_ptr agents;
};

/// Guards that orchestrators may send to, and take actions from.
struct guards_known {
  std::vector<std::pair<std::uint32_t, guard_actor>> guards;
  bool shard_restarted = false; ///< the shard knows nobody: say that you are here
};

struct orchestrator_here {
  std::uint32_t number = 0;
  orchestrator_actor handle;
};

/// New standing of an agent, from the reputation projection.
struct standing {
  account_id agent;
  std::uint16_t reputation = 0;
  bool bonded = false;
  amount stake;
  std::uint32_t slot = 0; ///< at its guard; filled in by the shard
};

struct standings {
  std::vector<standing> changes;
};

/// The capability of an award, for the reputation projection.
struct awarded_for {
  task_id task;
  std::uint16_t subtask = 0;
  std::string capability;
};

// -- orchestrator

struct hand_task {
  orchestration::submission what;
  bool adopt = false;
};

struct cancel_task {
  task_id task;
};

/// The gathered answers of one guard to one call.
struct gathered_bids {
  std::uint32_t guard = 0;
  market::call_number call = 0;
  std::uint32_t answered = 0; ///< agents that bid, declined or were refused
  std::vector<orchestration::guarded_bid> bids;
};

struct delivered {
  std::uint32_t guard = 0;
  market::delivery what;
};

/// A bid that came past the guard: counted, never taken.
struct bypassing_bid {
  account_id agent;
  market::call_number call = 0;
};

struct judged {
  task_id task;
  std::uint16_t subtask = 0;
  bool good = false;
};

// -- guard

struct call_agents {
  std::shared_ptr<const market::call_for_proposals> call;
  std::vector<std::uint32_t> slots;
  orchestrator_actor orchestrator;
};

struct close_call {
  orchestration::outputs::closing what;
};

struct give_award {
  std::uint32_t slot = 0;
  market::award award;
  orchestrator_actor orchestrator;
};

struct settle_awards {
  orchestration::outputs::settling what;
};

/// An agent's answer to a price request; no offer: it does not want the work.
struct offered {
  std::uint32_t slot = 0;
  market::call_number call = 0;
  std::optional<orchestration::offer> offer;
};

struct work_done {
  std::uint32_t slot = 0;
  market::delivery what;
  orchestrator_actor orchestrator;
};

struct heartbeat {
  std::uint32_t slot = 0;
  market::call_number call = 0;
};

/// (Re)started agents of the group.
struct attach_agents {
  std::vector<std::pair<std::uint32_t, agent_actor>> agents;
};

// -- agent

struct price_request {
  std::shared_ptr<const market::call_for_proposals> call;
};

struct take_award {
  market::award award;
  orchestrator_actor orchestrator;
};

struct stop_work {
  market::call_number call = 0;
};

struct lost_call {
  market::call_number call = 0;
};

struct settled {
  orchestration::outputs::settling::line what;
};

struct new_guard {
  guard_actor guard;
};

struct work_over {
  market::call_number call = 0;
};

/// A blocking or asynchronous skill has its result.
struct skill_answered {
  market::call_number call = 0;
  std::optional<bytes> content; ///< none: it failed
};

struct beat {
  market::call_number call = 0;
};

/// Misbehaviour until the times given.
struct misbehave {
  orchestration::misbehaviour until;
  orchestrator_actor bypass_to; ///< whom to bother past the guard
};

// -- node and those who watch

struct submit_task {
  orchestration::submission what;
  std::uint64_t request = 0;
};

struct tasks_ended {
  std::uint32_t orchestrator = 0;
  std::vector<orchestration::task_end> ends;
};

/// To the runtime: a client's wishes, handed on to the node; again until they are heard.
struct host_submits {
  orchestration::submission what;
  std::uint64_t request = 0;
};

/// Something was started again.
struct host_restarted {
  std::string role;
  account_id agent; ///< none: it is no agent
};

/// For the record of a run: tasks whose orchestrator was lost, and who has them now.
struct tasks_moved {
  struct move {
    task_id task;
    std::uint32_t from = 0;
    std::uint32_t to = 0;
  };

  std::vector<move> moves;
  instant at{};
};

/// Final and durable, or refused at the door.
struct task_news {
  std::vector<orchestration::task_end> ends;
};

struct ask_status {
  task_id task;
};

struct orchestrator_lost {
  std::uint32_t number = 0;
};

/// A client submitted a task; for the record of a run.
struct task_submitted {
  orchestration::task_ptr task;
  std::uint64_t request = 0;
  instant at{};
};

/// A fault was injected; kind and target as in room scenario.
struct fault_seen {
  std::uint8_t kind = 0;
  std::uint8_t target = 0;
  std::vector<std::uint32_t> hit; ///< indices of the targets
  instant at{};
};

struct bypass_seen {
  account_id agent;
  instant at{};
};

struct flush_report {};

/// What a run's recorder is told; batches from orchestrators and guards.
struct recorded_notes {
  std::vector<orchestration::outputs::note> notes;
  instant at{};
};

struct guard_report {
  std::uint64_t calls = 0; ///< price requests delivered to agents
  std::uint64_t bids = 0;
  std::uint64_t hops = 0; ///< messages between orchestrators and the guard

  struct verdict {
    account_id agent;
    bool corrected = false; ///< else refused
    std::string constraint;
    task_id task;
    std::uint16_t subtask = 0;
    market::call_number call = 0;
    amount asked_price; ///< by the agent
    duration asked_work{};
    amount price; ///< as sent, if it was
    duration work{};
    instant at{};
  };

  std::uint64_t passed = 0;
  std::vector<verdict> verdicts; ///< corrected and refused
  instant at{};
};

} // namespace ainur::msg

AINUR_LOCAL_MESSAGE(ainur::msg::fault_seen)
AINUR_LOCAL_MESSAGE(ainur::msg::task_submitted)
AINUR_LOCAL_MESSAGE(ainur::msg::tick)
AINUR_LOCAL_MESSAGE(ainur::msg::ledger_calls)
AINUR_LOCAL_MESSAGE(ainur::msg::block)
AINUR_LOCAL_MESSAGE(ainur::msg::ask_views)
AINUR_LOCAL_MESSAGE(ainur::msg::task_views)
AINUR_LOCAL_MESSAGE(ainur::msg::ask_totals)
AINUR_LOCAL_MESSAGE(ainur::msg::totals)
AINUR_LOCAL_MESSAGE(ainur::msg::ask_accounts)
AINUR_LOCAL_MESSAGE(ainur::msg::account_views)
AINUR_LOCAL_MESSAGE(ainur::msg::submit_batches)
AINUR_LOCAL_MESSAGE(ainur::msg::batch_receipts)
AINUR_LOCAL_MESSAGE(ainur::msg::ask_blocks)
AINUR_LOCAL_MESSAGE(ainur::msg::blocks_after)
AINUR_LOCAL_MESSAGE(ainur::msg::check_signatures)
AINUR_LOCAL_MESSAGE(ainur::msg::signatures_checked)
AINUR_LOCAL_MESSAGE(ainur::msg::ask_listed)
AINUR_LOCAL_MESSAGE(ainur::msg::host_submits)
AINUR_LOCAL_MESSAGE(ainur::msg::host_restarted)
AINUR_LOCAL_MESSAGE(ainur::msg::list_agents)
AINUR_LOCAL_MESSAGE(ainur::msg::group_lost)
AINUR_LOCAL_MESSAGE(ainur::msg::want_agents)
AINUR_LOCAL_MESSAGE(ainur::msg::agents_of_capability)
AINUR_LOCAL_MESSAGE(ainur::msg::guards_known)
AINUR_LOCAL_MESSAGE(ainur::msg::orchestrator_here)
AINUR_LOCAL_MESSAGE(ainur::msg::standings)
AINUR_LOCAL_MESSAGE(ainur::msg::awarded_for)
AINUR_LOCAL_MESSAGE(ainur::msg::hand_task)
AINUR_LOCAL_MESSAGE(ainur::msg::cancel_task)
AINUR_LOCAL_MESSAGE(ainur::msg::gathered_bids)
AINUR_LOCAL_MESSAGE(ainur::msg::delivered)
AINUR_LOCAL_MESSAGE(ainur::msg::bypassing_bid)
AINUR_LOCAL_MESSAGE(ainur::msg::judged)
AINUR_LOCAL_MESSAGE(ainur::msg::call_agents)
AINUR_LOCAL_MESSAGE(ainur::msg::close_call)
AINUR_LOCAL_MESSAGE(ainur::msg::give_award)
AINUR_LOCAL_MESSAGE(ainur::msg::settle_awards)
AINUR_LOCAL_MESSAGE(ainur::msg::offered)
AINUR_LOCAL_MESSAGE(ainur::msg::work_done)
AINUR_LOCAL_MESSAGE(ainur::msg::heartbeat)
AINUR_LOCAL_MESSAGE(ainur::msg::attach_agents)
AINUR_LOCAL_MESSAGE(ainur::msg::price_request)
AINUR_LOCAL_MESSAGE(ainur::msg::take_award)
AINUR_LOCAL_MESSAGE(ainur::msg::stop_work)
AINUR_LOCAL_MESSAGE(ainur::msg::lost_call)
AINUR_LOCAL_MESSAGE(ainur::msg::settled)
AINUR_LOCAL_MESSAGE(ainur::msg::new_guard)
AINUR_LOCAL_MESSAGE(ainur::msg::work_over)
AINUR_LOCAL_MESSAGE(ainur::msg::skill_answered)
AINUR_LOCAL_MESSAGE(ainur::msg::beat)
AINUR_LOCAL_MESSAGE(ainur::msg::misbehave)
AINUR_LOCAL_MESSAGE(ainur::msg::submit_task)
AINUR_LOCAL_MESSAGE(ainur::msg::tasks_ended)
AINUR_LOCAL_MESSAGE(ainur::msg::tasks_moved)
AINUR_LOCAL_MESSAGE(ainur::msg::task_news)
AINUR_LOCAL_MESSAGE(ainur::msg::ask_status)
AINUR_LOCAL_MESSAGE(ainur::msg::orchestrator_lost)
AINUR_LOCAL_MESSAGE(ainur::msg::node_mail)
AINUR_LOCAL_MESSAGE(ainur::msg::node_fault)
AINUR_LOCAL_MESSAGE(ainur::msg::ask_node)
AINUR_LOCAL_MESSAGE(ainur::msg::node_view)
AINUR_LOCAL_MESSAGE(ainur::msg::bypass_seen)
AINUR_LOCAL_MESSAGE(ainur::msg::flush_report)
AINUR_LOCAL_MESSAGE(ainur::msg::recorded_notes)
AINUR_LOCAL_MESSAGE(ainur::msg::guard_report)
AINUR_LOCAL_MESSAGE(ainur::orchestration::task_status)
