// The tables of staking against each other.
#include <algorithm>
#include <set>

#include "ainur/ledger/staking_math.hpp"
#include "audit.hpp"
#include "staking.hpp"

namespace ainur::ledger {

namespace {

template <class List, class Value>
bool rises(const List& list, Value&& value) {
  return std::adjacent_find(list.begin(), list.end(), [&value](const auto& a, const auto& b) {
           return value(a) >= value(b);
         }) == list.end();
}

class staking_auditor {
public:
  explicit staking_auditor(auditor& found)
      : found_(found), b_(found.books()), rules_(b_.rules().staking) {}

  void run() {
    const auto age = b_.time - b_.origin.time;
    require(b_.meta.era == static_cast<std::uint64_t>(age / b_.rules().era), "the era");
    require(b_.meta.staking_era <= b_.meta.era, "the era of staking");
    b_.stakes.for_each([this](const account_key& k, const stake_record& r) { check(k.id, r); });
    require(b_.controllers.size() == b_.stakes.size(), "the number of controllers");
    require(b_.meta.validators == validators_, "the number of candidates");
    require(b_.meta.nominators == nominators_, "the number of nominators");
    b_.eras.for_each([this](const number_key& k, const era_record& r) { check(k.number, r); });
    require(b_.elected.size() == kept_, "the number of elected validators");
    require(b_.exposures.size() == kept_, "the number of exposures");
    require(b_.exposure_pages.size() == pages_, "the number of pages of exposures");
    b_.exposures.for_each([this](const era_account_key& k, const exposure_record&) {
      require(b_.eras.find({k.era}) != nullptr, "the era of an exposure");
    });
    b_.slashings.for_each(
        [this](const account_key& k, const slashing_record& r) { check(k.id, r); });
    b_.deferred_slashes.for_each(
        [this](const place_key& k, const deferred_slash_record& r) { check(k, r); });
    require(b_.deferred_slashes.size() == slash_pages_, "the number of pages of slashes");
  }

private:
  void require(bool holds, std::string what) { found_.require(holds, std::move(what)); }

  void check(const account_id& stash, const stake_record& r) {
    const auto name = " of the stake of " + to_string(stash);
    ++found_.claims(stash).anchors;
    const auto* controller = b_.controllers.find({r.controller});
    require(controller != nullptr && controller->stash == stash, "the controller" + name);
    require(r.unlocking.size() <= rules_.unlocking_chunks_max &&
                rises(r.unlocking, [](const auto& c) { return c.era; }),
            "the unlocking parts" + name);
    auto total = r.active;
    for (const auto& c : r.unlocking) {
      require(!c.value.is_zero() && c.era <= b_.meta.era + rules_.bonding_eras,
              "an unlocking part" + name);
      found_.gather(total, c.value);
    }
    require(r.active >= role_minimum(b_.rules(), r), "the active part" + name);
    validators_ += r.validator ? 1u : 0u;
    nominators_ += r.targets.empty() ? 0u : 1u;
    require(!r.validator ||
                (r.targets.empty() && r.validator->commission_ppm >= rules_.commission_min_ppm &&
                 r.validator->commission_ppm <= rules_.commission_max_ppm),
            "the candidacy" + name);
    const std::set<account_id> distinct(r.targets.begin(), r.targets.end());
    require(distinct.size() == r.targets.size() && distinct.size() <= rules_.nominations_max,
            "the targets" + name);
  }

