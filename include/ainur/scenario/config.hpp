// A resolved scenario: everything a run needs to know, as plain values with their defaults. It
// comes from a TOML file (read.hpp) and goes back to one (`to_toml`); a default-constructed
// `config` lacks only a population. Money is `amount`, times are `duration`, rates and factors are
// `ratio` (ppm). The meaning, range and spelling of every key stand in the schema (schema.hpp),
// which also writes docs/scenario-reference.md. Values; safe to share between threads once built.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ainur/base/amount.hpp"
#include "ainur/base/time.hpp"
#include "ainur/scenario/model.hpp"

namespace ainur::scenario {

enum class clock_kind : std::uint8_t { virtual_time, real_time, max_value = real_time };

/// When a run ends on its own. Zero means no limit; without limits it ends with the last task.
struct run_limits {
  duration run_time{}; ///< on the run's clock; tasks not final then are cancelled in order
  duration drain_time =
      std::chrono::hours{240}; ///< how long to wait for final states after the last arrival
  friend bool operator==(const run_limits&, const run_limits&) = default;
};

/// What is measured, and how finely.
struct measurement {
  duration warm_up{};  ///< tasks submitted earlier are left out of expectations that state none
  duration interval{}; ///< of the time series; 0 picks about 200 points
  bool trace = true;   ///< keep the event trace for --out
  friend bool operator==(const measurement&, const measurement&) = default;
};

enum class capability_source : std::uint8_t {
  given,    ///< every agent has all of `capabilities`
  drawn,    ///< each agent has `capabilities_drawn` of `capabilities`
  workload, ///< each agent has `capabilities_drawn` of those the workload asks for, by demand
  max_value = workload,
};

enum class bidding_strategy : std::uint8_t { truthful, cost_plus, learner, max_value = learner };
enum class skill_kind : std::uint8_t {
  inline_skill,
  blocking,
  asynchronous,
  max_value = asynchronous
};

/// A group of agents drawn from the same models.
struct population {
  std::string name = "workers";
  std::uint64_t count = 100;
  capability_source capabilities_from = capability_source::given;
  std::vector<std::string> capabilities{};
  std::uint64_t capabilities_drawn = 1;
  std::string text{}; ///< what the agents say of themselves, beside their capabilities
  std::vector<std::string> tags{};
  std::uint64_t region = 0; ///< where they are, a number of the scenario's choice
  amount_model cost = amount_model::constant(amount{10'000}); ///< true cost of a second of work
  amount_model price{}; ///< ask for a second of work at a posted price; zero: as the strategy asks
  amount cost_fixed{};  ///< true cost of a task, whatever its work
  ratio_model speed =
      ratio_model::constant(ratio{ratio::one});    ///< seconds of work done in a second
  count_model capacity = count_model::constant(1); ///< tasks at the same time
  ratio_model reliability =
      ratio_model::constant(ratio{ratio::one}); ///< chance that a task succeeds
  bidding_strategy strategy = bidding_strategy::truthful;
  ratio margin = percent(20);  ///< of cost_plus: ask = cost · (1 + margin)
  ratio explore = percent(10); ///< of learner: first share of random asks
  std::uint64_t operators = 0; ///< distinct controllers; 0: one per agent
  amount bond = amount::ainu(100);
  amount balance = amount::ainu(10); ///< free balance at the start, beside the bond
  skill_kind skill = skill_kind::inline_skill;
  friend bool operator==(const population&, const population&) = default;
};

/// Those who submit tasks.
struct clients {
  std::uint64_t count = 0; ///< 0: one for each client of the workload (at least one)
  amount balance = amount::ainu(100'000);
  amount_model value = amount_model::constant(amount{50'000}); ///< of a second of work
  amount value_fixed{};                                        ///< of a task, whatever its work
  ratio_model budget =
      ratio_model::constant(ratio{ratio::one}); ///< share of the value that is offered
  amount time_value{};                          ///< what a second of waiting costs the client
  duration_model patience{}; ///< cancels what is not awarded by then; 0: waits for the deadline
  duration deadline_min = std::chrono::minutes{10}; ///< deadline = this + deadline_factor · work
  ratio deadline_factor{10 * ratio::one};
  ratio disputes{ratio::one}; ///< chance that a false result is disputed
  ratio false_disputes{};     ///< chance that a good result is disputed
  ratio silent{};             ///< chance that a result is neither released nor disputed
  friend bool operator==(const clients&, const clients&) = default;
};

enum class workload_source : std::uint8_t { synthetic, csv, swf, max_value = swf };
enum class outcome_source : std::uint8_t {
  recorded, ///< a recorded failure or cancellation happens again
  drawn,    ///< only reliability and faults decide
  max_value = drawn,
};
enum class arrival_process : std::uint8_t { poisson, bursts, day_curve, ramp, max_value = ramp };
enum class subtask_graph : std::uint8_t { independent, chain, max_value = chain };

/// Tasks made up from a seed.
struct synthetic_workload {
  std::uint64_t tasks = 1'000;
  arrival_process arrivals = arrival_process::poisson;
  ratio rate{10 *
             ratio::one}; ///< tasks per second, the mean (bursts: while quiet; ramp: at the start)
  ratio burst_rate{100 * ratio::one};            ///< bursts: tasks per second while on
  duration burst_on = std::chrono::seconds{10};  ///< bursts: mean length of a burst
  duration burst_off = std::chrono::seconds{60}; ///< bursts: mean length of the quiet between
  ratio ramp_rate{20 * ratio::one};              ///< ramp: tasks per second at its end
  duration ramp_time = std::chrono::minutes{10}; ///< ramp: from rate to ramp_rate, then constant
  std::vector<std::uint64_t>
      day_curve{}; ///< day_curve: weights of equal parts of a day; empty: a usual one
  std::vector<std::string> capabilities{}; ///< asked for; empty: all that populations name
  std::vector<std::uint64_t> weights{};    ///< of the capabilities; empty: equal
  duration_model work = duration_model::exponential(std::chrono::seconds{5});
  count_model subtasks = count_model::constant(1);
  subtask_graph graph = subtask_graph::independent;
  count_model size = count_model::constant(256); ///< payload bytes
  friend bool operator==(const synthetic_workload&, const synthetic_workload&) = default;
};

enum class time_format : std::uint8_t {
  automatic,     ///< found from the first row
  calendar,      ///< 2024-11-15 16:57:50[.1234567], T or space, optional Z or ±hh:mm
  epoch_seconds, ///< seconds since 1970, or since any start; may have decimals
  epoch_milliseconds,
  epoch_microseconds,
  max_value = epoch_microseconds,
};

/// What to do with a row in which something is missing.
enum class row_rule : std::uint8_t {
  keep,    ///< taken, with what is missing unknown
  replace, ///< taken, with the stated default
  skip,    ///< left out and counted
  refuse,  ///< an error
  max_value = refuse,
};
enum class order_rule : std::uint8_t { sort, skip, refuse, max_value = refuse };

/// One part of a row's work: column · per_unit.
struct work_term {
  std::string column{};
  duration per_unit = std::chrono::seconds{1};
  friend bool operator==(const work_term&, const work_term&) = default;
};

/// Which column of a CSV file means what.
struct csv_mapping {
  std::string separator = ",";
  std::string time{}; ///< column of the submission time
  time_format format = time_format::automatic;
  std::vector<std::string> client{}; ///< columns that together name the client; none: one client
  std::vector<std::string> capability{};   ///< columns that together name the capability
  std::string capability_default = "work"; ///< where there is none
  std::vector<work_term> work{};           ///< the work is their sum; none: unknown
  std::string outcome{};                   ///< column of the recorded outcome
  std::vector<std::string> success{};
  std::vector<std::string> failure{};
  std::vector<std::string> cancelled{};
  std::vector<std::string> unfinished{};
  std::string size{}; ///< column of the payload size
  friend bool operator==(const csv_mapping&, const csv_mapping&) = default;
};

enum class swf_work : std::uint8_t { run_time, processor_time, max_value = processor_time };

/// Which fields of a Standard Workload Format log mean what. Field names: user, group, application,
/// queue, partition, processors (as asked, else as used), processors_class (the next power of two).
struct swf_mapping {
  std::vector<std::string> client{"user"};
  std::vector<std::string> capability{"processors_class"};
  swf_work work = swf_work::run_time;
  friend bool operator==(const swf_mapping&, const swf_mapping&) = default;
};

/// Where the tasks come from.
struct workload_config {
  workload_source source = workload_source::synthetic;
  std::string file{};           ///< csv, swf: the path, relative to the scenario file
  std::uint64_t limit = 0;      ///< at most so many requests; 0: all
  std::uint64_t skip = 0;       ///< requests left out at the start
  ratio speedup{ratio::one};    ///< arrivals come so many times faster than recorded
  ratio work_scale{ratio::one}; ///< recorded work times this
  outcome_source outcomes = outcome_source::recorded;
  row_rule unfinished = row_rule::skip;      ///< rows that never finished in the log
  row_rule work_missing = row_rule::replace; ///< rows whose work is unknown
  duration work_default = std::chrono::seconds{1};
  row_rule client_missing = row_rule::keep;        ///< counted under the client "unknown"
  row_rule capability_missing = row_rule::replace; ///< by capability_default
  row_rule duplicates = row_rule::keep;            ///< rows equal to the row before, byte for byte
  order_rule out_of_order = order_rule::sort;
  ratio malformed_max{}; ///< share of rows that may be unreadable; they are skipped and counted
  synthetic_workload synthetic{};
  csv_mapping csv{};
  swf_mapping swf{};
  friend bool operator==(const workload_config&, const workload_config&) = default;
};

enum class verification_mode : std::uint8_t {
  client,         ///< the client checks every result in its review window
  spot_check,     ///< the client checks the share `spot_checks`
  paid_at_result, ///< paid when the result is posted
  max_value = paid_at_result,
};

/// Money, reputation and the windows of settlement.
struct economy_config {
  amount bond_min = amount::ainu(100);
  amount orchestrator_bond = amount::ainu(1'000);
  amount existential_deposit{1'000};
  amount call_fee{}; ///< of a transaction
  ratio release_fee = percent(1);
  std::uint64_t reputation_min =
      300; ///< asked of agents by tasks; 0 also admits agents without bond
  duration review = std::chrono::hours{1};
  duration dispute = std::chrono::hours{24};
  duration arbitration = std::chrono::hours{24};
  duration appeal = std::chrono::hours{168};
  duration unbonding = std::chrono::hours{672};
  duration era = std::chrono::hours{6};
  ratio dispute_bond = percent(10); ///< of the price
  ratio exposure = percent(50);     ///< share of stake that unverified prices may reach
  verification_mode verification = verification_mode::client;
  ratio spot_checks = percent(10);
  friend bool operator==(const economy_config&, const economy_config&) = default;
};

enum class market_mechanism : std::uint8_t {
  second_price,
  first_price,
  posted,
  max_value = posted
};
enum class reserve_rule : std::uint8_t {
  budget,     ///< the whole budget
  share,      ///< reserve_factor · budget
  mean_price, ///< reserve_factor · the capability's mean price, at most the budget
  max_value = mean_price,
};

/// How a price is found.
struct market_config {
  market_mechanism mechanism = market_mechanism::second_price;
  duration call_deadline = std::chrono::milliseconds{200}; ///< for bids
  reserve_rule reserve = reserve_rule::budget;
  ratio reserve_factor{ratio::one};
  duration award_window = std::chrono::minutes{10}; ///< not awarded by then: refunded
  std::uint64_t attempts = 3;                       ///< calls for proposals per subtask
  bool quality = false;                             ///< weighs asks by reputation
  friend bool operator==(const market_config&, const market_config&) = default;
};

enum class routing_strategy : std::uint8_t {
  cq,
  q,
  predictive,
  count,
  broadcast,
  random,
  max_value = random
};

/// Who is asked.
struct routing_config {
  routing_strategy strategy = routing_strategy::cq;
  std::uint64_t asked = 8;     ///< agents per call (not of broadcast)
  ratio explore = percent(10); ///< share of the asked that is explored
  ratio lambda{950'000};       ///< of cq: decay of confidence per settled outcome
  ratio eta = percent(50);     ///< of q and count: the learning rate
  friend bool operator==(const routing_config&, const routing_config&) = default;
};

struct ledger_config {
  duration block_interval =
      std::chrono::milliseconds{100}; ///< a block is cut at the latest so long after its first call
  std::uint64_t calls_max = 10'000;   ///< a block is cut at so many calls
  std::uint64_t checkpoint_interval = 1'000; ///< blocks between two state hashes
  friend bool operator==(const ledger_config&, const ledger_config&) = default;
};

/// Who of the candidates validates, by their own stake and that of their nominators.
enum class election_method : std::uint8_t {
  phragmen,  ///< sequential Phragmén
  phragmms,  ///< phragmMS, balanced
  top_stake, ///< those with the most stake
  max_value = top_stake,
};

/// Validators that agree on every block. They are elected at the end of each era (economy.era).
struct validators_config {
  std::uint64_t count = 0; ///< candidates, at most 1,000; 0: a single authority keeps the ledger
  std::uint64_t seats = 0; ///< validators of an era, at most; 0: all candidates
  amount_model stake =
      amount_model::constant(amount::ainu(20'000)); ///< own stake of each; at least 10,000 AINU
  std::uint64_t nominators = 0; ///< accounts that back validators, at most 20,000
  amount_model nomination =
      amount_model::constant(amount::ainu(5'000)); ///< stake of each; at least 100 AINU
  std::uint64_t nominations = 4;  ///< validators that a nominator backs, at most; drawn by the seed
  ratio commission = percent(10); ///< of rewards, before they are shared; 10 % .. 20 %
  election_method election = election_method::phragmen;
  duration empty_interval{}; ///< a block without calls is made after so long; 0: never
  duration propose_timeout = std::chrono::seconds{1};     ///< grows by half of itself each round
  duration vote_timeout = std::chrono::milliseconds{500}; ///< grows by half of itself each round
  duration precision = std::chrono::milliseconds{500};    ///< honest clocks differ by at most this
  duration message_delay = std::chrono::seconds{1};       ///< of a proposal, to the last honest one
  std::uint64_t keep_blocks = 0; ///< each validator keeps the last so many blocks; 0: all
  friend bool operator==(const validators_config&, const validators_config&) = default;
};

/// The shape of the node that runs the market.
struct runtime_config {
  std::uint64_t orchestrators = 2;
  std::uint64_t supervisor_size = 500;  ///< agents under one supervisor, at most 1,000
  std::uint64_t in_flight_max = 10'000; ///< tasks taken in and not final; more wait at the client
  duration heartbeat = std::chrono::seconds{5};
  duration result_retention =
      std::chrono::hours{1}; ///< results are kept so long after the final state
  std::uint64_t blocking_workers = 4;
  friend bool operator==(const runtime_config&, const runtime_config&) = default;
};

/// One kind of link of the virtual clock.
struct link_config {
  duration_model latency = duration_model::constant(std::chrono::milliseconds{1});
  ratio loss{};
  ratio duplication{};
  friend bool operator==(const link_config&, const link_config&) = default;
};

struct network_config {
  link_config client{};    ///< client to shard and orchestrator
  link_config agent{};     ///< orchestrator to guard
  link_config ledger{};    ///< orchestrator or guard to ledger
  link_config shard{};     ///< between orchestrators and the shard
  link_config validator{}; ///< between validators, and from the market to them
  friend bool operator==(const network_config&, const network_config&) = default;
};

/// Traces hash the values of these enumerators: append only.
enum class fault_kind : std::uint8_t {
  kill,         ///< the actor dies; its supervisor restarts it (a validator: after `lasts`)
  pause,        ///< takes no message for `lasts`
  silent,       ///< agents: awarded tasks are never answered; validators: say nothing
  late,         ///< agents: deliver `delay` after their time
  false_result, ///< agents: deliver a wrong result
  false_bid,    ///< agents: bid beyond what they are allowed
  bypass,       ///< agents: send bids past their guard
  partition,    ///< validators: cut off from all others, together, for `lasts`
  clock_skew,   ///< validators: their clock is ahead by `delay`
  slow_disk,    ///< validators: each of their writes takes `delay` longer
  // Validators that break the rules:
  equivocating_proposer, ///< propose two blocks in one round, one to each half
  equivocating_voter,    ///< vote for two blocks in one step, one to each half
  amnesia,               ///< forget what they signed and what they are locked on
  stale_view,            ///< answer late, and repeat what they said long ago
  bad_signatures,        ///< sign wrongly, or in the name of others
  withheld_proposal,     ///< send their proposals to a few only
  flooding,              ///< send junk: far rounds and heights, repeated requests
  max_value = flooding,
};
enum class fault_target : std::uint8_t {
  agents,
  supervisor,
  orchestrator,
  shard,
  ledger,
  reputation,
  validators,
  max_value = validators,
};

/// One entry of the time line of faults.
struct fault {
  fault_kind kind = fault_kind::kill;
  fault_target target = fault_target::agents;
  std::string population{};  ///< agents: of this group only; empty: of all
  ratio share{};             ///< agents: so large a share of them, drawn by the seed
  std::uint64_t count = 1;   ///< so many targets (agents: if share is 0), drawn by the seed
  duration at{};             ///< since the start of the run
  duration lasts{};          ///< 0: a kill is over at once, another fault lasts to the end
  duration every{};          ///< repeated so often; 0: once
  std::uint64_t repeats = 1; ///< with `every`: how many times in all
  duration delay =
      std::chrono::minutes{10}; ///< of late; of clock_skew and slow_disk: less than this default
  friend bool operator==(const fault&, const fault&) = default;
};

struct label_filter {
  std::string label{};
  std::string value{};
  friend bool operator==(const label_filter&, const label_filter&) = default;
};

enum class comparison : std::uint8_t {
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  not_equal,
  range,
  max_value = range
};

/// A metric of the summary and what it must satisfy.
struct expectation {
  std::string metric{}; ///< its name in the catalogue (metrics.hpp)
  std::vector<label_filter> filters{};
  comparison op = comparison::equal;
  double bound = 0;                  ///< of range: the least
  double bound_high = 0;             ///< of range: the largest
  std::string rule{};                ///< as written, "< 200"
  std::optional<duration> from{};    ///< only tasks submitted then or later
  std::optional<duration> to{};      ///< only tasks submitted earlier than this
  std::optional<duration> warm_up{}; ///< instead of measurement's
  friend bool operator==(const expectation&, const expectation&) = default;
};

/// The whole scenario.
struct config {
  std::string name = "market";
  std::string description{};
  std::uint64_t seed = 1;
  clock_kind clock = clock_kind::virtual_time;
  run_limits limits{};
  measurement measure{};
  std::vector<scenario::population> populations{};
  scenario::clients clients{};
  workload_config workload{};
  economy_config economy{};
  market_config market{};
  routing_config routing{};
  ledger_config ledger{};
  validators_config validators{};
  runtime_config runtime{};
  network_config network{};
  std::vector<fault> faults{};
  std::vector<expectation> expectations{};
  friend bool operator==(const config&, const config&) = default;
};

/// The spelling of an enumerator in scenario files, summaries and labels ("cost_plus").
[[nodiscard]] std::string_view to_text(clock_kind) noexcept;
[[nodiscard]] std::string_view to_text(bidding_strategy) noexcept;
[[nodiscard]] std::string_view to_text(fault_kind) noexcept;
[[nodiscard]] std::string_view to_text(fault_target) noexcept;
[[nodiscard]] std::string_view to_text(market_mechanism) noexcept;
[[nodiscard]] std::string_view to_text(routing_strategy) noexcept;
[[nodiscard]] std::string_view to_text(election_method) noexcept;

} // namespace ainur::scenario
