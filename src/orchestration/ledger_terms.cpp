#include "ainur/orchestration/ledger_terms.hpp"

namespace ainur::orchestration {

answer meaning_of(ledger::errc code) noexcept {
  switch (code) {
  case ledger::errc::ok:
    return answer::done;
  case ledger::errc::insufficient_funds:
  case ledger::errc::unknown_account:
    return answer::insufficient_funds;
  case ledger::errc::wrong_state:
  case ledger::errc::too_early:
    return answer::not_yet;
  default:
    return answer::refused;
  }
}

market::cause cause_of(ledger::outcome_cause cause) noexcept {
  using enum ledger::outcome_cause;
  switch (cause) {
  case released:
  case review_over:
  case paid_at_result:
  case stream_stopped:
  case stream_finished:
  case stream_dry:
    return market::cause::none;
  case ruled_for_agent:
  case arbiters_silent:
    return market::cause::disputed;
  case no_result:
    return market::cause::missed_deadline;
  case given_up:
    return market::cause::gave_up;
  case ruled_for_payer:
    return market::cause::bad_result;
  case cancelled:
    return market::cause::cancelled;
  case lost_orchestrator:
    return market::cause::lost_orchestrator;
  case lost_supervisor:
    return market::cause::lost_supervisor;
  case failed_upstream:
    return market::cause::failed_upstream;
  }
  return market::cause::none;
}

market::final_state final_state_of(ledger::task_end end) noexcept {
  switch (end) {
  case ledger::task_end::completed:
    return market::final_state::completed;
  case ledger::task_end::refunded:
    return market::final_state::refunded;
  case ledger::task_end::resolved:
    return market::final_state::resolved;
  }
  return market::final_state::refunded;
}

std::optional<ledger_event> event_of(const ledger::event::any& event) {
  using kind = ledger_event::kind;
  if (const auto* o = std::get_if<ledger::event::outcome>(&event)) {
    ledger_event out{.task = o->task,
                     .subtask = o->subtask,
                     .why = cause_of(o->cause),
                     .slashed = o->slashed,
                     .paid = o->paid};
    switch (o->kind) {
    case ledger::outcome_kind::success:
      out.what = kind::paid;
      break;
    case ledger::outcome_kind::failure:
      out.what = kind::refunded;
      break;
    case ledger::outcome_kind::void_:
      out.what = kind::voided;
      break;
    }
    return out;
  }
  if (const auto* f = std::get_if<ledger::event::task_final>(&event))
    return ledger_event{
        .what = kind::ended, .task = f->task, .state = final_state_of(f->final_state)};
  if (const auto* d = std::get_if<ledger::event::arbiters_drawn>(&event))
    return ledger_event{.what = kind::disputed, .task = d->task, .subtask = d->subtask};
  return std::nullopt;
}

ledger_view view_of(const std::optional<ledger::task_view>& seen) {
  ledger_view v;
  if (!seen)
    return v;
  v.known = true;
  v.open = seen->open;
  if (seen->final_state)
    v.ended = final_state_of(*seen->final_state);
  for (const auto& a : seen->awards) {
    using from = ledger::award_status;
    using to = ledger_view::line_state;
    auto state = to::awarded;
    switch (a.status) {
    case from::working:
    case from::streaming:
    case from::overdrawn:
      state = to::awarded;
      break;
    case from::review:
      state = to::posted;
      break;
    case from::disputed:
      state = to::disputed;
      break;
    case from::succeeded:
      state = to::paid;
      break;
    case from::failed:
      state = to::refunded;
      break;
    case from::voided:
      state = to::voided;
      break;
    }
    v.lines.push_back({a.subtask, a.agent, a.price, state});
  }
  return v;
}

} // namespace ainur::orchestration
