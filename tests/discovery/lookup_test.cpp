#include "ainur/discovery/kademlia/lookup.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include <doctest/doctest.h>

#include "kademlia_support.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::discovery;
using namespace ainur::discovery::kademlia;
using test::contact_number;
using test::peer_number;

namespace {

const peer_id self = peer_number(0);

/// Contacts 1 .. n by distance from a point.
std::vector<contact> sorted(const key& target, std::uint64_t n) {
  std::vector<contact> all;
  for (std::uint64_t i = 1; i <= n; ++i)
    all.push_back(contact_number(i));
  std::ranges::sort(all, {}, [&](const contact& c) { return distance(target, c.at()); });
  return all;
}

} // namespace

TEST_CASE("a lookup ends when the k nearest that it has seen have answered") {
  const auto target = point_of(as_bytes("target"));
  const auto all = sorted(target, 30);
  lookup l{target, self, {.k = 3, .alpha = 2, .paths = 1}, std::vector{all[20], all[25]}};
  CHECK(l.next() == std::vector{all[20], all[25]});
  CHECK(l.next().empty()); // two are on their way
  l.answered(all[20].peer(), std::vector{all[1], all[5], all[9], all[12]});
  CHECK(l.next() == std::vector{all[1]});
  l.failed(all[25].peer());
  CHECK(l.next() == std::vector{all[5]});
  l.answered(all[1].peer(), std::vector{all[0], all[1], contact{self, {}}});
  CHECK(l.next() == std::vector{all[0]});
  l.answered(all[0].peer(), {});
  CHECK_FALSE(l.finished()); // 5 has not answered; 9 would be the fourth
  CHECK(l.next().empty());
  l.failed(all[5].peer());
  CHECK(l.next() == std::vector{all[9]}); // now it is the third
  l.answered(all[9].peer(), {});
  CHECK(l.finished());
  CHECK(l.closest(3) == std::vector{all[0], all[1], all[9]});
  CHECK(l.requests() == 6);
  CHECK(l.hops() == 3); // 20 named 1, which named 0
}

TEST_CASE("it ends early when everybody known was asked, or the budget is spent") {
  const auto target = point_of(as_bytes("target"));
  lookup none{target, self, {}, {}};
  CHECK(none.next().empty());
  CHECK(none.finished());
  const auto all = sorted(target, 9);
  lookup l{target, self, {.requests_max = 4}, all};
  const auto asked = l.next();
  CHECK(asked.size() == 4);
  for (const auto& c : asked)
    l.answered(c.peer(), all);
  CHECK(l.finished());
  CHECK(l.next().empty());
}

TEST_CASE("what was not asked for changes nothing") {
  const auto all = sorted(point_of(as_bytes("t")), 5);
  lookup l{point_of(as_bytes("t")), self, {.alpha = 1, .paths = 1}, std::vector{all[0], all[4]}};
  CHECK(l.next().size() == 1);
  l.answered(all[4].peer(), all); // known, but not asked
  l.failed(all[2].peer());        // unknown
  l.answered(peer_number(99), all);
  CHECK(l.find(all[2].peer()) == nullptr);
  CHECK(l.next().empty());
  l.answered(all[0].peer(), {});
  l.answered(all[0].peer(), all); // twice
  l.failed(all[0].peer());
  CHECK(l.has_answered(all[0].peer()));
  CHECK(l.find(all[2].peer()) == nullptr);
}

TEST_CASE("no peer is asked on two paths, and no path sees the other's answers") {
  const auto target = point_of(as_bytes("target"));
  const auto all = sorted(target, 60);
  lookup l{target, self, {.k = 4, .alpha = 2, .paths = 2}, std::vector{all[50], all[51]}};
  CHECK(l.next() == std::vector{all[50], all[51]}); // one a path
  // The first path is led astray to peers that are nearest, the second goes its way.
  l.answered(all[50].peer(), std::vector{all[0], all[1], all[2], all[3]});
  l.answered(all[51].peer(), std::vector{all[10], all[11], all[12], all[13], all[14]});
  std::multiset<peer_id> asked;
  while (!l.finished())
    for (const auto& c : l.next()) {
      asked.insert(c.peer());
      l.answered(c.peer(), {});
    }
  CHECK(l.has_answered(all[13].peer())); // though the other path has four nearer ones
  CHECK(asked.count(all[14].peer()) == 0);
  for (const auto& p : asked)
    CHECK(asked.count(p) == 1);
}

