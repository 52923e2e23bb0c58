// SHA-256 (FIPS 180-4), for protocols that others define; our own use BLAKE2b (hash.hpp).
#pragma once

#include "ainur/base/bytes.hpp"

namespace ainur::crypto {

/// Deterministic and thread-safe.
[[nodiscard]] byte_array<32> sha256(bytes_view data) noexcept;

} // namespace ainur::crypto
