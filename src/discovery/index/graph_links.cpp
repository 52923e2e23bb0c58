// Changes of links.
#include <algorithm>
#include <functional>

#include "ainur/base/assert.hpp"
#include "walk.hpp"

namespace ainur::discovery::detail {

namespace {

/// How much farther from the base than from the chosen one a covered candidate is.
constexpr float covering = 1.15f;

void store(slot& link, slot value) noexcept {
  std::atomic_ref{link}.store(value, std::memory_order_release);
}

} // namespace

std::uint32_t graph::degree(slot s, std::uint8_t level) const noexcept {
  const auto* links = list(s, level);
  return static_cast<std::uint32_t>(std::find(links, links + width_of(level), no_slot) - links);
}

bool graph::linked(slot a, slot b, std::uint8_t level) const noexcept {
  const auto* links = list(a, level);
  const auto* end = links + width_of(level);
  return std::find(links, end, b) != end;
}

void graph::append(slot s, std::uint8_t level, slot neighbour) noexcept {
  store(list(s, level)[degree(s, level)], neighbour);
}

void graph::drop(slot s, std::uint8_t level, slot neighbour) noexcept {
  auto* links = list(s, level);
  const auto count = degree(s, level);
  auto* at = std::find(links, links + count, neighbour);
  AINUR_ASSERT(at != links + count);
  store(*at, links[count - 1]);
  store(links[count - 1], no_slot);
}

void graph::connect(slot a, slot b, std::uint8_t level) noexcept {
  append(a, level, b);
  append(b, level, a);
}

void graph::disconnect(slot a, slot b, std::uint8_t level) noexcept {
  drop(a, level, b);
  drop(b, level, a);
}

void graph::rank_all(slot base, std::span<const slot> others, scratch& room) const {
  load_query(kind_, row(base).data(), rows_.row_bytes, inverse_norms_[base], room.row);
  room.scores.resize(others.size());
  kernels_->gather(room.row, rows_, others.data(), others.size(), room.scores.data());
  room.ranking.clear();
  for (std::size_t i = 0; i < others.size(); ++i)
    room.ranking.push_back(rank(room.scores[i], others[i]));
  std::sort(room.ranking.begin(), room.ranking.end(), std::greater<>{});
}

/// A candidate is covered if it is nearer to one that was chosen than to the base, and not only a
/// little: the way leads through that one.
void graph::choose(std::uint32_t most, scratch& room) const {
  const auto& all = room.ranking;
  room.chosen.clear();
  room.covered.assign(all.size(), 0);
  for (std::size_t i = 0; i < all.size() && room.chosen.size() < most; ++i) {
    if (room.covered[i] != 0)
      continue;
    room.covered[i] = 2;
    const auto s = slot_of(all[i]);
    room.chosen.push_back(s);
    room.slots.clear();
    for (auto k = i + 1; k < all.size(); ++k)
      if (room.covered[k] == 0)
        room.slots.push_back(slot_of(all[k]));
    if (room.slots.empty())
      break;
    load_query(kind_, row(s).data(), rows_.row_bytes, inverse_norms_[s], room.row);
    room.scores.resize(room.slots.size());
    kernels_->gather(room.row, rows_, room.slots.data(), room.slots.size(), room.scores.data());
    for (std::size_t k = i + 1, place = 0; k < all.size(); ++k)
      if (room.covered[k] == 0 && (1 - room.scores[place++]) * covering < 1 - score_of(all[k]))
        room.covered[k] = 1;
  }
  for (std::size_t i = 0; i < all.size(); ++i)
    if (room.covered[i] != 2)
      room.chosen.push_back(slot_of(all[i]));
}

/// Frees a place at the list of `at` by giving up links that others cover. False if the link to the
/// newcomer would be one of these, unless it insists.
bool graph::make_room(slot at, slot newcomer, std::uint8_t level, bool insist, scratch& room) {
  const auto width = width_of(level);
  const auto kept = width - std::max(1u, width / 8);
  const auto* links = list(at, level);
  std::vector<slot> others(links, links + width);
  others.push_back(newcomer);
  rank_all(at, others, room);
  choose(kept, room);
  const std::vector<slot> rest(room.chosen.begin() + kept, room.chosen.end()); // two or more
  const bool refused = std::find(rest.begin(), rest.end(), newcomer) != rest.end();
  for (const auto s : rest)
    if (s != newcomer && degree(s, level) > width / 4)
      disconnect(at, s, level);
  if (!refused)
    return degree(at, level) < width;
  if (!insist)
    return false;
  if (degree(at, level) == width) // all of the rest have few links: give up the farthest
    disconnect(at, rest.back() == newcomer ? rest[rest.size() - 2] : rest.back(), level);
  return true;
}

void graph::attach(slot s, std::uint8_t level, std::span<const slot> neighbours, scratch& room) {
  const auto width = width_of(level);
  for (const auto n : neighbours) {
    const bool insist = degree(s, level) < links_ / 4;
    if (degree(n, level) < width || make_room(n, s, level, insist, room))
      connect(s, n, level);
  }
}

void graph::link(slot s, scratch& room) {
  query q;
  load_query(kind_, row(s).data(), rows_.row_bytes, inverse_norms_[s], q);
  std::vector<std::vector<slot>> neighbours; // from the level where the walk ends down
  walk way{*this, q, level_of(s), build_width_, room};
  for (bool more = true; more;) {
    way.run();
    room.ranking.clear();
    for (const auto r : room.pool)
      if (slot_of(r) != s)
        room.ranking.push_back(r & ~ranked{1});
    choose(links_, room);
    room.chosen.resize(std::min<std::size_t>(room.chosen.size(), links_));
    neighbours.push_back(room.chosen);
    more = way.level() > 0;
    if (more)
      way.descend();
  }
  const std::lock_guard guard{linking_};
  for (auto level = static_cast<std::uint8_t>(neighbours.size()); level-- > 0;)
    attach(s, level, neighbours[neighbours.size() - 1 - level], room);
  const auto entry = entry_.load(std::memory_order_relaxed);
  if (entry == ~std::uint64_t{0} || level_of(s) > static_cast<std::uint8_t>(entry >> 32))
    entry_.store(std::uint64_t{level_of(s)} << 32 | s, std::memory_order_release);
}

/// Each has lost a link; each gains one to the nearest of the others that it has none to.
void graph::close_gap(std::span<const slot> around, std::uint8_t level, scratch& room) {
  const auto width = width_of(level);
  std::vector<std::uint8_t> gained(around.size(), 0);
  for (std::size_t i = 0; i < around.size(); ++i) {
    if (gained[i] != 0)
      continue;
    rank_all(around[i], around, room);
    for (const auto r : room.ranking) {
      const auto s = slot_of(r);
      if (s == around[i] || linked(around[i], s, level) || degree(s, level) >= width)
        continue;
      connect(around[i], s, level);
      gained[static_cast<std::size_t>(std::find(around.begin(), around.end(), s) -
                                      around.begin())] = 1;
      break;
    }
  }
}

void graph::remove(slot s, scratch& room) {
  const auto level = level_of(s);
  for (std::uint8_t l = 0; l <= level; ++l) {
    const auto* links = list(s, l);
    const std::vector<slot> around(links, links + degree(s, l));
    for (const auto n : around)
      disconnect(s, n, l);
    close_gap(around, l, room);
  }
  if (level > 0)
    upper_free_[level].push_back(upper_at_[s]);
  levels_[s] = no_level;
  if (static_cast<slot>(entry_.load(std::memory_order_relaxed)) == s)
    replace_entry();
}

/// Happens once in as many removals as there are slots, so it may look at all of them.
void graph::replace_entry() {
  std::uint64_t best = ~std::uint64_t{0};
  for (slot s = 0; s < capacity_; ++s)
    if (const auto l = levels_[s]; l != no_level)
      if (best == ~std::uint64_t{0} || l > static_cast<std::uint8_t>(best >> 32))
        best = std::uint64_t{l} << 32 | s;
  entry_.store(best, std::memory_order_release);
}

} // namespace ainur::discovery::detail
