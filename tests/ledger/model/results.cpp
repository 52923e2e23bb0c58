// The model: what becomes of awards, whole or in parts, and what they pay.
#include <algorithm>

#include "model.hpp"

namespace ainur::test {

namespace {

award_status status_after(outcome_cause cause) {
  switch (cause) {
  case outcome_cause::no_result:
  case outcome_cause::given_up:
  case outcome_cause::ruled_for_payer:
    return award_status::failed;
  case outcome_cause::cancelled:
  case outcome_cause::lost_orchestrator:
  case outcome_cause::lost_supervisor:
  case outcome_cause::failed_upstream:
  case outcome_cause::arbiters_silent:
    return award_status::voided;
  default:
    return award_status::succeeded;
  }
}

outcome_cause cause_of(void_cause c) {
  switch (c) {
  case void_cause::cancelled:
    return outcome_cause::cancelled;
  case void_cause::lost_orchestrator:
    return outcome_cause::lost_orchestrator;
  case void_cause::lost_supervisor:
    return outcome_cause::lost_supervisor;
  case void_cause::failed_upstream:
    return outcome_cause::failed_upstream;
  default:
    return outcome_cause::arbiters_silent;
  }
}

} // namespace

// --- payment ---

void model::pay(model_task&, model_award& a, money value) {
  const auto fees = fee(a.paid + value) - fee(a.paid);
  a.paid += value;
  credit(a.line.agent, value);
  pay_fee(fees);
}

void model::end_award(model_task& t, std::uint16_t subtask, outcome_cause cause) {
  auto& a = t.awards[subtask];
  accounts[t.payer].free += escrow(a);
  a.cause = cause;
  a.status = status_after(cause);
  if (a.status == award_status::succeeded)
    succeed(t, a.line.agent);
  if (a.status == award_status::failed)
    fail(t, subtask, a.line.agent);
  finish_task(t);
}

void model::release_part(model_task& t, std::uint16_t subtask, outcome_cause cause) {
  auto& a = t.awards[subtask];
  pay(t, a, a.part_price());
  if (a.line.parts.empty() || a.part + 1u == a.line.parts.size())
    return end_award(t, subtask, cause);
  ++a.part;
  a.status = award_status::working;
  a.finish_by += now - a.posted; // its time stood still
  a.due = a.finish_by;
}

// --- results ---

errors model::on(const acting& a, const post_result& c) {
  checks wrong;
  auto* x = award_of(c.task, c.subtask, wrong.found);
  if (x == nullptr)
    return wrong.found;
  wrong(a.origin != x->line.agent, errc::not_permitted);
  wrong(c.result.is_none(), errc::invalid_value);
  if (wrong.found.empty() && c.part < x->results.size() && x->results[c.part] == c.result)
    return {};
  wrong(x->status != award_status::working || c.part != x->part, errc::wrong_state);
  if (!wrong.found.empty())
    return wrong.found;
  x->results.push_back(c.result);
  x->posted = now;
  x->status = award_status::review;
  x->due = now + p.review_window;
  auto& t = tasks[c.task];
  if (t.terms.paid_at_result)
    release_part(t, c.subtask, outcome_cause::paid_at_result);
  return {};
}

errors model::on(const acting& a, const give_up& c) {
  checks wrong;
  auto* x = award_of(c.task, c.subtask, wrong.found);
  if (x == nullptr)
    return wrong.found;
  wrong(a.origin != x->line.agent, errc::not_permitted);
  if (wrong.found.empty() &&
      (x->cause == outcome_cause::given_up || x->cause == outcome_cause::stream_dry))
    return {};
  const bool stream = x->status == award_status::streaming || x->status == award_status::overdrawn;
  wrong(x->status != award_status::working && !stream, errc::wrong_state);
  if (!wrong.found.empty())
    return wrong.found;
  auto& t = tasks[c.task];
  if (stream)
    end_stream(t, c.subtask,
               x->status == award_status::overdrawn || flowed(*x) == x->price
                   ? outcome_cause::stream_dry
                   : outcome_cause::given_up);
  else
    end_award(t, c.subtask, outcome_cause::given_up);
  return {};
}

errors model::on(const acting& a, const release& c) {
  checks wrong;
  auto* x = award_of(c.task, c.subtask, wrong.found);
  if (x == nullptr)
    return wrong.found;
  auto& t = tasks[c.task];
  // Anyone may have released it, once the review was over.
  if (c.part < x->part || (x->status == award_status::succeeded && !x->is_stream()))
    return {};
  wrong(!is_payer_side(a, t) || (a.origin == x->line.agent && a.origin != t.payer),
        errc::not_permitted);
  wrong(x->status != award_status::review || c.part != x->part, errc::wrong_state);
  if (!wrong.found.empty())
    return wrong.found;
  release_part(t, c.subtask, outcome_cause::released);
  return {};
}

errors model::on(const acting& a, const void_award& c) {
  checks wrong;
  auto* x = award_of(c.task, c.subtask, wrong.found);
  if (x == nullptr)
    return wrong.found;
  auto& t = tasks[c.task];
  wrong(!is_payer_side(a, t), errc::not_permitted);
  wrong(c.cause == void_cause::arbiters_silent, errc::invalid_value);
  wrong(c.cause == void_cause::cancelled && x->is_stream(), errc::invalid_value);
  if (wrong.found.empty() && x->cause == cause_of(c.cause))
    return {};
  const bool stream = x->status == award_status::streaming || x->status == award_status::overdrawn;
  wrong(x->status != award_status::working && !stream, errc::wrong_state);
  if (!wrong.found.empty())
    return wrong.found;
  if (stream)
    end_stream(t, c.subtask, cause_of(c.cause));
  else
    end_award(t, c.subtask, cause_of(c.cause));
  return {};
}

errors model::on(const acting& a, const close_task& c) {
  const auto at = tasks.find(c.task);
  if (at == tasks.end())
    return {errc::unknown_task};
  if (!is_payer_side(a, at->second))
    return {errc::not_permitted};
  if (!at->second.open)
    return {};
  stop_awards(at->second);
  return {};
}

void model::award_due(const task_id& task, model_task& t, std::uint16_t subtask) {
  auto& a = t.awards[subtask];
  switch (a.status) {
  case award_status::working:
    return end_award(t, subtask, outcome_cause::no_result);
  case award_status::review:
    return release_part(t, subtask, outcome_cause::review_over);
  case award_status::disputed:
    return dispute_over(task, t, subtask);
  case award_status::streaming:
    if (a.due >= a.finish_by)
      return end_stream(t, subtask, outcome_cause::stream_finished);
    pay(t, a, flowed(a) - a.paid);
    a.status = award_status::overdrawn;
    a.due = std::min(now + p.settlement.top_up_window, a.finish_by);
    return;
  default:
    return end_stream(t, subtask,
                      a.due >= a.finish_by ? outcome_cause::stream_finished
                                           : outcome_cause::stream_dry);
  }
}

} // namespace ainur::test
