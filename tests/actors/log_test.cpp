// The log: what reaches its target, in which order, and what becomes of what is too much.
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <set>
#include <thread>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "ainur/ainur.hpp"
#include "logger.hpp"
#include "world.hpp"

namespace ainur::test {
namespace {

using nlohmann::json;

/// Keeps what a log says. Written by the log's thread, read after `close`.
struct listener {
  std::vector<log_record> records;
  std::set<std::thread::id> threads;

  [[nodiscard]] log_options options(log_level level) {
    return {.on_record =
                [this](const log_record& r) {
                  records.push_back(r);
                  threads.insert(std::this_thread::get_id());
                },
            .level = level};
  }

  [[nodiscard]] std::vector<std::string> events() const {
    std::vector<std::string> names;
    for (const auto& r : records)
      names.push_back(r.event);
    return names;
  }

  [[nodiscard]] std::vector<json> of(std::string_view event) const {
    std::vector<json> found;
    for (const auto& r : records)
      if (r.event == event)
        found.push_back(json::parse(to_json(r)));
    return found;
  }
};

std::shared_ptr<logger> open(const log_options& options, logger::bounds b = {},
                             clock_kind clock = clock_kind::real_time) {
  return logger::open(options, clock, b).value();
}

log_record event(std::string name, std::uint64_t number = 0, instant at = {}) {
  return {.at = at,
          .level = log_level::warn,
          .component = "test",
          .event = std::move(name),
          .about = {{"number", number}}};
}

/// A file that is removed at the end.
struct scratch_file {
  std::string path = (std::filesystem::temp_directory_path() /
                      ("ainur-log-" + std::to_string(::getpid()) + ".jsonl"))
                         .string();

  ~scratch_file() { std::filesystem::remove(path); }

  [[nodiscard]] std::vector<std::string> lines() const {
    std::ifstream in{path};
    std::vector<std::string> all;
    for (std::string line; std::getline(in, line);)
      all.push_back(line);
    return all;
  }
};

TEST_CASE("a log file holds a line of JSON for each record, in order, and is added to") {
  const scratch_file file;
  for (std::uint64_t life = 0; life < 2; ++life) {
    const auto log = open({.file = file.path});
    for (std::uint64_t i = 0; i < 50; ++i)
      log->write(event("line\n\"" + std::to_string(i), life * 50 + i));
    log->close();
    log->write(event("too_late"));
  }
  const auto lines = file.lines();
  REQUIRE(lines.size() == 100);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto parsed = json::parse(lines[i], nullptr, false);
    REQUIRE_FALSE(parsed.is_discarded());
    CHECK(parsed.at("number") == i);
    CHECK(parsed.at("event") == "line\n\"" + std::to_string(i % 50));
  }
}

TEST_CASE("a log that cannot be opened says which, and no log is none") {
  const auto refused = logger::open({.file = "/no/such/folder/ainur.log"}, clock_kind::real_time);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().is(base_errc::io));
  CHECK(refused.error().detail().find("/no/such/folder/ainur.log") != std::string::npos);
  CHECK(open({}) == nullptr);
  CHECK(open({.file = "/no/such/folder/ainur.log", .level = log_level::off}) == nullptr);
}

TEST_CASE("a full queue overruns the oldest and counts them; nobody waits") {
  listener heard;
  std::promise<void> entered;
  std::promise<void> gate;
  auto opened = gate.get_future().share();
  auto options = heard.options(log_level::trace);
  bool first = true; // of the log's thread
  options.on_record = [&, keep = options.on_record](const log_record& r) {
    if (std::exchange(first, false)) {
      entered.set_value();
      opened.wait();
    }
    keep(r);
  };
  const auto log = open(options, {.queue_max = 8, .same_event_max = 1'000'000});
  log->write(event("first"));
  entered.get_future().wait();
  for (std::uint64_t i = 0; i < 100; ++i) // while the log's thread is held up
    log->write(event("more", i));
  gate.set_value();
  log->close();
  const auto lost = heard.of("records_lost");
  const auto more = heard.of("more");
  REQUIRE(lost.size() == 1);
  CHECK(more.size() == 8);
  CHECK(lost.front().at("count") == 92);
  CHECK(more.front().at("number") == 92); // the newest stay
  CHECK(more.back().at("number") == 99);
  CHECK(heard.threads.size() == 1);
}

