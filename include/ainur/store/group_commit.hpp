// Group commit: gathers the write sets of many writers into few commits.
//
// A synchronous commit costs about the same whatever it holds, so sets that wait while one runs go
// into the next together. The pure core of the store_writer: it says what to commit and when, and
// whom to tell afterwards, in the order of submission.
//
//   add(...)          → taken, or refused
//   flush(now)        → the batch that is due, if one is (call after add, when idle, and at
//   wake_at()) committed(result) → who is to be told what; then ask flush again
//
// One batch is out at a time. If a batch fails because of one set (a sequence gap, a bad key), its
// sets are tried again one by one, so that only the guilty writer fails. A writer whose set failed
// gets `writer_failed` for all it has waiting and for all it adds, until `reset`. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "ainur/base/time.hpp"
#include "ainur/store/error.hpp"
#include "ainur/store/write_set.hpp"

namespace ainur::store {

using writer_id = number_id<struct writer_tag>;

struct group_options {
  std::size_t batch_bytes_max = 16u << 20; ///< a larger single set goes alone
  std::size_t batch_count_max = 10'000;    ///< write sets in one batch
  std::size_t waiting_bytes_max = 256u << 20;
  std::size_t waiting_count_max = 1'000'000;
  duration delay{0}; ///< how long the first waiting set may wait for company
};

class group_committer {
public:
  /// The sets to commit together, in order. Valid until `committed`.
  using batch = std::span<const write_set>;

  struct completion {
    writer_id writer;
    std::uint64_t ticket = 0; ///< the writer's own number of the set
    result<void> outcome;
  };

  explicit group_committer(const group_options& options = {}) : options_(options) {}

  /// Takes a set. Errors: `full` (the set is handed back untouched), `writer_failed`.
  [[nodiscard]] result<void> add(writer_id writer, std::uint64_t ticket, write_set&& set,
                                 instant now);
  /// The next batch if one is due and none is out. `idle` says that nothing more is coming just
  /// now, so there is no reason to wait for company.
  [[nodiscard]] std::optional<batch> flush(instant now, bool idle = false);
  /// When to call `flush` again; nothing if nothing waits or a batch is out.
  [[nodiscard]] std::optional<instant> wake_at() const noexcept;
  /// The batch that is out was committed, or not. Must follow a `flush` that gave a batch.
  [[nodiscard]] std::vector<completion> committed(const result<void>& outcome);

  /// The writer has recovered from the journal and starts afresh.
  void reset(writer_id writer) { failed_.erase(writer); }

  [[nodiscard]] std::size_t waiting_count() const noexcept { return waiting_.size(); }

  [[nodiscard]] std::size_t waiting_bytes() const noexcept { return waiting_bytes_; }

  [[nodiscard]] bool batch_is_out() const noexcept { return !out_.empty(); }

private:
  struct order {
    writer_id writer;
    std::uint64_t ticket;
    instant since;
    bool alone; // was in a batch that failed
  };

  [[nodiscard]] bool is_large() const noexcept {
    return waiting_.size() >= options_.batch_count_max ||
           waiting_bytes_ >= options_.batch_bytes_max;
  }

  void drop_waiting_of_failed(std::vector<completion>& out);

  group_options options_;
  std::deque<order> waiting_;
  std::deque<write_set> waiting_sets_; // beside waiting_
  std::size_t waiting_bytes_ = 0;
  std::vector<order> out_;
  std::vector<write_set> out_sets_; // beside out_
  std::set<writer_id> failed_;
};

} // namespace ainur::store
