#include "ainur/scenario/histogram.hpp"

#include <algorithm>

#include "ainur/base/assert.hpp"

namespace ainur::scenario {

// Values of w bits stand in rows: row 0 holds 0 .. 2^(bits+1) − 1 one by one, row r ≥ 1 holds the
// values of bits + 1 + r bits in 2^bits buckets of width 2^r.
std::size_t histogram::index_of(std::uint64_t value) const noexcept {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  if (width <= bits_ + 1)
    return static_cast<std::size_t>(value);
  const auto row = width - bits_ - 1;
  return (std::size_t{row} << bits_) + static_cast<std::size_t>(value >> row);
}

std::uint64_t histogram::value_at(std::size_t index) const noexcept {
  const std::size_t in_row = std::size_t{1} << bits_;
  if (index < 2 * in_row)
    return index;
  const auto row = index / in_row - 1;
  const std::uint64_t low = static_cast<std::uint64_t>(index - row * in_row) << row;
  return low + (std::uint64_t{1} << row) / 2;
}

void histogram::add(std::uint64_t value) {
  const auto i = index_of(value);
  if (i >= buckets_.size())
    buckets_.resize(i + 1);
  ++buckets_[i];
  ++count_;
  sum_ += value;
  max_ = std::max(max_, value);
}

void histogram::merge(const histogram& other) {
  AINUR_ASSERT(bits_ == other.bits_);
  if (other.buckets_.size() > buckets_.size())
    buckets_.resize(other.buckets_.size());
  for (std::size_t i = 0; i < other.buckets_.size(); ++i)
    buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

std::uint64_t histogram::mean() const noexcept {
  return count_ == 0 ? 0 : static_cast<std::uint64_t>(sum_ / count_);
}

std::uint64_t histogram::percentile(std::uint64_t ppm) const noexcept {
  if (count_ == 0)
    return 0;
  const auto rank = std::max<uint128>(1, (uint128{count_} * ppm + 999'999) / 1'000'000);
  uint128 seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i)
    if (seen += buckets_[i]; seen >= rank)
      return std::min(value_at(i), max_);
  return max_;
}

} // namespace ainur::scenario
