// Settlement: results, releases, refunds, and the end of tasks.
#include <algorithm>

#include "escrow.hpp"
#include "handlers.hpp"

namespace ainur::ledger {

bool acts_for_host(const session& s, const actor& a, const task_record& t) {
  if (a.origin == t.host)
    return true;
  if (!a.hosted() || a.signer != t.host)
    return false;
  const auto* r = s.b.accounts.find({a.origin});
  return r != nullptr && r->bonded >= s.rules().orchestrator_bond_min;
}

found_award find_award(const session& s, const task_id& id, std::uint16_t subtask) {
  const auto* task = s.b.tasks.find({id});
  if (task == nullptr)
    return {nullptr, nullptr, errc::unknown_task};
  const auto* award = task->award(subtask);
  return {task, award, award == nullptr ? errc::unknown_award : errc::ok};
}

bool pays_for(const session& s, const actor& a, const found_award& f) {
  return a.origin == f.task->payer || (a.origin != f.award->agent && acts_for_host(s, a, *f.task));
}

outcome_kind kind_of(outcome_cause cause) noexcept {
  switch (cause) {
  case outcome_cause::released:
  case outcome_cause::review_over:
  case outcome_cause::paid_at_result:
  case outcome_cause::ruled_for_agent:
  case outcome_cause::stream_stopped:
  case outcome_cause::stream_finished:
  case outcome_cause::stream_dry:
    return outcome_kind::success;
  case outcome_cause::no_result:
  case outcome_cause::given_up:
  case outcome_cause::ruled_for_payer:
    return outcome_kind::failure;
  case outcome_cause::cancelled:
  case outcome_cause::lost_orchestrator:
  case outcome_cause::lost_supervisor:
  case outcome_cause::failed_upstream:
  case outcome_cause::arbiters_silent:
    break;
  }
  return outcome_kind::void_;
}

amount part_price(const award_record& a) {
  return a.parts.empty() ? a.price : a.parts[a.part].price;
}

hash256 posted_result(const award_record& a, std::uint16_t part) {
  if (a.parts.empty())
    return part == 0 ? a.result : hash256{};
  return part < a.parts.size() ? a.parts[part].result : hash256{};
}

bool exposes(const task_record& t, const award_record& a) {
  return t.paid_at_result || a.streams();
}

amount unpaid(const parameters& rules, const award_record& a) {
  const auto fee = a.fee.saturating_minus(share(a.paid, rules.release_fee_ppm));
  return a.price.saturating_minus(a.paid).saturating_plus(fee);
}

amount pay_award(session& s, task_record& t, award_record& a, amount value) {
  const auto before = share(a.paid, s.rules().release_fee_ppm);
  add(a.paid, value);
  add(t.paid, value);
  add(s.b.accounts.edit({a.agent}).free, value);
  const auto fee = *share(a.paid, s.rules().release_fee_ppm).minus(before);
  pay_fee(s, fee);
  return fee;
}

namespace {

award_status status_of(outcome_kind kind) {
  switch (kind) {
  case outcome_kind::success:
    return award_status::succeeded;
  case outcome_kind::failure:
    return award_status::failed;
  default:
    return award_status::voided;
  }
}

/// What the agent gets with the end of its award.
amount last_pay(const award_record& a, outcome_cause cause, timestamp now) {
  if (a.streams())
    return *flowed(a, now).minus(a.paid);
  if (cause == outcome_cause::arbiters_silent)
    return amount{part_price(a).micro() / 2};
  return kind_of(cause) == outcome_kind::success ? part_price(a) : amount{};
}

outcome_cause cause_of(void_cause cause) {
  switch (cause) {
  case void_cause::lost_orchestrator:
    return outcome_cause::lost_orchestrator;
  case void_cause::lost_supervisor:
    return outcome_cause::lost_supervisor;
  case void_cause::failed_upstream:
    return outcome_cause::failed_upstream;
  default:
    return outcome_cause::cancelled;
  }
}

} // namespace

void close_awards(session& s, const task_id& id, task_record& t) {
  t.open = false;
  auto rest = t.unawarded;
  add(rest, t.fee_reserved);
  if (!rest.is_zero()) {
    auto& payer = s.b.accounts.edit({t.payer});
    take(payer.reserved, rest);
    add(payer.free, rest);
    t.unawarded = t.fee_reserved = {};
    s.emit(event::budget_freed{id, t.payer, rest});
  }
}

void end_task(session& s, const task_id& id, task_record& t) {
  const auto is_open = [](const award_record& a) { return a.open(); };
  const auto succeeded = [](const award_record& a) { return a.status == award_status::succeeded; };
  if (t.open || t.ended || std::any_of(t.awards.begin(), t.awards.end(), is_open))
    return;
  const bool complete =
      t.awards.size() == t.subtasks && std::all_of(t.awards.begin(), t.awards.end(), succeeded);
  t.ended = t.disputed ? task_end::resolved : complete ? task_end::completed : task_end::refunded;
  t.prune_at = std::max(s.now, t.award_by) + s.rules().retention;
  s.b.due.push({t.prune_at, deadline_kind::prune, about(id), 0});
  --s.b.accounts.edit({t.payer}).open_tasks;
  s.emit(event::task_final{id, t.payer, *t.ended, t.paid});
  tidy(s, t.payer);
}

void end_award(session& s, const task_id& id, std::uint16_t subtask, outcome_cause cause) {
  auto& t = s.b.tasks.edit({id});
  auto& a = *t.award(subtask);
  auto& agent = s.b.accounts.edit({a.agent});
  event::outcome o;
  o.task = id;
  o.subtask = subtask;
  o.agent = a.agent;
  o.payer = t.payer;
  o.kind = kind_of(cause);
  o.cause = cause;
  o.price = a.price;
  o.era = s.b.meta.era;
  o.score_before = s.b.score_of(agent);
  --agent.open_awards;
  if (exposes(t, a))
    take(agent.exposure, a.price);
  pay_award(s, t, a, last_pay(a, cause, s.now));
  o.paid = a.paid;
  o.fee = share(a.paid, s.rules().release_fee_ppm);
  add(s.b.accounts.edit({t.payer}).free, unpaid(s.rules(), a));
  if (o.kind != outcome_kind::void_)
    conclude(s, t, o);
  o.score_after = s.b.score_of(agent);
  a.status = status_of(o.kind);
  a.cause = cause;
  a.due = {};
  s.emit(o);
  tidy(s, o.agent);
  end_task(s, id, t);
}

void settle_part(session& s, const task_id& id, std::uint16_t subtask, outcome_cause cause) {
  auto& t = s.b.tasks.edit({id});
  auto& a = *t.award(subtask);
  if (a.last_part())
    return end_award(s, id, subtask, cause);
  const auto value = part_price(a);
  const auto fee = pay_award(s, t, a, value);
  // The agent's time stood still while the part was in the hands of others.
  a.finish_by += s.now - a.posted;
  s.emit(
      event::part_released{id, subtask, a.agent, t.payer, a.part, cause, value, fee, a.finish_by});
  ++a.part;
  a.result = {};
  a.status = award_status::working;
  a.due = a.finish_by;
  s.b.due.push({a.due, deadline_kind::award, about(id), subtask});
}

errc handle(session& s, const actor& a, const post_result& c) {
  const auto f = find_award(s, c.task, c.subtask);
  if (f.code != errc::ok)
    return f.code;
  if (f.award->agent != a.origin)
    return errc::not_permitted;
  if (c.result.is_none())
    return errc::invalid_value;
  if (posted_result(*f.award, c.part) == c.result)
    return errc::ok;
  if (f.award->status != award_status::working || c.part != f.award->part)
    return errc::wrong_state;
  if (s.now > f.award->finish_by)
    return errc::too_late;
  auto& t = s.b.tasks.edit({c.task});
  auto& award = *t.award(c.subtask);
  award.result = c.result;
  award.posted = s.now;
  if (!award.parts.empty())
    award.parts[award.part].result = c.result;
  const auto until = t.paid_at_result ? s.now : s.now + s.rules().review_window;
  s.emit(event::result_posted{c.task, c.subtask, a.origin, c.result, until, c.part});
  if (t.paid_at_result) {
    settle_part(s, c.task, c.subtask, outcome_cause::paid_at_result);
    return errc::ok;
  }
  award.status = award_status::review;
  award.due = until;
  s.b.due.push({until, deadline_kind::award, about(c.task), c.subtask});
  return errc::ok;
}

errc handle(session& s, const actor& a, const give_up& c) {
  const auto f = find_award(s, c.task, c.subtask);
  if (f.code != errc::ok)
    return f.code;
  if (f.award->agent != a.origin)
    return errc::not_permitted;
  const auto& award = *f.award;
  if (award.cause == outcome_cause::given_up || award.cause == outcome_cause::stream_dry)
    return errc::ok;
  if (award.status != award_status::working && !(award.streams() && award.open()))
    return errc::wrong_state;
  auto cause = outcome_cause::given_up;
  if (award.streams() && s.now > award.finish_by)
    cause = outcome_cause::stream_finished;
  else if (award.streams() && flowed(award, s.now) == award.price)
    cause = outcome_cause::stream_dry;
  end_award(s, c.task, c.subtask, cause);
  return errc::ok;
}

errc handle(session& s, const actor& a, const release& c) {
  const auto f = find_award(s, c.task, c.subtask);
  if (f.code != errc::ok)
    return f.code;
  const auto& award = *f.award;
  if (c.part < award.part || (award.status == award_status::succeeded && !award.streams()))
    return errc::ok; // it is paid
  if (award.status != award_status::review || c.part != award.part)
    return errc::wrong_state;
  const bool by_payer = pays_for(s, a, f);
  if (!by_payer && s.now <= award.due)
    return errc::not_permitted;
  settle_part(s, c.task, c.subtask,
              by_payer ? outcome_cause::released : outcome_cause::review_over);
  return errc::ok;
}

errc handle(session& s, const actor& a, const void_award& c) {
  const auto f = find_award(s, c.task, c.subtask);
  if (f.code != errc::ok)
    return f.code;
  if (c.cause == void_cause::arbiters_silent)
    return errc::invalid_value;
  if (a.origin != f.task->payer && !acts_for_host(s, a, *f.task))
    return errc::not_permitted;
  const auto& award = *f.award;
  if (award.streams() && c.cause == void_cause::cancelled)
    return errc::invalid_value;
  if (award.cause == cause_of(c.cause))
    return errc::ok;
  if (award.status != award_status::working && !(award.streams() && award.open()))
    return errc::wrong_state;
  // A missed finish time is a failure (the end of a stream: a success), whoever comes first.
  if (s.now > award.finish_by)
    return errc::too_late;
  end_award(s, c.task, c.subtask, cause_of(c.cause));
  return errc::ok;
}

} // namespace ainur::ledger
