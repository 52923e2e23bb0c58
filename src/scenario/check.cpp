// What no single key of a scenario can tell.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "ainur/base/nearest.hpp"
#include "ainur/ledger/genesis.hpp"
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

/// No draw is less.
template <class T>
T least_of(const model<T>& m) {
  return m.kind == distribution::constant ? m.value : m.min;
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

void check_stake(problems& out, const std::string& key, const amount_model& m, amount min,
                 std::string_view who) {
  check_model(out, key, m);
  const bool is_constant = m.kind == distribution::constant;
  if (least_of(m) < min)
    add(out, is_constant ? key : key + ".min",
        fmt::format("must be at least {}: less is no stake of a {}", to_string(min), who));
}

void check_validators(problems& out, const config& c) {
  const auto& v = c.validators;
  const ledger::staking_parameters rules;
  check_stake(out, "validators.stake", v.stake, rules.validator_stake_min, "validator");
  check_stake(out, "validators.nomination", v.nomination, rules.nominator_stake_min, "nominator");
  if (v.seats > v.count)
    add(out, "validators.seats", fmt::format("is more than there are validators ({})", v.count));
  if (v.nominators != 0 && v.count == 0)
    add(out, "validators.nominators", "there are no validators to back: set validators.count");
  if (v.empty_interval != duration{} && v.empty_interval < std::chrono::milliseconds{1})
    add(out, "validators.empty_interval", "must be 0, or at least 1ms");
}

/// What a kind of fault can hit.
struct reach {
  bool agents = false;
  bool validators = false;
  bool others = false;

  [[nodiscard]] bool holds(fault_target t) const {
    return t == fault_target::agents ? agents : t == fault_target::validators ? validators : others;
  }

  /// Of what does not hit everything.
  [[nodiscard]] std::string_view text() const {
    return !validators ? "agents" : agents ? "agents and validators" : "validators";
  }
};

reach reach_of(fault_kind kind) {
  switch (kind) {
  case fault_kind::kill:
  case fault_kind::pause:
    return {.agents = true, .validators = true, .others = true};
  case fault_kind::silent:
    return {.agents = true, .validators = true};
  case fault_kind::late:
  case fault_kind::false_result:
  case fault_kind::false_bid:
  case fault_kind::bypass:
    return {.agents = true};
  case fault_kind::partition:
  case fault_kind::clock_skew:
  case fault_kind::slow_disk:
  case fault_kind::equivocating_proposer:
  case fault_kind::equivocating_voter:
  case fault_kind::amnesia:
  case fault_kind::stale_view:
  case fault_kind::bad_signatures:
  case fault_kind::withheld_proposal:
  case fault_kind::flooding:
    return {.validators = true};
  }
  return {};
}

void check_target(problems& out, const config& c, const std::string& key, const fault& f) {
  const auto can_hit = reach_of(f.kind);
  const bool validators = f.target == fault_target::validators;
  if (!can_hit.holds(f.target))
    add(out, key + ".target",
        fmt::format("{} is a fault of {} only", to_text(f.kind), can_hit.text()),
        can_hit.agents ? "" : "validators");
  else if (validators && c.validators.count == 0)
    add(out, key + ".target", "there are no validators: set validators.count");
  else if (validators && f.count > c.validators.count)
    add(out, key + ".count",
        fmt::format("is more than there are validators ({})", c.validators.count));
  if (f.target != fault_target::agents && f.share.ppm != 0)
    add(out, key + ".share", "is for agents only; use count");
  if (f.target != fault_target::agents && !f.population.empty())
    add(out, key + ".population", "is for agents only");
  if (f.population.empty())
    return;
  std::vector<std::string_view> names;
  for (const auto& p : c.populations)
    names.push_back(p.name);
  if (std::find(names.begin(), names.end(), f.population) == names.end())
    add(out, key + ".population", fmt::format("there is no population \"{}\"", f.population),
        std::string{nearest(f.population, names)});
}

void check_fault(problems& out, const config& c, const std::string& key, const fault& f) {
  const bool validators = f.target == fault_target::validators;
  if (c.clock == clock_kind::real_time && f.kind == fault_kind::pause)
    add(out, key + ".kind", "pause needs clock = \"virtual\": on the real clock use kill");
  else if (c.clock == clock_kind::real_time && validators && f.kind != fault_kind::kill)
    add(out, key + ".kind",
        fmt::format("{} of validators needs clock = \"virtual\": on the real clock use kill",
                    to_text(f.kind)));
  check_target(out, c, key, f);
  if (f.kind == fault_kind::kill && !validators && f.lasts != duration{})
    add(out, key + ".for", "a kill has no length; repeat it with every, or use pause");
  if ((f.kind == fault_kind::pause || f.kind == fault_kind::partition) && f.lasts == duration{})
    add(out, key + ".for", fmt::format("a {} needs its length", to_text(f.kind)));
  // The default is that of agents who are late: no clock or disk is meant to be so far off.
  const auto delay_end = fault{}.delay;
  if ((f.kind == fault_kind::clock_skew || f.kind == fault_kind::slow_disk) &&
      (f.delay <= duration{} || f.delay >= delay_end))
    add(out, key + ".delay",
        fmt::format("{} needs its delay, less than {}", to_text(f.kind),
                    ainur::to_string(delay_end)));
  if (f.repeats > 1 && f.every == duration{})
    add(out, key + ".repeats", "needs every");
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
  if (c.clients.value.kind == distribution::constant && c.clients.value.value.is_zero() &&
      c.clients.value_fixed.is_zero())
    add(out, "clients.value", "tasks without value are never awarded");
  if (c.clients.balance < c.economy.existential_deposit)
    add(out, "clients.balance", "must be at least economy.existential_deposit");
  check_workload(out, c);
  for (const auto& [name, link] : {std::pair{"client", &c.network.client},
                                   {"agent", &c.network.agent},
                                   {"ledger", &c.network.ledger},
                                   {"shard", &c.network.shard},
                                   {"validator", &c.network.validator}})
    check_model(out, fmt::format("network.{}.latency", name), link->latency);
  check_validators(out, c);
  for (std::size_t i = 0; i < c.faults.size(); ++i)
    check_fault(out, c, fmt::format("fault[{}]", i), c.faults[i]);
  check_filters(out, c);
  return out;
}

} // namespace ainur::scenario
