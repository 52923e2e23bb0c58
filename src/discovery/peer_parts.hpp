// What a peer node holds; its parts are in peer_links.cpp and peer_sights.cpp.
#pragma once

#include <map>
#include <set>
#include <tuple>

#include "ainur/discovery/kademlia/key.hpp"
#include "ainur/discovery/peer_node.hpp"
#include "ainur/discovery/peer_record.hpp"

namespace ainur::discovery {

/// How an agent is known.
enum way : std::uint8_t { by_gossip = 1, by_table = 2, own = 4 };

/// One connection.
struct connected {
  gossip::peer_slot slot = 0;
  instant heard{};
};

struct watched {
  instant next_lookup{};
  bool looking = false;
};

/// Agents of one peer under one capability, as it said itself.
struct told_agents {
  std::vector<account_id> agents;
  instant until{};
};

/// Where providers of a capability stand in the hash table.
[[nodiscard]] inline bytes table_key(const std::string& capability) {
  const auto name = kademlia::capability_key(capability);
  return bytes(name.begin(), name.end());
}

[[nodiscard]] inline crypto::secret_key key_of_seed(const byte_array<32>& seed) {
  return crypto::secret_key::from_seed(crypto::seed{seed});
}

struct peer_node::parts {
  using place = std::pair<std::string, peer_id>; // capability and peer
  using seen_place = std::tuple<std::string, account_id, peer_id>;

  parts(const byte_array<32>& seed, peer_options o, std::vector<kademlia::contact> entries,
        gossip::router r, rng random, timestamp utc)
      : options(std::move(o)), key(key_of_seed(seed)), self(peer_of(key.public_part())),
        known(std::move(entries)), mesh(std::move(r)),
        table(kademlia::contact{self, options.addresses}, options.dht, known, random.split("dht")),
        announcer(key_of_seed(seed), options.presence), presence(options.presence),
        manager(options.connections), choices(random.split("choices")),
        message_number(static_cast<std::uint64_t>(micros(utc))) {
    record = seal(peer_record{self, message_number, options.addresses}, key);
  }

  peer_options options;
  crypto::secret_key key;
  peer_id self;
  std::vector<kademlia::contact> known;
  gossip::router mesh;
  kademlia::dht table;
  presence_announcer announcer;
  presence_table presence;
  connection_manager manager;
  rng choices;
  std::uint64_t message_number; // of the last message published; rises over restarts
  bytes record;
  std::map<peer_id, connected> peers;
  std::map<gossip::peer_slot, peer_id> by_slot;
  std::map<peer_id, instant> dialling;                // until when an answer is waited for
  std::map<std::string, std::set<account_id>> agents; // of this node
  std::map<std::string, watched> watches;
  std::map<kademlia::operation_id, std::string> lookups;
  std::map<place, told_agents> told;
  std::size_t told_count = 0;
  std::map<seen_place, std::uint8_t> seen;
  instant next_heartbeat{};
  instant next_hello{};
  peer_counts counts;

  // -- what was found

  void set_seen(const std::string& capability, const account_id& agent, const peer_id& peer,
                way how, bool is, actions& out);
  /// What a peer says of its agents stands in for what it said before.
  void set_told(const place& at, std::vector<account_id> now_there, instant until, actions& out);

  // -- connections

  void greet(const peer_id& to, actions& out);
  /// Seeks connections while there are too few: with those it knows, drawn at random.
  void dial(instant now, actions& out);
  bool dial_one(const peer_id& peer, instant now, actions& out);
  void greeted(const peer_id& from, const hello& what, instant now, actions& out);
  void connect(const peer_id& peer, gossip::connection how, instant now, actions& out);
  void disconnect(const peer_id& peer, instant now);

  // -- gossip

  void carry_out(gossip::effects effects, instant now, timestamp utc, actions& out);
  gossip::verdict judge(const gossip::message& m, instant now, timestamp utc, actions& out);
  /// Brings what is seen by gossip in line with the presence table.
  void refresh_presence(const std::string& capability, instant now, actions& out);
  void publish(std::vector<publication> all, instant now, timestamp utc, actions& out);

  // -- the hash table

  void carry_out(kademlia::step s, instant now, actions& out);
  void ended(const kademlia::outcome& o, instant now, actions& out);
  void look(const std::string& capability, watched& w, instant now, actions& out);

  // -- packets

  void take(const peer_id& from, const hello& p, instant now, timestamp /*utc*/, actions& out);
  void take(const peer_id& from, const goodbye& /*p*/, instant now, timestamp /*utc*/,
            actions& /*out*/);
  void take(const peer_id& from, const gossip::rpc_ptr& p, instant now, timestamp utc,
            actions& out);
  void take(const peer_id& from, const dht_request& p, instant now, timestamp /*utc*/,
            actions& out);
  void take(const peer_id& /*from*/, const dht_answer& p, instant now, timestamp /*utc*/,
            actions& out);
  void take(const peer_id& from, const agents_request& p, instant /*now*/, timestamp /*utc*/,
            actions& out);
  void take(const peer_id& from, const agents_answer& p, instant now, timestamp /*utc*/,
            actions& out);

  // -- time

  void heartbeat(instant now, timestamp utc, actions& out);
  void say_hello(instant now, actions& out);
  void forget(instant now, actions& out);
};

} // namespace ainur::discovery
