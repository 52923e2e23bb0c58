// Reputation over time, bonds taken back, and double acceptance.
#include "ainur/codec/msgpack.hpp"
#include "ainur/ledger/authority.hpp"
#include "ainur/orchestration/standing.hpp"
#include "world.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

parameters fading(std::uint16_t floor = 400) {
  parameters p;
  p.settlement.decay_after_eras = 2;
  p.settlement.decay_per_era = 30;
  p.settlement.decay_floor = floor;
  return p;
}

std::uint16_t score(const world& w) {
  return w.view(w.agent).score;
}

void succeed(world& w) {
  const auto task = w.reviewed(w.agent, amount::ainu(1));
  REQUIRE(w.call(w.client, release{task, 0}) == errc::ok);
}

} // namespace

TEST_CASE("decay: nothing for the eras that are free, so much for each beyond, down to the floor") {
  const auto p = fading().settlement;
  CHECK(decayed(p, 500, 0) == 500);
  CHECK(decayed(p, 500, 2) == 500);
  CHECK(decayed(p, 500, 3) == 470);
  CHECK(decayed(p, 500, 5) == 410);
  CHECK(decayed(p, 500, 6) == 400);
  CHECK(decayed(p, 500, ~std::uint64_t{0}) == 400);
  CHECK(decayed(p, 399, 100) == 399);
  CHECK(decayed({}, 1'000, 1'000'000) == 1'000); // off by default
  auto gentle = p;
  gentle.decay_per_era = 0;
  CHECK(decayed(gentle, 500, 100) == 500);
}

TEST_CASE("a score decays with the eras, and an outcome begins its count anew") {
  world w{fading()};
  w.pass(hours{12});
  CHECK(score(w) == 500);
  w.pass(hours{6});
  CHECK(w.events<event::era_of_decay>().at(0).era == 3);
  CHECK(score(w) == 470);
  succeed(w);
  const auto o = w.events<event::outcome>().at(0);
  CHECK(o.score_before == 470);
  CHECK(o.score_after == 476); // + 10 − 4
  CHECK(o.era == 3);
  CHECK(w.view(w.agent).scored_era == 3);
  w.pass(hours{12});
  CHECK(score(w) == 476);
  w.pass(hours{24 * 30});
  CHECK(score(w) == 400);
}

TEST_CASE("a void outcome and a bond are no activity") {
  world w{fading()};
  w.pass(hours{12});
  const auto task = w.awarded(w.agent, amount::ainu(1), amount::ainu(1));
  REQUIRE(w.call(w.client, void_award{task, 0, void_cause::lost_supervisor}) == errc::ok);
  REQUIRE(w.call(w.agent, bond{amount::ainu(1)}) == errc::ok);
  CHECK(w.view(w.agent).scored_era == 0);
  w.pass(hours{6});
  CHECK(score(w) == 470);
  REQUIRE(w.call(w.agent, bond{amount::ainu(1)}) == errc::ok);
  CHECK(w.events<event::bond_changed>().at(0).score == 470);
}

TEST_CASE("the decayed score is what admission looks at") {
  world w{fading(0)};
  w.pass(hours{6 * 9});
  REQUIRE(score(w) == 290);
  auto c = w.task_call(amount::ainu(500), w.client);
  REQUIRE(w.call(w.client, c) == errc::ok);
  w.noop(w.orchestrator, w.award_call(c.task, w.agent, amount::ainu(101)), errc::over_probation);
  CHECK(w.call(w.orchestrator, w.award_call(c.task, w.agent, amount::ainu(100))) == errc::ok);
}

TEST_CASE("a cancelled slash gives the score of its time back; decay counts from there") {
  world w{fading()};
  w.pass(hours{18});
  report_offence c;
  c.offender = w.agent.id;
  REQUIRE(w.call(w.council, c) == errc::ok);
  const auto number = w.events<event::slashed>().at(0).slash;
  w.pass(hours{6});
  REQUIRE(w.call(w.council, cancel_slash{w.agent.id, number}) == errc::ok);
  CHECK(score(w) == 470);
  CHECK(w.view(w.agent).scored_era == 4);
}

TEST_CASE("rebond takes back what is unbonding, the newest first") {
  parameters rules;
  rules.unbonding = hours{2};
  world w{rules};
  REQUIRE(w.call(w.agent, unbond{amount::ainu(100)}) == errc::ok);
  w.pass(hours{1});
  REQUIRE(w.call(w.agent, unbond{amount::ainu(50)}) == errc::ok);
  REQUIRE(w.call(w.agent, rebond{amount::ainu(70)}) == errc::ok);
  CHECK(w.events<event::bond_changed>().at(0).bonded == amount::ainu(920));
  CHECK(w.view(w.agent).unbonding == amount::ainu(80));
  w.pass(hours{1});
  REQUIRE(w.call(w.agent, withdraw_unbonded{}) == errc::ok); // what is left is of the first part
  CHECK(w.view(w.agent).unbonding == amount{0});
  CHECK(w.view(w.agent).free == amount::ainu(180));
}

TEST_CASE("rebond makes an arbiter again and never raises the score") {
  world w;
  const auto task = w.awarded(w.other, amount::ainu(1), amount::ainu(1));
  REQUIRE(w.call(w.other, give_up{task, 0}) == errc::ok);
  REQUIRE(w.call(w.other, unbond{amount::ainu(450)}) == errc::ok);
  REQUIRE(w.call(w.other, rebond{amount::ainu(450)}) == errc::ok);
  CHECK(w.view(w.other).score == 480);
  CHECK_FALSE(w.events<event::bond_changed>().at(0).first);
}

TEST_CASE("reputation starts when enough is bonded at once, by rebond too") {
  world w;
  REQUIRE(w.call(w.poor, bond{amount::ainu(60)}) == errc::ok);
  REQUIRE(w.call(w.poor, unbond{amount::ainu(60)}) == errc::ok);
  REQUIRE(w.call(w.poor, bond{amount::ainu(40)}) == errc::ok);
  CHECK_FALSE(w.view(w.poor).rated);
  REQUIRE(w.call(w.poor, rebond{amount::ainu(60)}) == errc::ok);
  CHECK(w.events<event::bond_changed>().at(0).first);
  CHECK(w.view(w.poor).score == 500);
}

namespace {

/// An agent of its own key with two awards, and what it signed about them.
struct double_booked : world {
  const who& culprit = arbiters[0];
  std::vector<task_id> booked;

  double_booked() {
    for (int i = 0; i < 3; ++i) {
      const auto c = task_call(amount::ainu(10), client);
      REQUIRE(call(client, c) == errc::ok);
      auto award = award_call(c.task, culprit, amount::ainu(10));
      award.lines[0].agent_signature =
          sign_detached(seed_of(20), bid_tag, award.lines[0].bid.view());
      REQUIRE(call(orchestrator, award) == errc::ok);
      booked.push_back(c.task);
    }
  }

  [[nodiscard]] acceptance accepted(std::size_t i, std::uint16_t capacity = 1) const {
    return {
        culprit.id,       booked[i], 0, epoch + minutes{static_cast<std::int64_t>(i)} - hours{1},
        epoch + hours{1}, capacity};
  }

  [[nodiscard]] report_offence report(std::vector<acceptance> all, std::uint8_t seed = 20) const {
    acceptance_evidence e;
    for (const auto& a : all)
      e.acceptances.push_back(
          {a, sign_detached(seed_of(seed), acceptance_tag, acceptance_message(a))});
    report_offence c;
    c.offender = culprit.id;
    c.kind = offence::double_acceptance;
    c.task = booked[0];
    c.evidence = codec::encode(e);
    return c;
  }
};

} // namespace

TEST_CASE("anyone proves a double acceptance by signed acceptances that share an instant") {
  double_booked w;
  REQUIRE(w.call(w.rival, w.report({w.accepted(0), w.accepted(1)})) == errc::ok);
  CHECK(w.events<event::slashed>().at(0).reason == slash_reason::double_acceptance);
  CHECK(w.view(w.culprit).held == amount::ainu(60)); // 30 % of 200
  CHECK(w.view(w.culprit).score == 0);
  w.noop(w.rival, w.report({w.accepted(1), w.accepted(0)}), errc::already_penalised);
  // Even under the name of another task; one acceptance more is one offence more.
  auto again = w.report({w.accepted(0), w.accepted(1)});
  again.task = w.booked[1];
  w.noop(w.rival, again, errc::already_penalised);
  auto more = w.report({w.accepted(0), w.accepted(1), w.accepted(2)});
  more.task = w.booked[2];
  CHECK(w.call(w.rival, more) == errc::ok);
}

TEST_CASE(
    "no double acceptance: within the capacity, apart in time, forged, repeated, or to come") {
  double_booked w;
  const auto refused = [&w](const report_offence& c) { w.noop(w.rival, c, errc::bad_evidence); };
  refused(w.report({w.accepted(0)}));
  refused(w.report({w.accepted(0, 2), w.accepted(1)}));
  refused(w.report({w.accepted(0), w.accepted(0, 1)}));
  refused(w.report({w.accepted(0), w.accepted(1)}, 21));
  refused(w.report({w.accepted(1), w.accepted(2)})); // the task named is none of them
  auto earlier = w.accepted(0);
  earlier.until = w.accepted(1).from;
  refused(w.report({earlier, w.accepted(1)}));
  auto later = w.accepted(0);
  later.from = w.now + minutes{10};
  refused(w.report({later, w.accepted(1)}));
  auto foreign = w.accepted(0);
  foreign.agent = w.agent.id;
  refused(w.report({foreign, w.accepted(1)}));
  auto garbage = w.report({});
  garbage.evidence = {0xc1};
  refused(garbage);
  auto nobody = w.report({w.accepted(0), w.accepted(1)});
  nobody.task = std::nullopt;
  w.noop(w.rival, nobody, errc::not_permitted);
  nobody.task = w.booked[0];
  nobody.subtask = 1;
  refused(nobody);
}

TEST_CASE("the projection knows who is bonded at genesis but not rated, and follows decay") {
  auto rules = fading();
  rules.bond_min = amount::ainu(600);
  world w{rules};
  orchestration::standing_projection p;
  p.begin(w.g);
  CHECK(p.find(w.agent.id)->score == 500);
  CHECK(p.find(w.other.id)->score == 0); // 500 bonded
  CHECK_FALSE(p.find(w.other.id)->bonded);
  w.pass(hours{18});
  const auto changed = p.apply(standing_events(w.last.events));
  CHECK(changed.size() == 2); // agent and orchestrator
  CHECK(p.find(w.agent.id)->score == 470);
  CHECK(p.mean_score() == 470);
  orchestration::standing_projection restored;
  restored.begin(w.g);
  restored.load(p.save(1));
  w.pass(hours{6});
  restored.apply(standing_events(w.last.events));
  CHECK(restored.find(w.agent.id)->score == score(w));
}
