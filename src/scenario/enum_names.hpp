// The spelling of every enumerator that a scenario or a summary shows, in the order of its values.
#pragma once

#include <array>
#include <string_view>

#include "ainur/scenario/config.hpp"
#include "ainur/scenario/summary.hpp"
#include "ainur/scenario/workload.hpp"

namespace ainur::scenario {

template <class E>
inline constexpr std::array<std::string_view, 0> names_of{};

#define AINUR_NAMES(type, ...)                                                                     \
  template <>                                                                                      \
  inline constexpr std::array<std::string_view, static_cast<std::size_t>(type::max_value) + 1>     \
      names_of<type> {                                                                             \
    __VA_ARGS__                                                                                    \
  }

AINUR_NAMES(distribution, "constant", "uniform", "exponential", "lognormal");
AINUR_NAMES(clock_kind, "virtual", "real");
AINUR_NAMES(capability_source, "given", "drawn", "workload");
AINUR_NAMES(bidding_strategy, "truthful", "cost_plus", "learner");
AINUR_NAMES(skill_kind, "inline", "blocking", "async");
AINUR_NAMES(workload_source, "synthetic", "csv", "swf");
AINUR_NAMES(outcome_source, "recorded", "drawn");
AINUR_NAMES(arrival_process, "poisson", "bursts", "day_curve", "ramp");
AINUR_NAMES(subtask_graph, "independent", "chain");
AINUR_NAMES(time_format, "auto", "calendar", "epoch_s", "epoch_ms", "epoch_us");
AINUR_NAMES(row_rule, "keep", "replace", "skip", "refuse");
AINUR_NAMES(order_rule, "sort", "skip", "refuse");
AINUR_NAMES(swf_work, "run_time", "processor_time");
AINUR_NAMES(verification_mode, "client", "spot_check", "paid_at_result");
AINUR_NAMES(market_mechanism, "second_price", "first_price", "posted");
AINUR_NAMES(reserve_rule, "budget", "share", "mean_price");
AINUR_NAMES(routing_strategy, "cq", "q", "predictive", "count", "broadcast", "random");
AINUR_NAMES(election_method, "phragmen", "phragmms", "top_stake");
AINUR_NAMES(fault_kind, "kill", "pause", "silent", "late", "false_result", "false_bid", "bypass",
            "partition", "clock_skew", "slow_disk", "equivocating_proposer", "equivocating_voter",
            "amnesia", "stale_view", "bad_signatures", "withheld_proposal", "flooding");
AINUR_NAMES(fault_target, "agents", "supervisor", "orchestrator", "shard", "ledger", "reputation",
            "validators");
AINUR_NAMES(recorded_outcome, "unknown", "success", "failure", "cancelled");
AINUR_NAMES(final_state, "completed", "refunded", "resolved", "rejected");
AINUR_NAMES(stage, "submission", "discovery", "auction", "execution", "settlement", "total");
AINUR_NAMES(award_outcome, "success", "failure", "void");
#undef AINUR_NAMES

} // namespace ainur::scenario
