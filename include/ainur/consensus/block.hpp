// What validators agree on: a block of signed batches, with what its author claims about the block
// before, and the certificate that makes it final.
//
// Execution lags agreement by one: a block carries what the execution of its predecessor gave (the
// ledger's block hash, the hash of what it wrote to each table, at checkpoints the state hash), so
// replicas that differ in anything notice at the next block. Its validators, and those of the next
// height, stand in the header by their hashes, which is what a light client follows. Values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "ainur/base/time.hpp"
#include "ainur/consensus/validator_set.hpp"
#include "ainur/consensus/vote_keeper.hpp"
#include "ainur/crypto/merkle_list.hpp"
#include "ainur/ledger/batch.hpp"
#include "ainur/ledger/committee.hpp"
#include "ainur/ledger/state.hpp"

namespace ainur::consensus {

using ledger::table_writes;

/// What the execution of a block gave.
struct execution {
  hash256 block_hash;                ///< the ledger's; the genesis hash before the first block
  std::vector<table_writes> tables;  ///< those written to, by rising number
  std::optional<hash256> state_hash; ///< at checkpoints
  hash256 receipts;                  ///< Merkle root of what became of each batch; none at genesis
  AINUR_FIELDS(execution, block_hash, tables, state_hash, receipts)
};

struct header {
  std::uint64_t height = 0;
  timestamp time{};        ///< the proposer's; later than that of the block before
  account_id proposer;     ///< who made the block, in whatever round it is proposed
  hash256 previous;        ///< id of the block before; none at height 1
  execution before;        ///< of the block before
  hash256 validators;      ///< of this height
  hash256 next_validators; ///< of the next
  hash256 turn;            ///< the rotation at the start of this height
  hash256 batches;         ///< Merkle root
  hash256 last_commit;     ///< hash of the certificate of the block before
  AINUR_FIELDS(header, height, time, proposer, previous, before, validators, next_validators, turn,
               batches, last_commit)
};

/// One precommit in a certificate.
struct commit_signature {
  validator_index signer = 0; ///< its place in the set of that height
  byte_array<64> signature{};
  AINUR_FIELDS(commit_signature, signer, signature)
};

/// A quorum of precommits for one block: proof that it is final.
struct certificate {
  std::uint64_t height = 0; ///< 0: of genesis, empty
  round_number round = 0;
  hash256 block;
  std::vector<commit_signature> signatures; ///< in rising order of their signers
  AINUR_FIELDS(certificate, height, round, block, signatures)
};

struct block {
  consensus::header header;
  std::vector<ledger::signed_batch> batches;
  certificate last_commit; ///< of the block before
  bytes encoded_batches{}; ///< in canonical msgpack, filled in by `seal`
  AINUR_FIELDS(block, header, batches, last_commit)
};

/// Blocks are large and never change: one copy is shared by all who hold it in a process.
using block_ptr = std::shared_ptr<const block>;

struct certified_block {
  block_ptr block;
  certificate commit;
};

inline constexpr std::size_t block_bytes_max = 32u << 20;

/// Names a block: the hash of its header.
[[nodiscard]] hash256 id_of(const header& h);
/// Names a transaction, its signature included: its leaf among the batches of a block.
[[nodiscard]] hash256 id_of(const ledger::signed_batch& b);
[[nodiscard]] hash256 hash_of(const certificate& c);
/// The root that stands in the header. Batches and receipts have one leaf each, the hash of their
/// canonical bytes, in their order.
[[nodiscard]] hash256 hash_of(const std::vector<ledger::signed_batch>& batches);
[[nodiscard]] hash256 hash_of(const std::vector<ledger::batch_receipt>& receipts);

/// The tags of these two lists (crypto/merkle_list.hpp).
inline constexpr crypto::merkle_tags batch_tags{"ainur/batch-leaf/v1", "ainur/batch-node/v1",
                                                "ainur/batches/v2"};
inline constexpr crypto::merkle_tags receipt_tags{"ainur/receipt-leaf/v1", "ainur/receipt-node/v1",
                                                  "ainur/receipts/v1"};

/// Completes the header with the hashes of batches and certificate. Linear in the batches.
[[nodiscard]] block_ptr seal(header h, std::vector<ledger::signed_batch> batches,
                             certificate last_commit);

/// The same with a header that is complete. Errors: `bad_block` if its hashes are others.
[[nodiscard]] result<block_ptr> reseal(block b);

[[nodiscard]] bytes encode_block(const block& b);
/// Errors: any `codec::errc`; `bad_block` if it is not whole.
[[nodiscard]] result<block_ptr> decode_block(bytes_view data);

/// Makes a certificate of precommits for one block, of which each validator has at most one.
[[nodiscard]] certificate make_certificate(const validator_set& set, std::uint64_t height,
                                           const vote_list& precommits);

} // namespace ainur::consensus
