// What a scenario adds to a market: its clients, a recorder, arbiters, and faults on a time line.
#pragma once

#include <atomic>
#include <fstream>
#include <memory>
#include <unordered_map>

#include "ainur/scenario/collector.hpp"
#include "ainur/scenario/population.hpp"
#include "ainur/scenario/trace.hpp"
#include "ainur/scenario/workload.hpp"
#include "market_host.hpp"

namespace ainur {

/// What all actors of a run read. Immutable while it runs, but for the counters.
struct run_plan {
  scenario::config config;
  scenario::workload workload;
  scenario::population_plan population;
  std::unordered_map<account_id, std::uint32_t> agent_of; ///< account → index in the population
  std::string trace_file;                                 ///< empty: only the hash is kept
  std::uint64_t first_request = 0;                        ///< a resumed run goes on here

  std::atomic<std::uint64_t> submitted{0};
  std::atomic<std::uint64_t> finished{0}; ///< tasks in a final state
  std::atomic<bool> stop_submitting{false};

  [[nodiscard]] std::uint32_t client_index(const scenario::request& r) const noexcept {
    return r.client % static_cast<std::uint32_t>(population.clients.size());
  }
};

using run_plan_ptr = std::shared_ptr<run_plan>;

/// Submits the workload at its times, and cancels what loses patience.
[[nodiscard]] caf::actor spawn_clients(caf::local_actor& parent, environment world,
                                       run_plan_ptr plan, std::shared_ptr<const registry> roles,
                                       account_id host);

/// What the recorder has gathered; read after the run has been stopped.
struct run_record {
  explicit run_record(run_plan_ptr plan);
  run_plan_ptr plan;
  scenario::collector collector;
  scenario::trace::recorder trace;
  std::ofstream trace_out;
  std::shared_ptr<ack_file> acks;
  std::uint64_t reputation_mean = 0; ///< over bonded agents, at the last look
};

/// Gathers what happened. One thread at a time: the recorder's while it lives, then the runner's.
[[nodiscard]] caf::actor spawn_recorder(caf::local_actor& parent, environment world,
                                        std::shared_ptr<run_record> record,
                                        std::shared_ptr<const registry> roles);

[[nodiscard]] scenario::ledger_totals totals_of(const msg::totals& t);

/// What validators begin with; nothing where a single authority keeps the ledger.
[[nodiscard]] std::optional<validator_options> validators_from(const scenario::config& c);
/// How they agreed, and where each of them stands. On the virtual clock those that lag are given
/// time to catch up.
[[nodiscard]] result<scenario::consensus_summary> observe_validators(market_host& market);

/// The delays of links as the scenario says, by class of link.
[[nodiscard]] std::shared_ptr<link_model> make_links(const scenario::network_config& config,
                                                     std::uint64_t seed);

} // namespace ainur
