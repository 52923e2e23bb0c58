// What the threads of a host program and the runtime's own actor share: the tasks that somebody may
// wait for, answers of the ledger to the host's calls, and the handlers of events.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "ainur/ledger/error.hpp"
#include "ainur/runtime_types.hpp"

namespace ainur {

/// Thread-safe. Handlers are called without a lock, by the runtime's actor alone.
class runtime_book {
public:
  explicit runtime_book(duration retention) : retention_(retention) {}

  // By the threads of the host.
  /// False if so many tasks are open already.
  [[nodiscard]] bool add(const task_id& task, std::size_t subtasks, std::size_t open_max);
  /// A task that is not of this life of the store; nothing if it is known.
  void adopt(const task_id& task);
  void forget(const task_id& task);
  [[nodiscard]] bool is_open(const task_id& task) const;
  [[nodiscard]] bool is_final(const task_id& task) const;
  /// What is known of the task beside its status: who did what for how much. Nothing if it is not
  /// known here; an error is left to the caller.
  [[nodiscard]] std::optional<task_report> find(const task_id& task) const;
  /// False if the task is not open: the handler will not be called.
  [[nodiscard]] bool watch(const task_id& task, event_handler handler);
  void listen(event_handler handler);
  void host_account(const account_id& account, std::uint64_t index);

  /// Numbers for this many calls of the ledger; returns the first.
  [[nodiscard]] std::uint64_t expect(std::size_t calls);
  /// The first refusal among those calls, or `ok` once all are answered; nothing before.
  [[nodiscard]] std::optional<ledger::errc> answer(std::uint64_t first, std::size_t calls) const;
  void drop(std::uint64_t first, std::size_t calls);

  /// Blocks until the predicate holds, the runtime stops, or the time is over. Real clock only.
  [[nodiscard]] bool wait(const std::function<bool()>& holds, duration timeout);
  /// Wakes everybody who waits, for good.
  void stop();
  [[nodiscard]] bool stopping() const;

  // By the runtime's actor.
  void answered(std::uint64_t number, ledger::errc how);
  [[nodiscard]] std::optional<std::uint64_t> hosted_index(const account_id& account) const;
  [[nodiscard]] std::vector<task_id> open_tasks() const;
  /// Notes what the event says about its task, and calls the handlers.
  void take(runtime_event event);

  /// True while this thread is inside a handler.
  [[nodiscard]] static bool in_handler() noexcept;
  static void call(const event_handler& handler, const runtime_event& event) noexcept;
  /// The same for the log: from within, the runtime refuses what would wait.
  [[nodiscard]] static std::function<void(const log_record&)>
  as_handler(std::function<void(const log_record&)> on_record);

private:
  struct entry {
    task_report report; ///< without results
    bool final = false;
    instant final_at{};
    std::vector<event_handler> watchers;
  };

  using handler_list = std::vector<event_handler>;

  void note(entry& e, const runtime_event& event);
  void sweep(instant now);

  duration retention_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<task_id, entry> tasks_;
  std::deque<task_id> finals_; ///< oldest first
  std::size_t open_ = 0;
  std::unordered_map<std::uint64_t, std::optional<ledger::errc>> calls_;
  std::uint64_t next_call_ = 1;
  std::unordered_map<account_id, std::uint64_t> hosted_;
  std::shared_ptr<const handler_list> handlers_ = std::make_shared<handler_list>();
  std::uint64_t changes_ = 0; ///< since the start, for those who wait
  bool stopping_ = false;
};

} // namespace ainur
