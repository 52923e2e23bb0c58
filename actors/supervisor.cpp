#include "ainur/actors/supervisor.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <utility>

#include <caf/attachable.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "ainur/base/assert.hpp"

namespace ainur {
namespace {

using supervision::child_id;
using supervision::exit_kind;

/// What a supervisor shares with the hooks on its children. It outlives the supervisor until the
/// last child is gone, and only then is the supervisor above told.
class child_group {
public:
  struct entry {
    child_id id;
    caf::strong_actor_ptr handle;
  };

  child_group(std::shared_ptr<child_group> parent, child_id id)
      : parent_(std::move(parent)), id_(id) {}

  // -- called by the supervisor, on its thread --

  void set_supervisor(const supervisor_actor& self) {
    supervisor_ = caf::actor_cast<caf::actor_addr>(self);
  }

  /// A child of this id is about to be watched by one hook.
  void add_watched() noexcept { alive_.fetch_add(1, std::memory_order_relaxed); }

  /// There is nothing to watch after all.
  void drop_watched() noexcept { alive_.fetch_sub(1, std::memory_order_relaxed); }

  void insert(child_id id, caf::strong_actor_ptr handle) {
    entries_.insert(lower_bound(id), entry{id, std::move(handle)});
  }

  void erase(child_id id) {
    const auto at = lower_bound(id);
    if (at != entries_.end() && at->id == id)
      entries_.erase(at);
  }

  [[nodiscard]] caf::strong_actor_ptr find(child_id id) {
    const auto at = lower_bound(id);
    return at != entries_.end() && at->id == id ? at->handle : nullptr;
  }

  void reserve_more(std::size_t count) {
    if (entries_.capacity() < entries_.size() + count)
      entries_.reserve(entries_.size() + count);
  }

  [[nodiscard]] bool has_parent() const noexcept { return parent_ != nullptr; }

  void tell_parent_up() {
    if (!parent_)
      return;
    if (auto above = caf::actor_cast<caf::strong_actor_ptr>(parent_->supervisor_))
      above->get()->eq_impl(caf::make_message_id(), nullptr, nullptr, child_up_notice{id_});
  }

  // -- called by hooks, on any thread --

  void child_gone(child_id id, const caf::error& reason, caf::execution_unit* host) {
    if (auto self = caf::actor_cast<caf::strong_actor_ptr>(supervisor_))
      self->get()->eq_impl(caf::make_message_id(), nullptr, host,
                           child_exit_notice{id, exit_kind_of(reason), reason});
    release(host);
  }

  /// The supervisor ended, or was killed; whoever is left goes with it.
  void supervisor_gone(const caf::error& reason, caf::execution_unit* host) {
    reason_ = reason;
    auto left = std::exchange(entries_, {});
    for (; !left.empty(); left.pop_back())
      left.back().handle->get()->eq_impl(caf::make_message_id(caf::message_priority::high), nullptr,
                                         host, caf::exit_msg{nullptr, caf::exit_reason::kill});
    release(host);
  }

private:
  std::vector<entry>::iterator lower_bound(child_id id) {
    if (entries_.empty() || entries_.back().id < id)
      return entries_.end();
    return std::lower_bound(entries_.begin(), entries_.end(), id,
                            [](const entry& e, child_id x) { return e.id < x; });
  }

  void release(caf::execution_unit* host) {
    if (alive_.fetch_sub(1, std::memory_order_acq_rel) == 1 && parent_)
      parent_->child_gone(id_, reason_, host);
  }

  std::shared_ptr<child_group> parent_;
  child_id id_;                         // in the parent
  std::atomic<std::uint32_t> alive_{1}; // the supervisor and its watched children
  caf::actor_addr supervisor_;          // set before the first child exists
  std::vector<entry> entries_;          // running children, ordered by id
  caf::error reason_;                   // of the supervisor's own end
};

using group_ptr = std::shared_ptr<child_group>;

/// Sits on a child. The only thing that a child pays for being watched.
class child_hook final : public caf::attachable {
public:
  child_hook(group_ptr group, child_id id) : group_(std::move(group)), id_(id) {}

