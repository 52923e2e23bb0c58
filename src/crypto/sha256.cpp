#include "ainur/crypto/sha256.hpp"

#include <sodium.h>

namespace ainur::crypto {

byte_array<32> sha256(bytes_view data) noexcept {
  byte_array<32> out;
  crypto_hash_sha256(out.data(), data.data(), data.size());
  return out;
}

} // namespace ainur::crypto
