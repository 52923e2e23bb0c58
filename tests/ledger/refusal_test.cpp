// Every call × every way in which it is refused: the answer, and that nothing changes.
#include <limits>

#include "world.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

/// A ledger with one task in each state.
struct stage : world {
  who unknown = hosted_by(host, 77);
  task_id missing{{9, 9, 9}};
  open_task open;
  task_id working, reviewing, disputing, ended;

  stage() {
    disputing = disputed(agent, amount::ainu(10));
    reviewing = reviewed(other, amount::ainu(10));
    ended = reviewed(agent, amount::ainu(1));
    REQUIRE(call(client, release{ended, 0}) == errc::ok);
    working = awarded(agent, amount::ainu(10), amount::ainu(10));
    open = task_call(amount::ainu(20), client);
    open.subtasks = 2;
    REQUIRE(call(client, open) == errc::ok);
    REQUIRE(call(poor, transfer{poor.id, amount{0}}) == errc::ok);
  }

  template <class Change>
  open_task task(Change&& change) {
    auto c = task_call(amount::ainu(1), client);
    change(c);
    return c;
  }

  template <class Change>
  award_task award(Change&& change) const {
    auto c = award_call(open.task, agent, amount::ainu(5));
    change(c);
    return c;
  }
};

} // namespace

