#include "ainur/crypto/merkle_list.hpp"

#include <bit>

#include "ainur/base/assert.hpp"

namespace ainur::crypto {

namespace {

/// How many of `count` items, at least two, stand on the left.
constexpr std::uint64_t left_of(std::uint64_t count) noexcept {
  return std::bit_floor(count - 1);
}

hash256 node_of(const merkle_tags& tags, const hash256& left, const hash256& right) noexcept {
  return hasher{tags.node}.add(left).add(right).finish();
}

hash256 list_of(const merkle_tags& tags, std::uint64_t count, const hash256& tree) noexcept {
  hasher h{tags.list};
  h.add(count);
  return count == 0 ? h.finish() : h.add(tree).finish();
}

/// At least one leaf.
hash256 tree_of(const merkle_tags& tags, std::span<const hash256> leaves) noexcept {
  if (leaves.size() == 1)
    return leaves.front();
  const auto left = left_of(leaves.size());
  return node_of(tags, tree_of(tags, leaves.first(left)), tree_of(tags, leaves.subspan(left)));
}

} // namespace

hash256 merkle_leaf(const merkle_tags& tags, bytes_view item) noexcept {
  return hash(tags.item, item);
}

hash256 merkle_root(const merkle_tags& tags, std::span<const hash256> leaves) noexcept {
  return list_of(tags, leaves.size(), leaves.empty() ? hash256{} : tree_of(tags, leaves));
}

std::vector<hash256> merkle_path(const merkle_tags& tags, std::span<const hash256> leaves,
                                 std::size_t place) {
  AINUR_ASSERT(place < leaves.size());
  std::vector<hash256> path;
  while (leaves.size() > 1) {
    const auto left = left_of(leaves.size());
    const auto halves = std::pair{leaves.first(left), leaves.subspan(left)};
    const bool is_left = place < left;
    path.push_back(tree_of(tags, is_left ? halves.second : halves.first));
    leaves = is_left ? halves.first : halves.second;
    place -= is_left ? 0 : left;
  }
  return {path.rbegin(), path.rend()};
}

std::optional<hash256> merkle_root_of(const merkle_tags& tags, const hash256& leaf,
                                      std::uint64_t place, std::uint64_t count,
                                      std::span<const hash256> path) noexcept {
  if (place >= count || path.size() > merkle_path_max)
    return std::nullopt;
  std::uint64_t on_right = 0; // a bit a level, from the root down
  std::size_t depth = 0;
  for (auto size = count; size > 1; ++depth) {
    const auto left = left_of(size);
    const bool right = place >= left;
    on_right = on_right << 1 | std::uint64_t{right};
    place -= right ? left : 0;
    size = right ? size - left : left;
  }
  if (path.size() != depth)
    return std::nullopt;
  auto tree = leaf;
  for (const auto& beside : path) {
    tree = (on_right & 1) != 0 ? node_of(tags, beside, tree) : node_of(tags, tree, beside);
    on_right >>= 1;
  }
  return list_of(tags, count, tree);
}

} // namespace ainur::crypto
