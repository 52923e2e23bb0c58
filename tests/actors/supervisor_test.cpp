// Supervision of real actors; the rules themselves are tested in tests/supervision.
#include <atomic>
#include <map>

#include <caf/stateful_actor.hpp>

#include "actors/world.hpp"

using namespace ainur;
using namespace ainur::test;
using namespace std::chrono_literals;
using supervision::child_id;
using supervision::child_state;
using supervision::exit_kind;
using supervision::restart_kind;
using supervision::strategy_kind;

namespace {

/// What a listener saw: "start 1", "again 1", "exit 1 killed", ...
struct journal {
  std::vector<std::string> lines;
  std::map<std::uint64_t, caf::actor> handles; // the registry of an embedder

  supervision_listener listener() {
    return [this](const supervision_event& e) {
      using kind = supervision_event::kind_type;
      const auto id = std::to_string(e.id.value);
      const char* const ends[] = {" normal", " shutdown", " abnormal", " killed"};
      switch (e.kind) {
      case kind::started:
        handles[e.id.value] = e.handle;
        lines.push_back((e.again ? "again " : "start ") + id);
        break;
      case kind::exited:
        lines.push_back("exit " + id + ends[static_cast<int>(e.how)]);
        break;
      case kind::forgotten:
        lines.push_back("forget " + id);
        break;
      case kind::gave_up:
        lines.push_back(e.supervisor + " gave up");
      }
    };
  }

  std::vector<std::string> take() { return std::exchange(lines, {}); }
};

using lines = std::vector<std::string>;

supervisor_spec three(const census& c, journal& j,
                      strategy_kind strategy = strategy_kind::one_for_one) {
  supervisor_spec spec{.name = "three", .strategy = strategy, .listener = j.listener()};
  for (const auto* name : {"a", "b", "c"})
    spec.children.push_back({.name = name, .start = c.child()});
  return spec;
}

} // namespace

TEST_CASE("a killed child is back under its id, and its siblings are left alone") {
  census c;
  journal j;
  world w{1};
  auto s = w.supervise(three(c, j));
  w.ready();
  CHECK(j.take() == lines{"start 1", "start 2", "start 3"});
  CHECK(c.alive() == 3);
  const auto before = j.handles;
  w.kill(j.handles[2]);
  CHECK(j.take() == lines{"exit 2 killed", "again 2"});
  CHECK(c.alive() == 3);
  CHECK(j.handles[2] != before.at(2));
  CHECK(j.handles[1] == before.at(1));
  const auto found = w.ask<child_found>(s, find_child{child_id{2}});
  REQUIRE(found);
  CHECK(found->handle == j.handles[2]);
  const auto named = w.ask<child_found>(s, find_child_by_name{"b"});
  REQUIRE(named);
  CHECK(named->handle == j.handles[2]);
  CHECK_FALSE(w.ask<child_found>(s, find_child{child_id{9}}));
}

TEST_CASE("one_for_all and rest_for_one stop in reverse order and start in order") {
  for (const auto strategy : {strategy_kind::one_for_all, strategy_kind::rest_for_one}) {
    census c;
    journal j;
    world w{2};
    w.supervise(three(c, j, strategy));
    w.ready();
    j.take();
    w.kill(j.handles[2]);
    if (strategy == strategy_kind::one_for_all)
      CHECK(j.take() == lines{"exit 2 killed", "exit 3 shutdown", "exit 1 shutdown", "again 1",
                              "again 2", "again 3"});
    else
      CHECK(j.take() == lines{"exit 2 killed", "exit 3 shutdown", "again 2", "again 3"});
    CHECK(c.alive() == 3);
  }
}

TEST_CASE("asked to end, a supervisor ends its children in reverse order first") {
  census c;
  journal j;
  world w{3};
  auto s = w.supervise(three(c, j));
  w.ready();
  j.take();
  caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
  w.ready();
  CHECK(j.take() == lines{"exit 3 shutdown", "exit 2 shutdown", "exit 1 shutdown"});
  CHECK(c.alive() == 0);
}

