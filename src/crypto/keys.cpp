#include "ainur/crypto/keys.hpp"

#include <algorithm>

#include <sodium.h>

#include "ainur/crypto/hash.hpp"

namespace ainur::crypto {

static_assert(crypto_sign_SEEDBYTES == seed::size);
static_assert(crypto_sign_SECRETKEYBYTES == 64 && crypto_sign_BYTES == signature::size);

namespace {

/// What Ed25519 signs for a domain: fixed text, version, digest.
byte_array<49> to_be_signed(std::string_view domain, bytes_view message) noexcept {
  static constexpr std::string_view prefix = "ainur/signature";
  byte_array<49> out{};
  auto at = std::copy(prefix.begin(), prefix.end(), out.begin());
  *at++ = 1;
  const auto digest = hash(domain, message);
  std::copy(digest.value.begin(), digest.value.end(), at);
  return out;
}

} // namespace

seed::seed(seed&& other) noexcept : value_(other.value_) {
  sodium_memzero(other.value_.data(), other.value_.size());
}

seed& seed::operator=(seed&& other) noexcept {
  if (this != &other) {
    value_ = other.value_;
    sodium_memzero(other.value_.data(), other.value_.size());
  }
  return *this;
}

seed::~seed() {
  sodium_memzero(value_.data(), value_.size());
}

secret_key secret_key::from_seed(const seed& secret) noexcept {
  secret_key key;
  crypto_sign_seed_keypair(key.public_.value.data(), key.value_.data(), secret.view().data());
  return key;
}

secret_key::secret_key(secret_key&& other) noexcept : value_(other.value_), public_(other.public_) {
  sodium_memzero(other.value_.data(), other.value_.size());
}

secret_key& secret_key::operator=(secret_key&& other) noexcept {
  if (this != &other) {
    value_ = other.value_;
    public_ = other.public_;
    sodium_memzero(other.value_.data(), other.value_.size());
  }
  return *this;
}

secret_key::~secret_key() {
  sodium_memzero(value_.data(), value_.size());
}

seed secret_key::to_seed() const noexcept {
  byte_array<seed::size> raw;
  std::copy_n(value_.begin(), seed::size, raw.begin());
  seed out{raw};
  sodium_memzero(raw.data(), raw.size());
  return out;
}

signature secret_key::sign_plain(bytes_view message) const noexcept {
  signature out;
  crypto_sign_detached(out.value.data(), nullptr, message.data(), message.size(), value_.data());
  return out;
}

signature secret_key::sign(std::string_view domain, bytes_view message) const noexcept {
  return sign_plain(to_be_signed(domain, message));
}

bool verify_plain(const public_key& signer, bytes_view message, const signature& proof) noexcept {
  return crypto_sign_verify_detached(proof.value.data(), message.data(), message.size(),
                                     signer.value.data()) == 0;
}

bool verify(const public_key& signer, std::string_view domain, bytes_view message,
            const signature& proof) noexcept {
  return verify_plain(signer, to_be_signed(domain, message), proof);
}

result<seed> seed_from_system() {
  if (auto started = initialise(); !started)
    return fail(started.error());
  byte_array<seed::size> raw;
  randombytes_buf(raw.data(), raw.size());
  seed out{raw};
  sodium_memzero(raw.data(), raw.size());
  return out;
}

seed run_seed(std::uint64_t run, std::string_view role, std::uint64_t index) noexcept {
  const auto digest = hasher{"ainur/run-key/v1"}.add(run).add(index).add(as_bytes(role)).finish();
  return seed{digest.value};
}

} // namespace ainur::crypto
