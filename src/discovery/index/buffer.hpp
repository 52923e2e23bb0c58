// Flat arrays of an index: aligned to cache lines, and, once large, on huge pages where the system
// offers them, since a search touches rows all over the array.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>

namespace ainur::discovery::detail {

struct free_block {
  void operator()(std::byte* block) const noexcept;
};

/// Zeroed memory of this many bytes.
[[nodiscard]] std::unique_ptr<std::byte, free_block> make_block(std::size_t size_bytes);

template <class T>
class buffer {
  static_assert(std::is_trivially_copyable_v<T>);

public:
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  [[nodiscard]] T* data() noexcept { return reinterpret_cast<T*>(block_.get()); }

  [[nodiscard]] const T* data() const noexcept { return reinterpret_cast<const T*>(block_.get()); }

  T& operator[](std::size_t i) noexcept { return data()[i]; }

  const T& operator[](std::size_t i) const noexcept { return data()[i]; }

  /// Keeps what is there; what is added is zero.
  void resize(std::size_t size) {
    auto larger = make_block(size * sizeof(T));
    if (block_)
      std::memcpy(larger.get(), block_.get(), std::min(size_, size) * sizeof(T));
    block_ = std::move(larger);
    size_ = size;
  }

private:
  std::unique_ptr<std::byte, free_block> block_;
  std::size_t size_ = 0;
};

} // namespace ainur::discovery::detail
