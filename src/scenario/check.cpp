// What no single key of a scenario can tell.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "ainur/base/nearest.hpp"
#include "ainur/scenario/expectation.hpp"
#include "ainur/scenario/read.hpp"
#include "ainur/scenario/schema.hpp"
#include "enum_names.hpp"

namespace ainur::scenario {

namespace {

using problems = std::vector<problem>;

void add(problems& out, std::string key, std::string text, std::string suggestion = {}) {
  out.push_back({"", 0, 0, std::move(key), std::move(text), std::move(suggestion)});
}

template <class T>
void check_model(problems& out, const std::string& key, const model<T>& m) {
  if (m.kind == distribution::uniform && m.max < m.min)
    add(out, key + ".max", "must not be less than min");
  else if (m.kind != distribution::uniform && m.max != T{} && m.max < m.min)
    add(out, key + ".max", "must not be less than min");
}

template <class T>
bool may_be_zero(const model<T>& m) {
  switch (m.kind) {
  case distribution::constant:
    return m.value == T{};
  default:
    return m.min == T{};
  }
}

void check_population(problems& out, const std::string& key, const population& p) {
  if (p.capabilities_from != capability_source::workload && p.capabilities.empty())
    add(out, key + ".capabilities", "name at least one, or set capabilities_from = \"workload\"");
  if (p.capabilities_from == capability_source::drawn &&
      p.capabilities_drawn > p.capabilities.size())
    add(out, key + ".capabilities_drawn", "is more than there are capabilities");
  if (std::set<std::string>(p.capabilities.begin(), p.capabilities.end()).size() !=
      p.capabilities.size())
    add(out, key + ".capabilities", "names one twice");
  for (const auto& c : p.capabilities)
    if (c.empty() || c.size() > 256)
      add(out, key + ".capabilities", "a capability has 1 .. 256 characters");
  if (p.operators > p.count)
    add(out, key + ".operators", "is more than there are agents");
  check_model(out, key + ".cost", p.cost);
  check_model(out, key + ".price", p.price);
  check_model(out, key + ".speed", p.speed);
  check_model(out, key + ".capacity", p.capacity);
  check_model(out, key + ".reliability", p.reliability);
  if (p.reliability.kind == distribution::lognormal && p.reliability.max.ppm == 0)
    add(out, key + ".reliability", "of lognormal needs a max of at most 1");
  if (p.speed.kind == distribution::uniform && p.speed.min.ppm == 0)
    add(out, key + ".speed.min", "must be at least 0.001");
}

void check_populations(problems& out, const config& c) {
  if (c.populations.empty())
    add(out, "population", "there are no agents: add a [[population]]");
  std::uint64_t agents = 0;
  std::set<std::string> names;
  for (std::size_t i = 0; i < c.populations.size(); ++i) {
    const auto key = fmt::format("population[{}]", i);
    if (!names.insert(c.populations[i].name).second)
      add(out, key + ".name",
          fmt::format("two populations are named \"{}\"", c.populations[i].name));
    agents += c.populations[i].count;
    check_population(out, key, c.populations[i]);
  }
  if (agents > agents_max)
    add(out, "population", fmt::format("{} agents are more than {}", agents, agents_max));
}

void check_synthetic(problems& out, const config& c) {
  const auto& s = c.workload.synthetic;
  const std::string key = "workload.synthetic";
  if (!s.weights.empty() && s.weights.size() != s.capabilities.size())
    add(out, key + ".weights", "needs one for each of capabilities");
  const auto zero = [](std::uint64_t w) { return w == 0; };
  if (!s.weights.empty() && std::all_of(s.weights.begin(), s.weights.end(), zero))
    add(out, key + ".weights", "must not all be 0");
  if (!s.day_curve.empty() && std::all_of(s.day_curve.begin(), s.day_curve.end(), zero))
    add(out, key + ".day_curve", "must not all be 0");
  check_model(out, key + ".work", s.work);
  check_model(out, key + ".subtasks", s.subtasks);
  check_model(out, key + ".size", s.size);
  const auto names_some = [](const population& p) { return !p.capabilities.empty(); };
  if (s.capabilities.empty() && !c.populations.empty() &&
      std::none_of(c.populations.begin(), c.populations.end(), names_some))
    add(out, key + ".capabilities", "no population names a capability, so name them here");
}

void check_workload(problems& out, const config& c) {
  const auto& w = c.workload;
  if (w.source == workload_source::synthetic)
    return check_synthetic(out, c);
  if (w.source == workload_source::csv && w.csv.time.empty())
    add(out, "workload.csv.time", "name the column of the time of submission");
  if (w.source == workload_source::csv && w.csv.separator == "\"")
    add(out, "workload.csv.separator", "must not be a quote");
  static constexpr std::array<std::string_view, 7> fields{
      "user", "group", "application", "queue", "partition", "processors", "processors_class"};
  if (w.source == workload_source::swf)
    for (const auto& [name, list] :
         {std::pair{"client", &w.swf.client}, {"capability", &w.swf.capability}})
      for (const auto& f : *list)
        if (std::find(fields.begin(), fields.end(), f) == fields.end())
          add(out, fmt::format("workload.swf.{}", name), fmt::format("there is no field \"{}\"", f),
              std::string{nearest(f, fields)});
}

void check_faults(problems& out, const config& c) {
  for (std::size_t i = 0; i < c.faults.size(); ++i) {
    const auto& f = c.faults[i];
    const auto key = fmt::format("fault[{}]", i);
    const bool any_target = f.kind == fault_kind::kill || f.kind == fault_kind::pause;
    if (f.kind == fault_kind::pause && c.clock == clock_kind::real_time)
      add(out, key + ".kind", "pause needs clock = \"virtual\": on the real clock use kill");
    if (!any_target && f.target != fault_target::agents)
      add(out, key + ".target", fmt::format("{} is a fault of agents only", to_text(f.kind)));
    if (f.target != fault_target::agents && f.share.ppm != 0)
      add(out, key + ".share", "is for agents only; use count");
    if (f.target != fault_target::agents && !f.population.empty())
      add(out, key + ".population", "is for agents only");
    if (f.kind == fault_kind::kill && f.lasts != duration{})
      add(out, key + ".for", "a kill has no length; repeat it with every, or use pause");
    if (f.kind == fault_kind::pause && f.lasts == duration{})
      add(out, key + ".for", "a pause needs its length");
    if (f.repeats > 1 && f.every == duration{})
      add(out, key + ".repeats", "needs every");
    if (f.population.empty())
      continue;
    std::vector<std::string_view> names;
    for (const auto& p : c.populations)
      names.push_back(p.name);
    if (std::find(names.begin(), names.end(), f.population) == names.end())
      add(out, key + ".population", fmt::format("there is no population \"{}\"", f.population),
          std::string{nearest(f.population, names)});
  }
}

void check_filters(problems& out, const config& c) {
  std::vector<std::string_view> populations;
  for (const auto& p : c.populations)
    populations.push_back(p.name);
  for (const auto& e : c.expectations)
    for (const auto& f : e.filters) {
      std::span<const std::string_view> valid;
      if (f.label == "strategy")
        valid = names_of<bidding_strategy>;
      else if (f.label == "population")
        valid = populations;
      else if (f.label == "kind")
        valid = names_of<fault_kind>;
      else
        continue;
      if (std::find(valid.begin(), valid.end(), f.value) == valid.end())
        add(out, "expectations." + metric_text(e),
            fmt::format("there is no {} \"{}\"", f.label, f.value),
            std::string{nearest(f.value, valid)});
    }
}

} // namespace

std::vector<problem> check(const config& c) {
  problems out;
  check_populations(out, c);
  check_model(out, "clients.value", c.clients.value);
  check_model(out, "clients.budget", c.clients.budget);
  check_model(out, "clients.patience", c.clients.patience);
  if (may_be_zero(c.clients.value) && c.clients.value_fixed.is_zero() &&
      c.clients.value.kind == distribution::constant)
    add(out, "clients.value", "tasks without value are never awarded");
  if (c.clients.balance < c.economy.existential_deposit)
    add(out, "clients.balance", "must be at least economy.existential_deposit");
  check_workload(out, c);
  for (const auto& [name, link] : {std::pair{"client", &c.network.client},
                                   {"agent", &c.network.agent},
                                   {"ledger", &c.network.ledger},
                                   {"shard", &c.network.shard}})
    check_model(out, fmt::format("network.{}.latency", name), link->latency);
  check_faults(out, c);
  check_filters(out, c);
  return out;
}

} // namespace ainur::scenario
