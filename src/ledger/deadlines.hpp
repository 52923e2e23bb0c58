// The index of deadlines: what must happen when, oldest first. Entries are never taken out early;
// one whose record has moved on is *stale* and skipped, so the index can always be rebuilt from the
// records and never decides anything by itself.
#pragma once

#include <algorithm>
#include <compare>
#include <functional>
#include <vector>

#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"

namespace ainur::ledger {

enum class deadline_kind : std::uint8_t { award_by, award, slash, prune };

struct deadline {
  timestamp due{};
  deadline_kind kind = deadline_kind::award;
  task_id task;
  std::uint64_t number = 0; ///< the subtask, or the number of the slash
  friend auto operator<=>(const deadline&, const deadline&) = default;
};

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
