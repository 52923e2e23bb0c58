// Which slot holds a key: open addressing over the slots' keys, never more than two thirds full.
#pragma once

#include <cstdint>

#include "buffer.hpp"
#include "kernels.hpp"

namespace ainur::discovery::detail {

class key_table {
public:
  /// Room for so many slots.
  void grow(std::size_t capacity);

  /// ~0 if there is none.
  [[nodiscard]] slot find(std::uint64_t key) const noexcept;
  /// The key must not be there.
  void insert(std::uint64_t key, slot s) noexcept;
  /// The key must be there.
  void erase(std::uint64_t key) noexcept;

  [[nodiscard]] std::uint64_t key_of(slot s) const noexcept { return keys_[s]; }

  /// By slot; those of free slots mean nothing.
  [[nodiscard]] const std::uint64_t* keys() const noexcept { return keys_.data(); }

  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return keys_.size() * sizeof(std::uint64_t) + buckets_.size() * sizeof(slot);
  }

private:
  [[nodiscard]] std::size_t home(std::uint64_t key) const noexcept;
  [[nodiscard]] std::size_t place_of(std::uint64_t key) const noexcept;

  buffer<std::uint64_t> keys_;
  buffer<slot> buckets_; // slot + 1; 0: empty
};

} // namespace ainur::discovery::detail
