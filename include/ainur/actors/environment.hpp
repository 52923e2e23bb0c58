// What an actor may know of the world: the time, a source of randomness, and the links it sends
// over; and the log it writes to.
//
// Every actor is handed an environment and reads no clock and no random device by itself. On the
// real clock time is measured; on the virtual clock it jumps from one timeout to the next and each
// message over a modelled link takes the time that the model says. A handle: cheap to copy, and
// safe to read from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "ainur/actors/caf.hpp"
#include "ainur/actors/log.hpp"
#include "ainur/base/rng.hpp"
#include "ainur/base/time.hpp"

namespace ainur {

/// From where to where a message goes. Endpoints are numbered by whoever makes the model.
struct link_ends {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
};

/// What becomes of a message on a link. Used on the virtual clock only, by one thread.
class link_model {
public:
  virtual ~link_model() = default;
  /// The delays after which copies arrive: none for a lost message, two for a duplicated one.
  [[nodiscard]] virtual std::vector<duration> deliveries(const link_ends& over, instant now) = 0;
  /// Cuts these endpoints off from all others until then; a model without cuts ignores it.
  virtual void cut_off(const std::vector<std::uint32_t>& endpoints, instant until);
};

struct environment_options {
  std::uint64_t seed = 1;
  timestamp start = timestamp_at(1'700'000'000'000'000); ///< virtual clock only
  std::shared_ptr<link_model> links;                     ///< virtual clock only; none: no delay
  duration elapsed{};                                    ///< of a run that goes on: what is over
  std::shared_ptr<logger> log{};                         ///< none: nothing is written
};

class environment {
public:
  /// None yet: to be assigned before it is used.
  environment() noexcept = default;

  /// Time starts now, at `elapsed`: the system's clock is read once, and counted on with the steady
  /// one.
  [[nodiscard]] static environment on_real_clock(const environment_options& options);
  /// `system` must have been configured for the virtual clock, and outlive every use. Its clock
  /// stands at `elapsed` already (virtual_driver).
  [[nodiscard]] static environment on_virtual_clock(caf::actor_system& system,
                                                    const environment_options& options);

  /// Since the start of the run.
  [[nodiscard]] instant now() const noexcept;

  [[nodiscard]] timestamp utc_now() const noexcept { return to_utc(now()); }

  [[nodiscard]] timestamp to_utc(instant t) const noexcept {
    return state_->start + t.time_since_epoch();
  }

  /// A stream of its own for each purpose and index; the same at every call.
  [[nodiscard]] rng stream(std::string_view purpose, std::uint64_t index = 0) const noexcept {
    return state_->root.split(purpose, index);
  }

  [[nodiscard]] std::uint64_t seed() const noexcept { return state_->seed; }

  [[nodiscard]] bool is_virtual() const noexcept { return state_->is_virtual; }

  /// The model of the links; null on the real clock.
  [[nodiscard]] link_model* links() const noexcept { return state_->links.get(); }

  /// True if lines of this level are written.
  [[nodiscard]] bool logs(log_level level) const noexcept { return level >= state_->log_level_min; }

  /// Begins a line of the log (actors/log.hpp). The names must outlive the call only.
  log_entry log(log_level level, const char* component, const char* event) const {
    if (!logs(level)) [[likely]]
      return {};
    return log_entry{*state_->log, level, component, event, now()};
  }

private:
  struct data {
    bool is_virtual;
    std::uint64_t seed;
    timestamp start;
    rng root;
    std::shared_ptr<link_model> links;
    std::chrono::steady_clock::time_point origin;
    const caf::actor_clock* clock; // virtual only
    std::shared_ptr<logger> log;
    log_level log_level_min;
  };

  explicit environment(data&& d) : state_(std::make_shared<const data>(std::move(d))) {}

  std::shared_ptr<const data> state_;
};

/// Sends over a link, with `self` as the sender: at once on the real clock, as the model says on
/// the virtual one. Messages on one link may then be lost, doubled and reordered.
template <class Self, class Handle, class Message>
void post(const environment& world, Self* self, const link_ends& over, const Handle& to,
          Message&& message) {
  auto* links = world.links();
  if (links == nullptr) [[likely]] {
    self->send(to, std::forward<Message>(message));
    return;
  }
  for (const auto delay : links->deliveries(over, world.now())) {
    auto copy = message;
    if (delay <= duration{0})
      self->send(to, std::move(copy));
    else
      self->delayed_send(to, delay, std::move(copy));
  }
}

/// As `post`, over a transport that sends again what was lost: a loss costs time, never the
/// message.
template <class Self, class Handle, class Message>
void post_reliably(const environment& world, Self* self, const link_ends& over, const Handle& to,
                   Message&& message) {
  constexpr duration retransmission{200'000};
  constexpr int tries_max = 50; // a link that is cut for good loses it after all
  auto* links = world.links();
  if (links == nullptr) [[likely]] {
    self->send(to, std::forward<Message>(message));
    return;
  }
  duration lost{};
  for (int tried = 0; tried < tries_max; ++tried, lost += retransmission) {
    const auto delays = links->deliveries(over, world.now() + lost);
    if (delays.empty())
      continue;
    const auto delay = lost + delays.front();
    if (delay <= duration{0})
      self->send(to, std::forward<Message>(message));
    else
      self->delayed_send(to, delay, std::forward<Message>(message));
    return;
  }
}

} // namespace ainur
