// Calls on free balances: transfers, locks, mint and burn, and whose account a hosted one is.
#pragma once

#include <cstdint>

#include "ainur/base/amount.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"

namespace ainur::ledger {

/// Moves free balance. Creates the receiver if it gets at least the existential deposit.
struct transfer {
  account_id to;
  amount value;
  AINUR_FIELDS(transfer, to, value)
};

/// Moves all that the origin may spend: its free balance but for what is locked.
struct transfer_all {
  account_id to;
  bool keep_alive = false; ///< leaves the existential deposit behind
  AINUR_FIELDS(transfer_all, to, keep_alive)
};

/// Locks part of the origin's free balance until a time: it stays the origin's and counts as free,
/// but cannot be spent, reserved or bonded. Locks overlap: the largest counts. A lock can only be
/// made larger and longer; it ends by itself.
struct lock_balance {
  std::uint8_t number = 0; ///< 0 .. 15, which of the origin's locks
  amount value;            ///< not more than what is free
  timestamp until{};
  AINUR_FIELDS(lock_balance, number, value, until)
};

/// Origin: the council. New money: the issuance grows by `value`.
struct mint_money {
  account_id to;
  amount value;
  AINUR_FIELDS(mint_money, to, value)
};

/// The origin gives up money of its own: the issuance shrinks by `value`.
struct burn_money {
  amount value;
  AINUR_FIELDS(burn_money, value)
};

/// Origin: a hosted account. Declares, once, whose it is (its controller counts as one party in the
/// limits of reputation and in auctions). Without it the host is the controller.
struct open_account {
  account_id controller;
  AINUR_FIELDS(open_account, controller)
};

} // namespace ainur::ledger
