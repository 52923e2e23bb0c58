// Events of standing: bonds and slashes.
#pragma once

#include "ainur/base/time.hpp"
#include "ainur/ledger/calls/reputation.hpp"

namespace ainur::ledger {

/// Why stake was taken.
enum class slash_reason : std::uint8_t {
  failure,
  fraudulent_result,
  double_acceptance,
  repeated_failures,
  protocol_violation,
  arbiter_absence,
  lost_dispute, ///< the agent's share of the arbiters' pay
  max_value = lost_dispute,
};

namespace event {

/// The performance bond changed by the account's own call.
struct bond_changed {
  account_id account;
  amount bonded;    ///< active after the call
  amount unbonding; ///< after the call
  std::uint16_t score = 0;
  bool first = false;    ///< reputation starts here
  std::uint64_t era = 0; ///< if `first`, decay counts from here
  AINUR_FIELDS(bond_changed, account, bonded, unbonding, score, first, era)
};

/// Stake taken at once (small slashes) or held until `due` (severe ones, with a number).
struct slashed {
  account_id account;
  slash_reason reason = slash_reason::failure;
  amount value;
  std::uint64_t slash = 0; ///< 0: taken at once; else the number for `cancel_slash`
  timestamp due{};         ///< of a held one
  std::uint16_t score_after = 0;
  std::uint64_t era = 0; ///< of a held one, decay counts from here
  AINUR_FIELDS(slashed, account, reason, value, slash, due, score_after, era)
};

/// A held slash was cancelled by the council (stake and reputation given back) or paid.
struct slash_ended {
  std::uint64_t slash = 0;
  account_id account;
  amount value;
  bool cancelled = false;
  std::uint16_t score_after = 0;
  std::uint64_t era = 0; ///< of a cancelled one, decay counts from here
  AINUR_FIELDS(slash_ended, slash, account, value, cancelled, score_after, era)
};

/// Where reputation decays: a new era, in which the scores of idle accounts may be less
/// (`decayed`).
struct era_of_decay {
  std::uint64_t era = 0;
  AINUR_FIELDS(era_of_decay, era)
};

} // namespace event
} // namespace ainur::ledger
