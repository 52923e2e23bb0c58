// Counts of integers in buckets whose width grows with the value, so that percentiles over millions
// of values take a few kilobytes (the layout of HdrHistogram, Tene 2012). A value; not thread-safe.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace ainur::scenario {

class histogram {
public:
  /// Values below 2^(bits + 1) are exact; larger ones are known within 2^-(bits + 1) of themselves:
  /// 0.4 % with 7 bits.
  explicit histogram(unsigned bits = 7) noexcept : bits_(bits) {}

  void add(std::uint64_t value);
  void merge(const histogram& other);

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

  [[nodiscard]] std::uint64_t max() const noexcept { return max_; }

  /// ⌊sum / count⌋, exact; 0 if empty.
  [[nodiscard]] std::uint64_t mean() const noexcept;
  /// The value of nearest rank: the ⌈count · ppm / 10^6⌉-th smallest (at least the first); 0 if
  /// empty.
  [[nodiscard]] std::uint64_t percentile(std::uint64_t ppm) const noexcept;

private:
  [[nodiscard]] std::size_t index_of(std::uint64_t value) const noexcept;
  [[nodiscard]] std::uint64_t value_at(std::size_t index) const noexcept;

  __extension__ using uint128 = unsigned __int128;
  unsigned bits_;
  std::vector<std::uint64_t> buckets_; ///< up to the largest value so far
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
  uint128 sum_ = 0;
};

} // namespace ainur::scenario
