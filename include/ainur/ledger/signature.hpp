// Ed25519 as the ledger needs it: seeds and accounts as plain bytes, each signature for one domain
// tag (crypto/keys.hpp), so that a signature for one purpose is none for another. Thread-safe;
// deterministic.
#pragma once

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

/// The domain of an agent's signature over the hash of its bid (award_line::agent_signature).
inline constexpr std::string_view bid_tag = "ainur/bid/v1";
/// The domain of an agent's signature over a delivered result (result_evidence).
inline constexpr std::string_view delivery_tag = "ainur/delivery/v1";
/// The domain of an agent's signature over an acceptance (signed_acceptance).
inline constexpr std::string_view acceptance_tag = "ainur/acceptance/v1";

} // namespace ainur::ledger
