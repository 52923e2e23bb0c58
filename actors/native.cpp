#include "ainur/actors/native.hpp"

#include <algorithm>
#include <mutex>

#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include "runtime_impl.hpp"

namespace ainur {

namespace {

/// The worker of this moment.
class seat {
public:
  void set(working_actor who) {
    const std::lock_guard lock{mutex_};
    who_ = std::move(who);
  }

  [[nodiscard]] working_actor get() const {
    const std::lock_guard lock{mutex_};
    return who_;
  }

private:
  mutable std::mutex mutex_;
  working_actor who_;
};

struct errand {
  std::shared_ptr<const seat> workplace;
  work_order order;
  completion done;
  duration patience{};
  int tries_left = 100; ///< while the worker is being restarted
};

/// Asks the worker, completes with its answer, and ends.
void run_errand(caf::event_based_actor* self, const std::shared_ptr<errand>& e) {
  constexpr duration pause{20'000};
  const auto end = [self, e](result<bytes> how) {
    e->done(std::move(how));
    self->quit();
  };
  if (const auto worker = e->workplace->get()) {
    self->request(worker, e->patience, e->order)
        .then([end](finished_work& work) { end(std::move(work.content)); },
              [end](const caf::error& why) { end(fail(base_errc::unsupported, to_text(why))); });
    return;
  }
  if (e->tries_left-- == 0 || e->order.cancel.cancelled())
    return end(fail(market::errc::busy, "the working actor is not running"));
  self->delayed_send(self, pause, msg::tick{});
}

async_function ask_worker(caf::actor_system& system, environment world,
                          std::shared_ptr<const seat> workplace) {
  return [&system, world = std::move(world),
          workplace = std::move(workplace)](const work_order& order, completion done) {
    auto e = std::make_shared<errand>(
        errand{.workplace = workplace,
               .order = order,
               .done = std::move(done),
               .patience = std::max(order.finish_by - world.utc_now(), duration{1})});
    system.spawn([e](caf::event_based_actor* self) {
      self->become([self, e](const msg::tick&) { run_errand(self, e); });
      run_errand(self, e);
    });
  };
}

} // namespace

result<runtime> start_on(caf::actor_system& system, runtime_options options) {
  const bool is_virtual =
      dynamic_cast<caf::scheduler::test_coordinator*>(&system.scheduler()) != nullptr;
  if (is_virtual != (options.clock == clock_kind::virtual_time))
    return fail(runtime_errc::wrong_system,
                "call ainur::configure with the same clock before the system is built");
  auto made = runtime::impl::start(std::move(options), &system);
  if (!made)
    return fail(std::move(made).error());
  return runtime_access::make(std::move(*made));
}

result<agent> spawn_actor_agent(runtime& market, agent_spec spec, working_actor_factory factory) {
  if (!factory)
    return fail(runtime_errc::bad_option, "agent " + spec.name + ": there is no factory");
  auto& host = runtime_access::of(market);
  const auto workplace = std::make_shared<seat>();
  {
    const std::shared_lock call{host.gate};
    if (!host.market)
      return fail(runtime_errc::stopped);
    spec.does = async_skill(ask_worker(host.market->system(), host.market->world(), workplace));
  }
  supervisor_spec above{.name = "worker of " + spec.name};
  above.children.push_back({.name = spec.name, .start = [factory](child_context& c) {
                              return caf::actor_cast<caf::actor>(factory(c.parent));
                            }});
  above.listener = [workplace](const supervision_event& e) {
    if (e.kind == supervision_event::kind_type::started)
      workplace->set(caf::actor_cast<working_actor>(e.handle));
    else if (e.kind == supervision_event::kind_type::exited)
      workplace->set({});
  };
  auto made = market.spawn(std::move(spec));
  if (!made)
    return made;
  const std::shared_lock call{host.gate};
  if (!host.market)
    return fail(runtime_errc::stopped);
  try {
    const std::lock_guard lock{host.spawning};
    host.market->add_branch(std::move(above));
  } catch (const std::exception& e) {
    return fail(runtime_errc::bad_option, "agent " + made->name + ": " + e.what());
  }
  return made;
}

caf::actor_system& system_of(runtime& market) {
  return runtime_access::of(market).market->system();
}

} // namespace ainur
