// The decisions of an agent: whether and what to bid, how long a piece of work takes, how it turns
// out.
//
// Agents with a skill of their own (a function of the host program) use the bidding half and
// measure the rest; simulated agents draw the rest from their model. Everything is a function of
// the terms, the call and the agent's seed, so that the same run gives the same market whatever the
// order of actors. Not thread-safe; some 40 bytes of state an agent, so that a million fit.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "ainur/base/rng.hpp"
#include "ainur/learning/bidder.hpp"
#include "ainur/market/bid.hpp"
#include "ainur/market/task.hpp"

namespace ainur::orchestration {

enum class strategy : std::uint8_t { truthful, cost_plus, learner };

/// What an agent can do and wants for it. Shared by agents that are alike.
struct worker_terms {
  amount cost_per_second;   ///< true cost of a second of work at speed 1
  amount cost_fixed;        ///< true cost of a task, whatever its work
  amount posted_per_second; ///< ask for a second of work; zero: as the strategy says
  std::uint32_t speed_ppm = 1'000'000;
  std::uint32_t reliability_ppm = 1'000'000;
  std::uint32_t margin_ppm = 200'000;
  std::uint32_t explore_ppm = 100'000; ///< first share of random asks of a learner
  std::uint16_t capacity = 1;
  strategy bids = strategy::truthful;
};

/// What every agent of a runtime shares.
struct worker_rules {
  duration slack{2'000'000};           ///< added to the promised time for links and blocks
  std::uint32_t caution_ppm = 200'000; ///< and this share of the work
};

/// What the agent puts before its guard: the offer, and its own bounds.
struct offer {
  amount price;
  duration work{};     ///< from award to result
  amount floor;        ///< never for less: its cost
  duration earliest{}; ///< never promised sooner
};

/// Misbehaviour that faults switch on, each until a time (of the run's clock).
struct misbehaviour {
  instant silent_until{};
  instant late_until{};
  instant false_result_until{};
  instant false_bid_until{};
  instant bypass_until{};
  duration late_by{};
};

/// What a simulated piece of work carries: how the recorded request ended.
struct simulated_input {
  enum class ending : std::uint8_t { drawn, success, failure, max_value = failure };
  ending recorded = ending::drawn;
  AINUR_FIELDS(simulated_input, recorded)
};

/// How a piece of simulated work will go.
struct work_plan {
  duration takes{};
  bool silent = false; ///< no word will come
  bool gives_up = false;
  hash256 digest; ///< of the result; not the expected one if it is false
};

class worker {
public:
  worker(std::shared_ptr<const worker_terms> terms, std::uint64_t seed) noexcept
      : terms_(std::move(terms)), seed_(seed) {}

  /// Nothing if the agent does not want the work (or has no capacity left).
  [[nodiscard]] std::optional<offer> consider(const market::call_for_proposals& call,
                                              const worker_rules& rules, instant now);
  /// The award is taken; how the work will go. For agents with a skill of their own only the count
  /// of active tasks matters.
  work_plan begin(const market::award& award, instant now);

  /// The work is over (delivered, given up or stopped).
  void end() noexcept {
    if (active_ > 0)
      --active_;
  }

  /// The true cost of a piece of work, for profit and learning.
  [[nodiscard]] amount cost_of(duration work) const noexcept;

  [[nodiscard]] bool learns() const noexcept { return terms_->bids == strategy::learner; }

  /// A bid of this agent lost its auction.
  void lost(market::call_number call);
  /// The ledger settled an award: what was paid, or slashed for a failure.
  void settled(market::call_number call, bool success, amount paid, amount slashed, duration work);

  [[nodiscard]] misbehaviour& faults();

  [[nodiscard]] const misbehaviour* faults_if_any() const noexcept { return faults_.get(); }

  [[nodiscard]] std::uint16_t active() const noexcept { return active_; }

  [[nodiscard]] const worker_terms& terms() const noexcept { return *terms_; }

private:
  std::shared_ptr<const worker_terms> terms_;
  std::uint64_t seed_;
  std::uint16_t active_ = 0;
  std::unique_ptr<misbehaviour> faults_;

  /// Of agents that learn: what is learned, and the bids whose end is not known yet.
  struct learning_state {
    learning::bidder bidder;
    std::vector<std::pair<market::call_number, learning::bid_token>> open;
  };

  [[nodiscard]] std::optional<learning::bid_token> take_token(market::call_number call);
  std::unique_ptr<learning_state> learner_;
};

} // namespace ainur::orchestration
