// The model: stakes, roles, eras and rewards. What slashes take is read from the ledger's events
// (the arithmetic of spans has published cases of its own); that it is the stakers' and where it
// goes is checked.
#include <algorithm>

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

// --- eras ---

model_exposure* model::exposed(std::uint64_t number, const account_id& validator) {
  if (const auto at = eras.find(number); at != eras.end())
    for (auto& x : at->second.validators)
      if (x.validator == validator)
        return &x;
  return nullptr;
}

void model::turn_era() {
  const auto next = staking_era + 1;
  for (auto at = deferred.begin(); at != deferred.end();)
    if (at->second.apply_era == next) {
      apply_stake_slash(at->first, at->second.reporter);
      at = deferred.erase(at);
    } else {
      ++at;
    }
  if (const auto at = eras.find(staking_era); at != eras.end()) {
    at->second.ended = true;
    at->second.reward = of(p.staking.reward_per_6s) * static_cast<money>(micros(p.era)) / 6'000'000;
  }
  staking_era = next;
  if (g.time + p.era * static_cast<std::int64_t>(next + 1) > now)
    elect(next);
  std::erase_if(
      eras, [this](const auto& e) { return e.first + p.staking.retention_eras() < staking_era; });
}

/// The candidates with the most behind them; every budget divided evenly among those it names.
void model::elect(std::uint64_t number) {
  std::vector<std::pair<money, account_id>> order;
  for (const auto& [stash, s] : stakes) {
    if (!s.validator)
      continue;
    money behind = s.active;
    for (const auto& [voter, v] : stakes)
      if (std::find(v.targets.begin(), v.targets.end(), stash) != v.targets.end())
        behind += v.active;
    order.emplace_back(behind, stash);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& x, const auto& y) { return x.first > y.first; });
  if (order.size() > p.staking.seats)
    order.resize(p.staking.seats);
  if (order.empty())
    return;
  auto& e = eras[number];
  for (const auto& [behind, stash] : order) {
    const auto& s = stakes[stash];
    model_exposure x;
    x.validator = stash;
    x.own = s.active;
    x.commission_ppm = s.validator->commission_ppm;
    e.validators.push_back(x);
  }
  for (const auto& [voter, v] : stakes) {
    std::vector<account_id> winners;
    for (const auto& t : v.targets)
      if (exposed(number, t) != nullptr)
        winners.push_back(t);
    const auto count = static_cast<money>(winners.size());
    for (money i = 0; i < count; ++i) {
      const auto value = v.active / count + (i < v.active % count ? 1 : 0);
      if (value > 0)
        exposed(number, winners[static_cast<std::size_t>(i)])
            ->nominators.emplace_back(voter, value);
    }
  }
}

void model::note_author() {
  const auto stash =
      exposed(staking_era, g.authority) != nullptr ? g.authority : stash_of(g.authority);
  if (!stash)
    return;
  if (auto* x = exposed(staking_era, *stash))
    x->points += p.staking.author_points;
}

namespace {

constexpr std::uint64_t points_most = std::uint64_t{1} << 32;

std::uint64_t points_of(const model_era& e) {
  std::uint64_t sum = 0;
  for (const auto& x : e.validators)
    sum += x.points;
  return sum;
}

} // namespace

