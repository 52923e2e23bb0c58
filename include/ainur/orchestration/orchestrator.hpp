// The orchestrator: leads each task from submission to its one final state.
//
// A task is opened on the ledger (budget and fee are reserved), each subtask whose needs are met is
// called for at a few peers chosen by the router, the bids are auctioned, the awards are put on the
// ledger before the winners hear of them, results are judged, and the ledger pays or refunds. Every
// step has a deadline and an answer for its passing, so a task cannot stay without an end: the last
// resort is the ledger's own sweep, whose events arrive here too.
//
// A value without clock or links: every method takes the time, and appends to `outputs` what the
// actor around it must carry out, in the order of the members. Not thread-safe. Money is moved only
// by the ledger; this class only asks.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ainur/base/rng.hpp"
#include "ainur/base/time.hpp"
#include "ainur/discovery/directory.hpp"
#include "ainur/ledger/call.hpp"
#include "ainur/market/auction.hpp"
#include "ainur/market/bid.hpp"
#include "ainur/market/task.hpp"
#include "ainur/orchestration/peer_numbers.hpp"
#include "ainur/routing/router.hpp"

namespace ainur::orchestration {

/// Both kinds of time at once: `mono` for timers, `utc` for what is stored.
struct moment {
  instant mono{};
  timestamp utc{};
};

using task_ptr = std::shared_ptr<const market::task>;

/// A task on its way in.
struct submission {
  task_ptr task;
  /// Set if the client's account is hosted: the ledger call is made for it.
  std::optional<std::uint64_t> client_index;
  /// The client will dispute even a good result (a model of dishonest payers).
  bool disputes_falsely = false;
  /// The client neither pays nor disputes: the ledger pays when the review window is over.
  bool stays_silent = false;
  instant submitted{};
};

struct orchestrator_options {
  std::uint32_t number = 0; ///< this orchestrator among those of its shard
  std::uint32_t starts = 0; ///< how often it has started: makes call numbers unique
  account_id account;       ///< bonded; awards are made by it
  std::optional<std::uint64_t> hosted_index;
  account_id host; ///< the host named in the tasks' ledger records
  market::mechanism how = market::mechanism::second_price;
  bool quality = false;                ///< weighs asks by reputation
  std::uint32_t asked = 8;             ///< peers asked in a call
  std::uint16_t rounds_max = 2;        ///< the second round offers the posted price
  duration call_window{200'000};       ///< how long bids are waited for
  duration ledger_patience{5'000'000}; ///< a ledger request without answer is sent again after this
  duration finish_grace{
      60'000'000}; ///< the ledger is asked how a task stands after this, then rarer
  bool paid_at_result = false;
};

/// How the ledger sees a task; the answer to `outputs::views`.
struct ledger_view {
  enum class line_state : std::uint8_t { awarded, posted, disputed, paid, refunded, voided };

  struct line {
    std::uint16_t subtask = 0;
    account_id agent;
    amount price;
    line_state state = line_state::awarded;
  };

  bool known = false;
  bool open = true; ///< may still be awarded
  /// Set once the task has its final state.
  std::optional<market::final_state> ended;
  std::vector<line> lines;
};

/// What happened to a line or task on the ledger, as far as an orchestrator cares.
struct ledger_event {
  enum class kind : std::uint8_t {
    paid,
    refunded,
    voided,
    disputed,
    ruled_for,
    ruled_against,
    ended
  };
  kind what = kind::paid;
  task_id task;
  std::uint16_t subtask = 0;
  market::cause why = market::cause::none;
  amount slashed;                                             ///< from the agent's stake
  amount paid;                                                ///< to the agent
  market::final_state state = market::final_state::completed; ///< for `ended`
};

/// How a ledger request ended.
enum class answer : std::uint8_t { done, insufficient_funds, not_yet, refused };

/// The end of a task, with what it cost and took.
struct task_end {
  task_ptr task;
  market::final_state state = market::final_state::completed;
  market::cause why = market::cause::none;
  amount paid;
  duration submission{}; ///< until budget and fee were reserved
  duration discovery{};  ///< until the peers of the first call were chosen
  duration auction{};    ///< from the first call to the award on the ledger
  duration settlement{}; ///< from the last result to the last payment
  duration total{};
  bool awarded = false;
  bool settled = false;
  std::uint32_t peers_asked = 0;
  std::uint32_t bids = 0;
  std::vector<bytes> results; ///< by subtask
};

/// What to carry out, in this order.
struct outputs {
  struct request {
    std::uint64_t correlation = 0; ///< comes back with the answer
    ledger::entry entry;
  };

