// Makes proofs of finality (finality_proof.hpp) from the store of a node; no node need be running.
//
// `begin` says with what the proof begins: 0 with genesis, else with the block of that height,
// which the reader of the proof must trust. A proof is checked on the way: what the store does not
// support is an error, never a proof that fails elsewhere. Pure functions of a view; thread-safe
// like it.
#pragma once

#include "ainur/consensus/finality_proof.hpp"
#include "ainur/store/backend.hpp"

namespace ainur::consensus {

/// That the block of a height is final; with the header of the next block if there is one. Errors:
/// the store's; `base_errc::not_found` for a height that is not there, or a ledger that validators
/// do not keep; `not_trusted` if `begin` is not before it, or too many headers lie between;
/// `codec::errc::too_large`.
[[nodiscard]] result<block_proof> prove_block(const store::view& from, std::uint64_t height,
                                              std::uint64_t begin = 0);

/// The id of the block of a height: what proofs call `trusted`. Errors: the store's; any
/// `codec::errc`; `base_errc::not_found`.
[[nodiscard]] result<hash256> block_id(const store::view& from, std::uint64_t height);

/// Where a transaction is.
struct transaction_place {
  std::uint64_t height = 0;
  std::uint64_t place = 0; ///< in the block, from 0
};

/// Looks for a transaction in the blocks from `first` to `last`, for those who have only its id
/// (block.hpp). Linear in what these blocks hold. Errors: the store's; any `codec::errc`;
/// `base_errc::not_found` if it is in none of the blocks that are stored.
[[nodiscard]] result<transaction_place> find_transaction(const store::view& from, const hash256& id,
                                                         std::uint64_t first = 1,
                                                         std::uint64_t last = ~std::uint64_t{0});

/// That the batch at `place` (from 0) of the block of a height is final, and what became of it if
/// there is a next block. Errors: as `prove_block`; `base_errc::not_found` for a place that the
/// block does not have.
[[nodiscard]] result<finality_proof> prove_batch(const store::view& from, std::uint64_t height,
                                                 std::uint64_t place, std::uint64_t begin = 0);

/// An account, or that there is none, at the newest checkpoint that the block after it certifies.
/// Costs a replay from the newest stored state before it. Errors: as `prove_block`; those of
/// `ledger::state_at`; `base_errc::not_found` if there is no such checkpoint yet.
[[nodiscard]] result<certified_state_proof>
prove_account(const store::view& from, const account_id& who, std::uint64_t begin = 0);

} // namespace ainur::consensus
