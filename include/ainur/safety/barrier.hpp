// Control barrier functions in discrete time.
//
// A barrier is a function h of the state with the safe set h ≥ 0. An action u that leads from x to
// f(x, u) is admissible if h(f(x, u)) ≥ (1 − γ) h(x), 0 < γ ≤ 1: with γ = 1 the plain constraint,
// with less a limit on how fast the edge may be approached. Ainur's own barriers (budget,
// reputation, capacity, deadline, exposure) are integers inside the guard; embedders add theirs as
// values of this type, affine in the action. (Agrawal & Sreenath, RSS 2017, for the discrete form.)
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "ainur/base/amount.hpp"
#include "ainur/base/time.hpp"

namespace ainur::safety {

/// What an agent wants to do.
enum class action_kind : std::uint8_t {
  bid,    ///< a binding offer
  accept, ///< takes an award without a bid of its own
  spend,  ///< pays from its account
  max_value = spend,
};

struct action {
  std::uint32_t agent = 0; ///< slot in its guard
  action_kind kind = action_kind::bid;
  amount price;
  timestamp finish{}; ///< estimated; not used by `spend`
  // The agent's own bounds: no correction goes beyond them.
  amount price_floor;
  timestamp finish_earliest{};
  friend bool operator==(const action&, const action&) = default;
};

/// What the action is about.
struct action_context {
  amount budget = amount::max(); ///< the most the task pays (its reserve)
  timestamp deadline = timestamp::max();
  std::uint16_t reputation_min = 0;
  timestamp now{};
  bool paid_unverified = false; ///< payment does not wait for verification: exposure counts
  friend bool operator==(const action_context&, const action_context&) = default;
};

/// What the guard knows of one agent; 64 bytes.
struct agent_state {
  amount stake;    ///< performance bond
  amount exposure; ///< Σ prices of active tasks that are paid without verification
  amount spend_limit = amount::max(); ///< the agent's account budget
  amount spent;                       ///< committed so far
  amount bids_exposure; ///< Σ prices of outstanding bids that would count as exposure
  std::uint16_t reputation = 0;
  std::uint16_t capacity = 1; ///< tasks at the same time
  std::uint16_t active = 0;
  std::uint16_t bids = 0;    ///< outstanding and binding
  std::uint32_t refused = 0; ///< actions of this agent refused so far
  std::uint32_t corrected = 0;
  bool present = false;
  friend bool operator==(const agent_state&, const agent_state&) = default;
};

static_assert(sizeof(agent_state) <= 64);

/// Where a barrier stands, and how an action of price p (µAINU) and finish t (µs from now) moves
/// it: h(f(x, u)) = h + drift + gradient[0] · p + gradient[1] · t.
struct barrier_value {
  double h = 0;
  double drift = 0;
  std::array<double, 2> gradient{};
};

/// A barrier of an embedder. `evaluate` must be pure and use + − * / sqrt only (it influences
/// traces).
struct barrier {
  std::string name;
  double gamma = 1; ///< 0 < γ ≤ 1
  /// True: an inadmissible action is moved to the nearest admissible one within its own bounds.
  /// False: it is refused.
  bool correctable = true;
  std::function<barrier_value(const agent_state&, const action&, const action_context&)> evaluate;
};

/// Names of Ainur's own barriers, as reported in refusals and statistics.
enum class constraint : std::uint8_t {
  budget,
  reputation,
  capacity,
  deadline,
  exposure,
  own_bounds, ///< the proposal contradicts its own bounds
  unknown_agent,
  max_value = unknown_agent,
};
inline constexpr std::size_t own_constraints = static_cast<std::size_t>(constraint::max_value) + 1;
[[nodiscard]] std::string_view to_string(constraint c) noexcept;

/// True if an action of kind, price and finish moves the barrier admissibly.
[[nodiscard]] bool admissible(const barrier& b, const barrier_value& at, const action& u,
                              const action_context& context) noexcept;

} // namespace ainur::safety
