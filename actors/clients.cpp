// The clients of a scenario: submit the workload at its times.
#include <algorithm>
#include <map>

#include "ainur/crypto/hash.hpp"
#include "ainur/market/pricing.hpp"
#include "ainur/orchestration/worker.hpp"
#include "scenario_actors.hpp"

namespace ainur {

using clients_actor = caf::typed_actor<
    // The next requests are due.
    accepts<msg::tick>,
    // A task has waited, or worked, for as long as its client bears.
    accepts<msg::cancel_task>,
    // What was paid, where reserves follow it.
    accepts<msg::task_news>>;

namespace {

struct clients_state {
  environment world;
  run_plan_ptr plan;
  std::shared_ptr<const registry> roles;
  account_id host;
  std::uint64_t next = 0;
  rng whims{0};
  std::map<std::string, market::mean_price> prices; // by capability; only if reserves follow them
  static inline const char* name = "ainur.clients";
};

using self_type = clients_actor::stateful_pointer<clients_state>;

market::verification judging(const scenario::config& c, rng& whims) {
  using enum scenario::verification_mode;
  switch (c.economy.verification) {
  case client:
    return whims.chance_ppm(c.clients.disputes.ppm) ? market::verification::digest
                                                    : market::verification::accept;
  case spot_check:
    return whims.chance_ppm(c.economy.spot_checks.ppm) ? market::verification::digest
                                                       : market::verification::accept;
  case paid_at_result:
    break;
  }
  return market::verification::accept;
}

/// The most that is paid for one of `subtasks` alike parts.
amount reserve_of(const clients_state& s, amount budget, const std::string& capability,
                  duration work, std::uint16_t subtasks) {
  const auto& c = s.plan->config.market;
  const amount part{budget.micro() / subtasks};
  auto base = part;
  if (c.reserve == scenario::reserve_rule::budget)
    return part;
  if (c.reserve == scenario::reserve_rule::mean_price) {
    const auto known = s.prices.find(capability);
    if (known == s.prices.end())
      return part; // nothing was ever paid for it
    base = known->second.of(work).value_or(part);
  }
  return std::min(part, base.times(c.reserve_factor.ppm, scenario::ratio::one));
}

void learn_prices(clients_state& s, const msg::task_news& news) {
  for (const auto& end : news.ends) {
    if (end.state != market::final_state::completed)
      continue;
    duration work{};
    for (const auto& part : end.task->subtasks)
      work += part.work;
    s.prices[end.task->subtasks.front().capability].learn(end.paid, work);
  }
}

orchestration::simulated_input input_of(const scenario::config& c, const scenario::request& r) {
  using ending = orchestration::simulated_input::ending;
  if (c.workload.outcomes == scenario::outcome_source::drawn)
    return {};
  if (r.outcome == scenario::recorded_outcome::failure)
    return {ending::failure};
  return {r.outcome == scenario::recorded_outcome::success ? ending::success : ending::drawn};
}

struct made_task {
  orchestration::submission submission;
  std::optional<duration> cancel_after;
};

made_task make_task(clients_state& s, std::uint64_t index, instant now) {
  const auto& plan = *s.plan;
  const auto& c = plan.config;
  const auto& r = plan.workload.requests[index];
  const auto terms = scenario::terms_of(c, r, index);
  const auto client = plan.client_index(r);
  auto whims = s.whims.split("request", index);
  const auto utc = s.world.to_utc(now);
  auto t = std::make_shared<market::task>();
  t->client = crypto::hosted_account(s.host, first_client_index + client);
  t->id = crypto::task_id_of(t->client, index);
  t->budget = terms.budget;
  t->value_per_second = c.clients.time_value;
  t->deadline = utc + terms.deadline;
  t->award_by = std::min(t->deadline, utc + c.market.award_window);
  if (terms.patience > duration::zero())
    t->award_by = std::min(t->award_by, utc + terms.patience);
  t->reputation_min = static_cast<std::uint16_t>(c.economy.reputation_min);
  t->judged_by = judging(c, whims);
  const auto& capability = plan.population.capabilities[r.capability];
  for (std::uint16_t i = 0; i < r.subtasks; ++i) {
    market::subtask part{.capability = capability,
                         .work = r.work,
                         .reserve = reserve_of(s, terms.budget, capability, r.work, r.subtasks),
                         .input = codec::encode(input_of(c, r))};
    if (i > 0 && c.workload.synthetic.graph == scenario::subtask_graph::chain)
      part.needs = {static_cast<std::uint16_t>(i - 1)};
    t->subtasks.push_back(std::move(part));
  }
  made_task made;
  made.submission = {.task = t,
                     .client_index = first_client_index + client,
                     .disputes_falsely = whims.chance_ppm(c.clients.false_disputes.ppm),
                     .stays_silent = whims.chance_ppm(c.clients.silent.ppm),
                     .submitted = now};
  if (c.workload.outcomes == scenario::outcome_source::recorded &&
      r.outcome == scenario::recorded_outcome::cancelled)
    made.cancel_after = std::max(r.work / 2, duration{1});
  return made;
}

void submit_due(self_type self) {
  auto& s = self->state;
  const auto& requests = s.plan->workload.requests;
  const auto now = s.world.now();
  while (s.next < requests.size() && !s.plan->stop_submitting &&
         instant{requests[s.next].at} <= now) {
    auto made = make_task(s, s.next, now);
    const auto node = s.roles->get<node_actor>(role::node);
    if (!node) // it restarts: the client tries again
      return self->delayed_send(self, duration{10'000}, msg::tick{});
    if (made.cancel_after)
      self->delayed_send(self, *made.cancel_after, msg::cancel_task{made.submission.task->id});
    if (const auto recorder = s.roles->get<recorder_actor>(role::recorder))
      self->send(recorder, msg::task_submitted{made.submission.task, s.next, now});
    post_reliably(s.world, self, {client_endpoint, node_endpoint}, node,
                  msg::submit_task{std::move(made.submission), s.next});
    ++s.next;
    s.plan->submitted.fetch_add(1);
  }
  if (s.next < requests.size() && !s.plan->stop_submitting)
    self->delayed_send(self, std::max(instant{requests[s.next].at} - now, duration{1}),
                       msg::tick{});
}

} // namespace

static clients_actor::behavior_type behavior(self_type self, environment world, run_plan_ptr plan,
                                             std::shared_ptr<const registry> roles,
                                             account_id host) {
  auto& s = self->state;
  s.world = std::move(world);
  s.plan = std::move(plan);
  s.roles = std::move(roles);
  s.host = host;
  s.next = s.plan->first_request;
  s.whims = s.world.stream("clients");
  self->send(self, msg::tick{});
  return {
      [self](const msg::tick&) { submit_due(self); },
      [self](const msg::cancel_task& m) {
        if (const auto node = self->state.roles->get<node_actor>(role::node))
          self->send(node, m);
      },
      [self](const msg::task_news& m) { learn_prices(self->state, m); },
  };
}

caf::actor spawn_clients(caf::local_actor& parent, environment world, run_plan_ptr plan,
                         std::shared_ptr<const registry> roles, account_id host) {
  return caf::actor_cast<caf::actor>(
      parent.spawn(behavior, std::move(world), std::move(plan), std::move(roles), host));
}

} // namespace ainur
