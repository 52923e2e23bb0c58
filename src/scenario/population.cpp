#include "ainur/scenario/population.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <unordered_map>

#include <fmt/format.h>

#include "ainur/scenario/errc.hpp"
#include "ainur/scenario/schema.hpp"

namespace ainur::scenario {

namespace {

__extension__ using uint128 = unsigned __int128;

/// Capability sets, each stored once.
class set_table {
public:
  explicit set_table(population_plan& plan) : plan_(plan) { plan_.set_offsets.push_back(0); }

  std::uint32_t add(std::vector<std::uint32_t> members) {
    std::sort(members.begin(), members.end());
    const auto [at, fresh] =
        index_.try_emplace(members, static_cast<std::uint32_t>(plan_.set_offsets.size() - 1));
    if (fresh) {
      plan_.set_members.insert(plan_.set_members.end(), members.begin(), members.end());
      plan_.set_offsets.push_back(static_cast<std::uint32_t>(plan_.set_members.size()));
    }
    return at->second;
  }

private:
  population_plan& plan_;
  std::map<std::vector<std::uint32_t>, std::uint32_t> index_;
};

/// How much work the workload asks of each capability, for drawing by demand.
struct demand {
  std::vector<std::uint32_t> by_demand; ///< capabilities, the most wanted first
  std::vector<std::uint64_t> sums;      ///< running sums of demand, by capability

  explicit demand(const workload& w) {
    std::vector<std::uint64_t> weights(w.capabilities.size(), 1);
    for (const auto& r : w.requests)
      weights[r.capability] += 1 + static_cast<std::uint64_t>(micros(r.work)) / 1'000'000;
    by_demand.resize(weights.size());
    std::iota(by_demand.begin(), by_demand.end(), 0u);
    std::stable_sort(by_demand.begin(), by_demand.end(),
                     [&weights](auto a, auto b) { return weights[a] > weights[b]; });
    sums.resize(weights.size());
    std::partial_sum(weights.begin(), weights.end(), sums.begin());
  }

