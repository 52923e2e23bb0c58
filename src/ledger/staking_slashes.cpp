// Offences of validators: what they cost, deferral, and taking the stake.
#include <algorithm>

#include "ainur/ledger/staking_math.hpp"
#include "handlers.hpp"
#include "staking.hpp"

namespace ainur::ledger {

namespace {

constexpr std::size_t offenders_max = 256;

/// An offence of one validator in one era, at a fraction that is larger than the one before.
struct offence_case {
  account_id validator;
  validator_offence kind = validator_offence::equivocation;
  std::uint64_t era = 0;
  std::uint32_t prior_ppb = 0;
  std::uint32_t fraction_ppb = 0;
  std::optional<account_id> reporter;
};

std::uint64_t window_start(const session& s) {
  const auto now = s.b.meta.staking_era;
  return now - std::min<std::uint64_t>(now, s.rules().staking.bonding_eras);
}

/// The staker's spans, without what lies before the window.
slashing_record& fresh_spans(session& s, const account_id& stash) {
  const auto start = window_start(s);
  if (s.b.slashings.find({stash}) == nullptr)
    return s.b.slashings.insert({stash}, {{0, start, {}}, {}, {}});
  auto& r = s.b.slashings.edit({stash});
  if (r.spans.prune(start))
    std::erase_if(r.charges,
                  [&r](const span_charge& c) { return c.span < r.spans.earliest_index(); });
  std::erase_if(r.eras, [start](const era_charge& c) { return c.era < start; });
  return r;
}

span_charge& charge_of(slashing_record& r, std::uint32_t span) {
  const auto place = std::find_if(r.charges.begin(), r.charges.end(),
                                  [span](const span_charge& c) { return c.span >= span; });
  if (place != r.charges.end() && place->span == span)
    return *place;
  return *r.charges.insert(place, {span, {}, {}});
}

/// What a slash of `value` for an era still costs the staker: what exceeds the largest of the same
/// span. The reporter's part is added to `reward`. `recent` says whether it ended the current span.
amount charge(session& s, slashing_record& r, std::uint64_t era, amount value, amount& reward,
              bool& recent) {
  const auto span = r.spans.span_of(era);
  if (!span)
    return {};
  auto& c = charge_of(r, span->index);
  const auto difference = value.saturating_minus(c.slashed);
  if (value >= c.slashed) {
    c.slashed = value;
    const auto part = reporter_reward(value, s.rules().staking.reporter_ppm, c.paid_out);
    c.paid_out = c.paid_out.saturating_plus(part);
    reward = reward.saturating_plus(part);
  }
  recent = span->index == r.spans.span_index;
  if (recent)
    (void)r.spans.end_span(s.b.meta.staking_era);
  return difference;
}

amount charge_validator(session& s, const offence_case& o, amount own, amount& reward) {
  if (s.b.stakes.find({o.validator}) == nullptr)
    return {};
  bool recent = false;
  const auto due =
      charge(s, fresh_spans(s, o.validator), o.era, slash_of(own, o.fraction_ppb), reward, recent);
  if (recent && s.b.stakes.find({o.validator})->validator)
    end_role(s, o.validator, event::chill_cause::slashed);
  return due;
}

/// A nominator's slashes of one era add up over the validators it backed.
amount charge_nominator(session& s, const offence_case& o, const stake_part& n, amount& reward) {
  if (s.b.stakes.find({n.stash}) == nullptr)
    return {};
  auto& r = fresh_spans(s, n.stash);
  const auto more =
      slash_of(n.value, o.fraction_ppb).saturating_minus(slash_of(n.value, o.prior_ppb));
  auto place = std::find_if(r.eras.begin(), r.eras.end(),
                            [&o](const era_charge& c) { return c.era >= o.era; });
  if (place == r.eras.end() || place->era != o.era)
    place = r.eras.insert(place, {o.era, {}});
  place->value = place->value.saturating_plus(more);
  bool recent = false;
  return charge(s, r, o.era, place->value, reward, recent);
}

void erase_slash(session& s, std::uint64_t number) {
  for (auto page = s.b.deferred_slashes.find({number, 0})->pages; page-- > 0;)
    s.b.deferred_slashes.erase({number, page});
}

/// Charges a validator and its nominators, and defers what that comes to.
void defer_slash(session& s, const offence_case& o) {
  const auto* x = s.b.exposures.find({o.era, o.validator});
  const auto own = x->own;
  const auto pages = x->pages;
  const auto number = s.b.meta.stake_slash_next++;
  const auto apply_era = o.era + s.rules().staking.slash_defer_eras;
  amount value;
  for (std::uint32_t page = 0; page < pages; ++page) {
    deferred_slash_record d{o.validator, o.kind, o.era, apply_era, pages, {}, {}, o.reporter, {}};
    if (page == 0)
      d.own = charge_validator(s, o, own, d.reporter_reward);
    value = value.saturating_plus(d.own);
    const auto& nominators = s.b.exposure_pages.find({o.era, o.validator, page})->nominators;
    for (const auto& n : nominators) {
      const auto part = charge_nominator(s, o, n, d.reporter_reward);
      if (!part.is_zero())
        d.nominators.push_back({n.stash, part});
      value = value.saturating_plus(part);
    }
    s.b.deferred_slashes.insert({number, page}, std::move(d));
  }
  if (value.is_zero()) {
    // Larger slashes of the same spans stand already.
    erase_slash(s, number);
    return;
  }
  s.emit(event::stake_slash_deferred{number, o.validator, o.era, value, apply_era});
  if (apply_era > s.b.meta.staking_era) {
    s.b.due.push({era_eve(s.b, apply_era), deadline_kind::stake_slash, {}, number});
    return;
  }
  while (s.b.deferred_slashes.find({number, 0}) != nullptr)
    apply_deferred_slash(s, number);
}

/// Takes up to `value` from these parts, from each in proportion to what it holds.
void take_in_proportion(const std::vector<amount*>& parts, amount& value) {
  amount held;
  for (const auto* part : parts)
    add(held, *part);
  auto to_take = std::min(value, held);
  take(value, to_take);
  for (auto* part : parts) {
    if (held.is_zero())
      break;
    const auto taken = part->times(to_take.micro(), held.micro());
    take(held, *part);
    take(*part, taken);
    take(to_take, taken);
  }
}

/// First what was at stake in the era of the offence: the active part and what unlocks no sooner
/// than that era's stake; then what began to unlock before.
amount take_staked(session& s, std::uint64_t slash, std::uint64_t era, const stake_part& part) {
  if (part.value.is_zero() || s.b.stakes.find({part.stash}) == nullptr)
    return {};
  auto& r = s.b.stakes.edit({part.stash});
  const auto unlocks = era + s.rules().staking.bonding_eras;
  std::vector<amount*> first{&r.active}, last;
  for (auto& c : r.unlocking)
    (c.era >= unlocks ? first : last).push_back(&c.value);
  auto rest = part.value;
  take_in_proportion(first, rest);
  take_in_proportion(last, rest);
  std::erase_if(r.unlocking, [](const unlock_chunk& c) { return c.value.is_zero(); });
  const auto taken = *part.value.minus(rest);
  s.emit(event::stake_slashed{slash, part.stash, taken, r.active, r.unlocking});
  if (r.active < role_minimum(s.rules(), r))
    end_role(s, part.stash, event::chill_cause::slashed);
  return taken;
}

bool& flag_of(exposure_record& x, validator_offence kind) {
  return kind == validator_offence::equivocation ? x.equivocated : x.was_unresponsive;
}

bool flag_of(const exposure_record& x, validator_offence kind) {
  return kind == validator_offence::equivocation ? x.equivocated : x.was_unresponsive;
}

std::uint32_t& count_of(era_record& r, validator_offence kind) {
  return kind == validator_offence::equivocation ? r.equivocators : r.unresponsive;
}

errc check_report(const session& s, const report_validators& c) {
  const auto now = s.b.meta.staking_era;
  if (c.offenders.empty() || c.offenders.size() > offenders_max)
    return errc::invalid_value;
  if (c.era > now)
    return errc::too_early;
  if (c.era < window_start(s))
    return errc::too_late;
  bool fresh = false;
  for (const auto& id : c.offenders) {
    const auto* x = s.b.exposures.find({c.era, id});
    if (x == nullptr)
      return errc::unknown_exposure;
    fresh = fresh || !flag_of(*x, c.kind);
  }
  return fresh ? errc::ok : errc::already_penalised;
}

/// Marks those who are newly reported.
std::vector<account_id> mark_offenders(session& s, validator_offence kind, std::uint64_t era,
                                       const std::vector<account_id>& offenders,
                                       const std::optional<account_id>& reporter) {
  std::vector<account_id> marked;
  for (const auto& id : offenders) {
    const auto* seen = s.b.exposures.find({era, id});
    if (seen == nullptr || flag_of(*seen, kind))
      continue;
    auto& x = s.b.exposures.edit({era, id});
    flag_of(x, kind) = true;
    if (!x.reporter)
      x.reporter = reporter;
    marked.push_back(id);
  }
  return marked;
}

} // namespace

void punish(session& s, validator_offence kind, std::uint64_t era,
            const std::vector<account_id>& offenders, const std::optional<account_id>& reporter) {
  auto marked = mark_offenders(s, kind, era, offenders, reporter);
  if (marked.empty())
    return;
  auto& r = s.b.eras.edit({era});
  count_of(r, kind) += static_cast<std::uint32_t>(marked.size());
  const auto together = count_of(r, kind);
  const auto fraction = kind == validator_offence::equivocation
                            ? equivocation_ppb(together, r.validators)
                            : unresponsive_ppb(together, r.validators);
  s.emit(event::validators_reported{kind, era, std::move(marked), together, fraction});
  for (std::uint32_t i = 0, count = r.kept; i < count; ++i) {
    const auto validator = s.b.elected.find({era, i})->validator;
    const auto& seen = *s.b.exposures.find({era, validator});
    if (!flag_of(seen, kind) || seen.slash_ppb >= fraction)
      continue;
    const offence_case o{validator, kind, era, seen.slash_ppb, fraction, seen.reporter};
    s.b.exposures.edit({era, validator}).slash_ppb = fraction;
    defer_slash(s, o);
  }
}

errc handle(session& s, const actor& a, const report_validators& c) {
  if (a.origin != s.b.origin.council)
    return errc::not_permitted;
  if (const auto code = check_report(s, c); code != errc::ok)
    return code;
  punish(s, c.kind, c.era, c.offenders, c.reporter);
  return errc::ok;
}

errc handle(session& s, const actor& a, const cancel_deferred_slash& c) {
  if (a.origin != s.b.origin.council)
    return errc::not_permitted;
  if (s.b.deferred_slashes.find({c.slash, 0}) == nullptr)
    return errc::unknown_slash;
  erase_slash(s, c.slash);
  s.emit(event::stake_slash_settled{c.slash, true, 0, {}});
  return errc::ok;
}

void apply_deferred_slash(session& s, std::uint64_t number) {
  // The last page first: page 0 tells how many are left.
  const auto page = s.b.deferred_slashes.find({number, 0})->pages - 1;
  const auto d = *s.b.deferred_slashes.find({number, page});
  s.b.deferred_slashes.erase({number, page});
  auto owed = d.own;
  auto taken = take_staked(s, number, d.era, {d.validator, d.own});
  for (const auto& n : d.nominators) {
    owed = owed.saturating_plus(n.value);
    taken = taken.saturating_plus(take_staked(s, number, d.era, n));
  }
  // What was not there to be taken is the reporter's loss first.
  auto reward = std::min(taken, d.reporter_reward.saturating_minus(owed.saturating_minus(taken)));
  if (!d.reporter)
    reward = {};
  add(s.b.meta.treasury, *taken.minus(reward));
  if (d.reporter)
    credit(s, *d.reporter, reward);
  s.emit(event::stake_slash_settled{number, false, page, reward});
  if (page == 0)
    return;
  s.b.deferred_slashes.edit({number, 0}).pages = page;
  s.b.due.push({era_eve(s.b, d.apply_era), deadline_kind::stake_slash, {}, number});
}

} // namespace ainur::ledger
