// Storage.
#include "graph.hpp"

#include <algorithm>

#include "ainur/base/assert.hpp"

namespace ainur::discovery::detail {

graph::graph(const index_options& options)
    : kind_(options.kind), dimension_(options.dimension), links_(options.links),
      build_width_(options.build_width), kernels_(&kernels_for(options.kind, options.portable)),
      upper_free_(level_max + 1u), entry_(~std::uint64_t{0}) {
  rows_.row_bytes = row_bytes_of(kind_, dimension_);
}

std::size_t graph::memory_bytes() const noexcept {
  return row_bytes_.size() + inverse_norms_.size() * sizeof(float) +
         links_0_.size() * sizeof(slot) + levels_.size() +
         upper_at_.size() * sizeof(std::uint32_t) + upper_.size() * sizeof(slot);
}

void graph::grow(std::size_t capacity) {
  const auto old = capacity_;
  row_bytes_.resize(capacity * rows_.row_bytes);
  inverse_norms_.resize(capacity);
  links_0_.resize(capacity * width_of(0));
  levels_.resize(capacity);
  upper_at_.resize(capacity);
  // A seventh of the slots is expected; what chance adds is a square root of that.
  upper_.resize((capacity / 6 + 4u * level_max) * links_);
  std::fill(levels_.data() + old, levels_.data() + capacity, no_level);
  capacity_ = capacity;
  rows_.rows = row_bytes_.data();
  rows_.inverse_norms = inverse_norms_.data();
}

bool graph::has_room(std::uint8_t level) const noexcept {
  return (upper_end_ + level) * std::size_t{links_} <= upper_.size() || !upper_free_[level].empty();
}

std::uint32_t graph::take_upper(std::uint8_t level) {
  auto& free = upper_free_[level];
  if (!free.empty()) {
    const auto at = free.back();
    free.pop_back();
    return at;
  }
  const auto at = upper_end_;
  upper_end_ += level;
  return at;
}

slot* graph::list(slot s, std::uint8_t level) noexcept {
  return level == 0 ? links_0_.data() + std::size_t{s} * width_of(0)
                    : upper_.data() + (std::size_t{upper_at_[s]} + level - 1u) * links_;
}

const slot* graph::list(slot s, std::uint8_t level) const noexcept {
  return const_cast<graph*>(this)->list(s, level);
}

void graph::place(slot s, std::span<const float> vector, std::uint8_t level) {
  AINUR_ASSERT(levels_[s] == no_level && has_room(level));
  inverse_norms_[s] = write_row(kind_, vector, row_bytes_.data() + s * rows_.row_bytes);
  if (level > 0)
    upper_at_[s] = take_upper(level);
  for (std::uint8_t l = 0; l <= level; ++l)
    std::fill_n(list(s, l), width_of(l), no_slot);
  levels_[s] = level;
}

} // namespace ainur::discovery::detail
