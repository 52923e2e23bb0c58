// The event trace of a run: what happened, when, to which task. Each event is a typed value; a
// recorder turns it into a line of JSON (for --out and `ainur explain`) and into a running hash.
// The hash is BLAKE2b-256 over the canonical msgpack of [time, event] of all events, so two runs
// with the same hash had the same events in the same order. Not thread-safe: one recorder belongs
// to one actor.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "ainur/base/amount.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/scenario/config.hpp"
#include "ainur/scenario/summary.hpp"

namespace ainur::scenario::trace {

// Agents, clients and orchestrators are named by their index in the run.

struct submitted {
  task_id task{};
  std::uint32_t client = 0;
  std::string capability{}; ///< of the first subtask
  std::uint16_t subtasks = 1;
  amount budget{};
  duration work{};
  AINUR_FIELDS(submitted, task, client, capability, subtasks, budget, work)
};

struct taken_in {
  task_id task{};
  std::uint32_t orchestrator = 0;
  AINUR_FIELDS(taken_in, task, orchestrator)
};

struct asked {
  task_id task{};
  std::uint16_t subtask = 0;
  std::vector<std::uint32_t> agents{};
  amount reserve{};
  AINUR_FIELDS(asked, task, subtask, agents, reserve)
};

struct bid {
  task_id task{};
  std::uint16_t subtask = 0;
  std::uint32_t agent = 0;
  amount price{};
  bool corrected = false; ///< by its guard: its `corrected` event came before
  AINUR_FIELDS(bid, task, subtask, agent, price, corrected)
};

struct refused {
  task_id task{};
  std::uint16_t subtask = 0;
  std::uint32_t agent = 0;
  std::string constraint{};
  AINUR_FIELDS(refused, task, subtask, agent, constraint)
};

struct awarded {
  task_id task{};
  std::uint16_t subtask = 0;
  std::uint32_t agent = 0;
  amount ask{};
  amount price{};
  duration work{}; ///< from the award to the result, as promised
  std::string
      why{}; ///< what fixed the price: "its own ask", "second ask", "reserve", "posted price"
  AINUR_FIELDS(awarded, task, subtask, agent, ask, price, work, why)
};

struct result_posted {
  task_id task{};
  std::uint16_t subtask = 0;
  std::uint32_t agent = 0;
  AINUR_FIELDS(result_posted, task, subtask, agent)
};

struct ended {
  task_id task{};
  std::uint16_t subtask = 0;
  std::uint32_t agent = 0;
  award_outcome outcome = award_outcome::success;
  std::string cause{};
  amount paid{};
  AINUR_FIELDS(ended, task, subtask, agent, outcome, cause, paid)
};

struct disputed {
  task_id task{};
  std::uint16_t subtask = 0;
  std::string step{}; ///< "opened", "ruled for the agent", ...
  AINUR_FIELDS(disputed, task, subtask, step)
};

/// Its orchestrator was lost.
struct moved {
  task_id task{};
  std::uint32_t from = 0; ///< orchestrators
  std::uint32_t to = 0;   ///< the same: it was started again
  AINUR_FIELDS(moved, task, from, to)
};

struct finished {
  task_id task{};
  final_state state = final_state::completed;
  amount paid{};
  std::string cause{}; ///< of refunded and rejected
  AINUR_FIELDS(finished, task, state, paid, cause)
};

struct faulted {
  fault_kind kind = fault_kind::kill;
  fault_target target = fault_target::agents;
  std::uint32_t index = 0; ///< of the target
  AINUR_FIELDS(faulted, kind, target, index)
};

/// Its supervisor started it again.
struct restarted {
  /// "ledger", "orchestrator/0", "guard/2", "group/2", "agent/17", "validator/3", ...
  std::string actor{};
  AINUR_FIELDS(restarted, actor)
};

struct block_cut {
  std::uint64_t height = 0;
  std::uint32_t calls = 0;
  hash256 hash{};
  AINUR_FIELDS(block_cut, height, calls, hash)
};

/// A bid that its guard let out as another: the nearest that no constraint forbids.
struct corrected {
  task_id task{};
  std::uint16_t subtask = 0;
  std::uint32_t agent = 0;
  std::string constraint{};
  amount asked_price{}; ///< by the agent
  duration asked_work{};
  amount price{}; ///< as sent
  duration work{};
  AINUR_FIELDS(corrected, task, subtask, agent, constraint, asked_price, asked_work, price, work)
};

/// An earlier run ended, or was killed, and this one goes on with it. So does the time.
struct resumed {
  bool traced = false; ///< what stands before it is the trace of that run
  AINUR_FIELDS(resumed, traced)
};

/// The order counts in the hash: append only.
using event =
    std::variant<submitted, taken_in, asked, bid, refused, awarded, result_posted, ended, disputed,
                 moved, finished, faulted, restarted, block_cut, corrected, resumed>;

/// {"at_us":17,"event":"bid","task":"…","subtask":0,…}: amounts in µAINU, times in µs, ids in
/// hexadecimal.
[[nodiscard]] std::string to_json_line(instant at, const event& e);

class recorder {
public:
  /// Without lines only the hash is kept.
  explicit recorder(bool keep_lines);

  /// Goes on with a trace that breaks off in the middle of a line.
  void end_line();

  void add(instant at, const event& e);

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

  [[nodiscard]] hash256 hash() const noexcept;
  /// The lines since the last call, each ended by a newline; to be appended to a file.
  [[nodiscard]] std::string take_lines();

private:
  bool keep_lines_;
  std::uint64_t count_ = 0;
  crypto::hasher hasher_;
  std::string lines_;
  bytes scratch_;
};

} // namespace ainur::scenario::trace
