// A host's key ring: the account it is, the key that speaks for it now, and the accounts it hosts.
//
// One key signs for any number of hosted accounts, whose ids follow from the host's account and an
// index, so the ring stores nothing for them. The account id never changes; the key does. Not
// thread-safe; belongs to one actor.
#pragma once

#include <cstdint>
#include <optional>

#include "ainur/crypto/aead.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/crypto/signed.hpp"

namespace ainur::crypto {

class key_ring {
public:
  /// The account that begins with `first`.
  explicit key_ring(secret_key first) noexcept
      : account_(account_of(first.public_part())), current_(std::move(first)) {}

  /// An account that began with another key and is now spoken for by `current`.
  key_ring(const account_id& account, secret_key current) noexcept
      : account_(account), current_(std::move(current)) {}

  /// The ring of the `index`-th host of a virtual run: everything follows from the run's seed.
  [[nodiscard]] static key_ring of_run(std::uint64_t run, std::uint64_t index) noexcept;

  [[nodiscard]] const account_id& account() const noexcept { return account_; }

  [[nodiscard]] const secret_key& current() const noexcept { return current_; }

  /// The `index`-th hosted account.
  [[nodiscard]] account_id hosted(std::uint64_t index) const noexcept {
    return hosted_account(account_, index);
  }

  template <signable T>
  [[nodiscard]] signed_<T> sign(const T& value) const {
    return crypto::sign(value, current_);
  }

  /// Rotation, first half: keeps `next` ready; the transaction that announces it is still signed by
  /// the current key. Replaces what was prepared before.
  const public_key& prepare(secret_key next) noexcept;

  [[nodiscard]] const std::optional<secret_key>& prepared() const noexcept { return next_; }

  /// Rotation, second half, once the ledger has committed it: the prepared key speaks from now on.
  /// False, and nothing changes, if `committed` is not the prepared key.
  bool rotate(const public_key& committed) noexcept;

private:
  account_id account_;
  secret_key current_;
  std::optional<secret_key> next_;
};

/// The ring with its secrets, the prepared key too, encrypted under `lock`: what a node keeps in
/// its store. Canonical msgpack of [ "ainur-ring", 1, nonce, sealed ], where sealed is the account,
/// the seed of the current key and, if there is one, that of the prepared key, under
/// XChaCha20-Poly1305. The nonce must be fresh each time.
[[nodiscard]] bytes seal_ring(const key_ring& ring, const aead_key& lock, const aead_nonce& nonce);
/// Errors: any `codec::errc`; `unsupported_version`, `cannot_open` (another lock, or altered).
[[nodiscard]] result<key_ring> open_ring(bytes_view sealed, const aead_key& lock);

} // namespace ainur::crypto
