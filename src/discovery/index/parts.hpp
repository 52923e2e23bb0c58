// What a capability index is made of, and its locks.
#pragma once

#include <mutex>
#include <shared_mutex>

#include "graph.hpp"
#include "key_table.hpp"
#include "terms_table.hpp"

namespace ainur::discovery {

namespace detail {

inline constexpr std::uint32_t width_max = 4'096; ///< of a search or a build

/// Errors: `wrong_shape`.
[[nodiscard]] result<void> check_vector(const index_options& options,
                                        std::span<const float> vector);

/// A lock for many or one. Who wants it alone is next, however many the others are.
class gate {
public:
  [[nodiscard]] std::shared_lock<std::shared_mutex> enter() const {
    const std::lock_guard turn{turn_};
    return std::shared_lock{shared_};
  }

  [[nodiscard]] std::unique_lock<std::shared_mutex> enter_alone() const {
    const std::lock_guard turn{turn_};
    return std::unique_lock{shared_};
  }

private:
  mutable std::mutex turn_;
  mutable std::shared_mutex shared_;
};

/// Rooms for searches, as many as ever ran at once.
class scratch_pool {
public:
  [[nodiscard]] std::unique_ptr<scratch> take();
  void give(std::unique_ptr<scratch> room);

private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<scratch>> rooms_;
};

/// One of them for the time of a call.
class scratch_loan {
public:
  explicit scratch_loan(scratch_pool& from) : from_(from), room_(from.take()) {}

  ~scratch_loan() { from_.give(std::move(room_)); }

  scratch_loan(const scratch_loan&) = delete;
  scratch_loan& operator=(const scratch_loan&) = delete;

  scratch& operator*() noexcept { return *room_; }

  scratch* operator->() noexcept { return room_.get(); }

private:
  scratch_pool& from_;
  std::unique_ptr<scratch> room_;
};

} // namespace detail

struct capability_index::parts {
  explicit parts(const index_options& o) : options(o), links(o) {}

  using slot = detail::slot;

  /// The way that is best for a filter.
  struct search_plan {
    search_method method = search_method::exact;
    std::uint32_t width = 0;
    std::uint32_t scored_max = 0; ///< of a filtered walk
  };

  [[nodiscard]] std::uint8_t level_for(std::uint64_t key) const noexcept;
  bool claim(std::uint64_t key, std::span<const float> vector, const attributes& a, slot& s);
  void remove(std::uint64_t key, slot s, detail::scratch& room);
  void grow(std::size_t capacity);
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

  [[nodiscard]] bool passes(slot s, const index_filter& filter) const {
    return filter.passes(keys.key_of(s), terms.of(s));
  }

  /// Leaves the `count` best that pass in the pool, by scoring all of them.
  void score_all(const detail::query& q, std::uint32_t count, detail::scratch& room) const;
  void score_passing(const detail::query& q, std::uint32_t count, const index_filter& filter,
                     detail::scratch& room) const;
  [[nodiscard]] search_plan plan(std::uint32_t count, std::uint32_t width,
                                 const index_filter& filter) const;
  /// Carries the plan out; a walk that finds too little is followed by an exact search.
  search_result find(const detail::query& q, const search_plan& how, std::uint32_t count,
                     const index_filter& filter, detail::scratch& room) const;
  [[nodiscard]] search_result result_of(const detail::scratch& room, std::uint32_t count,
                                        search_method method) const;

  const index_options options;
  /// Together: searches, and insertions into free slots. Alone: all that takes away or moves.
  detail::gate structure;
  /// Which slots are taken, by which keys and on what terms. Alone: taking one. Together: looking
  /// at all of them.
  detail::gate slots;
  detail::graph links;
  detail::key_table keys;
  detail::terms_table terms;
  std::vector<slot> free;
  std::size_t end = 0;  ///< slots that were ever taken
  std::size_t used = 0; ///< slots that are
  mutable detail::scratch_pool rooms;
};

} // namespace ainur::discovery
