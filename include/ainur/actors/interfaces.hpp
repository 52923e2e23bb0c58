// The typed interfaces of Ainur's actors: the index of who says what to whom. A sentence a handler.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ainur/actors/caf.hpp"
#include "ainur/base/error.hpp"
#include "ainur/base/time.hpp"
#include "ainur/orchestration/intake.hpp"
#include "ainur/store/group_commit.hpp"
#include "ainur/store/write_set.hpp"
#include "ainur/supervision/policy.hpp"
#include "ainur/supervision/supervisor_core.hpp"

namespace ainur {

// -- supervisor ---------------------------------------------------------------------------------

struct child_spec; // supervisor.hpp

/// A child ended; sent by the hook that watches it.
struct child_exit_notice {
  supervision::child_id id;
  supervision::exit_kind how = supervision::exit_kind::normal;
  caf::error reason;
};

/// A supervisor below is up: all of its children run.
struct child_up_notice {
  supervision::child_id id;
};

/// The supervisor's own timer.
struct supervisor_tick {};

/// Adds and starts one child of its own specification.
struct add_child {
  std::shared_ptr<const child_spec> spec;
};

/// Adds and starts `count` children of the supervisor's template, numbered from `first`.
struct add_children {
  supervision::child_id first;
  std::uint32_t count = 1;
};

struct children_added {
  std::uint32_t started = 0;
  std::vector<std::pair<supervision::child_id, error>> refused;
};

struct find_child {
  supervision::child_id id;
};

struct find_child_by_name {
  std::string name;
};

/// The handle is of this moment: after a restart it is dead, so look up again. Empty while the
/// child is not running.
struct child_found {
  supervision::child_info info;
  caf::actor handle;
};

struct list_children {};

struct child_list {
  std::vector<supervision::child_info> children; ///< in the order of their start
};

/// Ends a child until `restart_child`.
struct terminate_child {
  supervision::child_id id;
};

struct restart_child {
  supervision::child_id id;
};

/// Forgets a child that is not running.
struct remove_child {
  supervision::child_id id;
};

/// Kills a child as a fault would; its policy then decides. For fault injection.
struct kill_child {
  supervision::child_id id;
};

struct done {};

using supervisor_actor = caf::typed_actor<
    // A child ended: the core decides.
    accepts<child_exit_notice>, accepts<child_up_notice>,
    // A back-off or a shutdown time-out may have passed.
    accepts<supervisor_tick>,
    // Answers when the child is up, or with the reason why not.
    answers<child_found, add_child>,
    // Answers when all were told to start.
    answers<children_added, add_children>,
    // Looks a child up.
    answers<child_found, find_child>, answers<child_found, find_child_by_name>,
    answers<child_list, list_children>,
    // Answers when the child is down.
    answers<done, terminate_child>,
    // Answers when the child was told to start.
    answers<done, restart_child>, answers<done, remove_child>,
    // Injects a fault.
    accepts<kill_child>>;

// -- store_writer -------------------------------------------------------------------------------

/// Make this durable. Its sender gets a `write_outcomes`.
struct store_write {
  store::writer_id writer;
  std::uint64_t ticket = 0; ///< the writer's own number; comes back
  store::write_set set;
};

struct write_outcome {
  std::uint64_t ticket = 0;
  std::optional<error> failure; ///< nothing: it is durable
};

/// What became of a writer's sets, in the order in which it gave them; goes to their sender.
struct write_outcomes {
  std::vector<write_outcome> outcomes;
};

/// A writer starts, or starts afresh after a failure.
struct open_writer {
  store::writer_id writer;
};

/// Nothing of the writer's earlier life is pending any more: what the store shows now is what
/// there is. The writer may have this much unanswered at a time.
struct writer_opened {
  std::uint64_t credit_count = 0;
  std::uint64_t credit_bytes = 0;
};

/// The writer's own turn to commit what has gathered.
struct store_flush {};

struct get_store_figures {};

struct store_figures {
  std::uint64_t commits = 0; ///< since start
  std::uint64_t sets = 0;    ///< committed, since start
  std::uint64_t failures = 0;
  std::uint64_t waiting = 0;
};

using store_writer_actor = caf::typed_actor<
    // Queues a write set; over its credit it is answered with `full`.
    accepts<store_write>,
    // Answers once nothing of the writer is pending.
    answers<writer_opened, open_writer>,
    // Commits what is due.
    accepts<store_flush>, answers<store_figures, get_store_figures>>;

// -- the market ---------------------------------------------------------------------------------
// Messages in messages.hpp. They stay inside the process; the handles of a group's guard, once
// known to be of the shard, are the only ones from which an orchestrator takes actions.

namespace msg {
struct agents_of_capability;
struct account_views;
struct ask_accounts;
struct ask_blocks;
struct ask_listed;
struct ask_node;
struct ask_status;
struct ask_totals;
struct ask_views;
struct attach_agents;
struct awarded_for;
struct batch_receipts;
struct block;
struct blocks_after;
struct bypass_seen;
struct bypassing_bid;
struct call_agents;
struct cancel_task;
struct check_signatures;
struct close_call;
struct delivered;
struct fault_seen;
struct flush_report;
struct gathered_bids;
struct give_award;
struct group_lost;
struct guard_report;
struct guards_known;
struct hand_task;
struct heartbeat;
struct host_restarted;
struct host_submits;
struct judged;
struct ledger_calls;
struct list_agents;
struct lost_call;
struct misbehave;
struct new_guard;
struct node_fault;
struct node_mail;
struct node_view;
struct offered;
struct orchestrator_here;
struct orchestrator_lost;
struct price_request;
struct recorded_notes;
struct settle_awards;
struct settled;
struct signatures_checked;
struct standings;
struct stop_work;
struct submit_batches;
struct submit_task;
struct take_award;
struct task_news;
struct task_submitted;
struct task_views;
struct tasks_ended;
struct tasks_moved;
struct skill_answered;
struct beat;
struct totals;
struct tick;
struct want_agents;
struct work_done;
struct work_over;
} // namespace msg

/// Whoever follows the ledger: gets every durable block, in order.
using ledger_follower = caf::typed_actor<accepts<msg::block>>;

/// The ledger of the node. Calls are answered in the published block that carries them out; a call
/// without an answer was lost with the actor and may be made again.
using ledger_actor = caf::typed_actor<
    // Takes calls of hosted accounts into the next block.
    accepts<msg::ledger_calls>,
    // Answers `task_views` to the orchestrator named, as of the last durable block.
    accepts<msg::ask_views>,
    // Answers the totals and hashes as of the last durable block.
    answers<msg::totals, msg::ask_totals>,
    // Answers copies of accounts as of the last durable block, or of a checkpoint.
    answers<msg::account_views, msg::ask_accounts>,
    // Takes batches of others; answers their receipts once they are durable.
    answers<msg::batch_receipts, msg::submit_batches>,
    // Answers the blocks after a height, for those who follow from a cursor of their own.
    answers<msg::blocks_after, msg::ask_blocks>,
    // A checker's word on signatures.
    accepts<msg::signatures_checked>,
    // The store_writer's word on a block.
    accepts<write_outcomes>,
    // A block or a deadline is due.
    accepts<msg::tick>>;

/// A node as other nodes see it.
using node_door = caf::typed_actor<accepts<msg::node_mail>>;

/// One of the validators that keep a ledger together; see consensus/full_node.hpp.
using validator_actor = caf::typed_actor<
    // From other nodes.
    accepts<msg::node_mail>,
    // Injects a fault.
    accepts<msg::node_fault>,
    // Answers where it stands.
    answers<msg::node_view, msg::ask_node>,
    // The store_writer's word on a step.
    accepts<write_outcomes>,
    // The node's timer is due.
    accepts<msg::tick>>;

/// The ledger of a node where validators keep it: the same, seen through a node that follows them.
using observer_actor = ledger_actor::extend<
    // From validators.
    accepts<msg::node_mail>,
    // Answers where it stands.
    answers<msg::node_view, msg::ask_node>>;

/// Checks the signatures of batches for the ledger, one of several.
using signature_checker_actor = caf::typed_actor<accepts<msg::check_signatures>>;

/// Standing by agent and capability, a projection of the ledger's events with a durable cursor.
using reputation_actor = caf::typed_actor<
    // Events to project; what changed goes to the shard.
    accepts<msg::block>,
    // Which capability an award is for.
    accepts<msg::awarded_for>,
    // The store_writer's word on a snapshot.
    accepts<write_outcomes>>;

/// One capability partition: the directory of agents and guards.
using shard_actor = caf::typed_actor<
    // A guard lists its agents: orchestrators hear of both.
    accepts<msg::list_agents>,
    // A group is down: its agents are off the list, its guard is not listened to.
    accepts<msg::group_lost>,
    // Answers once a group's agents are listed and those who want them know.
    answers<done, msg::ask_listed>,
    // An orchestrator wants a capability's agents, now and whenever they change.
    accepts<msg::want_agents>,
    // An orchestrator (re)started.
    accepts<msg::orchestrator_here>,
    // New standings, handed on to the guards concerned.
    accepts<msg::standings>,
    // Publishes what changed.
    accepts<msg::tick>>;

/// Leads tasks to their end; see orchestration/orchestrator.hpp.
using orchestrator_actor = caf::typed_actor<accepts<msg::hand_task>, accepts<msg::cancel_task>,
                                            // From the shard.
                                            accepts<msg::agents_of_capability>,
                                            accepts<msg::guards_known>, accepts<msg::group_lost>,
                                            // From guards; of others it takes nothing.
                                            accepts<msg::gathered_bids>, accepts<msg::delivered>,
                                            // A bid that came past its guard: counted and ignored.
                                            accepts<msg::bypassing_bid>,
                                            // A verifier's word.
                                            accepts<msg::judged>,
                                            // From the ledger.
                                            accepts<msg::block>, accepts<msg::task_views>,
                                            // A deadline of the core is due.
                                            accepts<msg::tick>>;

/// Stands before the agents of one group: every action passes its barriers, calls and bids are
/// gathered.
using guard_actor = caf::typed_actor<
    // The group's agents of this moment; listed with the shard.
    accepts<msg::attach_agents>,
    // From orchestrators.
    accepts<msg::call_agents>, accepts<msg::close_call>, accepts<msg::give_award>,
    accepts<msg::settle_awards>,
    // From agents.
    accepts<msg::offered>, accepts<msg::work_done>, accepts<msg::heartbeat>,
    // From the shard.
    accepts<msg::standings>,
    // Bids are due, or have lapsed.
    accepts<msg::tick>,
    // Sends its counts to the recorder.
    accepts<msg::flush_report>>;

/// One agent: bids, works, learns.
using agent_actor = caf::typed_actor<
    // Answered by `offered` to the guard that asks.
    accepts<msg::price_request>,
    // Its bid won: the work begins.
    accepts<msg::take_award>,
    // The award is void.
    accepts<msg::stop_work>,
    // What became of a bid or an award, for those that learn.
    accepts<msg::lost_call>, accepts<msg::settled>,
    // The guard was restarted.
    accepts<msg::new_guard>,
    // The time of a piece of work is over; its skill has answered.
    accepts<msg::work_over>, accepts<msg::skill_answered>,
    // Time to say that it is alive.
    accepts<msg::beat>,
    // Switches misbehaviour on.
    accepts<msg::misbehave>>;

/// One a process: takes tasks in and gives their ends out; see orchestration/intake.hpp.
using node_actor = caf::typed_actor<
    // From clients.
    accepts<msg::submit_task>, accepts<msg::cancel_task>,
    answers<orchestration::task_status, msg::ask_status>,
    // From orchestrators and their supervisor.
    accepts<msg::tasks_ended>, accepts<msg::orchestrator_here>, accepts<msg::orchestrator_lost>,
    // The store_writer's word on journal records.
    accepts<write_outcomes>>;

/// Hears of the ends of tasks.
using task_follower = caf::typed_actor<accepts<msg::task_news>>;

/// Keeps the record of a run: counts, trace, what `explain` tells.
using recorder_actor =
    caf::typed_actor<accepts<msg::task_submitted>, accepts<msg::recorded_notes>,
                     accepts<msg::guard_report>, accepts<msg::bypass_seen>,
                     accepts<msg::fault_seen>, accepts<msg::tasks_moved>,
                     accepts<msg::host_restarted>, accepts<msg::task_news>, accepts<msg::block>>;

/// The host program's side of a market: hands its tasks in, tells it what happens, and votes for
/// its arbiters.
using runtime_actor = caf::typed_actor<accepts<msg::host_submits>, accepts<msg::cancel_task>,
                                       accepts<msg::host_restarted>, accepts<msg::guard_report>,
                                       accepts<msg::recorded_notes>, accepts<msg::bypass_seen>,
                                       accepts<msg::task_news>, accepts<msg::block>,
                                       // Time to hand in again what was not heard.
                                       accepts<msg::tick>>;

} // namespace ainur

