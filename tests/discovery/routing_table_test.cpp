#include "ainur/discovery/kademlia/routing_table.hpp"

#include <algorithm>
#include <map>

#include <doctest/doctest.h>

#include "kademlia_support.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::discovery;
using namespace ainur::discovery::kademlia;
using test::contact_number;
using addition = routing_table::addition;

namespace {

constexpr instant t0{};

/// The n-th peer that shares exactly `prefix` bits with the owner.
contact at_prefix(const routing_table& t, int prefix, std::uint64_t n, std::uint64_t group = 0) {
  for (std::uint64_t i = 1;; ++i)
    if (common_prefix(t.at(), point_of(test::peer_number(i))) == prefix && n-- == 0)
      return contact_number(i, group);
}

/// What must hold of every table.
void check_shape(const routing_table& t, std::size_t bucket_size) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < t.buckets().size(); ++i) {
    const auto& b = t.buckets()[i];
    RC_ASSERT(b.size() <= bucket_size);
    size += b.size();
    for (const auto& e : b) {
      const auto prefix = static_cast<std::size_t>(common_prefix(t.at(), e.who.at()));
      const bool last = i + 1 == t.buckets().size();
      RC_ASSERT((last ? prefix >= i : prefix == i));
    }
  }
  RC_ASSERT(size == t.size());
}

} // namespace

TEST_CASE("the last bucket splits when it is full, and no other does") {
  routing_table t{test::peer_number(0), {.bucket_size = 2}};
  CHECK(t.add(at_prefix(t, 0, 0), t0) == addition::added);
  CHECK(t.add(at_prefix(t, 0, 1), t0) == addition::added);
  CHECK(t.buckets().size() == 1);
  CHECK(t.add(at_prefix(t, 0, 2), t0) == addition::full);
  CHECK(t.add(at_prefix(t, 3, 0), t0) == addition::added);
  CHECK(t.buckets().size() == 2);
  CHECK(t.add(at_prefix(t, 3, 1), t0) == addition::added);
  CHECK(t.add(at_prefix(t, 5, 0), t0) == addition::added);
  CHECK(t.buckets().size() == 5); // 1 and 2 are empty, 3 holds two
  CHECK(t.size() == 5);
  CHECK(t.add(contact_number(0), t0) == addition::self);
}

TEST_CASE("who answers keeps the place, who does not gives way and then leaves") {
  routing_table t{test::peer_number(0), {.bucket_size = 2}};
  const auto a = at_prefix(t, 0, 0), b = at_prefix(t, 0, 1), c = at_prefix(t, 0, 2);
  t.add(a, t0);
  t.add(b, t0);
  t.add(at_prefix(t, 1, 0), t0);
  t.add(at_prefix(t, 1, 1), t0);
  CHECK(t.add(c, t0) == addition::full);
  CHECK_FALSE(t.failed(a));
  CHECK(t.heard(a, t0 + duration{5}));
  CHECK(t.add(c, t0) == addition::full); // it answered again
  CHECK_FALSE(t.failed(a));
  CHECK(t.closest(a.at(), 1) != std::vector{a}); // not told to others
  CHECK(t.add(c, t0) == addition::added);
  CHECK(t.find(a) == nullptr);
  CHECK_FALSE(t.failed(b));
  CHECK(t.failed(b)); // twice in a row
  CHECK(t.find(b) == nullptr);
  CHECK_FALSE(t.failed(b));
  CHECK(t.size() == 3);
}

TEST_CASE("at most three of an IP group, and two of one prefix") {
  routing_table t{test::peer_number(0), {}};
  CHECK(t.add(at_prefix(t, 0, 0, 5), t0) == addition::added);
  CHECK(t.add(at_prefix(t, 0, 1, 5), t0) == addition::added);
  CHECK(t.add(at_prefix(t, 0, 2, 5), t0) == addition::group_full);
  CHECK(t.add(at_prefix(t, 0, 2, 6), t0) == addition::added);
  CHECK(t.add(at_prefix(t, 1, 0, 5), t0) == addition::added);
  CHECK(t.add(at_prefix(t, 2, 0, 5), t0) == addition::group_full);
  CHECK(t.remove(at_prefix(t, 0, 0, 5)));
  CHECK(t.add(at_prefix(t, 2, 0, 5), t0) == addition::added);

  const multiaddr elsewhere = multiaddr::tcp4(0x09090000, 1);
  const auto two = contact{test::peer_number(900), {multiaddr::tcp4(5 << 16, 1), elsewhere}};
  CHECK(t.add(two, t0) == addition::group_full); // one full group of several is enough
  std::vector<multiaddr> many;
  for (std::uint32_t g = 20; g < 25; ++g)
    many.push_back(multiaddr::tcp4(g << 16, 1));
  CHECK(contact{test::peer_number(901), many}.claims_too_much());
  CHECK(t.add({test::peer_number(901), many}, t0) == addition::group_full);
  many.pop_back();
  CHECK(t.add({test::peer_number(901), many}, t0) == addition::added);
}

