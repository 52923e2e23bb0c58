// The intake of a node: takes tasks in, journals them, hands each to an orchestrator, and keeps its
// final state and result for a while.
//
// A task is acknowledged only after its record is durable, so a task that was acknowledged comes to
// a final state whatever dies in between: when an orchestrator is lost its tasks are handed to
// another, and after a restart those without a final record are handed out again. The window
// bounds how many are under way; more wait in a bounded queue; beyond that the client is told to
// come again later.
//
// A value without clock or links; methods append what to carry out to `intake_outputs`. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <variant>
#include <vector>

#include "ainur/orchestration/orchestrator.hpp"

namespace ainur::orchestration {

/// Journal records of the intake.
struct task_taken {
  market::task task;
  std::optional<std::uint64_t> client_index;
  bool disputes_falsely = false;
  bool stays_silent = false;
  std::uint64_t request = 0; ///< the client's own number of it
  AINUR_FIELDS(task_taken, task, client_index, disputes_falsely, stays_silent, request)
};

/// The client wants the task to stop.
struct task_cancelled {
  task_id task;
  AINUR_FIELDS(task_cancelled, task)
};

struct task_finished {
  task_id task;
  market::final_state state = market::final_state::completed;
  market::cause why = market::cause::none;
  amount paid;
  AINUR_FIELDS(task_finished, task, state, why, paid)
};

using intake_record = std::variant<task_taken, task_finished, task_cancelled>;

/// Where a task is, as a client sees it.
enum class task_phase : std::uint8_t { queued, under_way, final_, max_value = final_ };

struct task_status {
  task_id task;
  task_phase phase = task_phase::queued;
  market::final_state state = market::final_state::completed; ///< of a final task
  market::cause why = market::cause::none;
  amount paid;
  std::vector<bytes> results;
  AINUR_FIELDS(task_status, task, phase, state, why, paid, results)
};

struct intake_options {
  std::uint32_t orchestrators = 1;
  std::size_t window = 10'000;               ///< tasks under way at once
  std::size_t queue_max = 100'000;           ///< tasks waiting for the window
  duration retention{3'600'000'000};         ///< a result is kept so long after the final state
  std::size_t results_bytes_max = 64u << 20; ///< of all kept results; the oldest go first
};

struct intake_outputs {
  struct handing {
    std::uint32_t orchestrator = 0;
    submission what;
    bool adopt = false; ///< it was with another before
    /// Who had it last and was lost since; none if it is not known (after a restart of the node).
    std::optional<std::uint32_t> from{};
  };

  struct cancelling {
    std::uint32_t orchestrator = 0;
    task_id task;
  };

  struct refusal {
    submission what;
    market::cause why = market::cause::intake_full;
    error reason;
  };

  std::vector<intake_record> journal; ///< append first, in order; answer with on_durable(count)
  std::vector<handing> handings;
  std::vector<cancelling> cancellations;
  std::vector<refusal> refusals;
  std::vector<task_end> finished; ///< final and durable: tell the client
  void clear();
};

class intake_core {
public:
  explicit intake_core(intake_options options) : options_(options), lost_(options.orchestrators) {}

  /// A task from a client. The same id again is ignored.
  void submit(submission s, std::uint64_t request, intake_outputs& out);
  /// The oldest `count` records given out are durable.
  void on_durable(std::size_t count, moment now, intake_outputs& out);
  /// An orchestrator brought a task to its end.
  void on_ended(task_end end, intake_outputs& out);
  void cancel(const task_id& task, intake_outputs& out);
  /// Its tasks wait for the next that is ready.
  void on_orchestrator_lost(std::uint32_t number);
  /// The same, and its tasks go to those that live at once.
  void on_orchestrator_lost(std::uint32_t number, intake_outputs& out);
  /// It is there again, or for the first time: it gets what it had once more (an earlier life of it
  /// may have taken that along), and lost tasks go to those that live.
  void on_orchestrator_ready(std::uint32_t number, intake_outputs& out);
  /// Recovery: a record of the journal, in order, before anything else.
  void replay(intake_record record);
  /// Recovery is over: what has no final state is handed out, as lost by an orchestrator.
  void resume(intake_outputs& out);
  /// Forgets results whose time is over.
  void sweep(moment now);

  [[nodiscard]] result<task_status> status(const task_id& task) const;

  [[nodiscard]] std::size_t under_way() const noexcept { return open_.size(); }

  [[nodiscard]] std::size_t kept() const noexcept { return done_.size(); }

  /// The number after the largest `request` ever taken in: where a resumed workload goes on.
  [[nodiscard]] std::uint64_t next_request() const noexcept { return next_request_; }

private:
  struct entry {
    submission what;
    std::optional<std::uint32_t>
        orchestrator;                    ///< none: in the queue, or lost with its orchestrator
    std::optional<std::uint32_t> last{}; ///< who had it before, while it is lost
    bool in_window = false;              ///< counted in `started_`
    bool started = false;                ///< an orchestrator has seen it
    bool adopt = false;                  ///< as above, before a restart
    bool cancelled = false;              ///< told to the next orchestrator
    bool durable = false;
    bool ended = false;
  };

  void start_more(intake_outputs& out);
  void hand(entry& e, bool adopt, intake_outputs& out);
  void hand_lost(intake_outputs& out);
  void end_unrun(entry& e, intake_outputs& out);
  [[nodiscard]] std::optional<std::uint32_t> pick();

  struct kept_end {
    task_status status;
    instant at{};
  };

  intake_options options_;
  std::vector<bool> lost_;
  std::uint32_t next_orchestrator_ = 0;
  std::size_t started_ = 0;
  std::uint64_t next_request_ = 0;
  std::unordered_map<task_id, entry> open_;
  std::deque<task_id> queue_;
  /// Given out, not yet durable: taken in, ended, or cancelled (nothing waits for that).
  std::deque<std::variant<task_id, task_end, std::monostate>> in_journal_;
  std::unordered_map<task_id, kept_end> done_;
  std::deque<task_id> done_order_;
  std::size_t done_bytes_ = 0;
};

} // namespace ainur::orchestration
