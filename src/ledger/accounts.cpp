// Free balances: transfer, opening, reaping, fees.
#include <algorithm>

#include "handlers.hpp"

namespace ainur::ledger {

namespace {

/// True if it must stay, whatever its free balance.
bool is_needed(const account_record& r) {
  return !r.reserved.is_zero() || !r.bonded.is_zero() || !r.unbonding.is_zero() ||
         !r.held.is_zero() || r.open_awards != 0 || r.open_tasks != 0 || r.anchors != 0;
}

/// One that was reaped may be remembered, but is there no more than one that never was.
bool lives(const account_record* r) {
  return r != nullptr && (!r->free.is_zero() || is_needed(*r));
}

} // namespace

bool can_credit(const session& s, const account_id& to, amount value) {
  return value >= s.rules().existential_deposit || lives(s.b.accounts.find({to}));
}

void credit(session& s, const account_id& to, amount value) {
  if (value.is_zero())
    return;
  const auto* seen = s.b.accounts.find({to});
  if (value < s.rules().existential_deposit && !lives(seen))
    add(s.b.meta.treasury, value);
  else if (seen == nullptr)
    s.b.accounts.insert({to}).free = value;
  else
    add(s.b.accounts.edit({to}).free, value);
}

void tidy(session& s, const account_id& id) {
  const auto* seen = s.b.accounts.find({id});
  if (seen == nullptr || seen->free >= s.rules().existential_deposit || is_needed(*seen))
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

void mint(session& s, const account_id& to, amount value) {
  add(s.b.meta.issuance, value);
  credit(s, to, value);
}

namespace {

/// `seen` is the record of `from`.
errc move_free(session& s, const account_id& from, const account_record& seen, const account_id& to,
               amount value) {
  if (to.is_none())
    return errc::invalid_value;
  if (seen.spendable() < value)
    return errc::insufficient_funds;
  if (to == from)
    return errc::ok;
  if (!can_credit(s, to, value))
    return errc::below_existential;
  take(s.b.accounts.edit({from}).free, value);
  credit(s, to, value);
  tidy(s, from);
  return errc::ok;
}

constexpr std::uint8_t locks_max = 16;

void refresh_locked(session& s, const account_id& id, const lock_record& r) {
  amount most;
  for (const auto& l : r.locks)
    most = std::max(most, l.value);
  s.b.accounts.edit({id}).locked = most;
  if (!r.locks.empty())
    s.b.due.push({r.next_end(), deadline_kind::lock, about(id), 0});
}

} // namespace

void end_locks(session& s, const account_id& id) {
  auto& r = s.b.locks.edit({id});
  for (const auto& l : r.locks)
    if (l.until < s.now)
      s.emit(event::balance_locked{id, l.number, {}, l.until});
  std::erase_if(r.locks, [&s](const lock_part& l) { return l.until < s.now; });
  refresh_locked(s, id, r);
  if (!r.locks.empty())
    return;
  s.b.locks.erase({id});
  --s.b.accounts.edit({id}).anchors;
  tidy(s, id);
}

errc handle(session& s, const actor& a, const transfer& c) {
  const auto* from = s.b.accounts.find({a.origin});
  if (from == nullptr)
    return errc::unknown_account;
  return move_free(s, a.origin, *from, c.to, c.value);
}

errc handle(session& s, const actor& a, const transfer_all& c) {
  const auto* from = s.b.accounts.find({a.origin});
  if (from == nullptr)
    return errc::unknown_account;
  auto value = from->spendable();
  if (c.keep_alive)
    value = std::min(value, from->free.saturating_minus(s.rules().existential_deposit));
  if (value.is_zero())
    return errc::insufficient_funds;
  return move_free(s, a.origin, *from, c.to, value);
}

errc handle(session& s, const actor& a, const lock_balance& c) {
  const auto* seen = s.b.accounts.find({a.origin});
  if (seen == nullptr)
    return errc::unknown_account;
  if (c.number >= locks_max || c.value.is_zero() || c.until > s.now + horizon_max)
    return errc::invalid_value;
  if (c.until <= s.now)
    return errc::too_late;
  if (seen->free < c.value)
    return errc::insufficient_funds;
  const auto same = [&c](const lock_part& l) { return l.number == c.number; };
  if (const auto* r = s.b.locks.find({a.origin}); r != nullptr) {
    const auto old = std::find_if(r->locks.begin(), r->locks.end(), same);
    if (old != r->locks.end() && (c.value < old->value || c.until < old->until))
      return errc::lock_shrinks;
  }
  if (s.b.locks.find({a.origin}) == nullptr) {
    s.b.locks.insert({a.origin});
    ++s.b.accounts.edit({a.origin}).anchors;
  }
  auto& r = s.b.locks.edit({a.origin});
  std::erase_if(r.locks, same);
  const auto place = std::find_if(r.locks.begin(), r.locks.end(),
                                  [&c](const lock_part& l) { return l.number > c.number; });
  r.locks.insert(place, {c.number, c.value, c.until});
  refresh_locked(s, a.origin, r);
  s.emit(event::balance_locked{a.origin, c.number, c.value, c.until});
  return errc::ok;
}

errc handle(session& s, const actor& a, const mint_money& c) {
  if (a.origin != s.b.origin.council)
    return errc::not_permitted;
  if (c.to.is_none() || c.value.is_zero())
    return errc::invalid_value;
  if (!s.b.meta.issuance.plus(c.value))
    return errc::overflow;
  if (!can_credit(s, c.to, c.value))
    return errc::below_existential;
  mint(s, c.to, c.value);
  s.emit(event::issuance_changed{c.to, event::issuance_cause::minted_by_council, c.value,
                                 s.b.meta.issuance});
  return errc::ok;
}

errc handle(session& s, const actor& a, const burn_money& c) {
  const auto* seen = s.b.accounts.find({a.origin});
  if (seen == nullptr)
    return errc::unknown_account;
  if (c.value.is_zero())
    return errc::invalid_value;
  if (seen->spendable() < c.value)
    return errc::insufficient_funds;
  take(s.b.accounts.edit({a.origin}).free, c.value);
  take(s.b.meta.issuance, c.value);
  s.emit(event::issuance_changed{a.origin, event::issuance_cause::burned_by_owner, c.value,
                                 s.b.meta.issuance});
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
