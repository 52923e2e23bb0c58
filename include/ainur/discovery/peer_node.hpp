// A node among other nodes: gossip mesh, hash table, presence and connections behind one face.
//
//   announce, withdraw   an agent here offers a capability, or does no longer
//   watch                this node wants to know who offers a capability
//   find                 who does, as far as it has heard
//   receive              a packet of another peer, over an authenticated link
//   tick                 at `next_wake`
//
// It stays connected with some peers that it knows (`degree` of its own choice, and whoever chooses
// it), hears from them by `hello` and forgets those that fall silent. Agents are found in two ways
// at once. By gossip: presence announcements on the capability's topic, for those who watch it. By
// the hash table: a lookup now and again finds the peers that provide the capability, and these
// say themselves which of their agents it is. An agent is gone when neither way still shows it: at
// once if it leaves and the word arrives, else within `gone_within` of the options.
//
// What is to be done is appended to an `actions`. Packets are values with the fields of libp2p's
// messages, so links may carry them as they are or in their wire forms. Links may lose and reorder.
// Every table has a bound. The same calls with the same generator give the same actions everywhere.
// Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ainur/base/rng.hpp"
#include "ainur/discovery/connection_manager.hpp"
#include "ainur/discovery/gossip/router.hpp"
#include "ainur/discovery/kademlia/dht.hpp"
#include "ainur/discovery/presence.hpp"

namespace ainur::discovery {

/// Opens a connection, and keeps it open.
struct hello {
  bytes record;       ///< the sender's signed peer record
  bool server = true; ///< it answers requests of the hash table
};

struct goodbye {};

struct dht_request {
  kademlia::exchange_id exchange = 0;
  kademlia::message what;
};

struct dht_answer {
  kademlia::exchange_id exchange = 0;
  std::optional<kademlia::message> what; ///< nothing: refused
};

/// Which of your agents offer this?
struct agents_request {
  std::string capability;
};

struct agents_answer {
  std::string capability;
  std::vector<account_id> agents;
};

using packet = std::variant<hello, goodbye, gossip::rpc_ptr, dht_request, dht_answer,
                            agents_request, agents_answer>;

struct peer_options {
  kademlia::dht_options dht;
  gossip::router_options gossip;
  presence_options presence;
  connection_options connections;
  std::vector<multiaddr> addresses;
  std::size_t degree = 12; ///< connections that it seeks
  duration hello_interval = std::chrono::seconds{15};
  duration silence_max = std::chrono::seconds{45};     ///< then a connection is over
  duration lookup_interval = std::chrono::seconds{60}; ///< of each watched capability
  std::size_t watched_max = 256;                       ///< capabilities
  std::size_t answer_agents_max = 256;                 ///< told to one who asks, and taken
  std::size_t found_max = 16'384;                      ///< agents found by the hash table

  /// After an agent's node died without a word.
  [[nodiscard]] duration gone_within() const noexcept {
    return std::max(presence.life, 2 * lookup_interval);
  }
};

/// An agent was found, or is gone.
struct sighting {
  std::string capability;
  account_id agent;
  peer_id peer;
  bool present = true;
};

struct actions {
  struct send {
    peer_id to;
    packet what;
  };

  /// A lookup of providers that came to its end.
  struct lookup {
    std::string capability;
    std::size_t providers = 0;
    std::size_t requests = 0;
    std::uint32_t hops = 0;
    duration took{};
  };

  std::vector<send> sends;
  std::vector<sighting> sightings;
  std::vector<lookup> lookups;
};

struct peer_counts {
  std::uint64_t packets = 0; ///< received
  std::uint64_t refused = 0; ///< of them: a bad record, too many connections, unasked answers
};

class peer_node {
public:
  /// `entries` are peers known beforehand. Errors: `bad_option`.
  [[nodiscard]] static result<peer_node> make(const byte_array<32>& seed, peer_options options,
                                              std::vector<kademlia::contact> entries, rng random,
                                              timestamp utc);
  ~peer_node();
  peer_node(peer_node&&) noexcept;
  peer_node& operator=(peer_node&&) noexcept;

  void start(instant now, actions& out);
  /// Says that all agents leave, and parts from its peers.
  void stop(instant now, timestamp utc, actions& out);

  /// Errors: `too_large`.
  result<void> announce(const std::string& capability, const account_id& agent, instant now,
                        timestamp utc, actions& out);
  void withdraw(const std::string& capability, const account_id& agent, instant now, timestamp utc,
                actions& out);
  /// Errors: `too_large`.
  result<void> watch(const std::string& capability, instant now, actions& out);

  void receive(const peer_id& from, const packet& what, instant now, timestamp utc, actions& out);
  void tick(instant now, timestamp utc, actions& out);
  [[nodiscard]] instant next_wake() const noexcept;

  /// By agent and peer.
  [[nodiscard]] std::vector<presence_table::present> find(const std::string& capability) const;

  [[nodiscard]] const peer_id& self() const noexcept;
  [[nodiscard]] const gossip::router& mesh() const noexcept;
  [[nodiscard]] const kademlia::dht& table() const noexcept;
  [[nodiscard]] std::size_t connections() const noexcept;
  [[nodiscard]] const peer_counts& counts() const noexcept;

private:
  struct parts;
  explicit peer_node(std::unique_ptr<parts> p) noexcept;
  std::unique_ptr<parts> parts_;
};

} // namespace ainur::discovery
