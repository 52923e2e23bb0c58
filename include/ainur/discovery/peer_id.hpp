// The name of a peer: its Ed25519 public key.
//
// On the wire and as text it stands in libp2p's form (libp2p/specs, peer-ids): the identity
// multihash of the key as a protocol buffer, 38 bytes, and their base58btc, "12D3KooW…". Other
// kinds of key are refused. Functions are pure and thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "ainur/base/ids.hpp"
#include "ainur/crypto/keys.hpp"
#include "ainur/discovery/error.hpp"

namespace ainur::discovery {

using peer_id = byte_id<struct peer_tag, 32>;

[[nodiscard]] inline peer_id peer_of(const crypto::public_key& key) noexcept {
  return peer_id{key.value};
}

[[nodiscard]] inline crypto::public_key key_of(const peer_id& id) noexcept {
  return crypto::public_key{id.value};
}

/// The 38 bytes of libp2p.
inline constexpr std::size_t peer_multihash_size = 38;
[[nodiscard]] byte_array<peer_multihash_size> to_multihash(const peer_id& id) noexcept;
/// Errors: `malformed` for anything but the multihash of an Ed25519 key.
[[nodiscard]] result<peer_id> peer_from_multihash(bytes_view data);

/// base58btc of the multihash.
[[nodiscard]] std::string to_text(const peer_id& id);
/// Errors: `malformed`.
[[nodiscard]] result<peer_id> peer_from_text(std::string_view text);

} // namespace ainur::discovery