  struct asked_group {
    std::uint32_t guard = 0;
    std::vector<std::uint32_t> slots;
    std::shared_ptr<const market::call_for_proposals> call;
  };

  struct closing {
    std::uint32_t guard = 0;
    market::call_number call = 0;
    std::vector<market::bid_receipt> receipts;
    std::vector<std::uint32_t> losers; ///< slots whose bids no longer bind
  };

  struct awarding {
    discovery::address to;
    market::award award;
  };

  /// The ledger settled these awards: the guard and the agents account for them.
  struct settling {
    std::uint32_t guard = 0;

    struct line {
      std::uint32_t slot = 0;
      market::call_number call = 0;
      bool success = false;
      amount price;
      amount slashed;
      duration work{}; ///< as in the call
    };

    std::vector<line> lines;
  };

  struct judging {
    task_ptr task;
    std::uint16_t subtask = 0;
    bytes content;
  };

  /// What was decided and why, for `explain` and the event trace.
  struct note {
    task_id task;
    std::uint16_t subtask = 0;
    enum class kind : std::uint8_t { opened, called, decided, awarded, delivered, judged } what;
    market::call_number call = 0;
    std::vector<std::pair<account_id, amount>> bids; ///< of `decided`; of `called` who was asked
    account_id agent;
    amount price;
    std::uint32_t count = 0; ///< peers asked; of `opened` the orchestrator
    duration work{};         ///< of `awarded`: what the winner promised
    market::price_source priced_by = market::price_source::reserve; ///< of `awarded`
  };

  std::vector<request> ledger;
  std::vector<task_id> views;            ///< tasks whose ledger view is wanted
  std::vector<std::string> capabilities; ///< snapshots wanted from the shard
  std::vector<asked_group> calls;
  std::vector<closing> closings;
  std::vector<awarding> awards;
  std::vector<settling> settlements;
  std::vector<judging> judgements;
  std::vector<task_end> ended;
  std::vector<note> notes; ///< filled only if `orchestrator_core::keep_notes`
  void clear();
};

/// One bid as a guard hands it on.
struct guarded_bid {
  std::uint32_t slot = 0;
  std::uint32_t index = 0; ///< the agent's number in the directory; filled in on arrival
  account_id agent;
  std::optional<std::uint64_t> hosted_index; ///< set if the agent's account is hosted by our host
  amount price;
  duration work{};
  AINUR_FIELDS(guarded_bid, slot, index, agent, hosted_index, price, work)
};

class orchestrator_core {
public:
  orchestrator_core(orchestrator_options options, std::unique_ptr<routing::router> router,
                    rng random);

  bool keep_notes = false;

  /// A new task. Its id must not be under way here.
  void submit(submission s, moment now, outputs& out);
  /// A task whose orchestrator was lost: goes on from what the ledger knows of it.
  void adopt(submission s, moment now, outputs& out);
  /// The payer's wish to stop. Before the award nothing is paid; after it the work is void.
  void cancel(const task_id& task, moment now, outputs& out);

  void on_snapshot(discovery::snapshot_ptr agents, moment now, outputs& out);
  void on_bids(market::call_number call, std::uint32_t guard, std::uint32_t answered,
               std::vector<guarded_bid>& bids, moment now, outputs& out);
  /// `block_time` is the ledger's time of the block that carried the call out.
  void on_ledger_answer(std::uint64_t correlation, answer how, moment now, timestamp block_time,
                        outputs& out);
  void on_ledger_event(const ledger_event& event, moment now, outputs& out);
  void on_ledger_view(const task_id& task, const ledger_view& view, moment now, outputs& out);
  void on_delivery(market::delivery& d, moment now, outputs& out);
  void on_judgement(const task_id& task, std::uint16_t subtask, bool good, moment now,
                    outputs& out);
  /// All agents of a guard are lost with it: their unfinished awards are void.
  void on_guard_lost(std::uint32_t guard, moment now, outputs& out);
  void on_timer(moment now, outputs& out);

