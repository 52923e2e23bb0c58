// Signed batches: how calls reach the ledger.
//
// A batch is signed once by an account and may carry calls of that account and of any account it
// hosts. Each signer has one sequence of nonces, so a batch acts at most once, and each batch says
// until when it may act.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ainur/ledger/call.hpp"

namespace ainur::ledger {

/// What happens when an entry fails.
enum class batch_mode : std::uint8_t {
  each, ///< every entry stands alone
  all,  ///< one failure undoes the others: they answer `aborted`
  max_value = all,
};

/// What is signed.
struct batch {
  account_id signer;
  /// The signer's current key, if that is not the account id any more: after a rotation.
  std::optional<byte_array<32>> key;
  /// The number of batches this signer has had accepted so far.
  std::uint64_t nonce = 0;
  /// The last block time at which the batch may act.
  timestamp valid_until{};
  batch_mode mode = batch_mode::each;
  /// 1 .. 10,000; acts for the signer or for accounts it hosts.
  std::vector<entry> entries;
  AINUR_FIELDS(batch, signer, key, nonce, valid_until, mode, entries)
};

/// A batch with the Ed25519 signature over its canonical bytes (`batch_message`).
struct signed_batch {
  ledger::batch batch;
  byte_array<64> signature{};
  AINUR_FIELDS(signed_batch, batch, signature)
};

/// What is signed under the domain tag "ainur/batch/v1" (signature.hpp): the chain's genesis hash,
/// so that a batch acts on one chain only, and the batch in canonical msgpack.
[[nodiscard]] bytes batch_message(const hash256& chain, const batch& b);

/// `b` with its signature. `seed` is that of the signer's key (`b.key`, or the account id).
[[nodiscard]] signed_batch sign_batch(const hash256& chain, batch b, const byte_array<32>& seed);

/// What a call costs to execute, in units of a transfer; `fee_per_weight` is charged for it.
[[nodiscard]] std::uint64_t weight_of(const call& c) noexcept;

/// True if the signature is that of the key that the batch names. Needs no state, so that batches
/// can be checked on any thread; whether that key speaks for the signer is asked when it acts.
[[nodiscard]] bool verify_batch(const hash256& chain, const signed_batch& b);

/// A batch with what `check` has found: whether its signature fits.
struct checked_batch {
  signed_batch content;
  bool good = false;
};

/// The costly part of admitting a batch, free of any state: to be done on as many threads as there
/// are, before the batch reaches the ledger's own.
[[nodiscard]] checked_batch check(const hash256& chain, signed_batch b);

} // namespace ainur::ledger
