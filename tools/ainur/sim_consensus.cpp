// ainur sim consensus: the consensus core in virtual time, with faults from a seed.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "ainur/consensus/diagram.hpp"
#include "sim_command.hpp"

namespace ainur::cli {

namespace {

using namespace consensus;

struct options {
  simulation_options run;
  std::string seeds;
  std::vector<std::string> faults{"none"};
  std::string trace;
  bool json = false;
};

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

/// Names of disturbances and behaviours, "all" or "none".
result<void> take_faults(const std::vector<std::string>& names, simulation_options& to) {
  std::vector<std::string_view> known{"all", "none"};
  for (std::size_t i = 0; i < disturbances_count; ++i)
    known.push_back(to_string(static_cast<disturbance>(i)));
  for (std::size_t i = 0; i < behaviours_count; ++i)
    known.push_back(to_string(static_cast<behaviour>(i)));
  for (const auto& name : names) {
    const auto at = std::find(known.begin(), known.end(), name) - known.begin();
    const auto index = static_cast<std::size_t>(at);
    if (index == known.size())
      return fail(base_errc::malformed,
                  "--faults: there is no " + quoted(name) + known_text(name, known));
    if (index < 2 && names.size() > 1)
      return fail(base_errc::malformed, "--faults: " + quoted(name) + " stands alone");
    for (std::size_t i = 0; i < disturbances_count; ++i)
      if (index == 0 || index == 2 + i)
        to.disturbances.push_back(static_cast<disturbance>(i));
    for (std::size_t i = 0; i < behaviours_count; ++i)
      if (index == 0 || index == 2 + disturbances_count + i)
        to.behaviours.push_back(static_cast<behaviour>(i));
  }
  if (to.byzantine == 0 && !to.behaviours.empty() && names.front() != "all")
    return fail(base_errc::malformed,
                "--faults: " + quoted(std::string{to_string(to.behaviours.front())}) +
                    " is what byzantine validators do; say how many with --byzantine");
  if (to.behaviours.empty()) // none named: any
    for (std::size_t i = 0; i < behaviours_count; ++i)
      to.behaviours.push_back(static_cast<behaviour>(i));
  return {};
}

/// All runs together.
struct summary {
  std::uint64_t runs = 0;
  std::uint64_t failed = 0;
  simulation_report sum;
  std::uint64_t first_failed_seed = 0;
  simulation_report first_failed;
  simulation_report last;
};

void add_up(summary& s, const simulation_report& r, std::uint64_t seed) {
  ++s.runs;
  s.sum.blocks += r.blocks;
  s.sum.rounds += r.rounds;
  s.sum.messages += r.messages;
  s.sum.signatures += r.signatures;
  s.sum.equivocations += r.equivocations;
  s.sum.fetched += r.fetched;
  s.sum.restored += r.restored;
  s.sum.refused += r.refused;
  s.sum.time += r.time;
  for (std::size_t i = 0; i < disturbances_count; ++i)
    s.sum.disturbances[i] += r.disturbances[i];
  for (std::size_t i = 0; i < behaviours_count; ++i)
    s.sum.misdeeds[i] += r.misdeeds[i];
  if (r.violations.empty())
    return;
  // Of several the one that tells most: a disagreement before anything that follows from it.
  const auto rank = [](const simulation_report& x) {
    return x.violations.front().rule == "agreement" ? 0 : 1;
  };
  if (s.failed++ == 0 ||
      std::pair{rank(r), seed} < std::pair{rank(s.first_failed), s.first_failed_seed}) {
    s.first_failed_seed = seed;
    s.first_failed = r;
  }
}

result<summary> run_all(const options& o, const seed_range& seeds) {
  summary all;
  const auto ran = run_seeds(
      seeds,
      [&](std::uint64_t seed) {
        auto run = o.run;
        run.seed = seed;
        return simulate(run);
      },
      [&](simulation_report report, std::uint64_t seed) {
        add_up(all, report, seed);
        all.last = std::move(report);
      });
  if (!ran)
    return fail(ran.error());
  return all;
}

std::string replay_of(const options& o, std::uint64_t seed) {
  std::string line = "ainur sim consensus --validators " + std::to_string(o.run.validators) +
                     " --byzantine " + std::to_string(o.run.byzantine) + " --heights " +
                     std::to_string(o.run.heights);
  line += " --faults ";
  for (std::size_t i = 0; i < o.faults.size(); ++i)
    line += (i == 0 ? "" : ",") + o.faults[i];
  if (o.run.unequal_weights)
    line += " --unequal";
  if (o.run.era_heights != 0)
    line += " --era " + std::to_string(o.run.era_heights);
  if (o.run.keep_blocks != 0)
    line += " --keep " + std::to_string(o.run.keep_blocks);
  return line + " --seed " + std::to_string(seed);
}

template <class Number>
void row(const char* name, Number value) {
  std::printf("  %-24s %12llu\n", name, static_cast<unsigned long long>(value));
}

void print(const summary& s, const options& o) {
  std::printf("%llu run%s, %u validators, %u of them byzantine\n",
              static_cast<unsigned long long>(s.runs), s.runs == 1 ? "" : "s", o.run.validators,
              o.run.byzantine);
  if (o.run.byzantine * 3 >= o.run.validators)
    std::printf(
        "  a third or more: beyond what the protocol withstands, violations are expected\n");
  row("blocks", s.sum.blocks);
  row("rounds", s.sum.rounds);
  row("messages", s.sum.messages);
  row("signatures checked", s.sum.signatures);
  row("blocks fetched", s.sum.fetched);
  row("snapshots taken", s.sum.restored);
  row("messages refused", s.sum.refused);
  row("equivocations found", s.sum.equivocations);
  std::printf("  %-24s %12s\n", "virtual time", to_string(s.sum.time).c_str());
  std::printf("faults\n");
  for (std::size_t i = 0; i < disturbances_count; ++i)
    row(std::string{to_string(static_cast<disturbance>(i))}.c_str(), s.sum.disturbances[i]);
  if (o.run.byzantine != 0)
    for (std::size_t i = 0; i < behaviours_count; ++i)
      row(std::string{to_string(static_cast<behaviour>(i))}.c_str(), s.sum.misdeeds[i]);
  for (std::size_t i = 0; i < disturbances_count; ++i)
    if (const auto d = static_cast<disturbance>(i);
        s.sum.disturbances[i] == 0 &&
        std::find(o.run.disturbances.begin(), o.run.disturbances.end(), d) !=
            o.run.disturbances.end())
      std::printf("  %s was asked for and never came: give it more --heights or --seeds\n",
                  std::string{to_string(d)}.c_str());
  std::printf("violations\n");
  row("runs with one", s.failed);
  if (s.failed == 0)
    return;
  for (const auto& v : s.first_failed.violations)
    std::printf("  %s at %s: %s\n", v.rule.c_str(), to_string(v.at - instant{}).c_str(),
                v.what.c_str());
  for (const auto& c : s.first_failed.culprits)
    std::printf("  culprit: %s, %s at height %llu, rounds %d and %d\n",
                to_string(c.who).substr(0, 16).c_str(), std::string{to_string(c.kind)}.c_str(),
                static_cast<unsigned long long>(c.first.statement.height), c.first.statement.round,
                c.second.statement.round);
  if (!s.first_failed.culprits.empty())
    std::printf("  the culprits hold %s a third of the weight\n",
                s.first_failed.culprits_suffice ? "more than" : "no more than");
  std::printf("  again: %s\n", replay_of(o, s.first_failed_seed).c_str());
}

nlohmann::ordered_json json_of(const summary& s, const options& o) {
  nlohmann::ordered_json j;
  j["runs"] = s.runs;
  j["validators"] = o.run.validators;
  j["byzantine"] = o.run.byzantine;
  j["blocks"] = s.sum.blocks;
  j["rounds"] = s.sum.rounds;
  j["messages"] = s.sum.messages;
  j["signatures_checked"] = s.sum.signatures;
  j["blocks_fetched"] = s.sum.fetched;
  j["snapshots_taken"] = s.sum.restored;
  j["messages_refused"] = s.sum.refused;
  j["equivocations_found"] = s.sum.equivocations;
  j["virtual_time_us"] = micros(s.sum.time);
  auto& faults = j["faults"] = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < disturbances_count; ++i)
    faults[std::string{to_string(static_cast<disturbance>(i))}] = s.sum.disturbances[i];
  for (std::size_t i = 0; i < behaviours_count; ++i)
    faults[std::string{to_string(static_cast<behaviour>(i))}] = s.sum.misdeeds[i];
  if (s.runs == 1)
    j["digest"] = s.last.digest;
  j["runs_failed"] = s.failed;
  auto& violations = j["violations"] = nlohmann::ordered_json::array();
  auto& culprits = j["culprits"] = nlohmann::ordered_json::array();
  if (s.failed == 0)
    return j;
  for (const auto& v : s.first_failed.violations)
    violations.push_back({{"rule", v.rule}, {"at_us", micros(v.at)}, {"what", v.what}});
  for (const auto& c : s.first_failed.culprits)
    culprits.push_back({{"who", to_string(c.who)},
                        {"offence", to_string(c.kind)},
                        {"height", c.first.statement.height}});
  j["replay"] = replay_of(o, s.first_failed_seed);
  return j;
}

int write_trace(const options& o, const summary& s) {
  std::ofstream out{o.trace, std::ios::trunc};
  out << draw_diagram(s.last.trace, s.last.lanes);
  out.close();
  if (out)
    return exit_ok;
  return bad_input({base_errc::io, o.trace + ": cannot be written"});
}

int simulate_consensus(options o) {
  if (auto faults = take_faults(o.faults, o.run); !faults)
    return bad_input(faults.error());
  const auto seeds = seeds_of(o.run.seed, o.seeds);
  if (!seeds)
    return bad_input(seeds.error());
  if (!o.trace.empty() && seeds->first != seeds->last)
    return bad_input({base_errc::malformed, "--trace draws one run; give it one --seed"});
  if (!o.trace.empty())
    o.run.trace_max = 2'000;
  const auto all = run_all(o, *seeds);
  if (!all)
    return bad_input(all.error());
  if (o.json)
    std::printf("%s\n", json_of(*all, o).dump(2).c_str());
  else
    print(*all, o);
  if (!o.trace.empty())
    if (const int failed = write_trace(o, *all); failed != exit_ok)
      return failed;
  return all->failed == 0 ? exit_ok : exit_failed;
}

} // namespace

