// Nodes in virtual time over a network that loses: agents that announce themselves are found by
// gossip and by the hash table, and are gone within the stated time.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <optional>

#include "ainur/crypto/error.hpp"
#include "ainur/discovery/peer_node.hpp"
#include "ainur/sim/event_queue.hpp"
#include "ainur/sim/network.hpp"

using namespace ainur;
using namespace ainur::discovery;

namespace {

using namespace std::chrono_literals;

account_id agent(std::uint8_t n) {
  account_id id;
  id.value.fill(n);
  return id;
}

class world {
public:
  world(std::size_t count, std::uint64_t seed, std::uint32_t loss_ppm = 10'000,
        peer_options usual = {})
      : random_(seed),
        network_(random_.split("network"),
                 {.delay = sim::delay_model::uniform(5ms, 60ms), .loss_ppm = loss_ppm}) {
    REQUIRE(crypto::initialise());
    std::vector<kademlia::contact> entries;
    for (std::size_t n = 0; n < count; ++n) {
      auto options = usual;
      options.addresses = {
          multiaddr::tcp4(static_cast<std::uint32_t>(0x0a000001 + (n << 16)), 4'001)};
      byte_array<32> key{};
      key[0] = static_cast<std::uint8_t>(n);
      key[1] = static_cast<std::uint8_t>(n >> 8);
      key[2] = 7;
      auto node = peer_node::make(key, options, entries, random_.split("node", n), utc());
      REQUIRE(node);
      if (n < 3)
        entries.emplace_back(node->self(), options.addresses);
      numbers_[node->self()] = n;
      nodes_.push_back(std::move(*node));
      up_.push_back(true);
      wakes_.push_back(instant::max());
    }
    for (std::size_t n = 0; n < count; ++n)
      act(n, [&](auto& node, auto& out) { node.start(now_, out); });
  }

  /// Calls a node and carries out what it wants.
  template <class Call>
  void act(std::size_t n, Call&& call) {
    actions out;
    call(nodes_[n], out);
    for (auto& s : out.sightings)
      sightings_.emplace_back(n, std::move(s));
    for (auto& l : out.lookups)
      lookups_.push_back(std::move(l));
    for (auto& s : out.sends)
      if (const auto to = numbers_.find(s.to); to != numbers_.end())
        for (const auto delay : network_.send(static_cast<sim::node_index>(n),
                                              static_cast<sim::node_index>(to->second), now_))
          queue_.emplace(std::pair{now_ + delay, order_++}, flight{n, to->second, s.what});
    wakes_[n] = nodes_[n].next_wake();
  }

  void run_for(duration d) {
    const auto end = now_ + d;
    for (;;) {
      std::size_t next = 0;
      for (std::size_t n = 1; n < nodes_.size(); ++n)
        if (!up_[next] || (up_[n] && wakes_[n] < wakes_[next]))
          next = n;
      const auto wake = up_[next] ? wakes_[next] : instant::max();
      const auto arrival = queue_.empty() ? instant::max() : queue_.begin()->first.first;
      if (std::min(wake, arrival) > end)
        break;
      if (arrival <= wake) {
        now_ = arrival;
        auto f = std::move(queue_.begin()->second);
        queue_.erase(queue_.begin());
        if (up_[f.to])
          act(f.to, [&](auto& node, auto& out) {
            node.receive(nodes_[f.from].self(), f.what, now_, utc(), out);
          });
      } else {
        now_ = std::max(now_, wake);
        act(next, [&](auto& node, auto& out) { node.tick(now_, utc(), out); });
        REQUIRE(wakes_[next] > now_); // time moves on
      }
    }
    now_ = end;
  }

  void kill(std::size_t n) { up_[n] = false; }

  bool announce(std::size_t n, const std::string& capability, const account_id& who) {
    bool done = false;
    act(n, [&](auto& node, auto& out) {
      done = node.announce(capability, who, now_, utc(), out).has_value();
    });
    return done;
  }

  bool watch(std::size_t n, const std::string& capability) {
    bool done = false;
    act(n, [&](auto& node, auto& out) { done = node.watch(capability, now_, out).has_value(); });
    return done;
  }

  std::vector<account_id> found(std::size_t n, const std::string& capability) const {
    std::vector<account_id> out;
    for (const auto& p : nodes_[n].find(capability))
      out.push_back(p.agent);
    return out;
  }

  peer_node& node(std::size_t n) { return nodes_[n]; }

  [[nodiscard]] instant now() const { return now_; }

  [[nodiscard]] timestamp utc() const { return timestamp{} + 1'000'000s + (now_ - instant{}); }

  [[nodiscard]] const auto& lookups() const { return lookups_; }

  [[nodiscard]] const auto& sightings() const { return sightings_; }

private:
  struct flight {
    std::size_t from;
    std::size_t to;
    packet what;
  };

  rng random_;
  sim::network network_;
  std::vector<peer_node> nodes_;
  std::vector<bool> up_;
  std::vector<instant> wakes_;
  std::map<peer_id, std::size_t> numbers_;
  std::map<std::pair<instant, std::uint64_t>, flight> queue_;
  std::uint64_t order_ = 0;
  std::vector<std::pair<std::size_t, sighting>> sightings_;
  std::vector<actions::lookup> lookups_;
  instant now_{};
};

} // namespace

TEST_CASE("an agent is found by who watches, and goes at once when it leaves") {
  world w(12, 1);
  w.run_for(10s);
  for (std::size_t n = 0; n < 12; ++n)
    CHECK(w.node(n).connections() >= 5);
  REQUIRE(w.watch(3, "nlp"));
  CHECK(w.watch(3, "nlp")); // once more changes nothing
  REQUIRE(w.announce(7, "nlp", agent(1)));
  REQUIRE(w.announce(9, "nlp", agent(2)));
  REQUIRE(w.announce(9, "vision", agent(2)));
  w.run_for(70s);
  CHECK(w.found(3, "nlp") == std::vector{agent(1), agent(2)});
  CHECK(w.found(3, "vision").empty()); // nobody there asked for it
  CHECK(w.found(9, "vision") == std::vector{agent(2)});
  w.act(9, [&](auto& node, auto& out) { node.withdraw("nlp", agent(2), w.now(), w.utc(), out); });
  w.run_for(peer_options{}.lookup_interval + 15s);
  CHECK(w.found(3, "nlp") == std::vector{agent(1)});
  CHECK(w.found(9, "vision") == std::vector{agent(2)}); // its other offer stands
}

TEST_CASE("what a node says when it stops is heard") {
  world w(10, 2);
  REQUIRE(w.watch(1, "nlp"));
  REQUIRE(w.announce(5, "nlp", agent(1)));
  w.run_for(70s);
  CHECK(w.found(1, "nlp") == std::vector{agent(1)});
  w.act(5, [&](auto& node, auto& out) { node.stop(w.now(), w.utc(), out); });
  w.kill(5);
  w.run_for(peer_options{}.gone_within() + 15s);
  CHECK(w.found(1, "nlp").empty());
}

TEST_CASE(
    "agents of a node that dies are gone within the stated time, and no sooner than need be") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    world w(16, seed);
    REQUIRE(w.watch(2, "nlp"));
    REQUIRE(w.announce(11, "nlp", agent(1)));
    REQUIRE(w.announce(12, "nlp", agent(2)));
    w.run_for(5min);
    CHECK(w.found(2, "nlp") == std::vector{agent(1), agent(2)});
    const auto died = w.now();
    const auto before = w.sightings().size();
    w.kill(11);
    w.run_for(peer_options{}.gone_within() + 15s);
    CHECK(w.found(2, "nlp") == std::vector{agent(2)});
    // The other one was never lost from sight.
    for (auto i = before; i < w.sightings().size(); ++i)
      CHECK(w.sightings()[i].second.agent == agent(1));
    CHECK(w.now() - died < 3min);
  }
}

