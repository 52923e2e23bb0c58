// Streams: awards that pay by the time that passes.
//
// A stream flows from `flows_from` at `rate`; what had flowed before that is in `flowed_before`.
// Draws leave both as they are, so nothing is rounded twice. Only a top-up of a stream that stands
// still begins anew.
#include <algorithm>

#include "escrow.hpp"
#include "handlers.hpp"

namespace ainur::ledger {

namespace {

__extension__ using wide = unsigned __int128;
constexpr std::uint64_t micros_per_second = 1'000'000;

/// Pays what has flowed until now.
void draw(session& s, const task_id& id, task_record& t, award_record& a) {
  const auto value = *flowed(a, s.now).minus(a.paid);
  if (value.is_zero())
    return;
  const auto fee = pay_award(s, t, a, value);
  s.emit(event::stream_drawn{id, a.subtask, a.agent, value, fee, a.paid});
}

/// Would the larger deposit still be within what the agent's standing allows?
errc admit_deposit(const session& s, const task_record& t, const award_record& a, amount deposit) {
  const auto& rules = s.rules();
  const auto& r = *s.b.accounts.find({a.agent});
  if (t.reputation_min > 0 && s.b.score_of(r) < rules.probation_below &&
      deposit > share(r.bonded, rules.probation_share_ppm))
    return errc::over_probation;
  const auto added = deposit.saturating_minus(a.price);
  return r.exposure.saturating_plus(added) > share(r.bonded, rules.exposure_share_ppm)
             ? errc::over_exposure
             : errc::ok;
}

} // namespace

amount flowed(const award_record& a, timestamp now) {
  const auto until = std::min(now, a.finish_by);
  if (until <= a.flows_from)
    return a.flowed_before;
  const auto passed = static_cast<std::uint64_t>(micros(until - a.flows_from));
  return std::min(a.price,
                  a.flowed_before.saturating_plus(a.rate.times(passed, micros_per_second)));
}

timestamp dry_at(const award_record& a) {
  if (a.finish_by <= a.flows_from)
    return a.finish_by;
  const wide room = static_cast<std::uint64_t>(micros(a.finish_by - a.flows_from));
  const wide left = a.price.saturating_minus(a.flowed_before).micro();
  const wide needed = (left * micros_per_second + a.rate.micro() - 1) / a.rate.micro();
  return needed >= room ? a.finish_by : a.flows_from + duration{static_cast<std::int64_t>(needed)};
}

void stream_due(session& s, const task_id& id, std::uint16_t subtask) {
  auto& t = s.b.tasks.edit({id});
  auto& a = *t.award(subtask);
  if (a.due >= a.finish_by)
    return end_award(s, id, subtask, outcome_cause::stream_finished);
  if (a.status == award_status::overdrawn)
    return end_award(s, id, subtask, outcome_cause::stream_dry);
  draw(s, id, t, a);
  a.status = award_status::overdrawn;
  a.due = std::min(s.now + s.rules().settlement.top_up_window, a.finish_by);
  s.b.due.push({a.due, deadline_kind::award, about(id), subtask});
  s.emit(event::stream_overdrawn{id, subtask, a.agent, t.payer, a.due});
}

errc handle(session& s, const actor&, const draw_stream& c) {
  const auto f = find_award(s, c.task, c.subtask);
  if (f.code != errc::ok)
    return f.code;
  if (!f.award->streams())
    return errc::wrong_state;
  if (!f.award->open())
    return errc::ok; // its end has paid everything
  auto& t = s.b.tasks.edit({c.task});
  draw(s, c.task, t, *t.award(c.subtask));
  return errc::ok;
}

errc handle(session& s, const actor& a, const top_up_stream& c) {
  const auto f = find_award(s, c.task, c.subtask);
  if (f.code != errc::ok)
    return f.code;
  if (a.origin != f.task->payer)
    return errc::not_permitted;
  const auto& seen = *f.award;
  if (!seen.streams())
    return errc::wrong_state;
  if (c.deposit <= seen.price)
    return errc::ok;
  if (!seen.open())
    return errc::wrong_state;
  if (s.now > seen.finish_by || (seen.status == award_status::overdrawn && s.now > seen.due))
    return errc::too_late;
  const auto added = *c.deposit.minus(seen.price);
  const auto fee = *share(c.deposit, s.rules().release_fee_ppm).minus(seen.fee);
  const auto whole = added.plus(fee);
  if (!whole || s.b.accounts.find({a.origin})->spendable() < *whole)
    return errc::insufficient_funds;
  const auto topped_up = f.task->topped_up.plus(added);
  if (!topped_up || !topped_up->plus(f.task->budget))
    return errc::overflow;
  if (const auto code = admit_deposit(s, *f.task, seen, c.deposit); code != errc::ok)
    return code;

  take(s.b.accounts.edit({a.origin}).free, *whole);
  auto& t = s.b.tasks.edit({c.task});
  auto& award = *t.award(c.subtask);
  add(s.b.accounts.edit({award.agent}).exposure, added);
  if (flowed(award, s.now) == award.price) { // it stood still
    award.flowed_before = award.price;
    award.flows_from = s.now;
  }
  t.topped_up = *topped_up;
  award.price = c.deposit;
  add(award.fee, fee);
  award.status = award_status::streaming;
  award.due = dry_at(award);
  s.b.due.push({award.due, deadline_kind::award, about(c.task), c.subtask});
  s.emit(event::stream_topped_up{c.task, c.subtask, a.origin, c.deposit, added, fee});
  return errc::ok;
}

errc handle(session& s, const actor& a, const stop_stream& c) {
  const auto f = find_award(s, c.task, c.subtask);
  if (f.code != errc::ok)
    return f.code;
  if (!pays_for(s, a, f))
    return errc::not_permitted;
  const auto& award = *f.award;
  if (!award.streams())
    return errc::wrong_state;
  if (!award.open())
    return award.cause == outcome_cause::stream_stopped || award.cause == outcome_cause::cancelled
               ? errc::ok
               : errc::wrong_state;
  auto cause = outcome_cause::stream_stopped;
  if (s.now > award.finish_by)
    cause = outcome_cause::stream_finished;
  else if (flowed(award, s.now).is_zero())
    cause = outcome_cause::cancelled;
  end_award(s, c.task, c.subtask, cause);
  return errc::ok;
}

} // namespace ainur::ledger
