// The key space of the distributed hash table: points of 256 bits, and how far they are apart.
//
// Whatever is looked up has a point, the SHA-256 of its bytes; a peer's is that of its 38-byte
// multihash (libp2p/specs, kad-dht). Distance is the exclusive or, read as a big-endian number.
// Values; functions are pure and thread-safe.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "ainur/base/bytes.hpp"
#include "ainur/base/rng.hpp"
#include "ainur/discovery/peer_id.hpp"

namespace ainur::discovery::kademlia {

/// A point, or the distance of two. Ordered as a number; the first word is the most significant.
struct key {
  std::array<std::uint64_t, 4> words{};
  friend auto operator<=>(const key&, const key&) = default;
};

inline constexpr int key_bits = 256;

/// The point whose 32 bytes these are, big-endian.
[[nodiscard]] key key_from(const byte_array<32>& point) noexcept;
/// The point of what is named by these bytes: their SHA-256.
[[nodiscard]] key point_of(bytes_view name) noexcept;
[[nodiscard]] key point_of(const peer_id& peer) noexcept;

[[nodiscard]] constexpr key distance(const key& a, const key& b) noexcept {
  return {{a.words[0] ^ b.words[0], a.words[1] ^ b.words[1], a.words[2] ^ b.words[2],
           a.words[3] ^ b.words[3]}};
}

/// How many of the first bits are zero; all of them for a string of zeroes.
[[nodiscard]] int leading_zeros(bytes_view data) noexcept;
[[nodiscard]] int leading_zeros(const key& k) noexcept;

/// How many of their first bits two points share, 0 .. 256.
[[nodiscard]] inline int common_prefix(const key& a, const key& b) noexcept {
  return leading_zeros(distance(a, b));
}

/// A distance as a share of the whole space, 0 .. 1.
[[nodiscard]] double share_of_space(const key& distance) noexcept;

/// A name whose point shares exactly `prefix` first bits with `near`. Found by trying, about
/// 2^(prefix + 1) hashes: at most `walk_prefix_max` bits, more are taken as that.
inline constexpr int walk_prefix_max = 15;
[[nodiscard]] peer_id name_near(const key& near, int prefix, rng& random) noexcept;

/// "/ainur/capability/<name>", under which those who offer a capability are found.
[[nodiscard]] std::string capability_key(std::string_view name);

} // namespace ainur::discovery::kademlia
