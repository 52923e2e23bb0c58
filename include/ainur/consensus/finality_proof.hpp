// Proofs for somebody who keeps no ledger and trusts no single machine: that a block is final, that
// a transaction is in it and what became of it, or that a record stood in the state after it.
//
// Whoever checks a proof begins with something of their own: the genesis hash, which names the
// chain, and perhaps the id of a later block that they believe. From there the proof leads to its
// block as a light client goes (light_client.hpp): by headers with certificates, as few as the
// changes of the validators allow. Everything else follows by hashes:
//
//   genesis ──validators──▶ headers between ──▶ header of block h ──batches──▶ the transaction
//                                                      ▲
//                                              header of block h + 1 ──before──▶ receipt, state
//
// A store gives proofs without a running node: finality_prover.hpp. Values; pure; thread-safe.
// Forms: docs/formats.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ainur/consensus/light_client.hpp"
#include "ainur/ledger/genesis.hpp"
#include "ainur/ledger/proof.hpp"

namespace ainur::consensus {

/// Shows that a block is final.
struct block_proof {
  hash256 chain;                            ///< the genesis hash
  bytes genesis;                            ///< canonical; empty: whoever checks must have it
  std::optional<consensus::header> from;    ///< of the block to be trusted; nothing: genesis is
  std::vector<certified_header> bridge;     ///< between the trusted block and this one, rising
  consensus::header header;                 ///< of the block
  std::optional<consensus::header> next;    ///< of the block after it: what its execution gave
  certificate commit;                       ///< of `next`, or of the block if there is none
  std::vector<std::vector<validator>> sets; ///< that headers name, each once, in the order in which
                                            ///< they name them; without that of genesis
  AINUR_FIELDS(block_proof, chain, genesis, from, bridge, header, next, commit, sets)
};

/// What became of a transaction, with its path to `execution::receipts`.
struct receipt_proof {
  ledger::batch_receipt receipt;
  std::vector<hash256> path; ///< from the leaf up
  AINUR_FIELDS(receipt_proof, receipt, path)
};

/// Shows that a transaction, a signed batch, is in a final block.
struct finality_proof {
  std::uint16_t version = 1;
  block_proof block;
  std::uint64_t place = 0;              ///< of the batch in the block
  std::uint64_t count = 0;              ///< of the batches in the block
  bytes batch;                          ///< the signed batch, canonical
  std::vector<hash256> path;            ///< from its leaf up
  std::optional<receipt_proof> outcome; ///< nothing if, and only if, there was no next block yet
  AINUR_FIELDS(finality_proof, version, block, place, count, batch, path, outcome)
};

/// Shows a record of the state, or that there is none, at a checkpoint that validators certified.
struct certified_state_proof {
  std::uint16_t version = 1;
  ledger::state_proof state;
  block_proof block; ///< of the checkpoint, with `next`
  AINUR_FIELDS(certified_state_proof, version, state, block)
};

inline constexpr std::size_t finality_bytes_max = std::size_t{8} << 20;  ///< of either, canonical
inline constexpr std::size_t finality_text_max = 4 * finality_bytes_max; ///< as JSON
inline constexpr std::size_t bridge_max = 1'000;
/// A longer genesis is not in the proof.
inline constexpr std::size_t genesis_in_proof_max = std::size_t{64} << 10;

/// What the one who checks brings along. Without the chain or its genesis nothing is believed.
struct finality_demands {
  std::optional<hash256> chain{};           ///< the genesis hash
  std::optional<ledger::genesis> genesis{}; ///< for proofs that do not carry it
  /// The id of the block with which a proof begins that does not begin with genesis.
  std::optional<hash256> trusted{};
  light_options light{}; ///< how old trust may be
};

/// As `now`: how old trust is does not matter. Validators of long ago, who have nothing to lose any
/// more, could sign another chain; where that is to be feared, give the time, and begin with a
/// block that is younger than the trusting period.
inline constexpr std::nullopt_t any_age = std::nullopt;

/// Checks that the block is final. `now`: the trusted block (or genesis) must be younger than the
/// trusting period, and no header later than `now`. Errors: `not_trusted` if it begins elsewhere
/// than with what is trusted, or trust has run out; `bad_proof`, `bad_block`, `bad_certificate`,
/// `bad_validators`, `codec` errors for what does not fit, saying what.
[[nodiscard]] result<void> check_finality(const block_proof& p, const finality_demands& demands,
                                          std::optional<timestamp> now);

/// What a finality proof shows.
struct final_transaction {
  std::uint64_t height = 0;
  timestamp time{};
  hash256 block; ///< its id
  hash256 id;    ///< of the transaction
  ledger::signed_batch content;
  /// What became of it: certified. Nothing if there was no next block yet.
  std::optional<ledger::batch_receipt> receipt;
};

/// Errors: those of `check_finality` of the block; `bad_proof`; `base_errc::unsupported` for
/// another version.
[[nodiscard]] result<final_transaction> check_finality(const finality_proof& p,
                                                       const finality_demands& demands,
                                                       std::optional<timestamp> now);
/// What it shows is `p.state` (as `ledger::account_of`). Errors: as above, and those of
/// `ledger::check_proof`.
[[nodiscard]] result<void> check_finality(const certified_state_proof& p,
                                          const finality_demands& demands,
                                          std::optional<timestamp> now);

[[nodiscard]] bytes encode_finality(const finality_proof& p);
[[nodiscard]] bytes encode_finality(const certified_state_proof& p);
/// Errors: any `codec::errc`.
[[nodiscard]] result<finality_proof> decode_finality(bytes_view form);
[[nodiscard]] result<certified_state_proof> decode_certified_state(bytes_view form);

/// One JSON object of the fields; ids and bytes in hexadecimal, accounts as dids.
[[nodiscard]] std::string finality_to_json(const finality_proof& p);
[[nodiscard]] std::string finality_to_json(const certified_state_proof& p);
/// Any proof that `ainur ledger prove` makes.
using any_proof = std::variant<ledger::state_proof, finality_proof, certified_state_proof>;

/// Tells the kinds apart by their members. Errors: `base_errc::malformed`, naming the member.
[[nodiscard]] result<any_proof> proof_from_json(std::string_view text);
/// Errors: `base_errc::malformed`, naming the member.
[[nodiscard]] result<finality_proof> finality_from_json(std::string_view text);
[[nodiscard]] result<certified_state_proof> certified_state_from_json(std::string_view text);

} // namespace ainur::consensus
