// The agent actor: carries calls and awards to orchestration::worker and its skill. A million of
// them may be idle, so what is only needed while working is made then.
#include <algorithm>

#include "market_actors.hpp"

namespace ainur {

namespace {

/// One award under way.
struct job {
  market::award award;
  orchestrator_actor orchestrator;
  guard_actor guard;
  orchestration::work_plan plan;
  instant begun{};
  bool time_over = false;       // the modelled duration has passed
  bool has_content = true;      // the skill has answered
  std::optional<bytes> content; // none: it failed
  cancel_token cancel;
};

} // namespace

struct agent_state {
  agent_setup setup;
  std::optional<orchestration::worker> core;
  std::vector<job> jobs;
  orchestrator_actor bypass_to;

  [[nodiscard]] const skill* does() const noexcept { return setup.agents->skill_of(setup.slot); }

  ~agent_state() {
    for (const auto& j : jobs)
      j.cancel.cancel(); // nobody waits for it any more
  }

  static inline const char* name = "ainur.agent";
};

namespace {

using self_type = agent_actor::stateful_pointer<agent_state>;

orchestration::worker& core_of(agent_state& s) {
  if (!s.core) {
    const auto& me = s.setup.agents->members[s.setup.slot];
    // The terms live in the group, which this shares.
    s.core.emplace(std::shared_ptr<const orchestration::worker_terms>{s.setup.agents, &me.terms},
                   me.seed);
  }
  return *s.core;
}

std::vector<job>::iterator find_job(agent_state& s, market::call_number call) {
  return std::find_if(s.jobs.begin(), s.jobs.end(),
                      [call](const job& j) { return j.award.call == call; });
}

void price(self_type self, const msg::price_request& m) {
  auto& s = self->state;
  auto& core = core_of(s);
  const auto now = s.setup.world.now();
  const auto* faults = core.faults_if_any();
  if (faults != nullptr && now < faults->bypass_until && s.bypass_to)
    self->send(s.bypass_to,
               msg::bypassing_bid{s.setup.agents->members[s.setup.slot].account, m.call->number});
  self->send(caf::actor_cast<guard_actor>(self->current_sender()),
             msg::offered{s.setup.slot, m.call->number,
                          core.consider(*m.call, s.setup.agents->rules, now)});
}

void deliver(self_type self, std::vector<job>::iterator at) {
  auto& s = self->state;
  auto j = std::move(*at);
  s.jobs.erase(at);
  core_of(s).end();
  market::delivery d{.call = j.award.call,
                     .task = j.award.task,
                     .subtask = j.award.subtask,
                     .agent = s.setup.agents->members[s.setup.slot].account,
                     .digest = j.plan.digest};
  if (s.does() != nullptr) {
    d.gave_up = !j.content || j.content->size() > s.setup.agents->result_size_max;
    if (!d.gave_up)
      d.digest = market::digest_of(j.award.task, j.award.subtask, *j.content);
  }
  d.gave_up = d.gave_up || j.plan.gives_up;
  if (!d.gave_up && j.content)
    d.content = std::move(*j.content);
  self->send(j.guard, msg::work_done{s.setup.slot, std::move(d), std::move(j.orchestrator)});
}

/// Delivers once both the skill and, on the virtual clock, its modelled duration are over.
void deliver_if_over(self_type self, market::call_number call) {
  auto& s = self->state;
  const auto at = find_job(s, call);
  if (at != s.jobs.end() && at->time_over && at->has_content)
    deliver(self, at);
}

/// Who works on what, for lines about a skill: they may come from any thread.
struct skill_log {
  environment world;
  account_id agent;
  task_id task;

  void threw(const char* what) const { tell(log_level::warn, "skill_threw", what); }

  void failed(const error& why) const { tell(log_level::debug, "skill_failed", why); }