TEST_CASE("of the k nearest only so many are of one IP group") {
  const auto target = point_of(as_bytes("target"));
  auto all = sorted(target, 12);
  for (std::size_t i = 0; i < 8; ++i) // the nearest eight share a network
    all[i] = contact{all[i].peer(), {multiaddr::tcp4(static_cast<std::uint32_t>(7 << 16 | i), 1)}};
  const auto run = [&](std::size_t group_max) {
    lookup l{target, self, {.k = 4, .alpha = 4, .paths = 1, .group_max = group_max}, all};
    while (!l.finished())
      for (const auto& c : l.next())
        l.answered(c.peer(), {});
    return l.closest(4);
  };
  CHECK(run(0) == std::vector{all[0], all[1], all[2], all[3]});
  CHECK(run(3) == std::vector{all[0], all[1], all[2], all[8]});
  CHECK(run(1) == std::vector{all[0], all[8], all[9], all[10]});
}

TEST_CASE("who names peers that do not answer loses credit") {
  const auto target = point_of(as_bytes("target"));
  const auto all = sorted(target, 40);
  lookup l{
      target, self, {.k = 8, .alpha = 4, .paths = 1, .credit = 2}, std::vector{all[30], all[31]}};
  CHECK(l.next().size() == 2);
  l.answered(all[30].peer(), std::span{all}.first(10)); // ghosts, but for the tenth
  l.answered(all[31].peer(), std::vector{all[9], all[15]});
  auto asked = l.next();
  CHECK(asked == std::vector{all[0], all[1], all[2], all[3]});
  l.failed(all[0].peer());
  l.failed(all[1].peer());
  l.failed(all[2].peer());
  l.failed(all[3].peer());
  asked = l.next(); // 4 to 8 are doubted, 9 is confirmed, 15 named by another
  CHECK(asked == std::vector{all[9], all[15]});
  for (const auto& c : asked)
    l.answered(c.peer(), {});
  CHECK(l.finished());
}

TEST_CASE("in an honest network the nearest are found") {
  test::check_property("lookup", 30, [](std::uint64_t seed) {
    rng random{seed};
    const auto n = 2 + random.below(300);
    std::vector<contact> all;
    for (std::uint64_t i = 1; i <= n; ++i)
      all.push_back(contact_number(i + seed % 1'000'000 * 1'000));
    const auto target = point_of(peer_number(random.next()));
    const auto nearest = [&](const key& to, std::size_t count) {
      auto copy = all;
      std::ranges::sort(copy, {}, [&](const contact& c) { return distance(to, c.at()); });
      copy.erase(copy.begin() + static_cast<std::ptrdiff_t>(std::min(count, copy.size())),
                 copy.end());
      return copy;
    };
    // Each knows its neighbours and a few others; answers with the nearest of those.
    std::map<peer_id, std::vector<contact>> known;
    for (const auto& c : all) {
      auto& mine = known[c.peer()] = nearest(c.at(), 12);
      for (int i = 0; i < 12; ++i)
        mine.push_back(all[random.below(n)]);
    }
    const lookup_options o{.k = 5, .alpha = 3, .paths = 1 + random.below(3), .group_max = 0};
    std::vector<contact> seeds;
    for (int i = 0; i < 6; ++i)
      seeds.push_back(all[random.below(n)]);
    lookup l{target, self, o, seeds};
    std::deque<contact> waiting;
    while (!l.finished()) {
      for (const auto& c : l.next())
        waiting.push_back(c);
      RC_ASSERT(!waiting.empty());
      RC_ASSERT(waiting.size() <= std::max(o.alpha, o.paths));
      std::swap(waiting.front(), waiting[random.below(waiting.size())]);
      const auto c = waiting.front();
      waiting.pop_front();
      auto closer = known.at(c.peer());
      std::ranges::sort(closer, {}, [&](const contact& x) { return distance(target, x.at()); });
      l.answered(c.peer(), closer);
    }
    RC_ASSERT(l.requests() <= o.requests_max);
    const auto found = l.closest(1);
    RC_ASSERT(found.size() == 1u);
    RC_ASSERT(found[0] == nearest(target, 1)[0]);
  });
}
