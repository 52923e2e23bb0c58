#include <doctest/doctest.h>

#include "ainur/crypto/hash.hpp"
#include "ainur/orchestration/intake.hpp"

using namespace ainur;
using namespace ainur::orchestration;
using market::cause;
using market::final_state;

namespace {

account_id client() {
  return crypto::hosted_account({}, 1);
}

submission job(std::uint64_t n) {
  auto t = std::make_shared<market::task>();
  t->id = crypto::task_id_of(client(), n);
  t->client = client();
  t->budget = amount{10};
  t->subtasks.push_back({.capability = "nlp", .reserve = amount{5}});
  return {.task = std::move(t)};
}

task_id id_of(std::uint64_t n) {
  return crypto::task_id_of(client(), n);
}

task_end end_of(std::uint64_t n, std::size_t size = 3) {
  return {.task = job(n).task,
          .state = final_state::completed,
          .paid = amount{4},
          .results = {bytes(size)}};
}

struct desk {
  intake_core core;
  intake_outputs out;
  std::vector<intake_record> journal;
  moment now{};

  explicit desk(intake_options o = {}) : core(o) {}

  void submit(std::uint64_t n) { core.submit(job(n), n, out); }

  /// All that was given out becomes durable.
  void sync() {
    const auto records = std::exchange(out.journal, {});
    journal.insert(journal.end(), records.begin(), records.end());
    out.clear();
    core.on_durable(records.size(), now, out);
  }
};

} // namespace

TEST_CASE("nothing is handed out or told before it is durable") {
  desk d;
  d.submit(1);
  CHECK(d.out.handings.empty());
  CHECK(d.core.status(id_of(1))->phase == task_phase::queued);
  d.sync();
  REQUIRE(d.out.handings.size() == 1);
  CHECK_FALSE(d.out.handings[0].adopt);
  CHECK(d.core.status(id_of(1))->phase == task_phase::under_way);
  d.core.on_ended(end_of(1), d.out);
  d.core.on_ended(end_of(1), d.out); // told twice
  CHECK(d.out.journal.size() == 1);
  CHECK(d.out.finished.empty());
  d.sync();
  CHECK(d.out.finished.size() == 1);
  CHECK(d.core.under_way() == 0);
  CHECK(d.core.status(id_of(1))->state == final_state::completed);
  CHECK(d.core.status(id_of(2)).error().is(market::errc::unknown_task));
  d.submit(1); // known
  CHECK(d.out.journal.empty());
}

TEST_CASE("the window bounds what is under way, the queue what waits") {
  desk d{{.window = 2, .queue_max = 1}};
  for (std::uint64_t n = 1; n <= 4; ++n)
    d.submit(n);
  REQUIRE(d.out.refusals.size() == 1);
  CHECK(d.out.refusals[0].why == cause::intake_full);
  CHECK(d.out.refusals[0].reason.is(market::errc::busy));
  d.sync();
  CHECK(d.out.handings.size() == 2);
  d.core.on_ended(end_of(1), d.out);
  d.sync();
  REQUIRE(d.out.handings.size() == 1);
  CHECK(d.out.handings[0].what.task->id == id_of(3));
  auto bad = job(9);
  const_cast<market::task&>(*bad.task).subtasks.clear();
  d.core.submit(bad, 9, d.out);
  CHECK(d.out.refusals.back().reason.is(market::errc::bad_task));
}

