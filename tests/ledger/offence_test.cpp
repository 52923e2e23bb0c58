// Severe offences: shares, appeal, evidence, and one penalty a task.
#include "ainur/codec/msgpack.hpp"
#include "world.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

report_offence report(const who& offender, offence kind) {
  report_offence c;
  c.offender = offender.id;
  c.kind = kind;
  return c;
}

report_offence about(const who& offender, offence kind, const task_id& task) {
  auto c = report(offender, kind);
  c.task = task;
  return c;
}

void fail_often(world& w, int times) {
  for (int i = 0; i < times; ++i) {
    const auto task = w.awarded(w.agent, amount::ainu(1), amount::ainu(1));
    REQUIRE(w.call(w.agent, give_up{task, 0}) == errc::ok);
  }
}

} // namespace

TEST_CASE("each offence takes its share, holds it through the appeal, and zeroes the reputation") {
  const std::pair<offence, std::uint64_t> shares[] = {{offence::fraudulent_result, 500},
                                                      {offence::double_acceptance, 300},
                                                      {offence::protocol_violation, 200}};
  for (const auto& [kind, share] : shares) {
    world w;
    REQUIRE(w.call(w.council, report(w.agent, kind)) == errc::ok);
    const auto x = w.events<event::slashed>().at(0);
    CHECK(x.value == amount::ainu(share));
    CHECK(x.due == w.now + hours{24 * 7});
    CHECK(w.view(w.agent).held == amount::ainu(share));
    CHECK(w.view(w.agent).bonded == amount::ainu(1'000 - share));
    CHECK(w.view(w.agent).score == 0);
    const auto treasury = w.s->totals().treasury;
    w.pass(hours{24 * 7});
    CHECK(w.s->totals().treasury == treasury);
    w.noop(w.council, cancel_slash{w.other.id, x.slash}, errc::unknown_slash);
    w.pass(duration{1});
    CHECK(w.s->totals().treasury == *treasury.plus(amount::ainu(share)));
    CHECK(w.view(w.agent).held == amount{0});
    CHECK_FALSE(w.events<event::slash_ended>().at(0).cancelled);
    w.noop(w.council, cancel_slash{w.agent.id, x.slash}, errc::unknown_slash);
  }
}

TEST_CASE("a cancelled slash gives stake and reputation back") {
  world w;
  REQUIRE(w.call(w.council, report(w.agent, offence::protocol_violation)) == errc::ok);
  const auto number = w.events<event::slashed>().at(0).slash;
  w.noop(w.agent, cancel_slash{w.agent.id, number}, errc::not_permitted);
  REQUIRE(w.call(w.council, cancel_slash{w.agent.id, number}) == errc::ok);
  CHECK(w.view(w.agent).bonded == amount::ainu(1'000));
  CHECK(w.view(w.agent).score == 500);
  CHECK(w.events<event::slash_ended>().at(0).cancelled);
}

TEST_CASE("reputation comes back only when no severe slash stands, in either order") {
  for (const bool first_first : {true, false}) {
    world w;
    REQUIRE(w.call(w.council, report(w.agent, offence::protocol_violation)) == errc::ok);
    const auto one = w.events<event::slashed>().at(0).slash;
    REQUIRE(w.call(w.council, report(w.agent, offence::double_acceptance)) == errc::ok);
    const auto two = w.events<event::slashed>().at(0).slash;
    REQUIRE(w.call(w.council, cancel_slash{w.agent.id, first_first ? one : two}) == errc::ok);
    CHECK(w.view(w.agent).score == 0);
    REQUIRE(w.call(w.council, cancel_slash{w.agent.id, first_first ? two : one}) == errc::ok);
    CHECK(w.view(w.agent).score == 500);
    CHECK(w.view(w.agent).bonded == amount::ainu(1'000));
  }
}

TEST_CASE("of three slashes the last one to be cancelled gives the reputation back") {
  std::array<std::size_t, 3> order{0, 1, 2};
  do {
    world w;
    std::vector<std::uint64_t> numbers;
    for (const auto kind :
         {offence::protocol_violation, offence::double_acceptance, offence::fraudulent_result}) {
      REQUIRE(w.call(w.council, report(w.agent, kind)) == errc::ok);
      numbers.push_back(w.events<event::slashed>().at(0).slash);
    }
    for (const auto i : order) {
      CHECK(w.view(w.agent).score == 0);
      REQUIRE(w.call(w.council, cancel_slash{w.agent.id, numbers[i]}) == errc::ok);
    }
    CHECK(w.view(w.agent).score == 500);
    CHECK(w.view(w.agent).bonded == amount::ainu(1'000));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("repeated failures: five of the last ten, by anyone, once an era") {
  world w;
  fail_often(w, 4);
  CHECK(w.call(w.stranger, report(w.agent, offence::repeated_failures)) == errc::unknown_signer);
  w.noop(w.rival, report(w.agent, offence::repeated_failures), errc::bad_evidence);
  fail_often(w, 1);
  const auto stake = w.view(w.agent).bonded;
  REQUIRE(w.call(w.rival, report(w.agent, offence::repeated_failures)) == errc::ok);
  CHECK(w.view(w.agent).held == amount{stake.micro() / 4});
  w.noop(w.rival, report(w.agent, offence::repeated_failures), errc::already_penalised);
  w.pass(hours{6});
  CHECK(w.call(w.rival, report(w.agent, offence::repeated_failures)) == errc::ok);
}

TEST_CASE("only the last ten outcomes count") {
  world w;
  fail_often(w, 5);
  for (int i = 0; i < 6; ++i) {
    const auto task = w.reviewed(w.agent, amount::ainu(1));
    REQUIRE(w.call(w.client, release{task, 0}) == errc::ok);
  }
  CHECK(w.view(w.agent).failures == 4);
  w.noop(w.rival, report(w.agent, offence::repeated_failures), errc::bad_evidence);
}

TEST_CASE("anyone proves a fraudulent result by a delivery that is not what was posted") {
  world w;
  const auto& agent = w.arbiters[0];
  auto c = w.task_call(amount::ainu(10), w.client);
  REQUIRE(w.call(w.client, c) == errc::ok);
  auto award = w.award_call(c.task, agent, amount::ainu(10));
  award.lines[0].agent_signature = sign_detached(seed_of(20), bid_tag, award.lines[0].bid.view());
  REQUIRE(w.call(w.orchestrator, award) == errc::ok);
  byte_array<32> salt{1};
  const auto promised = result_commitment(c.task, 0, salt, digest("promised"));
  REQUIRE(w.call(agent, post_result{c.task, 0, promised}) == errc::ok);

  const auto evidence = [&](std::string_view result, std::uint8_t seed) {
    result_evidence e{salt, digest(result), {}};
    e.signature =
        sign_detached(seed_of(seed), delivery_tag, delivery_message(c.task, 0, e.salt, e.digest));
    auto r = about(agent, offence::fraudulent_result, c.task);
    r.evidence = codec::encode(e);
    return r;
  };
  w.noop(w.rival, evidence("promised", 20), errc::bad_evidence);  // what was posted
  w.noop(w.rival, evidence("delivered", 21), errc::bad_evidence); // not signed by the agent
  auto garbage = about(agent, offence::fraudulent_result, c.task);
  garbage.evidence = {0xc1};
  w.noop(w.rival, garbage, errc::bad_evidence);
  REQUIRE(w.call(w.rival, evidence("delivered", 20)) == errc::ok);
  CHECK(w.view(agent).held == amount::ainu(100));
  w.noop(w.rival, evidence("delivered", 20), errc::already_penalised);
}

TEST_CASE("one task carries only its largest penalty") {
  world w;
  const auto task = w.awarded(w.agent, amount::ainu(1), amount::ainu(1));
  REQUIRE(w.call(w.agent, give_up{task, 0}) == errc::ok); // 1 %: 10
  REQUIRE(w.call(w.council, about(w.agent, offence::protocol_violation, task)) == errc::ok);
  CHECK(w.view(w.agent).held == amount::ainu(190)); // 200 − 10
  REQUIRE(w.call(w.council, about(w.agent, offence::fraudulent_result, task)) == errc::ok);
  CHECK(w.view(w.agent).held == amount::ainu(490)); // 500 − 10
  CHECK(w.view(w.agent).bonded == amount::ainu(500));
  w.noop(w.council, about(w.agent, offence::double_acceptance, task), errc::already_penalised);
}

TEST_CASE("a failure after a severe slash for the same award takes nothing more") {
  world w;
  const auto task = w.awarded(w.agent, amount::ainu(1), amount::ainu(1));
  REQUIRE(w.call(w.council, about(w.agent, offence::protocol_violation, task)) == errc::ok);
  REQUIRE(w.call(w.agent, give_up{task, 0}) == errc::ok);
  CHECK(w.events<event::outcome>().at(0).slashed == amount{0});
  CHECK(w.view(w.agent).bonded == amount::ainu(800));
}

TEST_CASE("only the council reports what the ledger cannot check") {
  world w;
  for (const auto kind :
       {offence::fraudulent_result, offence::double_acceptance, offence::protocol_violation})
    w.noop(w.rival, report(w.agent, kind), errc::not_permitted);
  w.noop(w.council, report(w.stranger, offence::protocol_violation), errc::unknown_account);
  auto large = report(w.agent, offence::protocol_violation);
  large.evidence.resize((64u << 10) + 1);
  w.noop(w.council, large, errc::invalid_value);
}
