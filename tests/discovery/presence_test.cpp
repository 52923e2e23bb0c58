#include "ainur/discovery/presence.hpp"

#include <doctest/doctest.h>

#include "ainur/codec/msgpack.hpp"
#include "kademlia_support.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::discovery;
using change = presence_table::change;

namespace {

constexpr instant t0{};
constexpr timestamp u0 = timestamp_at(1'700'000'000'000'000);
constexpr auto s = std::chrono::seconds{1};

crypto::secret_key key_number(std::uint64_t n) {
  return crypto::secret_key::from_seed(crypto::run_seed(1, "peer", n));
}

account_id agent(std::uint64_t n) {
  return crypto::hosted_account({}, n);
}

bytes announced(std::uint64_t key, std::uint64_t who, std::uint64_t sequence, timestamp made,
                bool leaves = false) {
  const auto k = key_number(key);
  return codec::encode(crypto::sign(
      presence_announcement{"sum", agent(who), peer_of(k.public_part()), sequence, leaves, made},
      k));
}

} // namespace

TEST_CASE("an agent is there from its first announcement until it leaves") {
  presence_announcer a{key_number(1), {}};
  presence_table table{{}};
  const auto first = a.join("sum", agent(1), t0, u0);
  REQUIRE(first);
  CHECK(first->topic == "/ainur/v1/global/l3_aether/presence/sum");
  CHECK(table.receive("sum", first->data, t0, u0) == change::came);
  CHECK(table.receive("sum", first->data, t0, u0).error().is(errc::stale));
  CHECK(table.find("sum", t0) ==
        std::vector{presence_table::present{agent(1), peer_of(key_number(1).public_part())}});
  CHECK(a.next_wake() == t0 + 10 * s);
  CHECK(a.tick(t0 + 9 * s, u0 + 9 * s).empty());
  const auto beat = a.tick(t0 + 10 * s, u0 + 10 * s);
  REQUIRE(beat.size() == 1);
  CHECK(table.receive("sum", beat[0].data, t0 + 10 * s, u0 + 10 * s) == change::stayed);
  const auto last = a.leave("sum", agent(1), u0 + 11 * s);
  REQUIRE(last.size() == 1);
  CHECK(table.receive("sum", last[0].data, t0 + 11 * s, u0 + 11 * s) == change::left);
  CHECK(table.find("sum", t0 + 11 * s).empty());
  CHECK(a.leave("sum", agent(1), u0 + 11 * s).empty());
  CHECK(a.next_wake() == instant::max());
  // A heartbeat that was under way does not bring it back, and it can come again.
  CHECK(table.receive("sum", beat[0].data, t0 + 12 * s, u0 + 12 * s).error().is(errc::stale));
  CHECK(table.receive("sum", a.join("sum", agent(1), t0, u0 + 12 * s)->data, t0 + 12 * s,
                      u0 + 12 * s) == change::came);
}

TEST_CASE("who falls silent is forgotten within thirty seconds, and the table says who") {
  presence_table table{{}};
  CHECK(table.receive("sum", announced(1, 1, 1, u0), t0, u0) == change::came);
  // It took 12 s to get here: 18 remain.
  CHECK(table.receive("sum", announced(1, 2, 1, u0 - 12 * s), t0, u0) == change::came);
  CHECK(table.receive("sum", announced(1, 3, 1, u0, true), t0, u0) == change::left);
  CHECK(table.next_expiry() == t0 + 18 * s);
  CHECK(table.find("sum", t0 + 18 * s).size() == 1);
  CHECK(table.expire(t0 + 17 * s).empty());
  auto gone = table.expire(t0 + 18 * s);
  REQUIRE(gone.size() == 1);
  CHECK(gone[0].first == "sum");
  CHECK(gone[0].second.agent == agent(2));
  gone = table.expire(t0 + 30 * s);
  REQUIRE(gone.size() == 1); // not the one who took leave
  CHECK(gone[0].second.agent == agent(1));
  CHECK(table.size() == 0);
  CHECK(table.next_expiry() == instant::max());
}

TEST_CASE("a clock that is ahead does not keep an agent longer") {
  presence_table table{{}};
  CHECK(table.receive("sum", announced(1, 1, 1, u0 + 5 * s), t0, u0) == change::came);
  CHECK(table.next_expiry() == t0 + 30 * s);
  CHECK(table.receive("sum", announced(1, 2, 1, u0 + 5 * s + duration{1}), t0, u0)
            .error()
            .is(errc::stale));
  CHECK(table.receive("sum", announced(1, 2, 1, u0 - 30 * s), t0, u0).error().is(errc::stale));
  CHECK(table.receive("sum", announced(1, 2, 1, timestamp::max()), t0, u0).error().is(errc::stale));
  CHECK(table.receive("sum", announced(1, 2, 1, timestamp::min()), t0, u0).error().is(errc::stale));
  CHECK(table.size() == 1);
}

TEST_CASE("what is forged, bent or of another topic changes nothing") {
  presence_table table{{}};
  const auto good = announced(1, 1, 7, u0);
  CHECK(table.receive("other", good, t0, u0).error().is(errc::malformed));
  auto sealed = codec::decode<crypto::signed_<presence_announcement>>(good).value();
  sealed.signer = key_number(2).public_part();
  CHECK_FALSE(table.receive("sum", codec::encode(sealed), t0, u0));
  const presence_announcement other{"sum", agent(1), peer_of(key_number(2).public_part()),
                                    7,     false,    u0};
  CHECK(table.receive("sum", codec::encode(crypto::sign(other, key_number(1))), t0, u0)
            .error()
            .is(errc::wrong_signer));
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bent = good;
    bent[i] ^= 0x10;
    CHECK_FALSE(table.receive("sum", bent, t0, u0));
    CHECK_FALSE(table.receive("sum", bytes_view{good}.first(i), t0, u0));
  }
  CHECK_FALSE(table.receive("sum", bytes(2'000), t0, u0));
  CHECK(table.size() == 0);
}

TEST_CASE("every bound refuses and keeps what there is") {
  presence_table table{{.agents_max = 3, .peer_agents_max = 2}};
  CHECK(table.receive("sum", announced(1, 1, 1, u0), t0, u0));
  CHECK(table.receive("sum", announced(1, 2, 1, u0), t0, u0));
  CHECK(table.receive("sum", announced(1, 3, 1, u0), t0, u0).error().is(errc::too_large));
  CHECK(table.receive("sum", announced(2, 3, 1, u0), t0, u0));
  CHECK(table.receive("sum", announced(3, 4, 1, u0), t0, u0).error().is(errc::too_large));
  CHECK(table.receive("sum", announced(1, 1, 2, u0), t0, u0) == change::stayed);
  table.expire(t0 + 30 * s);
  CHECK(table.receive("sum", announced(3, 4, 1, u0), t0, u0) == change::came);

  presence_announcer a{key_number(1), {.own_max = 1}};
  CHECK(a.join("", agent(1), t0, u0).error().is(errc::too_large));
  CHECK(a.join(std::string(129, 'x'), agent(1), t0, u0).error().is(errc::too_large));
  CHECK(a.join("sum", agent(1), t0, u0));
  CHECK(a.join("sum", agent(2), t0, u0).error().is(errc::too_large));
  CHECK(a.join("sum", agent(1), t0, u0)); // again
  CHECK(a.count("sum") == 1);
}

TEST_CASE("over a network that loses, repeats and reorders, the table follows within 30 s") {
  test::check_property("presence", 20, [](std::uint64_t seed) {
    rng random{seed};
    presence_announcer a{key_number(1), {}};
    presence_table table{{}};
    std::map<std::uint64_t, int> there;  // agents, and since which second
    std::map<std::uint64_t, int> left;   // when
    std::multimap<int, bytes> under_way; // by arrival
    const auto post = [&](int now, const bytes& data) {
      for (auto copies = random.below(4) == 0 ? 0 : 1 + random.below(2); copies > 0; --copies)
        under_way.emplace(now + static_cast<int>(random.below(4)), data);
    };
    for (int now = 0; now < 300; ++now) {
      const auto t = t0 + now * s;
      const auto u = u0 + now * s;
      const auto who = random.below(5);
      if (random.below(12) == 0 && !there.contains(who)) {
        post(now, a.join("sum", agent(who), t, u)->data);
        there[who] = now;
        left.erase(who);
      } else if (random.below(25) == 0 && there.erase(who) != 0) {
        left[who] = now;
        for (const auto& p : a.leave("sum", agent(who), u))
          post(now, p.data);
      }
      for (const auto& p : a.tick(t, u))
        post(now, p.data);
      for (auto i = under_way.begin(); i != under_way.end() && i->first <= now;
           i = under_way.erase(i))
        (void)table.receive("sum", i->second, t, u);
      for (const auto& [gone, when] : left)
        for (const auto& p : table.find("sum", t))
          RC_ASSERT((p.agent != agent(gone) || now < when + 30));
    }
  });
}
