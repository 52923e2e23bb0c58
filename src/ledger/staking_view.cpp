// Queries about staking.
#include "state_impl.hpp"

namespace ainur::ledger {

namespace {

std::optional<exposure_view> view_of(const book& b, std::uint64_t era,
                                     const account_id& validator) {
  const auto* x = b.exposures.find({era, validator});
  if (x == nullptr)
    return std::nullopt;
  exposure_view view{validator, x->own,   x->total, x->commission_ppm,
                     x->points, x->pages, {},       x->slash_ppb};
  for (std::uint32_t page = 0; page < x->pages; ++page)
    if ((x->claimed >> page & 1) != 0)
      view.claimed.push_back(page);
  return view;
}

} // namespace

std::optional<stake_view> state::stake_of(const account_id& stash) const {
  const auto* r = impl_->b.stakes.find({stash});
  if (r == nullptr)
    return std::nullopt;
  return stake_view{stash,        r->controller, r->payee,  r->active,
                    r->unlocking, r->validator,  r->targets};
}

std::optional<account_id> state::stash_of(const account_id& controller) const {
  const auto* r = impl_->b.controllers.find({controller});
  return r == nullptr ? std::nullopt : std::optional{r->stash};
}

std::optional<validator_view> state::validator(const account_id& stash) const {
  const auto* r = impl_->b.stakes.find({stash});
  validator_view view{stash, {}, {}, view_of(impl_->b, staking_era(), stash)};
  if (r != nullptr) {
    view.prefs = r->validator;
    view.active = r->active;
  }
  return view.prefs || view.running ? std::optional{view} : std::nullopt;
}

std::uint64_t state::staking_era() const noexcept {
  return impl_->b.meta.staking_era;
}

std::optional<era_view> state::era(std::uint64_t number) const {
  const auto& b = impl_->b;
  const auto* r = b.eras.find({number});
  if (r == nullptr)
    return std::nullopt;
  era_view view{number, r->ended, r->staked, r->reward, r->points, {}};
  view.validators.reserve(r->kept);
  for (std::uint32_t place = 0; place < r->kept; ++place)
    view.validators.push_back(*view_of(b, number, b.elected.find({number, place})->validator));
  return view;
}

std::vector<stake_part> state::exposure_page(std::uint64_t era, const account_id& validator,
                                             std::uint32_t page) const {
  const auto* p = impl_->b.exposure_pages.find({era, validator, page});
  return p == nullptr ? std::vector<stake_part>{} : p->nominators;
}

std::optional<deferred_slash_view> state::deferred_slash(std::uint64_t number) const {
  const auto& pages = impl_->b.deferred_slashes;
  const auto* first = pages.find({number, 0});
  if (first == nullptr)
    return std::nullopt;
  deferred_slash_view view{number,     first->validator, first->kind,
                           first->era, first->apply_era, first->own,
                           {},         first->reporter,  {}};
  for (std::uint32_t page = 0; page < first->pages; ++page) {
    const auto& p = *pages.find({number, page});
    view.nominators.insert(view.nominators.end(), p.nominators.begin(), p.nominators.end());
    view.reporter_reward = view.reporter_reward.saturating_plus(p.reporter_reward);
  }
  return view;
}

} // namespace ainur::ledger
