// The contract of OTP's supervisor, as tables and examples.
#include <doctest/doctest.h>

#include "supervision/group.hpp"

using namespace ainur;
using namespace ainur::test;
using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;

supervisor_options plan(strategy_kind strategy, std::uint32_t restarts_max = 3) {
  return {.strategy = strategy, .intensity = {restarts_max, 5s}, .delay = {}, .children_max = 1000};
}

group three(const supervisor_options& options, restart_kind middle = restart_kind::permanent) {
  group g{options};
  g.add(1);
  g.add(2, middle);
  g.add(3);
  g.carry_out(g.core.start(g.now));
  CHECK(g.take_log() == lines{"start 1", "start 2", "start 3"});
  return g;
}

child_state state_of(const group& g, std::uint64_t id) {
  const auto info = g.core.find(child_id{id});
  REQUIRE(info);
  return info->state;
}

constexpr auto strategies = {strategy_kind::one_for_one, strategy_kind::one_for_all,
                             strategy_kind::rest_for_one};

} // namespace

TEST_CASE("every end of every kind of child under every strategy") {
  struct row {
    restart_kind kind;
    exit_kind how;
    bool restarts;
  };

  const row table[] = {
      {restart_kind::permanent, exit_kind::normal, true},
      {restart_kind::permanent, exit_kind::shutdown, true},
      {restart_kind::permanent, exit_kind::abnormal, true},
      {restart_kind::permanent, exit_kind::killed, true},
      {restart_kind::transient, exit_kind::normal, false},
      {restart_kind::transient, exit_kind::shutdown, false},
      {restart_kind::transient, exit_kind::abnormal, true},
      {restart_kind::transient, exit_kind::killed, true},
      {restart_kind::temporary, exit_kind::normal, false},
      {restart_kind::temporary, exit_kind::shutdown, false},
      {restart_kind::temporary, exit_kind::abnormal, false},
      {restart_kind::temporary, exit_kind::killed, false},
  };
  const std::map<strategy_kind, lines> restart = {
      {strategy_kind::one_for_one, {"start 2"}},
      {strategy_kind::one_for_all, {"stop 3", "stop 1", "start 1", "start 2", "start 3"}},
      {strategy_kind::rest_for_one, {"stop 3", "start 2", "start 3"}}};
  for (const auto strategy : strategies)
    for (const auto& r : table) {
      CAPTURE(static_cast<int>(strategy));
      CAPTURE(static_cast<int>(r.kind));
      CAPTURE(static_cast<int>(r.how));
      auto g = three(plan(strategy), r.kind);
      g.exit(2, r.how);
      const auto forgotten = r.kind == restart_kind::temporary;
      CHECK(g.take_log() == (r.restarts  ? restart.at(strategy)
                             : forgotten ? lines{"forget 2"}
                                         : lines{}));
      CHECK(g.running.contains(child_id{2}) == r.restarts);
      CHECK(g.running.contains(child_id{1}));
      CHECK(g.running.contains(child_id{3}));
      CHECK(g.core.find(child_id{2}).has_value() == !forgotten);
      CHECK_FALSE(g.end);
    }
}

TEST_CASE("rest_for_one leaves alone what was started before") {
  auto g = three(plan(strategy_kind::rest_for_one));
  g.exit(1, exit_kind::abnormal);
  CHECK(g.take_log() == lines{"stop 3", "stop 2", "start 1", "start 2", "start 3"});
  g.exit(3, exit_kind::abnormal);
  CHECK(g.take_log() == lines{"start 3"});
}

TEST_CASE("a sibling's failure ends a temporary child for good") {
  auto g = three(plan(strategy_kind::one_for_all), restart_kind::temporary);
  g.exit(1, exit_kind::killed);
  CHECK(g.take_log() == lines{"stop 3", "stop 2", "forget 2", "start 1", "start 3"});
}

TEST_CASE("a restart of all brings back a transient child that had ended") {
  auto g = three(plan(strategy_kind::one_for_all), restart_kind::transient);
  g.exit(2, exit_kind::normal);
  CHECK(g.take_log().empty());
  g.exit(3, exit_kind::killed);
  CHECK(g.take_log() == lines{"stop 1", "start 1", "start 2", "start 3"});
}

