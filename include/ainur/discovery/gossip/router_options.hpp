// What a router of the gossip mesh is set to: the sizes, times and limits of GossipSub v1.1 and
// v1.2 (libp2p/specs), and a bound for every table. The names of the specification stand beside.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ainur/discovery/gossip/rpc.hpp"
#include "ainur/discovery/gossip/score_parameters.hpp"

namespace ainur::discovery::gossip {

struct mesh_options {
  std::uint32_t size = 6;       ///< D: peers that a mesh is brought to
  std::uint32_t size_low = 5;   ///< D_lo: with fewer, peers are taken in
  std::uint32_t size_high = 12; ///< D_hi: with more, peers are sent away
  std::uint32_t by_score = 4;   ///< D_score: the best that stay when others are sent away
  std::uint32_t outbound = 2; ///< D_out: peers that this node dialled; below `size_low`, ≤ D / 2
  duration prune_backoff{60'000'000};       ///< between PRUNE and the next GRAFT
  duration unsubscribe_backoff{10'000'000}; ///< the same after leaving the topic
  /// A GRAFT so soon after a PRUNE counts twice as misbehaviour.
  duration graft_flood{10'000'000};
  std::uint32_t opportunistic_ticks = 60; ///< heartbeats between looks at the median score
  std::uint32_t opportunistic_peers = 2;
  bool peer_exchange = true;
  std::uint32_t exchanged_peers = 16; ///< named in a PRUNE
};

struct gossip_options {
  std::uint32_t peers = 6;                 ///< D_lazy: at least so many are told of messages
  std::uint32_t factor_ppm = 250'000;      ///< of the peers outside the mesh, if that is more
  std::uint32_t history = 5;               ///< heartbeats for which a message can be asked for
  std::uint32_t history_gossip = 3;        ///< heartbeats for which it is told of
  std::uint32_t ihave_messages_max = 10;   ///< of a peer, a heartbeat
  std::uint32_t ids_max = 5'000;           ///< asked of a peer, or by it, a heartbeat
  duration iwant_followup{3'000'000};      ///< what was promised must have come by then
  std::uint32_t retransmissions_max = 3;   ///< of a message to a peer that asks
  std::size_t idontwant_bytes_min = 1'024; ///< larger messages are announced as known (v1.2)
  std::uint32_t idontwant_ticks = 3;       ///< heartbeats for which a peer's wish is kept
};

/// Bounds of tables, of a peer and in all. docs/discovery.md says what they come to.
struct table_bounds {
  std::size_t peers = 512;           ///< connections
  std::size_t inbound_peers = 384;   ///< of them by others
  std::size_t peer_topics = 64;      ///< subscriptions of a peer
  std::size_t peer_changes = 256;    ///< of subscriptions by a peer, a heartbeat
  std::size_t own_topics = 256;      ///< joined or published to
  std::size_t peer_validations = 64; ///< messages of a peer that wait for a verdict
  std::size_t validations = 4'096;
  std::size_t peer_validation_bytes = 2u << 20;
  std::size_t validation_bytes = 64u << 20;
  std::size_t cache_messages = 8'192;
  std::size_t cache_bytes = 64u << 20;
  std::size_t peer_iwant_bytes = 4u << 20; ///< sent to a peer that asks, a heartbeat
  std::size_t peer_idontwant = 1'000;
  std::size_t backoffs = 16'384;
};

struct router_options {
  mesh_options mesh;
  gossip_options gossip;
  score_parameters score = default_score();
  score_thresholds thresholds;
  wire_limits wire;
  table_bounds bounds;
  duration heartbeat{1'000'000};
  bool flood_publish = true; ///< own messages go to all peers of the topic, not to the mesh alone
  duration fanout_time{60'000'000};
  /// Only topics that begin with one of these are kept of peers; none: all topics.
  std::vector<std::string> topic_prefixes;
};

/// Errors: `bad_option`, naming the option and its range.
[[nodiscard]] result<void> check(const router_options& o);

} // namespace ainur::discovery::gossip