TEST_CASE("a watcher that comes late finds by the hash table what was announced before") {
  world w(20, 3, 0);
  for (std::uint8_t n = 4; n < 12; ++n)
    REQUIRE(w.announce(n, "speech", agent(n)));
  w.run_for(60s);
  REQUIRE(w.watch(0, "speech"));
  w.run_for(3s); // less than a presence heartbeat
  CHECK(w.found(0, "speech").size() == 8);
  REQUIRE_FALSE(w.lookups().empty());
  CHECK(w.lookups().back().capability == "speech");
  CHECK(w.lookups().back().providers == 8);
  CHECK(w.lookups().back().hops >= 1);
}

TEST_CASE("a node's connections heal: who dies is replaced, who comes back is heard") {
  world w(24, 4);
  w.run_for(30s);
  for (std::size_t n = 0; n < 8; ++n)
    w.kill(n + 8);
  w.run_for(3min);
  for (const auto n : {0u, 5u, 20u}) {
    CHECK(w.node(n).connections() >= 8);
    CHECK(w.node(n).connections() <= 16); // nobody who is dead is counted
  }
}

TEST_CASE("the same seed gives the same sightings") {
  const auto play = [](std::uint64_t seed) {
    world w(12, seed, 100'000);
    (void)w.watch(0, "nlp");
    for (std::uint8_t n = 1; n < 6; ++n)
      (void)w.announce(n, "nlp", agent(n));
    w.run_for(2min);
    std::vector<std::tuple<std::size_t, account_id, bool>> out;
    for (const auto& [n, s] : w.sightings())
      out.emplace_back(n, s.agent, s.present);
    std::uint64_t packets = 0;
    for (std::size_t n = 0; n < 12; ++n)
      packets += w.node(n).counts().packets;
    return std::pair{out, packets};
  };
  CHECK(play(5) == play(5));
  CHECK(play(5) != play(6));
}

TEST_CASE("a tenth of all packets lost: everybody is found") {
  world w(16, 6, 100'000);
  REQUIRE(w.watch(0, "nlp"));
  for (std::uint8_t n = 1; n < 16; ++n)
    REQUIRE(w.announce(n, "nlp", agent(n)));
  w.run_for(3min);
  CHECK(w.found(0, "nlp").size() == 15);
}

TEST_CASE("packets that make no sense are counted and change nothing") {
  world w(4, 7);
  w.run_for(5s);
  const auto refused = w.node(0).counts().refused;
  const auto stranger = w.node(1).self();
  peer_id unknown;
  unknown.value.fill(9);
  w.act(0, [&](auto& node, auto& out) {
    const auto take = [&](const peer_id& from, packet p) {
      node.receive(from, p, w.now(), w.utc(), out);
    };
    take(unknown, hello{bytes{1, 2, 3}, true});
    take(unknown, gossip::rpc_ptr{});
    take(unknown, std::make_shared<const gossip::rpc>());
    take(stranger, gossip::rpc_ptr{});
    take(stranger, agents_answer{"unasked", {agent(1)}});
    take(stranger, agents_request{std::string(1'000, 'x')});
    take(node.self(), goodbye{});
    take(unknown, goodbye{});
    take(stranger, dht_answer{12'345, std::nullopt});
    CHECK(out.sends.empty());
    CHECK(out.sightings.empty());
  });
  CHECK(w.node(0).counts().refused == refused + 7);
  CHECK(w.found(0, "unasked").empty());
}

TEST_CASE("what is told of agents is bounded") {
  peer_options o;
  o.found_max = 10;
  o.answer_agents_max = 8;
  world w(4, 8, 0, o);
  w.run_for(5s);
  REQUIRE(w.watch(0, "nlp"));
  w.act(0, [&](auto& node, auto& out) {
    for (std::uint8_t from = 1; from <= 3; ++from) {
      agents_answer many{"nlp", {}};
      for (std::uint8_t n = 0; n < 100; ++n)
        many.agents.push_back(agent(static_cast<std::uint8_t>(n + from)));
      node.receive(w.node(from).self(), many, w.now(), w.utc(), out);
    }
  });
  CHECK(w.found(0, "nlp").size() == 10);
  // A peer's later word frees what its earlier one took.
  w.act(0, [&](auto& node, auto& out) {
    node.receive(w.node(1).self(), agents_answer{"nlp", {agent(200)}}, w.now(), w.utc(), out);
  });
  CHECK(w.found(0, "nlp").size() == 3);
}

TEST_CASE("bounds of what a node watches and announces") {
  peer_options o;
  o.watched_max = 2;
  o.presence.own_max = 3;
  world w(2, 9, 0, o);
  CHECK(w.watch(0, "a"));
  CHECK(w.watch(0, "b"));
  CHECK_FALSE(w.watch(0, "c"));
  CHECK_FALSE(w.watch(1, std::string(500, 'x')));
  for (std::uint8_t n = 1; n <= 3; ++n)
    CHECK(w.announce(0, "a", agent(n)));
  CHECK_FALSE(w.announce(0, "a", agent(4)));
  CHECK(w.found(0, "a").size() == 3);
  CHECK_FALSE(peer_node::make({}, {.hello_interval = 0s}, {}, rng{1}, timestamp{}));
  CHECK_FALSE(peer_node::make({}, {.silence_max = 1s}, {}, rng{1}, timestamp{}));
}
