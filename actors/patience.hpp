// How long one actor of a market waits for another's answer.
//
// On the real clock a minute: then the other is taken for lost, and whoever asked starts again or
// says so. On the virtual clock nothing is late but by a fault that ends by itself, and a question
// that nobody will answer ends the run (`driver_errc::stalled`).
#pragma once

#include <chrono>

#include <caf/duration.hpp>

#include "ainur/actors/environment.hpp"

namespace ainur {

[[nodiscard]] inline caf::duration patience_of(const environment& world) {
  if (world.is_virtual())
    return caf::duration{caf::infinite};
  return caf::duration{std::chrono::seconds{60}};
}

} // namespace ainur
