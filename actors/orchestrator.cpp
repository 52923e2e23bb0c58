// The orchestrator actor: carries messages to and from orchestration::orchestrator_core.
#include "ainur/orchestration/ledger_terms.hpp"
#include "market_actors.hpp"

namespace ainur {

struct orchestrator_state {
  orchestrator_setup setup;
  std::unique_ptr<orchestration::orchestrator_core> core;
  orchestration::outputs out;                  // reused by every handler
  std::map<std::uint32_t, guard_actor> guards; // only these are listened to
  std::uint64_t tick_number = 0;               // of the timer that counts
  std::optional<instant> tick_at;
  static inline const char* name = "ainur.orchestrator";
};

namespace {

using self_type = orchestrator_actor::stateful_pointer<orchestrator_state>;

orchestration::moment now_of(const orchestrator_state& s) {
  const auto now = s.setup.world.now();
  return {now, s.setup.world.to_utc(now)};
}

void arm(self_type self) {
  auto& s = self->state;
  const auto next = s.core->next_timer();
  if (!next || (s.tick_at && *s.tick_at <= *next))
    return;
  s.tick_at = next;
  const auto wait = std::max(*next - s.setup.world.now(), duration{1});
  self->delayed_send(self, wait, msg::tick{++s.tick_number});
}

/// Actions are taken only from the guard that the shard registered.
bool is_from_guard(self_type self, std::uint32_t guard) {
  const auto& guards = self->state.guards;
  const auto at = guards.find(guard);
  return at != guards.end() && self->current_sender() != nullptr &&
         at->second->address() == self->current_sender()->address();
}

bool judge(const orchestrator_setup& setup, const orchestration::outputs::judging& question) {
  const auto at = setup.verifiers->find(question.task->verifier);
  return at != setup.verifiers->end() &&
         at->second(*question.task, question.subtask, question.content);
}

/// Carries out what the core said, in its order.
void flush(self_type self) {
  auto& s = self->state;
  auto& out = s.out;
  const auto& world = s.setup.world;
  const auto& roles = *s.setup.roles;
  const auto number = s.setup.options.number;
  const auto me = orchestrator_endpoint(number);
  const auto to_guard = [&](std::uint32_t guard, auto&& message) {
    if (const auto at = s.guards.find(guard); at != s.guards.end())
      post_reliably(world, self, {me, guard_endpoint(guard)}, at->second,
                    std::forward<decltype(message)>(message));
  };
  if (!out.ledger.empty())
    if (const auto ledger = roles.get<ledger_actor>(role::ledger))
      post_reliably(world, self, {me, ledger_endpoint}, ledger,
                    msg::ledger_calls{first_orchestrator_number + number, std::move(out.ledger)});
  if (!out.views.empty())
    if (const auto ledger = roles.get<ledger_actor>(role::ledger))
      self->send(ledger, msg::ask_views{std::move(out.views), self});
  for (auto& capability : out.capabilities)
    if (const auto shard = roles.get<shard_actor>(role::shard))
      post_reliably(world, self, {me, shard_endpoint}, shard,
                    msg::want_agents{number, std::move(capability)});
  // Calls and bids may be lost: the call's deadline is the answer.
  for (auto& group : out.calls)
    if (const auto at = s.guards.find(group.guard); at != s.guards.end())
      post(world, self, {me, guard_endpoint(group.guard)}, at->second,
           msg::call_agents{std::move(group.call), std::move(group.slots), self});
  for (auto& closing : out.closings) {
    const auto guard = closing.guard;
    to_guard(guard, msg::close_call{std::move(closing)});
  }
  if (!out.awards.empty())
    if (const auto reputation = roles.get<reputation_actor>(role::reputation))
      for (const auto& awarding : out.awards)
        self->send(reputation, msg::awarded_for{awarding.award.task, awarding.award.subtask,
                                                awarding.award.capability});
  for (auto& awarding : out.awards)
    to_guard(awarding.to.guard, msg::give_award{awarding.to.slot, std::move(awarding.award), self});
  for (auto& settling : out.settlements) {
    const auto guard = settling.guard;
    to_guard(guard, msg::settle_awards{std::move(settling)});
  }
  if (!out.notes.empty())
    if (const auto recorder = roles.get<recorder_actor>(role::recorder))
      self->send(recorder, msg::recorded_notes{std::move(out.notes), world.now()});
  if (!out.ended.empty())
    if (const auto node = roles.get<node_actor>(role::node))
      self->send(node, msg::tasks_ended{number, std::move(out.ended)});
  // A verifier is a quick function of the host program. Its word comes as a message, so that the
  // core is not entered from within.
  for (auto& question : out.judgements)
    self->send(self, msg::judged{question.task->id, question.subtask, judge(s.setup, question)});
  out.clear();
  arm(self);
}

void on_block(orchestrator_state& s, const ledger::published& block) {
  const auto now = now_of(s);
  for (const auto& a : block.answers)
    if (a.to.who == first_orchestrator_number + s.setup.options.number && a.to.correlation != 0)
      s.core->on_ledger_answer(a.to.correlation, orchestration::meaning_of(a.how), now, block.time,
                               s.out);
  for (const auto& event : block.events)
    if (const auto known = orchestration::event_of(event))
      s.core->on_ledger_event(*known, now, s.out);
}

} // namespace

static orchestrator_actor::behavior_type behavior(self_type self, orchestrator_setup setup) {
  auto& s = self->state;
  s.setup = std::move(setup);
  const auto number = s.setup.options.number;
  s.core = std::make_unique<orchestration::orchestrator_core>(
      s.setup.options, s.setup.make_router(), s.setup.world.stream("orchestrator", number));
  s.core->keep_notes = s.setup.keep_notes;
  const auto here = msg::orchestrator_here{number, self};
  if (const auto shard = s.setup.roles->get<shard_actor>(role::shard))
    self->send(shard, here);
  if (const auto node = s.setup.roles->get<node_actor>(role::node))
    self->send(node, here);
  return {
      [self](msg::hand_task& m) {
        auto& st = self->state;
        if (m.adopt)
          st.core->adopt(std::move(m.what), now_of(st), st.out);
        else
          st.core->submit(std::move(m.what), now_of(st), st.out);
        flush(self);
      },
      [self](const msg::cancel_task& m) {
        auto& st = self->state;
        st.core->cancel(m.task, now_of(st), st.out);
        flush(self);
      },
      [self](const msg::agents_of_capability& m) {
        auto& st = self->state;
        st.core->on_snapshot(m.agents, now_of(st), st.out);
        flush(self);
      },
      [self](const msg::guards_known& m) {
        auto& st = self->state;
        if (m.shard_restarted)
          if (const auto shard = st.setup.roles->get<shard_actor>(role::shard))
            self->send(shard, msg::orchestrator_here{st.setup.options.number, self});
        for (const auto& [guard, handle] : m.guards)
          st.guards.insert_or_assign(guard, handle);
      },
      [self](const msg::group_lost& m) {
        auto& st = self->state;
        st.guards.erase(m.guard);
        st.core->on_guard_lost(m.guard, now_of(st), st.out);
        flush(self);
      },
      [self](msg::gathered_bids& m) {
        auto& st = self->state;
        if (!is_from_guard(self, m.guard))
          return;
        st.core->on_bids(m.call, m.guard, m.answered, m.bids, now_of(st), st.out);
        flush(self);
      },
      [self](msg::delivered& m) {
        auto& st = self->state;
        if (!is_from_guard(self, m.guard))
          return;
        st.core->on_delivery(m.what, now_of(st), st.out);
        flush(self);
      },
      [self](const msg::bypassing_bid& m) {
        const auto& st = self->state;
        st.setup.world.log(log_level::warn, "orchestrator", "bypass_attempt")
            .with("orchestrator", st.setup.options.number)
            .with("agent", m.agent);
        if (const auto recorder = st.setup.roles->get<recorder_actor>(role::recorder))
          self->send(recorder, msg::bypass_seen{m.agent, st.setup.world.now()});
      },
      [self](const msg::judged& m) {
        auto& st = self->state;
        st.core->on_judgement(m.task, m.subtask, m.good, now_of(st), st.out);
        flush(self);
      },
      [self](const msg::block& m) {
        on_block(self->state, *m.content);
        flush(self);
      },
      [self](const msg::task_views& m) {
        auto& st = self->state;
        for (const auto& [id, view] : m.views)
          st.core->on_ledger_view(id, orchestration::view_of(view), now_of(st), st.out);
        flush(self);
      },
      [self](const msg::tick& m) {
        auto& st = self->state;
        if (m.number != st.tick_number)
          return; // replaced by an earlier one
        st.tick_at.reset();
        st.core->on_timer(now_of(st), st.out);
        flush(self);
      },
  };
}

caf::actor spawn_orchestrator(caf::local_actor& parent, orchestrator_setup setup) {
  return caf::actor_cast<caf::actor>(parent.spawn(behavior, std::move(setup)));
}

} // namespace ainur
