#include "runtime_book.hpp"

#include <algorithm>
#include <type_traits>

namespace ainur {

namespace {

/// Reports of finished tasks that are kept, whatever the retention.
constexpr std::size_t finals_max = 100'000;

thread_local bool inside_handler = false;

const task_id* task_of(const runtime_event& event) {
  return std::visit(
      [](const auto& e) -> const task_id* {
        using type = std::decay_t<decltype(e)>;
        if constexpr (std::is_same_v<type, events::task_finished>)
          return &e.report.task;
        else if constexpr (std::is_same_v<type, events::restarted>)
          return nullptr;
        else
          return &e.task;
      },
      event.what);
}

} // namespace

bool runtime_book::add(const task_id& task, std::size_t subtasks, std::size_t open_max) {
  const std::lock_guard lock{mutex_};
  if (open_ >= open_max)
    return false;
  entry e;
  e.report.task = task;
  e.report.subtasks.resize(subtasks);
  open_ += tasks_.emplace(task, std::move(e)).second ? 1 : 0;
  return true;
}

void runtime_book::adopt(const task_id& task) {
  (void)add(task, 0, ~std::size_t{0});
}

void runtime_book::forget(const task_id& task) {
  const std::lock_guard lock{mutex_};
  const auto at = tasks_.find(task);
  if (at == tasks_.end() || at->second.final)
    return;
  tasks_.erase(at);
  --open_;
}

bool runtime_book::is_open(const task_id& task) const {
  const std::lock_guard lock{mutex_};
  const auto at = tasks_.find(task);
  return at != tasks_.end() && !at->second.final;
}

bool runtime_book::is_final(const task_id& task) const {
  const std::lock_guard lock{mutex_};
  const auto at = tasks_.find(task);
  return at != tasks_.end() && at->second.final;
}

std::optional<task_report> runtime_book::find(const task_id& task) const {
  const std::lock_guard lock{mutex_};
  const auto at = tasks_.find(task);
  if (at == tasks_.end())
    return std::nullopt;
  return at->second.report;
}

bool runtime_book::watch(const task_id& task, event_handler handler) {
  const std::lock_guard lock{mutex_};
  const auto at = tasks_.find(task);
  if (at == tasks_.end() || at->second.final)
    return false;
  at->second.watchers.push_back(std::move(handler));
  return true;
}

void runtime_book::listen(event_handler handler) {
  const std::lock_guard lock{mutex_};
  auto more = std::make_shared<handler_list>(*handlers_);
  more->push_back(std::move(handler));
  handlers_ = std::move(more);
}

void runtime_book::host_account(const account_id& account, std::uint64_t index) {
  const std::lock_guard lock{mutex_};
  hosted_.insert_or_assign(account, index);
}

std::uint64_t runtime_book::expect(std::size_t calls) {
  const std::lock_guard lock{mutex_};
  const auto first = next_call_;
  for (std::size_t i = 0; i < calls; ++i)
    calls_.emplace(next_call_++, std::nullopt);
  return first;
}

std::optional<ledger::errc> runtime_book::answer(std::uint64_t first, std::size_t calls) const {
  const std::lock_guard lock{mutex_};
  auto all = ledger::errc::ok;
  for (auto number = first; number < first + calls; ++number) {
    const auto at = calls_.find(number);
    if (at == calls_.end() || !at->second)
      return std::nullopt;
    if (all == ledger::errc::ok)
      all = *at->second;
  }
  return all;
}

void runtime_book::drop(std::uint64_t first, std::size_t calls) {
  const std::lock_guard lock{mutex_};
  for (auto number = first; number < first + calls; ++number)
    calls_.erase(number);
}

bool runtime_book::wait(const std::function<bool()>& holds, duration timeout) {
  // A wait without end would overflow the clock.
  const auto until =
      std::chrono::steady_clock::now() + std::min<duration>(timeout, std::chrono::hours{24 * 365});
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    const auto seen = changes_;
    lock.unlock();
    if (holds())
      return true;
    lock.lock();
    if (!changed_.wait_until(lock, until, [&] { return stopping_ || changes_ != seen; }))
      return false;
  }
  return false;
}

void runtime_book::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
}

bool runtime_book::stopping() const {
  const std::lock_guard lock{mutex_};
  return stopping_;
}

