// An undirected navigable small-world graph over rows.
//
// Level 0 holds every slot; each level above holds about an eighth of the slots of the one below,
// chosen by the caller. A search goes down from the top level and keeps at each the best candidates
// seen. Links are mutual: what is in a's list has a in its own, so that taking a slot out touches
// its neighbours only. Published: HNSW (Malkov and Yashunin 2018) for levels, search and the choice
// of neighbours (its algorithms 1, 2 and 4).
//
// Threads: searches, and the first half of `link` (finding neighbours), read links while another
// `link` sets them, one at a time. Everything else runs alone.
#pragma once

#include <atomic>
#include <bit>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "buffer.hpp"
#include "kernels.hpp"

namespace ainur::discovery::detail {

inline constexpr slot no_slot = ~slot{0};
inline constexpr std::uint8_t no_level = 0xff;
inline constexpr std::uint8_t level_max = 12;

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
  void start(std::size_t slot_count);

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

class graph {
public:
  explicit graph(const index_options& options);

  [[nodiscard]] const row_array& rows() const noexcept { return rows_; }

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  [[nodiscard]] std::uint8_t level_of(slot s) const noexcept { return levels_[s]; }

  [[nodiscard]] std::span<const std::byte> row(slot s) const noexcept {
    return {rows_.rows + s * rows_.row_bytes, rows_.row_bytes};
  }

  [[nodiscard]] std::size_t memory_bytes() const noexcept;

  /// Room for so many slots.
  void grow(std::size_t capacity);
  /// False if a slot of this level needs `grow` first.
  [[nodiscard]] bool has_room(std::uint8_t level) const noexcept;

  /// Puts a vector into a free slot, without links: no search finds it yet.
  void place(slot s, std::span<const float> vector, std::uint8_t level);
  /// Finds neighbours of a placed slot and links it with them.
  void link(slot s, scratch& room);
  /// Takes a slot out, links its neighbours among each other, and frees it.
  void remove(slot s, scratch& room);

  /// Leaves the `width` best that were met in the pool.
  void search(const query& q, std::uint32_t width, scratch& room) const;
  /// Keeps only slots that pass, until the `width` best of them are found. False if more than
  /// `scored_max` were scored before that.
  bool search(const query& q, std::uint32_t width, std::uint32_t scored_max,
              const std::function<bool(slot)>& passes, scratch& room) const;

  /// An order of the slots 0 .. count − 1 that are taken, neighbours near each other.
  [[nodiscard]] std::vector<slot> order_of_places(std::size_t count) const;
  /// Slot order[i] becomes slot i; the rest become free.
  void renumber(const std::vector<slot>& order);

  /// What does not hold of the first `count` slots; empty if all does.
  [[nodiscard]] std::string audit(std::size_t count) const;

private:
  [[nodiscard]] std::uint32_t width_of(std::uint8_t level) const noexcept {
    return level == 0 ? 2 * links_ : links_;
  }

  [[nodiscard]] slot* list(slot s, std::uint8_t level) noexcept;
  [[nodiscard]] const slot* list(slot s, std::uint8_t level) const noexcept;
  [[nodiscard]] std::uint32_t degree(slot s, std::uint8_t level) const noexcept;
  void append(slot s, std::uint8_t level, slot neighbour) noexcept;
  void drop(slot s, std::uint8_t level, slot neighbour) noexcept;
  void connect(slot a, slot b, std::uint8_t level) noexcept;
  void disconnect(slot a, slot b, std::uint8_t level) noexcept;
  [[nodiscard]] bool linked(slot a, slot b, std::uint8_t level) const noexcept;

  /// Scores the unvisited neighbours; they are in room.slots, room.scores.
  std::size_t score_neighbours(const query& q, slot s, std::uint8_t level, scratch& room) const;
  void enter(const query& q, scratch& room, slot at) const;
  /// The best `width` of a level, from what is in the pool.
  void search_level(const query& q, std::uint8_t level, std::uint32_t width, scratch& room) const;
  /// From the top to the level above `level`.
  bool descend(const query& q, std::uint8_t level, scratch& room) const;
  /// Algorithm 4 over room.ranking (best first): chosen first, then the rest, nearest first.
  void choose(std::uint32_t most, scratch& room) const;
  void rank_all(slot base, std::span<const slot> others, scratch& room) const;
  void attach(slot s, std::uint8_t level, std::span<const slot> neighbours, scratch& room);
  bool make_room(slot at, slot newcomer, std::uint8_t level, bool insist, scratch& room);
  void close_gap(std::span<const slot> around, std::uint8_t level, scratch& room);
  void replace_entry();

  [[nodiscard]] std::uint32_t take_upper(std::uint8_t level);

  scalar kind_;
  std::uint32_t dimension_;
  std::uint32_t links_;
  std::uint32_t build_width_;
  const kernels* kernels_;
  std::size_t capacity_ = 0;
  buffer<std::byte> row_bytes_;
  buffer<float> inverse_norms_;
  buffer<slot> links_0_;
  buffer<std::uint8_t> levels_; // no_level: free
  buffer<std::uint32_t> upper_at_;
  buffer<slot> upper_;          // lists of `links_` above level 0, a slot's together
  std::uint32_t upper_end_ = 0; // lists in use or freed
  std::vector<std::vector<std::uint32_t>> upper_free_; // by level
  row_array rows_;
  std::atomic<std::uint64_t> entry_; // level and slot
  std::mutex linking_;
};

} // namespace ainur::discovery::detail
