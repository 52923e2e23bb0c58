// The two clocks.
#include <caf/stateful_actor.hpp>

#include "actors/world.hpp"

using namespace ainur;
using namespace ainur::test;
using namespace std::chrono_literals;

namespace {

struct ping {
  int from = 0;
  int left = 0;
  AINUR_FIELDS(ping, from, left)
};

struct tick {
  AINUR_NO_FIELDS(tick)
};

/// Ten actors that send each other messages and write down the order in which they are handled.
std::string order_of(std::uint64_t seed) {
  std::string trace;
  std::vector<caf::actor> all;
  world w{seed};
  for (int i = 0; i < 10; ++i)
    all.push_back(w.root(w.system.spawn([&, i](caf::event_based_actor* self) -> caf::behavior {
      return {[&, i, self](const ping& m) {
        trace += std::to_string(m.from) + '>' + std::to_string(i) + ' ';
        if (m.left == 0)
          return;
        self->send(all[static_cast<std::size_t>((i + 3) % 10)], ping{i, m.left - 1});
        self->delayed_send(all[static_cast<std::size_t>((i + 7) % 10)], duration{m.left},
                           ping{i, m.left / 2});
      }};
    })));
  for (const auto& a : all)
    caf::anon_send(a, ping{99, 8});
  w.pass(1s);
  return trace;
}

} // namespace

TEST_CASE("virtual: one seed is one order, another seed another") {
  const auto first = order_of(1);
  CHECK(first.size() > 500);
  CHECK(order_of(1) == first);
  CHECK(order_of(2) != first);
}

TEST_CASE("virtual: time jumps, and every tick of many timers is at its time") {
  std::vector<int> ticks(100);
  bool late = false;
  world w{3};
  for (int i = 0; i < 100; ++i)
    w.root(w.system.spawn([&, i](caf::event_based_actor* self) -> caf::behavior {
      const duration period{1000 * (i + 1)};
      self->delayed_send(self, period, tick{});
      return {[&, i, self, period](tick) {
        ++ticks[static_cast<std::size_t>(i)];
        late = late || w.env.now() != instant{} + period * ticks[static_cast<std::size_t>(i)];
        self->delayed_send(self, period, tick{});
      }};
    }));
  REQUIRE(w.driver.run_until(instant{} + 10s));
  CHECK(w.env.now() == instant{} + 10s);
  CHECK_FALSE(late);
  for (int i = 0; i < 100; ++i)
    CHECK(ticks[static_cast<std::size_t>(i)] == 10'000 / (i + 1));
  CHECK(w.env.utc_now() - w.env.to_utc(instant{}) == 10s);
}

TEST_CASE("virtual: an actor that messages itself does not starve others") {
  int mine = 0, others = 0;
  world w{4};
  auto busy = w.root(w.system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
    return {[&, self](tick) {
      if (++mine < 100'000)
        self->send(self, tick{});
    }};
  }));
  auto other = w.root(w.system.spawn(
      [&](caf::event_based_actor*) -> caf::behavior { return {[&](tick) { ++others; }}; }));
  caf::anon_send(busy, tick{});
  caf::anon_send(other, tick{});
  CHECK(w.driver.run_while([&] { return others == 0; }));
  CHECK(mine < 100);
  w.ready();
}

TEST_CASE("virtual: a paused actor handles nothing until its time") {
  std::vector<instant> handled;
  world w{5};
  auto a = w.root(w.system.spawn([&](caf::event_based_actor*) -> caf::behavior {
    return {[&](tick) { handled.push_back(w.env.now()); }};
  }));
  w.ready();
  SUBCASE("until the pause ends") {
    w.driver.pause(a, instant{} + 5s);
    caf::anon_send(a, tick{});
    w.pass(4s);
    CHECK(handled.empty());
    w.pass(2s);
    CHECK(handled == std::vector<instant>{instant{} + 5s});
  }
  SUBCASE("or until it is resumed") {
    w.driver.pause(a, instant::max());
    caf::anon_send(a, tick{});
    caf::anon_send(a, tick{});
    w.pass(1s);
    CHECK(handled.empty());
    w.driver.resume(a);
    w.ready();
    CHECK(handled == std::vector<instant>{instant{} + 1s, instant{} + 1s});
  }
}

