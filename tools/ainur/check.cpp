// ainur check: what a scenario and its workload say, without running them
#include <cstdio>
#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ainur/scenario/population.hpp"
#include "ainur/scenario/read.hpp"
#include "ainur/scenario/schema.hpp"
#include "ainur/scenario/workload.hpp"
#include "command.hpp"

namespace ainur::cli {

namespace {

using scenario::problem;
using json = nlohmann::ordered_json;

struct options {
  std::string file;
  std::string workload;
  std::vector<std::string> sets;
  bool as_json = false;
};

/// What was found out about a scenario.
struct findings {
  std::vector<problem> problems;
  std::vector<std::string> notes; ///< one line each
};

void examine_workload(const options& o, const scenario::config& c, findings& out) {
  using scenario::workload_source;
  const bool named = !o.workload.empty();
  if (c.workload.source != workload_source::synthetic && c.workload.file.empty() && !named) {
    out.notes.emplace_back("workload: none named; give --workload FILE to check one");
    return;
  }
  const auto folder = std::filesystem::path{o.file}.parent_path().string();
  const auto loaded =
      scenario::load_workload(c, folder, named ? std::optional{o.workload} : std::nullopt);
  if (!loaded) {
    out.problems.push_back({"", 0, 0, "", loaded.error().to_string(), ""});
    return;
  }
  for (auto& line : scenario::explain(c.workload, *loaded))
    out.notes.push_back("workload: " + std::move(line));
  const auto plan = scenario::draw_population(c, *loaded);
  if (!plan) {
    out.problems.push_back({o.file, 0, 0, "population", plan.error().detail(), ""});
    return;
  }
  out.notes.push_back(fmt::format("population: {} agents of {} controllers, {} clients",
                                  plan->agents.size(), plan->controllers, plan->clients.size()));
  for (const auto& p : c.populations)
    if (p.bond < c.economy.bond_min && c.economy.reputation_min > 0)
      out.notes.push_back(fmt::format(
          "warning: population \"{}\" bonds {}, less than economy.bond_min ({}): its agents count "
          "as unbonded, and tasks with a reputation_min over 0 do not take them",
          p.name, to_string(p.bond), to_string(c.economy.bond_min)));
  const auto last = loaded->requests.empty() ? duration{} : loaded->requests.back().at;
  for (std::size_t i = 0; i < c.faults.size(); ++i)
    if (c.faults[i].at > last)
      out.notes.push_back(
          fmt::format("warning: fault[{}] is due at {}, after the last task arrives ({}); it may "
                      "never happen",
                      i, to_string(c.faults[i].at), to_string(last)));
  for (const auto i : plan->unserved(*loaded))
    out.notes.push_back(fmt::format("warning: no agent can do \"{}\"; its tasks will be refunded",
                                    loaded->capabilities[i]));
}

void print_json(const options& o, const findings& f) {
  json out{{"file", o.file}, {"valid", f.problems.empty()}};
  out["problems"] = json::array();
  for (const auto& p : f.problems)
    out["problems"].push_back({{"file", p.file},
                               {"line", p.line},
                               {"column", p.column},
                               {"key", p.key},
                               {"text", p.text},
                               {"suggestion", p.suggestion}});
  out["notes"] = f.notes;
  std::printf("%s\n", out.dump(2, ' ', false, json::error_handler_t::replace).c_str());
}

void print_text(const options& o, const findings& f) {
  for (const auto& p : f.problems)
    std::fprintf(stderr, "ainur: %s\n", p.file.empty() ? p.text.c_str() : to_string(p).c_str());
  for (const auto& note : f.notes)
    std::printf("%s\n", note.c_str());
  if (f.problems.empty())
    std::printf("%s: valid\n", o.file.c_str());
}

int run(const options& o) {
  const auto text = scenario::read_text_file(o.file, scenario::file_size_max);
  findings found;
  if (!text) {
    if (!o.as_json)
      return bad_input(text.error());
    found.problems.push_back({o.file, 0, 0, "", text.error().to_string(), ""});
  } else {
    auto read = scenario::read_scenario(*text, o.file, o.sets);
    found.problems = std::move(read.problems);
    if (found.problems.empty())
      examine_workload(o, read.value, found);
  }
  if (o.as_json)
    print_json(o, found);
  else
    print_text(o, found);
  return found.problems.empty() ? exit_ok : exit_bad_input;
}

} // namespace

void add_check(frame& f) {
  auto o = std::make_shared<options>();
  auto* command = f.add("check", "Check a scenario and explain its workload, without running it",
                        "ainur check examples/scenarios/market.toml", [o] { return run(*o); });
  command->add_option("FILE", o->file, "the scenario")->required();
  command->add_option("--workload", o->workload, "a trace to use instead of the scenario's own");
  command->add_option("--set", o->sets, "key=value: change one key (may be repeated)")
      ->expected(1)
      ->take_all();
  command->add_flag("--json", o->as_json, "print one JSON object");
}

} // namespace ainur::cli