TEST_CASE("on the virtual clock a full queue is waited for, and nothing is lost") {
  listener heard;
  const auto log = open(heard.options(log_level::trace),
                        {.queue_max = 2, .same_event_max = 1'000'000}, clock_kind::virtual_time);
  for (std::uint64_t i = 0; i < 1'000; ++i)
    log->write(event("step", i));
  log->close();
  CHECK(heard.of("step").size() == 1'000);
  CHECK(heard.of("records_lost").empty());
}

TEST_CASE("a storm of one event is cut, and told of by the next and at the end") {
  listener heard;
  const auto log = open(heard.options(log_level::trace), {.same_event_max = 3});
  for (std::uint64_t i = 0; i < 10; ++i)
    log->write(event("storm", i));
  log->write(event("calm"));
  log->write(event("storm", 10, instant_at(1'000'000)));
  for (std::uint64_t i = 11; i < 20; ++i)
    log->write(event("storm", i, instant_at(1'000'001)));
  log->close();
  const auto storm = heard.of("storm");
  REQUIRE(storm.size() == 6);
  CHECK(storm[3].at("left_out") == 7);
  CHECK(heard.of("calm").size() == 1);
  const auto rest = heard.of("events_left_out");
  REQUIRE(rest.size() == 1);
  CHECK(rest.front().at("of") == "storm");
  CHECK(rest.front().at("count") == 7);
}

TEST_CASE("a function that throws does not end the log") {
  int calls = 0;
  const auto log = open({.on_record = [&](const log_record&) {
    ++calls;
    throw std::runtime_error{"no"};
  }});
  log->write(event("one"));
  log->write(event("two"));
  log->close();
  CHECK(calls == 2);
}

TEST_CASE("many threads write whole records, each in its order") {
  listener heard;
  const auto log =
      open(heard.options(log_level::trace), {.queue_max = 100'000, .same_event_max = 1'000'000});
  std::vector<std::thread> writers;
  for (int t = 0; t < 4; ++t)
    writers.emplace_back([&log, t] {
      for (std::uint64_t i = 0; i < 500; ++i)
        log->write(event("from_" + std::to_string(t), i));
    });
  for (auto& w : writers)
    w.join();
  log->close();
  for (int t = 0; t < 4; ++t) {
    const auto mine = heard.of("from_" + std::to_string(t));
    REQUIRE(mine.size() == 500);
    for (std::size_t i = 0; i < mine.size(); ++i)
      CHECK(mine[i].at("number") == i);
  }
}

TEST_CASE("a line is put together only if its level is on") {
  struct shown {
    int* count;

    [[nodiscard]] std::string to_string() const { return std::to_string(++*count); }
  };

  listener heard;
  const auto log = open(heard.options(log_level::warn));
  int count = 0;
  {
    const auto world = environment::on_real_clock({.log = log});
    world.log(log_level::info, "test", "quiet").with("what", shown{&count});
    CHECK(count == 0);
    CHECK_FALSE(world.logs(log_level::info));
    world.log(log_level::warn, "test", "loud")
        .with("what", shown{&count})
        .with("yes", true)
        .with("less", -1)
        .with("most", ~std::uint64_t{0})
        .with("took_us", duration{7})
        .with("error", error{base_errc::io, "x"})
        .with("task", task_id{})
        .with("long", std::string(10'000, 'a'));
    environment::on_real_clock({}).log(log_level::error, "test", "nowhere");
  }
  log->close();
  REQUIRE(heard.records.size() == 1);
  const auto line = json::parse(to_json(heard.records.front()));
  CHECK(line.at("what") == "1");
  CHECK(line.at("yes") == true);
  CHECK(line.at("less") == -1);
  CHECK(line.at("most") == ~std::uint64_t{0});
  CHECK(line.at("took_us") == 7);
  CHECK(line.at("error") == "base.io: the operating system refused: x");
  CHECK(line.at("task") == std::string(32, '0'));
  CHECK(line.at("long").get<std::string>().size() < 10'000);
}

/// A supervisor on the virtual clock whose child crashes until it gives up.
std::vector<std::string> crash_story(std::uint64_t seed, log_level level) {
  listener heard;
  const auto log = open(heard.options(level), {}, clock_kind::virtual_time);
  {
    world w{seed};
    const auto env = environment::on_virtual_clock(w.system, {.seed = seed, .log = log});
    supervisor_spec spec{.name = "shop", .intensity = {.restarts_max = 2}};
    spec.children.push_back(
        {.name = "stock", .start = [](child_context& context) {
           return context.parent.spawn([](caf::event_based_actor* self) -> caf::behavior {
             return {[self](int) { self->quit(to_caf(error{base_errc::io, "broken shelf"})); }};
           });
         }});
    caf::actor child;
    spec.listener = [&](const supervision_event& e) {
      if (e.kind == supervision_event::kind_type::started)
        child = e.handle;
    };
    w.root(spawn_supervisor(w.system, env, std::move(spec)));
    w.ready();
    for (int i = 0; i < 3; ++i) {
      caf::anon_send(std::exchange(child, nullptr), 1);
      w.ready();
      w.pass(std::chrono::minutes{1} / 60);
    }
    child = nullptr;
  }
  log->close();
  std::vector<std::string> lines;
  for (auto& r : heard.records) {
    r.time = {};
    lines.push_back(to_json(r));
  }
  return lines;
}

TEST_CASE("a crash, its restart and the end of a supervisor are told with their reasons") {
  const auto lines = crash_story(3, log_level::info);
  std::map<std::string, int> count;
  for (const auto& text : lines) {
    const auto line = json::parse(text);
    CHECK(line.at("component") == "supervisor");
    CHECK(line.at("supervisor") == "shop");
    ++count[line.at("event")];
    if (line.at("event") == "child_crashed") {
      CHECK(line.at("level") == "warn");
      CHECK(line.at("child") == "stock");
      CHECK(line.at("error") == "base.io: the operating system refused: broken shelf");
    }
    if (line.at("event") == "supervisor_gave_up") {
      CHECK(line.at("level") == "error");
      CHECK(line.at("escalates") == false);
    }
  }
  CHECK(count["child_crashed"] == 3);
  CHECK(count["child_restarted"] == 2);
  CHECK(count["supervisor_gave_up"] == 1);
}

TEST_CASE("two runs of a seed have the same lines") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    INFO("seed " << seed);
    CHECK(crash_story(seed, log_level::trace) == crash_story(seed, log_level::trace));
  }
}

TEST_CASE("runtimes of one process have a log each, and end it when they stop") {
  for (const auto clock : {clock_kind::virtual_time, clock_kind::real_time}) {
    listener heard[2];
    std::vector<runtime> markets;
    for (auto& one : heard)
      markets.push_back(
          runtime::start({.clock = clock, .log = one.options(log_level::info)}).value());
    const auto boss = markets[0].spawn({.name = "worker", .capabilities = {"work"}}).value();
    REQUIRE(markets[0].crash(boss));
    REQUIRE(markets[0].run_for(std::chrono::milliseconds{100}));
    for (auto& m : markets)
      m.stop();
    for (auto& one : heard) {
      CHECK(one.threads.size() == 1);
      CHECK(one.of("started").size() == 1);
      CHECK(one.events().back() == "stopped");
    }
    CHECK(heard[0].of("child_killed").size() == 1);
    CHECK(heard[1].of("child_killed").empty());
    CHECK(*heard[0].threads.begin() != std::this_thread::get_id());
  }
}

TEST_CASE("a function of the log cannot stop the runtime or wait for it") {
  std::optional<runtime> market;
  std::optional<error> answer;
  std::promise<void> ready;
  std::promise<void> asked;
  bool first = true;
  auto started =
      runtime::start({.log = {.on_record =
                                  [&, go = ready.get_future().share()](const log_record&) {
                                    if (!std::exchange(first, false))
                                      return;
                                    go.wait();
                                    market->stop();
                                    if (auto totals = market->ledger_totals(); !totals)
                                      answer = totals.error();
                                    asked.set_value();
                                  },
                              .level = log_level::info}});
  market.emplace(std::move(started).value());
  ready.set_value();
  asked.get_future().wait();
  CHECK(market->ledger_totals());
  market->stop();
  REQUIRE(answer);
  CHECK(answer->is(runtime_errc::from_callback));
}

} // namespace
} // namespace ainur::test