TEST_CASE("virtual: endless messages without time are an error, and so is a vain wait") {
  world w{6};
  auto a = w.root(w.system.spawn([](caf::event_based_actor* self) -> caf::behavior {
    return {[self](tick) { self->send(self, tick{}); }};
  }));
  {
    virtual_driver bounded{w.system, 6, 1000};
    CHECK(bounded.run_while([] { return true; }).error().is(driver_errc::stalled));
    caf::anon_send(a, tick{});
    CHECK(bounded.run_until(instant{} + 1s).error().is(driver_errc::step_limit));
    CHECK(bounded.now() < instant{} + 1s);
  }
}

namespace {

/// Loses every third message, doubles every fourth, and takes 1 ms a hop.
struct odd_links : link_model {
  std::vector<duration> deliveries(const link_ends& over, instant) override {
    ++count;
    if (over.from == over.to)
      return {duration{0}};
    if (count % 3 == 0)
      return {};
    if (count % 4 == 0)
      return {1ms, 2ms};
    return {1ms};
  }

  int count = 0;
};

} // namespace

TEST_CASE("virtual: post goes over the model of the link, and keeps the sender") {
  auto links = std::make_shared<odd_links>();
  std::vector<std::pair<int, instant>> got;
  bool senders_right = true;
  caf::actor source;
  world w{7, links};
  auto sink = w.root(w.system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
    return {[&, self](const ping& m) {
      senders_right = senders_right && self->current_sender() == source;
      got.emplace_back(m.from, w.env.now());
    }};
  }));
  source = w.root(w.system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
    for (int i = 1; i <= 4; ++i)
      post(w.env, self, {0, 1}, sink, ping{i, 0});
    return {[](int) {}};
  }));
  w.pass(1s);
  const auto at = [](int ms) { return instant{} + ms * 1ms; };
  std::sort(got.begin(), got.end());
  CHECK(got ==
        std::vector<std::pair<int, instant>>{{1, at(1)}, {2, at(1)}, {4, at(1)}, {4, at(2)}});
  CHECK(senders_right);
}

TEST_CASE("streams of randomness depend on seed, purpose and index, and on nothing else") {
  world w{8}, again{8}, other{9};
  auto draw = [](const world& x, std::string_view purpose, std::uint64_t index) {
    return x.env.stream(purpose, index).next();
  };
  CHECK(draw(w, "a", 1) == draw(again, "a", 1));
  CHECK(draw(w, "a", 1) != draw(w, "a", 2));
  CHECK(draw(w, "a", 1) != draw(w, "b", 1));
  CHECK(draw(w, "a", 1) != draw(other, "a", 1));
}

TEST_CASE("real: threads as configured, time that runs on, and post without delay") {
  caf::actor_system_config config;
  configure(config, {.clock = clock_kind::real_time, .threads_max = 2});
  caf::actor_system system{config};
  const auto env = environment::on_real_clock({.seed = 1});
  CHECK_FALSE(env.is_virtual());
  const auto before = env.now();
  std::atomic<int> got{0};
  {
    auto sink = system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
      return {[&, self](const ping&) {
        if (++got == 100)
          self->quit();
      }};
    });
    system.spawn([&, sink](caf::event_based_actor* self) {
      for (int i = 0; i < 100; ++i)
        post(env, self, {0, 1}, sink, ping{});
    });
  }
  system.await_all_actors_done();
  CHECK(got == 100);
  CHECK(env.now() >= before);
  CHECK(env.utc_now() > timestamp_at(1'700'000'000'000'000));
}
