// The pure core of a supervisor: it keeps the children of one group alive, and only that.
//
// Tell it what happened to the children and what time it is; it says what to do, in order. Children
// are started in the order in which they were added, each only after the one before is up, and
// stopped in the reverse order, each only after the one after it is gone. When restarts do not help
// it gives up: it stops all children and fails itself, which its own supervisor then deals with.
//
//   core.add(database, {});  core.add(cache, {});
//   core.start(now)                       → start_child{database}
//   core.child_started(database, now)     → start_child{cache}
//   core.child_exited(cache, killed, now) → start_child{cache}       (perhaps wake_at first)
//
// A value; not thread-safe; belongs to one actor. Calls about children it does not know or does not
// expect anything of are ignored: such messages may cross on their way.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <variant>
#include <vector>

#include "ainur/base/rng.hpp"
#include "ainur/supervision/policy.hpp"

namespace ainur::supervision {

/// Start the child; answer `child_started` or `child_start_failed`.
struct start_child {
  child_id id;
  bool again = false; ///< it ran before
  friend bool operator==(const start_child&, const start_child&) = default;
};

/// Ask the child to end, or kill it; its end comes back as `child_exited`.
struct stop_child {
  child_id id;
  bool kill = false;
  friend bool operator==(const stop_child&, const stop_child&) = default;
};

/// The child is no longer one of ours; its id may be used again.
struct forget_child {
  child_id id;
  friend bool operator==(const forget_child&, const forget_child&) = default;
};

/// Call `timer` at this time. A later one replaces an earlier; early or repeated calls do no harm.
struct wake_at {
  instant at;
  friend bool operator==(const wake_at&, const wake_at&) = default;
};

/// All children are gone and the supervisor must end. Always the last output.
struct ended {
  std::optional<errc> failure; ///< nothing: it was asked to end
  friend bool operator==(const ended&, const ended&) = default;
};

using action = std::variant<start_child, stop_child, forget_child, wake_at, ended>;
/// To be carried out in this order.
using actions = std::vector<action>;

/// What a child is doing.
enum class child_state : std::uint8_t {
  idle,     ///< not running: it ended, or was terminated
  waiting,  ///< for its back-off to pass
  starting, ///< told to start
  running,
  stopping, ///< told to end
  max_value = stopping
};

struct child_info {
  child_id id;
  child_policy policy;
  child_state state;
  std::uint32_t restarts; ///< consecutive failures
  friend bool operator==(const child_info&, const child_info&) = default;
};

class supervisor_core {
public:
  /// `random` decides the jitter only.
  explicit supervisor_core(const supervisor_options& options, rng random = rng{0});

  /// Adds a child. Before `start` it only takes its place; afterwards it is started. If that first
  /// start fails the child is forgotten. Errors: `duplicate`, `full`, `ending`.
  [[nodiscard]] result<actions> add(child_id id, const child_policy& policy, instant now);
  /// Starts the children. If one cannot be started, those before it are stopped and the supervisor
  /// ends with `start_failed`.
  [[nodiscard]] actions start(instant now);

  [[nodiscard]] actions child_started(child_id id, instant now);
  [[nodiscard]] actions child_start_failed(child_id id, instant now);
  [[nodiscard]] actions child_exited(child_id id, exit_kind how, instant now);
  [[nodiscard]] actions timer(instant now);

  /// Ends a child and leaves it so until `restart`. A temporary child is forgotten.
  /// Errors: `not_found`.
  [[nodiscard]] result<actions> terminate(child_id id, instant now);
  /// Starts a child that is idle; nothing if it is on its way already. Errors: `not_found`,
  /// `still_running`, `ending`.
  [[nodiscard]] result<actions> restart(child_id id, instant now);
  /// Forgets a child that is idle. Errors: `not_found`, `still_running`.
  [[nodiscard]] result<actions> remove(child_id id);
  /// Stops all children, then ends.
  [[nodiscard]] actions shutdown(instant now);

  [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }

  /// The first start is done: all children are up.
  [[nodiscard]] bool is_up() const noexcept { return started_ && !initial_ && !ending_; }

  [[nodiscard]] bool is_ending() const noexcept { return ending_; }

  [[nodiscard]] std::optional<child_info> find(child_id id) const;
  /// All children in the order of their start.
  [[nodiscard]] std::vector<child_info> children() const;

private:
  struct row {
    child_id id;
    instant mark; // waiting, stopping: when to act; running: since when
    duration shutdown_timeout;
    restart_kind restart;
    child_state state = child_state::idle;
    std::uint8_t failures = 0; // in a row; saturates
    bool in_round = false;     // a restart of several is about it
    bool fresh = true;         // never ran
    bool by_request = false;
  };

  enum class round_phase : std::uint8_t { none, stopping, waiting, starting };

  [[nodiscard]] std::size_t position(child_id id) const;
  [[nodiscard]] std::size_t lower_bound(child_id id) const;
  void erase(std::size_t at, actions& out);
  void set_timed(row& r, child_state state, instant mark);
  void set(row& r, child_state state);
  void begin_start(row& r, actions& out);
  void begin_stop(row& r, instant now, actions& out);
  void begin_ending(std::optional<errc> why);
  void failed(std::size_t at, instant now, actions& out);
  bool may_restart(instant now);
  duration delay_of(const row& r);
  /// True if all rows concerned are down; otherwise the next is told to stop.
  bool stop_next(bool round_only, instant now, actions& out);
  void start_next(actions& out);
  void advance(instant now, actions& out);
  void ask_for_timer(actions& out);

  supervisor_options options_;
  rng random_;
  std::vector<row> rows_;            // in the order of their start
  std::vector<std::uint32_t> by_id_; // positions in rows_, ordered by id
  std::deque<instant> restarts_;     // within the period
  std::size_t timed_ = 0;            // rows that wait for a time
  round_phase round_ = round_phase::none;
  instant round_due_{};
  duration round_delay_{0};
  std::optional<instant> wake_; // last asked for
  std::optional<errc> failure_;
  bool started_ = false;
  bool initial_ = false; // the first start is under way
  bool ending_ = false;
  bool ended_ = false;
};

} // namespace ainur::supervision
