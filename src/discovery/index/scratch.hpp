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

  /// Forgets what was visited, and makes room for so many slots.
  void forget(std::size_t slot_count) {
    for (std::size_t i = 0; i < touched_end_; ++i)
      visited_[touched_[i]] = 0;
    touched_end_ = 0;
    if (visited_.size() * 64 < slot_count)
      visited_.resize((slot_count + 63) / 64);
  }

  /// Room for so many visits more.
  void expect(std::size_t visits) {
    if (touched_.size() < touched_end_ + visits)
      touched_.resize(2 * (touched_end_ + visits));
  }

  /// True the first time. A bit a slot, so that those of neighbours that lie together share a line
  /// of the cache.
  bool visit(slot s) noexcept {
    auto& word = visited_[s / 64];
    const auto bit = std::uint64_t{1} << (s % 64);
    const bool fresh = (word & bit) == 0;
    word |= bit;
    touched_[touched_end_] = s / 64;
    touched_end_ += fresh ? 1 : 0;
    return fresh;
  }

private:
  std::vector<std::uint64_t> visited_;
  std::vector<std::uint32_t> touched_; // words that are not 0, some more than once
  std::size_t touched_end_ = 0;
};

} // namespace ainur::discovery::detail
