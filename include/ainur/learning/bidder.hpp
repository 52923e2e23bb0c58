// A bidder that learns its price level by tabular Q-learning: in the situation it sees (load, win
// rate, recent revenue, demand, each in two bins) it asks one of eight multiples of its cost, and
// learns from what came of it. ε-greedy, ε ← max(1 %, 0.995 ε) per outcome.
//
// A bid and its outcome lie far apart and many may be open at once, so `choose` returns a token
// that comes back with the outcome. Values are 16-bit fixed point in units of cost / 1,024; the
// table of 256 bytes is made at the first outcome. All randomness is an argument. Not thread-safe.
//
// Without shaping the best level in a truthful (second price) auction is the cost itself.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "ainur/base/amount.hpp"
#include "ainur/base/rng.hpp"

namespace ainur::learning {

inline constexpr std::size_t price_levels = 8;
/// Multiples of cost in ppm; the third is the cost itself.
inline constexpr std::array<std::uint32_t, price_levels> level_ppm = {
    800'000, 900'000, 1'000'000, 1'100'000, 1'250'000, 1'500'000, 1'750'000, 2'000'000};
inline constexpr std::size_t cost_level = 2;

/// What the bidder sees when it prices. Rates in parts per million of their own scale.
struct bidder_view {
  std::uint32_t load_ppm = 0;   ///< active tasks of capacity
  std::uint32_t demand_ppm = 0; ///< calls per time, of what is usual for it
};

/// Which table entry a bid came from.
struct bid_token {
  std::uint8_t state = 0;
  std::uint8_t level = 0;
  friend bool operator==(const bid_token&, const bid_token&) = default;
};

struct learned_ask {
  amount price;
  bid_token token;
};

enum class bid_result : std::uint8_t { lost, completed, failed, max_value = failed };

/// What came of one bid.
struct bid_outcome {
  bid_result result = bid_result::lost;
  amount price; ///< paid, if completed
  amount cost;
  amount slash; ///< taken, if failed
};

struct bidder_options {
  std::uint32_t epsilon_ppm = 100'000; ///< first share of random levels
  std::uint32_t epsilon_min_ppm = 10'000;
  std::uint32_t epsilon_decay_ppm = 995'000;
  std::uint32_t rate_ppm = 100'000; ///< learning rate α
  /// Weight of the next situation's best value. 0: each bid is judged by its own outcome.
  std::uint32_t discount_ppm = 0;
  /// +10 for completed, −50 for failed, in units of the cost. Off: with it the best bid in a
  /// truthful auction is not the cost.
  bool shaping = false;
};

/// price − cost when completed; −cost − slash when failed; 0 if not won. In µAINU, saturating.
[[nodiscard]] std::int64_t reward(const bid_outcome& outcome) noexcept;

/// 24 bytes, and 256 more from its first outcome on.
class bidder {
public:
  explicit bidder(std::uint32_t epsilon_ppm = bidder_options{}.epsilon_ppm) noexcept
      : epsilon_ppm_(epsilon_ppm) {}

  /// The ask for work of the given cost. Before any outcome it asks the cost, or explores.
  [[nodiscard]] learned_ask choose(const bidder_view& view, amount cost,
                                   rng& random) const noexcept;

  /// Learns what became of a bid. `view` is what the bidder sees now.
  void learn(const bid_token& token, const bid_outcome& outcome, const bidder_view& view,
             const bidder_options& options, rng& random);

  /// The learned value of a level in the state of a token, in units of cost / 1,024.
  [[nodiscard]] std::int32_t value(std::uint8_t state, std::size_t level) const noexcept;

  [[nodiscard]] std::uint32_t epsilon_ppm() const noexcept { return epsilon_ppm_; }

  /// Share of won bids, a moving average over some 32 outcomes.
  [[nodiscard]] std::uint32_t win_rate_ppm() const noexcept { return win_rate_ppm_; }

  /// The situation's number, 0 .. 15.
  [[nodiscard]] std::uint8_t state_of(const bidder_view& view) const noexcept;

private:
  static constexpr std::size_t states = 16;
  using table = std::array<std::array<std::int16_t, price_levels>, states>;

  [[nodiscard]] std::size_t best_level(std::uint8_t state) const noexcept;

  std::unique_ptr<table> table_;
  std::uint32_t epsilon_ppm_;
  std::uint32_t win_rate_ppm_ = 500'000;
  std::int32_t revenue_short_ = 0; // reward per bid in cost / 1,024, averaged over some 8 outcomes
  std::int32_t revenue_long_ = 0;  // the same over some 64
};

} // namespace ainur::learning
