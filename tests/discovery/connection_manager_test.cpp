#include "ainur/discovery/connection_manager.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <doctest/doctest.h>

#include "ainur/discovery/peer_store.hpp"
#include "kademlia_support.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::discovery;
using test::peer_number;

namespace {

constexpr instant t0{};
constexpr auto s = std::chrono::seconds{1};

std::vector<multiaddr> at(std::uint32_t n) {
  return {multiaddr::tcp4(n, 4001)};
}

} // namespace

TEST_CASE("the water marks are those of the design") {
  const connection_options o;
  CHECK(o.low_water == 100);
  CHECK(o.high_water == 400);
  CHECK(o.grace == 60 * s);
}

TEST_CASE("above the high water mark the least valued go, down to the low one") {
  connection_manager m{{.low_water = 2, .high_water = 4}};
  for (std::uint64_t i = 1; i <= 4; ++i)
    CHECK(m.opened(peer_number(i), t0 + static_cast<std::int64_t>(i) * s));
  CHECK(m.tag(peer_number(1), "dht", 5));
  CHECK(m.tag(peer_number(2), "dht", 1));
  CHECK(m.tag(peer_number(2), "mesh", -3));
  CHECK(m.trim(t0 + 100 * s).empty()); // four are not above four
  CHECK(m.opened(peer_number(5), t0 + 100 * s));
  // 5 is in its grace period; 2 is worth -2; of 3 and 4 the younger goes first.
  CHECK(m.trim(t0 + 100 * s) == std::vector{peer_number(2), peer_number(4), peer_number(3)});
  CHECK(m.trim(t0 + 105 * s).empty()); // not so soon again
  CHECK(m.size() == 5);                // until they are closed
  m.closed(peer_number(2));
  CHECK(m.trim(t0 + 110 * s).empty());
  CHECK(m.value(peer_number(2), t0) == 0); // the tags went too
}

TEST_CASE("who is protected stays, also without value") {
  connection_manager m{{.low_water = 0, .high_water = 1, .connections_max = 2}};
  CHECK(m.protect(peer_number(3), "validators"));
  CHECK(m.protect(peer_number(3), "gossip"));
  CHECK(m.opened(peer_number(1), t0));
  CHECK(m.opened(peer_number(2), t0));
  CHECK_FALSE(m.opened(peer_number(4), t0)); // too many
  CHECK(m.opened(peer_number(3), t0));       // protected
  CHECK(m.opened(peer_number(1), t0));       // a second connection
  const auto gone = m.trim(t0 + 60 * s);
  CHECK(std::set(gone.begin(), gone.end()) == std::set{peer_number(1), peer_number(2)});
  CHECK(m.unprotect(peer_number(3), "gossip"));
  CHECK_FALSE(m.unprotect(peer_number(3), "validators"));
  CHECK_FALSE(m.unprotect(peer_number(3), "validators"));
  CHECK(m.trim(t0 + 80 * s).size() == 3);
  m.closed(peer_number(1));
  CHECK(m.is_connected(peer_number(1)));
  m.closed(peer_number(1));
  CHECK_FALSE(m.is_connected(peer_number(1)));
  m.closed(peer_number(1));
}

