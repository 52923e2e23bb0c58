// The two clocks of a run.
#pragma once

#include <cstdint>

namespace ainur {

enum class clock_kind : std::uint8_t {
  real_time,    ///< wall time, threads
  virtual_time, ///< one thread; time jumps from one event to the next; a seed fixes the run
  max_value = virtual_time
};

} // namespace ainur
