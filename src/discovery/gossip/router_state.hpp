// The router's tables, and what its parts share: connections and topics (router.cpp), what arrives
// (receive.cpp), the mesh and the heartbeat (mesh.cpp).
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>

#include "ainur/discovery/gossip/router.hpp"
#include "message_cache.hpp"
#include "validation_queue.hpp"

namespace ainur::discovery::gossip {

using topic_number = std::uint32_t;

/// A wish not to be sent a message, by the hash of its id.
struct wish {
  std::uint64_t hash = 0;
  std::uint64_t tick = 0;
};

struct peer_state {
  peer_id id;
  std::uint32_t life = 0;
  bool connected = false;
  bool outbound = false;
  bool direct = false;
  bytes record;
  std::vector<topic_number> topics; // it subscribed to, ascending
  std::deque<wish> wishes;
  std::uint32_t promises = 0;
  std::uint32_t validations = 0;
  std::size_t validation_bytes = 0;

  // Of this heartbeat:
  std::uint32_t changes = 0; // of subscriptions
  std::uint32_t ihave_messages = 0;
  std::uint32_t ids_asked = 0;  // of it
  std::uint32_t ids_wanted = 0; // by it
  std::uint32_t ids_unwanted = 0;
  std::size_t bytes_answered = 0;
};

struct topic_state {
  std::string name;
  scored_topic scored = unscored;
  bool own = false; // joined or published to, once: such a topic keeps its number
  bool joined = false;
  std::uint32_t subscribers = 0;
  std::vector<peer_slot> mesh;
  std::vector<peer_slot> fanout;
  instant fanout_until{};
};

/// A peer was asked for a message that it said it has.
struct promise {
  message_id id;
  peer_life by;
  instant due{};
};

struct router::state {
  state(const peer_id& self_id, router_options o, rng generator);

  // router.cpp
  [[nodiscard]] bool alive(const peer_life& p) const;

  [[nodiscard]] peer_life life_of(peer_slot p) const { return {p, peers[p].life}; }

  [[nodiscard]] bool connected(peer_slot p) const { return p < peers.size() && peers[p].connected; }

  [[nodiscard]] bool subscribed(peer_slot p, topic_number t) const;
  [[nodiscard]] topic_number find_topic(std::string_view name) const;
  topic_number intern(std::string_view name);
  void release(topic_number t);
  [[nodiscard]] result<topic_number> own_topic(std::string_view name);
  void drop_subscription(peer_slot p, topic_number t);
  void announce(topic_number t, bool subscribe, effects& out);
  void forward(const waiting& w, effects& out);
  /// Sends what has gathered in `control`.
  void flush(effects& out);
  /// Draws up to `count` of `from`, in random order.
  void choose(std::vector<peer_slot>& from, std::size_t count);

  /// Connected peers of a topic, ascending, without direct ones, that `keep` keeps.
  template <class Keep>
  [[nodiscard]] std::vector<peer_slot> peers_of(topic_number t, Keep&& keep) const {
    std::vector<peer_slot> out;
    for (peer_slot p = 0; p < peers.size(); ++p)
      if (peers[p].connected && !peers[p].direct && subscribed(p, t) && keep(p))
        out.push_back(p);
    return out;
  }

  // receive.cpp
  void take_subscriptions(peer_slot from, const rpc& what);
  void take_message(peer_slot from, const message_ptr& m, instant now, effects& out);
  void take_ihaves(peer_slot from, const rpc& what, instant now, rpc& reply);
  void take_iwants(peer_slot from, const rpc& what, effects& out);
  void take_graft(peer_slot from, const std::string& topic, instant now, rpc& reply);
  void take_prune(peer_slot from, const prune& p, instant now, effects& out);
  void take_idontwants(peer_slot from, const rpc& what);
  void refuse(peer_slot from, std::uint32_t penalty = 1);
  void tell_unwanted(const waiting& w, effects& out);

  // mesh.cpp
  [[nodiscard]] bool in_mesh(topic_number t, peer_slot p) const;
  void add_to_mesh(topic_number t, peer_slot p, instant now);
  void drop_from_mesh(topic_number t, peer_slot p);
  [[nodiscard]] bool backed_off(topic_number t, peer_slot p, instant now) const;
  void back_off(topic_number t, peer_slot p, instant until);
  [[nodiscard]] prune make_prune(topic_number t, peer_slot to, duration backoff, bool exchange);
  [[nodiscard]] std::vector<peer_slot> candidates(topic_number t, instant now) const;
  void graft(topic_number t, std::vector<peer_slot> from, std::size_t count, instant now);
  void send_away(topic_number t, peer_slot p, bool exchange, instant now);
  void keep_mesh(topic_number t, instant now);
  void shrink_mesh(topic_number t, instant now);
  void better_mesh(topic_number t, instant now);
  void keep_fanout(topic_number t, instant now);
  void tell_of_messages(effects& out);
  void look_for_broken_promises(instant now);
  void begin_tick(instant now);

  peer_id self;
  router_options options;
  rng random;
  std::uint64_t hash_key;
  peer_score score;
  router_counts counts;
  std::vector<peer_state> peers;
  std::map<peer_id, peer_slot> slots; // of connected peers
  std::size_t inbound = 0;
  std::size_t direct_peers = 0;
  std::vector<topic_state> topics;
  std::vector<topic_number> free_topics;
  std::map<std::string, topic_number, std::less<>> topic_numbers;
  std::size_t own_topics = 0;
  validation_queue validations;
  message_cache cache;
  std::deque<promise> promises; // by the time they are due
  std::map<std::pair<topic_number, peer_id>, instant> backoffs;
  std::uint64_t tick = 0;
  instant next_refresh{};
  std::vector<double> scores;       // of this heartbeat
  std::map<peer_slot, rpc> control; // to be sent at the end of this call
};

inline constexpr topic_number no_topic = ~topic_number{0};
/// Peers that brought one waiting message and are remembered.
inline constexpr std::size_t senders_max = 64;
/// Promises of one peer that are waited for.
inline constexpr std::uint32_t promises_max = 64;

} // namespace ainur::discovery::gossip
