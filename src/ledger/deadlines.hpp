// The index of deadlines: what must happen when, oldest first. Entries are never taken out early;
// one whose record has moved on is *stale* and skipped, so the index can always be rebuilt from the
// records and never decides anything by itself.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <functional>
#include <vector>

#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"

namespace ainur::ledger {

enum class deadline_kind : std::uint8_t {
  award_by,    ///< about the task
  award,       ///< about the task; the number is the subtask
  slash,       ///< the number is the slash's
  prune,       ///< about the task
  lock,        ///< about the account
  stake_slash, ///< the number is the slash's; of one time, before `era`
  era,         ///< the number is the staking era that ends
  era_drop,    ///< the number is the era
  key,         ///< about the account: the grace of an earlier key
  channel,     ///< about the channel: its timeout, or the end of its record
  proposal,    ///< about the DAO; the number is the proposal's: its next step
};

struct deadline {
  timestamp due{};
  deadline_kind kind = deadline_kind::award;
  hash256 about;            ///< an account, or a shorter id filled up with zeroes
  std::uint64_t number = 0; ///< as the kind says
  friend auto operator<=>(const deadline&, const deadline&) = default;
};

template <class Tag, std::size_t N>
[[nodiscard]] hash256 about(const byte_id<Tag, N>& id) noexcept {
  static_assert(N <= hash256::size);
  hash256 whole;
  std::copy(id.value.begin(), id.value.end(), whole.value.begin());
  return whole;
}

/// The id that `about` filled up.
template <class Id>
[[nodiscard]] Id id_from(const hash256& about) noexcept {
  Id id;
  std::copy_n(about.value.begin(), Id::size, id.value.begin());
  return id;
}

/// A binary heap, earliest on top; ties in the order of the other fields.
class deadlines {
public:
  [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }

  [[nodiscard]] const deadline& earliest() const noexcept { return heap_.front(); }

  void push(const deadline& d) {
    heap_.push_back(d);
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>{});
  }

  void pop() {
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>{});
    heap_.pop_back();
  }

  /// Drops the stale entries whenever the heap has doubled since the last time.
  template <class Predicate>
  void compact(Predicate&& live) {
    if (heap_.size() < compact_at_)
      return;
    std::erase_if(heap_, [&live](const deadline& d) { return !live(d); });
    std::make_heap(heap_.begin(), heap_.end(), std::greater<>{});
    compact_at_ = std::max<std::size_t>(1024, heap_.size() * 2);
  }

private:
  std::vector<deadline> heap_;
  std::size_t compact_at_ = 1024;
};

} // namespace ainur::ledger
