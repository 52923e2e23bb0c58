// Errors of room `safety`.
#pragma once

#include <cstdint>

#include "ainur/base/error.hpp"

namespace ainur::safety {

enum class errc : std::uint16_t {
  bad_problem = 1, ///< sizes differ, a number is not finite, or a limit is exceeded
  infeasible,      ///< no point satisfies all constraints; the detail names one that cannot be met
  no_integer,      ///< points exist, but none of the integer points around the nearest is safe
  no_convergence,  ///< the constraints are too ill-conditioned to be decided in double precision
};
[[nodiscard]] error_info describe(errc code) noexcept;

} // namespace ainur::safety