void add_sim_consensus(frame& f, CLI::App* group) {
  const auto o = std::make_shared<options>();
  auto* c = f.add(
      "consensus", "Validators that agree on blocks; prints every rule that broke",
      "ainur sim consensus --validators 7 --byzantine 2 --faults all --heights 200",
      [o] { return simulate_consensus(*o); }, group);
  c->add_option("--validators", o->run.validators, "How many, 1 to 1,000")->capture_default_str();
  c->add_option("--byzantine", o->run.byzantine, "How many of them break the rules")
      ->capture_default_str();
  c->add_option(
       "--faults", o->faults,
       "What goes wrong: all, none, or names of disturbances (crash, partition, loss, skew, "
       "slow_disk) and of what the byzantine do (silent, equivocating_proposer, "
       "equivocating_voter, amnesia, stale_view, bad_signatures, withheld_proposal, "
       "flooding, twin; by default any)")
      ->delimiter(',')
      ->capture_default_str();
  c->add_option("--heights", o->run.heights, "Blocks to agree on")->capture_default_str();
  auto* one = c->add_option("--seed", o->run.seed, "Of the run")->capture_default_str();
  c->add_option("--seeds", o->seeds, "Runs with each seed of a range, as 1..1000")->excludes(one);
  c->add_flag("--unequal", o->run.unequal_weights, "Validators of different weight");
  c->add_option("--era", o->run.era_heights,
                "The set of validators changes after so many blocks; 0: never")
      ->capture_default_str();
  c->add_option("--keep", o->run.keep_blocks,
                "Blocks that a validator keeps, at least those since its newest checkpoint; 0: all")
      ->capture_default_str();
  c->add_option("--trace", o->trace, "Write the last messages as a diagram (SVG)");
  c->add_flag("--json", o->json, "Print a JSON document");
}

} // namespace ainur::cli