TEST_CASE("a decaying tag loses its share at each interval") {
  connection_manager m{{}};
  const tag_decay half{10 * s, 500'000};
  CHECK_FALSE(m.bump(peer_number(1), "useful", 100, half, t0));
  CHECK(m.opened(peer_number(1), t0));
  CHECK(m.bump(peer_number(1), "useful", 100, half, t0));
  CHECK(m.value(peer_number(1), t0 + 9 * s) == 100);
  CHECK(m.value(peer_number(1), t0 + 10 * s) == 50);
  CHECK(m.value(peer_number(1), t0 + 30 * s) == 12);
  CHECK(m.bump(peer_number(1), "useful", 8, half, t0 + 30 * s));
  CHECK(m.value(peer_number(1), t0 + 30 * s) == 20);
  CHECK(m.value(peer_number(1), t0 + 300 * s) == 0);
  CHECK(m.bump(peer_number(1), "useful", std::int64_t{1} << 62, half, t0 + 30 * s));
  CHECK(m.value(peer_number(1), t0 + 30 * s) == connection_manager::tag_value_max);
  CHECK(m.value(peer_number(1), instant::max()) == 0);
}

TEST_CASE("tags and protections of a peer are bounded") {
  connection_manager m{{}};
  m.opened(peer_number(1), t0);
  for (std::size_t i = 0; i < connection_manager::tags_max; ++i) {
    CHECK(m.tag(peer_number(1), std::to_string(i), 1));
    CHECK(m.protect(peer_number(1), std::to_string(i)));
  }
  CHECK_FALSE(m.tag(peer_number(1), "more", 1));
  CHECK_FALSE(m.protect(peer_number(1), "more"));
  CHECK(m.tag(peer_number(1), "0", 2));
  CHECK(m.protect(peer_number(1), "0"));
  CHECK(m.value(peer_number(1), t0) == 17);
  m.untag(peer_number(1), "0");
  CHECK(m.tag(peer_number(1), "more", 1));
}

TEST_CASE("trimming never touches who may not be, and stops at the low water mark") {
  test::check_property("trim", 100, [](std::uint64_t seed) {
    rng random{seed};
    connection_manager m{{.low_water = 5, .high_water = 10, .trim_interval = duration{}}};
    std::map<peer_id, instant> open;
    std::set<peer_id> safe;
    auto now = t0;
    for (int step = 0; step < 150; ++step) {
      now += duration{static_cast<std::int64_t>(random.below(20'000'000))};
      const auto who = peer_number(random.below(40));
      switch (random.below(4)) {
      case 0:
      case 1:
        if (!open.contains(who) && m.opened(who, now))
          open[who] = now;
        break;
      case 2:
        (void)m.tag(who, "x", random.between(-9, 9));
        break;
      default:
        if (safe.size() < 8 && m.protect(who, "y"))
          safe.insert(who);
      }
      const auto gone = m.trim(now);
      RC_ASSERT(open.size() > 10 || gone.empty());
      RC_ASSERT(gone.empty() || open.size() - gone.size() >= 5);
      for (std::size_t i = 0; i < gone.size(); ++i) {
        RC_ASSERT(!safe.contains(gone[i]));
        RC_ASSERT(now - open.at(gone[i]) >= 60 * s);
        RC_ASSERT((i == 0 || m.value(gone[i - 1], now) <= m.value(gone[i], now)));
      }
      for (const auto& p : gone) {
        m.closed(p);
        open.erase(p);
      }
      RC_ASSERT(m.size() == open.size());
    }
  });
}

TEST_CASE("a dial that failed waits, twice as long each time, by draw") {
  peer_store store{{.backoff_first = 4 * s, .backoff_max = 20 * s}};
  rng random{1};
  store.dial_failed(peer_number(1), t0, random); // unknown
  CHECK(store.size() == 0);
  store.seen(peer_number(1), at(1), timestamp_at(5));
  CHECK(store.to_dial(9, t0) == std::vector{peer_number(1)});
  auto wait = 4 * s;
  for (std::uint32_t n = 1; n < 40; ++n) {
    store.dial_failed(peer_number(1), t0, random);
    CHECK(store.failures(peer_number(1)) == n);
    CHECK(store.next_dial() >= t0 + wait / 2);
    CHECK(store.next_dial() <= t0 + wait);
    CHECK(store.to_dial(9, store.next_dial() - duration{1}).empty());
    CHECK(store.to_dial(9, store.next_dial()).size() == 1);
    wait = std::min(2 * wait, 20 * s);
  }
  store.seen(peer_number(1), at(2), timestamp_at(9));
  CHECK(store.failures(peer_number(1)) == 0);
  CHECK(*store.addresses(peer_number(1)) == std::vector{at(2)[0], at(1)[0]});
  CHECK(store.to_dial(9, t0).size() == 1);
}

TEST_CASE("the most promising are dialled, the least are forgotten") {
  peer_store store{{.peers_max = 3, .addresses_max = 2}};
  rng random{1};
  store.seen(peer_number(1), at(1), timestamp_at(10));
  store.seen(peer_number(2), at(2), timestamp_at(20));
  store.heard_of(peer_number(3), at(3));
  store.heard_of(peer_number(4), at(4)); // full: hearsay displaces nobody
  CHECK(store.to_dial(9, t0) == std::vector{peer_number(2), peer_number(1), peer_number(3)});
  store.dial_failed(peer_number(2), t0, random);
  CHECK(store.to_dial(1, instant::max()) == std::vector{peer_number(1)});
  store.seen(peer_number(5), at(5), timestamp_at(1));
  CHECK(store.addresses(peer_number(2)) == nullptr); // it had failed
  store.seen(peer_number(6), at(6), timestamp_at(1));
  CHECK(store.addresses(peer_number(3)) == nullptr); // never seen
  store.heard_of(peer_number(1), {at(7)[0], at(8)[0]});
  CHECK(*store.addresses(peer_number(1)) == std::vector{at(1)[0], at(7)[0]});
}

TEST_CASE("peers are read back as they were written, and only so") {
  rng random{4};
  const peer_store_options o{.peers_max = 20};
  peer_store store{o};
  for (std::uint64_t i = 0; i < 20; ++i) {
    store.seen(peer_number(i), at(static_cast<std::uint32_t>(i)), timestamp_at(1'000));
    if (i % 3 == 0)
      store.dial_failed(peer_number(i), t0, random);
  }
  const auto form = store.encode();
  const auto again = peer_store::decode(form, o);
  REQUIRE(again);
  CHECK(again->encode() == form);
  CHECK(again->failures(peer_number(3)) == 1);
  CHECK(again->to_dial(99, t0).size() == 20); // nobody waits after a restart
  CHECK_FALSE(peer_store::decode(form, {.peers_max = 19}));
  for (std::size_t cut = 0; cut < form.size(); ++cut)
    CHECK_FALSE(peer_store::decode(bytes_view{form}.first(cut), o));
  auto other = form;
  other[1] = 2; // the version
  CHECK(peer_store::decode(other, o).error().is(errc::malformed));
}
