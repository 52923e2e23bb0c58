// The recorder of a run: turns what actors tell into the observations and trace events of room
// scenario, votes for the simulated arbiters, and writes acknowledgements.
#include <algorithm>
#include <set>

#include "ainur/ledger/event.hpp"
#include "ainur/orchestration/ledger_terms.hpp"
#include "patience.hpp"
#include "scenario_actors.hpp"

namespace ainur {

namespace {

/// What is remembered of a task until its end.
struct open_task {
  orchestration::task_ptr task;
  instant submitted{};
  std::uint32_t capability = 0;
  std::optional<std::uint32_t> first_agent;
  instant awarded{};
  instant delivered{};
  std::map<std::pair<std::uint32_t, std::uint16_t>, amount> asks;    // of (agent, subtask)
  std::set<std::pair<market::call_number, std::uint32_t>> corrected; // bids, by agent
  std::map<std::uint16_t, hash256> results;
};

struct recorder_state {
  environment world;
  std::shared_ptr<run_record> record;
  std::shared_ptr<const registry> roles;
  std::unordered_map<task_id, open_task> open;
  instant next_totals{};
  duration totals_interval{60'000'000};
  bool totals_asked = false;
  std::int64_t scores = 0; // sum over bonded agents
  std::int64_t bonded = 0;
  static inline const char* name = "ainur.recorder";
};

using self_type = recorder_actor::stateful_pointer<recorder_state>;
namespace tr = scenario::trace;

std::uint32_t agent_index(const recorder_state& s, const account_id& agent) {
  const auto at = s.record->plan->agent_of.find(agent);
  return at == s.record->plan->agent_of.end() ? ~std::uint32_t{0} : at->second;
}

scenario::labels labels_of(const recorder_state& s, const open_task* t,
                           std::optional<std::uint32_t> agent) {
  scenario::labels who;
  if (t != nullptr)
    who.capability = t->capability;
  if (agent && *agent < s.record->plan->population.agents.size()) {
    const auto& spec = s.record->plan->population.agents[*agent];
    who.population = spec.population;
    who.strategy = spec.strategy;
  }
  return who;
}

void trace(recorder_state& s, instant at, const tr::event& e) {
  auto& r = *s.record;
  r.trace.add(at, e);
  if (r.trace_out.is_open() && r.trace.count() % 1024 == 0)
    r.trace_out << r.trace.take_lines();
}

open_task* find(recorder_state& s, const task_id& id) {
  const auto at = s.open.find(id);
  return at == s.open.end() ? nullptr : &at->second;
}

void take_submitted(recorder_state& s, const msg::task_submitted& m) {
  const auto& plan = *s.record->plan;
  const auto& r = plan.workload.requests[m.request];
  s.open.emplace(m.task->id,
                 open_task{.task = m.task, .submitted = m.at, .capability = r.capability});
  s.record->collector.add(scenario::task_submitted{m.at, {.capability = r.capability}});
  trace(s, m.at,
        tr::submitted{m.task->id, plan.client_index(r), m.task->subtasks[0].capability,
                      static_cast<std::uint16_t>(m.task->subtasks.size()), m.task->budget, r.work});
}

std::string_view to_text(market::price_source source) {
  switch (source) {
  case market::price_source::reserve:
    return "reserve";
  case market::price_source::runner_up:
    return "second ask";
  case market::price_source::own_bid:
    return "its own ask";
  case market::price_source::posted:
    return "posted price";
  }
  return "unknown";
}

void take_note(recorder_state& s, const orchestration::outputs::note& n, instant at) {
  using kind = orchestration::outputs::note::kind;
  auto* t = find(s, n.task);
  switch (n.what) {
  case kind::opened:
    return trace(s, at, tr::taken_in{n.task, static_cast<std::uint32_t>(n.count)});
  case kind::called: {
    tr::asked e{n.task, n.subtask, {}, n.price};
    for (const auto& [agent, none] : n.bids)
      e.agents.push_back(agent_index(s, agent));
    return trace(s, at, std::move(e));
  }
  case kind::decided: {
    for (const auto& [agent, price] : n.bids) {
      const auto index = agent_index(s, agent);
      const bool corrected = t != nullptr && t->corrected.contains({n.call, index});
      trace(s, at, tr::bid{n.task, n.subtask, index, price, corrected});
      if (t != nullptr && agent == n.agent)
        t->asks[{index, n.subtask}] = price;
    }
    return;
  }
  case kind::awarded: {
    const auto index = agent_index(s, n.agent);
    amount ask = n.price;
    if (t != nullptr) {
      if (!t->first_agent) {
        t->first_agent = index;
        t->awarded = at;
      }
      if (const auto known = t->asks.find({index, n.subtask}); known != t->asks.end())
        ask = known->second;
    }
    return trace(s, at,
                 tr::awarded{n.task, n.subtask, index, ask, n.price, n.work,
                             std::string{to_text(n.priced_by)}});
  }
  case kind::delivered:
    if (t != nullptr)
      t->delivered = at;
    return trace(s, at, tr::result_posted{n.task, n.subtask, agent_index(s, n.agent)});
  case kind::judged:
    return;
  }
}

void take_report(recorder_state& s, const msg::guard_report& m) {
  auto& c = s.record->collector;
  c.add(scenario::messages_sent{
      m.at,
      {.calls = m.calls, .guard_hops = m.hops, .bids = m.bids, .total = m.calls * 2 + m.hops}});
  c.add(scenario::safety_judged{
      .at = m.at, .verdict = scenario::safety_result::passed, .count = m.passed});
  for (const auto& v : m.verdicts) {
    const auto index = agent_index(s, v.agent);
    auto* t = find(s, v.task);
    c.add(scenario::safety_judged{.at = v.at,
                                  .verdict = v.corrected ? scenario::safety_result::corrected
                                                         : scenario::safety_result::refused,
                                  .constraint = v.constraint,
                                  .who = labels_of(s, t, index)});
    if (!v.corrected) {
      trace(s, v.at, tr::refused{v.task, v.subtask, index, v.constraint});
      continue;
    }
    if (t != nullptr)
      t->corrected.emplace(v.call, index);
    trace(s, v.at,
          tr::corrected{v.task, v.subtask, index, v.constraint, v.asked_price, v.asked_work,
                        v.price, v.work});
  }
}

std::int64_t profit_of(const recorder_state& s, const ledger::event::outcome& o, const open_task* t,
                       std::uint32_t agent) {
  const auto& agents = s.record->plan->population.agents;
  if (o.kind == ledger::outcome_kind::void_ || t == nullptr || agent >= agents.size())
    return 0;
  const auto& spec = agents[agent];
  const auto& population = s.record->plan->config.populations[spec.population];
  const auto work = t->task->subtasks[o.subtask].work;
  const auto cost = spec.cost.times(static_cast<std::uint64_t>(work.count()), 1'000'000)
                        .saturating_plus(population.cost_fixed);
  return static_cast<std::int64_t>(o.paid.micro()) - static_cast<std::int64_t>(cost.micro()) -
         static_cast<std::int64_t>(o.slashed.micro());
}

void take_outcome(recorder_state& s, const ledger::event::outcome& o, instant at) {
  auto* t = find(s, o.task);
  const auto index = agent_index(s, o.agent);
  s.scores += std::int64_t{o.score_after} - std::int64_t{o.score_before};
  const auto outcome = o.kind == ledger::outcome_kind::success   ? scenario::award_outcome::success
                       : o.kind == ledger::outcome_kind::failure ? scenario::award_outcome::failure
                                                                 : scenario::award_outcome::voided;
  const auto cause = market::to_string(orchestration::cause_of(o.cause));
  s.record->collector.add(scenario::award_ended{.submitted = t != nullptr ? t->submitted : at,
                                                .at = at,
                                                .outcome = outcome,
                                                .cause = cause,
                                                .who = labels_of(s, t, index),
                                                .price = o.paid,
                                                .profit = profit_of(s, o, t, index)});
  trace(s, at, tr::ended{o.task, o.subtask, index, outcome, std::string{cause}, o.paid});
}

/// Simulated arbiters look at the result and vote as it is.
void vote(self_type self, const ledger::event::arbiters_drawn& d) {
  auto& s = self->state;
  const auto* t = find(s, d.task);
  if (t == nullptr)
    return;
  const auto posted = t->results.find(d.subtask);
  const bool good =
      posted != t->results.end() && posted->second == market::expected_digest(d.task, d.subtask);
  msg::ledger_calls m{recorder_number, {}};
  for (const auto& arbiter : d.arbiters) {
    const auto index = agent_index(s, arbiter);
    if (index != ~std::uint32_t{0})
      m.calls.push_back(
          {0, {arbiter, first_agent_index + index, ledger::vote_dispute{d.task, d.subtask, good}}});
  }
  if (const auto ledger = s.roles->get<ledger_actor>(role::ledger))
    self->send(ledger, std::move(m));
}

void take_event(self_type self, const ledger::event::any& event, instant at) {
  auto& s = self->state;
  auto& c = s.record->collector;
  if (const auto* opened = std::get_if<ledger::event::task_opened>(&event)) {
    if (s.record->acks)
      s.record->acks->submitted(opened->task);
  } else if (const auto* ended = std::get_if<ledger::event::task_final>(&event)) {
    if (s.record->acks)
      s.record->acks->ended(ended->task, orchestration::final_state_of(ended->final_state),
                            ended->paid);
  } else if (const auto* posted = std::get_if<ledger::event::result_posted>(&event)) {
    if (auto* t = find(s, posted->task))
      t->results[posted->subtask] = posted->result;
  } else if (const auto* outcome = std::get_if<ledger::event::outcome>(&event)) {
    take_outcome(s, *outcome, at);
  } else if (const auto* drawn = std::get_if<ledger::event::arbiters_drawn>(&event)) {
    const auto* t = find(s, drawn->task);
    if (drawn->round == 1)
      c.add(scenario::dispute_changed{at, scenario::dispute_step::opened,
                                      labels_of(s, t, agent_index(s, drawn->agent))});
    trace(s, at,
          tr::disputed{drawn->task, drawn->subtask, drawn->round == 1 ? "opened" : "drawn again"});
    vote(self, *drawn);
  } else if (const auto* ruled = std::get_if<ledger::event::dispute_ruled>(&event)) {
    const auto* t = find(s, ruled->task);
    c.add(scenario::dispute_changed{at, scenario::dispute_step::ruled,
                                    labels_of(s, t, std::nullopt)});
    trace(s, at,
          tr::disputed{ruled->task, ruled->subtask,
                       ruled->for_agent ? "ruled for the agent" : "ruled for the payer"});
  } else if (const auto* silent = std::get_if<ledger::event::dispute_defaulted>(&event)) {
    c.add(scenario::dispute_changed{at, scenario::dispute_step::defaulted,
                                    labels_of(s, find(s, silent->task), std::nullopt)});
    trace(s, at, tr::disputed{silent->task, silent->subtask, "defaulted"});
  }
}

/// Agents are named by their index, as everywhere in the trace.
void take_restart(recorder_state& s, const msg::host_restarted& m) {
  const bool is_agent = !m.agent.is_none();
  trace(s, s.world.now(),
        tr::restarted{is_agent ? m.role + "/" + std::to_string(agent_index(s, m.agent)) : m.role});
}

void ask_totals(self_type self, instant at) {
  auto& s = self->state;
  if (at < s.next_totals || s.totals_asked)
    return;
  const auto ledger = s.roles->get<ledger_actor>(role::ledger);
  if (!ledger)
    return;
  s.totals_asked = true;
  s.next_totals = at + s.totals_interval;
  self->request(ledger, patience_of(s.world), msg::ask_totals{})
      .then(
          [self](const msg::totals& t) {
            auto& st = self->state;
            st.totals_asked = false;
            if (st.bonded > 0)
              st.record->reputation_mean =
                  static_cast<std::uint64_t>(std::max<std::int64_t>(st.scores / st.bonded, 0));
            st.record->collector.add(
                scenario::ledger_observed{.at = st.world.now(),
                                          .totals = totals_of(t),
                                          .reputation_mean = st.record->reputation_mean});
          },
          [self](const caf::error&) { self->state.totals_asked = false; });
}

void take_block(self_type self, const ledger::published& b) {
  auto& s = self->state;
  const auto at = s.world.now();
  trace(s, at, tr::block_cut{b.height, static_cast<std::uint32_t>(b.answers.size()), b.block_hash});
  s.record->collector.add(
      scenario::messages_sent{at, {.total = b.answers.size() + 1}}); // calls, and the block itself
  for (const auto& event : b.events)
    take_event(self, event, at);
  if (s.record->acks)
    s.record->acks->flush();
  ask_totals(self, at);
}

void take_end(recorder_state& s, const orchestration::task_end& e) {
  const auto node = s.open.extract(e.task->id);
  const auto at = s.world.now();
  if (node.empty()) { // taken in by an earlier life of this run
    trace(s, at,
          tr::finished{e.task->id, static_cast<scenario::final_state>(e.state), e.paid,
                       std::string{market::to_string(e.why)}});
    s.record->plan->finished.fetch_add(1);
    return;
  }
  const auto& t = node.mapped();
  scenario::task_final f{.submitted = t.submitted, .at = at};
  f.state = static_cast<scenario::final_state>(e.state);
  f.who = labels_of(s, &t, t.first_agent);
  f.paid = e.paid;
  f.budget = e.task->budget;
  const auto set = [&f](scenario::stage stage, duration took) {
    f.stages[static_cast<std::size_t>(stage)] = took;
  };
  if (e.state != market::final_state::rejected) {
    set(scenario::stage::submission, e.submission);
    set(scenario::stage::discovery, e.discovery);
  }
  if (e.awarded)
    set(scenario::stage::auction, e.auction);
  if (t.awarded != instant{} && t.delivered > t.awarded)
    set(scenario::stage::execution, t.delivered - t.awarded);
  if (e.settled)
    set(scenario::stage::settlement, e.settlement);
  set(scenario::stage::total, at - t.submitted);
  s.record->collector.add(f);
  trace(s, at, tr::finished{e.task->id, f.state, e.paid, std::string{market::to_string(e.why)}});
  s.record->plan->finished.fetch_add(1);
}

} // namespace

scenario::ledger_totals totals_of(const msg::totals& t) {
  return {.height = t.height,
          .issuance = t.sums.issuance,
          .accounts = t.sums.accounts,
          .escrow = t.sums.escrow,
          .stake = t.sums.bonded,
          .treasury = t.sums.treasury,
          .conserved = t.conserved,
          .state_hash = t.state_hash};
}

run_record::run_record(run_plan_ptr p)
    : plan(std::move(p)),
      collector(plan->config, plan->population.capabilities,
                plan->workload.requests.empty() ? duration{} : plan->workload.requests.back().at),
      trace(!plan->trace_file.empty()) {}

static recorder_actor::behavior_type behavior(self_type self, environment world,
                                              std::shared_ptr<run_record> record,
                                              std::shared_ptr<const registry> roles) {
  auto& s = self->state;
  s.world = std::move(world);
  s.record = std::move(record);
  s.roles = std::move(roles);
  for (const auto& a : s.record->plan->population.agents)
    if (!s.record->plan->config.populations[a.population].bond.is_zero()) {
      ++s.bonded;
      s.scores += ledger::parameters{}.reputation_start;
    }
  const auto& requests = s.record->plan->workload.requests;
  if (!requests.empty())
    s.totals_interval = std::max(requests.back().at / 200, duration{1'000'000});
  return {
      [self](const msg::task_submitted& m) { take_submitted(self->state, m); },
      [self](const msg::recorded_notes& m) {
        for (const auto& n : m.notes)
          take_note(self->state, n, m.at);
      },
      [self](const msg::guard_report& m) { take_report(self->state, m); },
      [self](const msg::bypass_seen& m) {
        auto& st = self->state;
        st.record->collector.add(
            scenario::safety_judged{.at = m.at,
                                    .verdict = scenario::safety_result::bypass,
                                    .who = labels_of(st, nullptr, agent_index(st, m.agent))});
      },
      [self](const msg::fault_seen& m) {
        auto& st = self->state;
        const auto kind = static_cast<scenario::fault_kind>(m.kind);
        for (const auto index : m.hit)
          trace(st, m.at, tr::faulted{kind, static_cast<scenario::fault_target>(m.target), index});
        st.record->collector.add(scenario::fault_injected{m.at, kind, m.hit.size()});
      },
      [self](const msg::tasks_moved& m) {
        for (const auto& one : m.moves)
          trace(self->state, m.at, tr::moved{one.task, one.from, one.to});
      },
      [self](const msg::host_restarted& m) { take_restart(self->state, m); },
      [self](const msg::task_news& m) {
        for (const auto& e : m.ends)
          take_end(self->state, e);
      },
      [self](const msg::block& m) { take_block(self, *m.content); },
  };
}

caf::actor spawn_recorder(caf::local_actor& parent, environment world,
                          std::shared_ptr<run_record> record,
                          std::shared_ptr<const registry> roles) {
  return caf::actor_cast<caf::actor>(
      parent.spawn(behavior, std::move(world), std::move(record), std::move(roles)));
}

} // namespace ainur
