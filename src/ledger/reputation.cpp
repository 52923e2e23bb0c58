// Standing: who may take an award, and what success and failure do.
#include <algorithm>

#include "book.hpp"

namespace ainur::ledger {

std::uint16_t decayed(const settlement_parameters& rules, std::uint16_t score,
                      std::uint64_t idle_eras) noexcept {
  if (rules.decay_after_eras == 0 || idle_eras <= rules.decay_after_eras ||
      score <= rules.decay_floor)
    return score;
  // No score outlives so many eras, so the product fits.
  const auto eras = std::min<std::uint64_t>(idle_eras - rules.decay_after_eras, reputation_max);
  const auto room = static_cast<std::uint64_t>(score - rules.decay_floor);
  return static_cast<std::uint16_t>(score - std::min(room, eras * rules.decay_per_era));
}

void set_score(const session& s, account_record& r, std::uint16_t score) {
  r.score = score;
  r.scored_era = s.b.meta.era;
}

errc admit(const session& s, const task_record& t, const account_id& agent, amount price,
           std::optional<amount> exposed) {
  const auto& rules = s.rules();
  const auto* r = s.b.accounts.find({agent});
  const account_record unknown;
  const auto& standing = r == nullptr ? unknown : *r;
  if (t.reputation_min > 0) {
    if (standing.bonded < rules.bond_min)
      return errc::low_stake;
    const auto score = s.b.score_of(standing);
    const bool probation = score < rules.probation_below;
    const bool redeemable = probation && t.reputation_min <= rules.probation_below;
    if (score < t.reputation_min && !redeemable)
      return errc::low_reputation;
    if (probation && price > share(standing.bonded, rules.probation_share_ppm))
      return errc::over_probation;
  }
  if (exposed && standing.exposure.saturating_plus(*exposed) >
                     share(standing.bonded, rules.exposure_share_ppm))
    return errc::over_exposure;
  return errc::ok;
}

amount penalty_so_far(const task_record& t, std::uint16_t subtask, const account_id& who) {
  for (const auto& p : t.penalties)
    if (p.subtask == subtask && p.account == who)
      return p.value;
  return {};
}

amount penalty_due(const task_record& t, std::uint16_t subtask, const account_id& who,
                   amount value) {
  return value.saturating_minus(penalty_so_far(t, subtask, who));
}

void note_penalty(task_record& t, std::uint16_t subtask, const account_id& who, amount value) {
  if (value.is_zero())
    return;
  for (auto& p : t.penalties)
    if (p.subtask == subtask && p.account == who)
      return add(p.value, value);
  t.penalties.push_back({subtask, who, value});
}

namespace {

/// At most so many gains per pair of controllers and era, and none within one controller.
bool may_gain(session& s, const account_id& payer, const account_id& agent) {
  const pair_key pair{s.b.controller_of(payer), s.b.controller_of(agent)};
  if (pair.payer == pair.agent)
    return false;
  const auto* seen = s.b.gains.find(pair);
  if (seen != nullptr && seen->count >= s.rules().gains_per_pair_max)
    return false;
  auto& g = seen == nullptr ? s.b.gains.insert(pair) : s.b.gains.edit(pair);
  ++g.count;
  return true;
}

void remember(account_record& r, bool failed) {
  r.history = static_cast<std::uint16_t>(((r.history << 1) | (failed ? 1 : 0)) & 0x3ff);
  r.outcomes = static_cast<std::uint8_t>(std::min(10, r.outcomes + 1));
}

} // namespace

void conclude(session& s, task_record& t, event::outcome& o) {
  const auto& rules = s.rules();
  auto& r = s.b.accounts.edit({o.agent});
  if (o.kind == outcome_kind::success) {
    if (!r.rated)
      return;
    remember(r, false);
    o.gain_limited = !may_gain(s, o.payer, o.agent);
    const int score = s.b.score_of(r);
    const int gain = std::max(0, rules.reputation_gain - score / rules.reputation_gain_step);
    const int reached = o.gain_limited ? score : std::min<int>(reputation_max, score + gain);
    set_score(s, r, static_cast<std::uint16_t>(reached));
    return;
  }
  if (r.rated) {
    remember(r, true);
    const auto score = s.b.score_of(r);
    set_score(s, r, static_cast<std::uint16_t>(score - std::min(score, rules.reputation_loss)));
  }
  // One award carries only its largest penalty, so the base is the stake before any of them.
  const auto base = r.stake().saturating_plus(penalty_so_far(t, o.subtask, o.agent));
  const auto wanted = penalty_due(t, o.subtask, o.agent, share(base, rules.failure_slash_ppm));
  o.slashed = take_stake(s, o.agent, wanted);
  add(s.b.meta.treasury, o.slashed);
  note_penalty(t, o.subtask, o.agent, o.slashed);
}

} // namespace ainur::ledger
