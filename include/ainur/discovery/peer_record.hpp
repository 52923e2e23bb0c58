// Signed records of where a peer is reached (libp2p RFC 0003) in signed envelopes (RFC 0002).
//
// An envelope proves that a peer said something for one purpose. On the wire it is the protocol
// buffer that libp2p's implementations exchange: public key 1, payload type 2, payload 3,
// signature 5; domain "libp2p-peer-record" and payload type 0x0301, which is what they use where
// the RFCs name others. Signatures are plain Ed25519 over the lengths and values of domain, type
// and payload. Pure and thread-safe; `record_book` is a value, not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "ainur/crypto/keys.hpp"
#include "ainur/discovery/address.hpp"

namespace ainur::discovery {

struct envelope {
  crypto::public_key signer;
  bytes payload_type;
  bytes payload;
  crypto::signature proof;
  friend bool operator==(const envelope&, const envelope&) = default;
};

inline constexpr std::size_t envelope_size_max = 8u << 10; ///< bytes

[[nodiscard]] envelope seal(std::string_view domain, bytes payload_type, bytes payload,
                            const crypto::secret_key& key);
/// Whether the signer signed it for this domain. Errors: `bad_signature`.
[[nodiscard]] result<void> verify(const envelope& e, std::string_view domain);
[[nodiscard]] bytes encode(const envelope& e);
/// Errors: `malformed`, also for signers whose key is not Ed25519; `too_large`.
[[nodiscard]] result<envelope> decode_envelope(bytes_view in);

/// Where a peer says it is reached. Of two the one with the higher sequence number stands.
struct peer_record {
  static constexpr std::string_view domain = "libp2p-peer-record";
  static constexpr byte_array<2> payload_type{0x03, 0x01};
  static constexpr std::size_t addresses_max = 16; ///< more are left out

  peer_id peer;
  std::uint64_t sequence = 0;
  std::vector<multiaddr> addresses;
  friend bool operator==(const peer_record&, const peer_record&) = default;
};

/// The encoded envelope of a record, signed by its peer's key.
[[nodiscard]] bytes seal(const peer_record& record, const crypto::secret_key& key);
/// A record whose envelope was checked, in this order: form, signature, content, and that the
/// signer is the peer. Addresses with unknown components are left out. Errors: `malformed`,
/// `too_large`, `bad_signature`, `wrong_signer`.
[[nodiscard]] result<peer_record> open_peer_record(bytes_view in);

/// The newest record of each peer, with the envelope as it came, to hand on. When it is full the
/// peer that was renewed longest ago is forgotten, and with it its sequence number.
class record_book {
public:
  explicit record_book(std::size_t peers_max = 4'096) : peers_max_(peers_max) {}

  /// Errors: those of `open_peer_record`; `stale` if the known one is as new. Then nothing changes.
  result<peer_record> accept(bytes_view in);

  struct entry {
    peer_record record;
    bytes sealed;
    std::uint64_t renewed = 0; ///< a count that grows
  };

  /// Null if none is known. Valid until the next call of `accept`.
  [[nodiscard]] const entry* find(const peer_id& peer) const;

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

private:
  std::size_t peers_max_;
  std::uint64_t renewals_ = 0;
  std::map<peer_id, entry> entries_;
  std::map<std::uint64_t, peer_id> by_renewal_;
};

} // namespace ainur::discovery
