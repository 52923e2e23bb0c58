// What a stake is for: candidacy and nomination.
#include <algorithm>

#include "handlers.hpp"
#include "staking.hpp"

namespace ainur::ledger {

namespace {

constexpr std::size_t kicks_max = 64;

bool all_distinct(std::vector<account_id> ids) {
  std::sort(ids.begin(), ids.end());
  return std::adjacent_find(ids.begin(), ids.end()) == ids.end();
}

bool names(const std::vector<account_id>& targets, const account_id& id) {
  return std::find(targets.begin(), targets.end(), id) != targets.end();
}

/// Forgets the role without a word; the counts follow.
void drop_role(session& s, stake_record& r) {
  if (r.validator)
    --s.b.meta.validators;
  else if (!r.targets.empty())
    --s.b.meta.nominators;
  r.validator.reset();
  r.targets.clear();
}

/// Known validators, and those that are blocked were targets before.
errc check_targets(const session& s, const stake_record& nominator, const nominate& c) {
  for (const auto& id : c.targets) {
    const auto* target = s.b.stakes.find({id});
    if (target == nullptr || !target->validator)
      return errc::unknown_validator;
    if (target->validator->blocked && !names(nominator.targets, id))
      return errc::validator_blocked;
  }
  return errc::ok;
}

} // namespace

void end_role(session& s, const account_id& stash, event::chill_cause cause) {
  const auto* seen = s.b.stakes.find({stash});
  if (!seen->validator && seen->targets.empty())
    return;
  drop_role(s, s.b.stakes.edit({stash}));
  s.emit(event::chilled{stash, cause});
}

errc handle(session& s, const actor& a, const run_validator& c) {
  const auto& rules = s.rules().staking;
  const auto stash = stash_under(s, a.origin);
  if (!stash)
    return errc::not_controller;
  if (c.commission_ppm < rules.commission_min_ppm || c.commission_ppm > rules.commission_max_ppm)
    return errc::invalid_value;
  const auto* seen = s.b.stakes.find({*stash});
  if (seen->active < rules.validator_stake_min)
    return errc::low_stake;
  if (!seen->validator && s.b.meta.validators >= rules.validators_max)
    return errc::too_many_stakers;
  auto& r = s.b.stakes.edit({*stash});
  drop_role(s, r);
  r.validator = validator_prefs{c.commission_ppm, c.blocked};
  ++s.b.meta.validators;
  s.emit(event::validating{*stash, *r.validator});
  return errc::ok;
}

errc handle(session& s, const actor& a, const nominate& c) {
  const auto& rules = s.rules().staking;
  const auto stash = stash_under(s, a.origin);
  if (!stash)
    return errc::not_controller;
  if (c.targets.empty() || c.targets.size() > rules.nominations_max || !all_distinct(c.targets) ||
      names(c.targets, *stash))
    return errc::invalid_value;
  const auto* seen = s.b.stakes.find({*stash});
  if (seen->active < rules.nominator_stake_min)
    return errc::low_stake;
  if (seen->targets.empty() && s.b.meta.nominators >= rules.nominators_max)
    return errc::too_many_stakers;
  if (const auto code = check_targets(s, *seen, c); code != errc::ok)
    return code;
  auto& r = s.b.stakes.edit({*stash});
  drop_role(s, r);
  r.targets = c.targets;
  ++s.b.meta.nominators;
  s.emit(event::nominating{*stash, r.targets});
  return errc::ok;
}

errc handle(session& s, const actor& a, const chill&) {
  const auto stash = stash_under(s, a.origin);
  if (!stash)
    return errc::not_controller;
  end_role(s, *stash, event::chill_cause::by_controller);
  return errc::ok;
}

errc handle(session& s, const actor& a, const kick& c) {
  const auto stash = stash_under(s, a.origin);
  if (!stash)
    return errc::not_controller;
  if (c.nominators.empty() || c.nominators.size() > kicks_max || !all_distinct(c.nominators))
    return errc::invalid_value;
  if (!s.b.stakes.find({*stash})->validator)
    return errc::wrong_state;
  std::vector<account_id> backing;
  for (const auto& id : c.nominators)
    if (const auto* r = s.b.stakes.find({id}); r != nullptr && names(r->targets, *stash))
      backing.push_back(id);
  if (backing.empty())
    return errc::wrong_state;
  for (const auto& id : backing) {
    if (s.b.stakes.find({id})->targets.size() == 1) {
      end_role(s, id, event::chill_cause::kicked);
      continue;
    }
    auto& r = s.b.stakes.edit({id});
    std::erase(r.targets, *stash);
    s.emit(event::nominating{id, r.targets});
  }
  return errc::ok;
}

} // namespace ainur::ledger
