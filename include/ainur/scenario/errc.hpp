// Errors of room `scenario`: everything that can be wrong with the files a run is given.
#pragma once

#include <cstdint>

#include "ainur/base/error.hpp"

namespace ainur::scenario {

enum class errc : std::uint16_t {
  no_file = 1,      ///< a named file is missing or cannot be read
  too_large,        ///< longer, deeper or more entries than allowed
  not_text,         ///< not UTF-8
  invalid_scenario, ///< the scenario says something that cannot be run
  invalid_workload, ///< the trace is not of its format or breaks a rule of its mapping
  unknown_metric,   ///< no metric of this name
  out_of_range,     ///< a number outside its stated range
  invalid_run,      ///< the saved run is not complete or not of this format
};
[[nodiscard]] error_info describe(errc code) noexcept;

} // namespace ainur::scenario
