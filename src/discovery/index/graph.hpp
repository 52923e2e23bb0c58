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
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "buffer.hpp"
#include "scratch.hpp"

namespace ainur::discovery::detail {

inline constexpr slot no_slot = ~slot{0};
inline constexpr std::uint8_t no_level = 0xff;
inline constexpr std::uint8_t level_max = 12;

class graph {
  friend class walk;

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
  /// The same of several queries, as many at a time as there are rooms. They take turns, and wait
  /// for memory together. Each pool is shown as it is done.
  void search(std::span<const query> queries, std::uint32_t width, std::span<scratch* const> rooms,
              const std::function<void(std::size_t query, scratch& room)>& done) const;
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