  void actor_exited(const caf::error& reason, caf::execution_unit* host) override {
    group_->child_gone(id_, reason, host);
  }

private:
  group_ptr group_;
  child_id id_;
};

/// Sits on the supervisor itself.
class reaper final : public caf::attachable {
public:
  explicit reaper(group_ptr group) : group_(std::move(group)) {}

  void actor_exited(const caf::error& reason, caf::execution_unit* host) override {
    group_->supervisor_gone(reason, host);
  }

private:
  group_ptr group_;
};

using spec_ptr = std::shared_ptr<const supervisor_spec>;
using event_kind = supervision_event::kind_type;

struct supervisor_state;
using self_ptr = supervisor_actor::stateful_pointer<supervisor_state>;

struct supervisor_state {
  const char* name = "supervisor";
  self_ptr self = nullptr;
  std::optional<environment> world;
  spec_ptr spec;
  std::optional<supervision::supervisor_core> core;
  group_ptr group;
  std::map<child_id, std::shared_ptr<const child_spec>> specs; // of children that have their own
  std::map<child_id, std::vector<caf::typed_response_promise<child_found>>> awaiting_start;
  std::map<child_id, std::vector<caf::typed_response_promise<done>>> awaiting_stop;
  std::map<child_id, bool> starting_below; // supervisors: whether it is a restart
  std::uint64_t last_id = 0;
  caf::error exit_reason; // why it was asked to end
  bool told_up = false;

  void start_up();
  void carry_out(supervision::actions first);
  supervision::actions start(child_id id, bool again);
  caf::strong_actor_ptr make(child_id id, bool again);
  void watch(child_id id, caf::strong_actor_ptr child, bool is_supervisor);
  void stop(const supervision::stop_child& what);
  void forget(child_id id);
  void finish(const supervision::ended& end);
  void exited(const child_exit_notice& notice);
  void started(child_id id, bool again);
  result<child_id> add(std::shared_ptr<const child_spec> child);
  child_found found(const supervision::child_info& info);
  void notify(event_kind kind, child_id id, exit_kind how = {}, bool again = false);
  [[nodiscard]] std::string name_of(child_id id) const;
  void log_exit(const supervision::child_info& child, const child_exit_notice& notice,
                const supervision::actions& next) const;

