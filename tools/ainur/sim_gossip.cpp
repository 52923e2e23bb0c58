// ainur sim gossip: a gossip mesh and its attackers in virtual time.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <tuple>

#include <nlohmann/json.hpp>

#include "ainur/discovery/gossip/simulation.hpp"
#include "sim_command.hpp"

namespace ainur::cli {

namespace {

using namespace discovery::gossip;

struct options {
  simulation_options run;
  std::string seeds;
  std::vector<std::string> attacks{"none"};
  std::string time = "130s";
  double rate = 4;
  bool json = false;
};

result<void> take_attacks(const std::vector<std::string>& names, simulation_options& to) {
  std::vector<std::string_view> known{"all", "none"};
  for (std::size_t i = 0; i < attacks_count; ++i)
    known.push_back(to_string(static_cast<attack>(i)));
  for (const auto& name : names) {
    const auto index = std::find(known.begin(), known.end(), name) - known.begin();
    if (static_cast<std::size_t>(index) == known.size())
      return fail(base_errc::malformed,
                  "--attack: there is no \"" + name + "\"" + known_text(name, known));
    if (index < 2 && names.size() > 1)
      return fail(base_errc::malformed, "--attack: \"" + name + "\" stands alone");
    for (std::size_t i = 0; i < attacks_count; ++i)
      if (index == 0 || static_cast<std::size_t>(index) == 2 + i)
        to.attacks.push_back(static_cast<attack>(i));
  }
  return {};
}

result<void> take_numbers(options& o) {
  const auto time = duration_from_text(o.time);
  if (!time)
    return fail(time.error().within("--time"));
  o.run.time = *time;
  if (!(o.rate > 0 && o.rate <= 1'000))
    return fail(base_errc::out_of_range, "--rate: more than 0 and at most 1,000 messages a second");
  o.run.rate_ppm = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(o.rate * 1e6));
  return {};
}

/// The runs of a range of seeds.
struct summary {
  std::uint64_t runs = 0;
  std::uint64_t failed = 0;
  std::uint64_t worst_seed = 0; ///< the first that broke a rule, else the one that reached least
  simulation_report worst;
};

void add_up(summary& s, simulation_report r, std::uint64_t seed) {
  s.failed += r.violations.empty() ? 0 : 1;
  const auto rank = [](const simulation_report& x, std::uint64_t of) {
    return std::tuple{x.violations.empty(), x.violations.empty() ? x.worst_reach : 0.0, of};
  };
  if (s.runs++ == 0 || rank(r, seed) < rank(s.worst, s.worst_seed)) {
    s.worst_seed = seed;
    s.worst = std::move(r);
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
      [&](simulation_report report, std::uint64_t seed) { add_up(all, std::move(report), seed); });
  if (!ran)
    return fail(ran.error());
  return all;
}

std::string replay_of(const options& o, std::uint64_t seed) {
  std::string line = "ainur sim gossip --nodes " + std::to_string(o.run.nodes) + " --attackers " +
                     std::to_string(o.run.attackers) + " --attack ";
  for (std::size_t i = 0; i < o.attacks.size(); ++i)
    line += (i == 0 ? "" : ",") + o.attacks[i];
  const simulation_options usual;
  const auto add = [&](const char* name, std::uint64_t value, std::uint64_t preset) {
    line += value == preset ? "" : std::string{" "} + name + " " + std::to_string(value);
  };
  line += o.run.time == usual.time ? "" : " --time " + o.time;
  if (o.run.rate_ppm != usual.rate_ppm) {
    char text[32];
    std::snprintf(text, sizeof(text), " --rate %.6g", o.rate);
    line += text;
  }
  add("--dials", o.run.dials, usual.dials);
  add("--poisoned-dials", o.run.poisoned_dials, usual.poisoned_dials);
  add("--attacker-dials", o.run.attacker_dials, usual.attacker_dials);
  add("--bytes", o.run.message_bytes, usual.message_bytes);
  add("--loss-ppm", o.run.link.loss_ppm, usual.link.loss_ppm);
  return line + " --seed " + std::to_string(seed);
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 1 : static_cast<double>(part) / static_cast<double>(whole);
}

double ms(duration d) {
  return static_cast<double>(micros(d)) / 1e3;
}

void count(const char* name, std::uint64_t value) {
  std::printf("  %-30s %14llu\n", name, static_cast<unsigned long long>(value));
}

void ratio(const char* name, double value) {
  std::printf("  %-30s %13.3f%%\n", name, 100 * value);
}

void number(const char* name, double value, const char* unit = "") {
  std::printf("  %-30s %14.2f%s\n", name, value, unit);
}

void print(const summary& s, const options& o) {
  const auto& r = s.worst;
  std::printf("%llu run%s, %u honest nodes, %u attackers%s\n",
              static_cast<unsigned long long>(s.runs), s.runs == 1 ? "" : "s", o.run.nodes,
              o.run.attacks.empty() ? 0 : o.run.attackers,
              s.runs == 1 ? "" : "; figures of the worst run");
  std::printf("messages\n");
  count("published by the honest", r.messages);
  ratio("honest nodes reached", share(r.reached, r.reachable));
  ratio("messages that reached 99 %", share(r.messages_99, r.messages));
  ratio("reach of the worst message", r.worst_reach);
  if (r.victim_reach)
    ratio("messages the victim got", *r.victim_reach);
  constexpr std::array<const char*, 4> names{"latency, median", "latency, 95 %", "latency, 99 %",
                                             "latency, largest"};
  for (std::size_t i = 0; i < names.size(); ++i)
    number(names[i], ms(r.latency[i]), " ms");
  number("duplicates a delivery", r.duplicates);
  std::printf("mesh at the end\n");
  number("peers, mean", r.mesh_mean);
  count("peers, fewest", r.mesh_min);
  count("peers, most", r.mesh_max);
  ratio("places held by attackers", r.mesh_attackers);
  std::printf("scores\n");
  count("links with misbehaviour", r.harmful_links);
  count("of them graylisted", r.graylisted_links);
  constexpr std::array<const char*, 3> when{"graylisted after, first", "graylisted after, median",
                                            "graylisted after, last"};
  for (std::size_t i = 0; i < when.size() && r.graylisted_links != 0; ++i)
    number(when[i], ms(r.graylisted_after[i]) / 1e3, " s");
  count("links between the honest", r.honest_links);
  count("of them below zero", r.honest_below_zero);
  count("of them graylisted", r.honest_graylisted);
  std::printf("memory of a node, largest use and bound, KiB\n");
  for (const auto& t : r.memory)
    std::printf("  %-30s %14.1f %14.1f\n", std::string{t.name}.c_str(),
                static_cast<double>(t.bytes) / 1024, static_cast<double>(t.bytes_max) / 1024);
  std::printf("traffic\n");
  count("RPCs handed to nodes", r.rpcs);
  count("copies of messages in them", r.copies);
  count("RPCs of graylisted peers", r.counts.graylisted);
  count("messages rejected", r.counts.rejected);
  count("dropped, queue full", r.counts.queue_full);
  count("ids asked for", r.counts.asked);
  count("messages sent on request", r.counts.answered);
  count("promises broken", r.counts.promises_broken);
  count("parts refused", r.counts.refused);
  count("signatures checked", r.signatures);
  if (o.run.encode)
    count("bytes to honest nodes", r.bytes);
  std::printf("rules\n");
  count("runs that broke one", s.failed);
  for (const auto& v : r.violations)
    std::printf("  %s: %s\n", v.rule.c_str(), v.what.c_str());
  if (s.failed != 0)
    std::printf("  again: %s\n", replay_of(o, s.worst_seed).c_str());
}

nlohmann::ordered_json json_of(const summary& s, const options& o) {
  const auto& r = s.worst;
  nlohmann::ordered_json j;
  j["runs"] = s.runs;
  j["runs_failed"] = s.failed;
  j["seed"] = s.worst_seed;
  j["nodes"] = o.run.nodes;
  j["attackers"] = o.run.attacks.empty() ? 0 : o.run.attackers;
  j["attacks"] = o.attacks;
  j["messages"] = r.messages;
  j["reach"] = share(r.reached, r.reachable);
  j["messages_reaching_99"] = share(r.messages_99, r.messages);
  j["worst_reach"] = r.worst_reach;
  if (r.victim_reach)
    j["victim_reach"] = *r.victim_reach;
  j["latency_ms"] = {{"p50", ms(r.latency[0])},
                     {"p95", ms(r.latency[1])},
                     {"p99", ms(r.latency[2])},
                     {"max", ms(r.latency[3])}};
  j["duplicates"] = r.duplicates;
  j["mesh"] = {{"mean", r.mesh_mean},
               {"min", r.mesh_min},
               {"max", r.mesh_max},
               {"attackers", r.mesh_attackers}};
  j["harmful_links"] = r.harmful_links;
  j["graylisted_links"] = r.graylisted_links;
  j["graylisted_after_ms"] = {{"first", ms(r.graylisted_after[0])},
                              {"median", ms(r.graylisted_after[1])},
                              {"last", ms(r.graylisted_after[2])}};
  j["honest_links"] = r.honest_links;
  j["honest_below_zero"] = r.honest_below_zero;
  j["honest_graylisted"] = r.honest_graylisted;
  auto& memory = j["memory_bytes"] = nlohmann::ordered_json::object();
  for (const auto& t : r.memory)
    memory[std::string{t.name}] = {{"max", t.bytes}, {"bound", t.bytes_max}};
  j["rpcs"] = r.rpcs;
  j["copies"] = r.copies;
  j["rpcs_graylisted"] = r.counts.graylisted;
  j["rejected"] = r.counts.rejected;
  j["queue_full"] = r.counts.queue_full;
  j["asked"] = r.counts.asked;
  j["answered"] = r.counts.answered;
  j["promises_broken"] = r.counts.promises_broken;
  j["refused"] = r.counts.refused;
  j["signatures_checked"] = r.signatures;
  if (o.run.encode)
    j["bytes"] = r.bytes;
  j["digest"] = r.digest;
  auto& broken = j["violations"] = nlohmann::ordered_json::array();
  for (const auto& v : r.violations)
    broken.push_back({{"rule", v.rule}, {"what", v.what}});
  j["replay"] = replay_of(o, s.worst_seed);
  return j;
}

int simulate_gossip(options o) {
  if (auto attacks = take_attacks(o.attacks, o.run); !attacks)
    return bad_input(attacks.error());
  if (auto numbers = take_numbers(o); !numbers)
    return bad_input(numbers.error());
  seed_range seeds{o.run.seed, o.run.seed};
  if (!o.seeds.empty()) {
    const auto range = range_of(o.seeds);
    if (!range)
      return bad_input(range.error());
    seeds = *range;
  }
  const auto all = run_all(o, seeds);
  if (!all)
    return bad_input(all.error());
  if (o.json)
    std::printf("%s\n", json_of(*all, o).dump(2).c_str());
  else
    print(*all, o);
  return all->failed == 0 ? exit_ok : exit_failed;
}

} // namespace

void add_sim_gossip(frame& f, CLI::App* group) {
  const auto o = std::make_shared<options>();
  auto* c = f.add(
      "gossip", "A gossip mesh under attack; prints every rule that broke",
      "ainur sim gossip --nodes 1000 --attackers 4000 --attack eclipse --seed 1",
      [o] { return simulate_gossip(*o); }, group);
  c->add_option("--nodes", o->run.nodes, "Honest nodes, 2 to 100,000")->capture_default_str();
  c->add_option("--attackers", o->run.attackers, "Attackers, at most 400,000")
      ->capture_default_str();
  c->add_option("--attack", o->attacks,
                "What they do: none, all, or names, of which each draws one: sybil_flood, eclipse, "
                "cold_boot, ihave_spam, iwant_spam, graft_flood, invalid_messages, censor, "
                "topic_flood, score_laundering")
      ->delimiter(',')
      ->capture_default_str();
  auto* one = c->add_option("--seed", o->run.seed, "Of the run")->capture_default_str();
  c->add_option("--seeds", o->seeds, "Runs with each seed of a range, as 1..20")->excludes(one);
  c->add_option("--time", o->time, "Virtual time, 20 s to 24 h; the attack begins after 30 s")
      ->capture_default_str();
  c->add_option("--rate", o->rate, "Messages a second, by all honest nodes together")
      ->capture_default_str();
  c->add_option("--bytes", o->run.message_bytes, "Of a message's data, 16 to 65,536")
      ->capture_default_str();
  c->add_option("--dials", o->run.dials, "Honest nodes that each honest node dials")
      ->capture_default_str();
  c->add_option("--poisoned-dials", o->run.poisoned_dials,
                "Attackers that each honest node is made to dial, on average")
      ->capture_default_str();
  c->add_option("--attacker-dials", o->run.attacker_dials, "Honest nodes that each attacker dials")
      ->capture_default_str();
  c->add_option("--loss-ppm", o->run.link.loss_ppm, "RPCs lost of a million, 0 to 1,000,000")
      ->check(CLI::Range(0u, 1'000'000u))
      ->capture_default_str();
  c->add_flag("--encode", o->run.encode, "Encode and decode every RPC to an honest node");
  c->add_flag("--json", o->json, "Print a JSON document");
}

} // namespace ainur::cli