  void check(std::uint64_t era, const era_record& r) {
    const auto name = " of era " + std::to_string(era);
    const auto now = b_.meta.staking_era;
    require(era <= now && r.ended == (era < now), "the end" + name);
    // Hostile numbers must not be summed up before they are known to be small.
    if (era > now || r.kept == 0 || r.kept > r.validators || r.validators > rules_.seats)
      return require(false, "the number of validators" + name);
    const bool whole = r.kept == r.validators;
    require(whole || now - era > rules_.retention_eras(), "what is kept" + name);
    require(r.points <= points_max, "the points" + name);
    era_record sum;
    std::set<account_id> distinct;
    for (std::uint32_t place = 0; place < r.kept; ++place) {
      const auto* seat = b_.elected.find({era, place});
      const auto* x = seat == nullptr ? nullptr : b_.exposures.find({era, seat->validator});
      if (x == nullptr || !distinct.insert(seat->validator).second)
        return require(false, "the validators" + name);
      check(era, seat->validator, *x);
      sum.points += std::min(x->points, points_max + 1);
      found_.gather(sum.staked, x->total);
      sum.equivocators += x->equivocated ? 1u : 0u;
      sum.unresponsive += x->was_unresponsive ? 1u : 0u;
    }
    kept_ += r.kept;
    require(sum.points <= r.points && (!whole || sum.points == r.points), "the points" + name);
    require(!whole || sum.staked == r.staked, "the stake" + name);
    require(!whole || (sum.equivocators == r.equivocators && sum.unresponsive == r.unresponsive),
            "the offenders" + name);
  }

  void check(std::uint64_t era, const account_id& validator, const exposure_record& x) {
    const auto name = " of validator " + to_string(validator) + " in era " + std::to_string(era);
    if (x.pages == 0 || x.pages > exposure_pages_max)
      return require(false, "the number of pages" + name);
    require(x.pages == exposure_pages_max || x.claimed >> x.pages == 0, "the claims" + name);
    require(x.commission_ppm <= 1'000'000 && x.slash_ppb <= ppb_one, "a rate" + name);
    amount total;
    for (std::uint32_t page = 0; page < x.pages; ++page) {
      const auto* p = b_.exposure_pages.find({era, validator, page});
      if (p == nullptr || p->nominators.size() > rules_.exposure_page_max)
        return require(false, "a page" + name);
      auto sum = page == 0 ? x.own : amount{};
      for (const auto& n : p->nominators)
        found_.gather(sum, n.value);
      require(sum == p->total, "the stake on a page" + name);
      found_.gather(total, sum);
    }
    require(total == x.total, "the stake" + name);
    pages_ += x.pages;
  }

  void check(const account_id& stash, const slashing_record& r) {
    const auto name = " of the slashes of " + to_string(stash);
    require(b_.stakes.find({stash}) != nullptr, "the stake" + name);
    if (!r.spans.is_consistent() || r.spans.prior.size() > rules_.bonding_eras + std::size_t{2})
      return require(false, "the spans" + name);
    require(r.spans.last_start <= b_.meta.staking_era + 1, "the current span" + name);
    require(rises(r.charges, [](const auto& c) { return c.span; }) &&
                (r.charges.empty() || (r.charges.front().span >= r.spans.earliest_index() &&
                                       r.charges.back().span <= r.spans.span_index)),
            "the charges" + name);
    require(rises(r.eras, [](const auto& c) { return c.era; }) &&
                r.eras.size() <= rules_.bonding_eras + std::size_t{2},
            "the eras" + name);
  }

  void check(const place_key& key, const deferred_slash_record& r) {
    const auto* first = b_.deferred_slashes.find({key.number, 0});
    require(first != nullptr && key.place < first->pages, "the page of a slash");
    require(key.number > 0 && key.number < b_.meta.stake_slash_next, "the number of a slash");
    require(r.era <= b_.meta.staking_era && r.apply_era == r.era + rules_.slash_defer_eras,
            "the era of a slash");
    require(r.pages > 0 && r.pages <= exposure_pages_max &&
                r.nominators.size() <= rules_.exposure_page_max,
            "the pages of a slash");
    slash_pages_ += key.place == 0 ? r.pages : 0u;
  }

  auditor& found_;
  const book& b_;
  const staking_parameters& rules_;
  std::uint64_t validators_ = 0;
  std::uint64_t nominators_ = 0;
  std::uint64_t kept_ = 0;
  std::uint64_t pages_ = 0;
  std::uint64_t slash_pages_ = 0;
};

} // namespace

void audit_staking(auditor& found) {
  staking_auditor{found}.run();
  audit_committees(found);
}

} // namespace ainur::ledger
