// What validators send to each other. All of it can travel over any link: messages are bounded and
// in canonical msgpack, and what must be believed is signed.
#pragma once

#include <variant>

#include "ainur/consensus/block.hpp"
#include "ainur/consensus/snapshot_offer.hpp"

namespace ainur::consensus {

/// A proposal with its block. With a valid round, also the prevotes that made its quorum, so that
/// whoever missed them can follow line 28.
struct proposal_message {
  signed_statement proposal;
  block_ptr block;
  std::vector<signed_statement> polka;
};

/// A prevote or precommit.
struct vote_message {
  signed_statement vote;
  AINUR_FIELDS(vote_message, vote)
};

/// Where a replica stands that makes no progress; asks the others to help it on.
struct status_message {
  std::uint64_t height = 0; ///< that it works on
  round_number round = no_round;
  round_number valid_round = no_round;
  std::uint64_t first_block = 1; ///< the oldest block it can send
  bool reply = false;            ///< answers another's status: not to be answered again
  AINUR_FIELDS(status_message, height, round, valid_round, first_block, reply)
};

struct blocks_request {
  std::uint64_t first = 0;
  std::uint32_t count = 0; ///< at most `blocks_in_message_max`
  AINUR_FIELDS(blocks_request, first, count)
};

/// Certified blocks of rising heights without a gap.
struct blocks_message {
  std::vector<certified_block> blocks;
};

/// Asks for a `snapshot_offer`: the blocks that would be needed are kept by nobody.
struct snapshot_request {
  std::uint64_t height = 0; ///< of the replica that asks: it needs a later one
  AINUR_FIELDS(snapshot_request, height)
};

inline constexpr std::size_t blocks_in_message_max = 16;
inline constexpr std::size_t message_bytes_max = 64u << 20;

using message = std::variant<proposal_message, vote_message, status_message, blocks_request,
                             blocks_message, snapshot_request, snapshot_offer>;

[[nodiscard]] bytes encode_message(const message& m);
/// Errors: any `codec::errc`; `bad_block`.
[[nodiscard]] result<message> decode_message(bytes_view data);

} // namespace ainur::consensus