errors model::on(const acting& a, const note_era_points& c) {
  checks wrong;
  wrong(a.origin != g.authority, errc::not_permitted);
  wrong(c.points.empty() || c.points.size() > 1'000, errc::invalid_value);
  std::uint64_t sum = eras.contains(staking_era) ? points_of(eras[staking_era]) : 0;
  for (const auto& x : c.points) {
    wrong(x.points == 0 || x.points > 1'000'000, errc::invalid_value);
    wrong(exposed(staking_era, x.validator) == nullptr, errc::unknown_exposure);
    sum += x.points;
  }
  wrong(sum > points_most, errc::overflow);
  if (!wrong.found.empty())
    return wrong.found;
  for (const auto& x : c.points)
    exposed(staking_era, x.validator)->points += x.points;
  return {};
}

errors model::on(const acting&, const claim_payout& c) {
  checks wrong;
  wrong(c.era + p.staking.history_eras < staking_era, errc::too_late);
  auto* x = exposed(c.era, c.validator);
  wrong(x == nullptr, errc::unknown_exposure);
  wrong(c.era >= staking_era, errc::too_early);
  if (!wrong.found.empty())
    return wrong.found;
  const auto& e = eras[c.era];
  const auto size = static_cast<std::size_t>(p.staking.exposure_page_max);
  const auto pages = std::max<std::size_t>(1, (x->nominators.size() + size - 1) / size);
  wrong(c.page >= pages, errc::invalid_value);
  wrong(x->claimed.contains(c.page), errc::already_claimed);
  const auto points = static_cast<money>(points_of(e));
  const auto share = points == 0 ? 0 : e.reward * static_cast<money>(x->points) / points;
  wrong(share == 0, errc::nothing_due);
  if (!wrong.found.empty())
    return wrong.found;
  const auto commission = ppm_of(share, x->commission_ppm);
  const auto rest = share - commission;
  std::vector<std::pair<account_id, money>> due;
  money on_page = c.page == 0 ? x->own : 0;
  for (auto i = c.page * size; i < std::min(x->nominators.size(), (c.page + 1) * size); ++i) {
    const auto& [stash, value] = x->nominators[i];
    on_page += value;
    due.emplace_back(stash, rest * value / x->total());
  }
  due.emplace_back(c.validator, commission * on_page / x->total() +
                                    (c.page == 0 ? rest * x->own / x->total() : 0));
  money sum = 0;
  for (const auto& [stash, value] : due)
    sum += value;
  if (issuance + sum > of(amount::max()))
    return {errc::overflow};
  x->claimed.insert(c.page);
  issuance += sum;
  for (const auto& [stash, value] : due) {
    const auto at = stakes.find(stash);
    if (at != stakes.end() && at->second.payee == reward_destination::restaked)
      at->second.active += value;
    else
      credit(stash, value);
  }
  return {};
}

// --- slashes ---

void model::apply_stake_slash(std::uint64_t number, const std::optional<account_id>& reporter) {
  money sum = 0, reward = 0;
  for (const auto& any : *ahead) {
    if (const auto* e = std::get_if<event::stake_slashed>(&any);
        e != nullptr && e->slash == number) {
      auto& s = stakes[e->stash];
      const auto before = s.total();
      s.active = of(e->active);
      s.unlocking.clear();
      for (const auto& c : e->unlocking)
        s.unlocking.push_back({of(c.value), c.era});
      if (before - s.total() != of(e->value))
        complaint = "a slash took another sum than it says";
      sum += of(e->value);
      if (s.active < role_min(s)) {
        s.validator.reset();
        s.targets.clear();
      }
    }
    if (const auto* e = std::get_if<event::stake_slash_settled>(&any);
        e != nullptr && e->slash == number)
      reward += of(e->reporter_reward);
  }
  treasury += sum - reward;
  if (reward > 0) {
    if (!reporter)
      complaint = "a reward for no reporter";
    else
      credit(*reporter, reward);
  }
}

errors model::on(const acting& a, const report_validators& c) {
  checks wrong;
  wrong(a.origin != g.council, errc::not_permitted);
  wrong(c.offenders.empty() || c.offenders.size() > 256, errc::invalid_value);
  wrong(c.era > staking_era, errc::too_early);
  wrong(c.era + p.staking.bonding_eras < staking_era, errc::too_late);
  std::set<account_id> fresh;
  for (const auto& id : c.offenders) {
    const auto* x = exposed(c.era, id);
    wrong(x == nullptr, errc::unknown_exposure);
    if (x != nullptr && !x->reported.contains(c.kind))
      fresh.insert(id);
  }
  if (!wrong.found.empty())
    return wrong.found;
  if (fresh.empty())
    return {errc::already_penalised};
  for (const auto& id : fresh) {
    auto& x = *exposed(c.era, id);
    x.reported.insert(c.kind);
    if (!x.reporter)
      x.reporter = c.reporter;
  }
  // This call has its block to itself (see generate.cpp): every event of a slash is its own.
  for (const auto& any : *ahead) {
    if (const auto* e = std::get_if<event::stake_slash_deferred>(&any)) {
      const auto* x = exposed(e->era, e->validator);
      deferred[e->slash] = {e->apply_era, x == nullptr ? std::nullopt : x->reporter};
      if (e->apply_era != c.era + p.staking.slash_defer_eras)
        complaint = "a slash is deferred to another era";
    } else if (const auto* ended = std::get_if<event::stake_slash_settled>(&any)) {
      if (ended->pages_left > 0)
        continue;
      const auto at = deferred.find(ended->slash);
      apply_stake_slash(ended->slash, at == deferred.end() ? c.reporter : at->second.reporter);
      deferred.erase(ended->slash);
    } else if (const auto* ch = std::get_if<event::chilled>(&any);
               ch != nullptr && ch->cause == event::chill_cause::slashed) {
      stakes[ch->stash].validator.reset();
      stakes[ch->stash].targets.clear();
    }
  }
  return {};
}

errors model::on(const acting& a, const cancel_deferred_slash& c) {
  checks wrong;
  wrong(a.origin != g.council, errc::not_permitted);
  wrong(!deferred.contains(c.slash), errc::unknown_slash);
  if (wrong.found.empty())
    deferred.erase(c.slash);
  return wrong.found;
}

} // namespace ainur::test
