// A task's way from submission to its end. Asking and deciding is in calls.cpp, taking over the
// tasks of a lost orchestrator in recovery.cpp.
#include "ainur/orchestration/orchestrator.hpp"

#include <algorithm>

#include "ainur/base/assert.hpp"

namespace ainur::orchestration {

namespace {

/// Whole numbers below this are of one life: what was sent in another is never taken for ours.
constexpr int life_shift = 40;

} // namespace

void outputs::clear() {
  ledger.clear();
  views.clear();
  capabilities.clear();
  calls.clear();
  closings.clear();
  awards.clear();
  settlements.clear();
  judgements.clear();
  ended.clear();
  notes.clear();
}

orchestrator_core::orchestrator_core(orchestrator_options options,
                                     std::unique_ptr<routing::router> router, rng random)
    : options_(std::move(options)), router_(std::move(router)), random_(random),
      next_call_((static_cast<std::uint64_t>(options_.number) & 0xfff) << 52 |
                 (static_cast<std::uint64_t>(options_.starts) & 0xfff) << life_shift),
      next_correlation_((static_cast<std::uint64_t>(options_.starts) & 0xff'ffff) << life_shift) {
  // A timer that comes back at once would never let go.
  options_.ledger_patience = std::max(options_.ledger_patience, duration{1});
  options_.finish_grace = std::max(options_.finish_grace, duration{1});
}

orchestrator_core::state* orchestrator_core::find(const task_id& task, std::uint64_t* number) {
  const auto at = numbers_.find(task);
  if (at == numbers_.end())
    return nullptr;
  if (number != nullptr)
    *number = at->second;
  return &tasks_.at(at->second);
}

ledger::entry orchestrator_core::entry_for(const state& s, step what, ledger::call c) const {
  const bool by_payer =
      what == step::open || what == step::dispute || std::holds_alternative<ledger::release>(c);
  if (by_payer)
    return {s.origin.task->client, s.origin.client_index, std::move(c)};
  return {options_.account, options_.hosted_index, std::move(c)};
}

void orchestrator_core::ask_ledger(std::uint64_t number, std::uint16_t subtask, step what,
                                   ledger::call c, moment now, outputs& out) {
  const auto correlation = ++next_correlation_;
  open_request r{.task = number,
                 .subtask = subtask,
                 .what = what,
                 .first_sent = now.utc,
                 .entry = entry_for(tasks_.at(number), what, std::move(c))};
  deadlines_.push({now.mono + options_.ledger_patience, deadline::kind::ledger, correlation});
  out.ledger.push_back({correlation, r.entry});
  requests_.emplace(correlation, std::move(r));
}

void orchestrator_core::submit(submission s, moment now, outputs& out) {
  if (numbers_.contains(s.task->id))
    return; // delivered twice
  const auto number = ++next_task_;
  numbers_.emplace(s.task->id, number);
  state fresh;
  fresh.lines.resize(s.task->subtasks.size());
  fresh.origin = std::move(s);
  const auto at = tasks_.emplace(number, std::move(fresh)).first;
  begin(number, at->second, now, out);
}

void orchestrator_core::begin(std::uint64_t number, state& s, moment now, outputs& out) {
  const auto& t = *s.origin.task;
  ask_ledger(number, 0, step::open,
             ledger::open_task{.task = t.id,
                               .budget = t.budget,
                               .host = options_.host,
                               .description = description_of(t),
                               .award_by = t.award_by,
                               .deadline = t.deadline,
                               .subtasks = static_cast<std::uint16_t>(t.subtasks.size()),
                               .reputation_min = t.reputation_min,
                               .paid_at_result = options_.paid_at_result},
             now, out);
}

void orchestrator_core::cancel(const task_id& task, moment now, outputs& out) {
  std::uint64_t number = 0;
  auto* s = find(task, &number);
  if (s == nullptr || s->cancelled)
    return;
  s->cancelled = true;
  s->why = market::cause::cancelled;
  if (s->opened)
    stop_all(number, *s, now, out);
  // Else the ledger's answer, or its view, goes on from here.
}

void orchestrator_core::stop_all(std::uint64_t number, state& s, moment now, outputs& out) {
  stop_lines(number, s, ledger::void_cause::cancelled, now, out);
  for (auto& l : s.lines) {
    const bool on_its_way = l.phase == line_phase::decided && s.awarding > 0;
    if (on_its_way || l.phase > line_phase::decided)
      continue; // stopped once the award is on the ledger; or its work is under way or done
    drop_call(s, l, out);
    l.phase = line_phase::lost;
    l.why = market::cause::cancelled;
  }
  close_rest(number, s, now, out);
}

void orchestrator_core::stop_lines(std::uint64_t number, state& s, ledger::void_cause why,
                                   moment now, outputs& out) {
  for (std::size_t i = 0; i < s.lines.size(); ++i) {
    auto& l = s.lines[i];
    if (l.phase != line_phase::working)
      continue;
    const auto subtask = static_cast<std::uint16_t>(i);
    ask_ledger(number, subtask, step::stop, ledger::void_award{s.origin.task->id, subtask, why},
               now, out);
    if (l.call != 0)
      out.closings.push_back({l.at.guard, l.call, {}, {l.at.slot}});
  }
}

void orchestrator_core::close_rest(std::uint64_t number, state& s, moment now, outputs& out) {
  if (s.closing || s.awarding > 0)
    return;
  s.closing = true;
  ask_ledger(number, 0, step::stop, ledger::close_task{s.origin.task->id}, now, out);
}

void orchestrator_core::advance(std::uint64_t number, state& s, moment now, outputs& out) {
  if (s.closing)
    return;
  const auto& parts = s.origin.task->subtasks;
  for (std::size_t i = 0; i < s.lines.size(); ++i) {
    auto& l = s.lines[i];
    if (l.phase != line_phase::waiting)
      continue;
    const auto& needs = parts[i].needs;
    const auto is = [&s](line_phase phase) {
      return [&s, phase](std::uint16_t n) { return s.lines[n].phase == phase; };
    };
    if (std::any_of(needs.begin(), needs.end(), is(line_phase::lost))) {
      l.phase = line_phase::lost;
      l.why = market::cause::failed_upstream;
    } else if (std::all_of(needs.begin(), needs.end(), is(line_phase::paid))) {
      call(number, s, static_cast<std::uint16_t>(i), now, out);
    }
  }
  const auto any = [&s](std::initializer_list<line_phase> phases) {
    return std::any_of(s.lines.begin(), s.lines.end(), [phases](const line& l) {
      return std::find(phases.begin(), phases.end(), l.phase) != phases.end();
    });
  };
  if (s.awarding > 0 || any({line_phase::calling, line_phase::unfilled}))
    return;
  if (any({line_phase::decided}))
    return award(number, s, now, out);
  const bool running =
      any({line_phase::waiting, line_phase::working, line_phase::judging, line_phase::settling});
  if (!running && any({line_phase::lost}))
    close_rest(number, s, now, out);
}

void orchestrator_core::award(std::uint64_t number, state& s, moment now, outputs& out) {
  ledger::award_task a{.task = s.origin.task->id};
  std::vector<hash256> roots;
  for (std::size_t i = 0; i < s.lines.size(); ++i) {
    const auto& l = s.lines[i];
    if (l.phase == line_phase::decided) {
      a.lines.push_back({.subtask = static_cast<std::uint16_t>(i),
                         .agent = l.agent,
                         .price = l.price,
                         .work = l.work,
                         .bid = l.bid,
                         .agent_signature = std::nullopt,
                         .agent_index = l.agent_index});
      roots.push_back(l.bids_root);
    }
    a.last = a.last && l.phase != line_phase::waiting;
  }
  // Several calls in one award: the root over their roots.
  a.bids_root = roots.size() == 1 ? roots.front() : market::root_of(roots);
  s.awarding = static_cast<std::uint16_t>(a.lines.size());
  ask_ledger(number, 0, step::award, std::move(a), now, out);
}

void orchestrator_core::awarded(std::uint64_t number, state& s, moment now, timestamp award_time,
                                outputs& out) {
  s.awarding = 0;
  if (s.awarded_at == instant{})
    s.awarded_at = now.mono;
  const auto& t = *s.origin.task;
  for (std::size_t i = 0; i < s.lines.size(); ++i) {
    auto& l = s.lines[i];
    if (l.phase != line_phase::decided)
      continue; // the ledger's word on its end came first
    const auto subtask = static_cast<std::uint16_t>(i);
    const auto finish_by = std::min(award_time + l.work, t.deadline);
    l.phase = line_phase::working;
    l.awarded = now.mono;
    // Nobody wants the work any more, or nobody is left to do it, or no time: nobody's fault.
    if (s.cancelled || l.guard_lost || finish_by <= now.utc) {
      using cause = ledger::void_cause;
      const auto why = s.cancelled    ? cause::cancelled
                       : l.guard_lost ? cause::lost_supervisor
                                      : cause::lost_orchestrator;
      ask_ledger(number, subtask, step::stop, ledger::void_award{t.id, subtask, why}, now, out);
      out.closings.push_back({l.at.guard, l.call, {}, {l.at.slot}});
      continue;
    }
    out.awards.push_back({l.at,
                          {.call = l.call,
                           .task = t.id,
                           .subtask = subtask,
                           .capability = t.subtasks[i].capability,
                           .agent = l.agent,
                           .price = l.price,
                           .work = t.subtasks[i].work,
                           .finish_by = finish_by,
                           .orchestrator = options_.number,
                           .input = t.subtasks[i].input}});
    if (keep_notes)
      out.notes.push_back({.task = t.id,
                           .subtask = subtask,
                           .what = outputs::note::kind::awarded,
                           .call = l.call,
                           .bids = {},
                           .agent = l.agent,
                           .price = l.price,
                           .work = l.work,
                           .priced_by = l.priced_by});
  }
  if (s.cancelled)
    return close_rest(number, s, now, out);
  advance(number, s, now, out);
}

void orchestrator_core::award_refused(std::uint64_t number, state& s, moment now, outputs& out) {
  s.awarding = 0;
  for (auto& l : s.lines)
    if (l.phase == line_phase::decided) {
      l.phase = line_phase::unfilled; // all of them first: none may be awarded again meanwhile
      out.closings.push_back({l.at.guard, l.call, {}, {l.at.slot}}); // the guard frees the bid
    }
  for (std::size_t i = 0; i < s.lines.size(); ++i)
    if (s.lines[i].phase == line_phase::unfilled)
      unfilled(number, s, static_cast<std::uint16_t>(i), market::cause::refused_by_ledger, now,
               out);
  advance(number, s, now, out);
}

void orchestrator_core::on_ledger_answer(std::uint64_t correlation, answer how, moment now,
                                         timestamp block_time, outputs& out) {
  auto node = requests_.extract(correlation);
  if (node.empty())
    return; // answered before, or of a task that ended
  auto& r = node.mapped();
  const auto at = tasks_.find(r.task);
  if (at == tasks_.end())
    return;
  auto& s = at->second;
  switch (r.what) {
  case step::open:
    return opened(r.task, s, how, now, out);
  case step::award:
    if (how != answer::done)
      return award_refused(r.task, s, now, out);
    // Sent more than once, an earlier one may have been carried out: then the agent's time has run
    // since, at the earliest since it was first sent.
    return awarded(r.task, s, now, r.sent > 1 ? std::min(block_time, r.first_sent) : block_time,
                   out);
  case step::settle:
  case step::dispute:
    if (how == answer::not_yet)
      too_early(std::move(r), s, now, out);
    return; // what came of it arrives as an event, at the latest by the ledger's sweep
  case step::stop:
    if (how != answer::done)
      out.views.push_back(s.origin.task->id); // it ended or went on in another way
    return;
  }
}

/// The result has not reached the ledger yet, or the award has ended and its event was lost.
void orchestrator_core::too_early(open_request request, state& s, moment now, outputs& out) {
  auto& l = s.lines[request.subtask];
  if (l.phase != line_phase::settling || l.disputed)
    return;
  const auto& id = s.origin.task->id;
  const auto correlation = ++next_correlation_; // the timer of the earlier one is stale
  if (!std::exchange(l.asked_again, true) && l.agent_index) {
    // Only simulated agents live under hosts other than this one, so the host may post for the
    // agent.
    out.ledger.push_back(
        {0, {l.agent, l.agent_index, ledger::post_result{id, request.subtask, l.digest}}});
    out.ledger.push_back({correlation, request.entry});
  } else {
    out.views.push_back(id); // and once more after a while, or each block would carry it
  }
  deadlines_.push({now.mono + options_.ledger_patience, deadline::kind::ledger, correlation});
  requests_.emplace(correlation, std::move(request));
}

void orchestrator_core::opened(std::uint64_t number, state& s, answer how, moment now,
                               outputs& out) {
  if (how != answer::done)
    return end(number, market::final_state::rejected,
               how == answer::insufficient_funds ? market::cause::insufficient_funds
                                                 : market::cause::refused_by_ledger,
               now, out);
  s.opened = true;
  s.opened_at = now.mono;
  if (keep_notes)
    out.notes.push_back({.task = s.origin.task->id,
                         .what = outputs::note::kind::opened,
                         .bids = {},
                         .agent = {},
                         .price = s.origin.task->budget,
                         .count = options_.number});
  if (s.watch_wait == duration{}) // one that was taken over is watched already
    watch(number, s, now.mono);
  if (s.cancelled)
    return stop_all(number, s, now, out);
  advance(number, s, now, out);
}

void orchestrator_core::on_delivery(market::delivery& d, moment now, outputs& out) {
  std::uint64_t number = 0;
  auto* s = find(d.task, &number);
  if (s == nullptr || d.subtask >= s->lines.size())
    return;
  auto& l = s->lines[d.subtask];
  const bool other_call = l.call != 0 && l.call != d.call; // 0: awarded by a lost orchestrator
  if (l.phase != line_phase::working || l.agent != d.agent || other_call || d.gave_up)
    return; // a failure is settled by the ledger's event
  l.phase = line_phase::judging;
  learn_delivery(*s, d.subtask);
  l.digest = d.digest;
  l.content = std::move(d.content);
  l.delivered_at = now.mono;
  s->delivered_at = now.mono;
  if (keep_notes)
    out.notes.push_back({.task = d.task,
                         .subtask = d.subtask,
                         .what = outputs::note::kind::delivered,
                         .call = l.call,
                         .bids = {},
                         .agent = d.agent,
                         .price = l.price});
  const auto& t = *s->origin.task;
  switch (t.judged_by) {
  case market::verification::accept:
    return on_judgement(t.id, d.subtask, true, now, out);
  case market::verification::digest:
    return on_judgement(t.id, d.subtask, l.digest == market::expected_digest(t.id, d.subtask), now,
                        out);
  case market::verification::verifier:
    out.judgements.push_back({s->origin.task, d.subtask, l.content});
    return;
  }
}

void orchestrator_core::on_judgement(const task_id& task, std::uint16_t subtask, bool good,
                                     moment now, outputs& out) {
  std::uint64_t number = 0;
  auto* s = find(task, &number);
  if (s == nullptr || subtask >= s->lines.size() || s->lines[subtask].phase != line_phase::judging)
    return;
  auto& l = s->lines[subtask];
  l.good = good;
  l.phase = line_phase::settling;
  if (keep_notes)
    out.notes.push_back({.task = task,
                         .subtask = subtask,
                         .what = outputs::note::kind::judged,
                         .call = l.call,
                         .bids = {},
                         .agent = l.agent,
                         .price = l.price,
                         .count = good ? 1u : 0u});
  settle(number, *s, subtask, now, out);
}

void orchestrator_core::settle(std::uint64_t number, state& s, std::uint16_t subtask, moment now,
                               outputs& out) {
  if (options_.paid_at_result || s.origin.stays_silent)
    return; // the ledger pays when the result is posted, or when the review window is over
  const auto& id = s.origin.task->id;
  if (s.lines[subtask].good && !s.origin.disputes_falsely)
    ask_ledger(number, subtask, step::settle, ledger::release{id, subtask}, now, out);
  else
    ask_ledger(number, subtask, step::dispute, ledger::open_dispute{id, subtask}, now, out);
}

void orchestrator_core::on_ledger_event(const ledger_event& event, moment now, outputs& out) {
  std::uint64_t number = 0;
  auto* s = find(event.task, &number);
  if (s == nullptr)
    return;
  if (event.what != ledger_event::kind::ended) {
    if (event.subtask < s->lines.size())
      settled(number, *s, event, now, out);
    return;
  }
  const bool missed =
      s->adopted || std::any_of(s->lines.begin(), s->lines.end(), [](const line& l) {
        return l.phase >= line_phase::working && l.phase < line_phase::paid;
      });
  if (missed)
    out.views.push_back(event.task); // how its lines ended is known from the view only
  else
    end(number, event.state, event.why, now, out);
}

/// What the ledger says of one line.
void orchestrator_core::settled(std::uint64_t number, state& s, const ledger_event& event,
                                moment now, outputs& out) {
  using kind = ledger_event::kind;
  auto& l = s.lines[event.subtask];
  if (s.adopted || l.phase == line_phase::paid || l.phase == line_phase::lost)
    return; // the view that an adopted task waits for will show it
  const bool on_its_way = l.phase == line_phase::decided && s.awarding > 0;
  if (l.phase < line_phase::working && !on_its_way)
    return; // an award that was refused and, as its request came twice, carried out after all
  switch (event.what) {
  case kind::paid:
  case kind::ruled_for:
    l.phase = line_phase::paid;
    l.paid = event.paid.is_zero() ? l.price : event.paid;
    learn(s, event.subtask, true, now.mono);
    break;
  case kind::refunded:
  case kind::ruled_against:
    l.phase = line_phase::lost;
    learn(s, event.subtask, false, now.mono);
    break;
  case kind::voided:
    l.phase = line_phase::lost;
    l.paid = event.paid; // half of it, where no arbiter ruled
    break;
  case kind::disputed:
    l.disputed = true;
    return;
  case kind::ended:
    return;
  }
  tell_guard(s, l, event, out);
  l.why = event.why;
  if (event.why != market::cause::none && s.why == market::cause::none)
    s.why = event.why;
  s.settled_at = now.mono;
  advance(number, s, now, out);
}

void orchestrator_core::tell_guard(const state& s, const line& l, const ledger_event& event,
                                   outputs& out) {
  if (l.call == 0)
    return; // awarded by an orchestrator that was lost
  auto group = std::find_if(out.settlements.begin(), out.settlements.end(),
                            [&l](const auto& g) { return g.guard == l.at.guard; });
  if (group == out.settlements.end())
    group = out.settlements.insert(group, {l.at.guard, {}});
  group->lines.push_back({.slot = l.at.slot,
                          .call = l.call,
                          .success = l.phase == line_phase::paid,
                          .price = l.price,
                          .slashed = event.slashed,
                          .work = s.origin.task->subtasks[event.subtask].work});
}

void orchestrator_core::end(std::uint64_t number, market::final_state how, market::cause why,
                            moment now, outputs& out) {
  auto at = tasks_.find(number);
  AINUR_ASSERT(at != tasks_.end());
  auto& s = at->second;
  task_end e{.task = s.origin.task, .state = how, .why = why};
  if (e.why == market::cause::none)
    e.why = s.why;
  for (auto& l : s.lines) {
    drop_call(s, l, out);
    e.paid = e.paid.saturating_plus(l.paid);
    if (e.why == market::cause::none)
      e.why = l.why;
    e.results.push_back(std::move(l.content));
  }
  if (how == market::final_state::completed)
    e.why = market::cause::none;
  const auto span = [](instant from, instant to) { return to > from ? to - from : duration{}; };
  e.awarded = s.awarded_at != instant{};
  e.settled = e.awarded && s.settled_at != instant{} && s.delivered_at != instant{};
  e.submission = span(s.origin.submitted, s.opened_at);
  e.discovery = span(s.opened_at, s.called_at);
  e.auction = e.awarded ? span(s.called_at, s.awarded_at) : duration{};
  e.settlement = e.settled ? span(s.delivered_at, s.settled_at) : duration{};
  e.total = span(s.origin.submitted, now.mono);
  e.peers_asked = s.peers_asked;
  e.bids = s.bids;
  out.ended.push_back(std::move(e));
  numbers_.erase(s.origin.task->id);
  tasks_.erase(at);
  drop_stale();
}

bool orchestrator_core::is_stale(const deadline& d) const {
  switch (d.what) {
  case deadline::kind::call:
    return !calls_.contains(d.key);
  case deadline::kind::ledger: {
    const auto at = requests_.find(d.key);
    return at == requests_.end() || !tasks_.contains(at->second.task);
  }
  case deadline::kind::watch:
    return !tasks_.contains(d.key);
  }
  return true;
}

void orchestrator_core::drop_stale() {
  while (!deadlines_.empty() && is_stale(deadlines_.top())) {
    if (deadlines_.top().what == deadline::kind::ledger)
      requests_.erase(deadlines_.top().key);
    deadlines_.pop();
  }
}

bool orchestrator_core::is_idle() const noexcept {
  return tasks_.empty() && numbers_.empty() && calls_.empty() && requests_.empty() &&
         waiting_.empty() && deadlines_.empty();
}

void orchestrator_core::on_timer(moment now, outputs& out) {
  for (drop_stale(); !deadlines_.empty() && deadlines_.top().at <= now.mono; drop_stale()) {
    const auto due = deadlines_.top();
    deadlines_.pop();
    switch (due.what) {
    case deadline::kind::call:
      decide(due.key, now, out);
      break;
    case deadline::kind::ledger: {
      auto& lost = requests_.at(due.key);
      ++lost.sent;
      out.ledger.push_back({due.key, lost.entry});
      deadlines_.push({now.mono + options_.ledger_patience, due.what, due.key});
      break;
    }
    case deadline::kind::watch: {
      auto& s = tasks_.at(due.key);
      out.views.push_back(s.origin.task->id);
      watch(due.key, s, now.mono);
      break;
    }
    }
  }
}

std::optional<instant> orchestrator_core::next_timer() const {
  if (deadlines_.empty())
    return std::nullopt;
  return deadlines_.top().at;
}

} // namespace ainur::orchestration
