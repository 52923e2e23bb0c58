#include <map>
#include <set>

#include <algorithm>
#include <doctest/doctest.h>

#include "ainur/base/rng.hpp"

#include "ainur/crypto/hash.hpp"
#include "ainur/discovery/directory.hpp"
#include "support/property.hpp"

using namespace ainur;
using discovery::directory;

namespace {

account_id agent(std::uint64_t number) {
  return crypto::hosted_account({}, number);
}

std::vector<account_id> shown(directory& d, const std::string& capability) {
  std::vector<account_id> ids;
  for (const auto& l : d.find(capability)->agents)
    ids.push_back(l.agent);
  return ids;
}

} // namespace

TEST_CASE("agents are listed under each of their capabilities, by ascending index") {
  directory d;
  CHECK(d.add(agent(1), agent(9), {1, 0}, {"a", "b", "a"}) == 0);
  CHECK(d.add(agent(2), agent(9), {1, 1}, {"b"}) == 1);
  CHECK(shown(d, "a") == std::vector{agent(1)});
  CHECK(shown(d, "b") == std::vector{agent(1), agent(2)});
  CHECK(d.size() == 2);
  CHECK(d.take_changed() == std::vector<std::string>{"a", "b"});
  CHECK(d.take_changed().empty());
  CHECK(d.find("b")->find(1)->at == discovery::address{1, 1});
  CHECK(d.find("b")->find(7) == nullptr);
  CHECK(d.find("nobody's")->version == 0);
  CHECK(d.find("nobody's")->agents.empty());
}

TEST_CASE("a snapshot stays the same value until something of it changes") {
  directory d;
  d.add(agent(1), agent(9), {1, 0}, {"a"});
  d.add(agent(2), agent(9), {1, 1}, {"b"});
  const auto a = d.find("a");
  const auto b = d.find("b");
  CHECK(d.find("a") == a);
  (void)d.take_changed();

  d.add(agent(1), agent(9), {1, 0}, {"a"}); // listed so already
  CHECK(d.update(agent(1), 40, false));     // still below a hundred
  CHECK(d.find("a") == a);
  CHECK(d.take_changed().empty());

  CHECK(d.update(agent(1), 100, false));
  CHECK(d.find("a") != a);
  CHECK(d.find("a")->version > a->version);
  CHECK(d.find("a")->agents[0].reputation == 100);
  CHECK(a->agents[0].reputation == 0);
  CHECK(d.find("b") == b);
  CHECK(d.take_changed() == std::vector<std::string>{"a"});
  CHECK_FALSE(d.update(agent(3), 500, true));
}

TEST_CASE("a guard takes its agents along, and only those") {
  directory d;
  d.add(agent(1), agent(9), {1, 0}, {"a"});
  d.add(agent(2), agent(9), {2, 0}, {"a"});
  d.add(agent(3), agent(9), {1, 1}, {"a"});
  d.add(agent(3), agent(9), {2, 1}, {"a"}); // moved away before
  d.remove_guard(1);
  CHECK(shown(d, "a") == std::vector{agent(2), agent(3)});
  CHECK_FALSE(d.lookup(agent(1))->present);
  CHECK(d.add(agent(1), agent(9), {1, 0}, {"a"}) == 0); // its index is kept
  CHECK(d.size() == 3);
  d.remove(agent(2));
  d.remove(agent(2));
  d.remove(agent(77));
  CHECK(d.size() == 2);
}

TEST_CASE("the directory agrees with a plain map") {
  struct known {
    discovery::address at;
    std::set<std::string> capabilities;
    std::uint16_t reputation = 0;
    bool bonded = false, present = false;
    std::uint32_t index = 0;
  };

  test::check_property("directory", 200, [](std::uint64_t seed) {
    rng random{seed};
    directory d;
    std::map<account_id, known> oracle;
    std::map<std::string, discovery::snapshot_ptr> last;
    for (int step = 0; step < 200; ++step) {
      const auto who = agent(random.below(12));
      const auto guard = static_cast<std::uint32_t>(random.below(3));
      switch (random.below(5)) {
      case 0:
      case 1: {
        std::set<std::string> names;
        for (const auto* name : {"a", "b", "c"})
          if (random.chance_ppm(500'000))
            names.insert(name);
        const auto fresh = static_cast<std::uint32_t>(oracle.size());
        auto& k = oracle.try_emplace(who, known{.index = fresh}).first->second;
        k.at = {guard, static_cast<std::uint32_t>(random.below(2))};
        k.capabilities = names;
        k.present = true;
        RC_ASSERT(d.add(who, {}, k.at, {names.begin(), names.end()}) == k.index);
        break;
      }
      case 2:
        d.remove_guard(guard);
        for (auto& [id, k] : oracle)
          k.present = k.present && k.at.guard != guard;
        break;
      case 3:
        d.remove(who);
        if (const auto at = oracle.find(who); at != oracle.end())
          at->second.present = false;
        break;
      default: {
        const auto reputation = static_cast<std::uint16_t>(random.below(1001));
        const auto at = oracle.find(who);
        RC_ASSERT(d.update(who, reputation, true) == (at != oracle.end()));
        if (at != oracle.end()) {
          at->second.reputation = reputation;
          at->second.bonded = true;
        }
      }
      }
      std::size_t present = 0;
      for (const auto& [id, k] : oracle)
        present += k.present ? 1 : 0;
      RC_ASSERT(d.size() == present);
      const auto changed = d.take_changed();
      for (const std::string name : {"a", "b", "c"}) {
        std::map<std::uint32_t, const known*> expected;
        for (const auto& [id, k] : oracle)
          if (k.present && k.capabilities.contains(name))
            expected.emplace(k.index, &k);
        const auto seen = d.find(name);
        RC_ASSERT(seen->agents.size() == expected.size());
        std::size_t i = 0;
        for (const auto& [index, k] : expected) {
          const auto& l = seen->agents[i++];
          RC_ASSERT(l.index == index);
          RC_ASSERT(l.at == k->at);
          RC_ASSERT(l.bonded == k->bonded);
          RC_ASSERT(l.reputation / 100 == k->reputation / 100);
        }
        auto& before = last[name];
        const bool told = std::find(changed.begin(), changed.end(), name) != changed.end();
        if (before && seen->version != 0 && before->version != 0) {
          RC_ASSERT((before != seen) == told); // whoever follows the changes misses nothing
          RC_ASSERT(before == seen || before->version < seen->version);
        }
        before = seen;
      }
    }
  });
}
