#include "trie.hpp"

#include "ainur/base/assert.hpp"
#include "ainur/crypto/hash.hpp"

namespace ainur::ledger {

hash256 leaf_hash(const hash256& path, const hash256& value) noexcept {
  return crypto::hasher{"ainur/leaf/v1"}.add(path).add(value).finish();
}

hash256 node_hash(const hash256& left, const hash256& right) noexcept {
  return crypto::hasher{"ainur/node/v1"}.add(left).add(right).finish();
}

void trie::put(const hash256& path, const hash256& value) {
  auto* at = &root_;
  std::size_t depth = 0;
  for (; *at != 0 && !is_leaf(*at); ++depth) {
    auto& n = node_at(*at);
    n.hash = {};
    at = &n.half[bit_at(path, depth)];
  }
  if (*at != 0 && leaf_at(*at).path == path) {
    leaf_at(*at).value = value;
    return;
  }
  const auto number = leaves_.add();
  AINUR_ASSERT(number < leaf_bit);
  leaves_[number] = {path, value};
  ++size_;
  *at = *at == 0 ? leaf_bit | number : split(*at, leaf_bit | number, depth);
}

/// Nodes down to where the paths of two leaves part.
trie::reference trie::split(reference old, reference added, std::size_t depth) {
  const auto number = nodes_.add();
  auto& n = nodes_[number];
  n = {};
  const auto old_bit = bit_at(leaf_at(old).path, depth);
  const auto added_bit = bit_at(leaf_at(added).path, depth);
  if (old_bit == added_bit) {
    n.half[old_bit] = split(old, added, depth + 1);
  } else {
    n.half[old_bit] = old;
    n.half[added_bit] = added;
  }
  return number + 1;
}

void trie::erase(const hash256& path) {
  erase_below(root_, path, 0);
}

void trie::erase_below(reference& r, const hash256& path, std::size_t depth) {
  if (r == 0)
    return;
  if (is_leaf(r)) {
    if (leaf_at(r).path != path)
      return;
    leaves_.remove(r & ~leaf_bit);
    r = 0;
    --size_;
    return;
  }
  auto& n = node_at(r);
  n.hash = {};
  erase_below(n.half[bit_at(path, depth)], path, depth + 1);
  // A subtree of one leaf is that leaf, one of none is empty.
  const auto left = n.half[0];
  const auto right = n.half[1];
  if ((left == 0 && (right == 0 || is_leaf(right))) || (right == 0 && is_leaf(left))) {
    nodes_.remove(r - 1);
    r = left | right;
  }
}

hash256 trie::hash_of(reference r) const noexcept {
  if (r == 0)
    return {};
  return is_leaf(r) ? leaf_hash(leaf_at(r).path, leaf_at(r).value) : node_at(r).hash;
}

hash256 trie::compute(reference r) {
  if (r == 0 || is_leaf(r))
    return hash_of(r);
  auto& n = node_at(r);
  if (n.hash.is_none()) {
    const auto left = compute(n.half[0]);
    n.hash = node_hash(left, compute(n.half[1]));
  }
  return n.hash;
}

hash256 trie::root() {
  return compute(root_);
}

trie::trace trie::trace_of(const hash256& path) const {
  trace out;
  auto at = root_;
  while (at != 0 && !is_leaf(at)) {
    const auto& n = node_at(at);
    const auto side = bit_at(path, out.siblings.size());
    out.siblings.push_back(hash_of(n.half[!side]));
    at = n.half[side];
  }
  if (at != 0)
    out.end = leaf_at(at);
  return out;
}

} // namespace ainur::ledger
