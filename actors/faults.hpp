// The time line of faults of a scenario, carried out on a market.
#pragma once

#include <vector>

#include "scenario_actors.hpp"

namespace ainur {

class fault_line {
public:
  fault_line(const scenario::config& config, std::uint64_t seed);

  /// When the next fault is due, if any is left.
  [[nodiscard]] std::optional<instant> next() const;
  /// Leaves out what was due before `now`: it has struck in an earlier life of the run.
  void skip_to(instant now);
  /// Carries out what is due.
  void apply_due(instant now, market_host& market, const run_plan& plan);

private:
  struct event {
    instant at{};
    std::uint32_t index = 0; ///< in the scenario's list
    std::uint32_t turn = 0;  ///< of a repeated fault
  };

  void apply(const event& e, instant now, market_host& market, const run_plan& plan);
  std::vector<std::uint32_t> apply_to_agents(const scenario::fault& f, const event& e, instant now,
                                             market_host& market, const run_plan& plan);
  std::vector<std::uint32_t> apply_to_validators(const scenario::fault& f, const event& e,
                                                 instant now, market_host& market);
  std::vector<scenario::fault> faults_;
  std::vector<event> events_; ///< the next one last
  rng random_;
  std::map<std::uint32_t, orchestration::misbehaviour> misbehaving_; ///< by agent
  std::set<std::uint32_t> byzantine_;                                ///< validators so far
};

/// Where agent number `index` lives, given the size of groups.
struct agent_place {
  std::uint32_t guard = 0;
  std::uint32_t slot = 0;
};

[[nodiscard]] agent_place place_of(std::uint32_t index, std::uint32_t group_size) noexcept;

} // namespace ainur
