// Checkpoints: heights at which the state hash is known.
//
// A checkpoint names one state of one chain. Signed by the authority it is what a light client
// starts from: proofs (proof.hpp) show single records of that state.
#pragma once

#include <cstdint>
#include <string_view>

#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"

namespace ainur::ledger {

struct checkpoint {
  static constexpr std::string_view signature_domain = "ainur/checkpoint/v1";

  hash256 chain; ///< the genesis hash
  std::uint64_t height = 0;
  hash256 block_hash;
  timestamp time{}; ///< of that block
  hash256 state_hash;
  AINUR_FIELDS(checkpoint, chain, height, block_hash, time, state_hash)
};

/// How much of the past a state keeps for `state::at`.
struct past_bounds {
  std::size_t checkpoints_max = 8;
  /// Of saved records, about. The oldest checkpoints go first, at last the newest.
  std::size_t bytes_max = std::size_t{256} << 20;
};

} // namespace ainur::ledger
