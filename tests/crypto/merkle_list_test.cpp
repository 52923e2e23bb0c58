// Merkle roots against the definition of RFC 6962, and paths that prove nothing else.
#include <doctest/doctest.h>

#include "ainur/base/rng.hpp"
#include "ainur/crypto/merkle_list.hpp"

using namespace ainur;
using namespace ainur::crypto;

namespace {

constexpr merkle_tags tags{"test/leaf", "test/node", "test/list"};

/// MTH of RFC 6962, section 2.1, as it stands there.
hash256 tree_by_definition(const std::vector<bytes>& items) {
  if (items.size() == 1)
    return hash(tags.item, items.front());
  std::size_t k = 1;
  while (2 * k < items.size())
    k *= 2;
  bytes both;
  for (const auto& half :
       {std::vector<bytes>{items.begin(), items.begin() + static_cast<std::ptrdiff_t>(k)},
        std::vector<bytes>{items.begin() + static_cast<std::ptrdiff_t>(k), items.end()}}) {
    const auto part = tree_by_definition(half);
    both.insert(both.end(), part.value.begin(), part.value.end());
  }
  return hash(tags.node, both);
}

hash256 root_by_definition(const std::vector<bytes>& items) {
  bytes all(7);
  all.push_back(static_cast<std::uint8_t>(items.size()));
  if (!items.empty()) {
    const auto tree = tree_by_definition(items);
    all.insert(all.end(), tree.value.begin(), tree.value.end());
  }
  return hash(tags.list, all);
}

struct list {
  explicit list(std::size_t count, rng& random) {
    for (std::size_t i = 0; i < count; ++i) {
      items.emplace_back(random.below(40));
      for (auto& byte : items.back())
        byte = static_cast<std::uint8_t>(random.next());
      leaves.push_back(merkle_leaf(tags, items.back()));
    }
  }

  std::vector<bytes> items;
  std::vector<hash256> leaves;
};

} // namespace

TEST_CASE("roots are those of the definition, and every item is proven at its place") {
  rng random{7};
  for (std::size_t count = 0; count <= 70; ++count) {
    CAPTURE(count);
    const list l{count, random};
    const auto root = merkle_root(tags, l.leaves);
    CHECK(root == root_by_definition(l.items));
    for (std::size_t place = 0; place < count; ++place) {
      const auto path = merkle_path(tags, l.leaves, place);
      CHECK(merkle_root_of(tags, l.leaves[place], place, count, path) == root);
    }
  }
}

TEST_CASE("a path proves no other item, place, length or path") {
  rng random{8};
  for (int round = 0; round < 300; ++round) {
    const auto count = 1 + random.below(40);
    const list l{count, random};
    const auto root = merkle_root(tags, l.leaves);
    const auto place = random.below(count);
    const auto path = merkle_path(tags, l.leaves, place);
    const auto proves = [&](const hash256& leaf, std::uint64_t at, std::uint64_t of,
                            std::span<const hash256> with) {
      return merkle_root_of(tags, leaf, at, of, with) == root;
    };
    const auto& leaf = l.leaves[place];
    REQUIRE(proves(leaf, place, count, path));
    CHECK_FALSE(proves(merkle_leaf(tags, as_bytes("other")), place, count, path));
    for (std::uint64_t at = 0; at < count + 2; ++at)
      CHECK(proves(leaf, at, count, path) == (at == place));
    for (std::uint64_t of = 0; of < 2 * count + 2; ++of)
      CHECK(proves(leaf, place, of, path) == (of == count));
    for (std::size_t i = 0; i < path.size(); ++i) {
      auto changed = path;
      changed[i].value[random.below(32)] ^= 1;
      CHECK_FALSE(proves(leaf, place, count, changed));
    }
    auto longer = path;
    longer.push_back(leaf);
    CHECK_FALSE(proves(leaf, place, count, longer));
    if (!path.empty())
      CHECK_FALSE(proves(leaf, place, count, std::span{path}.first(path.size() - 1)));
  }
}

TEST_CASE("an inner node is no item, and numbers without bounds are refused") {
  rng random{9};
  const list l{4, random};
  const auto root = merkle_root(tags, l.leaves);
  const auto left =
      hasher{tags.node}.add(l.leaves[0]).add(l.leaves[1]).finish(); // as a list of two items
  const auto right = hasher{tags.node}.add(l.leaves[2]).add(l.leaves[3]).finish();
  CHECK(merkle_root_of(tags, left, 0, 2, std::vector{right}) != root);
  const std::vector<hash256> many(65);
  CHECK_FALSE(merkle_root_of(tags, left, 0, ~std::uint64_t{0}, many));
  CHECK(merkle_root_of(tags, left, 0, ~std::uint64_t{0}, std::span{many}.first(64)));
  CHECK(merkle_root(tags, {}) == hasher{tags.list}.add(std::uint64_t{0}).finish());
  const merkle_tags others{"test/leaf", "test/node", "test/other"};
  CHECK(merkle_root(tags, {}) != merkle_root(others, {}));
}
