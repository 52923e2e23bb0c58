// Where a chain stands after a block: all that the next height begins with.
//
// A pure function of the blocks and of what their execution gave, so it is the same on every honest
// replica; it is stored with each block and travels with snapshots. Values.
#pragma once

#include <cstdint>
#include <optional>

#include "ainur/consensus/block.hpp"

namespace ainur::consensus {

struct position {
  std::uint64_t height = 0; ///< of the last block; 0 at genesis
  timestamp time{};         ///< of that block
  hash256 block;            ///< its id; none at genesis
  certificate commit;       ///< of that block; of height 0 at genesis
  consensus::execution execution;
  validator_set last_validators; ///< of that block; empty at genesis
  validator_set validators;      ///< of the next height
  validator_set next_validators; ///< of the height after that
  rotation turn;                 ///< at the start of the next height

  friend bool operator==(const position&, const position&) = default;
};

/// Before the first block. `genesis` is the ledger's genesis hash.
[[nodiscard]] position at_genesis(const hash256& genesis, timestamp time, validator_set validators);

/// After one more block. `elected`: the validators that its execution put into office, if it
/// changed them: they begin two heights later.
[[nodiscard]] position after(const position& before, const block& b, certificate commit,
                             execution done, std::optional<validator_set> elected = {});

/// The header of a block that follows, but for time and proposer and what `seal` fills in.
[[nodiscard]] header next_header(const position& p);

/// Why a block cannot follow: every header field is compared with what follows from the position,
/// and the certificate of the block before is checked. What its batches may do is not looked at.
/// Errors: `bad_block`, naming the field.
[[nodiscard]] result<void> expect_follows(const position& p, const block& b,
                                          class signature_checker& checker);

/// What two executions of one block disagree about, in words that name the first table: a replica
/// that finds this of a certified successor is wrong itself. Nothing if they agree.
[[nodiscard]] std::optional<std::string> difference(const execution& mine, const execution& theirs);

[[nodiscard]] bytes encode_position(const position& p);
/// Errors: any `codec::errc`, `bad_validators`.
[[nodiscard]] result<position> decode_position(bytes_view data);

} // namespace ainur::consensus
