// Settlement: results, releases, refunds, and the end of tasks.
#include <algorithm>

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

namespace {

outcome_kind kind_of(outcome_cause cause) {
  if (cause <= outcome_cause::ruled_for_agent)
    return outcome_kind::success;
  return cause <= outcome_cause::ruled_for_payer ? outcome_kind::failure : outcome_kind::void_;
}

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

/// What of the price the agent gets.
amount pay_of(outcome_cause cause, amount price) {
  if (cause == outcome_cause::arbiters_silent)
    return amount{price.micro() / 2};
  return kind_of(cause) == outcome_kind::success ? price : amount{};
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

/// The task and its award, or why not.
struct found {
  const task_record* task = nullptr;
  const award_record* award = nullptr;
  errc code = errc::ok;
};

found find_award(const session& s, const task_id& id, std::uint16_t subtask) {
  found f;
  f.task = s.b.tasks.find({id});
  if (f.task == nullptr)
    return {nullptr, nullptr, errc::unknown_task};
  f.award = f.task->award(subtask);
  if (f.award == nullptr)
    f.code = errc::unknown_award;
  return f;
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
  const auto paid = pay_of(cause, a.price);
  const auto fee = paid == a.price ? a.fee : share(paid, s.rules().release_fee_ppm);
  event::outcome o;
  o.task = id;
  o.subtask = subtask;
  o.agent = a.agent;
  o.payer = t.payer;
  o.kind = kind_of(cause);
  o.cause = cause;
  o.price = a.price;
  o.paid = paid;
  o.fee = paid.is_zero() ? amount{} : fee;
  auto& agent = s.b.accounts.edit({a.agent});
  o.score_before = agent.score;
  --agent.open_awards;
  if (t.paid_at_result)
    take(agent.exposure, a.price);
  add(agent.free, paid);
  auto& payer = s.b.accounts.edit({t.payer});
  add(payer.free, *a.price.minus(paid));
  add(payer.free, *a.fee.minus(o.fee));
  add(t.paid, paid);
  pay_fee(s, o.fee);
  if (o.kind != outcome_kind::void_)
    conclude(s, t, o);
  o.score_after = agent.score;
  a.status = status_of(o.kind);
  a.due = {};
  s.emit(o);
  tidy(s, o.agent);
  end_task(s, id, t);
}

errc handle(session& s, const actor& a, const post_result& c) {
  const auto f = find_award(s, c.task, c.subtask);
  if (f.code != errc::ok)
    return f.code;
  if (f.award->agent != a.origin)
    return errc::not_permitted;
  if (f.award->status != award_status::working)
    return errc::wrong_state;
  if (s.now > f.award->finish_by)
    return errc::too_late;
  if (c.result.is_none())
    return errc::invalid_value;
  auto& t = s.b.tasks.edit({c.task});
  auto& award = *t.award(c.subtask);
  award.result = c.result;
  const auto until = t.paid_at_result ? s.now : s.now + s.rules().review_window;
  s.emit(event::result_posted{c.task, c.subtask, a.origin, c.result, until});
  if (t.paid_at_result) {
    end_award(s, c.task, c.subtask, outcome_cause::paid_at_result);
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
  if (f.award->status != award_status::working)
    return errc::wrong_state;
  end_award(s, c.task, c.subtask, outcome_cause::given_up);
  return errc::ok;
}

errc handle(session& s, const actor& a, const release& c) {
  const auto f = find_award(s, c.task, c.subtask);
  if (f.code != errc::ok)
    return f.code;
  if (f.award->status != award_status::review)
    return errc::wrong_state;
  const bool by_payer =
      a.origin == f.task->payer || (acts_for_host(s, a, *f.task) && a.origin != f.award->agent);
  if (!by_payer && s.now <= f.award->due)
    return errc::not_permitted;
  end_award(s, c.task, c.subtask, by_payer ? outcome_cause::released : outcome_cause::review_over);
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
  if (f.award->status != award_status::working)
    return errc::wrong_state;
  // A missed finish time is a failure, whoever comes first.
  if (s.now > f.award->finish_by)
    return errc::too_late;
  end_award(s, c.task, c.subtask, cause_of(c.cause));
  return errc::ok;
}

} // namespace ainur::ledger
