#include "ainur/discovery/kademlia/dht.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include <doctest/doctest.h>

#include "kademlia_support.hpp"

using namespace ainur;
using namespace ainur::discovery;
using namespace ainur::discovery::kademlia;
using test::bytes_of;
using test::contact_number;
using test::peer_number;

namespace {

constexpr auto s = std::chrono::seconds{1};
constexpr auto hour = std::chrono::hours{1};

dht make(std::uint64_t n, const dht_options& o = {}, std::vector<contact> entries = {}) {
  return {contact_number(n), o, std::move(entries), rng{n}};
}

/// Nodes whose messages arrive at once, in the order in which they were sent.
struct cluster {
  std::map<peer_id, dht> nodes;
  std::set<peer_id> clients;
  std::vector<outcome> outcomes;
  std::map<message_type, std::size_t> sent;
  instant now{};

  void add(std::uint64_t n, const dht_options& o = {}) {
    std::vector<contact> entries;
    for (const auto& [id, node] : nodes)
      if (entries.empty() && !clients.contains(id))
        entries.push_back(node.self());
    if (!o.server)
      clients.insert(peer_number(n));
    auto& node = nodes.emplace(peer_number(n), make(n, o, entries)).first->second;
    deliver(peer_number(n), node.start(now));
  }

  void deliver(const peer_id& from, step first) {
    std::deque<std::pair<peer_id, step>> work;
    work.emplace_back(from, std::move(first));
    while (!work.empty()) {
      const auto [who, todo] = std::move(work.front());
      work.pop_front();
      outcomes.insert(outcomes.end(), todo.outcomes.begin(), todo.outcomes.end());
      auto& node = nodes.at(who);
      for (const auto& r : todo.requests) {
        ++sent[r.what.type];
        const auto to = nodes.find(r.to.peer());
        std::optional<message> answer;
        if (to != nodes.end()) {
          to->second.heard(node.self(), !clients.contains(who), now);
          // Through the form of the wire, as a transport would.
          answer = to->second.answer(node.self(), decode_message(encode(r.what)).value(), now);
        }
        if (!r.expects_answer)
          continue;
        work.emplace_back(who, answer ? node.answered(r.exchange, *answer, now)
                                      : node.failed(r.exchange, now));
      }
    }
  }

  void pass(duration time) {
    const auto end = now + time;
    while (true) {
      auto next =
          std::ranges::min_element(nodes, {}, [](const auto& x) { return x.second.next_wake(); });
      if (next->second.next_wake() > end)
        break;
      now = std::max(now, next->second.next_wake());
      deliver(next->first, next->second.tick(now));
    }
    now = end;
  }

  outcome run(const peer_id& who, result<started> begun) {
    REQUIRE(begun);
    outcomes.clear();
    deliver(who, std::move(begun->first));
    REQUIRE(outcomes.size() == 1);
    CHECK(outcomes[0].operation == begun->operation);
    return outcomes[0];
  }

  dht& at(std::uint64_t n) { return nodes.at(peer_number(n)); }
};

cluster of_size(std::uint64_t n, const dht_options& o = {}) {
  cluster c;
  for (std::uint64_t i = 1; i <= n; ++i)
    c.add(i, o);
  c.pass(std::chrono::minutes{25});
  return c;
}

} // namespace

TEST_CASE("a provider is found by a stranger, and a peer by its id") {
  auto c = of_size(60);
  const auto name = bytes_of(capability_key("summarise"));
  const auto told = c.run(peer_number(5), c.at(5).provide(name, c.now));
  CHECK(told.kind == operation_kind::provide);
  CHECK(told.closest.size() == 20);
  // The keepers are the nearest to the key.
  std::vector<contact> all;
  for (const auto& [id, node] : c.nodes)
    if (id != peer_number(5))
      all.push_back(node.self());
  std::ranges::sort(all, {}, [&](const contact& x) { return distance(point_of(name), x.at()); });
  CHECK(std::equal(told.closest.begin(), told.closest.end(), all.begin()));
  const auto found = c.run(peer_number(40), c.at(40).find_providers(name, c.now));
  REQUIRE(found.providers.size() == 1);
  CHECK(found.providers[0].who == c.at(5).self());
  CHECK(found.providers[0].named_by >= 19);
  CHECK(c.run(peer_number(40), c.at(40).find_providers({1, 2}, c.now)).providers.empty());

  const auto peer = c.run(peer_number(3), c.at(3).find_peer(peer_number(50), c.now));
  CHECK(peer.peer == c.at(50).self());
  CHECK_FALSE(c.run(peer_number(3), c.at(3).find_peer(peer_number(999), c.now)).peer);
}

