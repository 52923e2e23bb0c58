// What a search writes to: one for each that is under way, kept from one to the next.
#pragma once

#include <algorithm>
#include <bit>
#include <vector>

#include "kernels.hpp"

namespace ainur::discovery::detail {

/// A scored slot as one number: the larger the nearer, equal scores by rising slot. The lowest bit
/// is for marks.
using ranked = std::uint64_t;

[[nodiscard]] inline ranked rank(float score, slot s) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(score);
  const auto ordered = (bits >> 31) != 0 ? ~bits : bits | 0x80000000u;
  return ranked{ordered} << 32 | ranked{~s & 0x7fffffffu} << 1;
}

[[nodiscard]] inline slot slot_of(ranked r) noexcept {
  return ~static_cast<slot>(r >> 1) & 0x7fffffffu;
}

[[nodiscard]] inline float score_of(ranked r) noexcept {
  const auto ordered = static_cast<std::uint32_t>(r >> 32);
  return std::bit_cast<float>((ordered >> 31) != 0 ? ordered & 0x7fffffffu : ~ordered);
}

/// Room for one search or change at a time; kept from one to the next.
class scratch {
public:
  query row;                 ///< a stored row, prepared for scoring
  std::vector<ranked> pool;  ///< the best so far, best first
  std::vector<ranked> paths; ///< of a filtered search: a heap of what to look at
  std::vector<slot> slots;
  std::vector<float> scores;
  std::vector<slot> chosen;
  std::vector<ranked> ranking;
  std::vector<std::uint8_t> covered;
  std::uint32_t scored = 0;

  /// Forgets what was visited.
  void forget(std::size_t slot_count) {
    if (visited_.size() < slot_count || ++round_ == 0) {
      visited_.assign(std::max(slot_count, visited_.size()), 0);
      round_ = 1;
    }
  }

  /// True the first time.
  bool visit(slot s) noexcept {
    const bool fresh = visited_[s] != round_;
    visited_[s] = round_;
    return fresh;
  }

private:
  std::vector<std::uint8_t> visited_;
  std::uint8_t round_ = 0;
};

} // namespace ainur::discovery::detail
