// Natural numbers of any size, for the few comparisons that 256 bits cannot decide.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "ainur/consensus/wide.hpp"

namespace ainur::consensus {

class natural {
public:
  natural() = default;
  natural(uint128 x); // NOLINT(google-explicit-constructor)

  natural& operator+=(const natural& other);
  friend natural operator*(const natural& a, const natural& b);
  friend std::strong_ordering operator<=>(const natural& a, const natural& b);
  friend bool operator==(const natural& a, const natural& b) = default;

private:
  void trim();

  std::vector<std::uint64_t> limbs_; // the lowest first; the last is not 0
};

} // namespace ainur::consensus
