// Free balances: transfer, opening, reaping, fees.
#include "book.hpp"

namespace ainur::ledger {

void credit(session& s, const account_id& to, amount value) {
  if (value.is_zero())
    return;
  if (auto* r = s.b.accounts.edit_if({to}); r != nullptr)
    add(r->free, value);
  else if (value >= s.rules().existential_deposit)
    s.b.accounts.insert({to}).free = value;
  else
    add(s.b.meta.treasury, value);
}

void tidy(session& s, const account_id& id) {
  const auto* seen = s.b.accounts.find({id});
  if (seen == nullptr || seen->free >= s.rules().existential_deposit || !seen->reserved.is_zero() ||
      !seen->bonded.is_zero() || !seen->unbonding.is_zero() || !seen->held.is_zero() ||
      seen->open_awards != 0 || seen->open_tasks != 0)
    return;
  if (!seen->free.is_zero()) {
    auto& r = s.b.accounts.edit({id});
    add(s.b.meta.treasury, r.free);
    s.emit(event::account_reaped{id, r.free});
    r.free = {};
  }
  // The nonce guards against replay, and standing and controller stay: such records remain.
  if (seen->nonce == 0 && !seen->rated && seen->controller == 0)
    s.b.accounts.erase({id});
}

void pay_fee(session& s, amount fee) {
  const auto author = share(fee, s.rules().fee_author_ppm);
  credit(s, s.author, author);
  add(s.b.meta.treasury, *fee.minus(author));
}

errc handle(session& s, const actor& a, const transfer& c) {
  const auto* from = s.b.accounts.find({a.origin});
  if (from == nullptr)
    return errc::unknown_account;
  if (c.to.is_none())
    return errc::invalid_value;
  if (from->free < c.value)
    return errc::insufficient_funds;
  if (c.to == a.origin)
    return errc::ok;
  if (s.b.accounts.find({c.to}) == nullptr && c.value < s.rules().existential_deposit)
    return errc::below_existential;
  take(s.b.accounts.edit({a.origin}).free, c.value);
  credit(s, c.to, c.value);
  tidy(s, a.origin);
  return errc::ok;
}

errc handle(session& s, const actor& a, const open_account& c) {
  const auto* seen = s.b.accounts.find({a.origin});
  if (!a.hosted())
    return errc::not_permitted;
  if (seen == nullptr)
    return errc::unknown_account;
  if (c.controller.is_none())
    return errc::invalid_value;
  if (seen->controller != 0)
    return errc::already_open;
  s.b.accounts.edit({a.origin}).controller = s.b.party_of(c.controller);
  s.emit(event::account_opened{a.origin, a.signer, c.controller});
  return errc::ok;
}

} // namespace ainur::ledger
