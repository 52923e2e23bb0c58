// What stakers do, and what is said of validators.
#include <algorithm>

#include "reader.hpp"

namespace ainur::test {

person reader::stash() const {
  return meant(cast::validators + n(1, 6));
}

person reader::controller() const {
  const auto s = all.at(cast::validators + n(1, 6));
  const auto at = m.stakes.find(s.id);
  return at == m.stakes.end() ? meant(s.id) : meant(at->second.controller);
}

money reader::staked(bool active) const {
  const auto at = m.stakes.find(all.at(cast::validators + n(1, 6)).id);
  if (at == m.stakes.end())
    return 0;
  return active ? at->second.active : at->second.total() - at->second.active;
}

account_id reader::a_controller(const account_id& own) const {
  const account_id some[] = {own,
                             all.at(cast::controllers).id,
                             all.at(cast::controllers + 1).id,
                             all.at(cast::authority).id,
                             own,
                             wild(7) ? account_id{} : own};
  return some[n(3, 6)];
}

intent reader::make(const stake*) const {
  const auto s = stash();
  static constexpr std::uint64_t ainu[] = {2'000, 1'500, 3'000, 500, 150, 1, 7'000, 0};
  return {s, stake{a_controller(s.id), amount::ainu(ainu[n(2, 8)]),
                   static_cast<reward_destination>(n(4, 2))}};
}

intent reader::make(const stake_more*) const {
  return {stash(), stake_more{n(3, 3) == 0 ? sum(2) : amount::ainu(c.x[2])}};
}

intent reader::make(const unstake*) const {
  return {controller_where([](const auto& s) { return !s.unlocking.empty(); }),
          unstake{n(3, 3) == 0 ? sum(2) : of_all(2, staked(true))}};
}

intent reader::make(const restake*) const {
  return {controller(), restake{of_all(2, staked(false))}};
}

intent reader::make(const withdraw_unstaked*) const {
  return {controller(), withdraw_unstaked{}};
}

intent reader::make(const run_validator*) const {
  static constexpr std::uint32_t rates[] = {100'000, 200'000, 150'000, 99'999, 123'457, 200'001};
  return {controller_where([this](const auto& s) {
            return !s.validator && s.active >= of(m.p.staking.validator_stake_min);
          }),
          run_validator{rates[n(2, 6)], n(3, 6) == 5}};
}

std::vector<account_id> reader::some_stashes(bool candidates) const {
  std::vector<account_id> good;
  for (const auto& [id, s] : m.stakes)
    if (candidates ? s.validator.has_value() : !s.targets.empty())
      good.push_back(id);
  if (good.empty() || wild(8))
    good.push_back(anyone(3).id);
  std::rotate(good.begin(), good.begin() + static_cast<long>(n(2, good.size())), good.end());
  good.resize(1 + n(4, good.size()));
  if (wild(14))
    good.push_back(good[0]);
  if (wild(22))
    good.clear();
  return good;
}

intent reader::make(const nominate*) const {
  return {controller_where([this](const auto& s) {
            return !s.validator && s.targets.empty() &&
                   s.active >= of(m.p.staking.nominator_stake_min);
          }),
          nominate{some_stashes(true)}};
}

intent reader::make(const chill*) const {
  return {controller(), chill{}};
}

intent reader::make(const kick*) const {
  return {controller_where([](const auto& s) { return s.validator.has_value(); }),
          kick{some_stashes(false)}};
}

intent reader::make(const set_controller*) const {
  const auto s = stash();
  return {s, set_controller{a_controller(s.id)}};
}

intent reader::make(const set_payee*) const {
  return {controller(), set_payee{static_cast<reward_destination>(n(2, 2))}};
}

intent reader::make(const reap_stake*) const {
  auto id = all.at(cast::validators + n(1, 6)).id;
  for (const auto& [stash, s] : m.stakes)
    if (s.total() < of(m.p.existential_deposit) && !wild())
      id = stash;
  return {anyone(0), reap_stake{id}};
}

std::pair<std::uint64_t, account_id> reader::exposed() const {
  if (m.eras.empty() || wild(9))
    return {n(2, m.staking_era + 2), anyone(1).id};
  const auto& [era, e] = *std::prev(
      m.eras.end(),
      1 + static_cast<long>(n(2, std::min<std::size_t>(m.eras.size(), c.kind % 2 == 0 ? 3 : 8))));
  return {era, e.validators[n(3, e.validators.size())].validator};
}

intent reader::make(const claim_payout*) const {
  const auto [era, id] = exposed();
  return {anyone(0), claim_payout{id, era, static_cast<std::uint32_t>(n(4, wild() ? 4 : 2))}};
}

intent reader::make(const note_era_points*) const {
  note_era_points x;
  if (const auto at = m.eras.find(m.staking_era); at != m.eras.end())
    for (const auto& v : at->second.validators)
      x.points.push_back({v.validator, 1u + c.x[1]});
  if (wild(9) || x.points.empty())
    x.points.push_back({anyone(1).id, wild(6) ? 1'000'001u : 5u});
  if (wild(13))
    x.points.clear();
  if (n(2, 40) == 39 && !x.points.empty())
    x.points.assign(1'000, {x.points[0].validator, 1'000'000});
  return {meant(cast::authority), x};
}

intent reader::make(const report_validators*) const {
  const auto [era, id] = exposed();
  report_validators x{static_cast<validator_offence>(n(0, 2)), era, {id}, {}};
  if (n(4, 2) == 0)
    x.reporter = anyone(4).id;
  if (wild(8))
    x.offenders.push_back(anyone(1).id);
  if (wild(15))
    x.offenders.clear();
  return {meant(m.g.council), x, {}, 0, true};
}

intent reader::make(const cancel_deferred_slash*) const {
  auto number = 1 + n(2, 5);
  if (!m.deferred.empty() && !wild(4))
    number = std::next(m.deferred.begin(), static_cast<long>(n(2, m.deferred.size())))->first;
  return {meant(m.g.council), cancel_deferred_slash{number}, {}, 0, true};
}

intent reader::make(const set_validator_key*) const {
  const auto who = controller();
  const auto stash = m.stash_of(who.id).value_or(who.id);
  const auto key = n(2, 3) == 0 ? who.id.value : all.spare[n(2, all.spare.size())];
  const auto proven = wild(4) ? anyone(3).id : stash; // for whom the key signs
  return {who, set_validator_key{key, all.sign(wild(7) ? all.spare[n(4, all.spare.size())] : key,
                                               validator_key_tag,
                                               validator_key_message(m.chain, proven))}};
}

intent reader::make(const report_equivocation*) const {
  const auto v = all.at(cast::validators + n(1, 6));
  statement x{static_cast<statement_kind>(n(2, 3)), n(3, 5), static_cast<round_number>(n(4, 4)),
              no_round, digest_of("block")};
  auto y = x;
  switch (n(0, 5)) {
  case 0:
    y.value = {};
    break;
  case 1:
    y.round += 1;
    break;
  case 2:
    y.height += 1;
    break;
  case 3:
    y.valid_round = 0;
    break;
  default:
    y.value = digest_of("another block");
  }
  const auto signed_by = [this, &v](const statement& s) {
    return signed_statement{
        s, wild(9) ? anyone(4).id : v.id,
        all.sign(v.id.value, "ainur/statement/v1", statement_message(m.chain, v.id, s))};
  };
  return {anyone(0), report_equivocation{signed_by(x), signed_by(y)}};
}

} // namespace ainur::test
