// Rewards are claimed, not pushed: a call pays one page of one validator's exposure in one era.
#include "ainur/ledger/staking_math.hpp"
#include "handlers.hpp"
#include "staking.hpp"

namespace ainur::ledger {

namespace {

/// New money for a stash, where it wants it.
void pay(session& s, const claim_payout& c, const account_id& stash, amount value) {
  if (value.is_zero())
    return;
  const auto* seen = s.b.stakes.find({stash});
  const bool restaked = seen != nullptr && seen->payee == reward_destination::restaked;
  s.emit(event::reward_paid{c.era, c.validator, c.page, stash, value, restaked});
  if (!restaked)
    return mint(s, stash, value);
  add(s.b.meta.issuance, value);
  auto& r = s.b.stakes.edit({stash});
  add(r.active, value);
  emit_stake(s, stash, r);
}

errc check_claim(const session& s, const claim_payout& c) {
  const auto now = s.b.meta.staking_era;
  if (c.era >= now)
    return errc::too_early;
  if (now - c.era > s.rules().staking.history_eras)
    return errc::too_late;
  const auto* x = s.b.exposures.find({c.era, c.validator});
  if (x == nullptr)
    return errc::unknown_exposure;
  if (c.page >= x->pages)
    return errc::invalid_value;
  if ((x->claimed >> c.page & 1) != 0)
    return errc::already_claimed;
  const auto* e = s.b.eras.find({c.era});
  return x->points == 0 || e->reward.is_zero() || x->total.is_zero() ? errc::nothing_due : errc::ok;
}

payout_terms terms_of(const session& s, const claim_payout& c, const exposure_page_record& page) {
  const auto* e = s.b.eras.find({c.era});
  const auto* x = s.b.exposures.find({c.era, c.validator});
  return {e->reward,  x->points, e->points, x->commission_ppm, c.page == 0 ? x->own : amount{},
          page.total, x->total};
}

} // namespace

errc handle(session& s, const actor&, const claim_payout& c) {
  if (const auto code = check_claim(s, c); code != errc::ok)
    return code;
  const auto& page = *s.b.exposure_pages.find({c.era, c.validator, c.page});
  const auto terms = terms_of(s, c, page);
  // All pages together get at most this.
  if (!s.b.meta.issuance.plus(validator_share(terms)))
    return errc::overflow;
  const auto before = s.b.meta.issuance;
  s.b.exposures.edit({c.era, c.validator}).claimed |= std::uint64_t{1} << c.page;
  pay(s, c, c.validator, validator_reward(terms));
  for (const auto& n : page.nominators)
    pay(s, c, n.stash, nominator_reward(terms, n.value));
  s.emit(event::issuance_changed{c.validator, event::issuance_cause::validator_reward,
                                 *s.b.meta.issuance.minus(before), s.b.meta.issuance});
  return errc::ok;
}

} // namespace ainur::ledger
