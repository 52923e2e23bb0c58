// What nodes send to each other: the messages of replicas, batches that wait, and the chunks of
// snapshots. All of it is bounded and in canonical msgpack; what must be believed is signed, or is
// proven by a hash.
#pragma once

#include "ainur/consensus/mempool.hpp"
#include "ainur/consensus/message.hpp"

namespace ainur::consensus {

/// Batches for the mempool. Inside a process they are shared, with their signatures checked; what
/// came over a wire has been through `prepare`.
struct batches_message {
  std::vector<batch_ptr> batches;
};

/// Asks for a piece of the snapshot at a checkpoint.
struct chunk_request {
  std::uint64_t height = 0;
  std::uint32_t number = 0; ///< from 0
  AINUR_FIELDS(chunk_request, height, number)
};

struct chunk_message {
  std::uint64_t height = 0;
  std::uint32_t number = 0;
  std::uint32_t count = 0; ///< of all chunks; 0: the snapshot is not there any more
  bytes data;
  AINUR_FIELDS(chunk_message, height, number, count, data)
};

inline constexpr std::size_t batches_in_message_max = 10'000;
inline constexpr std::size_t chunk_bytes = 1u << 20;
inline constexpr std::uint32_t chunks_max = 1u << 16;

using node_message = std::variant<message, batches_message, chunk_request, chunk_message>;

[[nodiscard]] bytes encode_node_message(const node_message& m);
/// Signatures of batches are checked, for this chain; one that does not fit is marked. Errors: any
/// `codec::errc`; `bad_block`.
[[nodiscard]] result<node_message> decode_node_message(const hash256& chain, bytes_view data);

} // namespace ainur::consensus