AINUR_LOCAL_MESSAGE(ainur::child_exit_notice)
AINUR_LOCAL_MESSAGE(ainur::child_up_notice)
AINUR_LOCAL_MESSAGE(ainur::supervisor_tick)
AINUR_LOCAL_MESSAGE(ainur::add_child)
AINUR_LOCAL_MESSAGE(ainur::add_children)
AINUR_LOCAL_MESSAGE(ainur::children_added)
AINUR_LOCAL_MESSAGE(ainur::find_child)
AINUR_LOCAL_MESSAGE(ainur::find_child_by_name)
AINUR_LOCAL_MESSAGE(ainur::child_found)
AINUR_LOCAL_MESSAGE(ainur::list_children)
AINUR_LOCAL_MESSAGE(ainur::child_list)
AINUR_LOCAL_MESSAGE(ainur::terminate_child)
AINUR_LOCAL_MESSAGE(ainur::restart_child)
AINUR_LOCAL_MESSAGE(ainur::remove_child)
AINUR_LOCAL_MESSAGE(ainur::kill_child)
AINUR_LOCAL_MESSAGE(ainur::done)
AINUR_LOCAL_MESSAGE(ainur::store_write)
AINUR_LOCAL_MESSAGE(ainur::write_outcomes)
AINUR_LOCAL_MESSAGE(ainur::open_writer)
AINUR_LOCAL_MESSAGE(ainur::writer_opened)
AINUR_LOCAL_MESSAGE(ainur::store_flush)
AINUR_LOCAL_MESSAGE(ainur::get_store_figures)
AINUR_LOCAL_MESSAGE(ainur::store_figures)