TEST_CASE("a record is told again before it expires, and expires after it was withdrawn") {
  auto c = of_size(24);
  const auto name = bytes_of(capability_key("x"));
  c.run(peer_number(1), c.at(1).provide(name, c.now));
  const auto found = [&] {
    return !c.run(peer_number(9), c.at(9).find_providers(name, c.now)).providers.empty();
  };
  for (int day = 0; day < 4; ++day) {
    c.pass(24 * hour);
    CHECK(found());
  }
  // In a quiet network the interval grows to 22 h: after 1, 3, 7, 15 h, then each 22.
  CHECK(c.at(1).counts().republished >= 6);
  CHECK(c.at(1).counts().republished <= 9);
  CHECK(c.at(1).withdraw(name));
  CHECK_FALSE(c.at(1).withdraw(name));
  c.pass(24 * hour);
  CHECK(found()); // records outlive the word
  c.pass(24 * hour);
  CHECK_FALSE(found());
  for (const auto& [id, node] : c.nodes)
    CHECK(node.records().size() == 0);
}

TEST_CASE("while keepers come and go, records are told again sooner, and so are found") {
  const auto name = bytes_of(capability_key("x"));
  for (const bool tells : {true, false}) {
    const dht_options o =
        tells ? dht_options{} : dht_options{.republish_max = 47 * hour, .republish_min = 47 * hour};
    auto c = of_size(40, o);
    auto client = o; // so that only its keepers know of it
    client.server = false;
    c.add(1'000, client);
    const auto told = c.run(peer_number(1'000), c.at(1'000).provide(name, c.now));
    CHECK(told.closest.size() == 20);
    for (std::uint64_t n = 1; n < 121; ++n) { // the servers are replaced three times
      c.nodes.erase(peer_number(n));
      c.add(n + 40, o);
      c.pass(std::chrono::minutes{5});
    }
    CHECK((c.at(1'000).counts().republished >= 5) == tells);
    const auto found = c.run(peer_number(150), c.at(150).find_providers(name, c.now));
    CHECK(found.providers.empty() != tells);
  }
}

TEST_CASE("a request that is not answered in ten seconds has failed") {
  auto node = make(1);
  const auto other = contact_number(2);
  node.heard(other, true, {});
  auto begun = node.find_closest({1}, instant{});
  REQUIRE(begun);
  REQUIRE(begun->first.requests.size() == 1);
  CHECK(begun->first.outcomes.empty());
  const auto due = instant{} + 10 * s;
  CHECK(node.next_wake() == due);
  CHECK(node.tick(due - duration{1}).outcomes.empty());
  const auto ended = node.tick(due);
  REQUIRE(ended.outcomes.size() == 1);
  CHECK(ended.outcomes[0].closest.empty());
  CHECK(ended.outcomes[0].took == 10 * s);
  CHECK(node.table().find(other)->failures == 1);
  // Too late, or never asked.
  CHECK(node.answered(begun->first.requests[0].exchange, {}, due).outcomes.empty());
  CHECK(node.failed(12'345, due).outcomes.empty());
  CHECK(node.table().find(other)->failures == 1);
}

TEST_CASE("a sought peer that did not answer is asked once more") {
  auto node = make(1);
  const auto other = contact_number(2);
  node.heard(other, true, {});
  for (const bool answers : {true, false}) {
    const auto begun = node.find_peer(other.peer(), {});
    REQUIRE(begun);
    const auto again = node.failed(begun->first.requests.at(0).exchange, {});
    REQUIRE(again.requests.size() == 1);
    CHECK(again.requests[0].to == other);
    const auto last = again.requests[0].exchange;
    const auto ended = answers ? node.answered(last, {}, {}) : node.failed(last, {});
    REQUIRE(ended.outcomes.size() == 1);
    CHECK(ended.outcomes[0].peer.has_value() == answers);
    CHECK(ended.outcomes[0].requests == 2);
  }
}

TEST_CASE("what others ask is answered within bounds, or the stream is closed") {
  auto node = make(1);
  for (std::uint64_t i = 10; i < 60; ++i)
    node.heard(contact_number(i), true, {});
  const auto from = contact_number(10);
  const auto ask = [&](message m) { return node.answer(from, m, {}); };
  CHECK(ask({.type = message_type::ping})->type == message_type::ping);
  const auto near = ask({.type = message_type::find_node, .key = {1}});
  REQUIRE(near);
  CHECK(near->closer.size() == 20);
  CHECK(std::ranges::find(near->closer, from) == near->closer.end());
  CHECK(ask({.type = message_type::get_value, .key = {1}})->closer.size() == 20);
  CHECK_FALSE(ask({.type = message_type::put_value, .key = {1}}));
  CHECK_FALSE(ask({.type = message_type::find_node}));
  CHECK_FALSE(ask({.type = message_type::find_node, .key = bytes(257)}));
  // Only who offers it may say so.
  CHECK_FALSE(
      ask({.type = message_type::add_provider, .key = {7}, .providers = {contact_number(11)}}));
  CHECK(node.records().size() == 0);
  CHECK_FALSE(ask(
      {.type = message_type::add_provider, .key = {7}, .providers = {contact_number(11), from}}));
  CHECK(node.records().size() == 1);
  CHECK(ask({.type = message_type::get_providers, .key = {7}})->providers == std::vector{from});
  CHECK(node.counts().refused == 4);
}

TEST_CASE("a client answers nobody, and is in nobody's table") {
  auto node = make(1, {.server = false});
  const auto other = contact_number(2);
  CHECK_FALSE(node.answer(other, {.type = message_type::ping}, {}));
  CHECK_FALSE(node.answer(other, {.type = message_type::find_node, .key = {1}}, {}));
  node.heard(other, true, {});
  CHECK(node.table().size() == 1);
  node.heard(other, false, {}); // it says that it is a client now
  CHECK(node.table().size() == 0);
}

TEST_CASE("operations and keys are bounded, and a refusal changes nothing") {
  auto node = make(1, {.operations_max = 2, .provided_max = 1});
  node.heard(contact_number(2), true, {});
  CHECK(node.find_closest({}, {}).error().is(errc::too_large));
  CHECK(node.find_closest(bytes(257), {}).error().is(errc::too_large));
  CHECK(node.find_closest({1}, {}));
  const auto provided = node.provide({1}, {});
  REQUIRE(provided);
  CHECK(node.find_closest({2}, {}).error().is(errc::too_large));
  CHECK(node.provide({2}, {}).error().is(errc::too_large));
  CHECK_FALSE(node.withdraw({2}));
  CHECK(node.tick(instant{} + 10 * s).outcomes.size() == 2);
  CHECK(node.find_closest({2}, instant{} + 10 * s));
  CHECK(node.provide({2}, instant{} + 10 * s).error().is(errc::too_large));
  CHECK(node.withdraw({1}));
  CHECK(node.provide({2}, instant{} + 10 * s));
}

TEST_CASE("alone it comes to an end at once, and tries again through its entries") {
  auto node = make(1, {}, {contact_number(2)});
  const auto first = node.start({});
  REQUIRE(first.requests.size() == 1);
  CHECK(first.requests[0].to == contact_number(2));
  auto alone = make(3);
  CHECK(alone.start({}).requests.empty());
  const auto begun = alone.find_providers({1}, {});
  REQUIRE(begun);
  REQUIRE(begun->first.outcomes.size() == 1);
  CHECK(begun->first.outcomes[0].providers.empty());
  // Its own offer it finds also alone.
  CHECK(alone.provide({1}, {}));
  CHECK(alone.find_providers({1}, {})->first.outcomes.at(0).providers.size() == 1);
  CHECK(alone.next_wake() <= instant{} + std::chrono::minutes{10});
}

TEST_CASE("who says nothing for half an hour is pinged, and leaves when it is gone") {
  cluster c;
  c.add(1);
  c.add(2);
  CHECK(c.at(1).table().size() == 1);
  c.nodes.erase(peer_number(2));
  c.pass(hour);
  CHECK(c.at(1).table().size() == 0);
  CHECK(c.sent[message_type::ping] == 0); // lookups found out first
}

TEST_CASE("the number of peers is estimated from the nearest of random lookups") {
  network_size size;
  std::vector<contact> all;
  for (std::uint64_t i = 0; i < 1'000; ++i)
    all.push_back(contact_number(i));
  CHECK_FALSE(size.estimate());
  for (std::uint64_t i = 0; i < 3; ++i) {
    const auto target = point_of(peer_number(5'000 + i));
    std::ranges::sort(all, {}, [&](const contact& c) { return distance(target, c.at()); });
    size.add(target, std::span{all}.first(20));
    size.add(target, std::span{all}.first(4)); // too few to tell
  }
  REQUIRE(size.estimate());
  CHECK(*size.estimate() > 600);
  CHECK(*size.estimate() < 1'600);

  const auto target = point_of(peer_number(7'000));
  std::ranges::sort(all, {}, [&](const contact& c) { return distance(target, c.at()); });
  auto around = region_around(target, all, 20, 1'000);
  CHECK_FALSE(around.crowded);
  CHECK(around.prefix == 5); // 1,000/2^5 is 31
  CHECK(region_around(target, all, 20, 100).prefix == 2);
  CHECK(region_around(target, all, 20, 10).prefix == 0);
  CHECK(region_around(target, all, 20, 100).crowded); // for a hundred these are too near
  CHECK_FALSE(region_around(target, std::span{all}.first(19), 20, 100).crowded);
}