TEST_CASE("a known peer's new address replaces the old one if its group has room") {
  routing_table t{test::peer_number(0), {.group_max = 1, .group_prefix_max = 1}};
  const auto before = contact_number(1, 7), after = contact_number(1, 8);
  t.add(before, t0);
  CHECK(t.add(after, t0 + duration{1}) == addition::known);
  CHECK(t.find(before)->who == after);
  CHECK(t.add(contact_number(2, 7), t0) == addition::added); // the old group is free again
  CHECK(t.add(contact_number(1, 7), t0) == addition::known);
  CHECK(t.find(before)->who == after);
  CHECK(t.find(before)->heard == t0 + duration{1});
}

TEST_CASE("the longest silent come first") {
  routing_table t{test::peer_number(0), {}};
  for (std::uint64_t i = 1; i <= 10; ++i)
    t.add(contact_number(i), t0 + duration{100 - static_cast<std::int64_t>(i)});
  CHECK(t.silent(t0 + duration{93}, 2) == std::vector{contact_number(10), contact_number(9)});
  CHECK(t.silent(t0 + duration{93}, 9).size() == 3);
}

TEST_CASE("the table agrees with a plain map and a sorted scan") {
  test::check_property("routing table", 60, [](std::uint64_t seed) {
    rng random{seed};
    const table_options o{
        .bucket_size = 1 + random.below(6), .group_max = 3, .group_prefix_max = 2};
    routing_table t{test::peer_number(0), o};
    std::map<peer_id, std::pair<contact, std::uint32_t>> oracle; // failures
    for (int step = 0; step < 300; ++step) {
      const auto who = contact_number(1 + random.below(80), 1 + random.below(40));
      const auto known = oracle.find(who.peer());
      switch (random.below(4)) {
      case 0:
      case 1: {
        const auto what = t.add(who, t0 + duration{step});
        RC_ASSERT((what == addition::known) == (known != oracle.end()));
        if (what == addition::known)
          known->second = {t.find(who)->who, 0};
        else if (what == addition::added)
          oracle.insert_or_assign(who.peer(), std::pair{who, 0u});
        if (what == addition::added && t.size() != oracle.size()) // somebody silent gave way
          RC_ASSERT(std::erase_if(oracle, [&](const auto& x) {
                      const bool gone = t.find(x.second.first) == nullptr;
                      RC_ASSERT(!gone || x.second.second != 0);
                      return gone;
                    }) == 1);
        break;
      }
      case 2:
        RC_ASSERT(t.failed(who) == (known != oracle.end() && known->second.second == 1));
        if (known != oracle.end() && ++known->second.second == 2)
          oracle.erase(known);
        break;
      default:
        RC_ASSERT(t.heard(who, t0 + duration{step}) == (known != oracle.end()));
        if (known != oracle.end())
          known->second.second = 0;
      }
      RC_ASSERT(t.size() == oracle.size());
      check_shape(t, o.bucket_size);
      std::map<ip_group, std::size_t> groups;
      for (const auto& [id, x] : oracle)
        for (const auto& g : x.first.groups())
          RC_ASSERT(++groups[g] <= 3);
      const auto target = point_of(test::peer_number(random.below(200)));
      std::vector<std::tuple<bool, key, contact>> scan;
      for (const auto& [id, x] : oracle)
        scan.emplace_back(x.second != 0, distance(target, x.first.at()), x.first);
      std::ranges::sort(scan, [](const auto& a, const auto& b) {
        return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(std::get<0>(b), std::get<1>(b));
      });
      const auto count = random.below(12);
      // Of those who failed, only what is missing is taken, and from near buckets first.
      const auto answering = static_cast<std::size_t>(
          std::ranges::count_if(scan, [](const auto& x) { return !std::get<0>(x); }));
      const auto nearest = t.closest(target, count);
      RC_ASSERT(nearest.size() == std::min<std::size_t>(count, scan.size()));
      for (std::size_t i = 0; i < std::min(nearest.size(), answering); ++i)
        RC_ASSERT(nearest[i] == std::get<2>(scan[i]));
    }
  });
}
