// Markets whose ledger validators keep, whole runs on the virtual clock: each kind of fault alone,
// all of them mixed as a seed draws them, and what befalls the market's own ledger beside. Whatever
// happens, each task ends, no money is lost, and the honest hold one ledger.
//
// AINUR_SIM_SEED=17 runs that seed alone. A failure leaves the scenario as a file that `ainur run`
// takes.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include <doctest/doctest.h>

#include "ainur/base/rng.hpp"
#include "ainur/run_scenario.hpp"
#include "ainur/scenario/explain.hpp"
#include "ainur/scenario/read.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::scenario;
using namespace std::chrono_literals;

namespace {

/// A small market over so many validators, a minute long at most if nothing goes wrong.
config market_over(std::uint64_t validators, std::uint64_t seed, std::uint64_t tasks = 40) {
  config c;
  c.name = "validators-" + std::to_string(seed);
  c.seed = seed;
  population p;
  p.name = "workers";
  p.count = 12;
  p.capabilities = {"nlp"};
  p.cost = amount_model::constant(amount{10'000});
  p.capacity = count_model::constant(4);
  c.populations = {p};
  c.clients.count = 4;
  c.clients.deadline_min = 5min;
  c.workload.synthetic.tasks = tasks;
  c.workload.synthetic.rate = ratio{2 * ratio::one};
  c.workload.synthetic.work = duration_model::exponential(500ms);
  c.economy.review = 10s;
  c.economy.dispute = 10s;
  c.economy.arbitration = 10s;
  c.economy.era = 20s;
  c.validators.count = validators;
  c.ledger.checkpoint_interval = 10;
  c.network.validator.latency = duration_model::exponential(5ms);
  c.limits.drain_time = 24h;
  return c;
}

fault of_validators(fault_kind kind, std::uint64_t count, duration at, duration lasts) {
  fault f;
  f.kind = kind;
  f.target = fault_target::validators;
  f.count = count;
  f.at = at;
  f.lasts = lasts;
  f.delay = 700ms; // clocks that are ahead by more than the precision, disks that are slower
  return f;
}

bool is_byzantine(fault_kind k) {
  return k == fault_kind::silent || k >= fault_kind::equivocating_proposer;
}

constexpr std::array all_kinds{fault_kind::kill,
                               fault_kind::pause,
                               fault_kind::partition,
                               fault_kind::clock_skew,
                               fault_kind::slow_disk,
                               fault_kind::silent,
                               fault_kind::equivocating_proposer,
                               fault_kind::equivocating_voter,
                               fault_kind::amnesia,
                               fault_kind::stale_view,
                               fault_kind::bad_signatures,
                               fault_kind::withheld_proposal,
                               fault_kind::flooding};

bool names_byzantine(const std::string& status) {
  return std::ranges::any_of(all_kinds,
                             [&status](auto k) { return is_byzantine(k) && to_text(k) == status; });
}

/// Says how to see a failure again.
std::string replay_of(const config& c) {
  const auto path =
      (std::filesystem::temp_directory_path() / ("ainur-" + c.name + ".toml")).string();
  std::ofstream{path} << to_toml(c);
  return "seed " + std::to_string(c.seed) +
         "; again with AINUR_SIM_SEED=" + std::to_string(c.seed) +
         " validator_test, or: ainur run " + path;
}

/// What is wrong with the end of a run; empty: nothing.
std::string wrong_with(const config& c, const summary& s) {
  std::string out;
  const auto must = [&out](bool ok, const std::string& what) { out += ok ? "" : what + "; "; };
  const auto& t = s.tasks;
  must(!s.partial, "ended by " + s.ended_by);
  must(t.submitted == c.workload.synthetic.tasks, std::to_string(t.submitted) + " submitted");
  must(t.completed + t.refunded + t.resolved + t.rejected == t.submitted, "a task has no end");
  must(s.ledger.conserved, "money is lost");
  must(s.ledger.escrow.is_zero(), "escrow is left");
  must(s.consensus.agreed, "the validators do not agree");
  must(s.consensus.validators == c.validators.count, "validators are missing");
  std::set<hash256> states; // of the honest at the newest height
  std::uint64_t newest = 0;
  for (const auto& v : s.consensus.views)
    newest = std::max(newest, v.status == "ok" ? v.height : 0);
  std::uint64_t honest = 0;
  for (const auto& v : s.consensus.views) {
    if (names_byzantine(v.status))
      continue;
    ++honest;
    // How far a thread has come on the real clock is luck.
    must(v.status == "ok" || (c.clock == clock_kind::real_time && v.status == "behind"),
         "validator " + std::to_string(v.index) + " is " + v.status);
    if (v.height == newest)
      states.insert(v.state_hash);
  }
  must(honest == s.consensus.honest, "somebody honest is counted as byzantine");
  must(s.ledger.height != newest || states.contains(s.ledger.state_hash),
       "the market's own ledger is another");
  must(states.size() == 1, std::to_string(states.size()) + " states at one height");
  return out;
}

summary run_sound(const config& c) {
  for (const auto& p : check(c))
    FAIL(to_string(p));
  std::string said; // the first grave line of the log: nothing that is planned for is one
  run_options options;
  options.log.level = log_level::error;
  options.log.on_record = [&said](const log_record& r) { said = said.empty() ? to_json(r) : said; };
  const auto told = run_scenario(c, options);
  REQUIRE_MESSAGE(told, replay_of(c) << ": " << (told ? "" : told.error().to_string()));
  const auto wrong = wrong_with(c, *told);
  CHECK_MESSAGE(wrong.empty(), replay_of(c) << ": " << wrong);
  CHECK_MESSAGE(said.empty(), replay_of(c) << ": " << said);
  return *told;
}

/// Faults of every kind, so that less than a third of the validators break the rules, and what is
/// cut off, down or paused comes back.
config drawn_config(std::uint64_t seed) {
  rng random = rng{seed}.split("validator test");
  const auto ms = [&random](std::int64_t first, std::int64_t last) {
    return duration{std::chrono::milliseconds{random.between(first, last)}};
  };
  auto c = market_over(4 + random.below(4), seed);
  if (random.below(2) == 0)
    c.validators.seats = c.validators.count - 1;
  // Of those who are elected less than a third may be wrong, whoever they are.
  auto byzantine = ((c.validators.seats == 0 ? c.validators.count : c.validators.seats) - 1) / 3;
  if (random.below(2) == 0)
    c.validators.keep_blocks = 8 + random.below(20);
  c.validators.nominators = random.below(10);
  if (random.below(2) == 0) {
    c.network.validator.loss = ratio{random.below(100'000)};
    c.network.validator.duplication = ratio{random.below(100'000)};
  }
  for (auto n = 2 + random.below(5); n > 0; --n) {
    const auto kind = all_kinds[random.below(all_kinds.size())];
    if (is_byzantine(kind) && byzantine == 0)
      continue;
    byzantine -= is_byzantine(kind) ? 1 : 0;
    auto f = of_validators(kind, 1 + (is_byzantine(kind) ? 0 : random.below(2)), ms(0, 20'000),
                           ms(500, 10'000));
    if (is_byzantine(kind) && random.below(2) == 0)
      f.lasts = {}; // to the end
    f.delay = ms(50, 2'000);
    if (random.below(4) == 0) {
      f.every = ms(2'000, 8'000);
      f.repeats = is_byzantine(kind) ? 1 : 3;
      f.every = f.repeats == 1 ? duration{} : f.every;
    }
    c.faults.push_back(f);
  }
  if (random.below(3) == 0) { // and the market's own node
    fault f;
    f.kind = random.below(2) == 0 ? fault_kind::kill : fault_kind::pause;
    f.target = fault_target::ledger;
    f.at = ms(0, 20'000);
    f.lasts = f.kind == fault_kind::pause ? ms(500, 10'000) : duration{};
    c.faults.push_back(f);
  }
  return c;
}

std::optional<std::uint64_t> only_seed() {
  const char* text = std::getenv("AINUR_SIM_SEED");
  return text == nullptr ? std::nullopt : std::optional{std::strtoull(text, nullptr, 10)};
}

std::uint64_t scaled(std::uint64_t count) {
  return count * static_cast<std::uint64_t>(test::count_factor());
}

} // namespace

TEST_CASE("each fault of a validator alone: the market does not notice but for the time") {
  for (const auto kind : all_kinds)
    for (const auto lasts : {duration{8s}, duration{}}) {
      const bool needs_length = kind == fault_kind::pause || kind == fault_kind::partition;
      if (needs_length && lasts == duration{})
        continue;
      auto c = market_over(4, 1);
      c.faults = {of_validators(kind, 1, 3s, lasts)};
      CAPTURE(to_text(kind));
      CAPTURE(lasts.count());
      const auto s = run_sound(c);
      CHECK(s.faults.at(std::string{to_text(kind)}) == 1);
      CHECK(s.consensus.honest == (is_byzantine(kind) ? 3u : 4u));
      CHECK(s.tasks.completed > 0);
    }
}

TEST_CASE("a fault that leaves no quorum stops the blocks, and they go on after it") {
  for (const auto kind : {fault_kind::kill, fault_kind::pause, fault_kind::partition}) {
    auto c = market_over(4, 2);
    c.faults = {of_validators(kind, 2, 3s, 10s)};
    CAPTURE(to_text(kind));
    const auto s = run_sound(c);
    CHECK(s.consensus.finality.max >= 5'000'000);
    CHECK(s.tasks.completed > 0);
  }
}

TEST_CASE("what a slow disk has not taken when its validator falls does not come later") {
  std::uint64_t completed = 0;
  for (std::uint64_t seed = 1; seed <= scaled(6); ++seed) {
    auto c = market_over(4, seed);
    auto falls = of_validators(fault_kind::kill, 3, 4s, 300ms);
    if (seed % 2 == 0)
      falls.lasts = {}; // the actor itself dies
    falls.every = 1500ms;
    falls.repeats = 12;
    c.faults = {of_validators(fault_kind::slow_disk, 4, 3s, 30s), falls};
    c.faults[0].delay = 500ms;
    const auto s = run_sound(c);
    CHECK(s.consensus.equivocations_found == 0);
    completed += s.tasks.completed;
  }
  CHECK(completed > 0);
}

TEST_CASE("validators with mixed faults: each task ends once and no money is lost") {
  if (const auto seed = only_seed()) {
    (void)run_sound(drawn_config(*seed));
    return;
  }
  std::set<std::string> seen;
  std::uint64_t elections = 0, completed = 0;
  for (std::uint64_t seed = 1; seed <= scaled(60); ++seed) {
    const auto s = run_sound(drawn_config(seed));
    for (const auto& [kind, n] : s.faults)
      seen.insert(kind);
    elections += s.consensus.elections;
    completed += s.tasks.completed;
  }
  CHECK(seen.size() == all_kinds.size());
  CHECK(elections > 0);
  CHECK(completed > 0);
}

TEST_CASE("the same seed is the same run of validators, another seed another") {
  std::set<hash256> states;
  for (std::uint64_t seed = 101; seed <= 100 + scaled(3); ++seed) {
    const auto c = drawn_config(seed);
    const auto first = run_sound(c);
    const auto second = run_sound(c);
    INFO(replay_of(c));
    CHECK(first.trace_hash == second.trace_hash);
    CHECK(first.ledger.state_hash == second.ledger.state_hash);
    CHECK(first.consensus == second.consensus);
    states.insert(first.ledger.state_hash);
  }
  CHECK(states.size() == scaled(3));
}

TEST_CASE("seven validators, two against the rules, two cut off, one down") {
  for (std::uint64_t seed = 1; seed <= scaled(4); ++seed) {
    auto c = market_over(7, seed, 80);
    c.validators.nominators = 20;
    c.network.validator.loss = ratio{5'000};
    c.faults = {of_validators(fault_kind::equivocating_voter, 1, 0s, 0s),
                of_validators(fault_kind::silent, 1, 0s, 0s),
                of_validators(fault_kind::partition, 2, 8s, 10s),
                of_validators(fault_kind::kill, 1, 25s, 5s)};
    const auto s = run_sound(c);
    CHECK(s.consensus.honest == 5);
    CHECK(s.consensus.equivocations_found >= 1);
    CHECK(s.consensus.elections >= 1);
    CHECK(s.tasks.completed > 0);
  }
}

TEST_CASE("the market's own ledger falls or rests beside the validators") {
  for (const auto kind : {fault_kind::kill, fault_kind::pause})
    for (const bool with_validators : {false, true}) {
      auto c = market_over(4, 3);
      fault own;
      own.kind = kind;
      own.target = fault_target::ledger;
      own.at = 4s;
      own.lasts = kind == fault_kind::pause ? duration{5s} : duration{};
      own.every = 7s;
      own.repeats = 3;
      c.faults = {own};
      if (with_validators)
        c.faults.push_back(of_validators(fault_kind::partition, 2, 3s, 6s));
      CAPTURE(to_text(kind));
      CAPTURE(with_validators);
      const auto s = run_sound(c);
      CHECK(s.faults.at(std::string{to_text(kind)}) == 3);
      CHECK(s.tasks.completed > 0);
    }
}

TEST_CASE("four validators on the real clock, one of them killed, and the market's own node") {
  auto c = market_over(4, 4, 20);
  c.clock = clock_kind::real_time;
  c.workload.synthetic.rate = ratio{20 * ratio::one};
  c.workload.synthetic.work = duration_model::constant(10ms);
  c.economy.verification = verification_mode::paid_at_result;
  c.faults = {of_validators(fault_kind::kill, 1, 300ms, 0s)};
  c.faults.push_back(c.faults[0]);
  c.faults[1].target = fault_target::ledger;
  c.faults[1].at = 600ms;
  const auto s = run_sound(c);
  CHECK(s.consensus.honest == 4);
}
