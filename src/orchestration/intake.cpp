#include "ainur/orchestration/intake.hpp"

#include <algorithm>
#include <utility>

#include "ainur/base/assert.hpp"

namespace ainur::orchestration {

namespace {

std::size_t size_of(const task_status& s) {
  std::size_t size = sizeof(task_status);
  for (const auto& one : s.results)
    size += one.size();
  return size;
}

} // namespace

void intake_outputs::clear() {
  journal.clear();
  handings.clear();
  cancellations.clear();
  refusals.clear();
  finished.clear();
}

std::optional<std::uint32_t> intake_core::pick() {
  for (std::uint32_t tried = 0; tried < options_.orchestrators; ++tried) {
    const auto number = next_orchestrator_;
    next_orchestrator_ = (next_orchestrator_ + 1) % options_.orchestrators;
    if (!lost_[number])
      return number;
  }
  return std::nullopt;
}

void intake_core::hand(entry& e, bool adopt, intake_outputs& out) {
  e.started = true;
  if (!e.orchestrator)
    e.orchestrator = pick();
  if (!e.orchestrator)
    return; // handed out when one is ready
  out.handings.push_back({*e.orchestrator, e.what, adopt, std::exchange(e.last, {})});
  if (e.cancelled)
    out.cancellations.push_back({*e.orchestrator, e.what.task->id});
}

void intake_core::submit(submission s, std::uint64_t request, intake_outputs& out) {
  const auto id = s.task->id;
  if (open_.contains(id) || done_.contains(id))
    return;
  if (auto ok = market::validate(*s.task); !ok) {
    out.refusals.push_back({std::move(s), market::cause::refused_by_ledger, std::move(ok).error()});
    return;
  }
  if (open_.size() >= options_.window + options_.queue_max) {
    out.refusals.push_back({std::move(s), market::cause::intake_full, {market::errc::busy}});
    return;
  }
  next_request_ = std::max(next_request_, request + 1);
  out.journal.emplace_back(
      task_taken{*s.task, s.client_index, s.disputes_falsely, s.stays_silent, request});
  in_journal_.emplace_back(id);
  open_.emplace(id, entry{.what = std::move(s), .orchestrator = {}});
}

void intake_core::on_durable(std::size_t count, moment now, intake_outputs& out) {
  AINUR_ASSERT(count <= in_journal_.size());
  for (; count > 0; --count) {
    auto record = std::move(in_journal_.front());
    in_journal_.pop_front();
    if (std::holds_alternative<std::monostate>(record))
      continue;
    if (const auto* id = std::get_if<task_id>(&record)) {
      auto& e = open_.at(*id);
      e.durable = true;
      if (e.cancelled)
        end_unrun(e, out);
      else
        queue_.push_back(*id);
      continue;
    }
    auto& end = std::get<task_end>(record);
    const auto id = end.task->id;
    if (const auto e = open_.find(id); e != open_.end()) {
      started_ -= e->second.in_window ? 1 : 0;
      open_.erase(e);
    }
    kept_end kept{{.task = id,
                   .phase = task_phase::final_,
                   .state = end.state,
                   .why = end.why,
                   .paid = end.paid,
                   .results = end.results},
                  now.mono};
    done_bytes_ += size_of(kept.status);
    done_.insert_or_assign(id, std::move(kept));
    done_order_.push_back(id);
    out.finished.push_back(std::move(end));
  }
  sweep(now);
  start_more(out);
}

void intake_core::start_more(intake_outputs& out) {
  while (started_ < options_.window && !queue_.empty()) {
    const auto id = queue_.front();
    queue_.pop_front();
    const auto e = open_.find(id);
    if (e == open_.end() || e->second.started)
      continue;
    ++started_;
    e->second.in_window = true;
    hand(e->second, e->second.adopt, out);
  }
}

void intake_core::on_ended(task_end end, intake_outputs& out) {
  const auto e = open_.find(end.task->id);
  if (e == open_.end() || e->second.ended)
    return; // told twice
  e->second.ended = true;
  e->second.started = true;
  out.journal.emplace_back(task_finished{end.task->id, end.state, end.why, end.paid});
  in_journal_.emplace_back(std::move(end));
}

void intake_core::cancel(const task_id& task, intake_outputs& out) {
  const auto e = open_.find(task);
  if (e == open_.end() || e->second.ended)
    return;
  if (!e->second.cancelled) {
    out.journal.emplace_back(task_cancelled{task});
    in_journal_.emplace_back(std::monostate{});
  }
  if (e->second.orchestrator)
    out.cancellations.push_back({*e->second.orchestrator, task});
  else if (e->second.durable && !e->second.started && !e->second.adopt)
    return end_unrun(e->second, out);
  e->second.cancelled = true; // for whom it goes to next
}

/// Cancelled before anybody saw it.
void intake_core::end_unrun(entry& e, intake_outputs& out) {
  on_ended({.task = e.what.task,
            .state = market::final_state::rejected,
            .why = market::cause::cancelled},
           out);
}

void intake_core::on_orchestrator_lost(std::uint32_t number) {
  AINUR_ASSERT(number < lost_.size());
  lost_[number] = true;
  for (auto& [id, e] : open_)
    if (e.orchestrator == number)
      e.last = std::exchange(e.orchestrator, {});
}

void intake_core::on_orchestrator_lost(std::uint32_t number, intake_outputs& out) {
  on_orchestrator_lost(number);
  hand_lost(out);
}

void intake_core::on_orchestrator_ready(std::uint32_t number, intake_outputs& out) {
  AINUR_ASSERT(number < lost_.size());
  lost_[number] = false;
  std::vector<task_id> again;
  for (const auto& [id, e] : open_)
    if (e.orchestrator == number && !e.ended)
      again.push_back(id);
  std::sort(again.begin(), again.end()); // the same order in every run
  for (const auto& id : again) {
    auto& e = open_.at(id);
    e.last = number;
    hand(e, true, out);
  }
  hand_lost(out);
}

void intake_core::hand_lost(intake_outputs& out) {
  std::vector<task_id> waiting;
  for (const auto& [id, e] : open_)
    if (e.started && !e.orchestrator && !e.ended)
      waiting.push_back(id);
  std::sort(waiting.begin(), waiting.end());
  for (const auto& id : waiting)
    hand(open_.at(id), true, out);
}

void intake_core::replay(intake_record record) {
  if (auto* taken = std::get_if<task_taken>(&record)) {
    next_request_ = std::max(next_request_, taken->request + 1);
    const auto id = taken->task.id;
    entry e;
    e.what.task = std::make_shared<const market::task>(std::move(taken->task));
    e.what.client_index = taken->client_index;
    e.what.disputes_falsely = taken->disputes_falsely;
    e.what.stays_silent = taken->stays_silent;
    e.durable = e.adopt = true;
    if (open_.emplace(id, std::move(e)).second)
      queue_.push_back(id);
    return;
  }
  if (const auto* cancelled = std::get_if<task_cancelled>(&record)) {
    if (const auto e = open_.find(cancelled->task); e != open_.end())
      e->second.cancelled = true;
    return;
  }
  const auto& finished = std::get<task_finished>(record);
  open_.erase(finished.task);
  if (done_.contains(finished.task))
    return;
  done_.insert_or_assign(finished.task, kept_end{{.task = finished.task,
                                                  .phase = task_phase::final_,
                                                  .state = finished.state,
                                                  .why = finished.why,
                                                  .paid = finished.paid,
                                                  .results = {}},
                                                 {}});
  done_order_.push_back(finished.task);
  done_bytes_ += sizeof(task_status);
}

void intake_core::resume(intake_outputs& out) {
  start_more(out);
}

void intake_core::sweep(moment now) {
  while (!done_order_.empty()) {
    const auto oldest = done_.find(done_order_.front());
    const bool over = oldest == done_.end() || now.mono - oldest->second.at >= options_.retention ||
                      done_bytes_ > options_.results_bytes_max;
    if (!over)
      return;
    if (oldest != done_.end()) {
      done_bytes_ -= std::min(done_bytes_, size_of(oldest->second.status));
      done_.erase(oldest);
    }
    done_order_.pop_front();
  }
}

result<task_status> intake_core::status(const task_id& task) const {
  if (const auto done = done_.find(task); done != done_.end())
    return done->second.status;
  const auto e = open_.find(task);
  if (e == open_.end())
    return fail(market::errc::unknown_task, to_string(task));
  task_status s{.task = task, .phase = task_phase::queued, .results = {}};
  if (e->second.started)
    s.phase = task_phase::under_way;
  return s;
}

} // namespace ainur::orchestration
