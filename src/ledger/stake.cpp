// Performance bonds: bonding, unbonding, taking stake, and who may be drawn as an arbiter.
#include <algorithm>

#include "handlers.hpp"

namespace ainur::ledger {

namespace {

event::bond_changed change(const session& s, const account_id& id, const account_record& r,
                           bool first = false) {
  return {id, r.bonded, r.unbonding, s.b.score_of(r), first, s.b.meta.era};
}

/// Takes from what is unbonding, the newest parts first. It must be there.
void take_unbonding(session& s, const account_id& id, account_record& r, amount value) {
  take(r.unbonding, value);
  auto& chunks = s.b.unbonding.edit({id}).chunks;
  while (!value.is_zero()) {
    const auto part = std::min(chunks.back().value, value);
    take(chunks.back().value, part);
    take(value, part);
    if (chunks.back().value.is_zero())
      chunks.pop_back();
  }
  if (chunks.empty())
    s.b.unbonding.erase({id});
}

/// The first time that enough is bonded.
bool become_rated(const session& s, account_record& r) {
  if (r.rated || r.bonded < s.rules().bond_min)
    return false;
  r.rated = true;
  set_score(s, r, s.rules().reputation_start);
  return true;
}

} // namespace

void update_arbiter(session& s, const account_id& id, account_record& r) {
  auto& pool = s.b.arbiters;
  const bool eligible = r.bonded >= s.rules().bond_min;
  if (eligible == (r.arbiter != 0))
    return;
  if (eligible) {
    pool.insert({pool.size()}, {id});
    r.arbiter = static_cast<std::uint32_t>(pool.size());
    return;
  }
  // The last one takes the free place.
  const number_key place{r.arbiter - 1u};
  const number_key last{pool.size() - 1};
  if (place != last) {
    const auto moved = pool.find(last)->account;
    pool.edit(place).account = moved;
    s.b.accounts.edit({moved}).arbiter = r.arbiter;
  }
  pool.erase(last);
  r.arbiter = 0;
}

amount take_stake(session& s, const account_id& id, amount value) {
  auto* r = s.b.accounts.edit_if({id});
  if (r == nullptr)
    return {};
  const auto active = std::min(r->bonded, value);
  take(r->bonded, active);
  const auto rest = std::min(r->unbonding, *value.minus(active));
  if (!rest.is_zero())
    take_unbonding(s, id, *r, rest);
  update_arbiter(s, id, *r);
  return *active.plus(rest);
}

void return_stake(session& s, const account_id& id, amount value) {
  auto& r = s.b.accounts.edit({id});
  add(r.bonded, value);
  update_arbiter(s, id, r);
}

errc handle(session& s, const actor& a, const bond& c) {
  const auto* seen = s.b.accounts.find({a.origin});
  if (seen == nullptr)
    return errc::unknown_account;
  if (c.value.is_zero())
    return errc::invalid_value;
  if (seen->spendable() < c.value)
    return errc::insufficient_funds;
  auto& r = s.b.accounts.edit({a.origin});
  take(r.free, c.value);
  add(r.bonded, c.value);
  const bool first = become_rated(s, r);
  update_arbiter(s, a.origin, r);
  s.emit(change(s, a.origin, r, first));
  return errc::ok;
}

errc handle(session& s, const actor& a, const unbond& c) {
  const auto* seen = s.b.accounts.find({a.origin});
  if (seen == nullptr)
    return errc::unknown_account;
  if (c.value.is_zero())
    return errc::invalid_value;
  if (seen->bonded < c.value)
    return errc::insufficient_funds;
  const auto unlocks = s.now + s.rules().unbonding;
  const auto* waiting = s.b.unbonding.find({a.origin});
  const bool joins = waiting != nullptr && waiting->chunks.back().unlocks == unlocks;
  if (waiting != nullptr && !joins && waiting->chunks.size() >= s.rules().unbonding_chunks_max)
    return errc::too_many_chunks;
  auto& r = s.b.accounts.edit({a.origin});
  take(r.bonded, c.value);
  add(r.unbonding, c.value);
  auto& chunks =
      (waiting == nullptr ? s.b.unbonding.insert({a.origin}) : s.b.unbonding.edit({a.origin}))
          .chunks;
  if (joins)
    add(chunks.back().value, c.value);
  else
    chunks.push_back({c.value, unlocks});
  update_arbiter(s, a.origin, r);
  s.emit(change(s, a.origin, r));
  return errc::ok;
}

errc handle(session& s, const actor& a, const rebond& c) {
  const auto* seen = s.b.accounts.find({a.origin});
  if (seen == nullptr)
    return errc::unknown_account;
  if (c.value.is_zero())
    return errc::invalid_value;
  if (seen->unbonding < c.value)
    return errc::insufficient_funds;
  auto& r = s.b.accounts.edit({a.origin});
  take_unbonding(s, a.origin, r, c.value);
  add(r.bonded, c.value);
  const bool first = become_rated(s, r);
  update_arbiter(s, a.origin, r);
  s.emit(change(s, a.origin, r, first));
  return errc::ok;
}

errc handle(session& s, const actor& a, const withdraw_unbonded&) {
  if (s.b.accounts.find({a.origin}) == nullptr)
    return errc::unknown_account;
  const auto* waiting = s.b.unbonding.find({a.origin});
  if (waiting == nullptr || waiting->chunks.front().unlocks > s.now)
    return errc::too_early;
  auto& r = s.b.accounts.edit({a.origin});
  auto& chunks = s.b.unbonding.edit({a.origin}).chunks;
  const auto locked = std::find_if(chunks.begin(), chunks.end(),
                                   [&s](const chunk& x) { return x.unlocks > s.now; });
  for (auto it = chunks.begin(); it != locked; ++it) {
    take(r.unbonding, it->value);
    add(r.free, it->value);
  }
  chunks.erase(chunks.begin(), locked);
  if (chunks.empty())
    s.b.unbonding.erase({a.origin});
  s.emit(change(s, a.origin, r));
  tidy(s, a.origin);
  return errc::ok;
}

} // namespace ainur::ledger
