// Disputes: bond, arbiters, ruling, redraw, default.
#include <algorithm>
#include <set>

#include "world.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {
constexpr amount price = amount::ainu(10);
constexpr amount bond_value = amount::ainu(1);
} // namespace

TEST_CASE("a dispute locks a tenth of the price and draws three unrelated arbiters") {
  world w;
  const auto task = w.disputed(w.agent, price);
  CHECK(w.view(w.client).reserved == bond_value);
  const auto drawn = w.events<event::arbiters_drawn>().at(0);
  CHECK(drawn.bond == bond_value);
  CHECK(drawn.vote_until == w.now + hours{24});
  REQUIRE(drawn.arbiters.size() == 3);
  std::set<account_id> controllers;
  for (const auto& id : drawn.arbiters) {
    const auto account = w.s->account(id);
    CHECK(account->bonded >= amount::ainu(100));
    controllers.insert(account->controller);
    for (const auto* party : {&w.client, &w.agent, &w.host})
      CHECK(account->controller != w.s->account(party->id)->controller);
  }
  CHECK(controllers.size() == 3);
  CHECK(w.s->task(task)->awards[0].status == award_status::disputed);
}

TEST_CASE("a majority for the agent: paid, and the payer's bond pays the arbiters") {
  world w;
  const auto task = w.disputed(w.agent, price);
  const auto first = w.arbiter_of(task, 0);
  const auto second = w.arbiter_of(task, 1);
  REQUIRE(w.call(first, vote_dispute{task, 0, true}) == errc::ok);
  CHECK(w.events<event::dispute_ruled>().empty());
  const auto before = w.view(second).free;
  REQUIRE(w.call(second, vote_dispute{task, 0, true}) == errc::ok);
  CHECK(w.events<event::dispute_ruled>().at(0).for_agent);
  CHECK(w.events<event::dispute_ruled>().at(0).arbiters_paid == bond_value);
  CHECK(w.view(second).free == *before.plus(amount{500'000}));
  CHECK(w.view(w.agent).free == amount::ainu(110));
  CHECK(w.view(w.agent).score == 505);
  CHECK(w.view(w.client).free == amount{99'988'900'000}); // without price, fee and bond
  CHECK(w.events<event::task_final>().at(0).final_state == task_end::resolved);
}

TEST_CASE("a majority for the payer: refund, failure, and the agent's stake pays the arbiters") {
  world w;
  const auto task = w.disputed(w.agent, price);
  REQUIRE(w.call(w.arbiter_of(task, 0), vote_dispute{task, 0, false}) == errc::ok);
  REQUIRE(w.call(w.arbiter_of(task, 2), vote_dispute{task, 0, true}) == errc::ok);
  REQUIRE(w.call(w.arbiter_of(task, 1), vote_dispute{task, 0, false}) == errc::ok);
  CHECK_FALSE(w.events<event::dispute_ruled>().at(0).for_agent);
  CHECK(w.view(w.client).free == amount::ainu(100'000));
  CHECK(w.view(w.client).reserved == amount{0});
  CHECK(w.view(w.agent).score == 480);
  // One AINU to the arbiters, then one percent of what is left.
  CHECK(w.view(w.agent).bonded == amount{989'010'000});
  CHECK(w.events<event::outcome>().at(0).cause == outcome_cause::ruled_for_payer);
}

TEST_CASE("silence: one redraw, absentees lose one percent, then half-half and void") {
  world w;
  const auto task = w.disputed(w.agent, price);
  const auto first = w.s->task(task)->awards[0].arbiters;
  const auto voter = w.arbiter_of(task, 0);
  const auto absent = w.arbiter_of(task, 1);
  const auto stake_of_voter = w.view(voter).bonded;
  const auto stake_of_absent = w.view(absent).bonded;
  REQUIRE(w.call(voter, vote_dispute{task, 0, true}) == errc::ok);
  w.pass(hours{25});
  CHECK(w.events<event::slashed>().size() == 2);
  CHECK(w.view(voter).bonded == stake_of_voter);
  CHECK(w.view(absent).bonded == stake_of_absent.times(99, 100));
  const auto redraw = w.events<event::arbiters_drawn>().at(0);
  CHECK(redraw.round == 2);
  REQUIRE(redraw.arbiters.size() == 3);
  for (const auto& id : redraw.arbiters)
    CHECK(std::find(first.begin(), first.end(), id) == first.end());
  w.noop(voter, vote_dispute{task, 0, true}, errc::not_permitted);

  w.pass(hours{25});
  CHECK(w.events<event::dispute_defaulted>().size() == 1);
  const auto o = w.events<event::outcome>().at(0);
  CHECK(o.kind == outcome_kind::void_);
  CHECK(o.cause == outcome_cause::arbiters_silent);
  CHECK(o.paid == amount::ainu(5));
  CHECK(o.fee == amount{50'000});
  CHECK(w.view(w.agent).score == 500);
  CHECK(w.view(w.client).free == amount{99'994'950'000});
  CHECK(w.s->task(task)->final_state == task_end::resolved);
  CHECK(w.s->escrows_overdue(hours{49}) == 0);
}

TEST_CASE("one vote each is no majority") {
  world w;
  const auto task = w.disputed(w.agent, price);
  REQUIRE(w.call(w.arbiter_of(task, 0), vote_dispute{task, 0, true}) == errc::ok);
  REQUIRE(w.call(w.arbiter_of(task, 1), vote_dispute{task, 0, false}) == errc::ok);
  w.pass(hours{25});
  CHECK(w.events<event::arbiters_drawn>().at(0).round == 2);
  REQUIRE(w.call(w.arbiter_of(task, 0), vote_dispute{task, 0, true}) == errc::ok);
  REQUIRE(w.call(w.arbiter_of(task, 1), vote_dispute{task, 0, true}) == errc::ok);
  CHECK(w.events<event::dispute_ruled>().at(0).for_agent);
}

TEST_CASE("without unrelated arbiters a dispute ends half-half") {
  world w{{}, 0};
  REQUIRE(w.call(w.other, unbond{amount::ainu(500)}) == errc::ok);
  const auto task = w.disputed(w.agent, price);
  CHECK(w.s->task(task)->awards[0].arbiters.empty());
  w.pass(hours{25});
  w.pass(hours{25});
  CHECK(w.s->task(task)->final_state == task_end::resolved);
}

TEST_CASE("who unbonds below the minimum is no arbiter any more") {
  world w;
  for (const auto& x : w.arbiters)
    REQUIRE(w.call(x, unbond{amount::ainu(101)}) == errc::ok);
  const auto task = w.disputed(w.agent, price);
  CHECK(w.s->task(task)->awards[0].arbiters == std::vector{w.other.id});
}

TEST_CASE("all who voted share equally, what does not divide goes to the treasury") {
  world w;
  const auto task = w.disputed(w.agent, price);
  const auto treasury = w.s->totals().treasury;
  const auto dissenter = w.arbiter_of(task, 1);
  const auto before = w.view(dissenter).free;
  REQUIRE(w.call(w.arbiter_of(task, 0), vote_dispute{task, 0, true}) == errc::ok);
  REQUIRE(w.call(dissenter, vote_dispute{task, 0, false}) == errc::ok);
  REQUIRE(w.call(w.arbiter_of(task, 2), vote_dispute{task, 0, true}) == errc::ok);
  CHECK(w.events<event::dispute_ruled>().at(0).arbiters_paid == amount{999'999});
  CHECK(w.view(dissenter).free == *before.plus(amount{333'333}));
  // The rest of the bond, and four fifths of the fee.
  CHECK(w.s->totals().treasury == *treasury.plus(amount{80'001}));
}

TEST_CASE("an agent that has nothing at stake loses without paying the arbiters") {
  world w;
  auto c = w.task_call(price, w.client);
  c.reputation_min = 0;
  REQUIRE(w.call(w.client, c) == errc::ok);
  REQUIRE(w.call(w.orchestrator, w.award_call(c.task, w.poor, price)) == errc::ok);
  REQUIRE(w.call(w.poor, post_result{c.task, 0, digest("r")}) == errc::ok);
  REQUIRE(w.call(w.client, open_dispute{c.task, 0}) == errc::ok);
  for (std::size_t seat = 0; seat < 2; ++seat)
    REQUIRE(w.call(w.arbiter_of(c.task, seat), vote_dispute{c.task, 0, false}) == errc::ok);
  CHECK(w.events<event::dispute_ruled>().at(0).arbiters_paid == amount{0});
  CHECK(w.view(w.client).free == amount::ainu(100'000));
}

TEST_CASE("the bond is a tenth of the price, at least a µAINU, and free money only") {
  world w;
  const auto task = w.reviewed(w.agent, amount{5});
  REQUIRE(w.call(w.client, open_dispute{task, 0}) == errc::ok);
  CHECK(w.view(w.client).reserved == amount{1});
  const auto other = w.reviewed(w.agent, price);
  const auto free = w.view(w.client).free;
  REQUIRE(w.call(w.client, lock_balance{0, free, w.now + hours{48}}) == errc::ok);
  w.noop(w.client, open_dispute{other, 0}, errc::insufficient_funds);
}

TEST_CASE("one seat for each controller, and none for those of the payer, the agent or the host") {
  world w{{}, 0};
  REQUIRE(w.call(w.other, unbond{amount::ainu(500)}) == errc::ok);
  std::vector<account_id> ring; // three accounts of one host, one of the payer's
  for (const auto* owner : {&w.rival, &w.rival, &w.rival, &w.client}) {
    const auto one = hosted_by(*owner, 1 + ring.size());
    REQUIRE(w.call(*owner, transfer{one.id, amount::ainu(101)}) == errc::ok);
    REQUIRE(w.call(one, bond{amount::ainu(100)}) == errc::ok);
    ring.push_back(one.id);
  }
  const auto task = w.disputed(w.agent, price);
  const auto arbiters = w.award_of(task).arbiters;
  REQUIRE(arbiters.size() == 1);
  CHECK(std::find(ring.begin(), ring.begin() + 3, arbiters[0]) != ring.begin() + 3);
  // Their controller has had its turn: nobody is left for the redraw, so half-half.
  w.pass(hours{25});
  CHECK(w.award_of(task).arbiters.empty());
  w.pass(hours{25});
  CHECK(w.events<event::outcome>().at(0).cause == outcome_cause::arbiters_silent);
}

TEST_CASE("a vote for each side after the redraw is no majority: half-half, the bond goes back") {
  world w;
  const auto task = w.disputed(w.agent, price);
  w.pass(hours{25});
  CHECK(w.events<event::slashed>().size() == 3);
  REQUIRE(w.call(w.arbiter_of(task, 0), vote_dispute{task, 0, true}) == errc::ok);
  REQUIRE(w.call(w.arbiter_of(task, 1), vote_dispute{task, 0, false}) == errc::ok);
  const auto absent = w.arbiter_of(task, 2);
  const auto voter = w.arbiter_of(task, 0);
  const auto free = w.view(voter).free;
  w.pass(hours{25});
  REQUIRE(w.events<event::slashed>().size() == 1); // the absentee of the second round
  CHECK(w.events<event::slashed>().at(0).account == absent.id);
  CHECK(w.view(absent).bonded == amount::ainu(198));
  CHECK(w.view(voter).free == free); // nobody lost a bond
  CHECK(w.view(w.client).reserved == amount{0});
  CHECK(w.view(w.client).free == amount{99'994'950'000});
}

TEST_CASE("an arbiter that unbonds after the draw still votes, or loses from what unbonds") {
  world w;
  const auto task = w.disputed(w.agent, price);
  const auto absent = w.arbiter_of(task, 0);
  REQUIRE(w.call(absent, unbond{amount::ainu(200)}) == errc::ok);
  const auto leaving = w.arbiter_of(task, 1);
  REQUIRE(w.call(leaving, unbond{amount::ainu(200)}) == errc::ok);
  REQUIRE(w.call(leaving, vote_dispute{task, 0, true}) == errc::ok);
  w.pass(hours{25});
  CHECK(w.view(absent).unbonding == amount::ainu(198));
  CHECK(w.view(leaving).unbonding == amount::ainu(200));
}