  [[nodiscard]] instant now() const { return world->now(); }
};

supervisor_actor::behavior_type run_supervisor(self_ptr self, const environment& world,
                                               spec_ptr spec, group_ptr group);

supervisor_actor spawn_below(caf::actor_system& system, caf::local_actor* parent,
                             const environment& world, spec_ptr spec, group_ptr group) {
  auto handle = parent == nullptr ? system.spawn(run_supervisor, world, std::move(spec), group)
                                  : parent->spawn(run_supervisor, world, std::move(spec), group);
  caf::actor_cast<caf::abstract_actor*>(handle)->attach(std::make_unique<reaper>(group));
  return handle;
}

void supervisor_state::start_up() {
  core.emplace(supervision::supervisor_options{.strategy = spec->strategy,
                                               .intensity = spec->intensity,
                                               .delay = spec->delay},
               world->stream("supervisor", self->id()));
  group->set_supervisor(self);
  // Not copied: the specification outlives its children.
  for (const auto& child : spec->children)
    if (auto added = add({spec, &child}); !added) {
      exit_reason = to_caf(added.error().within(spec->name));
      return self->quit(exit_reason);
    }
  carry_out(core->start(now()));
}

void supervisor_state::carry_out(supervision::actions first) {
  // What an action leads to comes after what was to be done before.
  auto queue = std::move(first);
  const auto more = [&queue](const supervision::actions& next) {
    queue.insert(queue.end(), next.begin(), next.end());
  };
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const auto next = queue[i];
    if (const auto* run = std::get_if<supervision::start_child>(&next))
      more(start(run->id, run->again));
    else if (const auto* end = std::get_if<supervision::stop_child>(&next))
      stop(*end);
    else if (const auto* old = std::get_if<supervision::forget_child>(&next))
      forget(old->id);
    else if (const auto* wake = std::get_if<supervision::wake_at>(&next))
      self->delayed_send(self, std::max(wake->at - now(), duration{0}), supervisor_tick{});
    else
      finish(std::get<supervision::ended>(next));
  }
  if (!told_up && core->is_up()) {
    told_up = true;
    group->tell_parent_up();
  }
}

/// The new child, or nothing if it could not be started.
caf::strong_actor_ptr supervisor_state::make(child_id id, bool again) {
  const auto own = specs.find(id);
  if (own != specs.end() && own->second->start.index() == 1) {
    const auto& below = std::get<1>(own->second->start);
    if (!below)
      return nullptr;
    auto their_group = std::make_shared<child_group>(group, id);
    return caf::actor_cast<caf::strong_actor_ptr>(
        spawn_below(self->system(), self, *world, below, std::move(their_group)));
  }
  const auto* factory = own != specs.end() ? &std::get<0>(own->second->start)
                        : spec->many       ? &spec->many->start
                                           : nullptr;
  if (factory == nullptr || !*factory)
    return nullptr;
  child_context context{*self, id, again};
  try {
    return caf::actor_cast<caf::strong_actor_ptr>((*factory)(context));
  } catch (const std::exception& e) {
    world->log(log_level::warn, "supervisor", "child_factory_threw")
        .with("supervisor", spec->name)
        .with("child", name_of(id))
        .with("error", e.what());
    return nullptr; // a failed start, like an empty handle
  }
}

supervision::actions supervisor_state::start(child_id id, bool again) {
  const auto own = specs.find(id);
  const bool is_supervisor = own != specs.end() && own->second->start.index() == 1;
  group->add_watched(); // before the child can end
  auto child = make(id, again);
  if (!child) {
    group->drop_watched();
    world->log(log_level::warn, "supervisor", "child_start_failed")
        .with("supervisor", spec->name)
        .with("child", name_of(id));
    if (auto waiting = awaiting_start.extract(id))
      for (auto& promise : waiting.mapped())
        promise.deliver(to_caf(error{supervision::errc::start_failed,
                                     spec->name + ": child " + std::to_string(id.value)}));
    return core->child_start_failed(id, now());
  }
  group->insert(id, child);
  if (is_supervisor) { // tells of its own up and end
    starting_below[id] = again;
    return {};
  }
  caf::actor_cast<caf::abstract_actor*>(child)->attach(std::make_unique<child_hook>(group, id));
  auto next = core->child_started(id, now());
  started(id, again);
  return next;
}

void supervisor_state::started(child_id id, bool again) {
  notify(event_kind::started, id, {}, again);
  auto waiting = awaiting_start.extract(id);
  const auto info = core->find(id);
  if (again && info && world->logs(log_level::info))
    world->log(log_level::info, "supervisor", "child_restarted")
        .with("supervisor", spec->name)
        .with("child", name_of(id))
        .with("attempt", info->restarts);
  if (waiting && info)
    for (auto& promise : waiting.mapped())
      promise.deliver(found(*info));
}

void supervisor_state::stop(const supervision::stop_child& what) {
  const auto child = group->find(what.id);
  if (!child)
    return; // its end is on the way
  const auto reason = what.kill ? caf::exit_reason::kill : caf::exit_reason::user_shutdown;
  child->get()->eq_impl(caf::make_message_id(), nullptr, self->context(),
                        caf::exit_msg{self->address(), reason});
}

void supervisor_state::forget(child_id id) {
  specs.erase(id);
  group->erase(id);
  notify(event_kind::forgotten, id);
}

void supervisor_state::finish(const supervision::ended& end) {
  if (!end.failure)
    return self->quit(exit_reason);
  notify(event_kind::gave_up, {});
  world->log(log_level::error, "supervisor", "supervisor_gave_up")
      .with("supervisor", spec->name)
      .with("error", error{*end.failure})
      .with("escalates", group->has_parent());
  self->quit(to_caf(error{*end.failure, spec->name}));
}

void supervisor_state::exited(const child_exit_notice& notice) {
  const auto info = core->find(notice.id);
  group->erase(notice.id);
  if (!info)
    return;
  notify(event_kind::exited, notice.id, notice.how);
  // A supervisor below that ends before it is up could not be started.
  auto next = info->state == supervision::child_state::starting
                  ? core->child_start_failed(notice.id, now())
                  : core->child_exited(notice.id, notice.how, now());
  log_exit(*info, notice, next);
  carry_out(std::move(next));
  if (auto waiting = awaiting_stop.extract(notice.id))
    for (auto& promise : waiting.mapped())
      promise.deliver(done{});
  if (auto waiting = awaiting_start.extract(notice.id))
    for (auto& promise : waiting.mapped())
      promise.deliver(notice.reason);
}

result<child_id> supervisor_state::add(std::shared_ptr<const child_spec> child) {
  auto id = child->id;
  if (id.value == 0)
    id.value = last_id + 1;
  specs.try_emplace(id, child);
  auto out = core->add(id, child->policy, now());
  if (!out) {
    if (!core->find(id))
      specs.erase(id);
    return fail(out.error());
  }
  last_id = std::max(last_id, id.value);
  carry_out(std::move(*out));
  return id;
}

child_found supervisor_state::found(const supervision::child_info& info) {
  return {info, caf::actor_cast<caf::actor>(group->find(info.id))};
}

void supervisor_state::notify(event_kind kind, child_id id, exit_kind how, bool again) {
  if (!spec->listener)
    return;
  const auto handle = kind == event_kind::started ? group->find(id) : nullptr;
  spec->listener({.kind = kind,
                  .supervisor = spec->name,
                  .id = id,
                  .handle = caf::actor_cast<caf::actor>(handle),
                  .how = how,
                  .again = again});
}

std::string supervisor_state::name_of(child_id id) const {
  const auto own = specs.find(id);
  return own != specs.end() && !own->second->name.empty() ? own->second->name
                                                          : std::to_string(id.value);
}

/// Only what nobody asked for is a warning.
void supervisor_state::log_exit(const supervision::child_info& child,
                                const child_exit_notice& notice,
                                const supervision::actions& next) const {
  const bool expected = child.state == supervision::child_state::stopping ||
                        notice.how == exit_kind::normal || notice.how == exit_kind::shutdown;
  const auto level = expected ? log_level::debug : log_level::warn;
  if (!world->logs(level))
    return;
  const auto* event = expected                          ? "child_ended"
                      : notice.how == exit_kind::killed ? "child_killed"
                                                        : "child_crashed";
  world->log(level, "supervisor", event)
      .with("supervisor", spec->name)
      .with("child", name_of(child.id))
      .with("failures_before", child.restarts)
      .with("error", notice.reason);
  const auto after = core->find(child.id);
  if (!after || after->state != supervision::child_state::waiting)
    return;
  for (const auto& one : next)
    if (const auto* wake = std::get_if<supervision::wake_at>(&one))
      world->log(log_level::warn, "supervisor", "child_backed_off")
          .with("supervisor", spec->name)
          .with("child", name_of(child.id))
          .with("wait_us", wake->at - now());
}

caf::error unknown_child(child_id id) {
  return to_caf(error{supervision::errc::not_found, "child " + std::to_string(id.value)});
}

caf::result<child_found> handle_add(supervisor_state& state, const add_child& what) {
  if (!what.spec)
    return to_caf(error{base_errc::malformed, "add_child without a specification"});
  auto promise = state.self->make_response_promise<child_found>();
  auto id = state.add(what.spec);
  if (!id) {
    promise.deliver(to_caf(id.error()));
    return promise;
  }
  const auto info = state.core->find(*id);
  if (!info)
    promise.deliver(to_caf(error{supervision::errc::start_failed, what.spec->name}));
  else if (info->state == supervision::child_state::running)
    promise.deliver(state.found(*info));
  else
    state.awaiting_start[*id].push_back(promise);
  return promise;
}

children_added handle_add_many(supervisor_state& state, const add_children& what) {
  children_added out;
  const auto& spec = *state.spec;
  state.group->reserve_more(std::min<std::size_t>(what.count, 1000));
  for (std::uint32_t i = 0; i < what.count; ++i) {
    const child_id id{what.first.value + i};
    const auto refuse = [&](error e) { out.refused.emplace_back(id, std::move(e)); };
    if (!spec.many) {
      refuse(error{base_errc::unsupported, spec.name + " has no template for many children"});
      break;
    }
    auto added = state.core->add(id, spec.many->policy, state.now());
    if (!added) {
      refuse(std::move(added.error()));
      continue;
    }
    state.carry_out(std::move(*added));
    if (state.core->find(id))
      ++out.started;
    else
      refuse(error{supervision::errc::start_failed, "child " + std::to_string(id.value)});
    state.last_id = std::max(state.last_id, id.value);
  }
  return out;
}

caf::result<done> handle_terminate(supervisor_state& state, const terminate_child& what) {
  auto out = state.core->terminate(what.id, state.now());
  if (!out)
    return to_caf(out.error());
  state.carry_out(std::move(*out));
  const auto info = state.core->find(what.id);
  if (!info || info->state == supervision::child_state::idle)
    return done{};
  auto promise = state.self->make_response_promise<done>();
  state.awaiting_stop[what.id].push_back(promise);
  return promise;
}

caf::result<done> answer_done(supervisor_state& state, result<supervision::actions> out) {
  if (!out)
    return to_caf(out.error());
  state.carry_out(std::move(*out));
  return done{};
}

supervisor_actor::behavior_type run_supervisor(self_ptr self, const environment& world,
                                               spec_ptr spec, group_ptr group) {
  auto& state = self->state;
  state.self = self;
  state.world.emplace(world);
  state.spec = std::move(spec);
  state.group = std::move(group);
  self->set_exit_handler([&state](caf::exit_msg& m) {
    if (!m.reason)
      return;
    if (!state.core->is_ending())
      state.exit_reason = std::move(m.reason);
    state.carry_out(state.core->shutdown(state.now()));
  });
  state.start_up();
  return {
      [&state](const child_exit_notice& m) { state.exited(m); },
      [&state](const child_up_notice& m) {
        const auto info = state.core->find(m.id);
        if (!info || info->state != supervision::child_state::starting)
          return;
        auto next = state.core->child_started(m.id, state.now());
        state.started(m.id, state.starting_below[m.id]);
        state.carry_out(std::move(next));
      },
      [&state](supervisor_tick) { state.carry_out(state.core->timer(state.now())); },
      [&state](const add_child& m) { return handle_add(state, m); },
      [&state](const add_children& m) { return handle_add_many(state, m); },
      [&state](const find_child& m) -> caf::result<child_found> {
        const auto info = state.core->find(m.id);
        if (!info)
          return unknown_child(m.id);
        return state.found(*info);
      },
      [&state](const find_child_by_name& m) -> caf::result<child_found> {
        for (const auto& [id, child] : state.specs)
          if (child->name == m.name)
            return state.found(*state.core->find(id));
        return to_caf(error{supervision::errc::not_found, "child \"" + m.name + '"'});
      },
      [&state](const list_children&) { return child_list{state.core->children()}; },
      [&state](const terminate_child& m) { return handle_terminate(state, m); },
      [&state](const restart_child& m) {
        return answer_done(state, state.core->restart(m.id, state.now()));
      },
      [&state](const remove_child& m) { return answer_done(state, state.core->remove(m.id)); },
      [&state](const kill_child& m) {
        state.stop({m.id, true});
      },
  };
}

} // namespace

supervisor_actor spawn_supervisor(caf::actor_system& system, const environment& world,
                                  supervisor_spec spec) {
  return spawn_below(system, nullptr, world,
                     std::make_shared<const supervisor_spec>(std::move(spec)),
                     std::make_shared<child_group>(nullptr, child_id{}));
}

exit_kind exit_kind_of(const caf::error& reason) noexcept {
  if (!reason)
    return exit_kind::normal;
  if (reason == caf::exit_reason::user_shutdown)
    return exit_kind::shutdown;
  if (reason == caf::exit_reason::kill)
    return exit_kind::killed;
  return exit_kind::abnormal;
}

} // namespace ainur