  /// When `on_timer` wants to be called next, if ever.
  [[nodiscard]] std::optional<instant> next_timer() const;

  [[nodiscard]] std::size_t under_way() const noexcept { return tasks_.size(); }

  /// True if nothing is kept of any task: no task, call, request or timer.
  [[nodiscard]] bool is_idle() const noexcept;

private:
  enum class step : std::uint8_t { open, award, settle, stop, dispute };
  enum class line_phase : std::uint8_t {
    waiting,  ///< for the subtasks it needs
    calling,  ///< bids are out
    decided,  ///< a winner is chosen, the award not yet on the ledger
    unfilled, ///< nobody took it, or the ledger refused the award; another round may follow
    working,  ///< awarded
    judging,  ///< delivered, the payer judges
    settling, ///< payment or dispute asked of the ledger
    paid,
    lost, ///< refunded, void or never awarded
  };

  struct line {
    line_phase phase = line_phase::waiting;
    std::uint16_t round = 0;
    bool good = false;
    market::call_number call = 0;
    account_id agent;
    std::uint32_t index = 0; ///< the agent's number in the directory
    discovery::address at;
    std::optional<std::uint64_t> agent_index; ///< set if the agent is hosted by our host
    amount ask;                               ///< what the winner asked
    std::vector<std::pair<std::uint32_t, amount>> outbid; ///< the other bidders, and their asks
    amount price;                                         ///< what it gets
    market::price_source priced_by = market::price_source::reserve; ///< what fixed the price
    amount paid;                                                    ///< what it got
    duration work{};
    hash256 bid;
    hash256 bids_root; ///< over the bids of its call
    hash256 digest;
    bool guard_lost = false;  ///< while the award was on its way to the ledger
    bool disputed = false;    ///< the ledger has the dispute
    bool asked_again = false; ///< the payment or dispute came too early once
    instant awarded{};
    instant delivered_at{};
    market::cause why = market::cause::none;
    bytes content;
  };

  struct state {
    submission origin;
    bool opened = false;
    bool adopted = false;
    bool cancelled = false;
    bool closing = false;       ///< the rest was given back to the client
    std::uint16_t awarding = 0; ///< lines in the award under way
    duration watch_wait{}; ///< until the ledger is asked how the task stands; zero: not yet watched
    std::vector<line> lines;
    instant opened_at{};
    instant called_at{};
    instant awarded_at{};
    instant delivered_at{};
    instant settled_at{};
    std::uint32_t peers_asked = 0;
    std::uint32_t bids = 0;
    market::cause why = market::cause::none;
  };

  struct open_call {
    std::uint64_t task = 0;
    std::uint16_t subtask = 0;
    std::shared_ptr<const market::call_for_proposals> text;  ///< none: waits for the agents' list
    std::vector<std::pair<std::uint32_t, guarded_bid>> bids; ///< with the guard

    struct asked_peer {
      discovery::address at;
      std::uint32_t index = 0;
    };

    struct asked_guard {
      std::uint32_t guard = 0;
      std::uint32_t asked = 0; ///< of its agents
      std::uint32_t answered = 0;
    };

    std::vector<asked_peer> peers;   ///< those asked
    std::vector<asked_guard> guards; ///< theirs
    [[nodiscard]] bool all_answered() const noexcept;
  };

  /// A call of the ledger that has no answer yet.
  struct open_request {
    std::uint64_t task = 0;
    std::uint16_t subtask = 0;
    step what = step::open;
    std::uint32_t sent = 1; ///< how often
    timestamp first_sent{};
    ledger::entry entry;
  };

