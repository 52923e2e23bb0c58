// What a replica makes durable before it acts: the write-ahead records of one height.
#pragma once

#include <optional>
#include <variant>

#include "ainur/codec/msgpack.hpp"
#include "ainur/consensus/agreement.hpp"
#include "ainur/consensus/block.hpp"

namespace ainur::consensus {

/// Signed, and perhaps sent. A new block comes with its first proposal.
struct said_record {
  signed_statement statement;
  std::optional<consensus::block> block;
  AINUR_FIELDS(said_record, statement, block)
};

/// Locked or valid values changed. The body of a block comes with the first record that names it,
/// and the valid value with its quorum of prevotes: if all validators die at once, somebody must
/// still be able to propose it again, and to show the others why they may follow.
struct held_record {
  std::uint64_t height = 0;
  held_values values;
  std::optional<consensus::block> block;
  std::vector<signed_statement> polka;
  AINUR_FIELDS(held_record, height, values, block, polka)
};

/// A later round began, for these votes.
struct entered_record {
  std::uint64_t height = 0;
  round_number round = 0;
  std::vector<signed_statement> votes;
  AINUR_FIELDS(entered_record, height, round, votes)
};

/// A block, its header and certificate, and the votes of every validator.
inline constexpr std::size_t wal_record_bytes_max = block_bytes_max + 512 * validators_max;

struct wal_record {
  std::variant<said_record, held_record, entered_record> what;
  AINUR_FIELDS(wal_record, what)
};

} // namespace ainur::consensus
