// The runtime as a host program uses it, on both clocks.
#include <atomic>
#include <filesystem>
#include <future>
#include <map>
#include <thread>

#include <caf/actor_system_config.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <unistd.h>

#include "ainur/actors/native.hpp"
#include "ainur/ainur.hpp"
#include "ainur/ledger/log.hpp"
#include "ainur/store/environment.hpp"

namespace ainur::test {
namespace {

using market::cause;
using market::final_state;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Long enough for any machine: no test waits for it to pass.
constexpr duration patience = minutes{5};

runtime_options on(clock_kind clock) {
  return {.clock = clock, .seed = 11, .promise_slack = minutes{2}};
}

/// The value, or a failure that says why there is none.
template <class T>
T must(result<T> r) {
  REQUIRE_MESSAGE(r.has_value(), (r ? std::string{} : r.error().to_string()));
  return std::move(*r);
}

/// Every test ends with all money in its place.
struct shop {
  runtime market;
  client payer;

  explicit shop(runtime_options options)
      : market(must(runtime::start(std::move(options)))),
        payer(must(market.open_client("payer", amount::ainu(1'000)))) {}

  ~shop() {
    const auto sums = market.ledger_totals();
    REQUIRE(sums);
    CHECK(sums->conserved);
    CHECK(sums->totals.escrow.is_zero());
  }

  shop(const shop&) = delete;
  shop& operator=(const shop&) = delete;

  agent add(std::string name, std::string capability, std::optional<skill> does,
            amount cost = amount::ainu(1)) {
    return must(market.spawn({.name = std::move(name),
                              .capabilities = {std::move(capability)},
                              .does = std::move(does),
                              .cost_fixed = cost}));
  }

  task_id ask(std::string capability, std::string_view input, std::string verifier = {},
              duration deadline = minutes{10}) {
    return must(market.submit(payer, {.subtasks = {{std::move(capability), bytes_of(input)}},
                                      .budget = amount::ainu(10),
                                      .deadline = deadline,
                                      .verifier = std::move(verifier)}));
  }

  task_report done(const task_id& task) {
    auto report = market.await(task, hours{100});
    REQUIRE_MESSAGE(report, (report ? std::string{} : report.error().to_string()));
    return *report;
  }
};

skill upper() {
  return inline_skill([](const work_order& order) -> result<bytes> {
    auto text = order.input;
    for (auto& c : text)
      c = c >= 'a' && c <= 'z' ? static_cast<std::uint8_t>(c - 32) : c;
    return text;
  });
}

/// A folder for one test.
struct scratch_folder {
  std::string path;

  scratch_folder() {
    auto name = (std::filesystem::temp_directory_path() / "ainur-runtime-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }

  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }

  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
};

} // namespace

TEST_SUITE("runtime") {
  TEST_CASE("each kind of skill does real work, and costs what was agreed") {
    for (const auto clock : {clock_kind::real_time, clock_kind::virtual_time}) {
      CAPTURE(static_cast<int>(clock));
      shop s{on(clock)};
      const auto reverse = [](const work_order& order) -> result<bytes> {
        return bytes{order.input.rbegin(), order.input.rend()};
      };
      const auto first = s.add("a", "upper", upper());
      s.add("b", "reverse", blocking_skill(reverse));
      s.add("c", "later", async_skill([&](const work_order& order, const completion& done) {
              done(reverse(order));
              done(bytes_of("twice")); // ignored
            }));
      const auto one = s.done(s.ask("upper", "abc"));
      CHECK(one.state == final_state::completed);
      REQUIRE(one.results.size() == 1);
      CHECK(text_of(one.results[0]) == "ABC");
      // One bidder in a second-price auction gets the reserve: the budget. The fee is 1 %.
      CHECK(one.paid == amount::ainu(10));
      CHECK(one.fee == amount{100'000});
      CHECK(one.cost() == amount{10'100'000});
      REQUIRE(one.subtasks.size() == 1);
      CHECK(one.subtasks[0].agent == first.account);
      CHECK(one.subtasks[0].price == amount::ainu(10));
      CHECK(one.subtasks[0].paid == amount::ainu(10));
      CHECK(s.market.account(first.account).value().free == amount::ainu(10));
      CHECK(s.market.account(first.account).value().bonded == amount::ainu(100));
      CHECK(s.market.account(s.payer.account).value().free == amount{989'900'000});
      CHECK(text_of(s.done(s.ask("reverse", "abc")).results[0]) == "cba");
      CHECK(text_of(s.done(s.ask("later", "xyz")).results[0]) == "zyx");
      const auto same = s.market.status(one.task);
      REQUIRE(same);
      CHECK(same->is_final());
      CHECK(same->cost() == one.cost());
      CHECK(same->results == one.results);
    }
  }

  TEST_CASE("the second price is paid, to the cheaper of two") {
    shop s{on(clock_kind::virtual_time)};
    const auto cheap = s.add("cheap", "x", std::nullopt, amount::ainu(2));
    s.add("dear", "x", std::nullopt, amount::ainu(3));
    const auto report = s.done(s.ask("x", ""));
    CHECK(report.subtasks[0].agent == cheap.account);
    CHECK(report.paid == amount::ainu(3));
  }

  TEST_CASE("a graph of subtasks is done in the order of its needs") {
    shop s{on(clock_kind::virtual_time)};
    std::vector<std::string> order;
    for (const auto* name : {"first", "second", "third"})
      s.add(name, name, inline_skill([&order, name](const work_order&) -> result<bytes> {
              order.emplace_back(name);
              return bytes_of(name);
            }));
    const auto task =
        s.market.submit(s.payer, {.subtasks = {{.capability = "first"},
                                               {.capability = "second", .needs = {0}},
                                               {.capability = "third", .needs = {0, 1}}},
                                  .budget = amount::ainu(9)});
    REQUIRE(task);
    const auto report = s.done(*task);
    CHECK(report.state == final_state::completed);
    CHECK(order == std::vector<std::string>{"first", "second", "third"});
    CHECK(report.paid == amount::ainu(9)); // equal shares
    REQUIRE(report.results.size() == 3);
    CHECK(text_of(report.results[2]) == "third");
  }

  TEST_CASE("many agents are spawned in groups, all of them or none") {
    shop s{on(clock_kind::virtual_time)};
    std::vector<agent_spec> specs;
    for (int i = 0; i < 1'200; ++i)
      specs.push_back({.name = "sim " + std::to_string(i),
                       .capabilities = {"sim"},
                       .cost_fixed = amount::ainu(1)});
    auto bad = specs;
    bad.back().capabilities.clear();
    CHECK(s.market.spawn_many(bad).error().is(runtime_errc::bad_option));
    const auto made = s.market.spawn_many(std::move(specs));
    REQUIRE(made);
    REQUIRE(made->size() == 1'200);
    CHECK(made->front().group != made->back().group);
    CHECK(s.market.account(made->back().account).value().bonded == amount::ainu(100));
    CHECK(s.done(s.ask("sim", "")).state == final_state::completed);
  }

  TEST_CASE("bad options, agents, clients and tasks are refused, and change nothing") {
    const auto refused = [](runtime_options o) {
      auto made = runtime::start(std::move(o));
      REQUIRE_FALSE(made);
      CHECK_FALSE(made.error().detail().empty());
    };
    refused({.asked = 0});
    refused({.orchestrators = 0});
    refused({.blocking_workers = 0});
    refused({.block_interval = duration{-1}});
    refused({.key_rotation = duration{-1}});
    refused({.barriers = {{.name = "no function"}}});
    refused({.verifiers = {{"no function", nullptr}}});
    refused({.network = modelled_network{}}); // on the real clock
    refused(
        {.clock = clock_kind::virtual_time, .network = modelled_network{seconds{2}, seconds{1}}});
    refused({.data_directory = "/proc/no such folder"});

    shop s{on(clock_kind::virtual_time)};
    const auto before = s.market.ledger_totals().value();
    const auto spawns = [&](agent_spec spec) { return s.market.spawn(std::move(spec)).error(); };
    CHECK(spawns({.name = "", .capabilities = {"x"}}).is(runtime_errc::bad_option));
    CHECK(spawns({.name = "a"}).is(runtime_errc::bad_option));
    CHECK(spawns({.name = "a", .capabilities = {""}}).is(runtime_errc::bad_option));
    CHECK(spawns({.name = "a", .capabilities = {"x"}, .does = inline_skill(nullptr)})
              .is(runtime_errc::bad_option));
    CHECK(spawns({.name = "a", .capabilities = {"x"}, .capacity = 0}).is(runtime_errc::bad_option));
    CHECK(spawns({.name = "a", .capabilities = {"x"}, .balance = amount::max()})
              .is(runtime_errc::bad_option));
    CHECK(spawns({.name = "a", .capabilities = {"x"}, .bond = amount::ainu(2'000'000'000)})
              .is(ledger::errc::insufficient_funds));
    CHECK(s.market.open_client("", amount::ainu(1)).error().is(runtime_errc::bad_option));
    CHECK(s.market.open_client("poor", amount{1}).error().is(runtime_errc::bad_option));

    const auto submits = [&](task_request r) {
      return s.market.submit(s.payer, std::move(r)).error();
    };
    CHECK(submits({}).is(market::errc::bad_task));
    CHECK(submits({.subtasks = {{.capability = ""}}}).is(market::errc::bad_task));
    CHECK(submits({.subtasks = {{.capability = "x", .needs = {0}}}}).is(market::errc::bad_task));
    CHECK(submits({.subtasks = {{.capability = "x", .reserve = amount::ainu(2)}},
                   .budget = amount::ainu(1)})
              .is(market::errc::bad_task));
    CHECK(submits({.subtasks = {{.capability = "x", .input = bytes((1u << 20) + 1)}}})
              .is(market::errc::bad_task));
    CHECK(submits({.subtasks = {{.capability = "x"}}, .deadline = seconds{-1}})
              .is(runtime_errc::bad_option));
    CHECK(submits({.subtasks = {{.capability = "x"}}, .verifier = "nobody"})
              .is(market::errc::no_verifier));
    CHECK(s.market.submit({}, {.subtasks = {{.capability = "x"}}})
              .error()
              .is(runtime_errc::bad_option));
    const task_id none{};
    CHECK(s.market.status(none).error().is(market::errc::unknown_task));
    CHECK(s.market.await(none, seconds{1}).error().is(market::errc::unknown_task));
    CHECK(s.market.cancel(none).error().is(market::errc::unknown_task));
    CHECK(s.market.watch(none, [](const auto&) {}).error().is(market::errc::unknown_task));
    CHECK(s.market.on_event({}).error().is(runtime_errc::bad_option));
    CHECK(s.market.account({}).error().is(base_errc::not_found));
    CHECK(s.market.ledger_totals().value().state_hash == before.state_hash);

    s.add("a", "x", std::nullopt); // the name was not lost to a refused spec
    CHECK(spawns({.name = "a", .capabilities = {"x"}}).is(runtime_errc::name_taken));
  }

  TEST_CASE("a client that cannot pay, or whom nobody serves, is told why") {
    shop s{on(clock_kind::virtual_time)};
    const auto task = s.market.submit(
        s.payer, {.subtasks = {{.capability = "x"}}, .budget = amount::ainu(5'000)});
    const auto poor = s.done(task.value());
    CHECK(poor.state == final_state::rejected);
    CHECK(poor.why == cause::insufficient_funds);
    const auto alone = s.done(s.ask("nobody can", ""));
    CHECK(alone.state == final_state::refunded);
    CHECK(alone.why == cause::no_candidates);
    CHECK(alone.cost().is_zero());
    CHECK(s.market.account(s.payer.account).value().free == amount::ainu(1'000));
  }

  TEST_CASE("a skill that fails in any way costs its client nothing") {
    for (const auto clock : {clock_kind::real_time, clock_kind::virtual_time}) {
      CAPTURE(static_cast<int>(clock));
      auto options = on(clock);
      options.result_size_max = 100;
      shop s{std::move(options)};
      const std::map<std::string, skill> failing{
          {"error", inline_skill([](const work_order&) -> result<bytes> {
             return fail(base_errc::not_found, "no");
           })},
          {"throw", inline_skill([](const work_order&) -> result<bytes> {
             throw std::runtime_error{"no"};
           })},
          {"throw int", inline_skill([](const work_order&) -> result<bytes> { throw 7; })},
          {"blocking throw", blocking_skill([](const work_order&) -> result<bytes> { throw 7; })},
          {"async throw", async_skill([](const work_order&, const completion&) { throw 7; })},
          {"async error", async_skill([](const work_order&, const completion& done) {
             done(fail(base_errc::not_found, "no"));
           })},
          {"too large",
           inline_skill([](const work_order&) -> result<bytes> { return bytes(101); })}};
      std::vector<task_id> tasks;
      for (const auto& [name, does] : failing) {
        s.add(name, name, does);
        tasks.push_back(s.ask(name, ""));
      }
      for (const auto& task : tasks) {
        const auto report = s.done(task);
        CHECK(report.state == final_state::refunded);
        CHECK(report.why == cause::gave_up);
        CHECK(report.cost().is_zero());
      }
      CHECK(s.market.account(s.payer.account).value().free == amount::ainu(1'000));
    }
  }

  TEST_CASE("a skill that never answers is cancelled at its deadline, and its agent works again") {
    auto options = on(clock_kind::virtual_time);
    options.promise_slack = seconds{5};
    shop s{std::move(options)};
    std::vector<cancel_token> tokens;
    std::vector<completion> held;
    s.add("sloth", "x", async_skill([&](const work_order& order, const completion& done) {
            tokens.push_back(order.cancel);
            held.push_back(done);
            if (text_of(order.input) == "quick")
              done(bytes_of("here"));
          }));
    const auto lost = s.done(s.ask("x", "slow"));
    CHECK(lost.state == final_state::refunded);
    CHECK(lost.why == cause::missed_deadline);
    CHECK(lost.cost().is_zero());
    REQUIRE(tokens.size() == 1);
    CHECK(s.market.run_for(seconds{1}));
    CHECK(tokens[0].cancelled());
    held[0](bytes_of("too late")); // nobody listens
    const auto next = s.done(s.ask("x", "quick"));
    CHECK(next.state == final_state::completed);
    CHECK(text_of(next.results[0]) == "here");
  }

  TEST_CASE("an asynchronous skill may complete from the host's own loop") {
    shop s{on(clock_kind::virtual_time)};
    std::optional<completion> walk;
    s.add("walker", "walk",
          async_skill([&](const work_order&, completion done) { walk = std::move(done); }));
    const auto task = s.ask("walk", "");
    while (!walk)
      REQUIRE(s.market.run_for(seconds{1}));
    CHECK(s.market.await(task, seconds{3}).error().is(runtime_errc::timed_out));
    CHECK_FALSE(s.market.status(task).value().is_final());
    SUBCASE("on the same thread") {
      (*walk)(bytes_of("there"));
    }
    SUBCASE("on another thread") {
      std::thread{[&] { (*walk)(bytes_of("there")); }}.join();
    }
    CHECK(text_of(s.done(task).results.at(0)) == "there");
  }

  TEST_CASE("a cancelled task costs nothing, whatever its stage") {
    shop s{on(clock_kind::virtual_time)};
    cancel_token token;
    bool begun = false;
    s.add("slow", "x", async_skill([&](const work_order& order, const completion&) {
            token = order.cancel;
            begun = true;
          }));
    SUBCASE("before anything") {
      const auto task = s.ask("x", "");
      CHECK(s.market.cancel(task));
      const auto report = s.done(task);
      CHECK(report.state != final_state::completed);
      CHECK(report.why == cause::cancelled);
      CHECK_FALSE(begun);
    }
    SUBCASE("under way") {
      const auto task = s.ask("x", "");
      while (!begun)
        REQUIRE(s.market.run_for(duration{10'000}));
      CHECK(s.market.cancel(task));
      const auto report = s.done(task);
      CHECK(report.state == final_state::refunded);
      CHECK(report.why == cause::cancelled);
      CHECK(token.cancelled());
      CHECK(s.market.cancel(task).error().is(market::errc::too_late));
    }
    CHECK(s.market.account(s.payer.account).value().free == amount::ainu(1'000));
  }

  TEST_CASE("watchers see their task's life, in order; others do not") {
    shop s{on(clock_kind::virtual_time)};
    s.add("a", "upper", upper());
    s.add("b", "upper", upper(), amount::ainu(2));
    std::vector<std::size_t> seen;
    std::vector<task_report> ends;
    const event_handler note = [&](const runtime_event& e) {
      seen.push_back(e.what.index());
      if (const auto* end = e.as<events::task_finished>())
        ends.push_back(end->report);
      throw 7; // dropped
    };
    const auto other = s.ask("upper", "other");
    const auto task = s.ask("upper", "abc");
    REQUIRE(s.market.watch(task, note));
    s.done(other);
    s.done(task);
    CHECK(seen == std::vector<std::size_t>{0, 1, 2, 3, 5}); // submitted … settled, finished
    REQUIRE(ends.size() == 1);
    CHECK(ends[0].task == task);
    CHECK(text_of(ends[0].results.at(0)) == "ABC");
    CHECK(ends[0].paid >= amount::ainu(2)); // the other's ask, or the reserve
    REQUIRE(s.market.watch(task, note));    // at once
    REQUIRE(ends.size() == 2);
    CHECK(ends[1].cost() == ends[0].cost());
  }

  TEST_CASE("a handler may submit and cancel, and is refused what would wait") {
    shop s{on(clock_kind::virtual_time)};
    s.add("a", "upper", upper());
    int follow_ups = 0;
    std::vector<error> refused;
    REQUIRE(s.market.on_event([&](const runtime_event& e) {
      if (e.as<events::task_finished>() == nullptr || follow_ups++ > 0)
        return;
      s.ask("upper", "again");
      refused.push_back(s.market.run_for(seconds{1}).error());
      refused.push_back(s.market.status({}).error());
      refused.push_back(s.market.open_client("x", amount::ainu(1)).error());
    }));
    s.done(s.ask("upper", "abc"));
    CHECK(s.market.run_for(minutes{1}));
    CHECK(follow_ups == 2);
    REQUIRE(refused.size() == 3);
    for (const auto& e : refused)
      CHECK(e.is(runtime_errc::from_callback));
  }

  TEST_CASE("a verifier rejects: arbiters rule, nothing is paid, the agent loses reputation") {
    auto options = on(clock_kind::virtual_time);
    options.verifiers = {
        {"loud", [](const market::task&, std::uint16_t,
                    const bytes& content) { return text_of(content) == "ABC"; }},
        {"throws", [](const market::task&, std::uint16_t, const bytes&) -> bool { throw 7; }}};
    shop s{std::move(options)};
    const auto worker = s.add("a", "upper", upper());
    int disputes = 0;
    REQUIRE(s.market.on_event(
        [&](const runtime_event& e) { disputes += e.as<events::result_disputed>() != nullptr; }));
    CHECK(s.done(s.ask("upper", "abc", "loud")).state == final_state::completed);
    CHECK(disputes == 0);
    const auto score = s.market.account(worker.account).value().score;
    for (const auto* verifier : {"loud", "throws"}) {
      const auto before = s.market.account(s.payer.account).value().free;
      const auto start = s.market.now();
      const auto report = s.done(s.ask("upper", "abcd", verifier));
      CHECK(report.state == final_state::resolved);
      CHECK(report.why == cause::bad_result);
      CHECK(report.cost().is_zero());
      CHECK(s.market.account(s.payer.account).value().free == before);
      CHECK(s.market.now() - start < hours{1}); // no arbiter was silent
    }
    CHECK(disputes == 2);
    CHECK(s.market.account(worker.account).value().score < score);
  }

  TEST_CASE("a barrier of the host refuses or corrects what Ainur's own would pass") {
    auto options = on(clock_kind::virtual_time);
    const auto at_most = [](double ainu, bool correctable) {
      return safety::barrier{.name = "at most",
                             .correctable = correctable,
                             .evaluate = [ainu](const safety::agent_state&, const safety::action&,
                                                const safety::action_context&) {
                               return safety::barrier_value{.h = ainu * 1e6, .gradient = {-1, 0}};
                             }};
    };
    SUBCASE("refused") {
      options.barriers = {at_most(4, false)};
      shop s{std::move(options)};
      const auto greedy = s.add("greedy", "x", std::nullopt, amount::ainu(5));
      std::vector<events::action_stopped> stopped;
      REQUIRE(s.market.on_event([&](const runtime_event& e) {
        if (const auto* one = e.as<events::action_stopped>())
          stopped.push_back(*one);
      }));
      const auto task = s.ask("x", "");
      const auto report = s.done(task);
      CHECK(report.state == final_state::refunded);
      CHECK(report.why == cause::no_bids);
      REQUIRE_FALSE(stopped.empty());
      CHECK(stopped[0].agent == greedy.account);
      CHECK(stopped[0].task == task);
      CHECK(stopped[0].constraint == "at most");
      CHECK_FALSE(stopped[0].corrected);
    }
    SUBCASE("corrected within the agent's own bounds") {
      options.barriers = {at_most(4, true)};
      options.mechanism = market::mechanism::first_price;
      shop s{std::move(options)};
      REQUIRE(s.market.spawn({.name = "flexible",
                              .capabilities = {"x"},
                              .cost_fixed = amount::ainu(3),
                              .price_per_second = amount::ainu(3)}));
      const auto report = s.done(s.ask("x", ""));
      CHECK(report.state == final_state::completed);
      CHECK(report.paid == amount::ainu(4));
    }
  }

  TEST_CASE("an agent's restart is invisible but for time") {
    for (const auto clock : {clock_kind::real_time, clock_kind::virtual_time}) {
      CAPTURE(static_cast<int>(clock));
      shop s{on(clock)};
      const auto worker = s.add("a", "upper", upper());
      std::promise<account_id> again;
      std::atomic<bool> told = false;
      REQUIRE(s.market.on_event([&](const runtime_event& e) {
        if (const auto* r = e.as<events::restarted>(); r != nullptr && !told.exchange(true))
          again.set_value(r->agent);
      }));
      REQUIRE(s.market.crash(worker));
      auto heard = again.get_future();
      if (clock == clock_kind::virtual_time)
        REQUIRE(s.market.run_for(seconds{1}));
      REQUIRE(heard.wait_for(patience) == std::future_status::ready);
      CHECK(heard.get() == worker.account);
      const auto report = s.done(s.ask("upper", "abc"));
      CHECK(report.state == final_state::completed);
      CHECK(report.subtasks[0].agent == worker.account);
    }
  }

  TEST_CASE("a runtime is stopped with work under way, and every call says so") {
    for (const auto clock : {clock_kind::real_time, clock_kind::virtual_time}) {
      CAPTURE(static_cast<int>(clock));
      auto market = runtime::start(on(clock)).value();
      const auto payer = market.open_client("payer", amount::ainu(1'000)).value();
      cancel_token token;
      std::promise<void> begun;
      std::once_flag once;
      const auto begin = [&](const work_order& order) {
        std::call_once(once, [&] {
          token = order.cancel;
          begun.set_value();
        });
      };
      const bool is_real = clock == clock_kind::real_time;
      const auto wait = [&](const work_order& order) -> result<bytes> {
        begin(order);
        while (!order.cancel.cancelled())
          std::this_thread::yield();
        return fail(base_errc::unsupported, "cancelled");
      };
      REQUIRE(market.spawn({.name = "busy",
                            .capabilities = {"x"},
                            .does = is_real ? blocking_skill(wait)
                                            : async_skill([&](const work_order& o,
                                                              const completion&) { begin(o); })}));
      const auto task =
          market.submit(payer, {.subtasks = {{.capability = "x"}}, .budget = amount::ainu(1)})
              .value();
      std::future<bool> awaiting;
      auto started = begun.get_future();
      if (is_real) {
        awaiting = std::async(std::launch::async, [&] {
          return market.await(task, patience).error().is(runtime_errc::stopped);
        });
        REQUIRE(started.wait_for(patience) == std::future_status::ready);
      } else {
        while (started.wait_for(seconds{0}) != std::future_status::ready)
          REQUIRE(market.run_for(seconds{1}));
      }
      const auto until = market.now();
      market.stop();
      market.stop();
      if (is_real)
        CHECK(awaiting.get());
      CHECK(token.cancelled());
      CHECK(market.now() >= until);
      CHECK(market.status(task).error().is(runtime_errc::stopped));
      CHECK(market.spawn({.name = "y", .capabilities = {"y"}}).error().is(runtime_errc::stopped));
      CHECK(market.run_for(seconds{1}).error().is(runtime_errc::stopped));
      CHECK(market.ledger_totals().error().is(runtime_errc::stopped));
    }
  }

  TEST_CASE("the same calls with the same seed give the same ledger; another seed another") {
    const auto run = [](std::uint64_t seed) {
      auto options = on(clock_kind::virtual_time);
      options.seed = seed;
      options.network = modelled_network{
          .latency_min = duration{1'000}, .latency_max = duration{20'000}, .loss_ppm = 10'000};
      shop s{std::move(options)};
      for (int i = 0; i < 20; ++i)
        REQUIRE(s.market.spawn({.name = "a" + std::to_string(i),
                                .capabilities = {"x"},
                                .cost_fixed = amount{std::uint64_t(i) * 10'000},
                                .reliability_ppm = 800'000}));
      std::vector<task_id> tasks;
      for (int i = 0; i < 40; ++i) {
        tasks.push_back(s.ask("x", std::to_string(i)));
        REQUIRE(s.market.run_for(duration{300'000}));
      }
      int completed = 0;
      for (const auto& task : tasks)
        completed += s.done(task).state == final_state::completed;
      CHECK(completed > 10);
      REQUIRE(s.market.run_until(instant_at(3'600'000'000)));
      CHECK(s.market.now() == instant_at(3'600'000'000));
      return s.market.ledger_totals().value().state_hash;
    };
    const auto first = run(1);
    CHECK(run(1) == first);
    CHECK(run(2) != first);
  }

  TEST_CASE("many threads may use one runtime on the real clock") {
    shop s{on(clock_kind::real_time)};
    s.add("a", "upper", upper());
    REQUIRE(s.market.spawn({.name = "b",
                            .capabilities = {"upper"},
                            .does = upper(),
                            .cost_fixed = amount::ainu(1),
                            .capacity = 8}));
    std::vector<std::future<int>> threads;
    for (int t = 0; t < 4; ++t)
      threads.push_back(std::async(std::launch::async, [&s, t] {
        const auto me =
            s.market.open_client("client " + std::to_string(t), amount::ainu(1'000)).value();
        int ended = 0;
        for (int i = 0; i < 10; ++i) {
          const auto task = s.market.submit(
              me, {.subtasks = {{"upper", bytes_of("abc")}}, .budget = amount::ainu(5)});
          ended += s.market.await(task.value(), patience).value().is_final();
        }
        return ended;
      }));
    for (auto& t : threads)
      CHECK(t.get() == 10);
  }

  TEST_CASE("results are kept for the stated time, and tasks beyond the bound are refused") {
    auto options = on(clock_kind::virtual_time);
    options.result_retention = minutes{10};
    options.tasks_open_max = 2;
    shop s{std::move(options)};
    // Two at a time: a bid for one task takes nothing from the other.
    must(s.market.spawn({.name = "a",
                         .capabilities = {"upper"},
                         .does = upper(),
                         .cost_fixed = amount::ainu(1),
                         .capacity = 2}));
    const auto task = s.ask("upper", "abc");
    s.ask("upper", "abc");
    const auto third = s.market.submit(
        s.payer, {.subtasks = {{.capability = "upper"}}, .budget = amount::ainu(1)});
    CHECK(third.error().is(market::errc::busy));
    const auto report = s.done(task);
    REQUIRE_MESSAGE(report.state == final_state::completed, report.why);
    REQUIRE(s.market.run_for(minutes{9}));
    CHECK(text_of(s.market.status(task).value().results.at(0)) == "ABC");
    REQUIRE(s.market.run_for(minutes{2}));
    CHECK(s.market.status(task).error().is(market::errc::unknown_task));
  }

  TEST_CASE("a store goes on where it stopped: the same names, money and tasks") {
    auto options = on(clock_kind::real_time);
    const scratch_folder folder;
    options.data_directory = folder.path + "/store";
    options.synced = false;
    task_id finished;
    account_id worker;
    {
      shop s{options};
      worker = s.add("a", "upper", upper()).account;
      finished = s.ask("upper", "abc");
      s.done(finished);
    }
    shop s{options};
    CHECK(must(s.market.status(finished)).state == final_state::completed);
    CHECK(must(s.market.account(worker)).free == amount::ainu(10));
    CHECK(s.add("a", "upper", upper()).account == worker);
    CHECK(must(s.market.account(worker)).free == amount::ainu(10)); // it keeps what it has
    CHECK(must(s.market.account(s.payer.account)).free == amount::ainu(1'000)); // topped up
    const auto next = s.ask("upper", "abc");
    CHECK(next != finished);
    CHECK(s.done(next).state == final_state::completed);
  }

  TEST_CASE("the host's key rotates while tasks run, and a later run signs with the current one") {
    for (const auto clock : {clock_kind::real_time, clock_kind::virtual_time}) {
      CAPTURE(static_cast<int>(clock));
      auto options = on(clock);
      const scratch_folder folder;
      options.data_directory = folder.path + "/store";
      options.synced = false;
      options.key_rotation = clock == clock_kind::real_time ? duration{20'000} : seconds{1};
      options.economy.identity.rotation_grace = {};
      const auto work = [&options] {
        shop s{options};
        s.add("a", "upper", upper());
        for (int i = 0; i < 15; ++i) {
          CHECK(s.done(s.ask("upper", "abc")).state == final_state::completed);
          if (options.clock == clock_kind::real_time)
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
        }
        return s.market.host();
      };
      std::uint32_t version = 0;
      for (int run = 0; run < 2; ++run) {
        const auto host = work();
        const auto store = store::lmdb_environment::open(options.data_directory, {.synced = false});
        REQUIRE(store.has_value());
        const auto verified = must(ledger::verify_log(*must((*store)->open_view())));
        CHECK(verified.final_state.keys(host).version > version);
        version = verified.final_state.keys(host).version;
      }
      CHECK(version > 3);
    }
  }

  TEST_CASE("an agent may be an actor on the host's own system, and survives its death") {
    for (const auto clock : {clock_kind::real_time, clock_kind::virtual_time}) {
      CAPTURE(static_cast<int>(clock));
      caf::actor_system_config config;
      configure(config, {.clock = clock});
      caf::actor_system system{config};
      const auto other =
          clock == clock_kind::real_time ? clock_kind::virtual_time : clock_kind::real_time;
      CHECK(start_on(system, {.clock = other}).error().is(runtime_errc::wrong_system));
      auto market = start_on(system, on(clock)).value();
      CHECK(&system_of(market) == &system);
      std::atomic<int> born{0};
      const auto make = [&born](caf::local_actor& parent) {
        ++born;
        return parent.spawn([](working_actor::pointer self) -> working_actor::behavior_type {
          return {[self](const work_order& order) -> caf::result<finished_work> {
            if (text_of(order.input) == "die")
              self->quit(to_caf({base_errc::unsupported, "dead"}));
            if (text_of(order.input) != "good")
              return to_caf({base_errc::unsupported, "no"});
            return finished_work{bytes_of("done")};
          }};
        });
      };
      REQUIRE(spawn_actor_agent(market, {.name = "native", .capabilities = {"x"}}, make));
      CHECK(spawn_actor_agent(market, {.name = "none", .capabilities = {"x"}}, {})
                .error()
                .is(runtime_errc::bad_option));
      const auto payer = market.open_client("payer", amount::ainu(100)).value();
      for (const auto* input : {"good", "bad", "die", "good"}) {
        CAPTURE(input);
        const auto task =
            market.submit(payer, {.subtasks = {{"x", bytes_of(input)}}, .budget = amount::ainu(1)});
        const auto report = market.await(task.value(), patience).value();
        if (input == std::string_view{"good"}) {
          CHECK(report.state == final_state::completed);
          CHECK(text_of(report.results.at(0)) == "done");
        } else {
          CHECK(report.state == final_state::refunded);
          CHECK(report.why == cause::gave_up);
        }
        if (input == std::string_view{"die"})
          while (born < 2) // it is made anew
            REQUIRE(market.run_for(duration{10'000}));
      }
      CHECK(born == 2);
      CHECK(market.ledger_totals().value().conserved);
      market.stop();
    }
  }
}

} // namespace ainur::test