  struct deadline {
    instant at{};
    /// `watch` asks the ledger how a task stands, in case that its word was lost.
    enum class kind : std::uint8_t { call, ledger, watch } what;
    std::uint64_t key = 0; ///< call number, correlation or task number

    friend bool operator>(const deadline& a, const deadline& b) noexcept {
      return std::tie(a.at, a.what, a.key) > std::tie(b.at, b.what, b.key);
    }
  };

  // orchestrator.cpp: a task's way
  void begin(std::uint64_t number, state& s, moment now, outputs& out);
  void opened(std::uint64_t number, state& s, answer how, moment now, outputs& out);
  void advance(std::uint64_t number, state& s, moment now, outputs& out);
  void award(std::uint64_t number, state& s, moment now, outputs& out);
  void awarded(std::uint64_t number, state& s, moment now, timestamp award_time, outputs& out);
  void award_refused(std::uint64_t number, state& s, moment now, outputs& out);
  void stop_all(std::uint64_t number, state& s, moment now, outputs& out);
  void close_rest(std::uint64_t number, state& s, moment now, outputs& out);
  void stop_lines(std::uint64_t number, state& s, ledger::void_cause why, moment now, outputs& out);
  void too_early(open_request request, state& s, moment now, outputs& out);
  void settle(std::uint64_t number, state& s, std::uint16_t subtask, moment now, outputs& out);
  void tell_guard(const state& s, const line& l, const ledger_event& event, outputs& out);
  void settled(std::uint64_t number, state& s, const ledger_event& event, moment now, outputs& out);
  void end(std::uint64_t number, market::final_state how, market::cause why, moment now,
           outputs& out);
  [[nodiscard]] bool is_stale(const deadline& d) const;
  void drop_stale();
  // calls.cpp: asking and deciding
  void call(std::uint64_t number, state& s, std::uint16_t subtask, moment now, outputs& out);
  void decide(market::call_number call, moment now, outputs& out);
  void ask_agents(const std::string& name, outputs& out);
  void drop_call(const state& s, const line& l, outputs& out);
  void unfilled(std::uint64_t number, state& s, std::uint16_t subtask, market::cause why,
                moment now, outputs& out);
  void learn(const state& s, std::uint16_t subtask, bool success, instant now);
  void learn_answers(const open_call& c, instant now);
  void learn_delivery(const state& s, std::uint16_t subtask);
  void close_call(const open_call& c, std::optional<std::size_t> winner,
                  std::span<const hash256> hashes, const hash256& root, outputs& out);

  // recovery.cpp: from the ledger's view
  void restore(std::uint64_t number, state& s, const ledger_view& view, moment now, outputs& out);
  void reconcile(std::uint64_t number, state& s, const ledger_view& view, moment now, outputs& out);
  void watch(std::uint64_t number, state& s, instant now);

  void ask_ledger(std::uint64_t number, std::uint16_t subtask, step what, ledger::call c,
                  moment now, outputs& out);
  [[nodiscard]] ledger::entry entry_for(const state& s, step what, ledger::call c) const;
  state* find(const task_id& task, std::uint64_t* number = nullptr);

  orchestrator_options options_;
  std::unique_ptr<routing::router> router_;
  rng random_;
  std::uint64_t next_task_ = 0;
  std::uint64_t next_call_ = 0;
  std::uint64_t next_correlation_ = 0;
  std::unordered_map<std::uint64_t, state> tasks_;
  std::unordered_map<task_id, std::uint64_t> numbers_;
  std::unordered_map<market::call_number, open_call> calls_;
  std::unordered_map<std::uint64_t, open_request> requests_; ///< by correlation

  struct capability {
    discovery::snapshot_ptr agents; ///< with the numbers of `peers`
    peer_numbers peers;
    routing::capability_index index = 0;
  };

  std::map<std::string, capability> capabilities_;
  std::vector<routing::peer_index> chosen_; ///< reused by every call
  std::map<std::string, std::vector<std::pair<std::uint64_t, std::uint16_t>>>
      waiting_; ///< for a snapshot
  std::priority_queue<deadline, std::vector<deadline>, std::greater<>> deadlines_;
};

} // namespace ainur::orchestration