TEST_CASE("intensity: the period includes both of its ends") {
  SUBCASE("one more within the period") {
    auto g = three(plan(strategy_kind::one_for_one, 2));
    g.exit(2, exit_kind::abnormal);
    g.now += 1s;
    g.exit(2, exit_kind::abnormal);
    g.now += 4s; // exactly 5 s after the first
    g.take_log();
    g.exit(2, exit_kind::abnormal);
    CHECK(g.take_log() == lines{"stop 3", "stop 1", "ended"});
    CHECK(g.end == ended{errc::gave_up});
  }
  SUBCASE("one more just after it") {
    auto g = three(plan(strategy_kind::one_for_one, 2));
    g.exit(2, exit_kind::abnormal);
    g.now += 1s;
    g.exit(2, exit_kind::abnormal);
    g.now += 4s + 1us;
    g.take_log();
    g.exit(2, exit_kind::abnormal);
    CHECK(g.take_log() == lines{"start 2"});
  }
  SUBCASE("none allowed") {
    auto g = three(plan(strategy_kind::one_for_all, 0));
    g.exit(1, exit_kind::abnormal);
    CHECK(g.take_log() == lines{"stop 3", "stop 2", "ended"});
  }
  SUBCASE("failures of different children count together") {
    auto g = three(plan(strategy_kind::one_for_one, 2));
    g.exit(1, exit_kind::abnormal);
    g.exit(2, exit_kind::abnormal);
    g.exit(3, exit_kind::abnormal);
    CHECK(g.end == ended{errc::gave_up});
  }
  SUBCASE("a restart of several counts once") {
    auto g = three(plan(strategy_kind::one_for_all, 1));
    g.exit(1, exit_kind::abnormal);
    CHECK_FALSE(g.end);
  }
}

TEST_CASE("a restart that fails at start is tried again, and counts") {
  for (const auto strategy : strategies) {
    CAPTURE(static_cast<int>(strategy));
    auto g = three(plan(strategy, 3));
    g.refuses_start.insert(child_id{2});
    g.exit(2, exit_kind::abnormal);
    CHECK(g.end == ended{errc::gave_up});
    const auto log = g.take_log();
    CHECK(std::count(log.begin(), log.end(), "refuse 2") == 3);
    CHECK(g.running.empty());
  }
}

TEST_CASE("the first start: a child that cannot start fails the supervisor, in reverse order") {
  group g{plan(strategy_kind::one_for_one)};
  for (std::uint64_t id = 1; id <= 4; ++id)
    g.add(id, restart_kind::temporary);
  g.refuses_start.insert(child_id{3});
  g.carry_out(g.core.start(g.now));
  CHECK(g.take_log() == lines{"start 1", "start 2", "refuse 3", "stop 2", "forget 2", "stop 1",
                              "forget 1", "ended"});
  CHECK(g.end == ended{errc::start_failed});
}

TEST_CASE("back-off doubles up to its bound and starts over after a long run") {
  auto options = plan(strategy_kind::one_for_one, 100);
  options.delay = {.initial = 100ms, .max = 350ms, .reset_after = 60s};
  auto g = three(options);
  for (const duration expected :
       {duration{100ms}, duration{200ms}, duration{350ms}, duration{350ms}}) {
    g.exit(2, exit_kind::abnormal);
    CHECK(state_of(g, 2) == child_state::waiting);
    REQUIRE(g.wake);
    CHECK(*g.wake - g.now == expected);
    g.pass_to(*g.wake - 1us);
    CHECK(g.take_log().empty());
    g.pass_to(g.now + 1us);
    CHECK(g.take_log() == lines{"start 2"});
  }
  g.pass_to(g.now + 60s);
  g.exit(2, exit_kind::abnormal);
  CHECK(*g.wake - g.now == 100ms);
}

