// Calls on standing: performance bonds, severe offences and their appeal.
#pragma once

#include <cstdint>
#include <optional>

#include "ainur/base/amount.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"

namespace ainur::ledger {

/// Locks free balance as the origin's performance bond. The first bond of at least 100 AINU gives
/// the starting reputation; later ones only add stake (to bond more is to bond again).
struct bond {
  amount value;
  AINUR_FIELDS(bond, value)
};

/// Starts to free part of the bond; it stays slashable until the unbonding time is over.
struct unbond {
  amount value;
  AINUR_FIELDS(unbond, value)
};

/// Takes back what is unbonding, the newest parts first: it is active again at once.
struct rebond {
  amount value; ///< not more than what is unbonding
  AINUR_FIELDS(rebond, value)
};

/// Frees what has finished unbonding.
struct withdraw_unbonded {
  AINUR_NO_FIELDS(withdraw_unbonded)
};

/// The four severe offences and their share of the performance bond.
enum class offence : std::uint8_t {
  fraudulent_result,  ///< 50 %
  double_acceptance,  ///< 30 %
  repeated_failures,  ///< 25 %; at least 5 of the last 10 outcomes, once an era
  protocol_violation, ///< 20 %
  max_value = protocol_violation,
};

/// Origin: the council; or anyone, where the ledger itself can check the evidence (repeated
/// failures; digest mismatch of a posted result; signed acceptances above the declared capacity:
/// evidence.hpp). Held through the appeal window before it is paid.
struct report_offence {
  account_id offender;
  offence kind = offence::protocol_violation;
  std::optional<task_id> task; ///< the task concerned; one task carries only its largest penalty
  std::uint16_t subtask = 0;
  bytes evidence; ///< at most 64 KiB
  AINUR_FIELDS(report_offence, offender, kind, task, subtask, evidence)
};

/// Origin: the council, within the appeal window.
struct cancel_slash {
  account_id offender;
  std::uint64_t slash = 0; ///< its number, from the event
  AINUR_FIELDS(cancel_slash, offender, slash)
};

} // namespace ainur::ledger
