// Ed25519 keys and signatures (RFC 8032), each bound to a domain.
//
// A signature is made for one *domain*, a short text naming what kind of thing is signed, so that
// what was signed for one purpose can never serve another. What Ed25519 signs is "ainur/signature"
// ‖ 0x01 ‖ BLAKE2b-256(len(domain) ‖ domain ‖ message). Two signatures of one message may differ
// and both be valid: never compare or de-duplicate by signature. All functions are deterministic
// and thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

#include "ainur/base/bytes.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/crypto/error.hpp"

namespace ainur::crypto {

/// The compressed point of RFC 8032.
using public_key = byte_id<struct public_key_tag, 32>;
using signature = byte_id<struct signature_tag, 64>;

/// 32 secret bytes from which a key is made; wiped on destruction, cannot be copied by accident.
class seed {
public:
  static constexpr std::size_t size = 32;

  explicit seed(const byte_array<size>& secret) noexcept : value_(secret) {}

  seed(seed&& other) noexcept;
  seed& operator=(seed&& other) noexcept;
  seed(const seed&) = delete;
  seed& operator=(const seed&) = delete;
  ~seed();

  [[nodiscard]] bytes_view view() const noexcept { return value_; }

private:
  byte_array<size> value_;
};

/// A signing key. Moves leave the source wiped, and only destruction or assignment may follow.
class secret_key {
public:
  /// The key of RFC 8032 for this seed.
  [[nodiscard]] static secret_key from_seed(const seed& secret) noexcept;

  secret_key(secret_key&& other) noexcept;
  secret_key& operator=(secret_key&& other) noexcept;
  secret_key(const secret_key&) = delete;
  secret_key& operator=(const secret_key&) = delete;
  ~secret_key();

  [[nodiscard]] const public_key& public_part() const noexcept { return public_; }

  /// The seed it was made from, for key files.
  [[nodiscard]] seed to_seed() const noexcept;

  /// `domain` has at most 255 bytes.
  [[nodiscard]] signature sign(std::string_view domain, bytes_view message) const noexcept;
  /// Plain Ed25519 without a domain, for protocols that others define.
  [[nodiscard]] signature sign_plain(bytes_view message) const noexcept;

private:
  secret_key() noexcept = default;
  byte_array<64> value_{}; // seed ‖ public key, as libsodium wants it
  public_key public_;
};

/// True if `proof` is a signature of `message` by `signer` for `domain`. Refuses encodings that are
/// not canonical and signers of small order.
[[nodiscard]] bool verify(const public_key& signer, std::string_view domain, bytes_view message,
                          const signature& proof) noexcept;
/// Plain Ed25519 without a domain.
[[nodiscard]] bool verify_plain(const public_key& signer, bytes_view message,
                                const signature& proof) noexcept;

/// The account that begins with this key.
[[nodiscard]] inline account_id account_of(const public_key& key) noexcept {
  return account_id{key.value};
}

/// The key that this account began with; nonsense for hosted accounts.
[[nodiscard]] inline public_key first_key_of(const account_id& account) noexcept {
  return public_key{account.value};
}

/// A seed from the operating system. For the outermost layer only (tools, the real clock): whatever
/// runs under the virtual clock derives its keys, see `run_seed`. Errors: `unavailable`.
[[nodiscard]] result<seed> seed_from_system();
/// The seed of the `index`-th key of a role ("host", "validator") in the run with this seed.
/// Everyone who knows the run's seed knows the key: for simulated runs only.
[[nodiscard]] seed run_seed(std::uint64_t run, std::string_view role, std::uint64_t index) noexcept;

} // namespace ainur::crypto
