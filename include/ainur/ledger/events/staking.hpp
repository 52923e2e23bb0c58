// Events of staking: stakes, roles, eras, rewards and slashes. The nominators on the pages of an
// exposure are not repeated in events: `state::exposure_page` has them.
#pragma once

#include <vector>

#include "ainur/ledger/calls/staking.hpp"

namespace ainur::ledger {

namespace event {

/// A stake was made or changed by a call or by a restaked reward; as it is now.
struct stake_changed {
  account_id stash;
  account_id controller;
  reward_destination payee = reward_destination::restaked;
  amount active;
  std::vector<unlock_chunk> unlocking;
  AINUR_FIELDS(stake_changed, stash, controller, payee, active, unlocking)
};

/// Everything was withdrawn, or the rest reaped.
struct stake_ended {
  account_id stash;
  amount rest; ///< given back when reaped
  AINUR_FIELDS(stake_ended, stash, rest)
};

/// Stands for election from the next era on.
struct validating {
  account_id stash;
  validator_prefs prefs;
  AINUR_FIELDS(validating, stash, prefs)
};

struct nominating {
  account_id stash;
  std::vector<account_id> targets;
  AINUR_FIELDS(nominating, stash, targets)
};

/// Why a staker has no role any more.
enum class chill_cause : std::uint8_t {
  by_controller,
  slashed, ///< reported, or left with less than its role needs
  kicked,  ///< by the last validator it backed
  max_value = kicked,
};

struct chilled {
  account_id stash;
  chill_cause cause = chill_cause::by_controller;
  AINUR_FIELDS(chilled, stash, cause)
};

/// A validator of an era, and what stands behind it.
struct elected {
  std::uint64_t era = 0;
  account_id validator;
  amount own;
  amount total;
  std::uint32_t commission_ppm = 0;
  std::uint32_t pages = 1;
  AINUR_FIELDS(elected, era, validator, own, total, commission_ppm, pages)
};

/// After its `elected`.
struct era_started {
  std::uint64_t era = 0;
  std::uint32_t validators = 0;
  amount staked;
  AINUR_FIELDS(era_started, era, validators, staked)
};

struct era_ended {
  std::uint64_t era = 0;
  std::uint64_t points = 0;
  amount reward; ///< to be claimed
  AINUR_FIELDS(era_ended, era, points, reward)
};

/// Nothing of it can be claimed or reported any more.
struct era_dropped {
  std::uint64_t era = 0;
  AINUR_FIELDS(era_dropped, era)
};

/// Points of a validator in the running era: noted, or for a block it made.
struct points_noted {
  std::uint64_t era = 0;
  account_id validator;
  std::uint32_t points = 0;
  AINUR_FIELDS(points_noted, era, validator, points)
};

/// A reward of one staker; new money (one `issuance_changed` follows for the page).
struct reward_paid {
  std::uint64_t era = 0;
  account_id validator;
  std::uint32_t page = 0;
  account_id stash;
  amount value;
  bool restaked = false;
  AINUR_FIELDS(reward_paid, era, validator, page, stash, value, restaked)
};

struct validators_reported {
  validator_offence kind = validator_offence::equivocation;
  std::uint64_t era = 0;
  std::vector<account_id> offenders; ///< newly reported
  std::uint32_t together = 0;        ///< all of this kind in that era
  std::uint32_t fraction_ppb = 0;
  AINUR_FIELDS(validators_reported, kind, era, offenders, together, fraction_ppb)
};

/// From its next election on the validator signs statements with this key.
struct validator_key_set {
  account_id validator;
  byte_array<32> key{};
  AINUR_FIELDS(validator_key_set, validator, key)
};

/// A slash that will be applied at the start of an era.
struct stake_slash_deferred {
  std::uint64_t slash = 0;
  account_id validator;
  std::uint64_t era = 0; ///< of the offence
  amount value;          ///< of the validator and its nominators together
  std::uint64_t apply_era = 0;
  AINUR_FIELDS(stake_slash_deferred, slash, validator, era, value, apply_era)
};

/// Stake was taken; as it is now.
struct stake_slashed {
  std::uint64_t slash = 0;
  account_id stash;
  amount value;
  amount active;
  std::vector<unlock_chunk> unlocking;
  AINUR_FIELDS(stake_slashed, slash, stash, value, active, unlocking)
};

/// What was left of a slash was cancelled, or a page of it applied: to the treasury, but for the
/// reporter's part.
struct stake_slash_settled {
  std::uint64_t slash = 0;
  bool cancelled = false;
  std::uint32_t pages_left = 0; ///< 0: it is over
  amount reporter_reward;       ///< for this page
  AINUR_FIELDS(stake_slash_settled, slash, cancelled, pages_left, reporter_reward)
};

} // namespace event
} // namespace ainur::ledger
