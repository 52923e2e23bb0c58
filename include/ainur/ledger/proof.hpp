// Proofs of single records: that an account (or any record) stands in the state of a checkpoint
// with this content, or that there is none.
//
// `state::prove` makes one; `check_proof` needs nothing but the proof. What it proves is only as
// good as the checkpoint: compare the checkpoint with one you trust, or ask for the authority's
// signature over it. An account's proof takes about 1 KiB among a million accounts. Values; pure;
// thread-safe. Forms: docs/formats.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ainur/ledger/checkpoint.hpp"
#include "ainur/ledger/error.hpp"
#include "ainur/ledger/view.hpp"

namespace ainur::ledger {

struct state_proof {
  /// The leaf that stands where the path of an absent key leads.
  struct leaf {
    hash256 path;
    hash256 value; ///< the hash of its record
    AINUR_FIELDS(leaf, path, value)
  };

  std::uint16_t version = 1;
  checkpoint at;
  std::uint8_t table = 0;
  bytes key;                     ///< as in docs/ledger.md; of an account its id
  std::optional<bytes> record;   ///< canonical; nothing: there is no such record
  std::optional<leaf> other;     ///< of an absence, unless an empty subtree shows it
  std::uint16_t depth = 0;       ///< of the leaf or empty subtree, at most 256
  bytes present;                 ///< a bit a level, highest first: the sibling is not empty
  std::vector<hash256> siblings; ///< those that are not empty, from the root down
  /// The authority's over `at`, for checkpoint::signature_domain.
  std::optional<byte_array<64>> signature;
  AINUR_FIELDS(state_proof, version, at, table, key, record, other, depth, present, siblings,
               signature)
};

inline constexpr std::size_t proof_bytes_max = std::size_t{1} << 20;

/// What the holder of a proof demands besides its being right.
struct proof_demands {
  std::optional<hash256> chain;        ///< the genesis hash
  std::optional<account_id> authority; ///< who must have signed the checkpoint
  std::optional<hash256> state_hash;   ///< known from elsewhere

  /// Without one of these a proof is right in itself, and anybody can make such a one of anything.
  [[nodiscard]] bool ties_to_chain() const noexcept { return authority || state_hash; }
};

/// Checks the proof against its own checkpoint, and the demands. Errors: `bad_proof`, saying what
/// does not fit; `bad_signature`; `base_errc::unsupported` for another version.
[[nodiscard]] result<void> check_proof(const state_proof& p, const proof_demands& demands = {});
/// Decodes and checks. Errors: also any `codec::errc`.
[[nodiscard]] result<state_proof> check_proof(bytes_view form, const proof_demands& demands = {});

/// Signs the proof's checkpoint with the authority's key.
void sign_proof(state_proof& p, const byte_array<32>& authority_seed);

/// The account that a checked proof shows, or nothing if it shows an absence. What other tables
/// know about the account is left out. Errors: `bad_proof` if it is not about an account.
[[nodiscard]] result<std::optional<account_view>> account_of(const state_proof& p);

[[nodiscard]] bytes encode_proof(const state_proof& p);
/// Errors: any `codec::errc`.
[[nodiscard]] result<state_proof> decode_proof(bytes_view form);

/// One JSON object; ids and bytes in hexadecimal, the time in microseconds.
[[nodiscard]] std::string proof_to_json(const state_proof& p);
/// Errors: `base_errc::malformed`, naming the member.
[[nodiscard]] result<state_proof> proof_from_json(std::string_view text);

} // namespace ainur::ledger
