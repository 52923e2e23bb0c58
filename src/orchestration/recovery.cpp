// Taking over the tasks of a lost orchestrator, and finding back to the ledger's view of a task
// when an event was missed.
#include <algorithm>

#include "ainur/orchestration/orchestrator.hpp"

namespace ainur::orchestration {

void orchestrator_core::adopt(submission s, moment now, outputs& out) {
  if (numbers_.contains(s.task->id))
    return;
  const auto id = s.task->id;
  const auto number = ++next_task_;
  numbers_.emplace(id, number);
  state fresh;
  fresh.adopted = true;
  fresh.lines.resize(s.task->subtasks.size());
  fresh.origin = std::move(s);
  auto& kept = tasks_.emplace(number, std::move(fresh)).first->second;
  out.views.push_back(id);
  watch(number, kept, now.mono); // asked again until the ledger answers: it may be restarting too
}

/// One timer a task is enough: it asks rarer and rarer, and only finds what was lost on the way.
void orchestrator_core::watch(std::uint64_t number, state& s, instant now) {
  constexpr int rarest = 16;
  if (s.adopted)
    s.watch_wait = options_.ledger_patience;
  else if (s.watch_wait < options_.finish_grace)
    s.watch_wait = options_.finish_grace;
  else
    s.watch_wait = std::min(s.watch_wait * 2, options_.finish_grace * rarest);
  deadlines_.push({now + s.watch_wait, deadline::kind::watch, number});
}

void orchestrator_core::on_ledger_view(const task_id& task, const ledger_view& view, moment now,
                                       outputs& out) {
  std::uint64_t number = 0;
  auto* s = find(task, &number);
  if (s == nullptr)
    return;
  if (!view.known) {
    if (std::exchange(s->adopted, false)) // never opened: the way begins
      return begin(number, *s, now, out);
    // Opened and no longer known: it ended so long ago that the ledger has forgotten it. (One that
    // is not open yet waits for the answer to its own request.)
    if (s->opened)
      end(number, market::final_state::refunded, market::cause::lost_orchestrator, now, out);
    return;
  }
  if (std::exchange(s->adopted, false))
    restore(number, *s, view, now, out);
  else if (s->opened)
    reconcile(number, *s, view, now, out);
  else if (!view.ended)
    return; // the answer to our own request is under way
  if (view.ended)
    end(number, *view.ended, market::cause::none, now, out);
}

/// Takes over a task as the ledger knows it.
void orchestrator_core::restore(std::uint64_t number, state& s, const ledger_view& view, moment now,
                                outputs& out) {
  const auto& id = s.origin.task->id;
  s.opened = true;
  s.opened_at = now.mono;
  s.closing = !view.open;
  for (const auto& seen : view.lines) {
    if (seen.subtask >= s.lines.size())
      continue;
    auto& l = s.lines[seen.subtask];
    l.agent = seen.agent;
    l.price = seen.price;
    using at = ledger_view::line_state;
    switch (seen.state) {
    case at::paid:
      l.phase = line_phase::paid;
      l.paid = l.price;
      break;
    case at::refunded:
    case at::voided:
      l.phase = line_phase::lost;
      l.why = market::cause::lost_orchestrator;
      break;
    case at::awarded:
      // The agent may still work, but its result cannot find its way back: nobody is at fault.
      l.phase = line_phase::working;
      l.why = market::cause::lost_orchestrator;
      ask_ledger(number, seen.subtask, step::stop,
                 ledger::void_award{id, seen.subtask, ledger::void_cause::lost_orchestrator}, now,
                 out);
      break;
    case at::posted:
      // The work was done; the payer has nothing against it and pays.
      l.phase = line_phase::settling;
      l.good = true;
      settle(number, s, seen.subtask, now, out);
      break;
    case at::disputed:
      l.phase = line_phase::settling;
      l.disputed = true;
      break;
    }
  }
  if (view.ended)
    return;
  if (s.cancelled)
    return stop_all(number, s, now, out);
  advance(number, s, now, out);
}

/// Makes up for events that were lost.
void orchestrator_core::reconcile(std::uint64_t number, state& s, const ledger_view& view,
                                  moment now, outputs& out) {
  for (const auto& seen : view.lines) {
    if (seen.subtask >= s.lines.size())
      continue;
    auto& l = s.lines[seen.subtask];
    using at = ledger_view::line_state;
    const bool open = l.phase >= line_phase::working && l.phase < line_phase::paid;
    if (!open && seen.state == at::awarded && s.awarding == 0) {
      // An award that was refused and, as its request came twice, carried out after all: nobody
      // works.
      ask_ledger(number, seen.subtask, step::stop,
                 ledger::void_award{s.origin.task->id, seen.subtask,
                                    ledger::void_cause::lost_orchestrator},
                 now, out);
      continue;
    }
    if (!open || l.agent != seen.agent)
      continue; // an award whose answer is under way, or an end that we know
    using kind = ledger_event::kind;
    ledger_event e{.task = s.origin.task->id, .subtask = seen.subtask, .why = l.why};
    switch (seen.state) {
    case at::paid:
      e.what = kind::paid;
      e.why = market::cause::none;
      break;
    case at::refunded:
      e.what = kind::refunded;
      break;
    case at::voided:
      e.what = kind::voided;
      break;
    case at::disputed:
      e.what = kind::disputed;
      break;
    case at::posted:
      // Of an award that we took over: it was posted before it could be void.
      if (l.phase == line_phase::working && l.call == 0) {
        l.phase = line_phase::settling;
        l.good = true;
        settle(number, s, seen.subtask, now, out);
      }
      continue;
    case at::awarded:
      continue;
    }
    settled(number, s, e, now, out);
  }
}

void orchestrator_core::on_guard_lost(std::uint32_t guard, moment now, outputs& out) {
  // Its bids no longer stand. Its agents are not waited for; the others are.
  std::vector<market::call_number> complete;
  for (auto& [call, c] : calls_)
    if (std::erase_if(c.guards, [guard](const auto& g) { return g.guard == guard; }) > 0) {
      std::erase_if(c.bids, [guard](const auto& b) { return b.first == guard; });
      if (c.all_answered())
        complete.push_back(call);
    }
  std::sort(complete.begin(), complete.end()); // the same order in every run
  for (const auto call : complete)
    decide(call, now, out);
  std::vector<std::uint64_t> hit;
  for (const auto& [number, s] : tasks_)
    if (std::any_of(s.lines.begin(), s.lines.end(), [guard](const line& l) {
          return (l.phase == line_phase::working || l.phase == line_phase::decided) &&
                 l.call != 0 && l.at.guard == guard;
        }))
      hit.push_back(number);
  std::sort(hit.begin(), hit.end()); // the same order in every run
  for (const auto number : hit) {
    auto& s = tasks_.at(number);
    for (std::size_t i = 0; i < s.lines.size(); ++i) {
      auto& l = s.lines[i];
      if (l.at.guard != guard || l.call == 0)
        continue;
      const auto subtask = static_cast<std::uint16_t>(i);
      if (l.phase == line_phase::decided && s.awarding > 0) {
        l.guard_lost = true;
      } else if (l.phase == line_phase::decided) {
        l.phase = line_phase::unfilled;
        unfilled(number, s, subtask, market::cause::lost_supervisor, now, out);
      } else if (l.phase == line_phase::working) {
        l.why = market::cause::lost_supervisor;
        ask_ledger(
            number, subtask, step::stop,
            ledger::void_award{s.origin.task->id, subtask, ledger::void_cause::lost_supervisor},
            now, out);
      }
    }
  }
}

} // namespace ainur::orchestration
