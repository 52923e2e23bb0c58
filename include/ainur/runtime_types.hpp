// What a host program gives to a runtime, and what it gets back: options, agents, tasks, reports,
// events. Plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ainur/actors/clock.hpp"
#include "ainur/actors/skill.hpp"
#include "ainur/actors/validators.hpp"
#include "ainur/base/amount.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/log_record.hpp"
#include "ainur/base/time.hpp"
#include "ainur/consensus/finality_proof.hpp"
#include "ainur/ledger/genesis.hpp"
#include "ainur/ledger/view.hpp"
#include "ainur/market/auction.hpp"
#include "ainur/market/task.hpp"
#include "ainur/orchestration/intake.hpp"
#include "ainur/orchestration/worker.hpp"
#include "ainur/safety/barrier.hpp"

namespace ainur {

/// For inputs and results that are text.
[[nodiscard]] inline bytes bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

[[nodiscard]] inline std::string text_of(bytes_view content) {
  return {content.begin(), content.end()};
}

/// Judges a result; a function of the host program, called by its name in a task. Must be quick,
/// and thread-safe on the real clock; an exception counts as a rejection.
using result_verifier =
    std::function<bool(const market::task&, std::uint16_t subtask, const bytes& content)>;

/// A modelled network between the runtime's parts, for the virtual clock. A call or a bid that is
/// lost is gone; everything else is sent again until it arrives.
struct modelled_network {
  duration latency_min{};
  duration latency_max{};            ///< each message takes a time between the two
  std::uint32_t loss_ppm = 0;        ///< 0 .. 1,000,000
  std::uint32_t duplication_ppm = 0; ///< 0 .. 1,000,000
};

struct runtime_options {
  clock_kind clock = clock_kind::real_time;
  /// Of all randomness; on the virtual clock the same seed and calls give the same run.
  std::uint64_t seed = 1;
  /// Worker threads of an actor system of the runtime's own (real clock); 0: one a core.
  std::uint32_t threads = 0;
  timestamp start = timestamp_at(1'700'000'000'000'000); ///< of the virtual clock

  /// Where the ledger and the journals are kept; created if it does not exist. Empty: in memory.
  /// A store that is there goes on where it stopped, under the economy it began with.
  std::string data_directory{};
  bool synced = true; ///< each commit reaches the disk before it counts (real clock)

  /// The secret of the account that hosts all others. None: derived from the seed, so that anybody
  /// who knows the seed can sign for it; give one where the ledger is to be shown to others.
  std::optional<byte_array<32>> host_key{};
  /// The age at which that account's key is replaced by a fresh one, again and again; 0: never. At
  /// least economy.identity.rotation_grace / grace_keys_max, or rotations wait for earlier keys to
  /// end. Current keys are kept in the data directory, under a lock made from `host_key`; under the
  /// virtual clock they are derived from it.
  duration key_rotation{};
  amount host_balance = amount::ainu(1'000'000'000); ///< agents and clients are funded from it
  ledger::parameters economy{};
  duration block_interval{100'000}; ///< virtual clock: how long a block gathers calls
  /// Validators that keep the ledger together, each with a store of its own in
  /// `data_directory`/validators; none: this runtime alone keeps it. Not with `key_rotation`.
  std::optional<validator_options> validators{};

  market::mechanism mechanism = market::mechanism::second_price;
  bool weigh_reputation = false;   ///< the auction weighs asks by reputation
  std::uint32_t asked = 8;         ///< agents asked for a bid in one call; at least 1
  duration call_window{200'000};   ///< how long bids are waited for
  std::uint16_t call_rounds = 2;   ///< calls until a subtask counts as unwanted; at least 1
  std::uint32_t orchestrators = 2; ///< at least 1
  /// Added to the time an agent promises for a piece of work (its modelled duration and a fifth of
  /// it): what a skill may take beyond its model before it has failed.
  duration promise_slack{10'000'000};

  std::size_t blocking_workers = 4;     ///< threads for blocking skills; at least 1
  std::size_t tasks_open_max = 100'000; ///< more are refused with `market::errc::busy`
  duration result_retention{3'600'000'000};
  std::size_t results_bytes_max = std::size_t{64} << 20; ///< of all kept; the oldest go first
  std::size_t result_size_max = std::size_t{1} << 20;    ///< a larger one is a failure of the agent

  /// Barriers of the host program, beside Ainur's own, before every agent.
  std::vector<safety::barrier> barriers{};
  std::map<std::string, result_verifier> verifiers{}; ///< by name
  std::optional<modelled_network> network{};          ///< virtual clock only

  /// What an operator wants to know, as lines of JSON or as values: crashes and restarts, refusals,
  /// what store and ledger say. Written by a thread of its own, which ends with the runtime; it
  /// changes no run. On the virtual clock the run waits for a function that is slower than it.
  log_options log{};
};

/// One agent, as the host program wants it. The default is an agent whose work is simulated.
struct agent_spec {
  std::string name{}; ///< unique in the runtime; the same name on the same data is the same account
  std::vector<std::string> capabilities{}; ///< at least one
  /// What it does; none: it is simulated, which takes the task's work at its speed.
  std::optional<skill> does{};

  amount cost_per_second{};  ///< its true cost of a second of work at speed 1; it asks for no less
  amount cost_fixed{};       ///< and of a piece of work, whatever its size
  amount price_per_second{}; ///< asks for this; zero: as `bids` says
  orchestration::strategy bids = orchestration::strategy::truthful;
  std::uint32_t margin_ppm = 200'000; ///< of `cost_plus`
  std::uint32_t speed_ppm = 1'000'000;
  std::uint32_t reliability_ppm = 1'000'000; ///< of simulated work
  std::uint16_t capacity = 1;                ///< pieces of work at a time; at least 1

  amount bond = amount::ainu(100); ///< from `economy.bond_min` on it has a reputation to lose
  amount balance{};                ///< free, beside the bond
};

/// An agent that takes part. A name for it, not a handle: it stays valid over restarts.
struct agent {
  account_id account;
  std::string name;
  std::uint32_t group = 0;
  std::uint32_t slot = 0;
};

/// Somebody who pays.
struct client {
  account_id account;
  std::uint64_t hosted_index = 0;
  std::string name;
};

struct subtask_request {
  std::string capability{};
  bytes input{}; ///< at most 1 MiB
  /// The client's estimate for an agent of speed 1. Agents price it, and promise to be done after
  /// it (see `runtime_options::promise_slack`).
  duration work{1'000'000};
  amount reserve{}; ///< the most that is paid for it; zero: an equal share of what is left
  std::vector<std::uint16_t> needs{}; ///< positions of subtasks that must be completed before
};

struct task_request {
  std::vector<subtask_request> subtasks{}; ///< 1 to 64
  amount budget{};                         ///< the most that is paid in all; the fee comes on top
  duration deadline{600'000'000};          ///< from now, to the last result
  duration award_within{60'000'000};       ///< from now
  std::uint16_t reputation_min = 0;        ///< 0 .. 1000
  amount value_per_second{};               ///< what a second of delivery is worth to the client
  std::string verifier{};                  ///< who judges the results; empty: any is accepted
};

/// Which agent got a subtask, for how much, and what became of it.
struct subtask_report {
  account_id agent;                        ///< none: it was never awarded
  amount price;                            ///< as awarded
  amount paid;                             ///< to the agent
  amount fee;                              ///< of the ledger, beside it
  market::cause why = market::cause::none; ///< why it was not paid in full
};

/// Where a task stands, or how it ended.
struct task_report {
  task_id task;
  orchestration::task_phase phase = orchestration::task_phase::queued;
  market::final_state state = market::final_state::completed; ///< of a final task
  market::cause why = market::cause::none;
  amount paid;                          ///< to agents
  amount fee;                           ///< to the treasury and the block's author
  std::vector<subtask_report> subtasks; ///< empty for a task of an earlier life of the store
  std::vector<bytes> results;           ///< of a final task, by subtask

  [[nodiscard]] bool is_final() const noexcept {
    return phase == orchestration::task_phase::final_;
  }

  /// What the task cost its client.
  [[nodiscard]] amount cost() const noexcept { return paid.saturating_plus(fee); }
};

/// All money of the ledger, as of its last block.
struct ledger_report {
  std::uint64_t height = 0;
  ledger::totals_view totals;
  bool conserved = false; ///< the sums agree with the issuance
  hash256 state_hash;
};

/// What became of a transaction: a batch of calls that somebody signed for themselves.
struct transaction_report {
  hash256 id;                    ///< `consensus::id_of`
  std::uint64_t height = 0;      ///< of its block, which is final and durable
  ledger::batch_receipt receipt; ///< of the batch and of each of its calls
  /// Where validators keep the ledger: shows all of this to somebody who trusts neither this
  /// program nor any single validator (`consensus::check_finality`, `ainur ledger check-proof`).
  std::optional<consensus::finality_proof> proof;
};

/// What happens in a runtime, in the order in which the ledger and the intake decided it.
namespace events {

/// The task is durable and its budget is reserved.
struct task_submitted {
  task_id task;
  amount budget;
};

struct task_awarded {
  task_id task;
  std::uint16_t subtask = 0;
  account_id agent;
  amount price;
};

/// The agent has posted the hash of its result.
struct task_delivered {
  task_id task;
  std::uint16_t subtask = 0;
  account_id agent;
};

/// An award ended: paid, refunded or void.
struct subtask_settled {
  task_id task;
  std::uint16_t subtask = 0;
  account_id agent;
  amount paid;
  amount fee;
  amount slashed; ///< from the agent's bond
  market::cause why = market::cause::none;
};

/// A verifier rejected a result: arbiters will rule.
struct result_disputed {
  task_id task;
  std::uint16_t subtask = 0;
  account_id agent;
};

struct task_finished {
  task_report report;
};

/// A guard did not let an agent's action pass as it was.
struct action_stopped {
  account_id agent;
  task_id task;
  std::string constraint; ///< of `safety::constraint`, or the name of the host's barrier
  bool corrected = false; ///< moved to the nearest safe action; else refused
};

/// Something died and was started again: an agent (its account is given) or another part.
struct restarted {
  std::string role;
  account_id agent;
};

} // namespace events

using event_content =
    std::variant<events::task_submitted, events::task_awarded, events::task_delivered,
                 events::subtask_settled, events::result_disputed, events::task_finished,
                 events::action_stopped, events::restarted>;

struct runtime_event {
  instant at{};
  event_content what;

  /// The event if it is of this kind, or null.
  template <class Event>
  [[nodiscard]] const Event* as() const noexcept {
    return std::get_if<Event>(&what);
  }
};

/// Called by one thread at a time, in order; quick. From within, only `submit`, `cancel` and `now`
/// may be called. An exception is dropped.
using event_handler = std::function<void(const runtime_event&)>;

} // namespace ainur
