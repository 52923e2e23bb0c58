#include "ainur/actors/skill.hpp"

namespace ainur {

blocking_pool::blocking_pool(std::size_t workers, std::size_t queue_max) : queue_max_(queue_max) {
  for (std::size_t i = 0; i < workers; ++i)
    threads_.emplace_back([this] { work(); });
}

blocking_pool::~blocking_pool() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    jobs_.clear();
  }
  ready_.notify_all();
  for (auto& t : threads_)
    t.join();
}

bool blocking_pool::submit(std::function<void()> job) {
  {
    const std::lock_guard lock{mutex_};
    if (stopping_ || jobs_.size() >= queue_max_)
      return false;
    jobs_.push_back(std::move(job));
  }
  ready_.notify_one();
  return true;
}

void blocking_pool::work() {
  for (;;) {
    std::function<void()> job;
    {
      std::unique_lock lock{mutex_};
      ready_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (jobs_.empty())
        return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

} // namespace ainur
