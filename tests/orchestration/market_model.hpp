// A whole market without actors: intake, orchestrators, guards with workers and the real ledger,
// joined by a seeded network that loses, doubles, delays and reorders, with kills and
// cancellations. The same seed gives the same run.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ainur/crypto/hash.hpp"
#include "ainur/discovery/directory.hpp"
#include "ainur/ledger/authority.hpp"
#include "ainur/ledger/signature.hpp"
#include "ainur/orchestration/intake.hpp"
#include "ainur/orchestration/ledger_terms.hpp"
#include "ainur/orchestration/orchestrator.hpp"
#include "ainur/orchestration/worker.hpp"
#include "ainur/sim/event_queue.hpp"
#include "ainur/sim/network.hpp"

namespace ainur::test {

using orchestration::moment;

struct market_faults {
  bool network = true;
  bool orchestrators = true;
  bool guards = true;
  bool ledger = true;
  bool cancels = true;
};

class market_model {
public:
  market_model(std::uint64_t seed, market_faults faults);

  /// Runs until every task has its end and every component is empty, or nothing more may come.
  void run();

  struct end_seen {
    orchestration::task_end end;
    int times = 0;
  };

  std::map<task_id, end_seen> ends;
  std::set<task_id> submitted;
  std::vector<std::string> complaints; ///< what must never be, with its time
  std::map<std::string, int> causes;   ///< by final state and cause

  [[nodiscard]] bool all_ended() const { return ends.size() == submitted.size(); }

  [[nodiscard]] const ledger::state& state() const { return ledger_->working(); }

  [[nodiscard]] std::size_t waiting_in_cores() const;
  [[nodiscard]] hash256 trace_hash();
  /// Replays the log from genesis; the hash of the state at its end.
  [[nodiscard]] hash256 replayed_state_hash() const;

private:
  struct guard {
    bool up = true;
    std::uint32_t life = 0;
    std::vector<orchestration::worker> workers;
    std::map<market::call_number, std::uint32_t> works; // call → slot
    std::set<market::call_number> seen;
  };

  struct leader {
    std::unique_ptr<orchestration::orchestrator_core> core; // empty while it is dead
    std::uint32_t starts = 0;
    std::optional<instant> tick;
  };

  using action = std::function<void()>;

  [[nodiscard]] moment now() const {
    return {now_, timestamp_at(1'700'000'000'000'000) + now_.time_since_epoch()};
  }

  void after(duration d, action what) { queue_.push(now_ + d, std::move(what)); }

  /// Over a link that may lose, double and delay.
  void post(std::uint32_t from, std::uint32_t to, action what);
  void complain(std::string what);

  void make_accounts();
  void start_guard(std::uint32_t number);
  void start_leader(std::uint32_t number);
  void submit_one(std::uint64_t sequence);
  void plan_faults();

  void kill_leader(std::uint32_t number);
  void kill_guard(std::uint32_t number);
  void kill_ledger();
  void open_ledger();

  void with_leader(
      std::uint32_t number,
      const std::function<void(orchestration::orchestrator_core&, orchestration::outputs&)>& f);
  void carry_out(std::uint32_t number, orchestration::outputs& out);
  void with_intake(const std::function<void(orchestration::intake_outputs&)>& f);
  void to_ledger(std::uint32_t who, std::vector<orchestration::outputs::request> calls);
  void arm_ledger();
  void turn_ledger();
  void publish(const ledger::published& block);
  void vote(const ledger::event::arbiters_drawn& drawn);
  void guard_called(std::uint32_t number, const orchestration::outputs::asked_group& group);
  void guard_awarded(std::uint32_t number, std::uint32_t slot, const market::award& award);
  void guard_closed(std::uint32_t number, const orchestration::outputs::closing& closing);
  void send_snapshot(std::uint32_t who, const std::string& capability);

  rng random_;
  market_faults faults_;
  instant now_{};
  sim::event_queue<action> queue_;
  sim::network net_;
  bool paid_at_result_ = false;
  market::mechanism how_ = market::mechanism::second_price;

  ledger::genesis genesis_;
  ledger::authority_options authority_options_;
  std::unique_ptr<ledger::authority> ledger_;
  std::uint32_t ledger_life_ = 0;
  std::optional<instant> ledger_tick_;
  std::vector<bytes> log_;
  std::map<account_id, byte_array<32>> arbiter_seeds_;
  std::uint64_t blocks_ = 0;

  discovery::directory directory_;
  std::vector<guard> guards_;
  std::vector<leader> leaders_;
  orchestration::intake_core intake_;
  std::set<std::pair<std::string, std::uint32_t>> wanted_;
};

} // namespace ainur::test
