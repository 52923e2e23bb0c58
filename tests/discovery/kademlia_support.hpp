// Peers for tests of the hash table.
#pragma once

#include <string>

#include "ainur/base/rng.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/discovery/kademlia/contact.hpp"

namespace ainur::test {

inline discovery::peer_id peer_number(std::uint64_t n) {
  return {crypto::hasher{"ainur/test-peer"}.add(n).finish().value};
}

/// A peer in an IP group of its own, unless one is given.
inline discovery::kademlia::contact contact_number(std::uint64_t n, std::uint64_t group = 0) {
  const auto g = group == 0 ? 1'000 + n : group;
  return {peer_number(n),
          {discovery::multiaddr::tcp4(static_cast<std::uint32_t>(g << 16 | (n & 0xffff)), 4001)}};
}

inline bytes bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

} // namespace ainur::test
