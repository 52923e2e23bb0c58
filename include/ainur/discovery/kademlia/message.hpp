// The messages of the table's protocol: libp2p's (libp2p/specs, kad-dht/README.md, "RPC messages"),
// protocol buffers that a stream carries behind their length.
//
// Readers are bounded before they allocate: bytes, peers, addresses. A peer whose id is not an
// Ed25519 key and addresses with unknown components are left out, since other implementations send
// them; unknown fields are skipped; what is not a protocol buffer is refused. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "ainur/base/bytes.hpp"
#include "ainur/discovery/error.hpp"
#include "ainur/discovery/kademlia/contact.hpp"

namespace ainur::discovery::kademlia {

inline constexpr const char* protocol_id = "/ainur/kad/1.0.0";

/// Numbers of the protocol.
enum class message_type : std::uint8_t {
  put_value = 0,
  get_value = 1,
  add_provider = 2,
  get_providers = 3,
  find_node = 4,
  ping = 5,
  max_value = ping,
};

struct message_limits {
  std::size_t bytes_max = 64u << 10;
  std::size_t key_max = 256;  ///< bytes
  std::size_t peers_max = 64; ///< of each of the two lists; more are malformed
};

/// A request, or the answer to one.
struct message {
  message_type type = message_type::find_node;
  bytes key;                      ///< the name, not its point
  std::vector<contact> closer;    ///< of an answer: peers nearer to the key
  std::vector<contact> providers; ///< who offers the key; of add_provider: the sender
  friend bool operator==(const message&, const message&) = default;
};

[[nodiscard]] bytes encode(const message& m);
/// Values of records are not kept: this table holds providers only. Errors: `malformed`,
/// `too_large`.
[[nodiscard]] result<message> decode_message(bytes_view in, const message_limits& bounds = {});

} // namespace ainur::discovery::kademlia
