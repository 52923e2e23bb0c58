// The model: stakes, roles, and the keys of validators.
#include <algorithm>

#include "ainur/ledger/signature.hpp"
#include "model.hpp"

namespace ainur::test {

std::optional<account_id> model::stash_of(const account_id& controller) const {
  for (const auto& [stash, s] : stakes)
    if (s.controller == controller)
      return stash;
  return std::nullopt;
}

money model::role_min(const model_stake& s) const {
  if (s.validator)
    return of(p.staking.validator_stake_min);
  return s.targets.empty() ? 0 : of(p.staking.nominator_stake_min);
}

// --- stakes ---

errors model::on(const acting& a, const stake& c) {
  checks wrong;
  wrong(!exists(a.origin), errc::unknown_account);
  wrong(c.controller.is_none(), errc::invalid_value);
  wrong(stakes.contains(a.origin), errc::already_staked);
  wrong(stash_of(c.controller).has_value(), errc::controller_taken);
  wrong(c.value < p.staking.stake_min, errc::low_stake);
  wrong(spendable(a.origin) < of(c.value), errc::insufficient_funds);
  if (!wrong.found.empty())
    return wrong.found;
  if (stakes.empty() && eras.empty())
    staking_era = era();
  accounts[a.origin].free -= of(c.value);
  auto& s = stakes[a.origin];
  s.controller = c.controller;
  s.payee = c.payee;
  s.active = of(c.value);
  return {};
}

errors model::on(const acting& a, const stake_more& c) {
  const auto at = stakes.find(a.origin);
  checks wrong;
  wrong(at == stakes.end(), errc::not_staked);
  wrong(c.value == amount{}, errc::invalid_value);
  wrong(spendable(a.origin) < of(c.value), errc::insufficient_funds);
  if (at != stakes.end())
    wrong(at->second.active + of(c.value) < of(p.staking.stake_min), errc::low_stake);
  if (!wrong.found.empty())
    return wrong.found;
  accounts[a.origin].free -= of(c.value);
  at->second.active += of(c.value);
  return {};
}

errors model::on(const acting& a, const unstake& c) {
  const auto stash = stash_of(a.origin);
  if (!stash)
    return {errc::not_controller};
  auto& s = stakes[*stash];
  const auto left = s.active - of(c.value);
  const auto era_free = staking_era + p.staking.bonding_eras;
  const bool joins = !s.unlocking.empty() && s.unlocking.back().era == era_free;
  checks wrong;
  wrong(c.value == amount{}, errc::invalid_value);
  wrong(left < 0, errc::insufficient_funds);
  wrong((left > 0 && left < of(p.staking.stake_min)) || left < role_min(s), errc::low_stake);
  wrong(!joins && s.unlocking.size() >= p.staking.unlocking_chunks_max, errc::too_many_chunks);
  if (!wrong.found.empty())
    return wrong.found;
  s.active = left;
  if (!joins)
    s.unlocking.push_back({0, era_free});
  s.unlocking.back().value += of(c.value);
  return {};
}

errors model::on(const acting& a, const restake& c) {
  const auto stash = stash_of(a.origin);
  if (!stash)
    return {errc::not_controller};
  auto& s = stakes[*stash];
  checks wrong;
  wrong(c.value == amount{}, errc::invalid_value);
  wrong(s.total() - s.active < of(c.value), errc::insufficient_funds);
  wrong(s.active + of(c.value) < of(p.staking.stake_min), errc::low_stake);
  if (!wrong.found.empty())
    return wrong.found;
  s.active += of(c.value);
  for (auto rest = of(c.value); rest > 0;) {
    auto& chunk = s.unlocking.back();
    const auto part = std::min(chunk.value, rest);
    chunk.value -= part;
    rest -= part;
    if (chunk.value == 0)
      s.unlocking.pop_back();
  }
  return {};
}

errors model::on(const acting& a, const withdraw_unstaked&) {
  const auto stash = stash_of(a.origin);
  if (!stash)
    return {errc::not_controller};
  auto& s = stakes[*stash];
  const auto ripe = [this](const auto& c) { return c.era <= staking_era; };
  if (std::none_of(s.unlocking.begin(), s.unlocking.end(), ripe))
    return {errc::too_early};
  for (const auto& c : s.unlocking)
    if (ripe(c))
      accounts[*stash].free += c.value;
  std::erase_if(s.unlocking, ripe);
  if (s.total() == 0)
    stakes.erase(*stash);
  return {};
}

errors model::on(const acting& a, const set_controller& c) {
  checks wrong;
  wrong(!stakes.contains(a.origin), errc::not_staked);
  wrong(c.controller.is_none(), errc::invalid_value);
  wrong(stash_of(c.controller).has_value(), errc::controller_taken);
  if (wrong.found.empty())
    stakes[a.origin].controller = c.controller;
  return wrong.found;
}

errors model::on(const acting& a, const set_payee& c) {
  const auto stash = stash_of(a.origin);
  if (!stash)
    return {errc::not_controller};
  stakes[*stash].payee = c.payee;
  return {};
}

errors model::on(const acting&, const reap_stake& c) {
  const auto at = stakes.find(c.stash);
  if (at == stakes.end())
    return {errc::not_staked};
  if (at->second.total() >= of(p.existential_deposit))
    return {errc::wrong_state};
  const auto rest = at->second.total();
  stakes.erase(at);
  accounts[c.stash].free += rest;
  return {};
}

// --- roles ---

errors model::on(const acting& a, const run_validator& c) {
  const auto stash = stash_of(a.origin);
  if (!stash)
    return {errc::not_controller};
  auto& s = stakes[*stash];
  std::size_t candidates = 0;
  for (const auto& [id, x] : stakes)
    candidates += x.validator ? 1 : 0;
  checks wrong;
  wrong(c.commission_ppm < p.staking.commission_min_ppm ||
            c.commission_ppm > p.staking.commission_max_ppm,
        errc::invalid_value);
  wrong(s.active < of(p.staking.validator_stake_min), errc::low_stake);
  wrong(!s.validator && candidates >= p.staking.validators_max, errc::too_many_stakers);
  if (!wrong.found.empty())
    return wrong.found;
  s.validator = validator_prefs{c.commission_ppm, c.blocked};
  s.targets.clear();
  return {};
}

errors model::on(const acting& a, const nominate& c) {
  const auto stash = stash_of(a.origin);
  if (!stash)
    return {errc::not_controller};
  auto& s = stakes[*stash];
  std::size_t nominators = 0;
  for (const auto& [id, x] : stakes)
    nominators += x.targets.empty() ? 0 : 1;
  checks wrong;
  wrong(c.targets.empty() || c.targets.size() > p.staking.nominations_max, errc::invalid_value);
  wrong(s.active < of(p.staking.nominator_stake_min), errc::low_stake);
  wrong(s.targets.empty() && nominators >= p.staking.nominators_max, errc::too_many_stakers);
  std::set<account_id> seen;
  for (const auto& t : c.targets) {
    wrong(!seen.insert(t).second || t == *stash, errc::invalid_value);
    const auto at = stakes.find(t);
    const bool stands = at != stakes.end() && at->second.validator.has_value();
    const bool named = std::find(s.targets.begin(), s.targets.end(), t) != s.targets.end();
    wrong(!stands, errc::unknown_validator);
    wrong(stands && at->second.validator->blocked && !named, errc::validator_blocked);
  }
  if (!wrong.found.empty())
    return wrong.found;
  s.targets = c.targets;
  s.validator.reset();
  return {};
}

errors model::on(const acting& a, const chill&) {
  const auto stash = stash_of(a.origin);
  if (!stash)
    return {errc::not_controller};
  stakes[*stash].validator.reset();
  stakes[*stash].targets.clear();
  return {};
}

errors model::on(const acting& a, const kick& c) {
  const auto stash = stash_of(a.origin);
  if (!stash)
    return {errc::not_controller};
  checks wrong;
  std::set<account_id> seen;
  wrong(c.nominators.empty() || c.nominators.size() > 64, errc::invalid_value);
  bool any = false;
  for (const auto& n : c.nominators) {
    wrong(!seen.insert(n).second, errc::invalid_value);
    if (const auto at = stakes.find(n); at != stakes.end()) {
      const auto& t = at->second.targets;
      any = any || std::find(t.begin(), t.end(), *stash) != t.end();
    }
  }
  wrong(!stakes[*stash].validator || !any, errc::wrong_state);
  if (!wrong.found.empty())
    return wrong.found;
  for (const auto& n : c.nominators)
    if (const auto at = stakes.find(n); at != stakes.end())
      std::erase(at->second.targets, *stash);
  return {};
}

// --- statements ---

errors model::on(const acting& a, const set_validator_key& c) {
  const auto stash = stash_of(a.origin);
  if (!stash)
    return {errc::not_controller};
  bytes message{chain.value.begin(), chain.value.end()};
  message.insert(message.end(), stash->value.begin(), stash->value.end());
  if (!verify_detached({c.key}, "ainur/validator-key/v1", message, c.proof))
    return {errc::bad_key_proof};
  stakes[*stash].statement_key = c.key;
  return {};
}

namespace {

bool can_be_signed(const statement& s) {
  const bool numbers = s.height >= 1 && s.round >= 0 && s.round <= 1'000'000;
  if (s.kind == statement_kind::proposal)
    return numbers && s.value != hash256{} && s.valid_round >= -1 && s.valid_round < s.round;
  return numbers && s.valid_round == -1;
}

} // namespace

/// Here an authority makes the blocks: nobody was ever in office.
errors model::on(const acting&, const report_equivocation& c) {
  checks wrong;
  const auto& x = c.first.statement;
  const auto& y = c.second.statement;
  wrong(true, errc::unknown_exposure);
  wrong(c.first.signer != c.second.signer || !can_be_signed(x) || !can_be_signed(y) ||
            x.kind != y.kind || x.height != y.height || x.round != y.round || x == y,
        errc::bad_evidence);
  return wrong.found;
}

} // namespace ainur::test