void runtime_book::answered(std::uint64_t number, ledger::errc how) {
  {
    const std::lock_guard lock{mutex_};
    const auto at = calls_.find(number);
    if (at == calls_.end())
      return;
    at->second = how;
    ++changes_;
  }
  changed_.notify_all();
}

std::optional<std::uint64_t> runtime_book::hosted_index(const account_id& account) const {
  const std::lock_guard lock{mutex_};
  const auto at = hosted_.find(account);
  return at == hosted_.end() ? std::nullopt : std::optional{at->second};
}

std::vector<task_id> runtime_book::open_tasks() const {
  std::vector<task_id> open;
  {
    const std::lock_guard lock{mutex_};
    for (const auto& [id, e] : tasks_)
      if (!e.final)
        open.push_back(id);
  }
  std::sort(open.begin(), open.end()); // the same order in every run
  return open;
}

void runtime_book::note(entry& e, const runtime_event& event) {
  const auto line = [&e](std::uint16_t subtask) -> subtask_report* {
    return subtask < e.report.subtasks.size() ? &e.report.subtasks[subtask] : nullptr;
  };
  if (event.as<events::task_submitted>() != nullptr) {
    e.report.phase = orchestration::task_phase::under_way;
  } else if (const auto* awarded = event.as<events::task_awarded>()) {
    if (auto* l = line(awarded->subtask)) {
      l->agent = awarded->agent;
      l->price = awarded->price;
      l->why = market::cause::none;
    }
  } else if (const auto* settled = event.as<events::subtask_settled>()) {
    e.report.fee = e.report.fee.saturating_plus(settled->fee);
    if (auto* l = line(settled->subtask)) {
      l->paid = l->paid.saturating_plus(settled->paid);
      l->fee = l->fee.saturating_plus(settled->fee);
      l->why = settled->why;
    }
  } else if (const auto* finished = event.as<events::task_finished>()) {
    e.report.phase = orchestration::task_phase::final_;
    e.report.state = finished->report.state;
    e.report.why = finished->report.why;
    e.report.paid = finished->report.paid;
    e.final = true;
    e.final_at = event.at;
    --open_;
    finals_.push_back(e.report.task);
  }
}

void runtime_book::sweep(instant now) {
  while (!finals_.empty()) {
    const auto at = tasks_.find(finals_.front());
    if (at != tasks_.end()) {
      if (finals_.size() <= finals_max && now - at->second.final_at < retention_)
        return;
      tasks_.erase(at);
    }
    finals_.pop_front();
  }
}

void runtime_book::take(runtime_event event) {
  const auto* id = task_of(event);
  handler_list watchers;
  std::shared_ptr<const handler_list> all;
  {
    const std::lock_guard lock{mutex_};
    const auto at = id == nullptr ? tasks_.end() : tasks_.find(*id);
    auto* finished = std::get_if<events::task_finished>(&event.what);
    if (at != tasks_.end()) {
      if (at->second.final)
        return; // told twice
      note(at->second, event);
      if (finished != nullptr) {
        finished->report.fee = at->second.report.fee;
        finished->report.subtasks = at->second.report.subtasks;
        watchers = std::move(at->second.watchers);
        at->second.watchers.clear();
      } else {
        watchers = at->second.watchers;
      }
    }
    if (finished != nullptr)
      sweep(event.at);
    all = handlers_;
    ++changes_;
  }
  changed_.notify_all();
  for (const auto& handler : watchers)
    call(handler, event);
  for (const auto& handler : *all)
    call(handler, event);
}

bool runtime_book::in_handler() noexcept {
  return inside_handler;
}

std::function<void(const log_record&)>
runtime_book::as_handler(std::function<void(const log_record&)> on_record) {
  if (!on_record)
    return on_record;
  return [on_record = std::move(on_record)](const log_record& r) {
    inside_handler = true; // of the log's own thread, for good
    on_record(r);
  };
}

void runtime_book::call(const event_handler& handler, const runtime_event& event) noexcept {
  const bool outer = std::exchange(inside_handler, true);
  try {
    handler(event);
  } catch (...) { // a host's handler may throw; the market goes on
  }
  inside_handler = outer;
}

} // namespace ainur
