// The log of one market: records go into a bounded queue, and a thread of its own turns them into
// lines of a file or hands them to a function of the host program.
//
// A full queue does not block an actor: the oldest records are overrun, and a line tells how many.
// On the virtual clock, where nobody's time is lost by it, a full queue is waited for instead, so
// that two runs of a seed have the same lines. Of one event at most `same_event_max` a second are
// written, on the run's clock; the next of them says how many were left out (base/rate_bound.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

#include "ainur/actors/clock.hpp"
#include "ainur/base/log_record.hpp"
#include "ainur/base/rate_bound.hpp"

namespace ainur {

/// Thread-safe.
class logger {
public:
  struct bounds {
    std::size_t queue_max = 8'192;      ///< records that wait for the thread
    std::uint32_t same_event_max = 100; ///< a second, of a level above `debug`
  };

  /// Null if the options name no target. Errors: `base_errc::io`, naming the file.
  [[nodiscard]] static result<std::shared_ptr<logger>> open(const log_options& options,
                                                            clock_kind clock, bounds b);
  [[nodiscard]] static result<std::shared_ptr<logger>> open(const log_options& options,
                                                            clock_kind clock);

  /// Closes.
  ~logger();
  logger(const logger&) = delete;
  logger& operator=(const logger&) = delete;

  [[nodiscard]] log_level level() const noexcept { return level_; }

  /// Of at least the level; the time of day is filled in. After `close` it is dropped.
  void write(log_record r);

  /// Waits until all that was written has reached its target, and ends the thread.
  void close();

private:
  struct queue;
  logger(log_level level, bounds b, std::unique_ptr<queue> q);

  log_level level_;
  std::mutex mutex_;
  rate_bound bound_;
  instant last_at_{};
  std::unique_ptr<queue> queue_; // null: closed
};

} // namespace ainur