TEST_CASE("results go when their time or their room is over") {
  desk d{{.retention = duration{100}, .results_bytes_max = 2'000}};
  for (std::uint64_t n = 1; n <= 3; ++n) {
    d.submit(n);
    d.sync();
    d.core.on_ended(end_of(n, 900), d.out);
    d.sync();
  }
  CHECK(d.core.kept() == 2 - (sizeof(task_status) > 100 ? 1u : 0u));
  CHECK_FALSE(d.core.status(id_of(1)));
  d.now.mono = instant_at(100);
  d.core.sweep(d.now);
  CHECK(d.core.kept() == 0);
}

TEST_CASE("tasks of a lost orchestrator are taken over") {
  desk d{{.orchestrators = 2}};
  for (std::uint64_t n = 1; n <= 4; ++n)
    d.submit(n);
  d.sync();
  d.out.clear();
  SUBCASE("at once by those that live") {
    d.core.on_orchestrator_lost(0, d.out);
    REQUIRE(d.out.handings.size() == 2);
    for (const auto& h : d.out.handings) {
      CHECK(h.orchestrator == 1);
      CHECK(h.adopt);
      CHECK(h.from == 0);
    }
    d.core.on_orchestrator_lost(1, d.out);
    d.out.clear();
    d.core.on_orchestrator_ready(0, d.out);
    CHECK(d.out.handings.size() == 4);
    for (const auto& h : d.out.handings)
      CHECK(h.from == 1);
  }
  SUBCASE("when the next one is ready, with what was cancelled meanwhile") {
    d.core.on_orchestrator_lost(0);
    d.core.on_orchestrator_lost(1);
    d.core.cancel(id_of(1), d.out);
    CHECK(d.out.cancellations.empty());
    d.submit(5);
    d.sync();
    CHECK(d.out.handings.empty());
    d.core.on_orchestrator_ready(1, d.out);
    CHECK(d.out.handings.size() == 5);
    for (const auto& h : d.out.handings)
      CHECK(h.from.has_value() == (h.what.task->id != id_of(5))); // nobody had that one
    REQUIRE(d.out.cancellations.size() == 1);
    CHECK(d.out.cancellations[0].task == id_of(1));
    CHECK(d.out.cancellations[0].orchestrator == 1);
  }
  SUBCASE("by its own next life, if only that is heard of") {
    d.core.on_orchestrator_ready(0, d.out);
    CHECK(d.out.handings.size() == 2);
    for (const auto& h : d.out.handings) {
      CHECK(h.orchestrator == 0);
      CHECK(h.adopt);
      CHECK(h.from == 0);
    }
  }
}

TEST_CASE("a cancelled task ends without having run, or its orchestrator is told") {
  desk d{{.window = 1}};
  d.submit(1);
  d.submit(2);
  d.submit(3);
  d.core.cancel(id_of(3), d.out); // not durable yet
  d.sync();
  CHECK(d.out.handings.size() == 1);
  d.core.cancel(id_of(2), d.out); // waits for the window
  d.core.cancel(id_of(1), d.out);
  REQUIRE(d.out.cancellations.size() == 1);
  CHECK(d.out.cancellations[0].task == id_of(1));
  d.sync();
  REQUIRE(d.out.finished.size() == 2);
  for (const auto& e : d.out.finished) {
    CHECK(e.state == final_state::rejected);
    CHECK(e.why == cause::cancelled);
  }
  d.core.on_ended(end_of(1), d.out);
  d.sync();
  CHECK(d.core.under_way() == 0);
  d.submit(4); // the window is free again
  d.sync();
  CHECK(d.out.handings.size() == 1);
}

TEST_CASE("after a restart what has no end is handed out again, in the window") {
  desk before;
  for (std::uint64_t n = 1; n <= 5; ++n)
    before.submit(n);
  before.sync();
  before.core.on_ended(end_of(2), before.out);
  before.sync();
  desk after{{.window = 3}};
  for (auto record : before.journal)
    after.core.replay(record);
  CHECK(after.core.next_request() == 6);
  after.core.resume(after.out);
  CHECK(after.out.handings.size() == 3);
  for (const auto& h : after.out.handings) {
    CHECK(h.adopt);
    CHECK_FALSE(h.from);
  }
  CHECK(after.core.status(id_of(2))->paid == amount{4});
  for (const std::uint64_t n : {1, 3, 4, 5}) {
    after.core.on_ended(end_of(n), after.out);
    after.sync();
  }
  CHECK(after.core.under_way() == 0);
  CHECK(after.core.kept() == 5);
}

TEST_CASE("a cancellation outlives a restart") {
  desk before;
  before.submit(1);
  before.submit(2);
  before.sync();
  before.core.cancel(id_of(1), before.out);
  before.core.cancel(id_of(1), before.out); // once is enough
  CHECK(before.out.journal.size() == 1);
  before.core.cancel(id_of(7), before.out); // nobody knows it
  CHECK(before.out.journal.size() == 1);
  before.sync();
  CHECK(before.core.under_way() == 2);
  desk after;
  for (auto record : before.journal)
    after.core.replay(record);
  after.core.resume(after.out);
  CHECK(after.out.handings.size() == 2);
  REQUIRE(after.out.cancellations.size() == 1); // to whoever takes it over
  CHECK(after.out.cancellations[0].task == id_of(1));
}
