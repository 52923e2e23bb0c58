// What two peers of a gossip mesh say to each other in one go, and its form on the wire: the
// protocol buffers of libp2p (libp2p/specs, pubsub/README.md, gossipsub v1.0 to v1.2), so that a
// libp2p transport carries it unchanged.
//
// A message on the wire must have author, data, number and topic, each once and nothing unknown,
// since it is signed as a whole; elsewhere unknown fields are skipped, as protocol buffers ask.
// Functions are pure and thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ainur/discovery/gossip/message.hpp"

namespace ainur::discovery::gossip {

struct subscription {
  bool subscribe = true;
  std::string topic;
  friend bool operator==(const subscription&, const subscription&) = default;
};

/// "I have these": the receiver may ask for what it lacks.
struct ihave {
  std::string topic;
  std::vector<message_id> ids;
  friend bool operator==(const ihave&, const ihave&) = default;
};

/// A peer that may be connected to. The record is signed by that peer and checked by whoever
/// connects; here it is opaque, and may be empty.
struct exchanged_peer {
  peer_id peer;
  bytes record;
  friend bool operator==(const exchanged_peer&, const exchanged_peer&) = default;
};

/// "You are out of my mesh": do not come back before so many seconds have passed; try these.
struct prune {
  std::string topic;
  std::vector<exchanged_peer> peers;
  std::uint64_t backoff_seconds = 0; ///< 0: not said
  friend bool operator==(const prune&, const prune&) = default;
};

struct rpc {
  std::vector<subscription> subscriptions;
  std::vector<message_ptr> publish; ///< never null
  std::vector<ihave> ihaves;        ///< gossip
  std::vector<message_id> iwants;   ///< send me these
  std::vector<std::string> grafts;  ///< topics into whose mesh the receiver was taken
  std::vector<prune> prunes;
  std::vector<message_id> idontwants; ///< do not send me these (v1.2)

  [[nodiscard]] bool empty() const noexcept;
  friend bool operator==(const rpc& a, const rpc& b);
};

using rpc_ptr = std::shared_ptr<const rpc>;

/// What is accepted from the wire; counted before anything is kept.
struct wire_limits {
  std::size_t bytes_max = 1u << 20; ///< of the whole, checked first
  std::size_t topic_bytes_max = 128;
  std::size_t subscriptions_max = 128;
  std::size_t messages_max = 256;
  std::size_t ids_max = 5'000;   ///< of IHAVE, of IWANT and of IDONTWANT each
  std::size_t controls_max = 64; ///< of IHAVE, of GRAFT and of PRUNE each
  std::size_t peers_max = 16;    ///< of a PRUNE
  std::size_t record_bytes_max = 1'024;
};

[[nodiscard]] bytes encode(const rpc& what);
/// Errors: `malformed`; `too_large` for what exceeds a limit.
[[nodiscard]] result<rpc> decode_rpc(bytes_view data, const wire_limits& limits = {});

} // namespace ainur::discovery::gossip
