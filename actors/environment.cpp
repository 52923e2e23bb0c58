#include "ainur/actors/environment.hpp"

#include <caf/actor_clock.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include "logger.hpp"

namespace ainur {
namespace {

// CAF's virtual clock starts one nanosecond after zero; the conversion cuts that off.
instant to_instant(caf::actor_clock::duration_type d) noexcept {
  return instant{std::chrono::duration_cast<duration>(d)};
}

log_level level_of(const environment_options& options) noexcept {
  return options.log ? options.log->level() : log_level::off;
}

} // namespace

environment environment::on_real_clock(const environment_options& options) {
  const auto utc = std::chrono::system_clock::now().time_since_epoch();
  return environment{
      data{.is_virtual = false,
           .seed = options.seed,
           .start = timestamp{std::chrono::duration_cast<duration>(utc)} - options.elapsed,
           .root = rng{options.seed},
           .links = nullptr,
           .origin = std::chrono::steady_clock::now() - options.elapsed,
           .clock = nullptr,
           .log = options.log,
           .log_level_min = level_of(options)}};
}

environment environment::on_virtual_clock(caf::actor_system& system,
                                          const environment_options& options) {
  return environment{data{.is_virtual = true,
                          .seed = options.seed,
                          .start = options.start,
                          .root = rng{options.seed},
                          .links = options.links,
                          .origin = {},
                          .clock = &system.scheduler().clock(),
                          .log = options.log,
                          .log_level_min = level_of(options)}};
}

void link_model::cut_off(const std::vector<std::uint32_t>&, instant) {}

instant environment::now() const noexcept {
  if (state_->clock != nullptr)
    return to_instant(state_->clock->now().time_since_epoch());
  return to_instant(std::chrono::steady_clock::now() - state_->origin);
}

} // namespace ainur
