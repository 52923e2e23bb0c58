// The guard of one group of agents: passes, corrects or refuses every action before it leaves.
//
// It keeps the few numbers per agent that the barriers need and is told of what changes them.
// `check` only looks; an action that goes out is then recorded with `bid_sent`, `accepted` or
// `spent`, and the record is closed by what comes of it. The usual action is admissible: that path
// is a handful of integer comparisons without allocation. Corrections stay within the action's own
// bounds; what cannot be corrected is refused with the constraint named.
//
// A value; not thread-safe. Bad slots from outside are refused, never asserted.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ainur/safety/barrier.hpp"
#include "ainur/safety/error.hpp"

namespace ainur::safety {

struct guard_options {
  /// Σ unverified prices may reach this share of stake.
  std::uint32_t exposure_share_ppm = 500'000;
  /// γ of each own barrier in ppm, 1 .. 1,000,000, by `constraint`.
  std::array<std::uint32_t, 5> gamma_ppm = {1'000'000, 1'000'000, 1'000'000, 1'000'000, 1'000'000};
};

enum class verdict_kind : std::uint8_t { passed, corrected, refused, max_value = refused };

struct verdict {
  verdict_kind kind = verdict_kind::passed;
  action safe;                        ///< what may go out; the proposal itself if refused
  std::uint32_t constraint_index = 0; ///< what corrected or refused it; not used if passed
};

/// Counts of one constraint.
struct constraint_counts {
  std::uint64_t corrected = 0;
  std::uint64_t refused = 0;
  friend bool operator==(const constraint_counts&, const constraint_counts&) = default;
};

class guard_core {
public:
  static constexpr std::uint32_t agents_max = 1'000;
  static constexpr std::size_t barriers_max = 32;

  explicit guard_core(guard_options options = {}) noexcept : options_(options) {}

  /// Adds an embedder's barrier. Errors: `errc::bad_problem` (no function, γ outside (0, 1], too
  /// many).
  [[nodiscard]] result<void> add_barrier(barrier b);

  /// Registers an agent at a slot (0 .. 999), or brings its standing up to date, keeping its
  /// counters. False if the slot is out of range.
  bool set_agent(std::uint32_t slot, amount stake, std::uint16_t reputation, std::uint16_t capacity,
                 amount spend_limit = amount::max());
  /// New standing; false if there is no such agent.
  bool set_standing(std::uint32_t slot, amount stake, std::uint16_t reputation);
  void remove_agent(std::uint32_t slot);
  /// Null if there is no such agent.
  [[nodiscard]] const agent_state* find(std::uint32_t slot) const noexcept;

  /// Decides one action. Counts it in the statistics; changes no agent's obligations.
  [[nodiscard]] verdict check(const action& proposed, const action_context& context);

  // What goes out and what comes of it. All ignore unknown slots and never go below zero.
  /// A bid went out: it binds capacity (and exposure) until it is closed or awarded.
  void bid_sent(std::uint32_t slot, amount price, bool paid_unverified);
  /// The bid lost or lapsed.
  void bid_closed(std::uint32_t slot, amount price, bool paid_unverified);
  /// The bid became an award, perhaps at another price.
  void awarded(std::uint32_t slot, amount bid_price, amount price, bool paid_unverified);
  /// An award without a bid of the agent's own.
  void accepted(std::uint32_t slot, amount price, bool paid_unverified);
  /// An awarded task ended.
  void finished(std::uint32_t slot, amount price, bool paid_unverified);
  void spent(std::uint32_t slot, amount price);
  /// A spend was undone or repaid.
  void refunded(std::uint32_t slot, amount price);

  [[nodiscard]] std::uint64_t passed() const noexcept { return passed_; }

  [[nodiscard]] std::uint64_t corrected() const noexcept { return corrected_; }

  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

  /// By constraint index: first `constraint`, then the embedder's barriers in their order.
  [[nodiscard]] std::span<const constraint_counts> counts() const noexcept { return counts_; }

  [[nodiscard]] std::string_view constraint_name(std::uint32_t index) const noexcept;

private:
  struct limits;
  [[nodiscard]] limits limits_of(const agent_state& agent, const action& u,
                                 const action_context& context) const noexcept;
  [[nodiscard]] verdict correct(const agent_state& agent, const action& proposed,
                                const action_context& context, const limits& most) const;
  [[nodiscard]] verdict correct_by_projection(const agent_state& agent, const action& proposed,
                                              const action_context& context,
                                              const limits& most) const;
  [[nodiscard]] std::optional<std::uint32_t> violated(const agent_state& agent, const action& u,
                                                      const action_context& context,
                                                      const limits& most) const;
  agent_state* slot_of(std::uint32_t slot) noexcept;

  guard_options options_;
  std::vector<agent_state> agents_;
  std::vector<barrier> barriers_;
  std::vector<constraint_counts> counts_ = std::vector<constraint_counts>(own_constraints);
  std::uint64_t passed_ = 0;
  std::uint64_t corrected_ = 0;
  std::uint64_t refused_ = 0;
};

} // namespace ainur::safety
