// XChaCha20-Poly1305: secret-key encryption that also detects any change
// (draft-irtf-cfrg-xchacha-03). Deterministic: the nonce is an argument and must never serve twice
// with one key; 24 random bytes are enough. Thread-safe.
#pragma once

#include "ainur/base/bytes.hpp"
#include "ainur/crypto/error.hpp"

namespace ainur::crypto {

using aead_key = byte_array<32>;
using aead_nonce = byte_array<24>;
inline constexpr std::size_t aead_overhead = 16;

/// The encrypted `message` followed by a tag of 16 bytes that also covers `context`.
[[nodiscard]] bytes aead_seal(const aead_key& key, const aead_nonce& nonce, bytes_view context,
                              bytes_view message);
/// Errors: `cannot_open`.
[[nodiscard]] result<bytes> aead_open(const aead_key& key, const aead_nonce& nonce,
                                      bytes_view context, bytes_view sealed);

} // namespace ainur::crypto
