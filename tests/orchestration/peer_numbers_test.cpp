// Agents keep their numbers through restarts of the directory.
#include <set>

#include <doctest/doctest.h>

#include "ainur/base/rng.hpp"
#include "ainur/orchestration/peer_numbers.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::orchestration;
using discovery::directory;

namespace {

account_id named(std::uint64_t n) {
  account_id id;
  for (std::size_t i = 0; i < 8; ++i)
    id.value[i] = static_cast<std::uint8_t>(n >> (8 * i));
  return id;
}

} // namespace

TEST_CASE("the first directory's snapshots pass as they are") {
  peer_numbers numbers;
  directory d;
  d.add(named(7), named(1), {}, {"x"});
  const auto first = d.find("x");
  CHECK(numbers.translate(first, nullptr) == first);
  d.add(named(8), named(1), {}, {"x"});
  const auto second = d.find("x");
  CHECK(numbers.translate(second, first.get()) == second);
}

TEST_CASE("no agent changes its number and no two have one, over any restarts") {
  test::check_property("numbers", 200, [](std::uint64_t seed) {
    rng random(seed);
    peer_numbers numbers;
    std::map<std::uint64_t, std::uint32_t> expected; // of agents that were seen
    discovery::snapshot_ptr in_use;
    for (std::uint32_t life = 0; life < 5; ++life) {
      directory d{life};
      std::set<std::uint64_t> present;
      const auto steps = 1 + random.below(4);
      for (std::uint64_t step = 0; step < steps; ++step) {
        for (auto n = random.below(8); n > 0; --n) { // in any order
          const auto agent = random.below(20);
          if (present.insert(agent).second)
            d.add(named(agent), named(100), {}, {"x"});
        }
        const auto fresh = d.find("x");
        in_use = numbers.translate(fresh, in_use.get());
        RC_ASSERT(in_use->agents.size() == present.size());
        RC_ASSERT(in_use->version == fresh->version);
        std::set<std::uint32_t> used;
        for (const auto agent : present) {
          const auto one = std::find_if(in_use->agents.begin(), in_use->agents.end(),
                                        [&](const auto& l) { return l.agent == named(agent); });
          RC_ASSERT(one != in_use->agents.end());
          RC_ASSERT(used.insert(one->index).second);
          RC_ASSERT(in_use->find(one->index) == &*one);
          RC_ASSERT(expected.try_emplace(agent, one->index).first->second == one->index);
        }
        for (const auto& [agent, number] : expected)
          RC_ASSERT(present.contains(agent) || !used.contains(number));
      }
    }
  });
}
