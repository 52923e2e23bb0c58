// Merkle roots of lists: one hash names a list of any length, and an item is shown to stand at its
// place by some log2(length) hashes.
//
// The tree is that of RFC 6962: the left half of n items holds the largest power of two below n, so
// no item is ever doubled. Items, inner nodes and the list are hashed under tags of their own, and
// the hash of the list covers its length: nothing else passes for an item, nor an item for one of
// another place. Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ainur/crypto/hash.hpp"

namespace ainur::crypto {

/// The tags of one kind of list, all different: they keep its hashes apart from all others.
struct merkle_tags {
  std::string_view item;
  std::string_view node; ///< two subtrees, left and right
  std::string_view list; ///< the number of items in eight bytes, and the tree if there are any
};

/// No list can be longer than a path of so many hashes allows.
inline constexpr std::size_t merkle_path_max = 64;

/// The leaf of an item.
[[nodiscard]] hash256 merkle_leaf(const merkle_tags& tags, bytes_view item) noexcept;
/// The hash of the list with these leaves. Linear.
[[nodiscard]] hash256 merkle_root(const merkle_tags& tags,
                                  std::span<const hash256> leaves) noexcept;

/// The hashes beside the way from the leaf at `place` (less than the length) up. Linear.
[[nodiscard]] std::vector<hash256> merkle_path(const merkle_tags& tags,
                                               std::span<const hash256> leaves, std::size_t place);
/// The hash of the list of `count` items in which `leaf` stands at `place`, as the path says.
/// Nothing if the numbers and the length of the path do not fit together.
[[nodiscard]] std::optional<hash256> merkle_root_of(const merkle_tags& tags, const hash256& leaf,
                                                    std::uint64_t place, std::uint64_t count,
                                                    std::span<const hash256> path) noexcept;

} // namespace ainur::crypto
