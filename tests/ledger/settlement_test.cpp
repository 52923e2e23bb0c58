// The rules of settlement and reputation, one case a sentence.
#include "world.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {
constexpr amount price = amount::ainu(10);
constexpr amount fee{100'000};
} // namespace

TEST_CASE("submission reserves budget and fee") {
  world w;
  const auto c = w.task_call(amount::ainu(50), w.client);
  REQUIRE(w.call(w.client, c) == errc::ok);
  CHECK(w.view(w.client).free == amount{99'949'500'000});
  CHECK(w.view(w.client).reserved == amount{50'500'000});
}

TEST_CASE("opening the same task again succeeds and changes nothing, another one fails") {
  world w;
  auto c = w.task_call(amount::ainu(50), w.client);
  REQUIRE(w.call(w.client, c) == errc::ok);
  const auto before = w.view(w.client);
  CHECK(w.call(w.client, c) == errc::ok);
  CHECK(w.view(w.client).free == before.free);
  CHECK(w.events<event::task_opened>().empty());
  c.budget = amount::ainu(51);
  w.noop(w.client, c, errc::conflict);
}

TEST_CASE("an award shrinks the escrow to the prices and frees the rest at once") {
  world w;
  const auto task = w.awarded(w.agent, price, amount::ainu(50));
  CHECK(w.view(w.client).reserved == amount{0});
  CHECK(w.s->totals().escrow == *price.plus(fee));
  const auto a = w.s->task(task)->awards.at(0);
  CHECK(a.finish_by == w.now + hours{1});
  CHECK(a.status == award_status::working);
  CHECK(w.events<event::budget_freed>().size() == 1);
}

TEST_CASE("finish_by is at most the deadline") {
  world w;
  auto c = w.task_call(price, w.client);
  c.deadline = w.now + minutes{30};
  REQUIRE(w.call(w.client, c) == errc::ok);
  REQUIRE(w.call(w.orchestrator, w.award_call(c.task, w.agent, price)) == errc::ok);
  CHECK(w.s->task(c.task)->awards[0].finish_by == c.deadline);
}

TEST_CASE("the same award again succeeds and changes nothing") {
  world w;
  auto c = w.task_call(amount::ainu(50), w.client);
  REQUIRE(w.call(w.client, c) == errc::ok);
  const auto award = w.award_call(c.task, w.agent, price);
  REQUIRE(w.call(w.orchestrator, award) == errc::ok);
  const auto escrow = w.s->totals().escrow;
  CHECK(w.call(w.orchestrator, award) == errc::ok);
  CHECK(w.s->totals().escrow == escrow);
  CHECK(w.events<event::awarded>().empty());
  w.noop(w.orchestrator, w.award_call(c.task, w.other, price), errc::wrong_state);
}

TEST_CASE("what is not awarded by award_by is freed, and the task refunded") {
  world w;
  const auto c = w.task_call(amount::ainu(50), w.client);
  REQUIRE(w.call(w.client, c) == errc::ok);
  CHECK(w.s->next_deadline() == c.award_by + duration{1});
  w.pass(minutes{11});
  CHECK(w.view(w.client).reserved == amount{0});
  CHECK(w.view(w.client).free == amount::ainu(100'000));
  REQUIRE(w.events<event::task_final>().size() == 1);
  CHECK(w.events<event::task_final>()[0].final_state == task_end::refunded);
}

TEST_CASE(
    "release pays the agent the price, the fee goes to treasury and author, the score rises") {
  world w;
  const auto treasury = w.s->totals().treasury;
  const auto task = w.reviewed(w.agent, price);
  REQUIRE(w.call(w.client, release{task, 0}) == errc::ok);
  CHECK(w.view(w.agent).free == amount::ainu(110));
  CHECK(w.view(w.agent).score == 505);
  CHECK(w.s->totals().treasury == *treasury.plus(amount{80'000}));
  CHECK(w.view(w.authority).free == amount{20'000});
  const auto o = w.events<event::outcome>().at(0);
  CHECK(o.kind == outcome_kind::success);
  CHECK(o.cause == outcome_cause::released);
  CHECK(o.score_before == 500);
  CHECK(o.score_after == 505);
  CHECK(w.events<event::task_final>().at(0).final_state == task_end::completed);
  w.noop(w.client, release{task, 0}, errc::ok); // again
}

TEST_CASE("a posted result and a silent payer through the review window is a release") {
  world w;
  const auto task = w.reviewed(w.agent, price);
  w.pass(hours{1});
  CHECK(w.events<event::outcome>().empty());
  w.pass(duration{1});
  const auto o = w.events<event::outcome>().at(0);
  CHECK(o.cause == outcome_cause::review_over);
  CHECK(o.paid == price);
  CHECK(w.s->task(task)->final_state == task_end::completed);
}

TEST_CASE("no result by finish_by: failure, refund, minus 20, one percent of the bond") {
  world w;
  w.awarded(w.agent, price, price);
  const auto treasury = w.s->totals().treasury;
  w.pass(hours{2});
  const auto o = w.events<event::outcome>().at(0);
  CHECK(o.kind == outcome_kind::failure);
  CHECK(o.cause == outcome_cause::no_result);
  CHECK(o.slashed == amount::ainu(10));
  CHECK(w.view(w.agent).score == 480);
  CHECK(w.view(w.agent).bonded == amount::ainu(990));
  CHECK(w.view(w.client).free == amount::ainu(100'000));
  CHECK(w.s->totals().treasury == *treasury.plus(amount::ainu(10)));
  CHECK(w.events<event::task_final>().at(0).final_state == task_end::refunded);
}

TEST_CASE("unbonding stake is slashed too") {
  world w;
  w.awarded(w.agent, price, price);
  REQUIRE(w.call(w.agent, unbond{amount::ainu(1'000)}) == errc::ok);
  w.pass(hours{2});
  CHECK(w.view(w.agent).unbonding == amount::ainu(990));
}

TEST_CASE("giving up is a failure") {
  world w;
  const auto task = w.awarded(w.agent, price, price);
  REQUIRE(w.call(w.agent, give_up{task, 0}) == errc::ok);
  CHECK(w.view(w.agent).score == 480);
  CHECK(w.events<event::outcome>().at(0).cause == outcome_cause::given_up);
}

TEST_CASE("void: the money goes back, no reputation and no stake moves") {
  for (const auto cause : {void_cause::cancelled, void_cause::lost_orchestrator,
                           void_cause::lost_supervisor, void_cause::failed_upstream}) {
    world w;
    const auto task = w.awarded(w.agent, price, price);
    REQUIRE(w.call(w.client, void_award{task, 0, cause}) == errc::ok);
    CHECK(w.view(w.agent).score == 500);
    CHECK(w.view(w.agent).bonded == amount::ainu(1'000));
    CHECK(w.view(w.agent).outcomes == 0);
    CHECK(w.view(w.client).free == amount::ainu(100'000));
    CHECK(w.events<event::outcome>().at(0).kind == outcome_kind::void_);
    CHECK(w.events<event::task_final>().at(0).final_state == task_end::refunded);
  }
}

TEST_CASE("1000 is reached after exactly 228 successes from 500") {
  parameters rules;
  rules.gains_per_pair_max = 1'000;
  world w{rules};
  int successes = 0;
  while (w.view(w.agent).score < 1'000 && successes < 400) {
    const auto task = w.reviewed(w.agent, amount::ainu(1));
    REQUIRE(w.call(w.client, release{task, 0}) == errc::ok);
    ++successes;
  }
  CHECK(successes == 228);
  const auto task = w.reviewed(w.agent, amount::ainu(1));
  REQUIRE(w.call(w.client, release{task, 0}) == errc::ok);
  CHECK(w.view(w.agent).score == 1'000);
}

TEST_CASE("the score never falls below 0") {
  world w;
  for (int i = 0; i < 30; ++i) {
    auto c = w.task_call(amount{1'000}, w.client);
    c.reputation_min = 0;
    REQUIRE(w.call(w.client, c) == errc::ok);
    REQUIRE(w.call(w.orchestrator, w.award_call(c.task, w.agent, amount{1'000})) == errc::ok);
    REQUIRE(w.call(w.agent, give_up{c.task, 0}) == errc::ok);
  }
  CHECK(w.view(w.agent).score == 0);
}

TEST_CASE("at most three gains per pair of controllers and era") {
  world w;
  const auto succeed = [&w] {
    const auto task = w.reviewed(w.agent, amount::ainu(1));
    REQUIRE(w.call(w.client, release{task, 0}) == errc::ok);
    return w.events<event::outcome>().at(0);
  };
  for (int i = 0; i < 3; ++i)
    CHECK_FALSE(succeed().gain_limited);
  const auto limited = succeed();
  CHECK(limited.gain_limited);
  CHECK(w.view(w.agent).score == 515);
  CHECK(w.view(w.agent).outcomes == 4);
  w.pass(hours{6});
  CHECK_FALSE(succeed().gain_limited);
  CHECK(w.view(w.agent).score == 520);
}

TEST_CASE("no gain within one controller") {
  world w;
  // The orchestrator has declared nothing: it is the host's, as is the payer.
  auto c = w.task_call(price, w.host);
  REQUIRE(w.call(w.host, c) == errc::ok);
  REQUIRE(w.call(w.orchestrator, w.award_call(c.task, w.orchestrator, price)) == errc::ok);
  REQUIRE(w.call(w.orchestrator, post_result{c.task, 0, digest("r")}) == errc::ok);
  REQUIRE(w.call(w.host, release{c.task, 0}) == errc::ok);
  CHECK(w.events<event::outcome>().at(0).gain_limited);
  CHECK(w.view(w.orchestrator).score == 500);
}

TEST_CASE("reputation starts at the first bond of 100 and re-bonding never raises it") {
  parameters rules;
  rules.unbonding = hours{1};
  world w{rules};
  REQUIRE(w.call(w.poor, bond{amount::ainu(60)}) == errc::ok);
  CHECK_FALSE(w.view(w.poor).rated);
  REQUIRE(w.call(w.poor, bond{amount::ainu(40)}) == errc::ok);
  CHECK(w.view(w.poor).score == 500);
  CHECK(w.events<event::bond_changed>().at(0).first);
  const auto task = w.awarded(w.poor, amount::ainu(1), amount::ainu(1));
  REQUIRE(w.call(w.poor, give_up{task, 0}) == errc::ok);
  REQUIRE(w.call(w.poor, unbond{w.view(w.poor).bonded}) == errc::ok);
  w.pass(hours{2});
  REQUIRE(w.call(w.poor, withdraw_unbonded{}) == errc::ok);
  CHECK(w.view(w.poor).score == 480);
  REQUIRE(w.call(w.client, transfer{w.poor.id, amount::ainu(100)}) == errc::ok);
  REQUIRE(w.call(w.poor, bond{amount::ainu(150)}) == errc::ok);
  CHECK(w.view(w.poor).score == 480);
}

TEST_CASE("below 300 an agent is on probation: prices up to a tenth of its stake") {
  world w;
  for (int i = 0; i < 11; ++i) {
    const auto task = w.awarded(w.agent, amount::ainu(1), amount::ainu(1));
    REQUIRE(w.call(w.agent, give_up{task, 0}) == errc::ok);
  }
  REQUIRE(w.view(w.agent).score == 280);
  const auto tenth = amount{w.view(w.agent).bonded.micro() / 10};
  auto c = w.task_call(amount::ainu(1'000), w.client);
  REQUIRE(w.call(w.client, c) == errc::ok);
  w.noop(w.orchestrator, w.award_call(c.task, w.agent, *tenth.plus(amount{1})),
         errc::over_probation);
  CHECK(w.call(w.orchestrator, w.award_call(c.task, w.agent, tenth)) == errc::ok);
  auto strict = w.task_call(amount::ainu(1), w.client);
  strict.reputation_min = 301;
  REQUIRE(w.call(w.client, strict) == errc::ok);
  w.noop(w.orchestrator, w.award_call(strict.task, w.agent, amount::ainu(1)), errc::low_reputation);
}

TEST_CASE("stake below 100: no new staked tasks until topped up; unbonded only without a minimum") {
  world w;
  REQUIRE(w.call(w.agent, unbond{*w.view(w.agent).bonded.minus(amount::ainu(99))}) == errc::ok);
  auto c = w.task_call(price, w.client);
  REQUIRE(w.call(w.client, c) == errc::ok);
  const auto award = w.award_call(c.task, w.agent, price);
  w.noop(w.orchestrator, award, errc::low_stake);
  REQUIRE(w.call(w.agent, bond{amount::ainu(1)}) == errc::ok);
  CHECK(w.call(w.orchestrator, award) == errc::ok);

  auto open = w.task_call(price, w.client);
  open.reputation_min = 0;
  REQUIRE(w.call(w.client, open) == errc::ok);
  REQUIRE(w.call(w.orchestrator, w.award_call(open.task, w.poor, price)) == errc::ok);
  REQUIRE(w.call(w.poor, post_result{open.task, 0, digest("r")}) == errc::ok);
  REQUIRE(w.call(w.client, release{open.task, 0}) == errc::ok);
  CHECK_FALSE(w.view(w.poor).rated);
  CHECK(w.view(w.poor).free == amount::ainu(110));
}

TEST_CASE("an agent that has no account is paid, and gets one") {
  world w;
  const auto fresh = hosted_by(w.host, 99);
  auto c = w.task_call(price, w.client);
  c.reputation_min = 0;
  REQUIRE(w.call(w.client, c) == errc::ok);
  REQUIRE(w.call(w.orchestrator, w.award_call(c.task, fresh, price)) == errc::ok);
  CHECK(w.view(fresh).host == w.host.id);
  REQUIRE(w.call(fresh, post_result{c.task, 0, digest("r")}) == errc::ok);
  REQUIRE(w.call(w.client, release{c.task, 0}) == errc::ok);
  CHECK(w.view(fresh).free == price);
}

TEST_CASE("paid at result: pays at once, and open prices stay within half of the stake") {
  world w;
  const auto task = w.awarded(w.agent, amount::ainu(400), amount::ainu(400), true);
  CHECK(w.view(w.agent).exposure == amount::ainu(400));
  auto c = w.task_call(amount::ainu(200), w.client);
  c.paid_at_result = true;
  REQUIRE(w.call(w.client, c) == errc::ok);
  w.noop(w.orchestrator, w.award_call(c.task, w.agent, amount::ainu(101)), errc::over_exposure);
  REQUIRE(w.call(w.agent, post_result{task, 0, digest("r")}) == errc::ok);
  CHECK(w.events<event::outcome>().at(0).cause == outcome_cause::paid_at_result);
  CHECK(w.view(w.agent).free == amount::ainu(500));
  CHECK(w.view(w.agent).exposure == amount{0});
  CHECK(w.call(w.orchestrator, w.award_call(c.task, w.agent, amount::ainu(101))) == errc::ok);
}

TEST_CASE("several subtasks: awarded in parts, a failed one again, final when all have ended") {
  world w;
  auto c = w.task_call(amount::ainu(30), w.client);
  c.subtasks = 2;
  REQUIRE(w.call(w.client, c) == errc::ok);
  auto first = w.award_call(c.task, w.agent, price, 0);
  first.last = false;
  REQUIRE(w.call(w.orchestrator, first) == errc::ok);
  CHECK(w.s->task(c.task)->unawarded == amount::ainu(20));
  CHECK(w.view(w.client).reserved == amount{20'200'000});
  REQUIRE(w.call(w.agent, give_up{c.task, 0}) == errc::ok);
  auto both = w.award_call(c.task, w.other, price, 0);
  both.lines.push_back(w.award_call(c.task, w.agent, amount::ainu(9), 1).lines[0]);
  REQUIRE(w.call(w.orchestrator, both) == errc::ok);
  REQUIRE(w.call(w.other, post_result{c.task, 0, digest("r")}) == errc::ok);
  REQUIRE(w.call(w.client, release{c.task, 0}) == errc::ok);
  CHECK(w.events<event::task_final>().empty());
  REQUIRE(w.call(w.agent, post_result{c.task, 1, digest("r")}) == errc::ok);
  w.pass(hours{2});
  CHECK(w.events<event::task_final>().at(0).final_state == task_end::completed);
  CHECK(w.events<event::task_final>().at(0).paid == amount::ainu(19));
}

TEST_CASE("closing ends what is not awarded") {
  world w;
  const auto c = w.task_call(price, w.client);
  REQUIRE(w.call(w.client, c) == errc::ok);
  REQUIRE(w.call(w.orchestrator, close_task{c.task}) == errc::ok);
  CHECK(w.view(w.client).free == amount::ainu(100'000));
  CHECK(w.s->task(c.task)->final_state == task_end::refunded);
}

TEST_CASE("an ended task stays readable for the retention time") {
  world w;
  const auto c = w.task_call(price, w.client);
  REQUIRE(w.call(w.client, c) == errc::ok);
  REQUIRE(w.call(w.client, close_task{c.task}) == errc::ok);
  w.pass(hours{24});
  CHECK(w.s->task(c.task).has_value());
  w.pass(minutes{11});
  CHECK_FALSE(w.s->task(c.task).has_value());
  CHECK_FALSE(w.s->next_deadline().has_value());
}

TEST_CASE("the sweep is bounded a block, oldest first, and loses nothing") {
  parameters rules;
  rules.sweep_max = 3;
  world w{rules};
  std::vector<task_id> opened;
  for (int i = 0; i < 8; ++i) {
    const auto c = w.task_call(price, w.client);
    REQUIRE(w.call(w.client, c) == errc::ok);
    opened.push_back(c.task);
  }
  std::vector<task_id> ended;
  for (const auto expected : {3, 3, 2}) {
    w.pass(ended.empty() ? duration{hours{1}} : duration{1});
    CHECK(w.last.swept == static_cast<std::uint64_t>(expected));
    for (const auto& e : w.events<event::task_final>())
      ended.push_back(e.task);
  }
  CHECK(ended == opened);
}

TEST_CASE("an agent of another host is bound by its own signature over the bid") {
  world w;
  const auto c = w.task_call(price, w.client);
  REQUIRE(w.call(w.client, c) == errc::ok);
  auto award = w.award_call(c.task, w.arbiters[0], price);
  w.noop(w.orchestrator, award, errc::bad_signature);
  award.lines[0].agent_signature = sign_detached(seed_of(21), bid_tag, award.lines[0].bid.view());
  w.noop(w.orchestrator, award, errc::bad_signature);
  award.lines[0].agent_signature = sign_detached(seed_of(20), bid_tag, award.lines[0].bid.view());
  CHECK(w.call(w.orchestrator, award) == errc::ok);
}