  void tell(log_level level, const char* event, const auto& why) const {
    world.log(level, "agent", event).with("agent", agent).with("task", task).with("error", why);
  }
};

void start_skill(self_type self, job& j) {
  auto& s = self->state;
  const auto call = j.award.call;
  const work_order order{.task = j.award.task,
                         .subtask = j.award.subtask,
                         .capability = j.award.capability,
                         .input = std::move(j.award.input),
                         .finish_by = j.award.finish_by,
                         .cancel = j.cancel};
  const skill_log log{s.setup.world, s.setup.agents->members[s.setup.slot].account, order.task};
  const auto take = [&j, &log](result<bytes> r) {
    if (r)
      j.content = std::move(*r);
    else
      log.failed(r.error());
  };
  const auto guarded = [log](const auto& run, const work_order& o) -> result<bytes> {
    try {
      return run(o);
    } catch (const std::exception& e) { // a host's function may throw: it failed, no more
      log.threw(e.what());
      return fail(base_errc::unsupported, e.what());
    } catch (...) {
      log.threw("not a standard exception");
      return fail(base_errc::unsupported, "the skill threw");
    }
  };
  const auto& how = s.does()->how;
  const auto* blocking = std::get_if<skill::blocking_work>(&how);
  if (const auto* quick = std::get_if<skill::inline_work>(&how))
    return take(guarded(quick->run, order));
  if (blocking != nullptr && s.setup.world.is_virtual())
    return take(guarded(blocking->run, order)); // threads would make every run another
  // The answer may come from any thread: it is a message, once.
  j.has_content = false;
  auto answer = [self_handle = caf::actor_cast<agent_actor>(self), call, log,
                 late = s.setup.agents->late,
                 once = std::make_shared<std::atomic<bool>>(false)](result<bytes> r) {
    if (once->exchange(true))
      return;
    auto tell = [self_handle, call, log, r = std::move(r)]() mutable {
      if (!r)
        log.failed(r.error());
      caf::anon_send(self_handle,
                     msg::skill_answered{call, r ? std::optional{std::move(*r)} : std::nullopt});
    };
    if (late == nullptr)
      return tell();
    late->add(std::move(tell));
  };
  if (blocking != nullptr) {
    const auto accepted = s.setup.pool->submit(
        [run = blocking->run, order, answer, guarded] { answer(guarded(run, order)); });
    if (!accepted) {
      log.tell(log_level::warn, "pool_full", "the pool of blocking skills takes no more");
      answer(fail(market::errc::busy, "the pool of blocking skills is full"));
    }
    return;
  }
  try {
    std::get<skill::async_work>(how).start(order, answer);
  } catch (const std::exception& e) {
    log.threw(e.what());
    answer(fail(base_errc::unsupported, e.what()));
  } catch (...) {
    log.threw("not a standard exception");
    answer(fail(base_errc::unsupported, "the skill threw"));
  }
}

void take(self_type self, msg::take_award& m) {
  auto& s = self->state;
  if (find_job(s, m.award.call) != s.jobs.end())
    return; // delivered twice
  const auto now = s.setup.world.now();
  job j{.award = std::move(m.award),
        .orchestrator = std::move(m.orchestrator),
        .guard = caf::actor_cast<guard_actor>(self->current_sender()),
        .begun = now};
  j.plan = core_of(s).begin(j.award, now);
  const auto call = j.award.call;
  const auto takes = j.plan.takes;
  const bool simulated = s.does() == nullptr;
  if (j.plan.silent) {
    core_of(s).end(); // it forgets the award: nobody hears of it again
    return;
  }
  j.time_over = !simulated && !s.setup.world.is_virtual();
  s.jobs.push_back(std::move(j));
  if (!simulated)
    start_skill(self, s.jobs.back());
  if (!s.jobs.back().time_over && takes <= duration::zero())
    s.jobs.back().time_over = true;
  if (!s.jobs.back().time_over)
    self->delayed_send(self, takes, msg::work_over{call});
  const auto heartbeat = s.setup.agents->heartbeat;
  if (heartbeat > duration::zero() && (takes > heartbeat || !s.jobs.back().has_content))
    self->delayed_send(self, heartbeat, msg::beat{call});
  deliver_if_over(self, call);
}

void stop(self_type self, market::call_number call) {
  auto& s = self->state;
  const auto at = find_job(s, call);
  if (at == s.jobs.end())
    return;
  at->cancel.cancel();
  s.jobs.erase(at);
  core_of(s).end();
}

} // namespace

static agent_actor::behavior_type behavior(self_type self, agent_setup setup) {
  self->state.setup = std::move(setup);
  return {
      [self](const msg::price_request& m) { price(self, m); },
      [self](msg::take_award& m) { take(self, m); },
      [self](const msg::stop_work& m) { stop(self, m.call); },
      [self](const msg::lost_call& m) { core_of(self->state).lost(m.call); },
      [self](const msg::settled& m) {
        core_of(self->state)
            .settled(m.what.call, m.what.success, m.what.price, m.what.slashed, m.what.work);
      },
      [self](const msg::new_guard& m) {
        for (auto& j : self->state.jobs)
          j.guard = m.guard;
      },
      [self](const msg::work_over& m) {
        const auto at = find_job(self->state, m.call);
        if (at == self->state.jobs.end())
          return; // stopped meanwhile
        at->time_over = true;
        deliver_if_over(self, m.call);
      },
      [self](msg::skill_answered& m) {
        const auto at = find_job(self->state, m.call);
        if (at == self->state.jobs.end())
          return;
        at->has_content = true;
        at->content = std::move(m.content);
        deliver_if_over(self, m.call);
      },
      [self](const msg::beat& m) {
        auto& s = self->state;
        const auto at = find_job(s, m.call);
        if (at == s.jobs.end())
          return;
        self->send(at->guard, msg::heartbeat{s.setup.slot, m.call});
        // Long work is told of more rarely, so that a month of virtual time is not all heartbeats.
        const auto wait =
            std::max(s.setup.agents->heartbeat, (s.setup.world.now() - at->begun) / 4);
        self->delayed_send(self, wait, msg::beat{m.call});
      },
      [self](const msg::misbehave& m) {
        core_of(self->state).faults() = m.until;
        self->state.bypass_to = m.bypass_to;
      },
  };
}

caf::actor spawn_agent(caf::local_actor& parent, agent_setup setup) {
  return caf::actor_cast<caf::actor>(parent.spawn<caf::lazy_init>(behavior, std::move(setup)));
}

} // namespace ainur
