// The shard actor: carries messages to and from discovery::directory.
#include <algorithm>

#include "market_actors.hpp"

namespace ainur {

struct shard_state {
  shard_setup setup;
  discovery::directory directory;
  std::map<std::uint32_t, guard_actor> guards;
  std::map<std::uint32_t, orchestrator_actor> orchestrators;
  std::map<std::string, std::set<std::uint32_t>> wanted; // capability → orchestrators
  bool tick_pending = false;
  std::map<std::uint32_t, std::size_t> listed; // guard → how many agents it ever listed

  struct waiting_host {
    msg::ask_listed what;
    caf::typed_response_promise<done> promise;
  };

  std::vector<waiting_host> waiting; // for agents that are not yet listed
  static inline const char* name = "ainur.shard";
};

namespace {

using self_type = shard_actor::stateful_pointer<shard_state>;

/// Changes are published together, so that a thousand restarts do not make a thousand snapshots.
void publish_soon(self_type self) {
  auto& s = self->state;
  if (std::exchange(s.tick_pending, true))
    return;
  self->delayed_send(self, s.setup.publish_interval, msg::tick{});
}

/// A snapshot that is overtaken by a newer one is ignored.
void send_agents(shard_state& s, self_type self, std::uint32_t number,
                 discovery::snapshot_ptr agents) {
  if (const auto to = s.orchestrators.find(number); to != s.orchestrators.end())
    post_reliably(s.setup.world, self, {shard_endpoint, orchestrator_endpoint(number)}, to->second,
                  msg::agents_of_capability{std::move(agents)});
}

void publish(shard_state& s, self_type self) {
  for (const auto& name : s.directory.take_changed()) {
    const auto wanted = s.wanted.find(name);
    if (wanted == s.wanted.end())
      continue;
    const auto agents = s.directory.find(name);
    for (const auto number : wanted->second)
      send_agents(s, self, number, agents);
  }
}

/// Answers those whose agents are listed, after the orchestrators were told.
void answer_waiting(shard_state& s, self_type self) {
  const auto is_listed = [&s](const auto& w) {
    const auto at = s.listed.find(w.what.guard);
    return at != s.listed.end() && at->second >= w.what.agents;
  };
  if (std::none_of(s.waiting.begin(), s.waiting.end(), is_listed))
    return;
  publish(s, self);
  std::erase_if(s.waiting, [&](auto& w) {
    const bool ready = is_listed(w);
    if (ready)
      w.promise.deliver(done{});
    return ready;
  });
}

void list(shard_state& s, self_type self, msg::list_agents& m) {
  s.guards.insert_or_assign(m.guard, m.handle);
  for (const auto& a : m.agents) {
    s.directory.add(a.agent, a.controller, {m.guard, a.slot}, (*m.capability_sets)[a.capabilities]);
    s.directory.update(a.agent, a.reputation, a.bonded);
  }
  for (const auto& [number, orchestrator] : s.orchestrators)
    self->send(orchestrator, msg::guards_known{{{m.guard, m.handle}}, false});
  auto& listed = s.listed[m.guard];
  listed = std::max(listed, m.agents.size());
  publish_soon(self);
  answer_waiting(s, self);
}

void hand_on(shard_state& s, self_type self, const msg::standings& m) {
  std::map<std::uint32_t, msg::standings> by_guard;
  for (const auto& change : m.changes) {
    if (!s.directory.update(change.agent, change.reputation, change.bonded))
      continue;
    const auto* shown = s.directory.lookup(change.agent);
    if (!shown->present)
      continue;
    auto& changes = by_guard[shown->at.guard].changes;
    changes.push_back(change);
    changes.back().slot = shown->at.slot;
  }
  for (auto& [number, changes] : by_guard)
    if (const auto guard = s.guards.find(number); guard != s.guards.end())
      self->send(guard->second, std::move(changes));
  publish_soon(self);
}

} // namespace

static shard_actor::behavior_type behavior(self_type self, shard_setup setup) {
  self->state.setup = std::move(setup);
  self->state.directory = discovery::directory{self->state.setup.starts};
  // After a restart the guards list themselves again, and the orchestrators come back by
  // themselves.
  for (const auto& [name, guard] : self->state.setup.roles->list<guard_actor>("guard/"))
    self->send(guard, msg::attach_agents{});
  for (const auto& [name, one] : self->state.setup.roles->list<orchestrator_actor>("orchestrator/"))
    self->send(one, msg::guards_known{{}, true});
  return {
      [self](msg::list_agents& m) { list(self->state, self, m); },
      [self](const msg::group_lost& m) {
        auto& s = self->state;
        s.guards.erase(m.guard);
        s.directory.remove_guard(m.guard);
        for (const auto& [number, orchestrator] : s.orchestrators)
          self->send(orchestrator, m);
        publish_soon(self);
      },
      [self](const msg::ask_listed& m) -> caf::result<done> {
        auto& s = self->state;
        auto promise = self->make_response_promise<done>();
        s.waiting.push_back({m, promise});
        answer_waiting(s, self);
        return promise;
      },
      [self](const msg::want_agents& m) {
        auto& s = self->state;
        s.wanted[m.capability].insert(m.orchestrator);
        send_agents(s, self, m.orchestrator, s.directory.find(m.capability));
      },
      [self](const msg::orchestrator_here& m) {
        auto& s = self->state;
        s.orchestrators.insert_or_assign(m.number, m.handle);
        msg::guards_known all;
        for (const auto& [number, guard] : s.guards)
          all.guards.emplace_back(number, guard);
        self->send(m.handle, std::move(all));
      },
      [self](const msg::standings& m) { hand_on(self->state, self, m); },
      [self](const msg::tick&) {
        self->state.tick_pending = false;
        publish(self->state, self);
      },
  };
}

caf::actor spawn_shard(caf::local_actor& parent, shard_setup setup) {
  return caf::actor_cast<caf::actor>(parent.spawn(behavior, std::move(setup)));
}

} // namespace ainur
