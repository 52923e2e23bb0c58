#include "ainur/scenario/schema.hpp"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "ainur/ledger/genesis.hpp"
#include "enum_names.hpp"

namespace ainur::scenario {

namespace {

template <class M>
struct member_of;

template <class C, class T>
struct member_of<T C::*> {
  using owner = C;
  using type = T;
};

template <class T>
struct is_vector : std::false_type {};

template <class T>
struct is_vector<std::vector<T>> : std::true_type {
  using element = T;
};

template <class T>
struct is_model : std::false_type {};

template <class T>
struct is_model<model<T>> : std::true_type {};

struct bounds {
  std::uint64_t min = 0;
  std::uint64_t max = ~std::uint64_t{0};
};

constexpr bounds any_time{0, 100ull * 365 * 86'400 * 1'000'000}; // 100 years
constexpr bounds some_time{1, any_time.max};
constexpr bounds up_to_one{0, ratio::one};
constexpr bounds factor{0, 1'000'000 * ratio::one};
constexpr bounds some_factor{1, factor.max};
// Sums over a run must stay within 64 bits: one sum of money is at most 10^9 AINU.
constexpr bounds money{0, 1'000'000'000 * amount::micro_per_ainu};
// All validators and nominators together stay within 64 bits too.
constexpr bounds stakes{0, 100'000'000 * amount::micro_per_ainu};
// Of the protocol: what is shorter is no time for a network.
constexpr bounds protocol_time{1'000, 3'600'000'000};

template <class T>
constexpr bounds usual_bounds() {
  if constexpr (std::is_same_v<T, duration> || std::is_same_v<T, duration_model>)
    return any_time;
  else if constexpr (std::is_same_v<T, amount> || std::is_same_v<T, amount_model>)
    return money;
  else if constexpr (std::is_same_v<T, ratio> || std::is_same_v<T, ratio_model>)
    return factor;
  else if constexpr (std::is_same_v<T, std::uint64_t> || std::is_same_v<T, count_model>)
    return {0, std::numeric_limits<std::int64_t>::max()};
  else if constexpr (std::is_same_v<T, std::string>)
    return {0, text_size_max};
  else
    return {0, 10'000};
}

template <class T>
const section& section_of();

template <auto Member>
key_spec key(std::string_view name, std::string_view meaning,
             bounds range = usual_bounds<typename member_of<decltype(Member)>::type>()) {
  using owner = typename member_of<decltype(Member)>::owner;
  using type = typename member_of<decltype(Member)>::type;
  key_spec k{.name = name, .meaning = meaning, .min = range.min, .max = range.max};
  k.member = [](void* object) -> void* { return &(static_cast<owner*>(object)->*Member); };
  if constexpr (std::is_same_v<type, std::uint64_t>)
    k.kind = value_kind::integer;
  else if constexpr (std::is_same_v<type, ratio>)
    k.kind = value_kind::share;
  else if constexpr (std::is_same_v<type, amount>)
    k.kind = value_kind::money;
  else if constexpr (std::is_same_v<type, duration>)
    k.kind = value_kind::time;
  else if constexpr (std::is_same_v<type, bool>)
    k.kind = value_kind::boolean;
  else if constexpr (std::is_same_v<type, std::string>)
    k.kind = value_kind::text;
  else if constexpr (std::is_enum_v<type>) {
    static_assert(sizeof(type) == 1);
    k.kind = value_kind::choice;
    k.choices = names_of<type>;
  } else if constexpr (std::is_same_v<type, std::vector<std::string>>)
    k.kind = value_kind::texts;
  else if constexpr (std::is_same_v<type, std::vector<std::uint64_t>>)
    k.kind = value_kind::integers;
  else if constexpr (std::is_same_v<type, std::vector<expectation>>)
    k.kind = value_kind::expectations;
  else if constexpr (is_vector<type>::value) {
    k.kind = value_kind::tables;
    k.table = &section_of<typename is_vector<type>::element>();
    k.size = [](const void* list) { return static_cast<const type*>(list)->size(); };
    k.element = [](void* list, std::size_t i) -> void* { return &(*static_cast<type*>(list))[i]; };
    k.append = [](void* list) -> void* { return &static_cast<type*>(list)->emplace_back(); };
  } else {
    k.kind = value_kind::table;
    k.table = &section_of<type>();
  }
  return k;
}

template <class T>
section make(std::string_view meaning, std::vector<key_spec> keys,
             std::string_view shorthand = {}) {
  static const T defaults{};
  return {meaning, std::move(keys), shorthand, &defaults,
          [](void* object) { *static_cast<T*>(object) = T{}; }};
}

template <class T>
section model_section() {
  using m = model<T>;
  return make<m>(
      "A quantity that is drawn: a bare value is a constant.",
      {
          key<&m::kind>("distribution", "how it is drawn"),
          key<&m::value>("value", "the constant; the mean of exponential; the median of lognormal"),
          key<&m::min>("min", "the least of uniform; clips the others"),
          key<&m::max>("max", "the largest of uniform; clips the others unless 0"),
          key<&m::sigma>("sigma", "of lognormal: deviation of the logarithm", {0, 5 * ratio::one}),
      },
      "value");
}

#define AINUR_SECTION(type)                                                                        \
  template <>                                                                                      \
  const section& section_of<type>()

AINUR_SECTION(amount_model) {
  static const auto s = model_section<amount>();
  return s;
}

AINUR_SECTION(duration_model) {
  static const auto s = model_section<duration>();
  return s;
}

AINUR_SECTION(ratio_model) {
  static const auto s = model_section<ratio>();
  return s;
}

AINUR_SECTION(count_model) {
  static const auto s = model_section<std::uint64_t>();
  return s;
}

AINUR_SECTION(run_limits) {
  using t = run_limits;
  static const auto s =
      make<t>("When a run ends on its own; without limits it ends with the last task.",
              {
                  key<&t::run_time>("run_time", "on the run's clock; 0: no limit"),
                  key<&t::drain_time>("drain_time",
                                      "how long to wait for final states after the last arrival"),
              });
  return s;
}

AINUR_SECTION(measurement) {
  using t = measurement;
  static const auto s = make<t>(
      "What is measured, and how finely.",
      {
          key<&t::warm_up>("warm_up", "tasks submitted earlier are left out of expectations"),
          key<&t::interval>("interval", "of the time series; 0 picks about 200 points"),
          key<&t::trace>("trace", "keep the event trace for --out"),
      });
  return s;
}

AINUR_SECTION(population) {
  using t = population;
  static const auto s = make<t>(
      "A group of agents drawn from the same models.",
      {
          key<&t::name>("name", "of the group, for labels", {1, 64}),
          key<&t::count>("count", "agents in the group", {0, agents_max}),
          key<&t::capabilities_from>(
              "capabilities_from",
              "given: each agent has all of capabilities; drawn: some of them; "
              "workload: some of those that the workload asks for, by demand"),
          key<&t::capabilities>("capabilities", "names of what the agents can do"),
          key<&t::capabilities_drawn>("capabilities_drawn", "how many each agent gets", {1, 1'000}),
          key<&t::text>("text", "what the agents say of themselves, for ainur discover",
                        {0, 4'096}),
          key<&t::tags>("tags", "the same in single words"),
          key<&t::region>("region", "where the agents are: a number, for ainur discover", {0, 63}),
          key<&t::cost>("cost", "an agent's true cost of a second of work"),
          key<&t::cost_fixed>("cost_fixed", "an agent's true cost of a task, whatever its work"),
          key<&t::price>("price", "what it asks for a second of work; 0: as its strategy asks"),
          key<&t::speed>("speed", "seconds of work that an agent does in a second",
                         {1'000, 1'000'000 * ratio::one}),
          key<&t::capacity>("capacity", "tasks an agent does at the same time", {1, 100'000}),
          key<&t::reliability>("reliability", "chance that an agent delivers what it took",
                               up_to_one),
          key<&t::strategy>("strategy", "how an agent bids"),
          key<&t::margin>("margin", "of cost_plus: ask = cost * (1 + margin)",
                          {0, 100 * ratio::one}),
          key<&t::explore>("explore", "of learner: share of random asks at the start", up_to_one),
          key<&t::operators>("operators", "distinct controllers of the group; 0: one per agent",
                             {0, agents_max}),
          key<&t::bond>("bond", "performance bond of an agent; 0: unbonded"),
          key<&t::balance>("balance", "free balance of an agent at the start, beside its bond"),
          key<&t::skill>("skill", "how the agents' work is run"),
      });
  return s;
}

AINUR_SECTION(clients) {
  using t = clients;
  static const auto s = make<t>(
      "Those who submit tasks.",
      {
          key<&t::count>("count", "clients; 0: as many as the workload has", {0, 1'000'000}),
          key<&t::balance>("balance", "of a client at the start"),
          key<&t::value>("value", "what a second of work is worth to the client"),
          key<&t::value_fixed>("value_fixed", "what a task is worth, whatever its work"),
          key<&t::budget>("budget", "share of the value that is offered as budget"),
          key<&t::time_value>("time_value", "what a second of waiting costs the client"),
          key<&t::patience>("patience",
                            "cancels what is not awarded by then; 0: waits for the deadline"),
          key<&t::deadline_min>("deadline_min",
                                "a task's deadline is this and deadline_factor times its work",
                                some_time),
          key<&t::deadline_factor>("deadline_factor", "see deadline_min"),
          key<&t::disputes>("disputes", "chance that a false result is disputed", up_to_one),
          key<&t::false_disputes>("false_disputes", "chance that a good result is disputed",
                                  up_to_one),
          key<&t::silent>("silent", "chance that a result is neither released nor disputed",
                          up_to_one),
      });
  return s;
}

AINUR_SECTION(synthetic_workload) {
  using t = synthetic_workload;
  static const auto s = make<t>(
      "Tasks made up from the seed.",
      {
          key<&t::tasks>("tasks", "how many", {0, requests_max}),
          key<&t::arrivals>("arrivals",
                            "poisson: steady; bursts: on and off; day_curve: by the hour; ramp: "
                            "from rate to ramp_rate"),
          key<&t::rate>("rate", "tasks per second (bursts: in the quiet; ramp: at the start)",
                        some_factor),
          key<&t::burst_rate>("burst_rate", "bursts: tasks per second in a burst", some_factor),
          key<&t::burst_on>("burst_on", "bursts: mean length of a burst", some_time),
          key<&t::burst_off>("burst_off", "bursts: mean length of the quiet between", some_time),
          key<&t::ramp_rate>("ramp_rate", "ramp: tasks per second at its end", some_factor),
          key<&t::ramp_time>("ramp_time", "ramp: its length", some_time),
          key<&t::day_curve>("day_curve",
                             "weights of equal parts of a day; empty: a usual day of 24 hours",
                             {0, 1'440}),
          key<&t::capabilities>("capabilities", "asked for; empty: all that populations name"),
          key<&t::weights>("weights", "of the capabilities; empty: equal"),
          key<&t::work>("work", "of a subtask, at speed 1"),
          key<&t::subtasks>("subtasks", "of a task", {1, 64}),
          key<&t::graph>("graph", "chain: each subtask needs the one before"),
          key<&t::size>("size", "payload bytes of a task", {0, 1u << 20}),
      });
  return s;
}

AINUR_SECTION(work_term) {
  using t = work_term;
  static const auto s =
      make<t>("One part of a row's work.",
              {
                  key<&t::column>("column", "a column that holds a number", {1, 256}),
                  key<&t::per_unit>("per_unit", "work for each unit of the column", any_time),
              },
              "column");
  return s;
}

AINUR_SECTION(csv_mapping) {
  using t = csv_mapping;
  static const auto s = make<t>(
      "Which column of a CSV file means what; columns are named as in its header line.",
      {
          key<&t::separator>("separator", "between columns: one character, or \"\\t\"", {1, 1}),
          key<&t::time>("time", "column of the time of submission", {0, 256}),
          key<&t::format>("format", "of that time"),
          key<&t::client>("client", "columns that together name the client; empty: one client",
                          {0, 16}),
          key<&t::capability>("capability", "columns that together name the capability", {0, 16}),
          key<&t::capability_default>("capability_default", "the capability where there is none",
                                      {1, 256}),
          key<&t::work>("work",
                        "the work is the sum of these, like { column = \"secs\", per_unit = \"1s\" "
                        "}; empty: unknown",
                        {0, 16}),
          key<&t::outcome>("outcome", "column of the recorded outcome", {0, 256}),
          key<&t::success>("success", "values of it that mean success", {0, 64}),
          key<&t::failure>("failure", "values of it that mean failure", {0, 64}),
          key<&t::cancelled>("cancelled", "values of it that mean cancelled", {0, 64}),
          key<&t::unfinished>("unfinished", "values of it that mean that the row never finished",
                              {0, 64}),
          key<&t::size>("size", "column of the payload size in bytes", {0, 256}),
      });
  return s;
}

AINUR_SECTION(swf_mapping) {
  using t = swf_mapping;
  static const auto s = make<t>(
      "Which fields of a Standard Workload Format log mean what: user, group, application, queue, "
      "partition, processors, processors_class (the next power of two).",
      {
          key<&t::client>("client", "fields that together name the client; empty: one client",
                          {0, 16}),
          key<&t::capability>("capability", "fields that together name the capability", {0, 16}),
          key<&t::work>("work", "run_time: of the job; processor_time: times its processors"),
      });
  return s;
}

AINUR_SECTION(workload_config) {
  using t = workload_config;
  static const auto s = make<t>(
      "Where the tasks come from.",
      {
          key<&t::source>("source", "made up, or read from a trace"),
          key<&t::file>("file",
                        "of csv and swf: path, relative to this file; --workload overrides it"),
          key<&t::limit>("limit", "at most so many requests; 0: all", {0, requests_max}),
          key<&t::skip>("skip", "requests left out at the start", {0, requests_max}),
          key<&t::speedup>("speedup", "arrivals come so many times faster than recorded",
                           some_factor),
          key<&t::work_scale>("work_scale", "recorded work times this"),
          key<&t::outcomes>("outcomes",
                            "recorded: a recorded failure or cancellation happens again"),
          key<&t::unfinished>("unfinished", "rows that never finished in the log"),
          key<&t::work_missing>("work_missing",
                                "rows whose work is not known; replace: by work_default"),
          key<&t::work_default>("work_default", "see work_missing"),
          key<&t::client_missing>("client_missing",
                                  "rows without a client; kept under \"unknown\""),
          key<&t::capability_missing>(
              "capability_missing",
              "rows without a capability; replace: by capability_default, keep: "
              "by the parts that are there"),
          key<&t::duplicates>("duplicates", "rows equal to the row before, byte for byte"),
          key<&t::out_of_order>("out_of_order", "rows earlier than the row before"),
          key<&t::malformed_max>("malformed_max",
                                 "share of rows that may be unreadable (skipped, counted)",
                                 up_to_one),
          key<&t::synthetic>("synthetic", "", {}),
          key<&t::csv>("csv", "", {}),
          key<&t::swf>("swf", "", {}),
      });
  return s;
}

AINUR_SECTION(economy_config) {
  using t = economy_config;
  static const auto s = make<t>(
      "Money, reputation and the windows of settlement.",
      {
          key<&t::bond_min>("bond_min", "least performance bond"),
          key<&t::orchestrator_bond>("orchestrator_bond", "bond of an orchestrator"),
          key<&t::existential_deposit>("existential_deposit", "least balance of an account"),
          key<&t::call_fee>("call_fee", "of a transaction"),
          key<&t::release_fee>("release_fee", "share of a payment that goes to the treasury",
                               up_to_one),
          key<&t::reputation_min>("reputation_min",
                                  "asked of agents by tasks; 0 admits unbonded agents", {0, 1'000}),
          key<&t::review>("review", "time to dispute a result; silence releases", some_time),
          key<&t::dispute>("dispute", "longest time of a dispute until arbiters are drawn",
                           some_time),
          key<&t::arbitration>("arbitration", "time to rule", some_time),
          key<&t::appeal>("appeal", "time to cancel a severe slash"),
          key<&t::unbonding>("unbonding", "time until a withdrawn bond is free"),
          key<&t::era>("era", "length of an era; at its end validators are elected", some_time),
          key<&t::dispute_bond>("dispute_bond", "share of the price that a dispute locks",
                                up_to_one),
          key<&t::exposure>(
              "exposure", "share of stake that prices paid without verification may reach", factor),
          key<&t::verification>("verification", "client: checks every result; spot_check: some; "
                                                "paid_at_result: none"),
          key<&t::spot_checks>("spot_checks", "of spot_check: share of results checked", up_to_one),
      });
  return s;
}

AINUR_SECTION(market_config) {
  using t = market_config;
  static const auto s = make<t>(
      "How a price is found.",
      {
          key<&t::mechanism>("mechanism",
                             "second_price is truthful; to compare with: first_price pays the ask, "
                             "posted the reserve"),
          key<&t::call_deadline>("call_deadline", "time for bids", some_time),
          key<&t::reserve>("reserve", "the most that is paid: budget; share: reserve_factor of it; "
                                      "mean_price: reserve_factor of the capability's mean price"),
          key<&t::reserve_factor>("reserve_factor", "see reserve", some_factor),
          key<&t::award_window>("award_window", "what is not awarded by then is refunded",
                                some_time),
          key<&t::attempts>("attempts", "calls for proposals per subtask", {1, 100}),
          key<&t::quality>("quality", "weigh asks by reputation"),
      });
  return s;
}

AINUR_SECTION(routing_config) {
  using t = routing_config;
  static const auto s = make<t>(
      "Who is asked.",
      {
          key<&t::strategy>("strategy",
                            "cq, q, predictive and count learn whom to ask, by different rules; "
                            "broadcast asks all; random asks some"),
          key<&t::asked>("asked", "agents asked per call (not of broadcast)", {1, 100'000}),
          key<&t::explore>("explore", "share of the asked that is explored", up_to_one),
          key<&t::lambda>("lambda", "of cq: decay of confidence per settled outcome", up_to_one),
          key<&t::eta>("eta", "of q and count: the learning rate", up_to_one),
      });
  return s;
}

AINUR_SECTION(ledger_config) {
  using t = ledger_config;
  static const auto s =
      make<t>("When the ledger cuts blocks.",
              {
                  key<&t::block_interval>("block_interval",
                                          "at the latest so long after a block's first call",
                                          {1'000, 3'600'000'000}),
                  key<&t::calls_max>("calls_max", "calls in a block", {1, 10'000}),
                  key<&t::checkpoint_interval>("checkpoint_interval",
                                               "blocks between two state hashes", {1, 1'000'000}),
              });
  return s;
}

AINUR_SECTION(validators_config) {
  using t = validators_config;
  static const ledger::staking_parameters rules;
  static const auto s = make<t>(
      "Validators that agree on every block, elected each era (economy.era); without them a single "
      "authority keeps the ledger.",
      {
          key<&t::count>("count",
                         "candidates, at most 1000; 0: a single authority keeps the ledger",
                         {0, rules.validators_max}),
          key<&t::seats>("seats", "validators of an era, at most; 0: all candidates",
                         {0, rules.validators_max}),
          key<&t::stake>("stake", "own stake of each; at least 10000 AINU", stakes),
          key<&t::nominators>("nominators",
                              "accounts that back validators with stake, at most 20000",
                              {0, rules.nominators_max}),
          key<&t::nomination>("nomination", "stake of each nominator; at least 100 AINU", stakes),
          key<&t::nominations>(
              "nominations",
              "validators that a nominator backs, at most (1 .. 16); drawn by the seed",
              {1, rules.nominations_max}),
          key<&t::commission>("commission",
                              "share of a validator's rewards that is its own before its backers "
                              "get theirs; 10 .. 20 %",
                              {rules.commission_min_ppm, rules.commission_max_ppm}),
          key<&t::election>("election", "who of the candidates gets a seat, by stake"),
          key<&t::empty_interval>("empty_interval",
                                  "a block without calls is made after so long; 0: never"),
          key<&t::propose_timeout>("propose_timeout",
                                   "wait for a proposal; grows by half of it each round",
                                   protocol_time),
          key<&t::vote_timeout>("vote_timeout",
                                "wait for the votes of the others; grows by half of it each round",
                                protocol_time),
          key<&t::precision>("precision", "honest clocks differ by at most so much",
                             {0, protocol_time.max}),
          key<&t::message_delay>("message_delay",
                                 "a message takes at most so long; later proposals are refused",
                                 protocol_time),
          key<&t::keep_blocks>("keep_blocks",
                               "each validator keeps the last so many blocks; 0: all"),
      });
  return s;
}

AINUR_SECTION(runtime_config) {
  using t = runtime_config;
  static const auto s = make<t>(
      "The shape of the node that runs the market.",
      {
          key<&t::orchestrators>("orchestrators", "actors that lead tasks, each its share of them",
                                 {1, 1'024}),
          key<&t::supervisor_size>("supervisor_size", "agents under one supervisor", {1, 1'000}),
          key<&t::in_flight_max>("in_flight_max", "tasks taken in and not final; more wait",
                                 {1, 10'000'000}),
          key<&t::heartbeat>("heartbeat", "of a working agent", {1'000, 86'400'000'000}),
          key<&t::result_retention>("result_retention",
                                    "results are kept so long after the final state"),
          key<&t::blocking_workers>("blocking_workers", "threads for blocking skills (real clock)",
                                    {1, 1'024}),
      });
  return s;
}

AINUR_SECTION(link_config) {
  using t = link_config;
  static const auto s = make<t>(
      "One kind of link (virtual clock).",
      {
          key<&t::latency>("latency", "of a message"),
          key<&t::loss>("loss", "share of messages lost", {0, 990'000}),
          key<&t::duplication>("duplication", "share of messages delivered twice", up_to_one),
      });
  return s;
}

AINUR_SECTION(network_config) {
  using t = network_config;
  static const auto s = make<t>(
      "The network model of the virtual clock.",
      {
          key<&t::client>("client", "between clients and the market", {}),
          key<&t::agent>("agent", "between orchestrators and guards", {}),
          key<&t::ledger>("ledger", "to and from the ledger", {}),
          key<&t::shard>("shard", "between orchestrators and the shard", {}),
          key<&t::validator>("validator", "between validators, and from the market to them", {}),
      });
  return s;
}

AINUR_SECTION(fault) {
  using t = fault;
  static const auto s = make<t>(
      "One entry of the time line of faults.",
      {
          key<&t::kind>("kind", "kill, pause: of any target; silent: of agents and validators; "
                                "late, false_result, false_bid, bypass: of agents; the others: of "
                                "validators"),
          key<&t::target>("target", "what is hit"),
          key<&t::population>("population", "agents of this group only; empty: of all", {0, 64}),
          key<&t::share>("share", "share of the agents that is hit, drawn by the seed", up_to_one),
          key<&t::count>("count", "how many targets are hit if share is 0", {1, agents_max}),
          key<&t::at>("at", "since the start of the run"),
          key<&t::lasts>("for", "how long; 0: to the end. A kill has a length only if it hits "
                                "validators: they are down so long"),
          key<&t::every>("every", "repeated so often; 0: once"),
          key<&t::repeats>("repeats", "with every: how many times in all", {1, 1'000'000}),
          key<&t::delay>(
              "delay",
              "late: how long after their time agents deliver; clock_skew: how far clocks are "
              "ahead; slow_disk: how much longer each write takes (these two less than 10min)",
              some_time),
      });
  return s;
}

AINUR_SECTION(config) {
  using t = config;
  static const auto s = make<t>(
      "The scenario.",
      {
          key<&t::name>("name", "shown in summaries", {1, 64}),
          key<&t::description>("description", "what it is for"),
          key<&t::seed>("seed", "virtual clock: the same seed gives the same run"),
          key<&t::clock>("clock",
                         "virtual: time jumps to the next event; real: threads and wall time"),
          key<&t::limits>("limits", "", {}),
          key<&t::measure>("measure", "", {}),
          key<&t::populations>("population", "", {1, 256}),
          key<&t::clients>("clients", "", {}),
          key<&t::workload>("workload", "", {}),
          key<&t::economy>("economy", "", {}),
          key<&t::market>("market", "", {}),
          key<&t::routing>("routing", "", {}),
          key<&t::ledger>("ledger", "", {}),
          key<&t::validators>("validators", "", {}),
          key<&t::runtime>("runtime", "", {}),
          key<&t::network>("network", "", {}),
          key<&t::faults>("fault", "", {0, 10'000}),
          key<&t::expectations>("expectations", "", {0, 256}),
      });
  return s;
}

#undef AINUR_SECTION

} // namespace

const key_spec* section::find(std::string_view name) const noexcept {
  for (const auto& k : keys)
    if (k.name == name)
      return &k;
  return nullptr;
}

const section& schema() {
  return section_of<config>();
}

} // namespace ainur::scenario
