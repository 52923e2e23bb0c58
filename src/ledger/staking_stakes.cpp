// Stakes: what a stash puts in and takes out, and who acts for it.
#include <algorithm>

#include "handlers.hpp"
#include "staking.hpp"

namespace ainur::ledger {

std::optional<account_id> stash_under(const session& s, const account_id& controller) {
  const auto* r = s.b.controllers.find({controller});
  return r == nullptr ? std::nullopt : std::optional{r->stash};
}

void emit_stake(session& s, const account_id& stash, const stake_record& r) {
  s.emit(event::stake_changed{stash, r.controller, r.payee, r.active, r.unlocking});
}

amount role_minimum(const parameters& rules, const stake_record& r) {
  if (r.validator)
    return rules.staking.validator_stake_min;
  return r.targets.empty() ? amount{} : rules.staking.nominator_stake_min;
}

void end_stake(session& s, const account_id& stash, amount rest) {
  end_role(s, stash, event::chill_cause::slashed);
  s.b.controllers.erase({s.b.stakes.find({stash})->controller});
  s.b.stakes.erase({stash});
  if (s.b.slashings.find({stash}) != nullptr)
    s.b.slashings.erase({stash});
  if (s.b.validator_keys.find({stash}) != nullptr)
    s.b.validator_keys.erase({stash});
  auto& account = s.b.accounts.edit({stash});
  --account.anchors;
  add(account.free, rest);
  s.emit(event::stake_ended{stash, rest});
  tidy(s, stash);
}

errc handle(session& s, const actor& a, const stake& c) {
  const auto& rules = s.rules().staking;
  const auto* seen = s.b.accounts.find({a.origin});
  if (seen == nullptr)
    return errc::unknown_account;
  if (c.controller.is_none())
    return errc::invalid_value;
  if (s.b.stakes.find({a.origin}) != nullptr)
    return errc::already_staked;
  if (s.b.controllers.find({c.controller}) != nullptr)
    return errc::controller_taken;
  if (c.value < rules.stake_min)
    return errc::low_stake;
  if (seen->spendable() < c.value)
    return errc::insufficient_funds;
  if (s.b.stakes.size() == 0 && s.b.eras.size() == 0) {
    // While nobody had a stake, nothing asked for blocks at the ends of eras.
    auto& meta = s.b.meta;
    meta.staking_era = meta.era;
    s.b.due.push({era_eve(s.b, meta.era + 1), deadline_kind::era, {}, meta.era});
  }
  auto& account = s.b.accounts.edit({a.origin});
  take(account.free, c.value);
  ++account.anchors;
  s.b.controllers.insert({c.controller}, {a.origin});
  emit_stake(s, a.origin,
             s.b.stakes.insert({a.origin}, {.controller = c.controller,
                                            .payee = c.payee,
                                            .active = c.value,
                                            .unlocking = {},
                                            .validator = {},
                                            .targets = {}}));
  return errc::ok;
}

errc handle(session& s, const actor& a, const stake_more& c) {
  const auto* seen = s.b.stakes.find({a.origin});
  if (seen == nullptr)
    return errc::not_staked;
  if (c.value.is_zero())
    return errc::invalid_value;
  if (s.b.accounts.find({a.origin})->spendable() < c.value)
    return errc::insufficient_funds;
  if (seen->active.saturating_plus(c.value) < s.rules().staking.stake_min)
    return errc::low_stake;
  take(s.b.accounts.edit({a.origin}).free, c.value);
  auto& r = s.b.stakes.edit({a.origin});
  add(r.active, c.value);
  emit_stake(s, a.origin, r);
  return errc::ok;
}

errc handle(session& s, const actor& a, const unstake& c) {
  const auto& rules = s.rules().staking;
  const auto stash = stash_under(s, a.origin);
  if (!stash)
    return errc::not_controller;
  if (c.value.is_zero())
    return errc::invalid_value;
  const auto* seen = s.b.stakes.find({*stash});
  const auto left = seen->active.minus(c.value);
  if (!left)
    return errc::insufficient_funds;
  if (*left < role_minimum(s.rules(), *seen) || (!left->is_zero() && *left < rules.stake_min))
    return errc::low_stake;
  const auto era = s.b.meta.era + rules.bonding_eras;
  const bool joins = !seen->unlocking.empty() && seen->unlocking.back().era == era;
  if (!joins && seen->unlocking.size() >= rules.unlocking_chunks_max)
    return errc::too_many_chunks;
  auto& r = s.b.stakes.edit({*stash});
  r.active = *left;
  if (joins)
    add(r.unlocking.back().value, c.value);
  else
    r.unlocking.push_back({c.value, era});
  emit_stake(s, *stash, r);
  return errc::ok;
}

errc handle(session& s, const actor& a, const restake& c) {
  const auto stash = stash_under(s, a.origin);
  if (!stash)
    return errc::not_controller;
  if (c.value.is_zero())
    return errc::invalid_value;
  const auto* seen = s.b.stakes.find({*stash});
  if (seen->total().saturating_minus(seen->active) < c.value)
    return errc::insufficient_funds;
  if (seen->active.saturating_plus(c.value) < s.rules().staking.stake_min)
    return errc::low_stake;
  auto& r = s.b.stakes.edit({*stash});
  for (auto rest = c.value; !rest.is_zero();) {
    auto& newest = r.unlocking.back();
    const auto part = std::min(newest.value, rest);
    take(newest.value, part);
    take(rest, part);
    if (newest.value.is_zero())
      r.unlocking.pop_back();
  }
  add(r.active, c.value);
  emit_stake(s, *stash, r);
  return errc::ok;
}

errc handle(session& s, const actor& a, const withdraw_unstaked&) {
  const auto stash = stash_under(s, a.origin);
  if (!stash)
    return errc::not_controller;
  const auto now = s.b.meta.staking_era;
  const auto* seen = s.b.stakes.find({*stash});
  if (seen->unlocking.empty() || seen->unlocking.front().era > now)
    return errc::too_early;
  auto& r = s.b.stakes.edit({*stash});
  const auto locked = std::find_if(r.unlocking.begin(), r.unlocking.end(),
                                   [now](const unlock_chunk& x) { return x.era > now; });
  amount freed;
  for (auto it = r.unlocking.begin(); it != locked; ++it)
    add(freed, it->value);
  r.unlocking.erase(r.unlocking.begin(), locked);
  add(s.b.accounts.edit({*stash}).free, freed);
  emit_stake(s, *stash, r);
  if (r.total().is_zero())
    end_stake(s, *stash, {});
  return errc::ok;
}

errc handle(session& s, const actor& a, const set_controller& c) {
  const auto* seen = s.b.stakes.find({a.origin});
  if (seen == nullptr)
    return errc::not_staked;
  if (c.controller.is_none())
    return errc::invalid_value;
  if (s.b.controllers.find({c.controller}) != nullptr)
    return errc::controller_taken;
  auto& r = s.b.stakes.edit({a.origin});
  s.b.controllers.erase({r.controller});
  s.b.controllers.insert({c.controller}, {a.origin});
  r.controller = c.controller;
  emit_stake(s, a.origin, r);
  return errc::ok;
}

errc handle(session& s, const actor& a, const set_payee& c) {
  const auto stash = stash_under(s, a.origin);
  if (!stash)
    return errc::not_controller;
  auto& r = s.b.stakes.edit({*stash});
  r.payee = c.payee;
  emit_stake(s, *stash, r);
  return errc::ok;
}

errc handle(session& s, const actor&, const reap_stake& c) {
  const auto* seen = s.b.stakes.find({c.stash});
  if (seen == nullptr)
    return errc::not_staked;
  const auto rest = seen->total();
  if (rest >= s.rules().existential_deposit)
    return errc::wrong_state;
  end_stake(s, c.stash, rest);
  return errc::ok;
}

} // namespace ainur::ledger
