// Draws the agents and clients of a run from the scenario, its seed and the capabilities that the
// workload asks for. The same arguments give the same population on every machine. Kept compact,
// for millions of agents: names are interned and capability sets are shared.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ainur/base/amount.hpp"
#include "ainur/base/error.hpp"
#include "ainur/scenario/config.hpp"
#include "ainur/scenario/workload.hpp"

namespace ainur::scenario {

/// One agent, 48 bytes.
struct agent_spec {
  amount cost{};               ///< true cost of a second of work
  amount price{};              ///< posted ask for a second of work; 0: as the strategy asks
  std::uint32_t speed_ppm = 0; ///< seconds of work done in a second
  std::uint32_t reliability_ppm = 0;
  std::uint32_t capacity = 1;
  std::uint32_t capability_set = 0; ///< see population_plan::capabilities_of
  std::uint32_t controller = 0;     ///< index of its controller among all controllers
  std::uint16_t population = 0;     ///< index into config::populations
  bidding_strategy strategy = bidding_strategy::truthful;
  skill_kind skill = skill_kind::inline_skill;
  friend bool operator==(const agent_spec&, const agent_spec&) = default;
};

struct client_spec {
  std::string name{};
  amount balance{};
  friend bool operator==(const client_spec&, const client_spec&) = default;
};

/// What one request is worth to its client; drawn per request by `terms_of`.
struct task_terms {
  amount value{};
  amount budget{};
  duration patience{}; ///< 0: until the deadline
  duration deadline{}; ///< after submission
  friend bool operator==(const task_terms&, const task_terms&) = default;
};

struct population_plan {
  /// All capabilities of the run: those of the workload first, at the same indices.
  std::vector<std::string> capabilities{};
  std::vector<agent_spec> agents{};
  std::vector<client_spec> clients{};
  std::uint32_t controllers = 0;
  std::vector<std::uint32_t> set_offsets{}; ///< of capability sets; one more than there are sets
  std::vector<std::uint32_t> set_members{}; ///< indices into `capabilities`, ascending in each set

  [[nodiscard]] std::span<const std::uint32_t> capabilities_of(const agent_spec& a) const noexcept {
    return std::span{set_members}.subspan(set_offsets[a.capability_set],
                                          set_offsets[a.capability_set + 1] -
                                              set_offsets[a.capability_set]);
  }

  /// Capabilities that the workload asks for and no agent has; their tasks will be refunded.
  [[nodiscard]] std::vector<std::uint32_t> unserved(const workload& w) const;
};

/// How many agents live under one supervisor, with one guard: those of indices
/// [n · size, (n + 1) · size) in group n.
[[nodiscard]] std::uint32_t group_size_of(const config& c) noexcept;

/// Errors: `scenario::errc::out_of_range` if there are no agents or too many.
[[nodiscard]] result<population_plan> draw_population(const config& scenario, const workload& w);

/// The client's terms for request number `index` of the run.
[[nodiscard]] task_terms terms_of(const config& scenario, const request& r,
                                  std::uint64_t index) noexcept;

} // namespace ainur::scenario