  std::uint32_t draw(rng& random) const {
    const auto at = std::upper_bound(sums.begin(), sums.end(), random.below(sums.back()));
    return static_cast<std::uint32_t>(at - sums.begin());
  }
};

/// `count` different ones of `from`, by a partial shuffle of a scratch copy.
std::vector<std::uint32_t> draw_some(std::vector<std::uint32_t> from, std::uint64_t count,
                                     rng& random) {
  count = std::min<std::uint64_t>(count, from.size());
  for (std::uint64_t i = 0; i < count; ++i)
    std::swap(from[i], from[i + random.below(from.size() - i)]);
  from.resize(count);
  return from;
}

/// By demand. The first agents of a group together cover all capabilities, the most wanted first.
std::vector<std::uint32_t> draw_wanted(const demand& d, std::uint64_t agent, std::uint64_t count,
                                       rng& random) {
  std::vector<std::uint32_t> out;
  count = std::min<std::uint64_t>(count, d.by_demand.size());
  const auto take = [&out](std::uint32_t c) {
    if (std::find(out.begin(), out.end(), c) == out.end())
      out.push_back(c);
  };
  take(agent < d.by_demand.size() ? d.by_demand[agent] : d.draw(random));
  for (std::uint64_t tries = 0; out.size() < count && tries < 8 * count; ++tries)
    take(d.draw(random));
  for (std::size_t i = 0; out.size() < count; ++i)
    take(d.by_demand[i]);
  return out;
}

std::uint32_t narrow(std::uint64_t x, std::uint64_t least, std::uint64_t most) {
  return static_cast<std::uint32_t>(std::clamp(x, least, most));
}

agent_spec draw_agent(const population& p, rng& random) {
  agent_spec a;
  a.cost = draw(p.cost, random);
  a.price = draw(p.price, random);
  a.speed_ppm = narrow(draw(p.speed, random).ppm, 1'000, std::numeric_limits<std::uint32_t>::max());
  a.reliability_ppm = narrow(draw(p.reliability, random).ppm, 0, ratio::one);
  a.capacity = narrow(draw(p.capacity, random), 1, 100'000);
  a.strategy = p.strategy;
  a.skill = p.skill;
  return a;
}

class drawer {
public:
  drawer(const config& c, const workload& w) : c_(c), w_(w), sets_(plan_), demand_(w) {
    plan_.capabilities = w.capabilities;
    for (std::uint32_t i = 0; i < plan_.capabilities.size(); ++i)
      index_.emplace(plan_.capabilities[i], i);
  }

  population_plan draw_all() {
    for (std::size_t i = 0; i < c_.populations.size(); ++i)
      draw_group(i);
    draw_clients();
    return std::move(plan_);
  }

private:
  std::vector<std::uint32_t> named(const std::vector<std::string>& names) {
    std::vector<std::uint32_t> out;
    for (const auto& n : names) {
      const auto [at, fresh] =
          index_.try_emplace(n, static_cast<std::uint32_t>(plan_.capabilities.size()));
      if (fresh)
        plan_.capabilities.push_back(n);
      if (std::find(out.begin(), out.end(), at->second) == out.end())
        out.push_back(at->second);
    }
    return out;
  }

  void draw_group(std::size_t number) {
    const auto& p = c_.populations[number];
    // Each group and purpose has a stream of its own, so that changing one leaves the others.
    const auto root = rng{c_.seed}.split("population").split(p.name);
    auto values = root.split("values");
    auto choices = root.split("capabilities");
    const auto own = named(p.capabilities);
    const bool wanted = p.capabilities_from == capability_source::workload && !demand_.sums.empty();
    const auto all = wanted ? 0 : sets_.add(own);
    const auto first_controller = plan_.controllers;
    for (std::uint64_t i = 0; i < p.count; ++i) {
      auto a = draw_agent(p, values);
      a.population = static_cast<std::uint16_t>(number);
      if (wanted)
        a.capability_set = sets_.add(draw_wanted(demand_, i, p.capabilities_drawn, choices));
      else if (p.capabilities_from == capability_source::drawn)
        a.capability_set = sets_.add(draw_some(own, p.capabilities_drawn, choices));
      else
        a.capability_set = all;
      a.controller =
          first_controller + static_cast<std::uint32_t>(p.operators == 0 ? i : i % p.operators);
      plan_.agents.push_back(a);
    }
    plan_.controllers += static_cast<std::uint32_t>(p.operators == 0 ? p.count : p.operators);
  }

  void draw_clients() {
    const auto count =
        c_.clients.count != 0 ? c_.clients.count : std::max<std::uint64_t>(1, w_.clients.size());
    for (std::uint64_t i = 0; i < count; ++i)
      plan_.clients.push_back({i < w_.clients.size() ? w_.clients[i] : fmt::format("client-{}", i),
                               c_.clients.balance});
  }

  const config& c_;
  const workload& w_;
  population_plan plan_;
  set_table sets_;
  demand demand_;
  std::unordered_map<std::string, std::uint32_t> index_;
};

std::uint64_t saturate(uint128 x) {
  return x > uint128{std::numeric_limits<std::int64_t>::max()}
             ? std::numeric_limits<std::int64_t>::max()
             : static_cast<std::uint64_t>(x);
}

} // namespace

std::vector<std::uint32_t> population_plan::unserved(const workload& w) const {
  std::vector<bool> served(capabilities.size(), false);
  for (const auto& a : agents)
    for (const auto c : capabilities_of(a))
      served[c] = true;
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < w.capabilities.size() && i < served.size(); ++i)
    if (!served[i])
      out.push_back(i);
  return out;
}

std::uint32_t group_size_of(const config& c) noexcept {
  // The guard is a child too.
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(c.runtime.supervisor_size, 1, 999));
}

result<population_plan> draw_population(const config& scenario, const workload& w) {
  std::uint64_t agents = 0;
  for (const auto& p : scenario.populations)
    agents += p.count;
  if (agents == 0 || agents > agents_max)
    return fail(errc::out_of_range,
                fmt::format("population: {} agents; 1 .. {} are possible", agents, agents_max));
  return drawer{scenario, w}.draw_all();
}

task_terms terms_of(const config& scenario, const request& r, std::uint64_t index) noexcept {
  const auto& c = scenario.clients;
  auto random = rng{scenario.seed}.split("terms", index);
  const auto work =
      static_cast<std::uint64_t>(micros(r.work)) * std::max<std::uint16_t>(1, r.subtasks);
  task_terms t;
  t.value = amount{
      saturate(uint128{draw(c.value, random).micro()} * work / 1'000'000 + c.value_fixed.micro())};
  t.budget = amount{saturate(uint128{t.value.micro()} * draw(c.budget, random).ppm / ratio::one)};
  t.patience = draw(c.patience, random);
  const auto slack = uint128{work} * c.deadline_factor.ppm / ratio::one;
  t.deadline = duration{static_cast<std::int64_t>(
      saturate(slack + static_cast<std::uint64_t>(micros(c.deadline_min))))};
  return t;
}

} // namespace ainur::scenario
