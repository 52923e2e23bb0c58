#include "faults.hpp"

#include <algorithm>
#include <thread>

namespace ainur {

agent_place place_of(std::uint32_t index, std::uint32_t group_size) noexcept {
  return {index / group_size, index % group_size};
}

fault_line::fault_line(const scenario::config& config, std::uint64_t seed)
    : faults_(config.faults), random_(rng{seed}.split("faults")) {
  for (std::uint32_t i = 0; i < faults_.size(); ++i) {
    const auto& f = faults_[i];
    const auto turns = f.every > duration::zero() ? std::max<std::uint64_t>(f.repeats, 1) : 1;
    for (std::uint32_t turn = 0; turn < turns; ++turn)
      events_.push_back({instant{f.at + f.every * turn}, i, turn});
  }
  std::stable_sort(events_.begin(), events_.end(),
                   [](const event& a, const event& b) { return a.at > b.at; });
}

std::optional<instant> fault_line::next() const {
  if (events_.empty())
    return std::nullopt;
  return events_.back().at;
}

void fault_line::skip_to(instant now) {
  while (!events_.empty() && events_.back().at < now)
    events_.pop_back();
}

void fault_line::apply_due(instant now, market_host& market, const run_plan& plan) {
  while (!events_.empty() && events_.back().at <= now) {
    const auto e = events_.back();
    events_.pop_back();
    apply(e, now, market, plan);
  }
}

std::vector<std::uint32_t> fault_line::apply_to_agents(const scenario::fault& f, const event& e,
                                                       instant now, market_host& market,
                                                       const run_plan& plan) {
  std::vector<std::uint32_t> chosen;
  for (std::uint32_t i = 0; i < plan.population.agents.size(); ++i)
    if (f.population.empty() ||
        plan.config.populations[plan.population.agents[i].population].name == f.population)
      chosen.push_back(i);
  auto random = random_.split("agents", std::uint64_t{e.index} << 32 | e.turn);
  random.shuffle(std::span{chosen});
  const auto count = f.share.ppm > 0 ? chosen.size() * f.share.ppm / scenario::ratio::one : f.count;
  chosen.resize(std::min<std::size_t>(chosen.size(), count));
  std::sort(chosen.begin(), chosen.end());
  const auto until = f.lasts > duration::zero() ? now + f.lasts : instant::max();
  const auto size = group_size_of(plan.config);
  for (const auto index : chosen) {
    const auto [guard, slot] = place_of(index, size);
    const auto agent = market.find_agent(guard, slot);
    if (!agent)
      continue;
    auto& m = misbehaving_[index];
    switch (f.kind) {
    case scenario::fault_kind::kill:
      (void)market.kill_agent(guard, slot);
      misbehaving_.erase(index);
      continue;
    case scenario::fault_kind::pause:
      if (auto* driver = market.driver())
        driver->pause(caf::actor_cast<caf::actor>(agent), until);
      continue;
    case scenario::fault_kind::silent:
      m.silent_until = until;
      break;
    case scenario::fault_kind::late:
      m.late_until = until;
      m.late_by = f.delay;
      break;
    case scenario::fault_kind::false_result:
      m.false_result_until = until;
      break;
    case scenario::fault_kind::false_bid:
      m.false_bid_until = until;
      break;
    case scenario::fault_kind::bypass:
      m.bypass_until = until;
      break;
    case scenario::fault_kind::partition:
    case scenario::fault_kind::clock_skew:
    case scenario::fault_kind::slow_disk:
    case scenario::fault_kind::equivocating_proposer:
    case scenario::fault_kind::equivocating_voter:
    case scenario::fault_kind::amnesia:
    case scenario::fault_kind::stale_view:
    case scenario::fault_kind::bad_signatures:
    case scenario::fault_kind::withheld_proposal:
    case scenario::fault_kind::flooding:
      continue; // of validators
    }
    caf::anon_send(agent, msg::misbehave{m, market.roles()->get<orchestrator_actor>(
                                                role::orchestrator_of(0))});
  }
  return chosen;
}

namespace {

std::optional<consensus::behaviour> behaviour_of(scenario::fault_kind kind) {
  using consensus::behaviour;
  using scenario::fault_kind;
  switch (kind) {
  case fault_kind::silent:
    return behaviour::silent;
  case fault_kind::equivocating_proposer:
    return behaviour::equivocating_proposer;
  case fault_kind::equivocating_voter:
    return behaviour::equivocating_voter;
  case fault_kind::amnesia:
    return behaviour::amnesia;
  case fault_kind::stale_view:
    return behaviour::stale_view;
  case fault_kind::bad_signatures:
    return behaviour::bad_signatures;
  case fault_kind::withheld_proposal:
    return behaviour::withheld_proposal;
  case fault_kind::flooding:
    return behaviour::flooding;
  default:
    return std::nullopt;
  }
}

} // namespace

/// Byzantine faults strike validators that were honest so far, as long as there are any; other
/// faults strike honest ones first, too.
std::vector<std::uint32_t> fault_line::apply_to_validators(const scenario::fault& f, const event& e,
                                                           instant now, market_host& market) {
  using kind = msg::node_fault::kind_type;
  std::vector<std::uint32_t> chosen(market.options().validators->stakes.size());
  for (std::uint32_t i = 0; i < chosen.size(); ++i)
    chosen[i] = i;
  auto random = random_.split("validators", std::uint64_t{e.index} << 32 | e.turn);
  random.shuffle(std::span{chosen});
  std::stable_partition(chosen.begin(), chosen.end(),
                        [this](std::uint32_t i) { return !byzantine_.contains(i); });
  chosen.resize(std::min<std::size_t>(chosen.size(), f.count));
  std::sort(chosen.begin(), chosen.end());
  const auto until = f.lasts > duration::zero() ? now + f.lasts : instant::max();
  if (f.kind == scenario::fault_kind::partition) {
    std::vector<std::uint32_t> endpoints;
    for (const auto i : chosen)
      endpoints.push_back(first_validator_endpoint + i);
    if (auto* links = market.world().links())
      links->cut_off(endpoints, until);
    return chosen;
  }
  const auto lie = behaviour_of(f.kind);
  for (const auto i : chosen) {
    if (lie) {
      byzantine_.insert(i);
      (void)market.befall_validator(i, {kind::misbehaves, *lie, {}, until});
    } else if (f.kind == scenario::fault_kind::clock_skew) {
      (void)market.befall_validator(i, {kind::clock_skew, {}, f.delay, until});
    } else if (f.kind == scenario::fault_kind::slow_disk) {
      (void)market.befall_validator(i, {kind::slow_disk, {}, f.delay, until});
    } else if (f.kind == scenario::fault_kind::pause) {
      if (auto* driver = market.driver())
        driver->pause(market.roles()->get<caf::actor>(role::validator_of(i)), until);
    } else if (f.lasts > duration::zero()) {
      (void)market.befall_validator(i, {kind::down, {}, {}, until});
    } else {
      (void)market.kill(role::validator_of(i));
    }
  }
  return chosen;
}

void fault_line::apply(const event& e, instant now, market_host& market, const run_plan& plan) {
  const auto& f = faults_[e.index];
  std::vector<std::uint32_t> hit;
  if (f.target == scenario::fault_target::agents) {
    hit = apply_to_agents(f, e, now, market, plan);
  } else if (f.target == scenario::fault_target::validators) {
    if (market.options().validators)
      hit = apply_to_validators(f, e, now, market);
  } else {
    std::vector<std::string> roles;
    switch (f.target) {
    case scenario::fault_target::supervisor:
      for (std::uint32_t i = 0; i < market.groups(); ++i)
        roles.push_back("group/" + std::to_string(i));
      break;
    case scenario::fault_target::orchestrator:
      for (std::uint32_t i = 0; i < market.options().orchestrators; ++i)
        roles.push_back(role::orchestrator_of(i));
      break;
    case scenario::fault_target::shard:
      roles.push_back(role::shard);
      break;
    case scenario::fault_target::ledger:
      roles.push_back(role::ledger);
      break;
    case scenario::fault_target::reputation:
      roles.push_back(role::reputation);
      break;
    case scenario::fault_target::agents:
    case scenario::fault_target::validators:
      break;
    }
    auto random = random_.split("actors", std::uint64_t{e.index} << 32 | e.turn);
    random.shuffle(std::span{roles});
    roles.resize(std::min<std::size_t>(roles.size(), f.count));
    for (const auto& name : roles) {
      const auto target = market.roles()->get<caf::actor>(name);
      if (!target)
        continue;
      const auto digits = name.find_first_of("0123456789");
      const auto index = digits == std::string::npos
                             ? 0u
                             : static_cast<std::uint32_t>(std::stoul(name.substr(digits)));
      hit.push_back(index);
      if (f.kind == scenario::fault_kind::pause) {
        const auto until = f.lasts > duration::zero() ? now + f.lasts : instant::max();
        if (auto* driver = market.driver())
          driver->pause(target, until);
      } else {
        (void)market.kill(name);
      }
    }
  }
  market.world()
      .log(log_level::info, "faults", "fault_injected")
      .with("kind", scenario::to_text(f.kind))
      .with("target", scenario::to_text(f.target))
      .with("hit", hit.size());
  // The record belongs to the recorder's thread.
  if (const auto recorder = market.roles()->get<recorder_actor>(role::recorder))
    caf::anon_send(recorder,
                   msg::fault_seen{static_cast<std::uint8_t>(f.kind),
                                   static_cast<std::uint8_t>(f.target), std::move(hit), now});
}

} // namespace ainur
