// Payment channels on the ledger: every rule, every refusal, and the published scenarios.
#include <algorithm>
#include <fstream>

#include <nlohmann/json.hpp>

#include "channel_world.hpp"
#include "support/shared_data.hpp"

using namespace ainur;
using namespace ainur::test;

TEST_CASE("channels: opening locks both deposits") {
  channel_world w;
  const auto before = w.s->totals();
  w.open();
  CHECK(w.s->totals().channels == amount::ainu(100));
  CHECK(w.s->totals().free == *before.free.minus(amount::ainu(100)));
  CHECK(w.view(w.client).free == amount::ainu(100'000 - 60));
  CHECK(w.channel().newest == opening_state(w.id, w.terms));
  const auto opened = w.events<event::channel_opened>().at(0);
  CHECK(opened.first_key == w.client.id.value);
  CHECK(opened.second_key == w.rival.id.value);
}

TEST_CASE("channels: what an opening is refused for") {
  channel_world w;
  const auto changed = [&w](auto&& change) {
    auto p = w.terms;
    change(p);
    return w.opening(p);
  };
  w.noop(w.host, w.opening(), errc::not_permitted);
  w.noop(w.client, changed([&w](auto& p) { p.second = w.client.id; }), errc::invalid_value);
  w.noop(w.client, changed([](auto& p) { p.challenge = seconds{59}; }), errc::invalid_value);
  w.noop(w.client, changed([](auto& p) { p.challenge = hours{24 * 151}; }), errc::invalid_value);
  w.noop(w.client, changed([](auto& p) { p.first_deposit = p.second_deposit = {}; }),
         errc::invalid_value);
  w.noop(w.client, changed([](auto& p) { p.first_deposit = amount::max(); }), errc::overflow);
  w.noop(w.client, changed([&w](auto& p) { p.open_by = w.now + hours{24 * 8}; }),
         errc::invalid_value);
  w.noop(w.client, changed([&w](auto& p) { p.open_by = w.now; }), errc::too_late);
  w.noop(w.client, changed([&w](auto& p) { p.second = w.stranger.id; }), errc::unknown_account);
  w.noop(w.client, changed([](auto& p) { p.first_deposit = amount::ainu(100'001); }),
         errc::insufficient_funds);
  w.noop(w.client, changed([](auto& p) { p.second_deposit = amount::ainu(100'001); }),
         errc::insufficient_funds);
  auto forged = w.opening();
  forged.consent = sign_opening(w.first_seed(), w.id);
  w.noop(w.client, forged, errc::bad_signature);
  // The consent is to these terms, and the other party's.
  auto other = w.opening();
  other.params.nonce = 7;
  w.noop(w.client, other, errc::bad_signature);
  w.noop(w.rival, w.opening(), errc::bad_signature);
  REQUIRE(w.call(w.client, lock_balance{0, amount::ainu(99'990), w.now + hours{1}}) == errc::ok);
  w.noop(w.client, w.opening(), errc::insufficient_funds);
  w.pass(hours{2});
  w.terms.open_by = w.now + minutes{5};
  w.id = channel_id_of(w.s->chain(), w.terms);
  w.open();
  w.noop(w.client, w.opening(), errc::conflict);
}

TEST_CASE("channels: a final state of both concludes at once, and anyone may bring it") {
  channel_world w;
  w.open();
  const auto last = w.at(7, 10, 90, 0, true);
  w.noop(w.host, close_channel{w.at(7, 10, 90)}, errc::invalid_value);
  w.noop(w.host, close_channel{w.at(7, 10, 91, 0, true)}, errc::sum_mismatch);
  w.noop(w.host, close_channel{w.at(7, 10, 80, 10, true)}, errc::invalid_value);
  auto half_signed = last;
  half_signed.second_signature = half_signed.first_signature;
  w.noop(w.host, close_channel{half_signed}, errc::bad_signature);
  auto unknown = last;
  unknown.content.channel.value[0] ^= 1;
  w.noop(w.host, close_channel{unknown}, errc::unknown_channel);
  REQUIRE(w.call(w.host, close_channel{last}) == errc::ok);
  CHECK(w.view(w.client).free == amount::ainu(100'000 - 50));
  CHECK(w.view(w.rival).free == amount::ainu(100'000 + 50));
  CHECK(w.s->totals().channels == amount{0});
  w.noop(w.host, close_channel{last}, errc::wrong_state);
  w.noop(w.host, register_state{w.at(8, 10, 90)}, errc::too_late);
  w.noop(w.host, conclude_channel{w.id}, errc::wrong_state);
}

TEST_CASE("channels: an ended channel cannot be opened again with the old consent") {
  channel_world w;
  w.open();
  REQUIRE(w.call(w.client, close_channel{w.at(1, 100, 0, 0, true)}) == errc::ok);
  w.noop(w.client, w.opening(), errc::conflict);
  w.pass(hours{25});
  CHECK_FALSE(w.s->channel(w.id).has_value()); // pruned
  w.noop(w.client, w.opening(), errc::too_late);
}

TEST_CASE("channels: register, refute, conclude") {
  channel_world w;
  w.open();
  w.noop(w.client, conclude_channel{w.id}, errc::wrong_state);
  w.noop(w.client, conclude_channel{channel_id{}}, errc::unknown_channel);
  w.noop(w.client, register_state{signed_channel_state{}}, errc::unknown_channel);
  w.noop(w.client, register_state{w.at(2, 55, 44)}, errc::sum_mismatch);
  auto huge = w.at(2, 55, 45);
  huge.content.first = amount::max();
  w.noop(w.client, register_state{huge}, errc::sum_mismatch);
  auto unsigned_state = w.at(2, 55, 45);
  unsigned_state.first_signature = {};
  w.noop(w.client, register_state{unsigned_state}, errc::bad_signature);

  REQUIRE(w.call(w.client, register_state{w.at(2, 55, 45)}) == errc::ok);
  const auto timeout = w.channel().due;
  CHECK(timeout == w.now + seconds{100});
  w.noop(w.rival, register_state{w.at(2, 45, 55)}, errc::stale_version);
  w.noop(w.rival, conclude_channel{w.id}, errc::too_early);
  w.pass(seconds{50});
  REQUIRE(w.call(w.rival, register_state{w.at(9, 5, 95)}) == errc::ok);
  CHECK(w.channel().due == timeout); // a refutation does not extend it
  w.noop(w.client, register_state{w.at(8, 30, 70)}, errc::stale_version);
  w.noop(w.client, close_channel{w.at(8, 30, 70, 0, true)}, errc::stale_version);
  // Nobody calls: the first block after the timeout pays.
  REQUIRE(w.s->next_deadline() == timeout + duration{1});
  w.pass(timeout + duration{1} - w.now);
  CHECK(w.events<event::channel_concluded>().at(0).second_paid == amount::ainu(95));
  CHECK(w.view(w.client).free == amount::ainu(100'000 - 55));
}

TEST_CASE("channels: at the timeout itself it is too late to refute and time to conclude") {
  channel_world w;
  w.open();
  REQUIRE(w.call(w.client, register_state{w.at(2, 55, 45)}) == errc::ok);
  w.now = w.channel().due - duration{1};
  w.noop(w.rival, register_state{w.at(9, 5, 95)}, errc::too_late);
  w.now = w.channel().due - duration{1};
  REQUIRE(w.call(w.host, conclude_channel{w.id}) == errc::ok);
  CHECK(w.view(w.rival).free == amount::ainu(100'000 + 5));
}

TEST_CASE("channels: a registered final state has its timeout now") {
  channel_world w;
  w.open();
  REQUIRE(w.call(w.client, register_state{w.at(2, 55, 45)}) == errc::ok);
  REQUIRE(w.call(w.rival, register_state{w.at(3, 50, 50, 0, true)}) == errc::ok);
  CHECK(w.channel().due == w.now);
  w.pass(duration{1});
  CHECK(w.events<event::channel_concluded>().at(0).first_paid == amount::ainu(50));
}

TEST_CASE("channels: the opening is version 0, and only a party may register it") {
  channel_world w;
  w.open();
  const signed_channel_state opening{opening_state(w.id, w.terms), {}, {}};
  w.noop(w.host, register_state{opening}, errc::not_permitted);
  auto other = opening;
  other.content.first = amount::ainu(100);
  other.content.second = {};
  w.noop(w.rival, register_state{other}, errc::invalid_value);
  REQUIRE(w.call(w.rival, register_state{opening}) == errc::ok);
  w.noop(w.rival, register_state{opening}, errc::stale_version);
  w.pass(seconds{101});
  CHECK(w.view(w.client).free == amount::ainu(100'000));
  CHECK(w.view(w.rival).free == amount::ainu(100'000));
}

TEST_CASE("channels: what is locked at the end is halved, the odd part to the first") {
  channel_world w;
  w.open();
  auto x = w.at(1, 50, 40, 10).content;
  x.locked = amount{9'999'999};
  x.first = *x.first.plus(amount{1});
  REQUIRE(w.call(w.client, register_state{channel_world::both(x)}) == errc::ok);
  w.pass(seconds{101});
  const auto paid = w.events<event::channel_concluded>().at(0);
  CHECK(paid.first_paid == amount{50'000'001 + 5'000'000});
  CHECK(paid.second_paid == amount{40'000'000 + 4'999'999});
}

TEST_CASE("channels: a party without free money stays until it is paid; hosted accounts too") {
  channel_world w;
  // The agent is hosted: its host's key (seed 1) signs for it.
  w.terms.second = w.poor.id;
  w.terms.second_deposit = amount::ainu(100);
  w.id = channel_id_of(w.s->chain(), w.terms);
  const open_channel c{w.terms, sign_opening(seed_of(1), w.id)};
  // Before it has acted, its host is not known, and so no key of its.
  w.noop(w.client, c, errc::bad_signature);
  REQUIRE(w.call(w.poor, transfer{w.poor.id, amount{0}}) == errc::ok);
  REQUIRE(w.call(w.client, c) == errc::ok);
  CHECK(w.view(w.poor).free == amount{0});
  channel_state x{w.id, 1, amount::ainu(159), amount::ainu(1), {}, true};
  const signed_channel_state last{x, sign_state(seed_of(2), channel_state_tag, x),
                                  sign_state(seed_of(1), channel_state_tag, x)};
  REQUIRE(w.call(w.client, close_channel{last}) == errc::ok);
  CHECK(w.view(w.poor).free == amount::ainu(1));
  CHECK(w.view(w.poor).host == w.host.id);
}

TEST_CASE("channels: states and consents of another chain or purpose do not count") {
  channel_world w;
  w.open();
  auto x = w.at(1, 50, 50);
  x.second_signature = sign_state(channel_world::second_seed(), channel_wish_tag, x.content);
  w.noop(w.client, register_state{x}, errc::bad_signature);
  CHECK(channel_id_of(hash256{{1}}, w.terms) != w.id);
}

namespace {

/// One published scenario on a ledger where 1 µAINU and 1 s are the units.
struct scenario_world : channel_world {
  explicit scenario_world(seconds challenge) : channel_world(small(), challenge) {}

  static parameters small() {
    parameters p;
    p.channels.challenge_min = seconds{1};
    return p;
  }

  void fund(const nlohmann::json& balances) {
    terms.first_deposit = amount{balances.at(0).get<std::uint64_t>()};
    terms.second_deposit = amount{balances.at(1).get<std::uint64_t>()};
    id = channel_id_of(s->chain(), terms);
    open();
  }

  [[nodiscard]] signed_channel_state state_of(const nlohmann::json& e, bool is_final) const {
    return both({id,
                 e.at("version").get<std::uint64_t>(),
                 amount{e.at("balances").at(0).get<std::uint64_t>()},
                 amount{e.at("balances").at(1).get<std::uint64_t>()},
                 {},
                 is_final});
  }

  /// The answer of the ledger to the event.
  errc play(const nlohmann::json& e) {
    const auto op = e.at("op").get<std::string>();
    if (op == "conclude_final")
      return call(client, close_channel{state_of(e, true)});
    if (op == "register")
      return call(e.at("by") == 0 ? client : rival, register_state{state_of(e, false)});
    REQUIRE(op == "conclude");
    return call(client, conclude_channel{id});
  }
};

errc expected_code(const std::string& text) {
  if (text.find("version") != std::string::npos)
    return errc::stale_version;
  if (text.find("refutation") != std::string::npos)
    return errc::too_late;
  REQUIRE(text.find("timeout not passed") != std::string::npos);
  return errc::too_early;
}

} // namespace

TEST_CASE("channels: the published scenarios on the ledger") {
  const auto path = shared_data("channels/rules_and_scenarios.json");
  if (!path)
    return;
  std::ifstream file{*path};
  const auto data = nlohmann::json::parse(file);
  std::size_t ran = 0;
  for (const auto& scenario : data.at("scenarios_constructed_here")) {
    CAPTURE(scenario.at("name").get<std::string>());
    scenario_world w{seconds{scenario.value("challenge_duration", 100)}};
    timestamp start{};
    std::optional<event::channel_concluded> concluded;
    for (const auto& e : scenario.at("events")) {
      if (e.at("op") == "fund") {
        w.fund(e.at("balances"));
        start = w.now;
        continue;
      }
      if (e.at("op") == "update") { // of the sums alone
        w.fund(e.at("from"));
        auto x = opening_state(w.id, w.terms);
        x.version = 1;
        x.first = amount{e.at("to").at(0).get<std::uint64_t>()};
        x.second = amount{e.at("to").at(1).get<std::uint64_t>()};
        w.noop(w.client, register_state{w.both(x)}, errc::sum_mismatch);
        continue;
      }
      w.now = std::max(w.now, start + seconds{e.at("t").get<int>()} - duration{1});
      const auto code = w.play(e);
      // What the sweep concludes at the head of the block, the call finds concluded.
      const auto seen = w.events<event::channel_concluded>();
      if (!seen.empty())
        concluded = seen.front();
      if (e.contains("expect"))
        CHECK(code == expected_code(e.at("expect").get<std::string>()));
      else
        CHECK((code == errc::ok || (e.at("op") == "conclude" && concluded)));
    }
    if (scenario.contains("paid")) {
      REQUIRE(concluded.has_value());
      CHECK(concluded->first_paid.micro() == scenario.at("paid").at(0).get<std::uint64_t>());
      CHECK(concluded->second_paid.micro() == scenario.at("paid").at(1).get<std::uint64_t>());
    }
    if (scenario.contains("at"))
      CHECK(w.now == start + seconds{scenario.at("at").get<int>()});
    ++ran;
  }
  CHECK(ran == 4);
  MESSAGE(ran << " published channel scenarios ran on the ledger");
}
