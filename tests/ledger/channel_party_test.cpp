// The two parties and the watcher as plain values: rules of the exchange, crash and restart at
// every output, published scenarios.
#include <deque>
#include <fstream>
#include <map>

#include <nlohmann/json.hpp>

#include "ainur/codec/msgpack.hpp"

#include "channel_world.hpp"
#include "support/shared_data.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

instant at(std::int64_t second) {
  return instant_at(second * 1'000'000);
}

/// Two parties whose outputs are carried out one by one, over a link that keeps order.
struct pair_of_parties {
  channel_world w;
  std::array<channel_party, 2> parties;
  std::array<channel_memory, 2> disk;
  std::array<std::deque<channel_message>, 2> inbox;
  std::map<std::pair<int, std::uint64_t>, channel_state> signed_by; ///< (side, version)
  instant now{};
  int outputs = 0;
  int crash_at = -1;

  pair_of_parties()
      : parties{channel_party{w.setup(channel_side::first)},
                channel_party{w.setup(channel_side::second)}} {
    for (std::size_t i = 0; i < 2; ++i)
      disk[i].newest = parties[i].newest();
  }

  channel_party& first() { return parties[0]; }

  channel_party& second() { return parties[1]; }

  /// True if the party crashes here: it comes back with what it saved last.
  bool crashes(std::size_t who) {
    if (outputs++ != crash_at)
      return false;
    auto again = channel_party::resume(
        w.setup(who == 0 ? channel_side::first : channel_side::second), disk[who]);
    REQUIRE(again.has_value());
    parties[who] = std::move(*again);
    return true;
  }

  void note(const channel_message& m) {
    const auto signs = [this](int side, const channel_state& x) {
      const auto [it, fresh] = signed_by.try_emplace({side, x.version}, x);
      CHECK(it->second == x); // never two states of one version
    };
    if (const auto* p = std::get_if<channel_proposal>(&m))
      signs(0, p->next);
    if (const auto* a = std::get_if<channel_agreement>(&m))
      signs(1, a->agreed.content);
  }

  void carry_out(std::size_t who, const channel_outputs& out) {
    if (crashes(who))
      return;
    if (out.save)
      disk[who] = *out.save;
    for (const auto& m : out.send) {
      if (crashes(who))
        return;
      note(m);
      inbox[1 - who].push_back(m);
    }
    (void)crashes(who);
  }

  void carry_out(std::size_t who, const result<channel_outputs>& out) {
    if (out)
      carry_out(who, *out);
  }

  void deliver() {
    while (!inbox[0].empty() || !inbox[1].empty())
      for (std::size_t who = 0; who < 2; ++who)
        if (!inbox[who].empty()) {
          const auto m = inbox[who].front();
          inbox[who].pop_front();
          carry_out(who, parties[who].receive(m, now));
        }
  }

  /// Time and retries until nothing is in flight.
  void settle() {
    deliver();
    for (int i = 0; i < 10; ++i) {
      now += seconds{2};
      carry_out(0, parties[0].tick(now));
      carry_out(1, parties[1].tick(now));
      deliver();
    }
  }
};

template <class T>
void refused(const result<T>& r, errc code) {
  REQUIRE_FALSE(r.has_value());
  CHECK(r.error().is(code));
}

} // namespace

