// Blocks: batches in the order in which they acted, at one time.
//
// `block_hash` covers the header, the batches and everything the block wrote (its *write set*), so
// two replicas that differ in anything see it at the first block. A block is logged as the
// canonical msgpack of `block`, which carries that hash.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ainur/ledger/batch.hpp"

namespace ainur::ledger {

struct block {
  /// 1 for the first; genesis is height 0.
  std::uint64_t height = 0;
  /// The block_hash before; the genesis hash for the first block.
  hash256 previous;
  /// Strictly later than the block before (and than genesis).
  timestamp time{};
  /// The author: the genesis authority, or a validator in office.
  account_id proposer;
  std::vector<signed_batch> batches;
  /// Of this block, after its execution; none in a proposal that has not been executed.
  hash256 hash;
  /// Validators that signed for the block before: their places in its committee, rising. Empty with
  /// a single authority, and in the first block.
  std::vector<std::uint32_t> signers{};
  static constexpr std::size_t fields_added = 1;
  AINUR_FIELDS(block, height, previous, time, proposer, batches, hash, signers)
};

/// The form in the block log.
[[nodiscard]] bytes encode_block(const block& b);
/// At most 64 MiB and 2^20 elements per list. Errors: any `codec::errc`.
[[nodiscard]] result<block> decode_block(bytes_view data);

} // namespace ainur::ledger
