// Keeps a storm of one kind of event from drowning everything else: of each name, at most so many
// pass in any second, and the rest is counted.
//
//   rate_bound bound{100};
//   if (const auto v = bound.take("child_crashed", now); v.passes)
//     ...                        // v.left_out were held back before this one
//
// A value: the time is an argument. Not thread-safe. Keeps some bytes a name, so names must be few.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ainur/base/time.hpp"

namespace ainur {

class rate_bound {
public:
  struct verdict {
    bool passes = false;
    std::uint64_t left_out = 0; ///< held back since the last that passed; told once
  };

  /// `per_second_max` is at least 1.
  explicit rate_bound(std::uint32_t per_second_max);

  /// One more of this name. A time before an earlier one counts as that one.
  [[nodiscard]] verdict take(std::string_view name, instant now);

  /// What was held back and not told of yet, by name; from now on it is told.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> take_left_out();

private:
  struct passage {
    std::deque<instant> passed; // within the last second, oldest first
    std::uint64_t left_out = 0;
  };

  std::uint32_t per_second_max_;
  std::map<std::string, passage, std::less<>> by_name_;
};

} // namespace ainur
