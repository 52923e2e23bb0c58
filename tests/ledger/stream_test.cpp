// Streams: awards that pay by the time that passes.
#include "world.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {
constexpr amount deposit = amount::ainu(100);
constexpr amount rate = amount::ainu(1); // a second
} // namespace

TEST_CASE("a stream flows from the award's block; a draw pays what has flowed") {
  world w;
  const auto task = w.streaming(w.agent, deposit, rate);
  CHECK(w.events<event::awarded>().at(0).rate == rate);
  CHECK(w.award_of(task).status == award_status::streaming);
  CHECK(w.award_of(task).due == w.now + seconds{100});
  CHECK(w.s->totals().escrow == amount::ainu(101));
  w.pass(seconds{10} - duration{1});
  CHECK(w.award_of(task).flowed == amount{9'999'999});
  REQUIRE(w.call(w.rival, draw_stream{task, 0}) == errc::ok); // anyone
  CHECK(w.view(w.agent).free == amount::ainu(110));
  const auto drawn = w.events<event::stream_drawn>().at(0);
  CHECK(drawn.paid == amount::ainu(10));
  CHECK(drawn.fee == amount{100'000});
  CHECK(w.s->totals().escrow == amount{90'900'000});
  w.pass(seconds{5} - duration{1});
  REQUIRE(w.call(w.agent, draw_stream{task, 0}) == errc::ok);
  CHECK(w.events<event::stream_drawn>().at(0).paid_so_far == amount::ainu(15));
}

TEST_CASE("many draws pay to the microsecond what one would") {
  for (const std::uint64_t slow : {1u, 7u, 333'333u, 999'999u}) {
    world w;
    const auto task = w.streaming(w.agent, deposit, amount{slow});
    const auto start = w.now;
    for (int i = 0; i < 150; ++i) {
      w.pass(duration{137'771});
      REQUIRE(w.call(w.agent, draw_stream{task, 0}) == errc::ok);
      const auto passed = static_cast<std::uint64_t>(micros(w.now - start));
      REQUIRE(w.award_of(task).paid == amount{slow * passed / 1'000'000});
    }
    REQUIRE(w.call(w.client, stop_stream{task, 0}) == errc::ok);
    const auto o = w.events<event::outcome>().at(0);
    CHECK(o.paid == amount{slow * static_cast<std::uint64_t>(micros(w.now - start)) / 1'000'000});
    CHECK(o.fee == amount{o.paid.micro() / 100});
    CHECK(w.view(w.client).free ==
          *amount::ainu(100'000).minus(amount{o.paid.micro() + o.fee.micro()}));
  }
}

TEST_CASE("the payer stops a stream: what has flowed is paid, the rest refunded, a success") {
  world w;
  const auto task = w.streaming(w.agent, deposit, rate);
  w.pass(seconds{30} - duration{3}); // each call is a microsecond
  w.noop(w.agent, stop_stream{task, 0}, errc::not_permitted);
  w.noop(w.rival, stop_stream{task, 0}, errc::not_permitted);
  REQUIRE(w.call(w.orchestrator, stop_stream{task, 0}) == errc::ok); // for the payer
  const auto o = w.events<event::outcome>().at(0);
  CHECK(o.cause == outcome_cause::stream_stopped);
  CHECK(o.kind == outcome_kind::success);
  CHECK(o.paid == amount::ainu(30));
  CHECK(o.fee == amount{300'000});
  CHECK(w.view(w.agent).score == 505);
  CHECK(w.view(w.agent).exposure == amount{0});
  CHECK(w.view(w.client).free == amount{99'969'700'000});
  CHECK(w.events<event::task_final>().at(0).final_state == task_end::completed);
  w.noop(w.client, stop_stream{task, 0}, errc::ok); // again
  w.noop(w.agent, draw_stream{task, 0}, errc::ok);
  w.noop(w.client, top_up_stream{task, 0, amount::ainu(101)}, errc::wrong_state);
}

TEST_CASE("a stream stopped before anything has flowed is void") {
  world w;
  const auto task = w.streaming(w.agent, deposit, amount{100});
  REQUIRE(w.call(w.client, stop_stream{task, 0}) == errc::ok);
  CHECK(w.events<event::outcome>().at(0).cause == outcome_cause::cancelled);
  CHECK(w.view(w.agent).score == 500);
  CHECK(w.view(w.client).free == amount::ainu(100'000));
  w.noop(w.client, stop_stream{task, 0}, errc::ok);
}

TEST_CASE("a stream ends at finish_by, and flows no longer, however late the block") {
  world w;
  const auto task = w.streaming(w.agent, deposit, amount{10'000});
  w.pass(hours{5});
  const auto o = w.events<event::outcome>().at(0);
  CHECK(o.cause == outcome_cause::stream_finished);
  CHECK(o.kind == outcome_kind::success);
  CHECK(o.paid == amount::ainu(36)); // an hour
  CHECK(w.view(w.agent).score == 505);
  CHECK(w.s->task(task)->final_state == task_end::completed);
  w.noop(w.client, stop_stream{task, 0}, errc::wrong_state);
}

TEST_CASE("overdrawn: the flow stands still, and goes on from a top-up") {
  world w;
  const auto task = w.streaming(w.agent, deposit, rate);
  w.pass(seconds{100});
  CHECK(w.events<event::stream_overdrawn>().empty());
  w.pass(duration{1});
  const auto e = w.events<event::stream_overdrawn>().at(0);
  CHECK(e.top_up_until == w.award_of(task).due);
  CHECK(w.award_of(task).status == award_status::overdrawn);
  CHECK(w.view(w.agent).free == amount::ainu(200));
  CHECK(w.s->totals().escrow == amount{0});
  w.pass(minutes{10});
  w.noop(w.agent, draw_stream{task, 0}, errc::ok);
  REQUIRE(w.call(w.client, top_up_stream{task, 0, amount::ainu(150)}) == errc::ok);
  const auto topped = w.events<event::stream_topped_up>().at(0);
  CHECK(topped.added == amount::ainu(50));
  CHECK(topped.fee == amount{500'000});
  CHECK(w.award_of(task).due == w.now + seconds{50});
  CHECK(w.award_of(task).flowed == amount::ainu(100));
  CHECK(w.s->task(task)->topped_up == amount::ainu(50));
  CHECK(w.s->totals().escrow == amount{50'500'000});
  w.pass(seconds{20} - duration{1});
  REQUIRE(w.call(w.client, stop_stream{task, 0}) == errc::ok);
  const auto o = w.events<event::outcome>().at(0);
  CHECK(o.price == amount::ainu(150));
  CHECK(o.paid == amount::ainu(120));
  CHECK(w.view(w.client).free == amount{99'878'800'000});
}

TEST_CASE("overdrawn and not topped up in time: it has run to its end, a success") {
  parameters rules;
  rules.settlement.top_up_window = minutes{20};
  world w{rules};
  const auto task = w.streaming(w.agent, deposit, rate);
  w.pass(seconds{101});
  REQUIRE(w.award_of(task).due == w.now + minutes{20});
  w.pass(minutes{20});
  CHECK(w.events<event::outcome>().empty());
  w.pass(duration{1});
  CHECK(w.events<event::outcome>().at(0).cause == outcome_cause::stream_dry);
  CHECK(w.events<event::outcome>().at(0).paid == deposit);
  CHECK(w.view(w.agent).score == 505);
  w.noop(w.client, top_up_stream{task, 0, amount::ainu(200)}, errc::wrong_state);
}

TEST_CASE("the window for a top-up never goes beyond finish_by") {
  world w;
  const auto task = w.streaming(w.agent, amount::ainu(35), amount{10'000}); // 58 min 20 s
  const auto finish_by = w.award_of(task).finish_by;
  w.pass(minutes{59});
  REQUIRE(w.award_of(task).status == award_status::overdrawn);
  CHECK(w.award_of(task).due == finish_by);
  w.pass(minutes{2});
  CHECK(w.events<event::outcome>().at(0).cause == outcome_cause::stream_finished);
}

TEST_CASE("a top-up in time changes nothing of the flow, and the same one again nothing at all") {
  world w;
  const auto task = w.streaming(w.agent, deposit, amount{333'333});
  const auto start = w.now;
  w.pass(duration{1'000'001});
  const top_up_stream more{task, 0, amount::ainu(120)};
  REQUIRE(w.call(w.client, more) == errc::ok);
  w.noop(w.client, more, errc::ok);
  w.noop(w.client, top_up_stream{task, 0, amount::ainu(110)}, errc::ok);
  w.pass(duration{1'999'999});
  const auto passed = static_cast<std::uint64_t>(micros(w.now - start));
  CHECK(w.award_of(task).flowed == amount{333'333 * passed / 1'000'000});
}

TEST_CASE("the agent gives a stream up: a failure, unless it is overdrawn") {
  world w;
  const auto task = w.streaming(w.agent, deposit, rate);
  w.pass(seconds{40} - duration{2});
  w.noop(w.client, give_up{task, 0}, errc::not_permitted);
  REQUIRE(w.call(w.agent, give_up{task, 0}) == errc::ok);
  auto o = w.events<event::outcome>().at(0);
  CHECK(o.cause == outcome_cause::given_up);
  CHECK(o.paid == amount::ainu(40));
  CHECK(w.view(w.agent).score == 480);
  CHECK(w.view(w.client).free == amount{99'959'600'000});
  w.noop(w.agent, give_up{task, 0}, errc::ok);

  const auto dry = w.streaming(w.agent, amount::ainu(1), rate);
  w.pass(seconds{2});
  REQUIRE(w.call(w.agent, give_up{dry, 0}) == errc::ok);
  CHECK(w.events<event::outcome>().at(0).cause == outcome_cause::stream_dry);
  CHECK(w.view(w.agent).score == 486); // + 6 at 480
  w.noop(w.agent, give_up{dry, 0}, errc::ok);
}

TEST_CASE("a lost supervisor: void, what has flowed stays paid") {
  world w;
  const auto task = w.streaming(w.agent, deposit, rate);
  w.pass(seconds{40} - duration{2});
  w.noop(w.client, void_award{task, 0, void_cause::cancelled}, errc::invalid_value);
  REQUIRE(w.call(w.client, void_award{task, 0, void_cause::lost_supervisor}) == errc::ok);
  const auto o = w.events<event::outcome>().at(0);
  CHECK(o.kind == outcome_kind::void_);
  CHECK(o.paid == amount::ainu(40));
  CHECK(w.view(w.agent).score == 500);
  CHECK(w.view(w.agent).outcomes == 0);
  CHECK(w.view(w.client).free == amount{99'959'600'000});
}

TEST_CASE("a stream pays before anyone looks: its deposits stay within half of the stake") {
  world w;
  auto c = w.task_call(amount::ainu(1'000), w.client);
  c.subtasks = 2;
  REQUIRE(w.call(w.client, c) == errc::ok);
  const auto award = [&](amount first, amount second) {
    auto x = w.award_call(c.task, w.agent, first);
    x.lines.push_back(w.award_call(c.task, w.agent, second, 1).lines[0]);
    for (auto& line : x.lines)
      line.rate = rate;
    return x;
  };
  w.noop(w.orchestrator, award(amount::ainu(501), amount::ainu(1)), errc::over_exposure);
  w.noop(w.orchestrator, award(amount::ainu(300), amount::ainu(201)), errc::over_exposure);
  REQUIRE(w.call(w.orchestrator, award(amount::ainu(300), amount::ainu(100))) == errc::ok);
  CHECK(w.view(w.agent).exposure == amount::ainu(400));
  w.noop(w.client, top_up_stream{c.task, 0, amount::ainu(401)}, errc::over_exposure);
  REQUIRE(w.call(w.client, top_up_stream{c.task, 0, amount::ainu(400)}) == errc::ok);
  CHECK(w.view(w.agent).exposure == amount::ainu(500));

  auto open = w.task_call(amount::ainu(10), w.client);
  open.reputation_min = 0;
  REQUIRE(w.call(w.client, open) == errc::ok);
  auto unbonded = w.award_call(open.task, w.poor, amount::ainu(1));
  unbonded.lines[0].rate = rate;
  w.noop(w.orchestrator, unbonded, errc::over_exposure);
}

TEST_CASE("on probation a deposit cannot be topped up beyond a tenth of the stake") {
  world w;
  for (int i = 0; i < 11; ++i) {
    const auto task = w.awarded(w.agent, amount::ainu(1), amount::ainu(1));
    REQUIRE(w.call(w.agent, give_up{task, 0}) == errc::ok);
  }
  const auto tenth = amount{w.view(w.agent).bonded.micro() / 10};
  const auto task = w.streaming(w.agent, amount::ainu(1), amount{1'000});
  w.noop(w.client, top_up_stream{task, 0, *tenth.plus(amount{1})}, errc::over_probation);
  CHECK(w.call(w.client, top_up_stream{task, 0, tenth}) == errc::ok);
}

TEST_CASE("refused: streams") {
  world w;
  const auto task = w.streaming(w.agent, deposit, rate);
  const auto whole = w.awarded(w.other, amount::ainu(1), amount::ainu(1));
  const task_id missing{{9, 9, 9}};
  w.noop(w.agent, draw_stream{missing, 0}, errc::unknown_task);
  w.noop(w.agent, draw_stream{task, 1}, errc::unknown_award);
  w.noop(w.agent, draw_stream{whole, 0}, errc::wrong_state);
  w.noop(w.client, top_up_stream{missing, 0, deposit}, errc::unknown_task);
  w.noop(w.client, top_up_stream{task, 1, deposit}, errc::unknown_award);
  w.noop(w.client, top_up_stream{whole, 0, deposit}, errc::wrong_state);
  w.noop(w.agent, top_up_stream{task, 0, amount::ainu(101)}, errc::not_permitted);
  w.noop(w.orchestrator, top_up_stream{task, 0, amount::ainu(101)}, errc::not_permitted);
  w.noop(w.client, top_up_stream{task, 0, amount::ainu(100'000)}, errc::insufficient_funds);
  w.noop(w.client, top_up_stream{task, 0, amount::max()}, errc::insufficient_funds);
  w.noop(w.client, stop_stream{missing, 0}, errc::unknown_task);
  w.noop(w.client, stop_stream{task, 1}, errc::unknown_award);
  w.noop(w.client, stop_stream{whole, 0}, errc::wrong_state);
  w.noop(w.agent, post_result{task, 0, digest("r")}, errc::wrong_state);
  w.noop(w.client, release{task, 0}, errc::wrong_state);
  w.noop(w.client, open_dispute{task, 0}, errc::wrong_state);
  auto c = w.task_call(amount::ainu(1), w.client);
  REQUIRE(w.call(w.client, c) == errc::ok);
  auto empty = w.award_call(c.task, w.agent, amount{0});
  empty.lines[0].rate = rate;
  w.noop(w.orchestrator, empty, errc::invalid_value);
}

TEST_CASE("a stream whose time is over is refused more even where the sweep has not come yet") {
  parameters rules;
  rules.sweep_max = 1;
  world w{rules};
  for (int i = 0; i < 20; ++i)
    REQUIRE(w.call(w.client, w.task_call(amount::ainu(1), w.client)) == errc::ok);
  const auto task = w.streaming(w.agent, deposit, amount{10'000});
  const auto other = w.streaming(w.other, deposit, amount{10'000});
  w.now += hours{30};
  w.noop(w.client, top_up_stream{task, 0, amount::ainu(101)}, errc::too_late);
  w.noop(w.client, void_award{task, 0, void_cause::lost_supervisor}, errc::too_late);
  REQUIRE(w.call(w.client, stop_stream{task, 0}) == errc::ok);
  CHECK(w.events<event::outcome>().at(0).cause == outcome_cause::stream_finished);
  CHECK(w.events<event::outcome>().at(0).paid == amount::ainu(36));
  REQUIRE(w.call(w.other, give_up{other, 0}) == errc::ok);
  CHECK(w.events<event::outcome>().at(0).cause == outcome_cause::stream_finished);
}

TEST_CASE("the largest deposits and rates do not overflow") {
  world w;
  const auto task = w.streaming(w.agent, amount{1}, amount::max());
  CHECK(w.award_of(task).due == w.now + duration{1});
  w.pass(duration{2});
  CHECK(w.award_of(task).paid == amount{1});
  const auto slow = w.streaming(w.other, amount::ainu(250), amount{1});
  CHECK(w.award_of(slow).due == w.award_of(slow).finish_by);
}

TEST_CASE("deposits that together exceed what a task can count are refused") {
  world w;
  const amount much{std::uint64_t{1} << 60};
  REQUIRE(w.call(w.council, mint_money{w.client.id, much.times(8, 1)}) == errc::ok);
  REQUIRE(w.call(w.council, mint_money{w.agent.id, much.times(4, 1)}) == errc::ok);
  REQUIRE(w.call(w.agent, bond{much.times(4, 1)}) == errc::ok);
  const auto c = w.task_call(amount::ainu(20), w.client);
  REQUIRE(w.call(w.client, c) == errc::ok);
  auto award = w.award_call(c.task, w.agent, amount::ainu(1));
  award.lines[0].rate = amount{1};
  award.last = false;
  const top_up_stream more{c.task, 0, *much.plus(amount::ainu(1))};
  for (int round = 1; round <= 16; ++round) {
    award.lines[0].bid = digest("bid " + std::to_string(round));
    REQUIRE(w.call(w.orchestrator, award) == errc::ok);
    if (round == 16)
      break;
    REQUIRE(w.call(w.client, more) == errc::ok);
    REQUIRE(w.call(w.client, stop_stream{c.task, 0}) == errc::ok); // nothing has flowed: void
  }
  w.noop(w.client, more, errc::overflow);
}
