// Network addresses of peers in libp2p's form (libp2p/specs, addressing): a multiaddr is a list of
// components such as /ip4/192.0.2.1/udp/4001/quic-v1, with a text and a binary form.
//
// Known are ip4, ip6, dns, dns4, dns6, dnsaddr, tcp, udp, quic-v1 and p2p (Ed25519 only); an
// address with anything else is refused, and readers of lists leave it out. Values; functions are
// pure and thread-safe.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "ainur/base/ids.hpp"
#include "ainur/discovery/error.hpp"
#include "ainur/discovery/peer_id.hpp"

namespace ainur::discovery {

/// Codes of the components (multiformats/multiaddr, protocols.csv).
enum class address_part : std::uint32_t {
  ip4 = 4,
  tcp = 6,
  ip6 = 41,
  dns = 53,
  dns4 = 54,
  dns6 = 55,
  dnsaddr = 56,
  udp = 273,
  p2p = 421,
  quic_v1 = 461,
};

class multiaddr {
public:
  static constexpr std::size_t size_max = 320; ///< bytes of the binary form
  static constexpr std::size_t parts_max = 8;

  /// Of no components.
  multiaddr() = default;

  /// Reads the binary form. Errors: `malformed`, `too_large`.
  [[nodiscard]] static result<multiaddr> from_binary(bytes_view data);
  /// Reads the text form. Errors: `malformed`, `too_large`.
  [[nodiscard]] static result<multiaddr> from_text(std::string_view text);
  /// /ip4/a.b.c.d/tcp/port; `ip` is a.b.c.d as a number, a first.
  [[nodiscard]] static multiaddr tcp4(std::uint32_t ip, std::uint16_t port);

  [[nodiscard]] const bytes& binary() const noexcept { return binary_; }

  [[nodiscard]] bool empty() const noexcept { return binary_.empty(); }

  /// The peer that the last p2p component names.
  [[nodiscard]] std::optional<peer_id> peer() const;

  friend auto operator<=>(const multiaddr&, const multiaddr&) = default;

private:
  bytes binary_; // always well-formed
};

[[nodiscard]] std::string to_text(const multiaddr& address);

/// Who probably runs the hosts of these addresses. Tables and lookups take only so many peers of
/// one group, so that many identities on few networks count as few.
///
/// IPv4 (also inside IPv6, ::ffff:0:0/96): the first 16 bits. IPv6: the first 32 bits, what a
/// provider usually gets; it stands in for the provider's number in the routing between networks,
/// which takes a database. Addresses without an IP are a group of their own.
using ip_group = number_id<struct ip_group_tag>;
[[nodiscard]] ip_group group_of(const multiaddr& address) noexcept;

} // namespace ainur::discovery