TEST_CASE("jitter only takes off, by no more than its part") {
  auto options = plan(strategy_kind::one_for_one, 1000);
  options.delay = {.initial = 1s, .max = 1s, .reset_after = 60s, .jitter_ppm = 250'000};
  group g{options, rng{7}};
  g.add(1);
  g.carry_out(g.core.start(g.now));
  std::set<duration> seen;
  for (int i = 0; i < 50; ++i) {
    g.exit(1, exit_kind::abnormal);
    const auto wait = *g.wake - g.now;
    CHECK(wait <= 1s);
    CHECK(wait >= 750ms);
    seen.insert(wait);
    g.pass_to(*g.wake);
  }
  CHECK(seen.size() > 10);
}

TEST_CASE("back-off of a group starts once all are down") {
  auto options = plan(strategy_kind::one_for_all);
  options.delay.initial = 100ms;
  auto g = three(options);
  g.exit(1, exit_kind::abnormal);
  CHECK(g.take_log() == lines{"stop 3", "stop 2"});
  g.pass_to(instant{} + 99ms);
  CHECK(g.take_log().empty());
  g.pass_to(instant{} + 100ms);
  CHECK(g.take_log() == lines{"start 1", "start 2", "start 3"});
}

TEST_CASE("shutdown: reverse order, each after the one before is gone") {
  auto g = three(plan(strategy_kind::one_for_one));
  g.ignores_stop.insert(child_id{2});
  g.carry_out(g.core.shutdown(g.now));
  CHECK(g.take_log() == lines{"stop 3", "stop 2"});
  CHECK_FALSE(g.end);
  g.pass_to(instant{} + 5s - 1us);
  CHECK(g.take_log().empty());
  g.pass_to(instant{} + 5s);
  CHECK(g.take_log() == lines{"kill 2", "stop 1", "ended"});
  CHECK(g.end == ended{std::nullopt});
}

TEST_CASE("brutal kill does not ask; infinity waits") {
  group g{plan(strategy_kind::one_for_one)};
  g.add(1, restart_kind::permanent, infinity);
  g.add(2, restart_kind::permanent, brutal_kill);
  g.ignores_stop.insert(child_id{1});
  g.carry_out(g.core.start(g.now));
  g.take_log();
  g.carry_out(g.core.shutdown(g.now));
  g.pass_to(instant{} + std::chrono::hours{24});
  CHECK(g.take_log() == lines{"kill 2", "stop 1"});
  CHECK_FALSE(g.end);
  g.exit(1, exit_kind::shutdown);
  CHECK(g.end);
}

TEST_CASE("terminate, restart, remove") {
  auto g = three(plan(strategy_kind::one_for_one), restart_kind::transient);
  const child_id two{2};
  CHECK(g.core.remove(two).error().is(errc::still_running));
  CHECK(g.core.restart(two, g.now).error().is(errc::still_running));
  CHECK(g.core.find(two)->state == child_state::running); // both changed nothing
  g.carry_out(*g.core.terminate(two, g.now));
  CHECK(g.take_log() == lines{"stop 2"});
  CHECK(state_of(g, 2) == child_state::idle);
  g.carry_out(*g.core.restart(two, g.now));
  CHECK(g.take_log() == lines{"start 2"});
  g.carry_out(*g.core.terminate(two, g.now));
  g.carry_out(*g.core.remove(two));
  CHECK(g.take_log() == lines{"stop 2", "forget 2"});
  CHECK(g.core.terminate(two, g.now).error().is(errc::not_found));
  g.add(2, restart_kind::temporary);
  g.carry_out(*g.core.terminate(two, g.now));
  CHECK(g.take_log() == lines{"start 2", "stop 2", "forget 2"});
}

TEST_CASE("add: bounds, duplicates, and a first start that fails") {
  auto options = plan(strategy_kind::one_for_one);
  options.children_max = 4;
  auto g = three(options);
  CHECK(g.core.add(child_id{1}, {}, g.now).error().is(errc::duplicate));
  g.refuses_start.insert(child_id{9});
  g.add(9);
  CHECK(g.take_log() == lines{"refuse 9", "forget 9"});
  CHECK(g.core.size() == 3);
  g.add(4);
  CHECK(g.take_log() == lines{"start 4"});
  const auto before = g.core.children();
  CHECK(g.core.add(child_id{5}, {}, g.now).error().is(errc::full));
  CHECK(g.core.children() == before);
  g.carry_out(g.core.shutdown(g.now));
  CHECK(g.core.add(child_id{6}, {}, g.now).error().is(errc::ending));
}

TEST_CASE("a failure while a group restart stops children widens it") {
  auto g = three(plan(strategy_kind::rest_for_one));
  g.ignores_stop.insert(child_id{3});
  g.exit(2, exit_kind::abnormal);
  CHECK(g.take_log() == lines{"stop 3"});
  g.exit(1, exit_kind::abnormal); // not part of the restart so far
  CHECK(g.take_log().empty());
  g.exit(3, exit_kind::shutdown);
  CHECK(g.take_log() == lines{"start 1", "start 2", "start 3"});
}

TEST_CASE("nested: a supervisor that gives up is an abnormal end for its own") {
  group inner = three(plan(strategy_kind::one_for_one, 1));
  group outer{plan(strategy_kind::one_for_one)};
  outer.add(1, restart_kind::transient, infinity);
  outer.carry_out(outer.core.start(outer.now));
  outer.take_log();
  inner.exit(1, exit_kind::killed);
  inner.exit(1, exit_kind::killed);
  REQUIRE(inner.end);
  CHECK(inner.running.empty());
  outer.exit(1, inner.end->failure ? exit_kind::abnormal : exit_kind::shutdown);
  CHECK(outer.take_log() == lines{"start 1"});
}

TEST_CASE("what is not expected is ignored") {
  auto g = three(plan(strategy_kind::one_for_all));
  const auto before = g.core.children();
  CHECK(g.core.child_exited(child_id{99}, exit_kind::killed, g.now).empty());
  CHECK(g.core.child_started(child_id{1}, g.now).empty());
  CHECK(g.core.child_start_failed(child_id{2}, g.now).empty());
  CHECK(g.core.timer(g.now + 1s).empty());
  CHECK(g.core.children() == before);
}
