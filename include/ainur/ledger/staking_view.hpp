// What can be asked of the state about staking: copies, in the ledger's own terms.
#pragma once

#include <optional>
#include <vector>

#include "ainur/ledger/calls/staking.hpp"

namespace ainur::ledger {

/// The stake of one stash.
struct stake_view {
  account_id stash;
  account_id controller;
  reward_destination payee = reward_destination::restaked;
  amount active;
  std::vector<unlock_chunk> unlocking;      ///< in order of their eras
  std::optional<validator_prefs> validator; ///< stands for election
  std::vector<account_id> targets;          ///< nominates
  AINUR_FIELDS(stake_view, stash, controller, payee, active, unlocking, validator, targets)
};

/// What stood behind a validator in an era, and what it did.
struct exposure_view {
  account_id validator;
  amount own;
  amount total;
  std::uint32_t commission_ppm = 0;
  std::uint64_t points = 0;
  std::uint32_t pages = 1;
  std::vector<std::uint32_t> claimed; ///< pages that were paid
  std::uint32_t slash_ppb = 0;        ///< the largest fraction slashed for this era
  AINUR_FIELDS(exposure_view, validator, own, total, commission_ppm, points, pages, claimed,
               slash_ppb)
};

/// A validator: a candidate, one of the running era, or both.
struct validator_view {
  account_id stash;
  std::optional<validator_prefs> prefs; ///< for the next election
  amount active;                        ///< its own stake
  std::optional<exposure_view> running; ///< in the running era
  AINUR_FIELDS(validator_view, stash, prefs, active, running)
};

/// One era with a set of validators.
struct era_view {
  std::uint64_t era = 0;
  bool ended = false;
  amount staked;
  amount reward; ///< once ended
  std::uint64_t points = 0;
  std::vector<exposure_view> validators; ///< in order of their election
  AINUR_FIELDS(era_view, era, ended, staked, reward, points, validators)
};

/// A slash that waits.
struct deferred_slash_view {
  std::uint64_t slash = 0;
  account_id validator;
  validator_offence kind = validator_offence::equivocation;
  std::uint64_t era = 0;
  std::uint64_t apply_era = 0;
  amount own;                         ///< the validator's part
  std::vector<stake_part> nominators; ///< theirs
  std::optional<account_id> reporter;
  amount reporter_reward; ///< at most
  AINUR_FIELDS(deferred_slash_view, slash, validator, kind, era, apply_era, own, nominators,
               reporter, reporter_reward)
};

} // namespace ainur::ledger
