// Persistent actors: nothing acknowledged is lost, nothing acts twice, whatever is killed when.
#include <map>
#include <numeric>

#include <caf/stateful_actor.hpp>

#include "actors/world.hpp"
#include "ainur/actors/persistent_actor.hpp"
#include "ainur/actors/store_writer.hpp"
#include "ainur/store/memory_store.hpp"

using namespace ainur;
using namespace ainur::test;
using namespace std::chrono_literals;
using supervision::child_id;

namespace {

/// A counter that refuses to pass its limit.
struct counter {
  struct command {
    std::uint64_t add = 0;
  };

  struct event {
    std::uint64_t added = 0;
    AINUR_FIELDS(event, added)
  };

  struct reply {
    std::uint64_t total = 0;
    bool accepted = false;
    AINUR_FIELDS(reply, total, accepted)
  };

  std::uint64_t total = 0;
  std::uint64_t count = 0;
  AINUR_FIELDS(counter, total, count)

  [[nodiscard]] store::decision<event, reply> decide(const command& c, timestamp) const {
    if (c.add == 0)
      return {{}, {total, false}};
    return {{event{c.add}}, {total + c.add, true}};
  }

  void apply(const event& e) {
    total += e.added;
    ++count;
  }
};

using command_message = persistent_command<counter>;
using answer_message = persistent_answer<counter>;

/// A store, its writer and a persistent counter under a supervisor; the counter's handle is looked
/// up in a table that the listener keeps.
struct bank {
  std::shared_ptr<store::memory_store> memory =
      std::make_shared<store::memory_store>(store::memory_options{.keeps_crash_state = true});
  caf::actor handle;
  supervisor_actor supervisor;
  std::vector<std::uint64_t> published{};
  std::vector<counter> recovered{};
  int starts = 0;
  world w; // last: stopped before what its actors use goes

  explicit bank(std::uint64_t seed, store::persistent_options options = {}) : w(seed) {
    options.journal = store::journal_id{1};
    auto writer = w.root(spawn_store_writer(w.system, w.env, memory));
    persistent_settings<counter> settings{
        .world = w.env,
        .store = memory,
        .writer = writer,
        .options = options,
        .publish = [this](std::uint64_t record, const auto&) { published.push_back(record); },
        .recovered = [this](const counter& c) { recovered.push_back(c); }};
    supervisor_spec spec{.name = "bank",
                         .intensity = {.restarts_max = 100'000, .period = 1s},
                         .delay = {.initial = 10ms, .max = 100ms}};
    spec.children.push_back({.name = "counter", .start = [settings](child_context& context) {
                               return spawn_persistent<counter>(context.parent, settings);
                             }});
    spec.listener = [this](const supervision_event& e) {
      if (e.kind == supervision_event::kind_type::started) {
        handle = e.handle;
        ++starts;
      }
    };
    supervisor = w.supervise(spec);
    w.ready();
  }

  bank(const bank&) = delete;
  bank& operator=(const bank&) = delete;
};

struct resend {
  std::uint64_t sequence = 0;
  AINUR_FIELDS(resend, sequence)
};

struct client_state {
  std::map<std::uint64_t, counter::reply> answered; // by sequence
  std::uint64_t repeated = 0;
  std::uint64_t refused = 0;
};

/// Sends its commands 1 .. count (each adds its number), again and again until each is answered.
caf::actor persistent_client(bank& b, const std::string& name, std::uint64_t count,
                             client_state& state) {
  const auto sender = store::sender_named(name);
  return b.w.system.spawn([=, &b, &state](caf::event_based_actor* self) -> caf::behavior {
    for (std::uint64_t i = 1; i <= count; ++i)
      self->delayed_send(self, duration{static_cast<std::int64_t>(i) * 500}, resend{i});
    return {
        [=, &b, &state](const resend& m) {
          if (state.answered.contains(m.sequence))
            return;
          if (b.handle)
            self->send(b.handle, command_message{{sender, m.sequence}, {m.sequence}});
          self->delayed_send(self, 20ms, resend{m.sequence});
        },
        [=, &state](const answer_message& m) {
          state.repeated += m.repeated ? 1 : 0;
          if (!m.content) {
            ++state.refused;
            return;
          }
          const auto [at, fresh] = state.answered.emplace(m.id.sequence, *m.content);
          CHECK((fresh || at->second == *m.content)); // the same answer however often
        },
    };
  });
}

std::uint64_t sum_to(std::uint64_t n) {
  return n * (n + 1) / 2;
}

} // namespace

TEST_CASE("commands are answered after their commit, and events published in order") {
  client_state state;
  bank b{1};
  b.w.root(persistent_client(b, "alice", 50, state));
  b.w.pass(1s);
  REQUIRE(state.answered.size() == 50);
  CHECK(state.answered[50].total == sum_to(50));
  std::vector<std::uint64_t> expected(50);
  std::iota(expected.begin(), expected.end(), 1);
  CHECK(b.published == expected);
}

TEST_CASE("a command without effect is answered, and nothing is journalled") {
  std::optional<answer_message> got;
  bank b{2};
  b.w.root(b.w.system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
    self->send(b.handle, command_message{{store::sender_named("bob"), 1}, {0}});
    return {[&](answer_message& m) { got = std::move(m); }};
  }));
  b.w.ready();
  REQUIRE(got);
  REQUIRE(got->content);
  CHECK_FALSE(got->content->accepted);
  CHECK(got->content->total == 0);
}

TEST_CASE("exactly once: kills, a dead store and a full disk, with redelivery (random schedules)") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    auto random = rng{seed}.split("faults");
    client_state alice, bob;
    bank b{seed, {.snapshot_every = 7}};
    b.w.root(persistent_client(b, "alice", 60, alice));
    b.w.root(persistent_client(b, "bob", 40, bob));
    for (int i = 0; i < 12; ++i) {
      b.w.pass(duration{random.between(100, 6000)});
      switch (random.below(4)) {
      case 0:
        caf::anon_send(b.supervisor, kill_child{child_id{1}});
        break;
      case 1:
        b.memory->crash();
        b.w.pass(duration{random.between(0, 40'000)});
        b.memory->restart();
        break;
      case 2:
        b.memory->set_bytes_max(1);
        b.w.pass(duration{random.between(0, 40'000)});
        b.memory->set_bytes_max(~std::uint64_t{0});
        break;
      default: // dies in the middle of a commit
        b.memory->set_faults({.crash_at = b.memory->effects() + random.between(1, 5),
                              .unsynced_survivors = random.below(4)});
        b.w.pass(duration{random.between(0, 40'000)});
        if (b.memory->has_crashed())
          b.memory->restart();
        b.memory->set_faults({});
      }
    }
    b.w.pass(5s);
    CHECK(alice.answered.size() == 60);
    CHECK(bob.answered.size() == 40);
    CHECK(b.starts > 1);
    // The journal agrees: one more recovery shows each command applied once.
    b.recovered.clear();
    b.w.kill(b.handle);
    b.w.pass(1s);
    REQUIRE(b.recovered.size() == 1);
    CHECK(b.recovered[0].total == sum_to(60) + sum_to(40));
    CHECK(b.recovered[0].count == 100);
  }
}

TEST_CASE("commands wait while the actor recovers") {
  client_state state;
  bank b{3};
  b.w.driver.pause(b.handle, instant::max());
  b.w.kill(b.handle); // dies when it is resumed
  b.w.root(persistent_client(b, "carol", 5, state));
  b.w.pass(10ms);
  CHECK(state.answered.empty());
  b.w.driver.resume(b.handle);
  b.w.pass(1s);
  CHECK(state.answered.size() == 5);
}
