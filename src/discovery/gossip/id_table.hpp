// Values under message ids in the order in which they came, found by id in constant time, and
// forgotten from the front.
//
// A ring of values with a hash index of 8 bytes an entry beside it. The hash is keyed, since peers
// choose ids.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "ainur/discovery/gossip/message.hpp"

namespace ainur::discovery::gossip {

/// Spreads ids over 64 bits, differently for each key.
[[nodiscard]] inline std::uint64_t hash_of(const message_id& id, std::uint64_t key) noexcept {
  std::uint64_t h = key ^ (id.seqno * 0x9e3779b97f4a7c15u);
  for (std::size_t at = 0; at < peer_id::size; at += 8) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < 8; ++i)
      word |= std::uint64_t{id.from.value[at + i]} << (8 * i);
    h = (std::rotl(h, 23) ^ word ^ key) * 0xbf58476d1ce4e5b9u;
    h ^= h >> 32;
  }
  return h;
}

template <class Value>
class id_table {
  struct pointer {
    std::uint32_t hash = 0;
    std::uint32_t number = 0; // of the entry since the beginning, plus one; 0: free

    [[nodiscard]] bool used() const noexcept { return number != 0; }
  };

public:
  struct entry {
    message_id id;
    Value value;
  };

  /// What an entry takes with its share of the index, at most: that is up to 8 / 3 as long.
  static constexpr std::size_t entry_bytes = sizeof(entry) + 3 * sizeof(pointer);

  explicit id_table(std::uint64_t key) noexcept : key_(key) {}

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

  [[nodiscard]] const entry& front() const noexcept { return entries_.front(); }

  [[nodiscard]] Value* find(const message_id& id) noexcept {
    return const_cast<Value*>(std::as_const(*this).find(id));
  }

  [[nodiscard]] const Value* find(const message_id& id) const noexcept {
    if (index_.empty())
      return nullptr;
    const auto hash = static_cast<std::uint32_t>(hash_of(id, key_));
    for (auto at = hash & mask(); index_[at].used(); at = (at + 1) & mask())
      if (index_[at].hash == hash)
        if (const auto& e = entry_at(index_[at]); e.id == id)
          return &e.value;
    return nullptr;
  }

  /// The id must not be there.
  Value& push(const message_id& id, Value value) {
    if (4 * (entries_.size() + 1) > 3 * index_.size())
      grow();
    const auto number = first_ + static_cast<std::uint32_t>(entries_.size());
    entries_.push_back({id, std::move(value)});
    put({static_cast<std::uint32_t>(hash_of(id, key_)), number + 1});
    return entries_.back().value;
  }

  void pop_front() noexcept {
    const auto hash = static_cast<std::uint32_t>(hash_of(entries_.front().id, key_));
    auto at = hash & mask();
    while (index_[at].number != first_ + 1)
      at = (at + 1) & mask();
    close_gap(at);
    entries_.pop_front();
    if (++first_ == last_number) // numbers run out: count from 0 again
      renumber();
  }

  void clear() noexcept {
    entries_.clear();
    index_.clear();
    first_ = 0;
  }

  /// From the oldest to the newest.
  [[nodiscard]] const std::deque<entry>& entries() const noexcept { return entries_; }

private:
  static constexpr std::uint32_t last_number = 1u << 31;

  [[nodiscard]] std::uint32_t mask() const noexcept {
    return static_cast<std::uint32_t>(index_.size() - 1);
  }

  [[nodiscard]] const entry& entry_at(const pointer& p) const noexcept {
    return entries_[p.number - 1 - first_];
  }

  void put(pointer p) noexcept {
    auto at = p.hash & mask();
    while (index_[at].used())
      at = (at + 1) & mask();
    index_[at] = p;
  }

  void grow() {
    index_.assign(std::max<std::size_t>(16, 2 * index_.size()), {});
    std::uint32_t number = first_;
    for (const auto& e : entries_)
      put({static_cast<std::uint32_t>(hash_of(e.id, key_)), ++number});
  }

  void renumber() noexcept {
    for (auto& p : index_)
      p.number -= p.used() ? first_ : 0;
    first_ = 0;
  }

  /// Moves later entries of the same run forward, so that no search ends too early.
  void close_gap(std::uint32_t gap) noexcept {
    for (auto at = (gap + 1) & mask(); index_[at].used(); at = (at + 1) & mask()) {
      const auto home = index_[at].hash & mask();
      if (((at - home) & mask()) >= ((at - gap) & mask())) {
        index_[gap] = index_[at];
        gap = at;
      }
    }
    index_[gap] = {};
  }

  std::deque<entry> entries_;
  std::vector<pointer> index_;
  std::uint32_t first_ = 0;
  std::uint64_t key_;
};

} // namespace ainur::discovery::gossip
