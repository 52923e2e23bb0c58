// The model: eras, rewards and slashes of stake. What slashes take is read from the ledger's events
// (the arithmetic of spans has published cases of its own); that it is the stakers' and where it
// goes is checked.
#include <algorithm>

#include "model.hpp"

namespace ainur::test {

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
  // This call has its block to itself (see generate_staking.cpp): every event of a slash is its
  // own.
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
