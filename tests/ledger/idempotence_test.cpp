// Calls on a task that are carried out once and asked again: they succeed and change nothing.
#include "world.hpp"

using namespace ainur;
using namespace ainur::test;

TEST_CASE("again: close_task") {
  world w;
  const auto c = w.task_call(amount::ainu(1), w.client);
  REQUIRE(w.call(w.client, c) == errc::ok);
  REQUIRE(w.call(w.client, close_task{c.task}) == errc::ok);
  w.noop(w.client, close_task{c.task}, errc::ok);
  w.noop(w.rival, close_task{c.task}, errc::not_permitted);
}

TEST_CASE("again: an award, but not one that would also close the task") {
  world w;
  auto c = w.task_call(amount::ainu(20), w.client);
  c.subtasks = 2;
  REQUIRE(w.call(w.client, c) == errc::ok);
  auto award = w.award_call(c.task, w.agent, amount::ainu(10));
  award.last = false;
  REQUIRE(w.call(w.orchestrator, award) == errc::ok);
  w.noop(w.orchestrator, award, errc::ok);
  auto other = award;
  other.last = true;
  w.noop(w.orchestrator, other, errc::conflict);
  other = award;
  other.lines[0].rate = amount{1};
  w.noop(w.orchestrator, other, errc::conflict);
  other = award;
  other.lines[0].parts = {amount::ainu(5), amount::ainu(5)};
  w.noop(w.orchestrator, other, errc::conflict);
}

TEST_CASE("again: an award of a stream that was topped up") {
  world w;
  const auto c = w.task_call(amount::ainu(10), w.client);
  REQUIRE(w.call(w.client, c) == errc::ok);
  auto award = w.award_call(c.task, w.agent, amount::ainu(10));
  award.lines[0].rate = amount{1};
  REQUIRE(w.call(w.orchestrator, award) == errc::ok);
  REQUIRE(w.call(w.client, top_up_stream{c.task, 0, amount::ainu(20)}) == errc::ok);
  w.noop(w.orchestrator, award, errc::ok);
}

TEST_CASE("again: a result, under review and after the release; another result is refused") {
  world w;
  const auto task = w.reviewed(w.agent, amount::ainu(10));
  w.noop(w.agent, post_result{task, 0, digest("result")}, errc::ok);
  w.noop(w.agent, post_result{task, 0, digest("other")}, errc::wrong_state);
  w.noop(w.other, post_result{task, 0, digest("result")}, errc::not_permitted);
  REQUIRE(w.call(w.client, release{task, 0}) == errc::ok);
  w.noop(w.agent, post_result{task, 0, digest("result")}, errc::ok);
}

TEST_CASE("again: a release, whoever released") {
  world w;
  const auto task = w.reviewed(w.agent, amount::ainu(10));
  w.pass(hours{2});
  w.noop(w.client, release{task, 0}, errc::ok);
  const auto failed = w.awarded(w.agent, amount::ainu(10), amount::ainu(10));
  REQUIRE(w.call(w.agent, give_up{failed, 0}) == errc::ok);
  w.noop(w.client, release{failed, 0}, errc::wrong_state);
}

TEST_CASE("again: giving up and voiding, for the same cause only") {
  world w;
  const auto task = w.awarded(w.agent, amount::ainu(10), amount::ainu(10));
  REQUIRE(w.call(w.agent, give_up{task, 0}) == errc::ok);
  w.noop(w.agent, give_up{task, 0}, errc::ok);
  w.noop(w.client, void_award{task, 0, void_cause::cancelled}, errc::wrong_state);
  const auto lost = w.awarded(w.agent, amount::ainu(10), amount::ainu(10));
  REQUIRE(w.call(w.client, void_award{lost, 0, void_cause::lost_supervisor}) == errc::ok);
  w.noop(w.client, void_award{lost, 0, void_cause::lost_supervisor}, errc::ok);
  w.noop(w.client, void_award{lost, 0, void_cause::cancelled}, errc::wrong_state);
  w.noop(w.rival, void_award{lost, 0, void_cause::lost_supervisor}, errc::not_permitted);
  w.noop(w.agent, give_up{lost, 0}, errc::wrong_state);
}

TEST_CASE("again: a dispute, open or ruled, and a vote") {
  world w;
  const auto task = w.disputed(w.agent, amount::ainu(10));
  w.noop(w.client, open_dispute{task, 0}, errc::ok);
  const auto arbiter = w.arbiter_of(task, 0);
  REQUIRE(w.call(arbiter, vote_dispute{task, 0, true}) == errc::ok);
  w.noop(arbiter, vote_dispute{task, 0, true}, errc::ok);
  w.noop(arbiter, vote_dispute{task, 0, false}, errc::already_voted);
  REQUIRE(w.call(w.arbiter_of(task, 1), vote_dispute{task, 0, true}) == errc::ok);
  w.noop(w.client, open_dispute{task, 0}, errc::ok);
  w.noop(arbiter, vote_dispute{task, 0, true}, errc::unknown_dispute);
}
