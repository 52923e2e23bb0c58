// Ed25519 as the ledger needs it: seeds and accounts as plain bytes, each signature for one domain
// tag (crypto/keys.hpp), so that a signature for one purpose is none for another. Thread-safe;
// deterministic.
//
// An object outside of batches may name the version of the key that signs it, as part of what is
// signed. It then verifies as long as that key is current or within its grace. One that names none
// verifies under the current key only, and no longer after the next rotation.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ainur/base/bytes.hpp"
#include "ainur/base/ids.hpp"

namespace ainur::ledger {

/// The account (public key) of a seed.
[[nodiscard]] account_id account_of_seed(const byte_array<32>& seed);

/// Signs `message` for the domain `tag` with the key of `seed`.
[[nodiscard]] byte_array<64> sign_detached(const byte_array<32>& seed, std::string_view tag,
                                           bytes_view message);

/// True if `signature` is that of `key` over `message` for the domain `tag`.
[[nodiscard]] bool verify_detached(const account_id& key, std::string_view tag, bytes_view message,
                                   const byte_array<64>& signature);

/// The domain of the signature of a batch.
inline constexpr std::string_view batch_tag = "ainur/batch/v1";
/// The domain of an agent's signature over the hash of its bid (award_line::agent_signature).
inline constexpr std::string_view bid_tag = "ainur/bid/v1";
/// What an agent signs to consent to an award of its bid.
[[nodiscard]] bytes bid_message(const hash256& bid, std::optional<std::uint32_t> key_version);

/// The domain of a new key's signature, in `rotate_key`.
inline constexpr std::string_view key_tag = "ainur/key/v1";
/// What a new key signs: that it is to be the key of this version of this account on this chain.
[[nodiscard]] bytes key_message(const hash256& chain, const account_id& account,
                                std::uint32_t version);
/// The proof for `rotate_key` and `recover_account`; `seed` is that of the new key, `version` its
/// own.
[[nodiscard]] byte_array<64> prove_key(const hash256& chain, const account_id& account,
                                       std::uint32_t version, const byte_array<32>& seed);

/// The domain of an agent's signature over a delivered result (result_evidence).
inline constexpr std::string_view delivery_tag = "ainur/delivery/v1";
/// The domain of an agent's signature over an acceptance (signed_acceptance).
inline constexpr std::string_view acceptance_tag = "ainur/acceptance/v1";

} // namespace ainur::ledger
