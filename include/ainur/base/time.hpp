// Two kinds of time that cannot be mixed: `instant` (monotonic, for timers, never stored) and
// `timestamp` (UTC, for anything stored or signed). Both count microseconds. No function of the
// pure library reads a clock: times are arguments.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "ainur/base/error.hpp"

namespace ainur {

using duration = std::chrono::duration<std::int64_t, std::micro>;

namespace detail {
struct monotonic_clock {
  using rep = std::int64_t;
  using period = std::micro;
  using duration = ainur::duration;
  static constexpr bool is_steady = true;
};

struct utc_clock {
  using rep = std::int64_t;
  using period = std::micro;
  using duration = ainur::duration;
  static constexpr bool is_steady = false;
};
} // namespace detail

/// Microseconds since the start of the run.
using instant = std::chrono::time_point<detail::monotonic_clock, duration>;
/// Microseconds since 1970-01-01T00:00:00Z.
using timestamp = std::chrono::time_point<detail::utc_clock, duration>;

[[nodiscard]] constexpr std::int64_t micros(duration d) noexcept {
  return d.count();
}

[[nodiscard]] constexpr std::int64_t micros(instant t) noexcept {
  return t.time_since_epoch().count();
}

[[nodiscard]] constexpr std::int64_t micros(timestamp t) noexcept {
  return t.time_since_epoch().count();
}

[[nodiscard]] constexpr timestamp timestamp_at(std::int64_t micros_utc) noexcept {
  return timestamp{duration{micros_utc}};
}

[[nodiscard]] constexpr instant instant_at(std::int64_t micros_run) noexcept {
  return instant{duration{micros_run}};
}

/// "2024-11-15T16:57:50.000000Z".
[[nodiscard]] std::string to_string(timestamp t);
/// Parses "2024-11-15T16:57:50.25Z" (UTC; seconds with at most six decimals). Errors: `malformed`.
[[nodiscard]] result<timestamp> timestamp_from_text(std::string_view text);
/// "1h 30m", "250ms", "7us": the largest units that give an exact form.
[[nodiscard]] std::string to_string(duration d);
/// Parses "250ms", "1.5 s", "2h", "7 us", "3d", "10min". Errors: `malformed`, `overflow`.
[[nodiscard]] result<duration> duration_from_text(std::string_view text);

} // namespace ainur
