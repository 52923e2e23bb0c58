// What an agent does for its money: a function of the host program.
//
//   inline       quick; runs inside the agent
//   blocking     may take its time; runs on a bounded pool of worker threads
//   asynchronous starts something and calls its completion later, from any thread
//
// Every skill gets the input, the deadline and a cancel token. A skill that fails returns an error:
// the award is given up. On the virtual clock a skill's result is delivered after the modelled
// duration (the work of the task at the agent's speed), whatever it took in truth; there a blocking
// skill runs inside the agent too, and an asynchronous one should complete on the thread that
// drives the run (from another one it is heard when that thread next looks, so the run is no longer
// a function of its seed).
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "ainur/base/bytes.hpp"
#include "ainur/base/error.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"

namespace ainur {

/// True once the work is no longer wanted (the award is void, or the runtime stops). Thread-safe.
class cancel_token {
public:
  [[nodiscard]] bool cancelled() const noexcept { return flag_->load(std::memory_order_relaxed); }

  void cancel() const noexcept { flag_->store(true, std::memory_order_relaxed); }

private:
  std::shared_ptr<std::atomic<bool>> flag_ = std::make_shared<std::atomic<bool>>(false);
};

/// What a skill works on.
struct work_order {
  task_id task;
  std::uint16_t subtask = 0;
  std::string capability;
  bytes input;
  timestamp finish_by{};
  cancel_token cancel;
};

/// Called once by an asynchronous skill, from any thread. Later calls are ignored.
using completion = std::function<void(result<bytes>)>;

using work_function = std::function<result<bytes>(const work_order&)>;
using async_function = std::function<void(const work_order&, completion)>;

struct skill {
  struct inline_work {
    work_function run;
  };

  struct blocking_work {
    work_function run;
  };

  struct async_work {
    async_function start;
  };

  std::variant<inline_work, blocking_work, async_work> how;
};

[[nodiscard]] inline skill inline_skill(work_function run) {
  return {skill::inline_work{std::move(run)}};
}

[[nodiscard]] inline skill blocking_skill(work_function run) {
  return {skill::blocking_work{std::move(run)}};
}

[[nodiscard]] inline skill async_skill(async_function start) {
  return {skill::async_work{std::move(start)}};
}

/// A fixed number of worker threads with a bounded queue. Thread-safe.
class blocking_pool {
public:
  explicit blocking_pool(std::size_t workers, std::size_t queue_max = 100'000);
  /// Waits for what runs; drops what waits.
  ~blocking_pool();
  blocking_pool(const blocking_pool&) = delete;
  blocking_pool& operator=(const blocking_pool&) = delete;
  /// False if the queue is full.
  [[nodiscard]] bool submit(std::function<void()> job);

private:
  void work();
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> jobs_;
  std::size_t queue_max_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

} // namespace ainur
