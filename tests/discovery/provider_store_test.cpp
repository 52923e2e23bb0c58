#include "ainur/discovery/kademlia/provider_store.hpp"

#include <algorithm>
#include <map>

#include <doctest/doctest.h>

#include "kademlia_support.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::discovery;
using namespace ainur::discovery::kademlia;
using test::contact_number;

namespace {

constexpr instant t0{};
constexpr auto hour = std::chrono::hours{1};

key number(std::uint64_t n) {
  return point_of(test::peer_number(n));
}

bool holds(const provider_store& s, std::uint64_t at, std::uint64_t provider, instant now) {
  rng random{1};
  const auto all = s.find(number(at), 1'000, now, random);
  return std::ranges::any_of(
      all, [&](const contact& c) { return c.peer() == test::peer_number(provider); });
}

} // namespace

TEST_CASE("a record lives 48 hours, and as long again when it is told again") {
  provider_store s{{}};
  CHECK(s.add(number(1), contact_number(1), t0));
  CHECK(s.add(number(1), contact_number(2), t0));
  CHECK(s.next_expiry() == t0 + 48 * hour);
  CHECK(s.add(number(1), contact_number(2), t0 + 22 * hour));
  CHECK(holds(s, 1, 1, t0 + 48 * hour - duration{1}));
  CHECK_FALSE(holds(s, 1, 1, t0 + 48 * hour));
  CHECK(holds(s, 1, 2, t0 + 48 * hour));
  s.expire(t0 + 48 * hour);
  CHECK(s.size() == 1);
  s.expire(t0 + 70 * hour);
  CHECK(s.size() == 0);
  CHECK(s.next_expiry() == instant::max());
}

TEST_CASE("a flood from few networks displaces itself") {
  provider_store s{{.key_records_max = 4}};
  for (std::uint64_t i = 1; i <= 3; ++i)
    CHECK(s.add(number(1), contact_number(i), t0 + duration{static_cast<std::int64_t>(i)}));
  for (std::uint64_t i = 100; i < 200; ++i)
    CHECK(s.add(number(1), contact_number(i, 7), t0 + duration{10}));
  for (std::uint64_t i = 1; i <= 3; ++i)
    CHECK(holds(s, 1, i, t0 + duration{10}));
  CHECK(s.size() == 4);
  // With as many networks as records the oldest goes.
  CHECK(s.add(number(1), contact_number(300), t0 + duration{20}));
  CHECK(s.add(number(1), contact_number(301), t0 + duration{20}));
  CHECK_FALSE(holds(s, 1, 1, t0 + duration{20}));
  CHECK(holds(s, 1, 3, t0 + duration{20}));
}

TEST_CASE("every bound refuses") {
  provider_store s{{.key_records_max = 3, .peer_records_max = 2, .records_max = 4}};
  CHECK(s.add(number(1), contact_number(1), t0));
  CHECK(s.add(number(2), contact_number(1), t0));
  CHECK_FALSE(s.add(number(3), contact_number(1), t0)); // the peer has two
  CHECK(s.add(number(2), contact_number(1), t0));       // told again
  CHECK(s.add(number(3), contact_number(2), t0));
  CHECK(s.add(number(4), contact_number(3), t0));
  CHECK_FALSE(s.add(number(5), contact_number(4), t0)); // four in all
  CHECK(s.size() == 4);
  s.expire(t0 + 48 * hour);
  CHECK(s.add(number(5), contact_number(1), t0 + 48 * hour)); // the counts went down again
  std::vector<multiaddr> many;
  for (std::uint32_t g = 1; g < 7; ++g)
    many.push_back(multiaddr::tcp4(g << 16, 1));
  CHECK_FALSE(s.add(number(9), {test::peer_number(9), many}, t0));
}

TEST_CASE("of many providers each answer is another choice") {
  provider_store s{{}};
  for (std::uint64_t i = 1; i <= 40; ++i)
    s.add(number(1), contact_number(i), t0);
  rng random{3};
  const auto a = s.find(number(1), 20, t0, random);
  const auto b = s.find(number(1), 20, t0, random);
  CHECK(a.size() == 20);
  CHECK(b.size() == 20);
  CHECK(a != b);
  CHECK(s.find(number(2), 20, t0, random).empty());
}

TEST_CASE("the store agrees with a plain map while no bound is reached") {
  test::check_property("provider store", 100, [](std::uint64_t seed) {
    rng random{seed};
    provider_store s{{.validity = duration{100}}};
    std::map<std::pair<std::uint64_t, std::uint64_t>, instant> oracle;
    auto now = t0;
    for (int step = 0; step < 200; ++step) {
      now += duration{static_cast<std::int64_t>(random.below(10))};
      const auto at = random.below(6);
      const auto who = 1 + random.below(10);
      if (random.below(3) != 0) {
        RC_ASSERT(s.add(number(at), contact_number(who), now));
        oracle[{at, who}] = now + duration{100};
      } else {
        s.expire(now);
        std::erase_if(oracle, [&](const auto& x) { return x.second <= now; });
        RC_ASSERT(s.size() == oracle.size());
      }
      const auto expected = oracle.find({at, who});
      RC_ASSERT(holds(s, at, who, now) == (expected != oracle.end() && expected->second > now));
    }
  });
}
