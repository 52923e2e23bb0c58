// A binary heap of slots by key that can be changed in place and read from the best on without
// being taken apart. 4 bytes of order and 12 of key and place for each slot.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "candidate_list.hpp"

namespace ainur::routing {

class ranking {
public:
  [[nodiscard]] bool contains(slot_index slot) const {
    return slot < places_.size() && places_[slot] != candidate_list::none;
  }

  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

  /// Puts a slot in, or moves it to its new key.
  void set(slot_index slot, double key) {
    if (slot >= places_.size()) {
      places_.resize(slot + std::size_t{1}, candidate_list::none);
      keys_.resize(slot + std::size_t{1});
    }
    keys_[slot] = key;
    if (places_[slot] == candidate_list::none) {
      places_[slot] = static_cast<std::uint32_t>(heap_.size());
      heap_.push_back(slot);
    }
    sift_down(sift_up(places_[slot]));
  }

  void erase(slot_index slot) {
    if (!contains(slot))
      return;
    const auto place = places_[slot];
    const auto last = heap_.back();
    heap_.pop_back();
    places_[slot] = candidate_list::none;
    if (last == slot)
      return;
    heap_[place] = last;
    places_[last] = place;
    sift_down(sift_up(place));
  }

  /// Gives every slot in the heap a new key.
  template <class Key>
  void rebuild(Key key) {
    for (const auto slot : heap_)
      keys_[slot] = key(slot);
    for (auto place = heap_.size() / 2; place-- > 0;)
      sift_down(static_cast<std::uint32_t>(place));
  }

  /// Reads slots in ascending order of key (ties by slot).
  class cursor {
  public:
    cursor(const ranking& from, std::vector<std::uint32_t>& scratch)
        : from_(from), frontier_(scratch) {
      frontier_.clear();
      if (!from_.heap_.empty())
        frontier_.push_back(0);
    }

    [[nodiscard]] bool done() const noexcept { return frontier_.empty(); }

    [[nodiscard]] double key() const { return from_.keys_[from_.heap_[frontier_.front()]]; }

    slot_index next() {
      const auto worse = [this](std::uint32_t x, std::uint32_t y) { return from_.before(y, x); };
      std::pop_heap(frontier_.begin(), frontier_.end(), worse);
      const auto place = frontier_.back();
      frontier_.pop_back();
      for (const auto child : {2 * place + 1, 2 * place + 2}) {
        if (child >= from_.heap_.size())
          break;
        frontier_.push_back(child);
        std::push_heap(frontier_.begin(), frontier_.end(), worse);
      }
      return from_.heap_[place];
    }

  private:
    const ranking& from_;
    std::vector<std::uint32_t>& frontier_;
  };

private:
  /// The order of two places.
  [[nodiscard]] bool before(std::uint32_t x, std::uint32_t y) const {
    const auto a = heap_[x];
    const auto b = heap_[y];
    return keys_[a] < keys_[b] || (keys_[a] == keys_[b] && a < b);
  }

  void exchange(std::uint32_t x, std::uint32_t y) {
    std::swap(heap_[x], heap_[y]);
    places_[heap_[x]] = x;
    places_[heap_[y]] = y;
  }

  std::uint32_t sift_up(std::uint32_t place) {
    while (place > 0 && before(place, (place - 1) / 2)) {
      exchange(place, (place - 1) / 2);
      place = (place - 1) / 2;
    }
    return place;
  }

  void sift_down(std::uint32_t place) {
    for (;;) {
      auto least = place;
      for (const auto child : {2 * place + 1, 2 * place + 2})
        if (child < heap_.size() && before(child, least))
          least = child;
      if (least == place)
        return;
      exchange(place, least);
      place = least;
    }
  }

  std::vector<slot_index> heap_;
  std::vector<std::uint32_t> places_; // by slot
  std::vector<double> keys_;          // by slot
};

} // namespace ainur::routing
