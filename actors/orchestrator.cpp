// The orchestrator actor: carries messages to and from orchestration::orchestrator_core.
#include "orchestrator.hpp"

#include <caf/stateful_actor.hpp>

#include "ledger_terms.hpp"

namespace ainur {

namespace {

struct orchestrator_state {
  orchestrator_setup setup;
  std::unique_ptr<orchestration::orchestrator_core> core;
  orchestration::outputs out;                              // reused by every handler
  std::unordered_map<std::uint32_t, guard_actor> guards;   // only these are listened to
  std::uint64_t tick_number = 0;                           // of the timer that counts
  std::optional<instant> tick_at;
  static inline const char* name = "ainur.orchestrator";
};

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

/// Carries out what the core said, in its order.
void flush(self_type self) {
  auto& s = self->state;
  auto& out = s.out;
  const auto& world = s.setup.world;
  const auto to_guard = [&](std::uint32_t guard, auto&& message) {
    if (const auto at = s.guards.find(guard); at != s.guards.end())
      post(world, self, {s.setup.endpoint, guard_endpoint(guard)}, at->second,
           std::forward<decltype(message)>(message));
  };
  if (!out.ledger.empty())
    post(world, self, {s.setup.endpoint, ledger_endpoint}, s.setup.ledger,
         msg::ledger_calls{s.setup.ledger_number, std::move(out.ledger)});
  if (!out.views.empty())
    self->send(s.setup.ledger, msg::ask_views{std::move(out.views), self});
  for (auto& capability : out.capabilities)
    self->send(s.setup.shard, msg::want_agents{s.setup.options.number, std::move(capability)});
  for (auto& group : out.calls)
    to_guard(group.guard, msg::call_agents{std::move(group.call), std::move(group.slots), self});
  for (auto& closing : out.closings)
    to_guard(closing.guard, msg::close_call{std::move(closing)});
  for (auto& awarding : out.awards)
    to_guard(awarding.to.guard, msg::give_award{awarding.to.slot, std::move(awarding.award), self});
  for (auto& settling : out.settlements)
    to_guard(settling.guard, msg::settle_awards{std::move(settling)});
  if (!out.notes.empty())
    self->send(s.setup.recorder, msg::recorded_notes{std::move(out.notes), world.now()});
  if (!out.ended.empty())
    self->send(s.setup.node, msg::tasks_ended{s.setup.options.number, std::move(out.ended)});
  for (auto& question : out.judgements) {
    // A verifier is a quick function of the host program: it runs here, its answer is a message, so
    // that the core is not entered twice.
    const bool good = s.setup.verify && s.setup.verify(*question.task, question.subtask, question.content);
    self->send(self, msg::judged{question.task->id, question.subtask, good});
  }
  out.clear();
  arm(self);
}

void on_block(orchestrator_state& s, const ledger::published& block) {
  const auto now = now_of(s);
  for (const auto& a : block.answers)
    if (a.to.who == s.setup.ledger_number && a.to.correlation != 0)
      s.core->on_ledger_answer(a.to.correlation, meaning_of(a.how), now, block.time, s.out);
  for (const auto& event : block.events)
    if (const auto known = event_for_orchestrator(event))
      s.core->on_ledger_event(*known, now, s.out);
}

} // namespace

orchestrator_actor::behavior_type orchestrator(self_type self, orchestrator_setup setup) {
  auto& s = self->state;
  s.setup = std::move(setup);
  const auto number = s.setup.options.number;
  s.core = std::make_unique<orchestration::orchestrator_core>(
      s.setup.options, s.setup.make_router(), s.setup.world.stream("orchestrator", number));
  s.core->keep_notes = static_cast<bool>(s.setup.recorder);
  self->send(s.setup.ledger, msg::follow_ledger{s.setup.ledger_number,
                                                caf::actor_cast<ledger_follower>(self)});
  self->send(s.setup.shard, msg::orchestrator_here{number, self});
  self->send(s.setup.node, msg::orchestrator_here{number, self});
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
        for (const auto& [guard, handle] : m.guards)
          self->state.guards.insert_or_assign(guard, handle);
      },
      [self](const msg::group_lost& m) {
        auto& st = self->state;
        st.guards.erase(m.guard);
        st.core->on_guard_lost(m.guard, now_of(st), st.out);
        flush(self);
      },
      [self](msg::gathered_bids& m) {
        auto& st = self->state;
        st.core->on_bids(m.call, m.guard, m.answered, m.bids, now_of(st), st.out);
        flush(self);
      },
      [self](msg::delivered& m) {
        auto& st = self->state;
        st.core->on_delivery(m.what, now_of(st), st.out);
        flush(self);
      },
      [self](const msg::bypassing_bid& m) {
        self->send(self->state.setup.recorder, msg::bypass_seen{m.agent, self->state.setup.world.now()});
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
          st.core->on_ledger_view(id, view_for_orchestrator(view), now_of(st), st.out);
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

} // namespace ainur
