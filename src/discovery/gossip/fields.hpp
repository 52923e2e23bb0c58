// Field numbers of libp2p's protocol buffers for pub/sub.
#pragma once

#include <cstdint>

namespace ainur::discovery::gossip {

namespace rpc_field {
enum : std::uint32_t { subscriptions = 1, publish = 2, control = 3 };
} // namespace rpc_field

namespace subscription_field {
enum : std::uint32_t { subscribe = 1, topic = 2 };
} // namespace subscription_field

namespace message_field {
enum : std::uint32_t { from = 1, data = 2, seqno = 3, topic = 4, signature = 5, key = 6 };
} // namespace message_field

namespace control_field {
enum : std::uint32_t { ihave = 1, iwant = 2, graft = 3, prune = 4, idontwant = 5 };

/// Of IHAVE, GRAFT and PRUNE.
inline constexpr std::uint32_t topic = 1;
inline constexpr std::uint32_t ihave_ids = 2;
/// Of IWANT and IDONTWANT.
inline constexpr std::uint32_t ids = 1;
inline constexpr std::uint32_t prune_peers = 2;
inline constexpr std::uint32_t prune_backoff = 3;
inline constexpr std::uint32_t peer_id = 1;
inline constexpr std::uint32_t peer_record = 2;
} // namespace control_field

} // namespace ainur::discovery::gossip
