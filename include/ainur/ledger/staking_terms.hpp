// The words of staking that calls, events and views share.
#pragma once

#include <cstdint>

#include "ainur/base/amount.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"

namespace ainur::ledger {

/// Where the rewards of a stash go. Both are out of the controller's reach.
enum class reward_destination : std::uint8_t {
  stash_free, ///< to the stash's free balance
  restaked,   ///< to its active stake
  max_value = restaked,
};

/// Stake on its way out.
struct unlock_chunk {
  amount value;
  std::uint64_t era = 0; ///< from then on it can be withdrawn; slashable before
  AINUR_FIELDS(unlock_chunk, value, era)
};

struct validator_prefs {
  std::uint32_t commission_ppm = 0;
  bool blocked = false; ///< takes no new nominators
  AINUR_FIELDS(validator_prefs, commission_ppm, blocked)
};

/// A part of somebody's stake: behind a validator in an era, or to be slashed.
struct stake_part {
  account_id stash;
  amount value;
  AINUR_FIELDS(stake_part, stash, value)
};

/// What a validator can be reported for.
enum class validator_offence : std::uint8_t {
  equivocation, ///< min(1, 3k/n)² of the stake
  unresponsive, ///< nothing up to a tenth of the validators, then up to 7 %
  max_value = unresponsive,
};

} // namespace ainur::ledger
