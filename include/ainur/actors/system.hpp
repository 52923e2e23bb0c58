// The two clocks of a run, as settings of CAF's actor system, and the driver of the virtual one.
//
//   caf::actor_system_config config;
//   ainur::configure(config, {.clock = ainur::clock_kind::virtual_time});
//   caf::actor_system system{config};
//   ainur::virtual_driver driver{system, seed};
//   driver.run_until(ainur::instant_at(86'400'000'000));   // a day
//   driver.stop(roots);                                     // before the system goes
//
// The driver runs one ready actor at a time for one message, picked by its seed, so that orders are
// tried which the real clock might show; when none is ready, time jumps to the next timeout. Same
// seed, same run. It belongs to the thread that owns the system.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "ainur/actors/caf.hpp"
#include "ainur/actors/clock.hpp"
#include "ainur/base/rng.hpp"
#include "ainur/base/time.hpp"

namespace caf {
class actor_system_config;
class resumable;

namespace scheduler {
class test_coordinator;
}
} // namespace caf

namespace ainur {

/// More worker threads than this help on no machine.
inline constexpr std::uint32_t threads_limit = 1'024;

struct system_options {
  clock_kind clock = clock_kind::real_time;
  /// Worker threads on the real clock; 0 means one a core, at most `threads_limit`. CAF by itself
  /// starts at least four.
  std::uint32_t threads_max = 0;
};

/// Call before the actor system is built.
void configure(caf::actor_system_config& config, const system_options& options);

enum class driver_errc : std::uint16_t {
  step_limit = 1, ///< the actors did not come to rest within the allowed number of steps
  stalled,        ///< nothing is ready and no timeout is pending, so the condition cannot come true
};
[[nodiscard]] error_info describe(driver_errc code) noexcept;

class virtual_driver {
public:
  static constexpr std::uint64_t default_step_limit = std::numeric_limits<std::uint64_t>::max();

  /// `step_limit` bounds all steps of this driver together, as a guard against actors that message
  /// each other forever without letting time pass.
  virtual_driver(caf::actor_system& system, std::uint64_t seed,
                 std::uint64_t step_limit = default_step_limit);
  /// Lets the clock begin at a later time, before anything has happened.
  void begin_at(instant start);
  ~virtual_driver();
  virtual_driver(const virtual_driver&) = delete;
  virtual_driver& operator=(const virtual_driver&) = delete;

  /// Runs one ready actor, or lets time jump to the next timeout. False if there is nothing to do.
  bool step();
  /// Runs everything that is due up to and including `t`; then it is `t`. If `enough`, asked before
  /// each step, says so, it stops there and then. Errors: `step_limit`.
  [[nodiscard]] result<void> run_until(instant t, const std::function<bool()>& enough = {});
  /// Runs while the predicate, asked before each step, holds. Errors: `step_limit`; `stalled` if
  /// nothing more can happen.
  [[nodiscard]] result<void> run_while(const std::function<bool()>& predicate);
  /// Runs what is ready, without letting time pass. Errors: `step_limit`.
  [[nodiscard]] result<void> run_ready();

  [[nodiscard]] instant now() const noexcept;

  /// Steps taken, for reports.
  [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }

  /// The actor handles nothing until `until`; its messages wait.
  void pause(const caf::actor& who, instant until);
  void resume(const caf::actor& who);

  /// Ends these actors in reverse order, and lets all others end that they take with them; then
  /// drops what is still pending, so that the system can be destroyed. Must be called while actors
  /// live; the driver does nothing afterwards. Errors: `step_limit`, with how many still live.
  [[nodiscard]] result<void> stop(std::span<const caf::actor> roots,
                                  std::uint64_t steps_max = 10'000'000);

  /// When something is due next, if anything is pending.
  [[nodiscard]] std::optional<instant> next_time() const;

private:
  struct pause_entry {
    instant until;
    std::vector<caf::resumable*> held;
  };

  [[nodiscard]] bool run_one();
  void jump();
  void release(pause_entry& entry);
  void release_all();
  [[nodiscard]] result<void> count_step();

  caf::actor_system& system_;
  caf::scheduler::test_coordinator& scheduler_;
  rng random_;
  std::uint64_t steps_ = 0;
  std::uint64_t step_limit_;
  std::map<caf::actor_id, pause_entry> paused_;
};

} // namespace ainur
