// Storage and search.
#include "graph.hpp"

#include <algorithm>
#include <cstring>
#include <functional>

#include "ainur/base/assert.hpp"

namespace ainur::discovery::detail {

namespace {

constexpr std::uint64_t no_entry = ~std::uint64_t{0};

/// Candidates kept on the levels that lead to the one that is searched. Which cluster the query
/// belongs to is decided above the first level, so these keep more.
std::uint32_t descent_width(std::uint8_t level) noexcept {
  return level == 1 ? 4 : 8;
}

/// Links are read while another thread sets them.
slot load(const slot& link) noexcept {
  return std::atomic_ref{const_cast<slot&>(link)}.load(std::memory_order_acquire);
}

/// Keeps the `width` best in order; true if it was one of them, then `at` is its place. Which half
/// holds it is no branch, since it could not be predicted.
bool offer(std::vector<ranked>& pool, std::size_t width, ranked r, std::size_t& at) {
  if (pool.size() < width)
    pool.push_back(0);
  else if (r < pool.back())
    return false;
  const ranked* place = pool.data();
  for (auto rest = pool.size() - 1; rest > 0;) { // the last goes
    const auto half = (rest + 1) / 2;
    place += place[half - 1] > r ? half : 0;
    rest -= half;
  }
  at = static_cast<std::size_t>(place - pool.data());
  std::memmove(pool.data() + at + 1, pool.data() + at, (pool.size() - 1 - at) * sizeof(ranked));
  pool[at] = r;
  return true;
}

/// Leaves of what was scored those that may come into the pool. Returns how many.
std::size_t sift(scratch& room, std::size_t count, std::size_t width) {
  if (room.pool.size() < width)
    return count;
  const auto worst = score_of(room.pool.back());
  std::size_t good = 0;
  for (std::size_t i = 0; i < count; ++i) {
    room.slots[good] = room.slots[i];
    room.scores[good] = room.scores[i];
    good += room.scores[i] >= worst ? 1 : 0;
  }
  return good;
}

/// A list of links may lie in two lines of the cache.
void prefetch_links(const slot* links) noexcept {
  __builtin_prefetch(links);
  __builtin_prefetch(links + 16);
}

} // namespace

void scratch::start(std::size_t slot_count) {
  scored = 0;
  if (visited_.size() < slot_count || ++round_ == 0) {
    visited_.assign(std::max(slot_count, visited_.size()), 0);
    round_ = 1;
  }
}

graph::graph(const index_options& options)
    : kind_(options.kind), dimension_(options.dimension), links_(options.links),
      build_width_(options.build_width), kernels_(&kernels_for(options.kind, options.portable)),
      upper_free_(level_max + 1u), entry_(no_entry) {
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

std::size_t graph::score_neighbours(const query& q, slot s, std::uint8_t level,
                                    scratch& room) const {
  const auto* links = list(s, level);
  const auto width = width_of(level);
  room.slots.resize(width);
  room.scores.resize(width);
  auto* fresh = room.slots.data();
  std::size_t count = 0;
  for (std::uint32_t i = 0; i < width; ++i) {
    const auto n = load(links[i]);
    if (n == no_slot)
      break;
    fresh[count] = n;
    count += room.visit(n) ? 1 : 0;
  }
  for (std::size_t i = 0; i < count; ++i) {
    __builtin_prefetch(rows_.rows + fresh[i] * rows_.row_bytes);
    __builtin_prefetch(rows_.inverse_norms + fresh[i]);
  }
  kernels_->gather(q, rows_, room.slots.data(), count, room.scores.data());
  room.scored += static_cast<std::uint32_t>(count);
  return count;
}

void graph::enter(const query& q, scratch& room, slot at) const {
  room.start(capacity_);
  float score = 0;
  kernels_->gather(q, rows_, &at, 1, &score);
  room.pool.assign(1, rank(score, at));
}

void graph::search_level(const query& q, std::uint8_t level, std::uint32_t width,
                         scratch& room) const {
  auto& pool = room.pool;
  for (auto& r : pool) {
    r &= ~ranked{1};
    (void)room.visit(slot_of(r));
  }
  if (pool.size() > width)
    pool.resize(width);
  for (std::size_t at = 0; at < pool.size();) {
    if ((pool[at] & 1) != 0) {
      ++at;
      continue;
    }
    pool[at] |= 1; // looked at
    const auto s = slot_of(pool[at]);
    if (at + 1 < pool.size())
      prefetch_links(list(slot_of(pool[at + 1]), level));
    const auto count = sift(room, score_neighbours(q, s, level, room), width);
    std::size_t first = at + 1;
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t place = 0;
      if (offer(pool, width, rank(room.scores[i], room.slots[i]), place))
        first = std::min(first, place);
    }
    at = first;
  }
}

bool graph::descend(const query& q, std::uint8_t level, scratch& room) const {
  const auto entry = entry_.load(std::memory_order_acquire);
  if (entry == no_entry)
    return false;
  enter(q, room, static_cast<slot>(entry));
  for (auto l = static_cast<std::uint8_t>(entry >> 32); l > level; --l) {
    search_level(q, l, descent_width(l), room);
    room.start(capacity_);
  }
  return true;
}

void graph::search(const query& q, std::uint32_t width, scratch& room) const {
  room.pool.clear();
  if (descend(q, 0, room))
    search_level(q, 0, width, room);
}

bool graph::search(const query& q, std::uint32_t width, std::uint32_t scored_max,
                   const std::function<bool(slot)>& passes, scratch& room) const {
  room.pool.clear();
  if (!descend(q, 0, room))
    return true;
  auto& paths = room.paths;
  paths.clear();
  std::swap(paths, room.pool);
  for (const auto r : paths) {
    (void)room.visit(slot_of(r));
    std::size_t place = 0;
    if (passes(slot_of(r)))
      (void)offer(room.pool, width, r & ~ranked{1}, place);
  }
  std::make_heap(paths.begin(), paths.end());
  while (!paths.empty()) {
    std::pop_heap(paths.begin(), paths.end());
    const auto best = paths.back();
    paths.pop_back();
    if (room.pool.size() >= width && best < room.pool.back())
      return true;
    if (room.scored > scored_max)
      return false;
    const auto count = sift(room, score_neighbours(q, slot_of(best), 0, room), width);
    for (std::size_t i = 0; i < count; ++i) {
      const auto r = rank(room.scores[i], room.slots[i]);
      if (room.pool.size() >= width && r < room.pool.back())
        continue;
      paths.push_back(r);
      std::push_heap(paths.begin(), paths.end());
      std::size_t place = 0;
      if (passes(room.slots[i]))
        (void)offer(room.pool, width, r, place);
    }
  }
  return true;
}

} // namespace ainur::discovery::detail
