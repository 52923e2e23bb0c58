// Calls on validator stake: stash and controller, candidacy, nomination, payouts, and slashes.
//
// The *stash* owns the stake and can stay offline; its *controller* acts. Each controller acts for
// one stash; a stash may be its own. Validator stake is apart from performance bonds. Amounts, caps
// and times are `staking_parameters` of genesis; eras are counted from genesis.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ainur/base/time.hpp"
#include "ainur/ledger/staking_terms.hpp"
#include "ainur/ledger/statement.hpp"

namespace ainur::ledger {

/// Origin: the stash. Moves free balance into stake: at least `stake_min`, once for a stash.
struct stake {
  account_id controller;
  amount value;
  reward_destination payee = reward_destination::restaked;
  AINUR_FIELDS(stake, controller, value, payee)
};

/// Origin: the stash. Adds free balance to its active stake, which is then at least `stake_min`.
struct stake_more {
  amount value;
  AINUR_FIELDS(stake_more, value)
};

/// Origin: the controller. Starts to free active stake; it stays slashable for `bonding_eras`. What
/// stays active is nothing or at least `stake_min`, and the minimum of the role while there is one.
struct unstake {
  amount value;
  AINUR_FIELDS(unstake, value)
};

/// Origin: the controller. Makes stake active again that is unlocking, the newest first.
struct restake {
  amount value;
  AINUR_FIELDS(restake, value)
};

/// Origin: the controller. What has unlocked goes to the stash's free balance.
struct withdraw_unstaked {
  AINUR_NO_FIELDS(withdraw_unstaked)
};

/// Origin: the controller, with at least `validator_stake_min` active. Stands for election from the
/// next era on, or changes the terms for it. Ends a nomination.
struct run_validator {
  std::uint32_t commission_ppm = 0; ///< commission_min_ppm .. commission_max_ppm
  bool blocked = false;             ///< takes no new nominators
  AINUR_FIELDS(run_validator, commission_ppm, blocked)
};

/// Origin: the controller, with at least `nominator_stake_min` active. Backs validators with all of
/// its active stake from the next era on. Ends a candidacy.
struct nominate {
  std::vector<account_id> targets; ///< 1 .. nominations_max stashes of validators, each once
  AINUR_FIELDS(nominate, targets)
};

/// Origin: the controller. Neither validates nor nominates from the next era on.
struct chill {
  AINUR_NO_FIELDS(chill)
};

/// Origin: the controller of a validator. These nominators back it no longer; at least one did.
struct kick {
  std::vector<account_id> nominators; ///< 1 .. 64 stashes
  AINUR_FIELDS(kick, nominators)
};

/// Origin: the stash. Replaces its controller.
struct set_controller {
  account_id controller;
  AINUR_FIELDS(set_controller, controller)
};

/// Origin: the controller.
struct set_payee {
  reward_destination payee = reward_destination::restaked;
  AINUR_FIELDS(set_payee, payee)
};

/// Origin: anyone. Removes a stake whose value slashes have brought below the existential deposit.
struct reap_stake {
  account_id stash;
  AINUR_FIELDS(reap_stake, stash)
};

/// Origin: anyone. Pays what a validator and the nominators on one page of its exposure earned in
/// an era that is over, once, within `history_eras`.
struct claim_payout {
  account_id validator; ///< its stash
  std::uint64_t era = 0;
  std::uint32_t page = 0;
  AINUR_FIELDS(claim_payout, validator, era, page)
};

struct validator_points {
  account_id validator; ///< its stash
  std::uint32_t points = 0;
  AINUR_FIELDS(validator_points, validator, points)
};

/// Origin: the genesis authority. Adds points to validators of the running era.
struct note_era_points {
  std::vector<validator_points> points; ///< 1 .. 1,000 entries of 1 .. 1,000,000 points
  AINUR_FIELDS(note_era_points, points)
};

/// Origin: the council. Validators of one era that offended in the same way. The fraction follows
/// from all that were reported for it in that era, so that earlier ones may be slashed further.
struct report_validators {
  validator_offence kind = validator_offence::equivocation;
  std::uint64_t era = 0;             ///< at most `bonding_eras` ago
  std::vector<account_id> offenders; ///< 1 .. 256 stashes, at least one not reported for it yet
  std::optional<account_id> reporter;
  AINUR_FIELDS(report_validators, kind, era, offenders, reporter)
};

/// Origin: the controller. The key with which its validator signs statements from its next election
/// on; without one it is the controller's own key.
struct set_validator_key {
  byte_array<32> key{};
  byte_array<64> proof{}; ///< `prove_validator_key`: the key knows for whom it signs
  AINUR_FIELDS(set_validator_key, key, proof)
};

/// Origin: anyone, who is rewarded as the reporter. Two statements of one validator that contradict
/// each other, at a height of an era at most `bonding_eras` ago. Slashed like `report_validators`.
struct report_equivocation {
  signed_statement first;
  signed_statement second;
  AINUR_FIELDS(report_equivocation, first, second)
};

/// Origin: the council, until the slash is applied.
struct cancel_deferred_slash {
  std::uint64_t slash = 0; ///< its number, from the event
  AINUR_FIELDS(cancel_deferred_slash, slash)
};

/// The domain of the proof in `set_validator_key`.
inline constexpr std::string_view validator_key_tag = "ainur/validator-key/v1";
/// What the key signs: the chain's genesis hash and the stash.
[[nodiscard]] bytes validator_key_message(const hash256& chain, const account_id& stash);
[[nodiscard]] byte_array<64> prove_validator_key(const hash256& chain, const account_id& stash,
                                                 const crypto::secret_key& key);

} // namespace ainur::ledger
