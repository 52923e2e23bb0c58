// The trie that is kept equals the trie from scratch, whatever is put and erased.
#include <map>

#include "../../src/ledger/trie.hpp"
#include "support/property.hpp"
#include "traffic.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

/// Straight from the definition in docs/ledger.md.
hash256 by_definition(const std::map<hash256, hash256>& leaves, std::size_t depth = 0) {
  if (leaves.empty())
    return {};
  if (leaves.size() == 1)
    return leaf_hash(leaves.begin()->first, leaves.begin()->second);
  std::map<hash256, hash256> left, right;
  for (const auto& [path, value] : leaves)
    (bit_at(path, depth) ? right : left).emplace(path, value);
  return node_hash(by_definition(left, depth + 1), by_definition(right, depth + 1));
}

/// Paths that share long beginnings, as someone might choose their keys.
hash256 crowded_path(rng& random) {
  hash256 path;
  path.value[0] = static_cast<std::uint8_t>(random.below(3));
  path.value[1 + random.below(31)] = static_cast<std::uint8_t>(1u << random.below(8));
  return path;
}

} // namespace

TEST_CASE("the trie of nothing, of one and of two leaves") {
  trie t;
  CHECK(t.root().is_none());
  const auto a = digest("a");
  t.put(a, digest("1"));
  CHECK(t.root() == leaf_hash(a, digest("1")));
  hash256 high = a;
  high.value[0] ^= 0x80;
  t.put(high, digest("2"));
  const auto one = leaf_hash(a, digest("1"));
  const auto two = leaf_hash(high, digest("2"));
  CHECK(t.root() == (bit_at(a, 0) ? node_hash(two, one) : node_hash(one, two)));
  t.erase(a);
  CHECK(t.root() == two);
  t.erase(a);
  t.erase(high);
  CHECK(t.root().is_none());
  CHECK(t.size() == 0);
}

TEST_CASE("puts and erasures in any order give the trie of what is left") {
  for (std::uint64_t seed = 1; seed <= 60u * static_cast<unsigned>(count_factor()); ++seed) {
    CAPTURE(seed);
    rng random{seed};
    trie t;
    std::map<hash256, hash256> model;
    for (int step = 0; step < 200; ++step) {
      const auto path =
          random.below(3) == 0 ? digest(std::to_string(random.below(40))) : crowded_path(random);
      if (random.below(3) == 0) {
        t.erase(path);
        model.erase(path);
      } else {
        const auto value = digest("value" + std::to_string(random.below(5)));
        t.put(path, value);
        model[path] = value;
      }
      if (random.below(4) == 0)
        REQUIRE(t.root() == by_definition(model));
    }
    CHECK(t.size() == model.size());
    CHECK(t.root() == by_definition(model));
  }
}

TEST_CASE("the state hash that is kept is the one computed anew, after every block") {
  for (std::uint64_t seed = 1; seed <= 10u * static_cast<unsigned>(count_factor()); ++seed) {
    CAPTURE(seed);
    traffic l{seed};
    for (int i = 0; i < 120; ++i) {
      (void)l.block();
      if (l.random.below(3) == 0)
        REQUIRE(l.s->state_hash() == l.s->recomputed_state_hash());
    }
  }
}

TEST_CASE("a block that is taken back leaves the state hash as it was") {
  traffic l;
  auto copy = state::restore(l.s->snapshot());
  REQUIRE(copy);
  const auto before = copy->state_hash();
  auto made = l.block();
  made.block.hash.value[0] ^= 1;
  REQUIRE(copy->apply(made.block).error().is(errc::diverged));
  CHECK(copy->state_hash() == before);
  CHECK(copy->state_hash() == copy->recomputed_state_hash());
}
