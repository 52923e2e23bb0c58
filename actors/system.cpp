#include "ainur/actors/system.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <caf/actor_registry.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include "ainur/base/assert.hpp"

namespace ainur {
namespace {

instant to_instant(caf::actor_clock::time_point t) noexcept {
  return instant{std::chrono::duration_cast<duration>(t.time_since_epoch())};
}

// CAF's virtual clock starts at one nanosecond, and all that is set in microseconds follows.
caf::actor_clock::time_point to_clock(instant t) noexcept {
  return caf::actor_clock::time_point{t.time_since_epoch()} + std::chrono::nanoseconds{1};
}

} // namespace

void configure(caf::actor_system_config& config, const system_options& options) {
  const auto cores = std::max(1u, std::thread::hardware_concurrency());
  const auto threads =
      std::min(options.threads_max == 0 ? cores : options.threads_max, threads_limit);
  if (options.clock == clock_kind::virtual_time)
    config.set("scheduler.policy", caf::atom("testing"));
  else
    config.set("scheduler.policy", caf::atom("stealing"));
  config.set("scheduler.max-threads", static_cast<std::size_t>(threads));
  config.set("logger.console", caf::atom("none"));
}

error_info describe(driver_errc code) noexcept {
  switch (code) {
  case driver_errc::step_limit:
    return {"clock", "step_limit", "the actors did not come to rest within the allowed steps"};
  case driver_errc::stalled:
    return {"clock", "stalled", "nothing is ready and no timeout is pending"};
  }
  return {"clock", "unknown", "an unknown error"};
}

virtual_driver::virtual_driver(caf::actor_system& system, std::uint64_t seed,
                               std::uint64_t step_limit)
    : system_(system),
      scheduler_(dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler())),
      random_(rng{seed}.split("schedule")), step_limit_(step_limit) {}

void virtual_driver::begin_at(instant start) {
  AINUR_ASSERT(steps_ == 0 && scheduler_.clock().schedule().empty());
  scheduler_.clock().current_time = to_clock(start);
}

virtual_driver::~virtual_driver() {
  release_all();
}

instant virtual_driver::now() const noexcept {
  return to_instant(scheduler_.clock().now());
}

/// Runs one ready actor for one message; false if none is ready.
bool virtual_driver::run_one() {
  auto& jobs = scheduler_.jobs;
  while (!jobs.empty()) {
    // CAF puts an actor with more to do at the front; a free choice keeps it from starving others.
    std::swap(jobs.front(), jobs[random_.below(jobs.size())]);
    if (!paused_.empty()) {
      const auto* actor = dynamic_cast<caf::scheduled_actor*>(jobs.front());
      const auto held = actor == nullptr ? paused_.end() : paused_.find(actor->id());
      if (held != paused_.end()) {
        held->second.held.push_back(jobs.front());
        jobs.pop_front();
        continue;
      }
    }
    return scheduler_.try_run_once();
  }
  return false;
}

std::optional<instant> virtual_driver::next_time() const {
  std::optional<instant> next;
  const auto& schedule = scheduler_.clock().schedule();
  if (!schedule.empty())
    next = std::max(now(), to_instant(schedule.begin()->first));
  for (const auto& [id, entry] : paused_)
    if (!next || entry.until < *next)
      next = std::max(now(), entry.until);
  return next;
}

/// Lets time pass to the next timeout, or to the end of the next pause.
void virtual_driver::jump() {
  auto& clock = scheduler_.clock();
  const auto first = std::min_element(paused_.begin(), paused_.end(), [](auto& a, auto& b) {
    return a.second.until < b.second.until;
  });
  if (first == paused_.end() || (!clock.schedule().empty() &&
                                 clock.schedule().begin()->first < to_clock(first->second.until))) {
    clock.trigger_timeout();
    return;
  }
  clock.current_time = std::max(clock.current_time, to_clock(first->second.until));
  release(first->second);
  paused_.erase(first);
}

void virtual_driver::release(pause_entry& entry) {
  for (auto* job : std::exchange(entry.held, {}))
    scheduler_.jobs.push_back(job);
}

void virtual_driver::release_all() {
  for (auto& [id, entry] : paused_)
    release(entry);
  paused_.clear();
}

bool virtual_driver::step() {
  ++steps_;
  if (run_one())
    return true;
  if (!next_time())
    return false;
  jump();
  return true;
}

result<void> virtual_driver::count_step() {
  if (steps_ < step_limit_)
    return {};
  return fail(driver_errc::step_limit,
              std::to_string(steps_) + " steps by " + to_string(now().time_since_epoch()) +
                  " of virtual time; do actors message each other forever?");
}

result<void> virtual_driver::run_ready() {
  for (;;) {
    if (auto allowed = count_step(); !allowed)
      return allowed;
    if (!run_one())
      return {};
    ++steps_;
  }
}

result<void> virtual_driver::run_until(instant t, const std::function<bool()>& enough) {
  while (!enough || !enough()) {
    if (auto allowed = count_step(); !allowed)
      return allowed;
    ++steps_;
    if (run_one())
      continue;
    const auto next = next_time();
    if (!next || *next > t) {
      auto& clock = scheduler_.clock();
      // Nothing is due up to then, so nothing is skipped.
      clock.current_time = std::max(clock.current_time, to_clock(t));
      return {};
    }
    jump();
  }
  return {};
}

result<void> virtual_driver::run_while(const std::function<bool()>& predicate) {
  while (predicate()) {
    if (auto allowed = count_step(); !allowed)
      return allowed;
    if (!step())
      return fail(driver_errc::stalled,
                  "at " + to_string(now().time_since_epoch()) + " of virtual time");
  }
  return {};
}

void virtual_driver::pause(const caf::actor& who, instant until) {
  paused_[who->id()].until = until;
}

void virtual_driver::resume(const caf::actor& who) {
  if (auto node = paused_.extract(who->id()))
    release(node.mapped());
}

result<void> virtual_driver::stop(std::span<const caf::actor> roots, std::uint64_t steps_max) {
  release_all();
  auto& registry = system_.registry();
  auto gone = std::make_shared<std::size_t>(0);
  std::size_t asked = 0;
  for (std::uint64_t taken = 0; taken < steps_max; ++taken) {
    if (asked == *gone && asked < roots.size()) {
      const auto& next = roots[roots.size() - ++asked];
      caf::actor_cast<caf::abstract_actor*>(next)->attach_functor([gone] { ++*gone; });
      caf::anon_send_exit(next, caf::exit_reason::user_shutdown);
    }
    if (run_one())
      continue;
    // All is quiet, so time must pass for one that takes its time to end.
    if ((asked == roots.size() && registry.running() == 0) || !next_time())
      break;
    jump();
  }
  // Timeouts and messages of the dead would otherwise be run by CAF until none are left.
  scheduler_.clock().cancel_all();
  const auto live = registry.running();
  if (live == 0)
    return {};
  for (auto* job : std::exchange(scheduler_.jobs, {}))
    caf::intrusive_ptr_release(job);
  system_.await_actors_before_shutdown(false);
  return fail(driver_errc::step_limit, std::to_string(live) + " actors still live after " +
                                           "their roots were ended; name all roots");
}

} // namespace ainur
