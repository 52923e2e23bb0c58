// What a table held at earlier checkpoints: reverse deltas, copied on the first write after each.
//
// The newest delta is open: `save` notes what a key held before its first change since the last
// checkpoint. A key's record at checkpoint i is in the first delta from i on that knows the key; if
// none does, it has not changed since and the table itself holds it. Costs nothing for what is not
// written; memory is what changed, and `drop_oldest` gives it back.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "ainur/base/assert.hpp"
#include "ainur/base/fields.hpp"

namespace ainur::ledger {

namespace detail {
template <class T>
struct is_list : std::false_type {};

template <class T>
struct is_list<std::vector<T>> : std::true_type {};

template <class T>
struct is_maybe : std::false_type {};

template <class T>
struct is_maybe<std::optional<T>> : std::true_type {};
} // namespace detail

/// Bytes that a record holds outside itself.
template <class T>
[[nodiscard]] std::size_t bytes_beside(const T& x) {
  if constexpr (detail::is_list<T>::value) {
    auto sum = x.capacity() * sizeof(typename T::value_type);
    if constexpr (!std::is_trivially_copyable_v<typename T::value_type>)
      for (const auto& item : x)
        sum += bytes_beside(item);
    return sum;
  } else if constexpr (detail::is_maybe<T>::value) {
    return x ? bytes_beside(*x) : 0;
  } else if constexpr (std::is_same_v<T, std::string>) {
    return x.capacity();
  } else if constexpr (has_fields<T> && !std::is_trivially_copyable_v<T>) {
    return std::apply([](const auto&... part) { return (bytes_beside(part) + ... + 0u); },
                      x.fields());
  } else {
    return 0;
  }
}

template <class Key, class Record>
class history {
public:
  using before = std::optional<Record>; ///< nothing: there was no record

  [[nodiscard]] std::size_t checkpoints() const noexcept { return deltas_.size(); }

  [[nodiscard]] bool recording() const noexcept { return !deltas_.empty(); }

  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  /// A checkpoint now, of a table with so many records. Returns the keys saved since the last one.
  std::vector<Key> checkpoint(std::size_t table_size) {
    std::vector<Key> saved;
    if (recording())
      for (const auto& [key, record] : deltas_.back().records)
        saved.push_back(key);
    deltas_.push_back({table_size, {}, 0});
    return saved;
  }

  /// Only the first save of a key since the checkpoint counts.
  void save(const Key& key, const Record* record) {
    AINUR_ASSERT(recording());
    auto& d = deltas_.back();
    const auto [at, fresh] = d.records.try_emplace(
        key, record == nullptr ? std::nullopt : std::optional<Record>{*record});
    if (!fresh)
      return;
    const auto size = sizeof(typename delta::map::value_type) + node_overhead +
                      (record == nullptr ? 0 : bytes_beside(*at->second));
    d.bytes += size;
    bytes_ += size;
  }

  /// What the key held at checkpoint `i` (0 is the oldest); null: what it holds now.
  [[nodiscard]] const before* find(std::size_t i, const Key& key) const {
    for (; i < deltas_.size(); ++i)
      if (const auto at = deltas_[i].records.find(key); at != deltas_[i].records.end())
        return &at->second;
    return nullptr;
  }

  [[nodiscard]] std::size_t size_at(std::size_t i) const { return deltas_[i].table_size; }

  /// The records at checkpoint `i` of all keys that have changed since.
  template <class Visitor>
  void for_each_changed(std::size_t i, Visitor&& visit) const {
    for (auto at = i; at < deltas_.size(); ++at)
      for (const auto& [key, record] : deltas_[at].records)
        if (record && find(i, key) == &record)
          visit(key, *record);
  }

  void drop_oldest() {
    AINUR_ASSERT(recording());
    bytes_ -= deltas_.front().bytes;
    deltas_.pop_front();
  }

private:
  static constexpr std::size_t node_overhead = 4 * sizeof(void*); // of a node and its bucket

  struct hash_of {
    std::size_t operator()(const Key& key) const noexcept { return key.spread(); }
  };

  struct delta {
    using map = std::unordered_map<Key, before, hash_of>;
    std::size_t table_size = 0; ///< at the checkpoint
    map records;
    std::size_t bytes = 0;
  };

  std::deque<delta> deltas_;
  std::size_t bytes_ = 0;
};

} // namespace ainur::ledger
