// Eras: at the end of each, what it pays and who validates in the next; points; and the end of its
// records.
#include <algorithm>
#include <unordered_map>

#include "ainur/ledger/staking_math.hpp"
#include "handlers.hpp"
#include "staking.hpp"

namespace ainur::ledger {

namespace {

constexpr std::size_t points_entries_max = 1'000;
constexpr std::uint32_t points_once_max = 1'000'000;

/// All that were staked, as the election sees them.
election_input gather_stakers(const book& b) {
  std::vector<std::pair<account_id, const stake_record*>> stakers;
  b.stakes.for_each([&stakers](const account_key& key, const stake_record& r) {
    if (r.validator || !r.targets.empty())
      stakers.emplace_back(key.id, &r);
  });
  std::sort(stakers.begin(), stakers.end());
  election_input input;
  input.seats = b.rules().staking.seats;
  std::unordered_map<account_id, std::uint32_t> place;
  for (const auto& [id, r] : stakers)
    if (r->validator) {
      place.emplace(id, static_cast<std::uint32_t>(input.candidates.size()));
      input.candidates.push_back({id, r->active});
    }
  for (const auto& [id, r] : stakers) {
    voter v{id, r->active, {}};
    for (const auto& target : r->targets) // those of a candidate are empty
      if (const auto known = place.find(target); known != place.end())
        v.targets.push_back(known->second);
    if (!v.targets.empty() && !v.budget.is_zero())
      input.voters.push_back(std::move(v));
  }
  return input;
}

/// Writes what stands behind one winner, in pages; returns all of it.
amount expose(session& s, std::uint64_t era, const election_input& input, const winner& w) {
  const auto page_max = s.rules().staking.exposure_page_max;
  const auto& c = input.candidates[w.candidate];
  exposure_record x;
  x.own = x.total = c.self_stake;
  x.commission_ppm = s.b.stakes.find({c.stash})->validator->commission_ppm;
  const auto count = static_cast<std::uint32_t>(w.supports.size());
  x.pages = std::max(1u, count / page_max + (count % page_max != 0 ? 1 : 0));
  auto next = w.supports.begin();
  for (std::uint32_t page = 0; page < x.pages; ++page) {
    exposure_page_record p;
    if (page == 0)
      p.total = c.self_stake;
    p.nominators.reserve(page_max);
    for (; next != w.supports.end() && p.nominators.size() < page_max; ++next) {
      p.nominators.push_back({input.voters[next->voter].stash, next->value});
      add(p.total, next->value);
      add(x.total, next->value);
    }
    p.nominators.shrink_to_fit();
    s.b.exposure_pages.insert({era, c.stash, page}, std::move(p));
  }
  s.emit(event::elected{era, c.stash, x.own, x.total, x.commission_ppm, x.pages});
  return s.b.exposures.insert({era, c.stash}, x).total;
}

void start_era(session& s, std::uint64_t era) {
  const auto input = gather_stakers(s.b);
  const auto winners = s.b.elect(input);
  AINUR_ASSERT(is_consistent(input, winners));
  if (winners.empty())
    return;
  era_record r;
  std::vector<account_id> stashes;
  for (const auto& w : winners) {
    stashes.push_back(input.candidates[w.candidate].stash);
    s.b.elected.insert({era, r.validators++}, {stashes.back()});
    add(r.staked, expose(s, era, input, w));
  }
  r.kept = r.validators;
  s.b.eras.insert({era}, r);
  s.b.due.push({era_drop_due(s.b, era), deadline_kind::era_drop, {}, era});
  s.emit(event::era_started{era, r.validators, r.staked});
  seat(s, era, stashes);
}

amount reward_of(const session& s, const era_record& r) {
  const auto& rules = s.rules().staking;
  if (rules.reward_source == reward_source::flat)
    return flat_reward(rules.reward_per_6s, s.rules().era);
  const auto era_ms = static_cast<std::uint64_t>(s.rules().era.count()) / 1'000;
  const auto payout =
      reward_curve{rules.reward_curve}.payout(r.staked.micro(), s.b.meta.issuance.micro(), era_ms);
  return amount{static_cast<std::uint64_t>(payout)}; // at most the issuance
}

} // namespace

timestamp era_eve(const book& b, std::uint64_t era) {
  return b.origin.time + b.rules().era * static_cast<std::int64_t>(era) - duration{1};
}

timestamp era_drop_due(const book& b, std::uint64_t era) {
  return era_eve(b, era + b.rules().staking.retention_eras() + 1);
}

void turn_staking_era(session& s) {
  auto& meta = s.b.meta;
  if (auto* r = s.b.eras.edit_if({meta.staking_era}); r != nullptr) {
    r->ended = true;
    r->reward = reward_of(s, *r);
    s.emit(event::era_ended{meta.staking_era, r->points, r->reward});
  }
  // One by one, so that slashes due in eras without a block come in their order; but nobody
  // validated in such an era, and it pays nothing.
  ++meta.staking_era;
  if (meta.staking_era == meta.era)
    start_era(s, meta.era);
  s.b.due.push({era_eve(s.b, meta.staking_era + 1), deadline_kind::era, {}, meta.staking_era});
}

void start_first_era(session& s) {
  start_era(s, 0);
  s.b.due.push({era_eve(s.b, 1), deadline_kind::era, {}, 0});
}

void drop_from_era(session& s, std::uint64_t era) {
  auto& r = s.b.eras.edit({era});
  const place_key last{era, --r.kept};
  const auto validator = s.b.elected.find(last)->validator;
  const auto pages = s.b.exposures.find({era, validator})->pages;
  for (std::uint32_t page = 0; page < pages; ++page)
    s.b.exposure_pages.erase({era, validator, page});
  s.b.exposures.erase({era, validator});
  s.b.elected.erase(last);
  if (r.kept != 0)
    return s.b.due.push({era_drop_due(s.b, era), deadline_kind::era_drop, {}, era});
  s.b.eras.erase({era});
  forget_committee(s, era);
  s.emit(event::era_dropped{era});
}

bool add_points(session& s, const account_id& validator, std::uint32_t points) {
  const auto era = s.b.meta.staking_era;
  const auto* r = s.b.eras.find({era});
  if (s.b.exposures.find({era, validator}) == nullptr || r->points + points > points_max)
    return false;
  s.b.exposures.edit({era, validator}).points += points;
  s.b.eras.edit({era}).points += points;
  s.emit(event::points_noted{era, validator, points});
  return true;
}

void note_author(session& s) {
  const auto points = s.rules().staking.author_points;
  if (points == 0)
    return;
  // Validators make blocks in their own name; an authority may be a stash or a controller, or both
  // of different stakes.
  const bool validates = s.b.exposures.find({s.b.meta.staking_era, s.author}) != nullptr;
  const bool is_stash = validates || s.b.origin.founding.has_value();
  (void)add_points(s, is_stash ? s.author : stash_under(s, s.author).value_or(s.author), points);
}

errc handle(session& s, const actor& a, const note_era_points& c) {
  if (a.origin != s.b.origin.authority)
    return errc::not_permitted;
  if (c.points.empty() || c.points.size() > points_entries_max)
    return errc::invalid_value;
  std::uint64_t sum = 0;
  for (const auto& p : c.points) {
    if (p.points == 0 || p.points > points_once_max)
      return errc::invalid_value;
    if (s.b.exposures.find({s.b.meta.staking_era, p.validator}) == nullptr)
      return errc::unknown_exposure;
    sum += p.points;
  }
  if (s.b.eras.find({s.b.meta.staking_era})->points + sum > points_max)
    return errc::overflow;
  for (const auto& p : c.points) {
    const bool noted = add_points(s, p.validator, p.points);
    AINUR_ASSERT(noted);
  }
  return errc::ok;
}

} // namespace ainur::ledger
