// A published message: who wrote it, its number, its topic and its data, signed by its author
// ("strict signing" of libp2p/specs, pubsub/README.md).
//
// What is signed is "libp2p-pubsub:" followed by the message's protocol buffer without signature
// and key; the key is in the author's name. A message is known by its id, author and number. Its
// author gives rising numbers, so that no two messages share one. Functions are pure and
// thread-safe.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ainur/discovery/peer_id.hpp"

namespace ainur::discovery::gossip {

/// On the wire: the author's multihash, then the number as eight bytes, big-endian.
struct message_id {
  peer_id from;
  std::uint64_t seqno = 0;
  friend auto operator<=>(const message_id&, const message_id&) = default;
};

inline constexpr std::size_t message_id_size = peer_multihash_size + 8;

[[nodiscard]] byte_array<message_id_size> to_bytes(const message_id& id) noexcept;
/// Errors: `malformed`.
[[nodiscard]] result<message_id> message_id_from_bytes(bytes_view data);

struct message {
  peer_id from;
  std::uint64_t seqno = 0;
  std::string topic;
  bytes data;
  std::optional<crypto::signature> proof; ///< nothing: unsigned, which is refused when it arrives

  [[nodiscard]] message_id id() const noexcept { return {from, seqno}; }

  friend bool operator==(const message&, const message&) = default;
};

/// Messages are not changed once made; all who pass one on share it.
using message_ptr = std::shared_ptr<const message>;

[[nodiscard]] message sign_message(const crypto::secret_key& author, std::string_view topic,
                                   bytes data, std::uint64_t seqno);
/// True if the author signed it. False without a signature.
[[nodiscard]] bool verify(const message& m);

} // namespace ainur::discovery::gossip
