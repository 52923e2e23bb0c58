#include "walk.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace ainur::discovery::detail {

namespace {

constexpr std::uint64_t no_entry = ~std::uint64_t{0};

/// Candidates kept on the levels that lead to the one that is searched. Which cluster the query
/// belongs to is decided on the second and third level, so these keep more.
std::uint32_t descent_width(std::uint8_t level) noexcept {
  return level == 2 || level == 3 ? 8 : 2;
}

/// Links are read while another thread sets them.
slot load(const slot& link) noexcept {
  return std::atomic_ref{const_cast<slot&>(link)}.load(std::memory_order_acquire);
}

/// A list of links may lie in two lines of the cache.
void prefetch_links(const slot* links) noexcept {
  __builtin_prefetch(links);
  __builtin_prefetch(links + 16);
}

} // namespace

/// Which half holds the place is no branch, since it could not be predicted.
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

walk::walk(const graph& g, const query& q, std::uint8_t lowest, std::uint32_t width, scratch& room)
    : graph_(g), query_(q), room_(room), lowest_(lowest), width_lowest_(width) {
  room.pool.clear();
  room.scored = 0;
  const auto entry = g.entry_.load(std::memory_order_acquire);
  if (entry == no_entry) {
    done_ = true;
    return;
  }
  const auto s = static_cast<slot>(entry);
  level_ = static_cast<std::uint8_t>(entry >> 32);
  lowest_ = std::min(lowest_, level_);
  float score = 0;
  g.kernels_->gather(q, g.rows_, &s, 1, &score);
  room.pool.push_back(rank(score, s));
  begin_level();
  (void)pick();
}

void walk::descend() {
  --level_;
  lowest_ = level_;
  done_ = false;
  begin_level();
  (void)pick();
}

void walk::begin_level() {
  auto& pool = room_.pool;
  width_ = level_ == lowest_ ? width_lowest_ : descent_width(level_);
  if (pool.size() > width_)
    pool.resize(width_);
  room_.forget(graph_.capacity_);
  room_.expect(pool.size());
  for (auto& r : pool) {
    r &= ~ranked{1};
    (void)room_.visit(slot_of(r));
  }
  at_ = 0;
}

bool walk::pick() {
  const auto& pool = room_.pool;
  for (;;) {
    while (at_ < pool.size() && (pool[at_] & 1) != 0)
      ++at_;
    if (at_ < pool.size())
      break;
    if (level_ == lowest_) {
      done_ = true;
      return false;
    }
    --level_;
    begin_level();
  }
  room_.pool[at_] |= 1; // looked at
  current_ = slot_of(pool[at_]);
  prefetch_links(graph_.list(current_, level_));
  if (at_ + 1 < pool.size())
    prefetch_links(graph_.list(slot_of(pool[at_ + 1]), level_));
  return true;
}

bool walk::step() {
  if (done_)
    return false;
  if (current_ != no_slot) {
    collected_ = collect(graph_, current_, level_, room_);
    current_ = no_slot;
    return true;
  }
  const auto count = score(graph_, query_, collected_, width_, room_);
  auto first = at_ + 1;
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t place = 0;
    if (offer(room_.pool, width_, rank(room_.scores[i], room_.slots[i]), place))
      first = std::min(first, place);
  }
  at_ = first;
  return pick();
}

std::size_t walk::collect(const graph& g, slot s, std::uint8_t level, scratch& room) {
  const auto* links = g.list(s, level);
  const auto width = g.width_of(level);
  room.slots.resize(width);
  room.expect(width);
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
    __builtin_prefetch(g.rows_.rows + fresh[i] * g.rows_.row_bytes);
    __builtin_prefetch(g.rows_.inverse_norms + fresh[i]);
  }
  return count;
}

std::size_t walk::score(const graph& g, const query& q, std::size_t count, std::uint32_t width,
                        scratch& room) {
  room.scores.resize(room.slots.size());
  g.kernels_->gather(q, g.rows_, room.slots.data(), count, room.scores.data());
  room.scored += static_cast<std::uint32_t>(count);
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

void graph::search(const query& q, std::uint32_t width, scratch& room) const {
  walk{*this, q, 0, width, room}.run();
}

void graph::search(std::span<const query> queries, std::uint32_t width,
                   std::span<scratch* const> rooms,
                   const std::function<void(std::size_t query, scratch& room)>& done) const {
  struct lane {
    std::optional<walk> under_way;
    std::size_t query = 0;
  };

  std::vector<lane> lanes(std::min(rooms.size(), queries.size()));
  std::size_t next = 0;
  std::size_t left = queries.size();
  while (left > 0)
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      auto& l = lanes[i];
      if (l.under_way && l.under_way->step())
        continue;
      if (l.under_way) {
        done(l.query, *rooms[i]);
        --left;
        l.under_way.reset();
      }
      if (next < queries.size()) {
        l.query = next++;
        l.under_way.emplace(*this, queries[l.query], std::uint8_t{0}, width, *rooms[i]);
      }
    }
}

bool graph::search(const query& q, std::uint32_t width, std::uint32_t scored_max,
                   const std::function<bool(slot)>& passes, scratch& room) const {
  walk above{*this, q, 1, 4, room};
  above.run();
  auto& pool = room.pool;
  auto& paths = room.paths;
  paths.clear();
  std::swap(paths, pool);
  room.forget(capacity_);
  room.expect(paths.size());
  std::size_t place = 0;
  for (auto& r : paths) {
    r &= ~ranked{1};
    (void)room.visit(slot_of(r));
    if (passes(slot_of(r)))
      (void)offer(pool, width, r, place);
  }
  std::make_heap(paths.begin(), paths.end());
  while (!paths.empty()) {
    std::pop_heap(paths.begin(), paths.end());
    const auto best = paths.back();
    paths.pop_back();
    if (pool.size() >= width && best < pool.back())
      return true;
    if (room.scored > scored_max)
      return false;
    const auto fresh = walk::collect(*this, slot_of(best), 0, room);
    const auto count = walk::score(*this, q, fresh, width, room);
    for (std::size_t i = 0; i < count; ++i) {
      const auto r = rank(room.scores[i], room.slots[i]);
      if (pool.size() >= width && r < pool.back())
        continue;
      paths.push_back(r);
      std::push_heap(paths.begin(), paths.end());
      if (passes(room.slots[i]))
        (void)offer(pool, width, r, place);
    }
  }
  return true;
}

} // namespace ainur::discovery::detail
