// The actor that speaks for a host program: hands its tasks in, and tells it what the ledger, the
// node and the guards decided.
#include <map>
#include <unordered_map>

#include "ainur/orchestration/ledger_terms.hpp"
#include "patience.hpp"
#include "runtime_impl.hpp"

namespace ainur {

struct runtime_state {
  environment world;
  std::shared_ptr<const registry> roles;
  std::shared_ptr<runtime_book> book;
  std::map<std::uint64_t, orchestration::submission> unheard; ///< by request
  std::unordered_map<task_id, std::uint64_t> requests;        ///< of those
  std::uint64_t resync_number = 0;
  static inline const char* name = "ainur.runtime";
};

namespace {

using self_type = runtime_actor::stateful_pointer<runtime_state>;

template <class Event>
void tell(runtime_state& s, Event&& event) {
  s.book->take({s.world.now(), std::forward<Event>(event)});
}

void hand_in(self_type self, std::uint64_t request, const orchestration::submission& what) {
  auto& s = self->state;
  if (const auto node = s.roles->get<node_actor>(role::node))
    post_reliably(s.world, self, {client_endpoint, node_endpoint}, node,
                  msg::submit_task{what, request});
  // Else it restarts, and all that it has not heard is handed in then.
}

void heard(runtime_state& s, const task_id& task) {
  const auto at = s.requests.find(task);
  if (at == s.requests.end())
    return;
  s.unheard.erase(at->second);
  s.requests.erase(at);
}

task_report report_of(const orchestration::task_status& status) {
  task_report r;
  r.task = status.task;
  r.phase = status.phase;
  r.state = status.state;
  r.why = status.why;
  r.paid = status.paid;
  r.results = status.results;
  return r;
}

/// The node was restarted: it may have missed what was handed in, and its news may have been lost.
void resync(self_type self) {
  constexpr duration patience{100'000};
  auto& s = self->state;
  const auto number = ++s.resync_number;
  const auto later = [self, number] {
    if (self->state.resync_number == number) {
      ++self->state.resync_number;
      self->delayed_send(self, patience, msg::tick{self->state.resync_number});
    }
  };
  const auto node = s.roles->get<node_actor>(role::node);
  if (!node)
    return later();
  for (const auto& [request, what] : s.unheard)
    hand_in(self, request, what);
  for (const auto& task : s.book->open_tasks())
    if (!s.requests.contains(task))
      self->request(node, patience_of(s.world), msg::ask_status{task})
          .then(
              [self](const orchestration::task_status& status) {
                if (status.phase == orchestration::task_phase::final_)
                  tell(self->state, events::task_finished{report_of(status)});
              },
              [later](const caf::error&) { later(); });
}

/// A dispute about a task of ours means that its verifier rejected the result: arbiters run the
/// same function on the same bytes, and come to the same word.
void vote(self_type self, const ledger::event::arbiters_drawn& drawn) {
  auto& s = self->state;
  msg::ledger_calls m{runtime_number, {}};
  for (const auto& arbiter : drawn.arbiters)
    if (const auto index = s.book->hosted_index(arbiter))
      m.calls.push_back(
          {0, {arbiter, *index, ledger::vote_dispute{drawn.task, drawn.subtask, false}}});
  if (const auto ledger = s.roles->get<ledger_actor>(role::ledger))
    self->send(ledger, std::move(m));
}

void take_event(self_type self, const ledger::event::any& event) {
  auto& s = self->state;
  namespace on = ledger::event;
  if (const auto* opened = std::get_if<on::task_opened>(&event)) {
    heard(s, opened->task);
    tell(s, events::task_submitted{opened->task, opened->budget});
  } else if (const auto* awarded = std::get_if<on::awarded>(&event)) {
    tell(s, events::task_awarded{awarded->task, awarded->subtask, awarded->agent, awarded->price});
  } else if (const auto* posted = std::get_if<on::result_posted>(&event)) {
    tell(s, events::task_delivered{posted->task, posted->subtask, posted->agent});
  } else if (const auto* outcome = std::get_if<on::outcome>(&event)) {
    tell(s, events::subtask_settled{.task = outcome->task,
                                    .subtask = outcome->subtask,
                                    .agent = outcome->agent,
                                    .paid = outcome->paid,
                                    .fee = outcome->fee,
                                    .slashed = outcome->slashed,
                                    .why = orchestration::cause_of(outcome->cause)});
  } else if (const auto* drawn = std::get_if<on::arbiters_drawn>(&event)) {
    if (drawn->round == 1)
      tell(s, events::result_disputed{drawn->task, drawn->subtask, drawn->agent});
    vote(self, *drawn);
  }
}

void take_end(runtime_state& s, const orchestration::task_end& end) {
  heard(s, end.task->id);
  task_report r;
  r.task = end.task->id;
  r.phase = orchestration::task_phase::final_;
  r.state = end.state;
  r.why = end.why;
  r.paid = end.paid;
  r.results = end.results;
  tell(s, events::task_finished{std::move(r)});
}

} // namespace

static runtime_actor::behavior_type behavior(self_type self, environment world,
                                             std::shared_ptr<const registry> roles,
                                             std::shared_ptr<runtime_book> book) {
  auto& s = self->state;
  s.world = std::move(world);
  s.roles = std::move(roles);
  s.book = std::move(book);
  return {
      [self](msg::host_submits& m) {
        auto& st = self->state;
        st.requests.emplace(m.what.task->id, m.request);
        hand_in(self, m.request, m.what);
        st.unheard.emplace(m.request, std::move(m.what));
      },
      [self](const msg::cancel_task& m) {
        if (const auto node = self->state.roles->get<node_actor>(role::node))
          self->send(node, m);
      },
      [self](const msg::host_restarted& m) {
        tell(self->state, events::restarted{m.role, m.agent});
        if (m.role == role::node)
          resync(self);
      },
      [self](const msg::guard_report& m) {
        for (const auto& v : m.verdicts)
          tell(self->state, events::action_stopped{v.agent, v.task, v.constraint, v.corrected});
      },
      [](const msg::recorded_notes&) {},
      [self](const msg::bypass_seen& m) {
        tell(self->state, events::action_stopped{m.agent, {}, "bypass", false});
      },
      [self](const msg::task_news& m) {
        for (const auto& end : m.ends)
          take_end(self->state, end);
      },
      [self](const msg::block& m) {
        for (const auto& a : m.content->answers)
          if (a.to.who == runtime_number && a.to.correlation != 0)
            self->state.book->answered(a.to.correlation, a.how);
        for (const auto& event : m.content->events)
          take_event(self, event);
      },
      [self](const msg::tick& m) {
        if (m.number == self->state.resync_number)
          resync(self);
      },
  };
}

caf::actor spawn_runtime(caf::local_actor& parent, environment world,
                         std::shared_ptr<const registry> roles,
                         std::shared_ptr<runtime_book> book) {
  return caf::actor_cast<caf::actor>(
      parent.spawn(behavior, std::move(world), std::move(roles), std::move(book)));
}

} // namespace ainur
