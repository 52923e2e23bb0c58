// Events of accounts and balances.
#pragma once

#include "ainur/ledger/calls/balances.hpp"

namespace ainur::ledger {

namespace event {

struct account_opened {
  account_id account;
  account_id host; ///< none if it signs for itself
  account_id controller;
  AINUR_FIELDS(account_opened, account, host, controller)
};

/// What was left below the existential deposit went to the treasury.
struct account_reaped {
  account_id account;
  amount dust;
  AINUR_FIELDS(account_reaped, account, dust)
};

/// Why the issuance changed.
enum class issuance_cause : std::uint8_t {
  minted_by_council,
  burned_by_owner,
  validator_reward,
  max_value = validator_reward,
};

/// The only ways in which the issuance changes.
struct issuance_changed {
  account_id account; ///< who got it, or gave it up
  issuance_cause cause = issuance_cause::minted_by_council;
  amount value;
  amount issuance; ///< after the change
  AINUR_FIELDS(issuance_changed, account, cause, value, issuance)
};

/// A lock was made or changed; with no value it has ended.
struct balance_locked {
  account_id account;
  std::uint8_t number = 0;
  amount value;
  timestamp until{};
  AINUR_FIELDS(balance_locked, account, number, value, until)
};

} // namespace event
} // namespace ainur::ledger
