// Taking over the tasks of a lost orchestrator, and finding back to the ledger's view of a task when
// an event was missed.
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
  tasks_.emplace(number, std::move(fresh));
  out.views.push_back(id);
  // Asked again until the ledger answers: it may be restarting too.
  deadlines_.push({now.mono + options_.ledger_patience, deadline::kind::finish, number});
}

void orchestrator_core::on_ledger_view(const task_id& task, const ledger_view& view, moment now,
                                       outputs& out) {
  std::uint64_t number = 0;
  auto* s = find(task, &number);
  if (s == nullptr)
    return;
  if (view.ended)
    return end(number, *view.ended, s->why, now, out);
  if (!view.known) {
    // Never opened: the way begins. (One of ours waits for the answer to its own request.)
    if (std::exchange(s->adopted, false))
      begin(number, *s, now, out);
    return;
  }
  if (!std::exchange(s->adopted, false))
    return; // still going its way; the ledger's own deadlines bring it to an end
  s->opened = true;
  s->opened_at = now.mono;
  s->closing = !view.open;
  for (const auto& seen : view.lines) {
    if (seen.subtask >= s->lines.size())
      continue;
    auto& l = s->lines[seen.subtask];
    l.agent = seen.agent;
    l.price = seen.price;
    using at = ledger_view::line_state;
    switch (seen.state) {
    case at::paid:
      l.phase = line_phase::paid;
      break;
    case at::refunded:
    case at::voided:
      l.phase = line_phase::lost;
      break;
    case at::awarded: {
      // The agent may still work, but its result cannot find its way back: nobody is at fault.
      l.phase = line_phase::working;
      l.why = market::cause::lost_orchestrator;
      ask_ledger(number, seen.subtask, step::stop,
                 ledger::void_award{task, seen.subtask, ledger::void_cause::lost_orchestrator},
                 now.mono, out);
      break;
    }
    case at::posted:
      // The work was done; the payer has nothing against it and pays.
      l.phase = line_phase::settling;
      l.good = true;
      settle(number, *s, seen.subtask, now, out, false);
      break;
    case at::disputed:
      l.phase = line_phase::settling;
      break;
    }
  }
  advance(number, *s, now, out);
}

void orchestrator_core::on_guard_lost(std::uint32_t guard, moment now, outputs& out) {
  std::vector<std::uint64_t> hit;
  for (const auto& [number, s] : tasks_)
    if (std::any_of(s.lines.begin(), s.lines.end(), [guard](const line& l) {
          return l.phase == line_phase::working && l.at.guard == guard;
        }))
      hit.push_back(number);
  std::sort(hit.begin(), hit.end()); // the same order in every run
  for (const auto number : hit) {
    auto& s = tasks_.at(number);
    for (std::size_t i = 0; i < s.lines.size(); ++i) {
      auto& l = s.lines[i];
      if (l.phase != line_phase::working || l.at.guard != guard)
        continue;
      const auto subtask = static_cast<std::uint16_t>(i);
      l.why = market::cause::lost_supervisor;
      ask_ledger(
          number, subtask, step::stop,
          ledger::void_award{s.origin.task->id, subtask, ledger::void_cause::lost_supervisor},
          now.mono, out);
    }
  }
}

} // namespace ainur::orchestration
