#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <sys/resource.h>

#include "ainur/routing/router.hpp"
#include "ainur/run_scenario.hpp"
#include "ainur/scenario/explain.hpp"
#include "ainur/scenario/identity.hpp"
#include "ainur/scenario/report.hpp"
#include "faults.hpp"

namespace ainur {

error_info describe(run_errc code) noexcept {
  switch (code) {
  case run_errc::data_in_use:
    return {"run", "data_in_use", "the data directory holds an earlier run"};
  case run_errc::no_data:
    return {"run", "no_data", "there is no run to resume"};
  case run_errc::other_run:
    return {"run", "other_run", "the data directory holds the run of another scenario or workload"};
  case run_errc::broken:
    return {"run", "broken", "the run could not go on"};
  }
  return {"run", "unknown", "unknown"};
}

namespace {

ledger::parameters economy_of(const scenario::config& c) {
  ledger::parameters p;
  const auto& e = c.economy;
  p.bond_min = e.bond_min;
  p.orchestrator_bond_min = e.orchestrator_bond;
  p.existential_deposit = e.existential_deposit;
  p.fee_per_weight = e.call_fee;
  p.release_fee_ppm = static_cast<std::uint32_t>(e.release_fee.ppm);
  p.review_window = e.review;
  p.dispute_window = e.dispute;
  p.arbitration_window = e.arbitration;
  p.appeal_window = e.appeal;
  p.unbonding = e.unbonding;
  p.era = e.era;
  p.dispute_bond_ppm = static_cast<std::uint32_t>(e.dispute_bond.ppm);
  p.exposure_share_ppm = static_cast<std::uint32_t>(e.exposure.ppm);
  if (c.validators.count != 0) {
    const auto& v = c.validators;
    p.staking.seats = static_cast<std::uint32_t>(v.seats == 0 ? v.count : v.seats);
  }
  return p;
}

byte_array<32> seed_of(std::uint64_t seed) {
  return crypto::hasher{"ainur/run-host/v1"}.add(seed).finish().value;
}

market::mechanism mechanism_of(scenario::market_mechanism m) {
  switch (m) {
  case scenario::market_mechanism::second_price:
    return market::mechanism::second_price;
  case scenario::market_mechanism::first_price:
    return market::mechanism::first_price;
  case scenario::market_mechanism::posted:
    return market::mechanism::posted_price;
  }
  return market::mechanism::second_price;
}

std::function<std::unique_ptr<routing::router>()> router_of(const scenario::routing_config& r) {
  using scenario::routing_strategy;
  routing::learned_options options{.explore_ppm = static_cast<std::uint32_t>(r.explore.ppm),
                                   .lambda_ppm = static_cast<std::uint32_t>(r.lambda.ppm),
                                   .eta_ppm = static_cast<std::uint32_t>(r.eta.ppm)};
  switch (r.strategy) {
  case routing_strategy::broadcast:
    return [] { return routing::make_broadcast_router(); };
  case routing_strategy::random:
    return [] { return routing::make_random_router(); };
  case routing_strategy::cq:
    break;
  case routing_strategy::q:
    options.rule = routing::learning_rule::q;
    break;
  case routing_strategy::predictive:
    options.rule = routing::learning_rule::predictive;
    break;
  case routing_strategy::count:
    options.rule = routing::learning_rule::count;
    break;
  }
  return [options] { return routing::make_learned_router(options); };
}

market_options options_of(const scenario::config& c, const run_options& o, const run_plan& plan) {
  market_options m;
  m.clock = c.clock == scenario::clock_kind::virtual_time ? clock_kind::virtual_time
                                                          : clock_kind::real_time;
  m.seed = c.seed;
  m.threads_max = o.threads;
  m.links = make_links(c.network, c.seed);
  m.data_directory = o.data_directory.empty() ? "" : o.data_directory + "/store";
  m.host_seed = seed_of(c.seed);
  m.economy = economy_of(c);
  m.orchestrator_bond = c.economy.orchestrator_bond;
  m.block_interval = c.ledger.block_interval;
  m.calls_max = c.ledger.calls_max;
  m.checkpoint_interval = c.ledger.checkpoint_interval;
  m.validators = validators_from(c);
  m.orchestrators = static_cast<std::uint32_t>(c.runtime.orchestrators);
  m.orchestrator.how = mechanism_of(c.market.mechanism);
  m.orchestrator.quality = c.market.quality;
  m.orchestrator.asked = c.routing.strategy == scenario::routing_strategy::broadcast
                             ? ~std::uint32_t{0}
                             : static_cast<std::uint32_t>(c.routing.asked);
  m.orchestrator.rounds_max = static_cast<std::uint16_t>(c.market.attempts);
  m.orchestrator.call_window = c.market.call_deadline;
  m.orchestrator.paid_at_result =
      c.economy.verification == scenario::verification_mode::paid_at_result;
  m.make_router = router_of(c.routing);
  m.verifiers = std::make_shared<const std::map<std::string, verifier>>();
  m.intake.window = c.runtime.in_flight_max;
  m.intake.queue_max = scenario::requests_max;
  m.intake.retention = c.runtime.result_retention;
  m.blocking_workers = c.runtime.blocking_workers;
  m.keep_notes = true;
  m.report_at_once = true; // so that the trace has every event in its time's order
  const auto& p = plan.population;
  for (std::size_t i = 0; i < p.agents.size(); ++i) {
    const auto& group = c.populations[p.agents[i].population];
    if (!group.bond.is_zero() || !group.balance.is_zero())
      m.accounts.push_back({first_agent_index + i, group.balance, group.bond});
  }
  for (std::size_t i = 0; i < p.clients.size(); ++i)
    m.accounts.push_back({first_client_index + i, p.clients[i].balance, {}});
  return m;
}

/// Each agent and client declares whose it is, in the first blocks.
void open_accounts(market_host& market, const run_plan& plan) {
  std::vector<ledger::entry> calls;
  const auto flush = [&](std::size_t most) {
    if (calls.size() >= most)
      market.call_ledger(std::exchange(calls, {}));
  };
  const auto& p = plan.population;
  for (std::size_t i = 0; i < p.agents.size(); ++i) {
    const auto controller = market.account(first_controller_index + p.agents[i].controller);
    calls.push_back({market.account(first_agent_index + i), first_agent_index + i,
                     ledger::open_account{controller}});
    flush(5'000);
  }
  for (std::size_t i = 0; i < p.clients.size(); ++i) {
    const auto id = market.account(first_client_index + i);
    calls.push_back({id, first_client_index + i, ledger::open_account{id}});
    flush(5'000);
  }
  flush(1);
}

orchestration::worker_terms terms_of(const scenario::agent_spec& a, const scenario::population& p) {
  orchestration::worker_terms t{.cost_per_second = a.cost,
                                .cost_fixed = p.cost_fixed,
                                .posted_per_second = a.price,
                                .speed_ppm = a.speed_ppm,
                                .reliability_ppm = a.reliability_ppm,
                                .margin_ppm = static_cast<std::uint32_t>(p.margin.ppm),
                                .explore_ppm = static_cast<std::uint32_t>(p.explore.ppm)};
  t.capacity = static_cast<std::uint16_t>(std::min<std::uint32_t>(a.capacity, 65'535));
  switch (a.strategy) {
  case scenario::bidding_strategy::truthful:
    t.bids = orchestration::strategy::truthful;
    break;
  case scenario::bidding_strategy::cost_plus:
    t.bids = orchestration::strategy::cost_plus;
    break;
  case scenario::bidding_strategy::learner:
    t.bids = orchestration::strategy::learner;
    break;
  }
  return t;
}

void populate(market_host& market, run_plan& plan) {
  const auto& p = plan.population;
  const auto& c = plan.config;
  auto sets = std::make_shared<std::vector<std::vector<std::string>>>();
  for (std::size_t i = 0; i + 1 < p.set_offsets.size(); ++i) {
    auto& set = sets->emplace_back();
    for (auto at = p.set_offsets[i]; at < p.set_offsets[i + 1]; ++at)
      set.push_back(p.capabilities[p.set_members[at]]);
  }
  const auto seeds = market.world().stream("agents");
  const auto size = group_size_of(c);
  for (std::uint32_t first = 0; first < p.agents.size(); first += size) {
    // A promise must hold over the blocks that the award and the result wait for.
    group g{.capability_sets = sets,
            .rules = {.slack = duration{2'000'000} + 3 * c.ledger.block_interval},
            .heartbeat = c.runtime.heartbeat,
            .exposure_share_ppm = static_cast<std::uint32_t>(c.economy.exposure.ppm),
            .paid_at_result =
                c.economy.verification == scenario::verification_mode::paid_at_result};
    const auto last = std::min<std::size_t>(first + size, p.agents.size());
    for (std::uint32_t i = first; i < last; ++i) {
      const auto& a = p.agents[i];
      const auto& population = c.populations[a.population];
      const bool bonded = population.bond >= c.economy.bond_min;
      const auto id = market.account(first_agent_index + i);
      plan.agent_of.emplace(id, i);
      g.members.push_back({.account = id,
                           .controller = market.account(first_controller_index + a.controller),
                           .hosted_index = first_agent_index + i,
                           .capabilities = a.capability_set,
                           .reputation = bonded ? std::uint16_t{500} : std::uint16_t{0},
                           .bonded = bonded,
                           .stake = population.bond,
                           .seed = seeds.split("agent", i).next(),
                           .terms = terms_of(a, population)});
    }
    (void)market.add_group(std::move(g));
  }
}

double peak_rss_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

/// A run under way.
class scenario_run {
public:
  scenario_run(const run_options& options, run_plan_ptr plan)
      : options_(options), plan_(std::move(plan)), record_(std::make_shared<run_record>(plan_)),
        faults_(plan_->config, plan_->config.seed) {}

  result<scenario::summary> run();

private:
  [[nodiscard]] result<void> check_data() const;
  [[nodiscard]] result<void> write_identity() const;
  result<void> open_trace();
  result<void> prepare();
  [[nodiscard]] bool over(instant now) const;
  void wait_until(instant at);
  void progress(instant now);

  [[nodiscard]] std::string identity_file() const { return options_.data_directory + "/run.id"; }

  [[nodiscard]] std::uint64_t total() const {
    return plan_->workload.requests.size() - plan_->first_request;
  }

  const run_options& options_;
  run_plan_ptr plan_;
  std::shared_ptr<run_record> record_;
  fault_line faults_;
  std::unique_ptr<market_host> market_;
  std::string ended_by_ = "all tasks final";
  std::optional<error> broken_;
  bool partial_ = false;
  std::optional<scenario::trace::resumed> resumed_; ///< set if this run goes on with another
  instant traced_until_{};                          ///< how far that one's trace goes
};

/// Whether the data directory is what the run wants, with nothing written yet.
result<void> scenario_run::check_data() const {
  if (options_.data_directory.empty())
    return {};
  std::error_code ignored;
  const bool there = std::filesystem::exists(options_.data_directory + "/store/store.mdb", ignored);
  if (there && !options_.resume)
    return fail(run_errc::data_in_use,
                options_.data_directory + ": add --resume to go on with it, or name another");
  if (!there && options_.resume)
    return fail(run_errc::no_data, options_.data_directory);
  if (!options_.resume)
    return {};
  std::ifstream in{identity_file()};
  std::string began_as;
  std::getline(in, began_as);
  if (began_as != to_string(scenario::identity_of(plan_->config, plan_->workload)))
    return fail(run_errc::other_run,
                options_.data_directory +
                    ": resume it with the scenario, --set, --seed and "
                    "--workload that it began with, or name another directory");
  return {};
}

/// What the run begins as, for its resumption.
result<void> scenario_run::write_identity() const {
  std::ofstream out{identity_file(), std::ios::trunc};
  out << to_string(scenario::identity_of(plan_->config, plan_->workload)) << '\n' << std::flush;
  return out ? result<void>{} : fail(base_errc::io, identity_file() + ": cannot be written");
}

/// A new run's trace replaces what is there, a resumed one's is added to it. Nothing is written
/// yet: another process may still be at work on the same data.
result<void> scenario_run::open_trace() {
  scenario::trace::resumed marker;
  const auto& path = options_.trace_file;
  if (!path.empty()) {
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path{path}.parent_path(), ignored);
    if (options_.resume) {
      const auto end = scenario::trace::end_of_file(path);
      if (!end)
        return fail(end.error());
      marker.traced = end->has_value();
      if (*end) {
        traced_until_ = (*end)->at;
        if ((*end)->in_line)
          record_->trace.end_line();
      }
    }
    record_->trace_out.open(path,
                            std::ios::binary | (options_.resume ? std::ios::app : std::ios::trunc));
    if (!record_->trace_out)
      return fail(base_errc::io, path + ": cannot be written");
  }
  if (options_.resume)
    resumed_ = marker;
  return {};
}

result<void> scenario_run::prepare() {
  const auto clock = plan_->config.clock == scenario::clock_kind::virtual_time
                         ? clock_kind::virtual_time
                         : clock_kind::real_time;
  auto log = logger::open(options_.log, clock); // first: nothing else is left behind by its error
  if (!log)
    return fail(std::move(log).error());
  // Only now is it known that the input is good, so nothing is left behind by a bad one.
  if (auto ok = check_data(); !ok)
    return ok;
  if (auto ok = open_trace(); !ok)
    return ok;
  if (!options_.data_directory.empty()) {
    std::error_code ignored;
    std::filesystem::create_directories(options_.data_directory, ignored);
    auto acks = ack_file::open(options_.data_directory + "/acks.jsonl");
    if (!acks)
      return fail(std::move(acks).error());
    record_->acks = std::move(*acks);
    if (!options_.resume)
      if (auto ok = write_identity(); !ok)
        return ok;
  }
  auto market = options_of(plan_->config, options_, *plan_);
  market.make_recorder = [record = record_](caf::local_actor& parent,
                                            const std::shared_ptr<const registry>& roles,
                                            const environment& world) {
    return spawn_recorder(parent, world, record, roles);
  };
  market.log = std::move(*log);
  // The run's clock goes on where its last task came in, or its trace ended.
  market.elapsed = [plan = plan_, traced = traced_until_](std::uint64_t resumed_at) {
    const auto& requests = plan->workload.requests;
    const auto past = std::min<std::uint64_t>(resumed_at, requests.size());
    const auto taken_in = past == 0 ? duration{} : requests[past - 1].at;
    return std::max(taken_in, traced.time_since_epoch());
  };
  auto started = market_host::start(std::move(market));
  if (!started)
    return fail(std::move(started).error());
  market_ = std::move(*started);
  if (resumed_) {
    record_->trace.add(market_->world().now(), *resumed_);
    faults_.skip_to(market_->world().now());
  }
  populate(*market_, *plan_);
  open_accounts(*market_, *plan_); // again after a kill: what was declared stays as it is
  plan_->first_request = options_.resume ? market_->resumed_at() : 0;
  return {};
}

bool scenario_run::over(instant now) const {
  if (plan_->stop_submitting.load())
    return plan_->finished.load() >= plan_->submitted.load();
  (void)now;
  return plan_->finished.load() >= total() + market_->resumed_tasks();
}

void scenario_run::progress(instant now) {
  if (options_.on_progress)
    options_.on_progress({plan_->finished.load(), total(), now.time_since_epoch()});
}

void scenario_run::wait_until(instant at) {
  if (auto* driver = market_->driver()) {
    // In slices, so that a run that is over does not play out its idle timers.
    while (driver->now() < at && !over(driver->now())) {
      const auto next = driver->next_time().value_or(at);
      const auto slice = std::min(at, std::max(next, driver->now() + duration{10'000'000}));
      if (auto ok = driver->run_until(slice); !ok) {
        broken_ = ok.error();
        return;
      }
      if (options_.stop != nullptr && options_.stop->load())
        return;
    }
    return;
  }
  const auto now = market_->world().now();
  if (at > now)
    std::this_thread::sleep_for(std::min(at - now, duration{20'000}));
}

result<scenario::summary> scenario_run::run() {
  const auto wall_start = std::chrono::steady_clock::now();
  if (auto ok = prepare(); !ok)
    return fail(std::move(ok).error());
  auto& world = market_->world();
  caf::actor clients;
  market_->with_root([&](caf::local_actor& parent) {
    clients = spawn_clients(parent, world, plan_, market_->roles(), market_->host());
  });
  const bool reserves_follow = plan_->config.market.reserve == scenario::reserve_rule::mean_price;
  if (reserves_follow)
    market_->roles()->set(role::task_follower + "clients", clients);
  const bool nothing_left = options_.resume && total() + market_->resumed_tasks() == 0;
  if (nothing_left)
    ended_by_ = "nothing was left to do";
  const auto& limits = plan_->config.limits;
  const auto& requests = plan_->workload.requests;
  const auto arrivals_end = requests.empty() ? instant{} : instant{requests.back().at};
  const auto drain_end = arrivals_end + limits.drain_time;
  const auto chunk = std::max<duration>(
      (arrivals_end.time_since_epoch() + duration{60'000'000}) / 200, duration{50'000});
  for (;;) {
    const auto now = world.now();
    faults_.apply_due(now, *market_, *plan_);
    if (over(now) || broken_)
      break;
    if (options_.stop != nullptr && options_.stop->load()) {
      plan_->stop_submitting = true;
      partial_ = true;
      ended_by_ = "interrupted";
      break; // on the real clock, --resume goes on with what is under way
    }
    if (limits.run_time > duration::zero() && now.time_since_epoch() >= limits.run_time &&
        !plan_->stop_submitting) {
      plan_->stop_submitting = true; // what the scenario wants: the run is whole without the rest
      ended_by_ = "run_time";
    }
    if (now >= drain_end) {
      partial_ = true;
      ended_by_ = "drain_time";
      break;
    }
    auto until = now + chunk;
    if (const auto fault = faults_.next())
      until = std::min(until, std::max(*fault, now + duration{1}));
    wait_until(until);
    progress(world.now());
  }
  if (broken_)
    world.log(log_level::error, "run", "broken").with("error", *broken_);
  else
    world.log(log_level::info, "run", "ended")
        .with("by", ended_by_)
        .with("tasks_final", plan_->finished.load());
  if (broken_)
    return fail(run_errc::broken, broken_->to_string());
  market_->flush_reports();
  const auto end = world.now();
  auto validators = plan_->config.validators.count == 0 ? result<scenario::consensus_summary>{}
                                                        : observe_validators(*market_);
  const auto totals = market_->ask_totals();
  if (reserves_follow)
    market_->roles()->clear(role::task_follower + "clients");
  market_->end(clients);
  const auto stopped = std::chrono::steady_clock::now();
  market_->stop();
  if (!totals)
    return fail(totals.error());
  if (!validators)
    return fail(validators.error());
  if (validators->validators != 0)
    record_->collector.set(std::move(*validators));
  record_->collector.add(scenario::ledger_observed{
      .at = end, .totals = totals_of(*totals), .reputation_mean = record_->reputation_mean});
  if (record_->trace_out.is_open())
    record_->trace_out << record_->trace.take_lines();
  return record_->collector.finish(
      {.end = end,
       .agents = plan_->population.agents.size(),
       .trace_hash = record_->trace.hash(),
       .wall_s = std::chrono::duration<double>(stopped - wall_start).count(),
       .peak_rss_mib = peak_rss_mib(),
       .partial = partial_,
       .resumed = options_.resume,
       .nothing_left = nothing_left,
       .ended_by = ended_by_,
       .version = AINUR_VERSION});
}

} // namespace

result<scenario::summary> run_scenario(const scenario::config& config, const run_options& options) {
  auto plan = std::make_shared<run_plan>();
  plan->config = config;
  auto workload = scenario::load_workload(config, options.base_folder, options.workload_file);
  if (!workload)
    return fail(std::move(workload).error());
  plan->workload = std::move(*workload);
  auto population = scenario::draw_population(config, plan->workload);
  if (!population)
    return fail(std::move(population).error());
  plan->population = std::move(*population);
  plan->trace_file = options.trace_file;
  return scenario_run{options, std::move(plan)}.run();
}

} // namespace ainur
