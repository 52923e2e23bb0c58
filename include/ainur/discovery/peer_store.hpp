// Peers that a node remembers over a restart, and when each may be dialled again.
//
// A dial that failed is tried again after a time that doubles with each failure in a row, from
// `backoff_first` to `backoff_max`, of which a half is drawn so that nodes do not dial in step. The
// bytes of `encode` are canonical msgpack, read back within the same bounds. When the store is full
// the peer of most failures, then the one seen longest ago, is forgotten. A value; not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "ainur/base/rng.hpp"
#include "ainur/base/time.hpp"
#include "ainur/discovery/address.hpp"

namespace ainur::discovery {

struct peer_store_options {
  std::size_t peers_max = 1'000;
  std::size_t addresses_max = 8; ///< of one peer
  duration backoff_first = std::chrono::seconds{5};
  duration backoff_max = std::chrono::hours{1};
};

class peer_store {
public:
  explicit peer_store(const peer_store_options& options) : options_(options) {}

  /// The peer answered at these addresses; the newest come first, and what is beyond the bound is
  /// forgotten. Its failures are forgotten too.
  void seen(const peer_id& peer, const std::vector<multiaddr>& addresses, timestamp utc);
  /// A peer that others named, without having been reached. Known ones only gain addresses.
  void heard_of(const peer_id& peer, const std::vector<multiaddr>& addresses);
  void dial_failed(const peer_id& peer, instant now, rng& random);

  void forget(const peer_id& peer) { peers_.erase(peer); }

  /// Up to `count` peers that may be dialled now: those of fewest failures first, then those seen
  /// last.
  [[nodiscard]] std::vector<peer_id> to_dial(std::size_t count, instant now) const;
  /// When the next peer may be dialled; `instant::max()` without any.
  [[nodiscard]] instant next_dial() const noexcept;
  /// Null if the peer is unknown. Valid until the store changes.
  [[nodiscard]] const std::vector<multiaddr>* addresses(const peer_id& peer) const;
  [[nodiscard]] std::uint32_t failures(const peer_id& peer) const;

  [[nodiscard]] std::size_t size() const noexcept { return peers_.size(); }

  [[nodiscard]] bytes encode() const;
  /// Everybody may be dialled at once; failures are kept. Errors: `codec::errc`; `malformed` for an
  /// address or another version; `too_large` for more than the bounds.
  [[nodiscard]] static result<peer_store> decode(bytes_view in, const peer_store_options& options);

private:
  struct known {
    std::vector<multiaddr> addresses;
    timestamp seen{}; // 0: never
    std::uint32_t failures = 0;
    instant dial_after = instant::min();
  };

  known* place_for(const peer_id& peer);
  void learn(known& k, const std::vector<multiaddr>& addresses) const;

  peer_store_options options_;
  std::map<peer_id, known> peers_;
};

} // namespace ainur::discovery