TEST_CASE("refused: transfer, bond, unbond, withdraw") {
  stage w;
  w.noop(w.unknown, transfer{w.client.id, amount{1}}, errc::unknown_account);
  w.noop(w.client, transfer{w.rival.id, amount::max()}, errc::insufficient_funds);
  w.noop(w.client, transfer{account_id{}, amount::ainu(1)}, errc::invalid_value);
  w.noop(w.client, transfer{w.unknown.id, amount{1}}, errc::below_existential);
  w.noop(w.unknown, open_account{w.client.id}, errc::unknown_account);
  w.noop(w.poor, open_account{account_id{}}, errc::invalid_value);
  w.noop(w.unknown, bond{amount{1}}, errc::unknown_account);
  w.noop(w.client, bond{amount{0}}, errc::invalid_value);
  w.noop(w.client, bond{amount::max()}, errc::insufficient_funds);
  w.noop(w.unknown, unbond{amount{1}}, errc::unknown_account);
  w.noop(w.agent, unbond{amount{0}}, errc::invalid_value);
  w.noop(w.agent, unbond{amount::ainu(1'001)}, errc::insufficient_funds);
  w.noop(w.unknown, rebond{amount{1}}, errc::unknown_account);
  w.noop(w.agent, rebond{amount{0}}, errc::invalid_value);
  w.noop(w.agent, rebond{amount{1}}, errc::insufficient_funds);
  w.noop(w.unknown, withdraw_unbonded{}, errc::unknown_account);
  w.noop(w.agent, withdraw_unbonded{}, errc::too_early);
}

TEST_CASE("refused: open_task") {
  stage w;
  w.noop(w.unknown, w.task([](auto&) {}), errc::unknown_account);
  w.noop(w.rival, w.open, errc::conflict);
  w.noop(w.client, w.task([](auto& c) { c.task = {}; }), errc::invalid_value);
  w.noop(w.client, w.task([](auto& c) { c.host = {}; }), errc::invalid_value);
  w.noop(w.client, w.task([](auto& c) { c.budget = {}; }), errc::invalid_value);
  w.noop(w.client, w.task([](auto& c) { c.subtasks = 0; }), errc::invalid_value);
  w.noop(w.client, w.task([](auto& c) { c.subtasks = 257; }), errc::invalid_value);
  w.noop(w.client, w.task([](auto& c) { c.reputation_min = 1'001; }), errc::invalid_value);
  w.noop(w.client, w.task([](auto& c) { c.deadline = c.award_by - duration{1}; }),
         errc::invalid_value);
  w.noop(w.client, w.task([](auto& c) { c.deadline = timestamp::max(); }), errc::invalid_value);
  w.noop(w.client, w.task([&w](auto& c) { c.award_by = w.now; }), errc::too_late);
  w.noop(w.client, w.task([](auto& c) { c.award_by = timestamp::min(); }), errc::too_late);
  w.noop(w.client, w.task([](auto& c) { c.budget = amount::ainu(100'000); }),
         errc::insufficient_funds);
  w.noop(w.client, w.task([](auto& c) { c.budget = amount::max(); }), errc::insufficient_funds);
}

TEST_CASE("refused: award_task") {
  stage w;
  w.noop(w.orchestrator, w.award([&w](auto& c) { c.task = w.missing; }), errc::unknown_task);
  w.noop(w.client, w.award([](auto&) {}), errc::not_permitted);
  w.noop(w.arbiters[0], w.award([](auto&) {}), errc::not_permitted);
  w.noop(w.other, w.award([](auto&) {}), errc::low_stake);
  w.noop(w.host, w.award([](auto&) {}), errc::low_stake);
  w.noop(w.orchestrator, w.award([](auto& c) { c.lines.clear(); }), errc::invalid_value);
  w.noop(w.orchestrator, w.award([](auto& c) { c.lines.resize(3, c.lines[0]); }),
         errc::invalid_value);
  w.noop(w.orchestrator, w.award([](auto& c) { c.lines.push_back(c.lines[0]); }),
         errc::invalid_value);
  w.noop(w.orchestrator, w.award([](auto& c) { c.lines[0].subtask = 2; }), errc::invalid_value);
  w.noop(w.orchestrator, w.award([](auto& c) { c.lines[0].agent = {}; }), errc::invalid_value);
  w.noop(w.orchestrator, w.award([](auto& c) { c.lines[0].work = duration{0}; }),
         errc::invalid_value);
  w.noop(w.orchestrator, w.award([](auto& c) { c.lines[0].work = duration::max(); }),
         errc::invalid_value);
  w.noop(w.orchestrator, w.award([](auto& c) { c.lines[0].price = amount::ainu(21); }),
         errc::over_budget);
  w.noop(w.orchestrator, w.award([](auto& c) {
    c.lines.push_back(c.lines[0]);
    c.lines[1].subtask = 1;
    c.lines[1].price = amount::max();
  }),
         errc::over_budget);
  w.noop(w.orchestrator, w.award([&w](auto& c) { c.lines[0].agent = w.arbiters[0].id; }),
         errc::not_hosted);
  w.noop(w.orchestrator, w.award([&w](auto& c) { c.lines[0].agent = w.poor.id; }), errc::low_stake);
  auto running = w.award([](auto& c) { c.last = false; });
  REQUIRE(w.call(w.orchestrator, running) == errc::ok);
  w.noop(w.orchestrator, w.award([](auto& c) { c.lines[0].price = amount::ainu(6); }),
         errc::conflict);
  REQUIRE(w.call(w.client, close_task{w.open.task}) == errc::ok);
  w.noop(w.orchestrator, w.award([](auto& c) { c.lines[0].subtask = 1; }), errc::wrong_state);
}

TEST_CASE("refused: post_result, give_up, release, void_award, close_task") {
  stage w;
  const auto result = digest("r");
  w.noop(w.agent, post_result{w.missing, 0, result}, errc::unknown_task);
  w.noop(w.agent, post_result{w.working, 1, result}, errc::unknown_award);
  w.noop(w.other, post_result{w.working, 0, result}, errc::not_permitted);
  w.noop(w.agent, post_result{w.working, 0, hash256{}}, errc::invalid_value);
  w.noop(w.other, post_result{w.reviewing, 0, result}, errc::wrong_state);
  w.noop(w.agent, give_up{w.missing, 0}, errc::unknown_task);
  w.noop(w.agent, give_up{w.working, 1}, errc::unknown_award);
  w.noop(w.other, give_up{w.working, 0}, errc::not_permitted);
  w.noop(w.other, give_up{w.reviewing, 0}, errc::wrong_state);
  w.noop(w.client, release{w.missing, 0}, errc::unknown_task);
  w.noop(w.client, release{w.working, 1}, errc::unknown_award);
  w.noop(w.client, release{w.working, 0}, errc::wrong_state);
  w.noop(w.client, release{w.disputing, 0}, errc::wrong_state);
  w.noop(w.other, release{w.reviewing, 0}, errc::not_permitted);
  w.noop(w.rival, release{w.reviewing, 0}, errc::not_permitted);
  w.noop(w.client, void_award{w.missing, 0, {}}, errc::unknown_task);
  w.noop(w.client, void_award{w.working, 1, {}}, errc::unknown_award);
  w.noop(w.agent, void_award{w.reviewing, 0, {}}, errc::wrong_state);
  w.noop(w.rival, void_award{w.working, 0, {}}, errc::not_permitted);
  w.noop(w.client, void_award{w.reviewing, 0, {}}, errc::wrong_state);
  w.noop(w.client, void_award{w.working, 0, void_cause::arbiters_silent}, errc::invalid_value);
  w.noop(w.client, close_task{w.missing}, errc::unknown_task);
  w.noop(w.rival, close_task{w.open.task}, errc::not_permitted);
}

TEST_CASE("refused: disputes") {
  stage w;
  w.noop(w.client, open_dispute{w.missing, 0}, errc::unknown_task);
  w.noop(w.client, open_dispute{w.reviewing, 1}, errc::unknown_award);
  w.noop(w.rival, open_dispute{w.reviewing, 0}, errc::not_permitted);
  w.noop(w.client, open_dispute{w.working, 0}, errc::wrong_state);
  w.noop(w.client, open_dispute{w.disputing, 0, 1}, errc::wrong_state);
  w.noop(w.client, open_dispute{w.ended, 0}, errc::wrong_state);
  const auto arbiter = w.arbiter_of(w.disputing, 0);
  w.noop(arbiter, vote_dispute{w.reviewing, 0, true}, errc::unknown_dispute);
  w.noop(w.client, vote_dispute{w.disputing, 0, true}, errc::not_permitted);
  REQUIRE(w.call(arbiter, vote_dispute{w.disputing, 0, true}) == errc::ok);
  w.noop(arbiter, vote_dispute{w.disputing, 0, false}, errc::already_voted);
  w.noop(arbiter, vote_dispute{w.disputing, 0, true, 1}, errc::unknown_dispute);
  REQUIRE(w.call(w.client, transfer{w.rival.id, w.view(w.client).free}) == errc::ok);
  w.noop(w.client, open_dispute{w.reviewing, 0}, errc::insufficient_funds);
}

TEST_CASE("refused: offences") {
  stage w;
  report_offence c;
  c.offender = w.agent.id;
  c.kind = offence::protocol_violation;
  c.task = w.missing;
  w.noop(w.council, c, errc::unknown_task);
  c.task = w.working;
  w.noop(w.rival, c, errc::not_permitted);
  c.kind = offence::fraudulent_result;
  w.noop(w.rival, c, errc::bad_evidence);
  c.offender = w.unknown.id;
  w.noop(w.council, c, errc::unknown_account);
  w.noop(w.council, cancel_slash{w.agent.id, 1}, errc::unknown_slash);
  w.noop(w.rival, cancel_slash{w.agent.id, 1}, errc::not_permitted);
}

TEST_CASE("a time that is over is refused even where the bounded sweep has not come yet") {
  parameters rules;
  rules.sweep_max = 1;
  world w{rules};
  std::vector<task_id> fillers;
  for (int i = 0; i < 20; ++i) {
    auto c = w.task_call(amount::ainu(1), w.client);
    REQUIRE(w.call(w.client, c) == errc::ok);
  }
  auto late = w.task_call(amount::ainu(1), w.client);
  REQUIRE(w.call(w.client, late) == errc::ok);
  const auto working = w.awarded(w.agent, amount::ainu(1), amount::ainu(1));
  const auto reviewing = w.reviewed(w.agent, amount::ainu(1));
  const auto disputing = w.disputed(w.other, amount::ainu(1));
  w.now += hours{30};
  w.noop(w.orchestrator, w.award_call(late.task, w.agent, amount::ainu(1)), errc::too_late);
  w.noop(w.agent, post_result{working, 0, digest("r")}, errc::too_late);
  w.noop(w.client, void_award{working, 0, {}}, errc::too_late);
  w.noop(w.client, open_dispute{reviewing, 0}, errc::too_late);
  w.noop(w.arbiter_of(disputing, 0), vote_dispute{disputing, 0, true}, errc::too_late);
  // Any account may settle what the review window has settled.
  CHECK(w.call(w.rival, release{reviewing, 0}) == errc::ok);
  CHECK(w.events<event::outcome>().at(0).cause == outcome_cause::review_over);
  REQUIRE(w.call(w.council, report_offence{w.agent.id, offence::protocol_violation, {}, 0, {}}) ==
          errc::ok);
  w.now += rules.appeal_window + seconds{1};
  w.noop(w.council, cancel_slash{w.agent.id, 1}, errc::too_late);
}