TEST_CASE("a killed supervisor leaves no orphan, at any depth") {
  census c;
  journal j;
  auto inner = std::make_shared<supervisor_spec>(three(c, j));
  supervisor_spec outer{.name = "outer"};
  outer.children.push_back({.name = "inner", .start = inner});
  outer.children.push_back({.name = "leaf", .start = c.child()});
  world w{4};
  auto s = w.supervise(outer);
  w.ready();
  CHECK(c.alive() == 4);
  w.kill(caf::actor_cast<caf::actor>(s));
  CHECK(c.alive() == 0);
}

TEST_CASE("a killed supervisor is rebuilt by its own, after all below it are gone") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    census c;
    journal j;
    journal above;
    auto inner = std::make_shared<supervisor_spec>(three(c, j));
    long alive_at_restart = -1;
    auto listen = above.listener();
    supervisor_spec outer{.name = "outer"};
    world w{seed};
    outer.listener = [&](const supervision_event& e) {
      if (e.kind == supervision_event::kind_type::exited)
        alive_at_restart = c.alive();
      listen(e);
    };
    outer.children.push_back({.name = "inner", .start = inner});
    auto s = w.supervise(outer);
    w.ready();
    CHECK(c.alive() == 3);
    CHECK(above.take() == lines{"start 1"});
    w.kill(above.handles[1]);
    CHECK(alive_at_restart == 0);
    CHECK(above.take() == lines{"exit 1 killed", "again 1"});
    CHECK(c.alive() == 3);
  }
}

TEST_CASE("a storm of restarts escalates: the group ends, the supervisor above restarts it") {
  census c;
  journal j;
  journal above;
  auto inner = std::make_shared<supervisor_spec>(three(c, j));
  inner->intensity = {.restarts_max = 2, .period = 5s};
  supervisor_spec outer{.name = "outer", .listener = above.listener()};
  world w{5};
  outer.children.push_back(
      {.name = "inner",
       .policy = {.restart = restart_kind::transient, .shutdown_timeout = supervision::infinity},
       .start = inner});
  w.supervise(outer);
  w.ready();
  for (int i = 0; i < 3; ++i)
    w.kill(j.handles[1]);
  const auto seen = j.take();
  CHECK(std::count(seen.begin(), seen.end(), "three gave up") == 1);
  CHECK(above.take() == lines{"start 1", "exit 1 abnormal", "again 1"});
  CHECK(c.alive() == 3);
}

TEST_CASE("at the top, giving up ends everything") {
  census c;
  journal j;
  auto spec = three(c, j);
  spec.intensity.restarts_max = 0;
  world w{6};
  w.supervise(spec);
  w.ready();
  w.kill(j.handles[2]);
  CHECK(c.alive() == 0);
  CHECK(j.lines.back() == "three gave up");
}

TEST_CASE("a child that ignores the request to end is killed when its time is over") {
  journal j;
  supervisor_spec spec{.name = "stubborn", .listener = j.listener()};
  world w{7};
  spec.children.push_back(
      {.name = "deaf", .policy = {.shutdown_timeout = 2s}, .start = [](child_context& context) {
         return context.parent.spawn([](caf::event_based_actor* self) -> caf::behavior {
           self->set_exit_handler([](caf::exit_msg&) {});
           return {[](int) {}};
         });
       }});
  auto s = w.supervise(spec);
  w.ready();
  caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
  w.pass(2s - 1us);
  CHECK(j.take() == lines{"start 1"});
  w.pass(1us);
  CHECK(j.take() == lines{"exit 1 killed"});
}

TEST_CASE("starts that fail: empty handles, exceptions and supervisors below") {
  census c;
  bool broken = true;
  supervisor_spec below{.name = "below"};
  below.children.push_back({.name = "fragile", .start = [&](child_context& context) {
                              if (broken)
                                throw std::runtime_error("not today");
                              return c.child()(context);
                            }});
  journal j;
  auto spec = three(c, j);
  world w{8};
  auto s = w.supervise(spec);
  w.ready();
  auto add = [&](auto start) {
    return w.ask<child_found>(s, add_child{std::make_shared<child_spec>(
                                     child_spec{.name = "new", .start = std::move(start)})});
  };
  CHECK_FALSE(add(child_factory{[](child_context&) { return caf::actor{}; }}));
  CHECK_FALSE(add(child_factory{}));
  CHECK_FALSE(add(std::make_shared<const supervisor_spec>(below)));
  CHECK(w.ask<child_list>(s, list_children{})->children.size() == 3);
  CHECK(c.alive() == 3);
  broken = false;
  const auto added = add(std::make_shared<const supervisor_spec>(below));
  REQUIRE(added);
  CHECK(added->handle);
  CHECK(c.alive() == 4);
}

