// What happens when, in virtual time: a priority queue of values ordered by time. Events of the
// same instant come out in the order in which they were put in, or, with a seed, in an order drawn
// from that seed: orders that real clocks would show are then tried, and found again by their seed.
//
// A value; not thread-safe. Nothing here fails: times may be in the past, they only come out first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "ainur/base/rng.hpp"
#include "ainur/base/time.hpp"

namespace ainur::sim {

template <class T>
class event_queue {
public:
  struct event {
    instant at{};
    T what;
  };

  /// Ties in the order of insertion.
  event_queue() = default;

  /// Ties in an order drawn from `ties`.
  explicit event_queue(rng ties) : ties_(ties) {}

  void push(instant at, T what) {
    const auto draw = ties_ ? ties_->next() : 0;
    heap_.push_back({at, draw, next_++, put(std::move(what))});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }

  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

  /// The time of the earliest event.
  [[nodiscard]] std::optional<instant> next_time() const noexcept {
    return heap_.empty() ? std::nullopt : std::optional{heap_.front().at};
  }

  /// Takes the earliest event, if there is one.
  [[nodiscard]] std::optional<event> pop() {
    if (heap_.empty())
      return std::nullopt;
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const auto [at, draw, order, slot] = heap_.back();
    heap_.pop_back();
    event out{at, std::move(*slots_[slot])};
    slots_[slot].reset();
    free_.push_back(slot);
    return out;
  }

  /// Takes the earliest event if it is due.
  [[nodiscard]] std::optional<event> pop_due(instant now) {
    return heap_.empty() || heap_.front().at > now ? std::nullopt : pop();
  }

  void clear() noexcept {
    heap_.clear();
    slots_.clear();
    free_.clear();
  }

private:
  struct entry {
    instant at;
    std::uint64_t draw;
    std::uint64_t order;
    std::uint32_t slot; // where its value lies: the heap moves entries often
  };

  std::uint32_t put(T&& what) {
    if (free_.empty()) {
      slots_.emplace_back(std::move(what));
      return static_cast<std::uint32_t>(slots_.size() - 1);
    }
    const auto slot = free_.back();
    free_.pop_back();
    slots_[slot].emplace(std::move(what));
    return slot;
  }

  static bool later(const entry& a, const entry& b) noexcept {
    return std::tie(a.at, a.draw, a.order) > std::tie(b.at, b.draw, b.order);
  }

  std::vector<entry> heap_;
  std::vector<std::optional<T>> slots_;
  std::vector<std::uint32_t> free_;
  std::optional<rng> ties_;
  std::uint64_t next_ = 0;
};

} // namespace ainur::sim
