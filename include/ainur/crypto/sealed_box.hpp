// Sealed boxes: a message that only the holder of one key can read, from nobody in particular
// (X25519 with XSalsa20-Poly1305, the format of libsodium's `crypto_box_seal`). An Ed25519 key
// serves through its X25519 form. The one-time key comes from a seed that the caller hands in and
// must never use twice. Thread-safe.
#pragma once

#include "ainur/base/bytes.hpp"
#include "ainur/crypto/keys.hpp"

namespace ainur::crypto {

inline constexpr std::size_t sealed_box_overhead = 48;

/// Seals `message` for `receiver`. Errors: `weak_public_key`.
[[nodiscard]] result<bytes> seal_for(const public_key& receiver, bytes_view message,
                                     const seed& one_time);
/// Errors: `cannot_open`.
[[nodiscard]] result<bytes> open_sealed(const secret_key& receiver, bytes_view sealed);

/// X25519 (RFC 7748): the secret that two parties share. Hash it before use as a key.
/// Errors: `weak_public_key` if the other side's key forces a known result.
[[nodiscard]] result<byte_array<32>> key_agreement(const byte_array<32>& secret,
                                                   const byte_array<32>& other_public);

} // namespace ainur::crypto
