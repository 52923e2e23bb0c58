// The trie under the state hash (docs/ledger.md), kept in memory and changed in place.
//
// A set of leaves, each a *path* of 256 bits with the hash of its record. The hash of an empty
// subtree is zero, of a subtree of one leaf that leaf's, of any other that of its two halves.
// `put` and `erase` only mark what they pass; `root` hashes each marked node once, so a batch of
// changes costs its own paths. About 120 bytes a leaf. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "ainur/base/ids.hpp"

namespace ainur::ledger {

[[nodiscard]] inline bool bit_at(const hash256& path, std::size_t depth) noexcept {
  return (path.value[depth / 8] >> (7 - depth % 8) & 1) != 0;
}

[[nodiscard]] hash256 leaf_hash(const hash256& path, const hash256& value) noexcept;
[[nodiscard]] hash256 node_hash(const hash256& left, const hash256& right) noexcept;

namespace detail {

/// Items by number, in pieces, so that growth copies nothing and takes no more than it needs.
template <class T>
class pool {
public:
  [[nodiscard]] T& operator[](std::uint32_t i) noexcept { return pieces_[i / size][i % size]; }

  [[nodiscard]] const T& operator[](std::uint32_t i) const noexcept {
    return pieces_[i / size][i % size];
  }

  [[nodiscard]] std::uint32_t add() {
    if (!free_.empty()) {
      const auto i = free_.back();
      free_.pop_back();
      return i;
    }
    if (used_ % size == 0)
      pieces_.push_back(std::make_unique<T[]>(size));
    return used_++;
  }

  void remove(std::uint32_t i) { free_.push_back(i); }

  [[nodiscard]] std::size_t bytes() const noexcept {
    return pieces_.size() * size * sizeof(T) + free_.capacity() * sizeof(std::uint32_t);
  }

private:
  static constexpr std::uint32_t size = 4096;
  std::vector<std::unique_ptr<T[]>> pieces_;
  std::vector<std::uint32_t> free_;
  std::uint32_t used_ = 0;
};

} // namespace detail

class trie {
public:
  struct leaf {
    hash256 path;
    hash256 value; ///< hash of the record
  };

  /// Adds the leaf, or gives it another value.
  void put(const hash256& path, const hash256& value);
  /// No matter if there is none.
  void erase(const hash256& path);

  [[nodiscard]] hash256 root();

  /// What stands where a path leads, and the siblings along it.
  struct trace {
    std::vector<hash256> siblings; ///< from the root down
    std::optional<leaf> end;       ///< of this path or another; nothing: an empty subtree
  };

  /// Call `root` first.
  [[nodiscard]] trace trace_of(const hash256& path) const;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  [[nodiscard]] std::size_t bytes() const noexcept { return nodes_.bytes() + leaves_.bytes(); }

private:
  /// 0: empty; with the highest bit: a leaf; else an inner node; the rest is its number.
  using reference = std::uint32_t;
  static constexpr reference leaf_bit = 0x8000'0000u;

  struct node {
    hash256 hash; ///< none: to be computed
    reference half[2] = {0, 0};
  };

  [[nodiscard]] static bool is_leaf(reference r) noexcept { return (r & leaf_bit) != 0; }

  [[nodiscard]] leaf& leaf_at(reference r) noexcept { return leaves_[r & ~leaf_bit]; }

  [[nodiscard]] const leaf& leaf_at(reference r) const noexcept { return leaves_[r & ~leaf_bit]; }

  [[nodiscard]] node& node_at(reference r) noexcept { return nodes_[r - 1]; }

  [[nodiscard]] const node& node_at(reference r) const noexcept { return nodes_[r - 1]; }

  [[nodiscard]] hash256 hash_of(reference r) const noexcept;
  hash256 compute(reference r);
  void erase_below(reference& r, const hash256& path, std::size_t depth);
  reference split(reference old, reference added, std::size_t depth);

  detail::pool<node> nodes_;
  detail::pool<leaf> leaves_;
  reference root_ = 0;
  std::size_t size_ = 0;
};

} // namespace ainur::ledger
