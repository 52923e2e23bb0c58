// Awards whose price is paid in parts: each part is worked on, reviewed and released in turn.
#include "ainur/codec/msgpack.hpp"
#include "world.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

hash256 result_of(int part) {
  return digest("result " + std::to_string(part));
}

/// Posts the part and has it released.
void deliver(world& w, const task_id& task, std::uint16_t part) {
  REQUIRE(w.call(w.agent, post_result{task, 0, result_of(part), part}) == errc::ok);
  REQUIRE(w.call(w.client, release{task, 0, part}) == errc::ok);
}

} // namespace

TEST_CASE("each part is posted, released and paid in turn; the last one ends the award") {
  world w;
  const auto task = w.in_parts(w.agent);
  CHECK(w.s->totals().escrow == amount{10'100'000});
  deliver(w, task, 0);
  const auto part = w.events<event::part_released>().at(0);
  CHECK(part.part == 0);
  CHECK(part.cause == outcome_cause::released);
  CHECK(part.paid == amount::ainu(3));
  CHECK(part.fee == amount{30'000});
  CHECK(w.events<event::outcome>().empty());
  CHECK(w.view(w.agent).free == amount::ainu(103));
  CHECK(w.view(w.agent).score == 500);
  CHECK(w.award_of(task).part == 1);
  CHECK(w.award_of(task).status == award_status::working);
  CHECK(w.award_of(task).escrow == amount{7'070'000});

  REQUIRE(w.call(w.agent, post_result{task, 0, result_of(1), 1}) == errc::ok);
  w.pass(hours{1} + duration{1});
  CHECK(w.events<event::part_released>().at(0).cause == outcome_cause::review_over);
  CHECK(w.view(w.agent).free == amount::ainu(106));

  deliver(w, task, 2);
  const auto o = w.events<event::outcome>().at(0);
  CHECK(o.cause == outcome_cause::released);
  CHECK(o.paid == amount::ainu(10));
  CHECK(o.fee == amount{100'000});
  CHECK(w.events<event::part_released>().empty());
  CHECK(w.view(w.agent).score == 505);
  CHECK(w.view(w.agent).outcomes == 1);
  CHECK(w.view(w.client).free == amount{99'989'900'000});
  CHECK(w.events<event::task_final>().at(0).final_state == task_end::completed);
}

TEST_CASE("the fees of the parts add up to the fee that was reserved") {
  world w;
  const auto task = w.awarded_as(w.agent, amount{450}, [](award_line& line) {
    line.parts = {amount{150}, amount{150}, amount{150}}; // 1.5 each, 4 of 450
  });
  std::uint64_t fees = 0;
  for (std::uint16_t part = 0; part < 2; ++part) {
    deliver(w, task, part);
    fees += w.events<event::part_released>().at(0).fee.micro();
  }
  CHECK(fees == 3);
  deliver(w, task, 2);
  CHECK(w.events<event::outcome>().at(0).fee == amount{4});
}

TEST_CASE("a part ruled for the payer ends the award as a failure: earlier parts stay paid") {
  world w;
  const auto task = w.in_parts(w.agent);
  deliver(w, task, 0);
  REQUIRE(w.call(w.agent, post_result{task, 0, result_of(1), 1}) == errc::ok);
  REQUIRE(w.call(w.client, open_dispute{task, 0, 1}) == errc::ok);
  CHECK(w.events<event::arbiters_drawn>().at(0).bond == amount{300'000}); // a tenth of the part
  for (std::size_t seat = 0; seat < 2; ++seat)
    REQUIRE(w.call(w.arbiter_of(task, seat), vote_dispute{task, 0, false, 1}) == errc::ok);
  const auto o = w.events<event::outcome>().at(0);
  CHECK(o.cause == outcome_cause::ruled_for_payer);
  CHECK(o.paid == amount::ainu(3));
  CHECK(o.fee == amount{30'000});
  CHECK(w.view(w.agent).score == 480);
  CHECK(w.view(w.agent).free == amount::ainu(103));
  CHECK(w.view(w.client).free == amount{99'996'970'000});
  CHECK(w.view(w.client).reserved == amount{0});
}

TEST_CASE("a part ruled for the agent is released, and the next one begins") {
  world w;
  const auto task = w.in_parts(w.agent);
  const auto finish_by = w.award_of(task).finish_by;
  REQUIRE(w.call(w.agent, post_result{task, 0, result_of(0), 0}) == errc::ok);
  const auto posted = w.now;
  REQUIRE(w.call(w.client, open_dispute{task, 0, 0}) == errc::ok);
  w.pass(hours{20});
  for (std::size_t seat = 0; seat < 2; ++seat)
    REQUIRE(w.call(w.arbiter_of(task, seat), vote_dispute{task, 0, true, 0}) == errc::ok);
  CHECK(w.events<event::part_released>().at(0).cause == outcome_cause::ruled_for_agent);
  // The agent's time stood still.
  CHECK(w.award_of(task).finish_by == finish_by + (w.now - posted));
  deliver(w, task, 1);
  deliver(w, task, 2);
  CHECK(w.events<event::outcome>().at(0).kind == outcome_kind::success);
  CHECK(w.events<event::task_final>().at(0).final_state == task_end::resolved);
}

TEST_CASE("silent arbiters: half of the disputed part, void, the later parts refunded") {
  world w;
  const auto task = w.in_parts(w.agent);
  deliver(w, task, 0);
  REQUIRE(w.call(w.agent, post_result{task, 0, result_of(1), 1}) == errc::ok);
  REQUIRE(w.call(w.client, open_dispute{task, 0, 1}) == errc::ok);
  w.pass(hours{25});
  w.pass(hours{25});
  const auto o = w.events<event::outcome>().at(0);
  CHECK(o.cause == outcome_cause::arbiters_silent);
  CHECK(o.paid == amount{4'500'000});
  CHECK(o.fee == amount{45'000});
  CHECK(w.view(w.client).free == amount{99'995'455'000});
}

TEST_CASE(
    "finish_by holds for the last part: without it the award fails, earlier parts stay paid") {
  world w;
  const auto task = w.in_parts(w.agent);
  deliver(w, task, 0);
  deliver(w, task, 1);
  const auto finish_by = w.award_of(task).finish_by;
  w.pass(finish_by - w.now);
  CHECK(w.events<event::outcome>().empty());
  w.pass(duration{1});
  const auto o = w.events<event::outcome>().at(0);
  CHECK(o.cause == outcome_cause::no_result);
  CHECK(o.paid == amount::ainu(6));
  CHECK(w.view(w.agent).score == 480);
  CHECK(w.events<event::task_final>().at(0).paid == amount::ainu(6));
}

TEST_CASE("a void between two parts refunds what is not paid; giving up is a failure") {
  for (const bool given_up : {false, true}) {
    world w;
    const auto task = w.in_parts(w.agent);
    deliver(w, task, 0);
    if (given_up)
      REQUIRE(w.call(w.agent, give_up{task, 0}) == errc::ok);
    else
      REQUIRE(w.call(w.client, void_award{task, 0, void_cause::cancelled}) == errc::ok);
    CHECK(w.events<event::outcome>().at(0).paid == amount::ainu(3));
    CHECK(w.view(w.agent).score == (given_up ? 480 : 500));
    CHECK(w.view(w.client).free == amount{99'996'970'000});
  }
}

TEST_CASE("paid at result: each part is paid when it is posted") {
  world w;
  const auto task = w.in_parts(w.agent, true);
  CHECK(w.view(w.agent).exposure == amount::ainu(10));
  for (std::uint16_t part = 0; part < 2; ++part) {
    REQUIRE(w.call(w.agent, post_result{task, 0, result_of(part), part}) == errc::ok);
    CHECK(w.events<event::part_released>().at(0).cause == outcome_cause::paid_at_result);
    CHECK(w.view(w.agent).exposure == amount::ainu(10)); // the whole price until the end
  }
  CHECK(w.view(w.agent).free == amount::ainu(106));
  REQUIRE(w.call(w.agent, post_result{task, 0, result_of(2), 2}) == errc::ok);
  CHECK(w.events<event::outcome>().at(0).cause == outcome_cause::paid_at_result);
  CHECK(w.view(w.agent).exposure == amount{0});
}

TEST_CASE("what concerns a part that is not the current one does nothing") {
  world w;
  const auto task = w.in_parts(w.agent);
  w.noop(w.agent, post_result{task, 0, result_of(1), 1}, errc::wrong_state);
  REQUIRE(w.call(w.agent, post_result{task, 0, result_of(0), 0}) == errc::ok);
  w.noop(w.agent, post_result{task, 0, result_of(1), 1}, errc::wrong_state);
  w.noop(w.agent, post_result{task, 0, result_of(1), 0}, errc::wrong_state);
  w.noop(w.agent, post_result{task, 0, result_of(0), 0}, errc::ok); // again
  w.noop(w.client, release{task, 0, 1}, errc::wrong_state);
  w.noop(w.client, open_dispute{task, 0, 1}, errc::wrong_state);
  REQUIRE(w.call(w.client, release{task, 0, 0}) == errc::ok);
  REQUIRE(w.call(w.agent, post_result{task, 0, result_of(1), 1}) == errc::ok);
  // Late copies of what was asked about the first part leave the second alone.
  w.noop(w.client, release{task, 0, 0}, errc::ok);
  w.noop(w.agent, post_result{task, 0, result_of(0), 0}, errc::ok);
  w.noop(w.client, open_dispute{task, 0, 0}, errc::wrong_state);
}

TEST_CASE("the parts of an award: 2 to 64, none zero, together the price, not of a stream") {
  world w;
  const auto c = w.task_call(amount::ainu(10), w.client);
  REQUIRE(w.call(w.client, c) == errc::ok);
  const auto award = [&](std::vector<amount> parts, amount rate = {}) {
    auto x = w.award_call(c.task, w.agent, amount{64'000});
    x.lines[0].parts = std::move(parts);
    x.lines[0].rate = rate;
    return x;
  };
  w.noop(w.orchestrator, award({amount{64'000}}), errc::invalid_value);
  w.noop(w.orchestrator, award({amount{64'000}, amount{0}}), errc::invalid_value);
  w.noop(w.orchestrator, award({amount{64'000}, amount{1}}), errc::invalid_value);
  w.noop(w.orchestrator, award({amount::max(), amount{64'001}}), errc::invalid_value);
  w.noop(w.orchestrator, award({amount{32'000}, amount{32'000}}, amount{1}), errc::invalid_value);
  std::vector<amount> many(64, amount{1'000});
  auto most = award(many);
  many.back() = amount{500};
  many.push_back(amount{500});
  w.noop(w.orchestrator, award(many), errc::invalid_value);
  REQUIRE(w.call(w.orchestrator, most) == errc::ok);
  CHECK(w.call(w.orchestrator, most) == errc::ok); // again
  CHECK(w.events<event::awarded>().empty());
  CHECK(w.award_of(c.task).parts.size() == 64);
}

TEST_CASE("a fraudulent part is proven by its own delivery, an honest other part proves nothing") {
  world w;
  const auto& agent = w.arbiters[0];
  const auto c = w.task_call(amount::ainu(10), w.client);
  REQUIRE(w.call(w.client, c) == errc::ok);
  auto award = w.award_call(c.task, agent, amount::ainu(10));
  award.lines[0].parts = {amount::ainu(5), amount::ainu(5)};
  award.lines[0].agent_signature = sign_detached(seed_of(20), bid_tag, award.lines[0].bid.view());
  REQUIRE(w.call(w.orchestrator, award) == errc::ok);
  const byte_array<32> salt{1};
  const auto evidence = [&](std::string_view result, std::uint16_t part) {
    result_evidence e{salt, digest(result), {}, part};
    e.signature = sign_detached(seed_of(20), delivery_tag,
                                delivery_message(c.task, 0, e.salt, e.digest, part));
    report_offence r;
    r.offender = agent.id;
    r.kind = offence::fraudulent_result;
    r.task = c.task;
    r.evidence = codec::encode(e);
    return r;
  };
  const auto post = [&](std::string_view result, std::uint16_t part) {
    REQUIRE(w.call(agent,
                   post_result{c.task, 0, result_commitment(c.task, 0, salt, digest(result), part),
                               part}) == errc::ok);
  };
  post("first", 0);
  REQUIRE(w.call(w.client, release{c.task, 0, 0}) == errc::ok);
  w.noop(w.rival, evidence("second", 1), errc::bad_evidence); // nothing is posted yet
  post("second", 1);
  w.noop(w.rival, evidence("first", 0), errc::bad_evidence);
  w.noop(w.rival, evidence("second", 1), errc::bad_evidence);
  w.noop(w.rival, evidence("other", 2), errc::bad_evidence);
  CHECK(w.call(w.rival, evidence("other", 0)) == errc::ok); // of the part that is paid already
  CHECK(w.view(agent).held == amount::ainu(100));
}