TEST_CASE("channel party: each side pays, and both hold the newest state signed by both") {
  pair_of_parties p;
  p.carry_out(0, p.first().pay(amount::ainu(10), at(0)));
  p.deliver();
  p.carry_out(1, p.second().pay(amount::ainu(3), at(0)));
  p.deliver();
  const auto& x = p.first().newest();
  CHECK(x == p.second().newest());
  CHECK(x.content.version == 2);
  CHECK(x.content.first == amount::ainu(53));
  CHECK(verify_both(x, p.w.terms.first.value, p.w.terms.second.value));
  p.carry_out(1, p.second().close(at(0)));
  p.deliver();
  CHECK(p.first().newest().content.is_final);
  p.w.open();
  CHECK(p.w.call(p.w.client, close_channel{p.first().newest()}) == errc::ok);
  CHECK(p.w.view(p.w.rival).free == amount::ainu(100'000 + 7));
}

TEST_CASE("channel party: what it refuses to start") {
  pair_of_parties p;
  auto& a = p.first();
  refused(a.pay(amount::ainu(61), at(0)), errc::insufficient_funds);
  refused(a.pay(amount{}, at(0)), errc::invalid_value);
  refused(a.update(amount::ainu(61), amount::ainu(40), {}, at(0)), errc::sum_mismatch);
  refused(a.update(amount::ainu(61), amount::ainu(39), {}, at(0)), errc::not_permitted);
  REQUIRE(a.pay(amount::ainu(1), at(0)).has_value());
  refused(a.pay(amount::ainu(1), at(0)), errc::update_in_flight);
  auto& b = p.second();
  REQUIRE(b.pay(amount::ainu(1), at(0)).has_value());
  refused(b.close(at(0)), errc::update_in_flight);
}

TEST_CASE("channel party: what it refuses to agree to") {
  pair_of_parties p;
  auto& b = p.second();
  const auto proposal = [](channel_state x) {
    return channel_message{
        channel_proposal{x, sign_state(channel_world::first_seed(), channel_state_tag, x)}};
  };
  const auto good = p.w.at(1, 50, 50).content;
  auto x = good;
  x.channel.value[3] ^= 1;
  refused(b.receive(proposal(x), at(0)), errc::unknown_channel);
  x = good;
  x.version = 2;
  refused(b.receive(proposal(x), at(0)), errc::stale_version);
  x.version = 0;
  refused(b.receive(proposal(x), at(0)), errc::stale_version);
  x = good;
  x.first = amount::ainu(51);
  refused(b.receive(proposal(x), at(0)), errc::sum_mismatch);
  x = p.w.at(1, 61, 39).content;
  refused(b.receive(proposal(x), at(0)), errc::not_permitted);
  x = p.w.at(1, 50, 40, 10).content;
  x.is_final = true;
  refused(b.receive(proposal(x), at(0)), errc::invalid_value);
  refused(b.receive(channel_proposal{good, {}}, at(0)), errc::bad_signature);
  refused(b.receive(channel_agreement{p.w.at(1, 50, 50)}, at(0)), errc::not_permitted);
  refused(b.receive(channel_wish{good, {}}, at(0)), errc::not_permitted);
  auto& a = p.first();
  refused(a.receive(proposal(good), at(0)), errc::not_permitted);
  refused(a.receive(channel_agreement{p.w.at(1, 50, 50)}, at(0)), errc::stale_version);
  refused(a.receive(channel_wish{good, {}}, at(0)), errc::bad_signature);
  const auto wish = [](const channel_state& s) {
    return channel_wish{s, sign_state(channel_world::second_seed(), channel_wish_tag, s)};
  };
  refused(a.receive(wish(p.w.at(1, 50, 50).content), at(0)), errc::not_permitted);
  REQUIRE(a.pay(amount::ainu(1), at(0)).has_value());
  refused(a.receive(wish(p.w.at(1, 61, 39).content), at(0)), errc::update_in_flight);
  // Nothing of all this has moved them.
  CHECK(a.newest().content.version == 0);
  CHECK(b.newest().content.version == 0);
}

TEST_CASE("channel party: nothing after a final state, or once the ledger ends the channel") {
  pair_of_parties p;
  p.carry_out(0, p.first().close(at(0)));
  p.deliver();
  refused(p.first().pay(amount::ainu(1), at(0)), errc::channel_ending);
  refused(p.second().pay(amount::ainu(1), at(0)), errc::channel_ending);
  pair_of_parties q;
  auto frozen = q.second().see(event::channel_registered{q.w.at(0, 60, 40).content, {}, {}});
  CHECK(frozen.save.has_value());
  auto out = q.first().pay(amount::ainu(1), at(0));
  REQUIRE(out.has_value());
  refused(q.second().receive(out->send.at(0), at(0)), errc::channel_ending);
}

TEST_CASE("channel party: crossing updates: the first's goes through, the second is told") {
  pair_of_parties p;
  const auto a = p.first().pay(amount::ainu(5), at(0));
  const auto b = p.second().pay(amount::ainu(7), at(0));
  REQUIRE((a && b));
  refused(p.first().receive(b->send.at(0), at(0)), errc::update_in_flight);
  const auto answer = p.second().receive(a->send.at(0), at(0));
  REQUIRE(answer.has_value());
  CHECK(answer->lost.has_value());
  REQUIRE(p.first().receive(answer->send.at(0), at(0)).has_value());
  CHECK(p.first().newest() == p.second().newest());
  CHECK_FALSE(p.second().in_flight());
}

TEST_CASE("channel party: a crash at any output loses nothing and signs nothing twice") {
  int outputs = 1;
  for (int crash = -1; crash < outputs; ++crash) {
    CAPTURE(crash);
    pair_of_parties p;
    p.crash_at = crash;
    const auto pay = [&p](std::size_t who, std::uint64_t ainu) {
      // An owner asks until the payment shows, as it would after a restart.
      const auto version = p.parties[who].newest().content.version;
      for (int i = 0; i < 5 && p.parties[who].newest().content.version == version; ++i) {
        p.carry_out(who, p.parties[who].pay(amount::ainu(ainu), p.now));
        p.settle();
      }
    };
    pay(0, 10);
    pay(1, 3);
    pay(0, 1);
    p.carry_out(1, p.second().close(p.now));
    p.settle();
    if (!p.first().newest().content.is_final)
      p.carry_out(1, p.second().close(p.now));
    p.settle();
    if (crash < 0)
      outputs = p.outputs;
    CHECK(p.first().newest() == p.second().newest());
    CHECK(p.first().newest().content.is_final);
    CHECK(p.first().newest().content.first == amount::ainu(52));
    CHECK(p.disk[0].newest == p.first().newest());
    CHECK(p.disk[1].newest == p.second().newest());
  }
  CHECK(outputs > 15);
  MESSAGE(outputs << " places to crash");
}

TEST_CASE("channel party: it resumes only with what is its own") {
  pair_of_parties p;
  const auto setup = p.w.setup(channel_side::first);
  channel_memory m = p.disk[0];
  CHECK(channel_party::resume(setup, m).has_value());
  m.wished = channel_wish{p.w.at(1, 61, 39).content, {}};
  refused(channel_party::resume(setup, m), errc::wrong_state);
  m = p.disk[0];
  m.newest = p.w.at(3, 50, 50);
  CHECK(channel_party::resume(setup, m).has_value());
  m.newest.second_signature = {};
  refused(channel_party::resume(setup, m), errc::wrong_state);
}

TEST_CASE("channel party: messages have one form and a bound") {
  channel_world w;
  const channel_message m = channel_agreement{w.at(1, 50, 50)};
  auto data = codec::encode(m);
  REQUIRE(decode_channel_message(data).has_value());
  CHECK(*decode_channel_message(data) == m);
  data.push_back(0);
  CHECK_FALSE(decode_channel_message(data).has_value());
  CHECK_FALSE(decode_channel_message(bytes(2'000)).has_value());
}

TEST_CASE("channel watcher: refutes, retries, concludes") {
  channel_world w;
  channel_watcher x{seconds{5}};
  const auto utc = [&w](int s) { return w.now + seconds{s}; };
  CHECK(x.hold(w.at(9, 5, 95), at(0), utc(0)).empty());
  CHECK_FALSE(x.wake_at(at(0), utc(0)).has_value());
  const event::any stale = event::channel_registered{w.at(2, 55, 45).content, utc(100), {}};
  const auto first = x.see(stale, at(1), utc(1));
  REQUIRE(first.size() == 1);
  CHECK(std::get<register_state>(first[0]).newest == w.at(9, 5, 95));
  CHECK(x.tick(at(3), utc(3)).empty());
  CHECK(x.wake_at(at(3), utc(3)) == at(6));
  CHECK(x.tick(at(6), utc(6)).size() == 1);
  // A newer state is registered at once.
  CHECK(x.hold(w.at(10, 4, 96), at(7), utc(7)).size() == 1);
  CHECK(x.hold(w.at(8, 4, 96), at(7), utc(7)).empty());
  const event::any own = event::channel_registered{w.at(10, 4, 96).content, utc(100), {}};
  CHECK(x.see(own, at(8), utc(8)).empty());
  CHECK(x.wake_at(at(8), utc(8)) == at(100));
  const auto last = x.tick(at(100), utc(100));
  REQUIRE(last.size() == 1);
  CHECK(std::holds_alternative<conclude_channel>(last[0]));
  CHECK(x.see(event::channel_concluded{w.id, 10, {}, {}, {}}, at(101), utc(101)).empty());
  CHECK(x.done(w.id));
}

TEST_CASE(
    "channel watcher: closes with a final state, enforces the newest, looks after a restart") {
  channel_world w;
  w.open();
  channel_watcher x{seconds{5}};
  CHECK(x.hold({opening_state(w.id, w.terms), {}, {}}, at(0), w.now).empty());
  const auto calls = x.enforce(w.id, at(0), w.now);
  REQUIRE(calls.size() == 1);
  REQUIRE(w.call(w.client, calls[0]) == errc::ok);
  channel_watcher again{seconds{5}};
  CHECK(again.hold(w.at(1, 50, 50), at(1), w.now).empty());
  const auto refute = again.look(w.channel(), at(1), w.now);
  REQUIRE(refute.size() == 1);
  REQUIRE(w.call(w.rival, refute[0]) == errc::ok);
  const auto close = again.hold(w.at(2, 50, 50, 0, true), at(2), w.now);
  REQUIRE(close.size() == 1);
  REQUIRE(w.call(w.rival, close[0]) == errc::ok);
  CHECK(again.look(w.channel(), at(3), w.now).empty());
  CHECK(again.watching() == 0);
}

TEST_CASE("channels: the published scenarios through the components") {
  const auto path = shared_data("channels/rules_and_scenarios.json");
  if (!path)
    return;
  std::ifstream file{*path};
  const auto data = nlohmann::json::parse(file);
  std::size_t ran = 0;
  for (const auto& scenario : data.at("scenarios_constructed_here")) {
    CAPTURE(scenario.at("name").get<std::string>());
    channel_world w{{}, seconds{scenario.value("challenge_duration", 100)}};
    const auto ainu = [](const nlohmann::json& x) { return amount::ainu(x.get<std::uint64_t>()); };
    // The honest side holds the best version of the scenario that the ledger may still see.
    signed_channel_state best;
    for (const auto& e : scenario.at("events")) {
      if (e.at("op") == "update") {
        w.terms.first_deposit = ainu(e.at("from").at(0));
        w.terms.second_deposit = ainu(e.at("from").at(1));
        channel_party a{w.setup(channel_side::first)};
        refused(a.update(ainu(e.at("to").at(0)), ainu(e.at("to").at(1)), {}, at(0)),
                errc::sum_mismatch);
      }
      if (e.at("op") == "fund") {
        w.terms.first_deposit = ainu(e.at("balances").at(0));
        w.terms.second_deposit = ainu(e.at("balances").at(1));
        w.id = channel_id_of(w.s->chain(), w.terms);
        w.open();
      }
      if (e.contains("version") && !e.contains("expect"))
        best = channel_world::both({w.id,
                                    e.at("version").get<std::uint64_t>(),
                                    ainu(e.at("balances").at(0)),
                                    ainu(e.at("balances").at(1)),
                                    {},
                                    e.at("op") == "conclude_final"});
    }
    ++ran;
    if (!scenario.contains("paid"))
      continue;
    // Whatever is registered first, the watcher gets the scenario's payout.
    channel_watcher x{seconds{5}};
    auto calls = x.hold(best, at(0), w.now);
    if (calls.empty()) {
      const signed_channel_state opening{opening_state(w.id, w.terms), {}, {}};
      REQUIRE(w.call(w.client, register_state{opening}) == errc::ok);
      calls = x.see(w.last.events.at(0), at(0), w.now);
    }
    REQUIRE(calls.size() == 1);
    REQUIRE(w.call(w.rival, calls[0]) == errc::ok);
    if (w.events<event::channel_concluded>().empty())
      w.pass(w.terms.challenge);
    const auto paid = w.events<event::channel_concluded>().at(0);
    CHECK(paid.first_paid == ainu(scenario.at("paid").at(0)));
    CHECK(paid.second_paid == ainu(scenario.at("paid").at(1)));
  }
  CHECK(ran == 4);
  MESSAGE(ran << " published channel scenarios ran through the components");
}