TEST_CASE("terminate, restart and remove answer when it is done") {
  census c;
  journal j;
  world w{9};
  auto s = w.supervise(three(c, j));
  w.ready();
  const child_id two{2};
  CHECK_FALSE(w.ask<done>(s, remove_child{two}));
  CHECK(w.ask<done>(s, terminate_child{two}));
  CHECK(c.alive() == 2);
  CHECK(w.ask<done>(s, restart_child{two}));
  CHECK(c.alive() == 3);
  CHECK(w.ask<done>(s, terminate_child{two}));
  CHECK(w.ask<done>(s, remove_child{two}));
  CHECK(w.ask<child_list>(s, list_children{})->children.size() == 2);
}

TEST_CASE("a thousand children of one template; killed one by one and all at once") {
  census c;
  supervisor_spec spec{.name = "crowd", .intensity = {.restarts_max = 2000, .period = 1s}};
  spec.many = child_template{.start = c.child()};
  world w{10};
  auto s = w.supervise(spec);
  const auto added = w.ask<children_added>(s, add_children{child_id{1}, 1001});
  REQUIRE(added);
  CHECK(added->started == 1000);
  REQUIRE(added->refused.size() == 1);
  CHECK(added->refused[0].second.is(supervision::errc::full));
  CHECK(c.alive() == 1000);
  for (std::uint64_t id = 1; id <= 1000; ++id)
    caf::anon_send(s, kill_child{child_id{id}});
  w.ready();
  CHECK(c.alive() == 1000);
  w.kill(caf::actor_cast<caf::actor>(s));
  CHECK(c.alive() == 0);
}

namespace {

struct alive_token {
  std::atomic<int>* count;

  explicit alive_token(std::atomic<int>* n) : count(n) { ++*count; }

  alive_token(const alive_token&) = delete;
  alive_token& operator=(const alive_token&) = delete;

  ~alive_token() { --*count; }
};

struct tormentor_state {
  caf::actor root;
  int rounds_left = 20;
};

using tormentor = caf::stateful_actor<tormentor_state>;

/// Fills the crowd, kills half of it and then its supervisor; and again.
void torment(tormentor* self) {
  if (self->state.rounds_left-- == 0)
    return self->send_exit(self->state.root, caf::exit_reason::user_shutdown);
  self->request(self->state.root, caf::infinite, find_child{child_id{1}})
      .then([self](child_found& crowd) {
        if (!crowd.handle) { // just being rebuilt
          ++self->state.rounds_left;
          return torment(self);
        }
        self->request(crowd.handle, caf::infinite, add_children{child_id{1}, 200})
            .then(
                [self, handle = crowd.handle](children_added&) {
                  for (std::uint64_t id = 1; id <= 100; ++id)
                    self->send(handle, kill_child{child_id{id}});
                  self->send_exit(handle, caf::exit_reason::kill);
                  torment(self);
                },
                [self](caf::error&) { torment(self); });
      });
}

} // namespace

TEST_CASE("real clock: kills from another thread leave no orphan and lose no child") {
  caf::actor_system_config config;
  configure(config, {.threads_max = 2});
  caf::actor_system system{config};
  const auto env = environment::on_real_clock({.seed = 1});
  std::atomic<int> alive{0};
  supervisor_spec crowd{.name = "crowd", .intensity = {.restarts_max = 100'000, .period = 1s}};
  crowd.many = child_template{.start = [&](child_context& context) {
    auto token = std::make_shared<alive_token>(&alive);
    return context.parent.spawn(
        [token](caf::event_based_actor*) -> caf::behavior { return {[token](int) {}}; });
  }};
  supervisor_spec outer{.name = "outer", .intensity = {.restarts_max = 1000, .period = 1s}};
  outer.children.push_back({.name = "crowd", .start = std::make_shared<supervisor_spec>(crowd)});
  {
    auto root = caf::actor_cast<caf::actor>(spawn_supervisor(system, env, outer));
    system.spawn([root](tormentor* self) {
      self->state.root = root;
      torment(self);
    });
  }
  system.await_all_actors_done(); // hangs if one is left over
  CHECK(alive == 0);
}
