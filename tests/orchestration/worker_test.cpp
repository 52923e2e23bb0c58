#include <doctest/doctest.h>

#include "ainur/codec/msgpack.hpp"
#include "ainur/orchestration/worker.hpp"

using namespace ainur;
using namespace ainur::orchestration;
using namespace std::chrono_literals;

namespace {

worker make(worker_terms terms, std::uint64_t seed = 1) {
  return {std::make_shared<const worker_terms>(terms), seed};
}

worker_terms terms() {
  return {.cost_per_second = amount{100}, .cost_fixed = amount{10}, .speed_ppm = 2'000'000};
}

market::call_for_proposals call(std::uint64_t number = 1, amount reserve = amount{1'000'000}) {
  return {.number = number, .capability = "nlp", .work = 4s, .reserve = reserve};
}

} // namespace

TEST_CASE("each strategy asks what it says, within its own bounds") {
  auto t = terms();
  const auto offered = [&](amount reserve = amount{1'000'000}) {
    return make(t).consider(call(1, reserve), {.slack = 1s, .caution_ppm = 500'000}, {});
  };
  auto o = offered();
  CHECK(o->price == amount{410}); // 4 s of work at speed 1, whoever does it
  CHECK(o->floor == amount{410});
  CHECK(o->earliest == 2s); // twice as fast
  CHECK(o->work == 2s + 1s + 1s);
  CHECK(offered(amount{410}));
  CHECK_FALSE(offered(amount{409}));
  t.bids = strategy::cost_plus;
  t.margin_ppm = 500'000;
  CHECK(offered()->price == amount{615});
  CHECK(offered(amount{500})->floor == amount{410}); // the guard may bring it down to the reserve
  t.posted_per_second = amount{200};
  CHECK(offered()->price == amount{810});
  t.posted_per_second = amount{1};
  CHECK(offered()->price == amount{410}); // never below cost
}

TEST_CASE("capacity is what an agent takes at once") {
  auto t = terms();
  t.capacity = 2;
  auto w = make(t);
  for (int i = 0; i < 2; ++i) {
    CHECK(w.consider(call(), {}, {}));
    (void)w.begin({.work = 1s}, {});
  }
  CHECK_FALSE(w.consider(call(), {}, {}));
  w.end();
  CHECK(w.consider(call(), {}, {}));
  w.end();
  w.end(); // once too often
  CHECK(w.active() == 0);
}

TEST_CASE("a learner's asks are its seed's and the call's, and it learns to ask the cost") {
  auto t = terms();
  t.bids = strategy::learner;
  auto a = make(t, 5), b = make(t, 5), c = make(t, 6);
  bool differs = false;
  for (std::uint64_t n = 0; n < 50; ++n) {
    const auto mine = a.consider(call(n), {}, {});
    CHECK(mine->price == b.consider(call(n), {}, {})->price);
    CHECK(mine->floor <= mine->price);
    differs = differs || mine->price != c.consider(call(n), {}, {})->price;
  }
  CHECK(differs);
  auto w = make(t, 9);
  for (std::uint64_t n = 0; n < 4'000;
       ++n) { // a second-price auction against one who asks 1.2 × cost
    const auto price = w.consider(call(n), {}, {})->price;
    price < amount{492} ? w.settled(n, true, amount{492}, {}, 4s) : w.lost(n);
  }
  int winning = 0;
  for (std::uint64_t n = 10'000; n < 10'100; ++n)
    winning += w.consider(call(n), {}, {})->price < amount{492} ? 1 : 0;
  CHECK(winning > 90);
  w.lost(77'777'777); // never bid there
}

TEST_CASE("how work goes is drawn from seed and task, or recorded") {
  auto t = terms();
  t.reliability_ppm = 500'000;
  int failures = 0;
  for (std::uint8_t n = 0; n < 200; ++n) {
    market::award a{.work = 4s};
    a.task.value.fill(n);
    auto w = make(t), again = make(t);
    const auto plan = w.begin(a, {});
    CHECK(plan.gives_up == again.begin(a, {}).gives_up);
    CHECK(plan.takes == 2s);
    CHECK(plan.digest == market::expected_digest(a.task, 0));
    failures += plan.gives_up ? 1 : 0;
    a.input = codec::encode(simulated_input{simulated_input::ending::success});
    CHECK_FALSE(make(t).begin(a, {}).gives_up);
    a.input = codec::encode(simulated_input{simulated_input::ending::failure});
    CHECK(make(t).begin(a, {}).gives_up);
    a.input = {0xc1, 0xff}; // not ours: drawn as without it
    CHECK(make(t).begin(a, {}).gives_up == plan.gives_up);
  }
  CHECK(failures > 60);
  CHECK(failures < 140);
}

TEST_CASE("faults last until their time") {
  auto w = make(terms());
  w.faults() = {.silent_until = instant_at(10),
                .late_until = instant_at(20),
                .false_result_until = instant_at(30),
                .false_bid_until = instant_at(40),
                .late_by = 9s};
  const market::award a{.work = 4s};
  auto plan = w.begin(a, instant_at(5));
  CHECK(plan.silent);
  CHECK(plan.takes == 11s);
  CHECK(plan.digest != market::expected_digest(a.task, 0));
  const auto lie = w.consider(call(1, amount{1'000}), {}, instant_at(5)); // beyond its capacity too
  REQUIRE(lie);
  CHECK(lie->price > amount{1'000});
  plan = w.begin(a, instant_at(40));
  CHECK_FALSE(plan.silent);
  CHECK(plan.takes == 2s);
  CHECK(plan.digest == market::expected_digest(a.task, 0));
}

TEST_CASE("extreme terms do not overflow") {
  worker_terms t{.cost_per_second = amount::max(), .speed_ppm = 0, .margin_ppm = ~0u};
  t.bids = strategy::cost_plus;
  auto c = call(1, amount::max());
  c.work = duration::max();
  const auto o = make(t).consider(c, {}, {});
  REQUIRE(o);
  CHECK(o->price == amount::max());
  CHECK(o->work >= o->earliest);
  c.work = duration{-5};
  CHECK(make(t).consider(c, {}, {})->earliest == 0s);
}
