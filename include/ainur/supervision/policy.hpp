// What a supervisor is told about its children: how to restart them, how to stop them, and when to
// give up. The vocabulary is that of Erlang/OTP's supervisor, and so is the meaning (OTP Design
// Principles, "Supervisor Behaviour"). Plain values.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ainur/base/error.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"

namespace ainur::supervision {

/// A child's name within its supervisor; it outlives restarts. Chosen by the owner.
using child_id = number_id<struct child_tag>;

/// Who is restarted when one child fails.
enum class strategy_kind : std::uint8_t {
  one_for_one,  ///< that child
  one_for_all,  ///< all children
  rest_for_one, ///< that child and those started after it
  max_value = rest_for_one
};

/// Which ends are failures.
enum class restart_kind : std::uint8_t {
  permanent, ///< every end
  transient, ///< an abnormal end
  temporary, ///< none: it is forgotten when it ends, also when a sibling's failure ends it
  max_value = temporary
};

/// How a child ended.
enum class exit_kind : std::uint8_t {
  normal,   ///< its work is done
  shutdown, ///< it was asked to end
  abnormal, ///< an error or an exception
  killed,   ///< ended from outside without being asked
  max_value = killed
};

/// Stop the child at once, without asking.
inline constexpr duration brutal_kill{0};
/// Ask, and wait as long as it takes; right for children that are supervisors.
inline constexpr duration infinity = duration::max();

struct child_policy {
  restart_kind restart = restart_kind::permanent;
  /// How long a child that was asked to end may take before it is killed.
  duration shutdown_timeout = std::chrono::seconds{5};
  friend bool operator==(const child_policy&, const child_policy&) = default;
};

/// A supervisor gives up when it would restart more than `restarts_max` times within `period`, both
/// ends of the period included. A restart of several children counts once.
struct restart_intensity {
  std::uint32_t restarts_max = 3;
  duration period = std::chrono::seconds{5};
};

/// How long to wait before a restart: `initial`, doubled with each further failure of the same
/// child, at most `max`. The defaults restart at once, as OTP does.
struct back_off {
  duration initial{0};
  duration max = std::chrono::seconds{30};
  /// A child that ran this long before it failed starts over at `initial`.
  duration reset_after = std::chrono::seconds{60};
  /// Up to this part of the wait is taken off at random, so that many do not restart together.
  std::uint32_t jitter_ppm = 0;
};

struct supervisor_options {
  strategy_kind strategy = strategy_kind::one_for_one;
  restart_intensity intensity{};
  back_off delay{};
  std::size_t children_max = 1000; ///< more need a deeper tree
};

enum class errc : std::uint16_t {
  full = 1,      ///< the supervisor has as many children as it may
  duplicate,     ///< a child of this id exists
  not_found,     ///< no child has this id
  still_running, ///< the child must be terminated first
  ending,        ///< the supervisor is stopping
  start_failed,  ///< the child could not be started
  gave_up,       ///< more restarts than the intensity allows
};
[[nodiscard]] error_info describe(errc code) noexcept;

} // namespace ainur::supervision
