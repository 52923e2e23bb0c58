// Scripts: one branch of a task's way each, step by step.
#include <algorithm>

#include <doctest/doctest.h>

#include "ainur/crypto/hash.hpp"
#include "ainur/orchestration/orchestrator.hpp"

using namespace ainur;
using namespace ainur::orchestration;
using namespace std::chrono_literals;
using market::cause;
using market::final_state;
using kind = ledger_event::kind;

namespace {

account_id account(std::uint64_t n) {
  return crypto::hosted_account({}, n);
}

task_id id_of(std::uint64_t n) {
  return crypto::task_id_of(account(1), n);
}

/// One orchestrator, agents 0..3 of guard 1 and 4..5 of guard 2; the test is everything else.
struct script {
  outputs out;
  instant mono{};
  std::unique_ptr<orchestrator_core> core;
  std::vector<discovery::listing> agents;

  explicit script(orchestrator_options o = {}) {
    o.asked = 8;
    o.account = account(2);
    o.host = account(3);
    core = std::make_unique<orchestrator_core>(o, routing::make_broadcast_router(), rng{1});
    for (std::uint32_t i = 0; i < 6; ++i)
      agents.push_back({.agent = account(100 + i),
                        .controller = account(100 + i),
                        .at = {i < 4 ? 1u : 2u, i},
                        .index = i,
                        .reputation = 500,
                        .bonded = true,
                        .present = true});
  }

  moment now() const { return {mono, timestamp_at(1'000'000'000) + mono.time_since_epoch()}; }

  static std::shared_ptr<market::task> task(std::uint64_t n,
                                            std::vector<std::vector<std::uint16_t>> needs = {{}}) {
    auto t = std::make_shared<market::task>();
    t->id = id_of(n);
    t->client = account(1);
    t->budget = amount{1'000};
    t->award_by = timestamp_at(1'000'000'000) + 60s;
    t->deadline = t->award_by + 60s;
    for (auto& need : needs)
      t->subtasks.push_back(
          {.capability = "nlp", .work = 1s, .reserve = amount{100}, .needs = std::move(need)});
    return t;
  }

  void clear() { out.clear(); }

  void list() {
    core->on_snapshot(std::make_shared<discovery::snapshot>(discovery::snapshot{"nlp", 1, agents}),
                      now(), out);
  }

  template <class Call>
  outputs::request request() {
    for (const auto& r : out.ledger)
      if (std::holds_alternative<Call>(r.entry.call))
        return r;
    FAIL("the ledger was not asked");
    return {};
  }

  template <class Call>
  std::size_t count() const {
    return static_cast<std::size_t>(
        std::count_if(out.ledger.begin(), out.ledger.end(),
                      [](const auto& r) { return std::holds_alternative<Call>(r.entry.call); }));
  }

  template <class Call>
  std::uint64_t answer_to(answer how) {
    const auto correlation = request<Call>().correlation;
    clear();
    core->on_ledger_answer(correlation, how, now(), now().utc, out);
    return correlation;
  }

  void event(kind what, std::uint16_t subtask = 0, cause why = cause::none, std::uint64_t n = 1) {
    clear();
    core->on_ledger_event({.what = what, .task = id_of(n), .subtask = subtask, .why = why}, now(),
                          out);
  }

  void ended(final_state state, std::uint64_t n = 1) {
    clear();
    core->on_ledger_event({.what = kind::ended, .task = id_of(n), .state = state}, now(), out);
  }

  void view(ledger_view v) {
    clear();
    core->on_ledger_view(id_of(1), v, now(), out);
  }

  void pass(duration d) {
    clear();
    mono += d;
    core->on_timer(now(), out);
  }

  /// Everybody asked in the first call of `out` answers; agent i asks 10·(i+1).
  void bid_all() {
    const auto calls = out.calls;
    clear();
    for (const auto& group : calls) {
      std::vector<guarded_bid> bids;
      for (const auto slot : group.slots)
        bids.push_back({.slot = slot,
                        .index = slot,
                        .agent = agents[slot].agent,
                        .price = amount{10 * (slot + 1)},
                        .work = 5s});
      core->on_bids(group.call->number, group.guard, static_cast<std::uint32_t>(group.slots.size()),
                    bids, now(), out);
    }
  }

  void decline_all() {
    const auto calls = out.calls;
    clear();
    for (const auto& group : calls) {
      std::vector<guarded_bid> none;
      core->on_bids(group.call->number, group.guard, static_cast<std::uint32_t>(group.slots.size()),
                    none, now(), out);
    }
  }

  void open(std::shared_ptr<market::task> t) {
    core->submit({.task = std::move(t), .submitted = mono}, now(), out);
    list();
    answer_to<ledger::open_task>(answer::done);
  }

  /// Up to work under way by the cheapest, agent 0 at 20.
  void award_one(std::shared_ptr<market::task> t = task(1)) {
    open(std::move(t));
    bid_all();
    answer_to<ledger::award_task>(answer::done);
    REQUIRE(out.awards.size() == 1);
  }

  void deliver(bool good = true, bool gave_up = false) {
    const auto a = out.awards.at(0).award;
    clear();
    market::delivery d{.call = a.call,
                       .task = a.task,
                       .subtask = a.subtask,
                       .agent = a.agent,
                       .gave_up = gave_up,
                       .digest = good ? market::expected_digest(a.task, a.subtask) : hash256{},
                       .content = {7}};
    core->on_delivery(d, now(), out);
  }

  void check_end(final_state state, cause why) {
    REQUIRE(out.ended.size() == 1);
    CHECK(out.ended[0].state == state);
    CHECK(to_string(out.ended[0].why) == to_string(why));
    CHECK(core->is_idle());
    CHECK_FALSE(core->next_timer());
  }
};

} // namespace

TEST_CASE("a task from submission to payment") {
  script s;
  s.core->keep_notes = true;
  s.award_one();
  const auto a = s.out.awards[0];
  CHECK(a.to == discovery::address{1, 0});
  CHECK(a.award.price == amount{20}); // the runner-up's ask
  CHECK(a.award.finish_by == s.now().utc + 5s);
  s.mono += 2s;
  s.deliver();
  s.answer_to<ledger::release>(answer::done);
  s.event(kind::paid);
  REQUIRE(s.out.settlements.size() == 1);
  CHECK(s.out.settlements[0].lines[0].success);
  s.ended(final_state::completed);
  s.check_end(final_state::completed, cause::none);
  CHECK(s.out.ended[0].paid == amount{20});
  CHECK(s.out.ended[0].results == std::vector<bytes>{{7}});
  CHECK(s.out.ended[0].total == 2s);
  s.ended(final_state::completed); // told twice
  CHECK(s.out.ended.empty());
}

TEST_CASE("what the ledger does not open is rejected") {
  for (const auto& [how, why] : {std::pair{answer::insufficient_funds, cause::insufficient_funds},
                                 std::pair{answer::refused, cause::refused_by_ledger}}) {
    script s;
    s.core->submit({.task = s.task(1)}, s.now(), s.out);
    s.core->submit({.task = s.task(1)}, s.now(), s.out); // told twice
    CHECK(s.count<ledger::open_task>() == 1);
    s.answer_to<ledger::open_task>(how);
    s.check_end(final_state::rejected, why);
  }
}

TEST_CASE("a silent ledger is asked again, and answered once") {
  script s;
  s.core->submit({.task = s.task(1)}, s.now(), s.out);
  const auto first = s.request<ledger::open_task>();
  CHECK(s.core->next_timer() == s.mono + 5s);
  s.pass(4s);
  CHECK(s.out.ledger.empty());
  s.pass(1s);
  CHECK(s.request<ledger::open_task>().correlation == first.correlation);
  s.list();
  s.answer_to<ledger::open_task>(answer::done);
  CHECK_FALSE(s.out.calls.empty());
  s.clear();
  s.core->on_ledger_answer(first.correlation, answer::refused, s.now(), s.now().utc, s.out);
  CHECK(s.out.ended.empty());
  CHECK(s.core->under_way() == 1);
}

TEST_CASE("nobody to ask, and nobody who bids") {
  script s;
  SUBCASE("no candidates") {
    s.agents.clear();
    s.open(s.task(1));
    CHECK(s.count<ledger::close_task>() == 1);
    s.answer_to<ledger::close_task>(answer::done);
    s.ended(final_state::refunded);
    s.check_end(final_state::refunded, cause::no_candidates);
  }
  SUBCASE("reputation") {
    auto t = s.task(1);
    t->reputation_min = 501;
    s.open(t);
    CHECK(s.out.calls.empty());
    CHECK(s.count<ledger::close_task>() == 1);
  }
  SUBCASE("the second round offers the posted price") {
    s.open(s.task(1));
    s.decline_all();
    REQUIRE(s.out.calls.size() == 2);
    CHECK(s.out.calls[0].call->round == 1);
    s.bid_all();
    CHECK(std::get<ledger::award_task>(s.request<ledger::award_task>().entry.call).lines[0].price ==
          amount{100});
  }
  SUBCASE("no bids in either") {
    s.open(s.task(1));
    s.pass(200ms);
    s.pass(200ms);
    s.answer_to<ledger::close_task>(answer::done);
    s.ended(final_state::refunded);
    s.check_end(final_state::refunded, cause::no_bids);
  }
}

TEST_CASE("bids: late, foreign, repeated, of slots that were not asked") {
  script s;
  s.open(s.task(1));
  const auto call = s.out.calls[0].call->number;
  std::vector<guarded_bid> bid{
      {.slot = 3, .agent = s.agents[3].agent, .price = amount{40}, .work = 5s}};
  std::vector<guarded_bid> cheap{
      {.slot = 5, .agent = s.agents[5].agent, .price = amount{1}, .work = 5s}};
  s.clear();
  s.core->on_bids(call, 9, 6, cheap, s.now(), s.out);     // a guard that was not asked
  s.core->on_bids(call + 1, 1, 6, cheap, s.now(), s.out); // another call
  s.core->on_bids(call, 1, 4, cheap, s.now(), s.out);     // not a slot of this guard
  s.core->on_bids(call, 1, 4, bid, s.now(), s.out);
  s.core->on_bids(call, 1, 4, bid, s.now(), s.out); // told twice: guard 2 is still waited for
  CHECK(s.out.ledger.empty());
  s.pass(200ms);
  const auto award = std::get<ledger::award_task>(s.request<ledger::award_task>().entry.call);
  CHECK(award.lines[0].agent == s.agents[3].agent);
  s.clear();
  s.core->on_bids(call, 2, 2, cheap, s.now(), s.out); // late
  CHECK(s.out.ledger.empty());
}

TEST_CASE("a refused award goes to a second round, and its answer is not mistaken for the next") {
  script s;
  s.open(s.task(1));
  s.bid_all();
  const auto first = s.answer_to<ledger::award_task>(answer::refused);
  CHECK(std::any_of(s.out.closings.begin(), s.out.closings.end(),
                    [](const auto& c) { return c.losers == std::vector<std::uint32_t>{0}; }));
  s.bid_all();
  const auto second = s.request<ledger::award_task>().correlation;
  CHECK(second != first);
  s.core->on_ledger_answer(first, answer::done, s.now(), s.now().utc, s.out);
  CHECK(s.out.awards.empty());
  s.answer_to<ledger::award_task>(answer::refused);
  s.answer_to<ledger::close_task>(answer::done);
  s.ended(final_state::refunded);
  s.check_end(final_state::refunded, cause::refused_by_ledger);
}

TEST_CASE("several parts of a refused award are never in two awards at once") {
  script s;
  s.open(s.task(1, {{}, {}, {}}));
  while (!s.out.calls.empty())
    s.bid_all();
  CHECK(s.count<ledger::award_task>() == 1);
  s.answer_to<ledger::award_task>(answer::refused);
  CHECK(s.count<ledger::award_task>() == 0);
  s.bid_all();
  CHECK(s.count<ledger::award_task>() == 1);
  s.answer_to<ledger::award_task>(answer::refused);
  CHECK(s.count<ledger::award_task>() == 0);
  CHECK(s.count<ledger::close_task>() == 1);
}

TEST_CASE("results: good, bad, falsely disputed, given up, missed") {
  script s;
  auto t = s.task(1);
  t->judged_by = market::verification::digest;
  SUBCASE("bad") {
    s.award_one(t);
    s.deliver(false);
    s.answer_to<ledger::open_dispute>(answer::done);
    s.event(kind::disputed);
    s.event(kind::refunded, 0, cause::bad_result);
    s.ended(final_state::resolved);
    s.check_end(final_state::resolved, cause::bad_result);
  }
  SUBCASE("a dispute that comes before the result is not lost") {
    s.award_one(t);
    s.deliver(false);
    s.answer_to<ledger::open_dispute>(answer::not_yet);
    s.pass(5s);
    CHECK(s.count<ledger::open_dispute>() == 1);
  }
  SUBCASE("false dispute") {
    s.core->submit({.task = t, .disputes_falsely = true}, s.now(), s.out);
    s.list();
    s.answer_to<ledger::open_task>(answer::done);
    s.bid_all();
    s.answer_to<ledger::award_task>(answer::done);
    s.deliver(true);
    CHECK(s.count<ledger::open_dispute>() == 1);
    CHECK(s.count<ledger::release>() == 0);
  }
  SUBCASE("given up") {
    s.award_one();
    s.deliver(true, true);
    CHECK(s.out.ledger.empty());
    s.event(kind::refunded, 0, cause::gave_up);
    s.ended(final_state::refunded);
    s.check_end(final_state::refunded, cause::gave_up);
  }
  SUBCASE("missed") {
    s.award_one();
    s.event(kind::refunded, 0, cause::missed_deadline);
    REQUIRE(s.out.settlements.size() == 1);
    CHECK_FALSE(s.out.settlements[0].lines[0].success);
    s.ended(final_state::refunded);
    s.check_end(final_state::refunded, cause::missed_deadline);
  }
  SUBCASE("a delivery of another agent or call is ignored") {
    s.award_one();
    auto& a = s.out.awards[0].award;
    const auto right = a;
    a.agent = account(105);
    s.deliver();
    CHECK(s.out.ledger.empty());
    s.out.awards.push_back({{}, right});
    s.out.awards[0].award.call += 1;
    s.deliver();
    CHECK(s.out.ledger.empty());
  }
}

TEST_CASE("a verifier judges, once") {
  script s;
  auto t = s.task(1);
  t->judged_by = market::verification::verifier;
  t->verifier = "mine";
  s.award_one(t);
  s.core->on_judgement(t->id, 0, true, s.now(), s.out); // before the result
  CHECK(s.count<ledger::release>() == 0);
  s.deliver();
  REQUIRE(s.out.judgements.size() == 1);
  s.clear();
  s.core->on_judgement(t->id, 0, true, s.now(), s.out);
  s.core->on_judgement(t->id, 0, false, s.now(), s.out);
  CHECK(s.count<ledger::release>() == 1);
  CHECK(s.count<ledger::open_dispute>() == 0);
}

TEST_CASE("a task can be cancelled in every phase") {
  script s;
  const auto cancel = [&] {
    s.clear();
    s.core->cancel(id_of(1), s.now(), s.out);
  };
  SUBCASE("before it is open") {
    s.core->submit({.task = s.task(1)}, s.now(), s.out);
    const auto open = s.request<ledger::open_task>().correlation;
    cancel();
    CHECK(s.out.ledger.empty());
    s.core->on_ledger_answer(open, answer::done, s.now(), s.now().utc, s.out);
    CHECK(s.out.calls.empty());
    s.answer_to<ledger::close_task>(answer::done);
    s.pass(60s); // its end was not heard of
    CHECK(s.out.views.size() == 1);
  }
  SUBCASE("while bids are out") {
    s.open(s.task(1));
    cancel();
    CHECK(s.out.closings.size() == 2); // both guards
    CHECK(s.count<ledger::close_task>() == 1);
  }
  SUBCASE("while the list of agents is awaited") {
    s.core->submit({.task = s.task(1)}, s.now(), s.out);
    s.answer_to<ledger::open_task>(answer::done);
    CHECK(s.out.capabilities == std::vector<std::string>{"nlp"});
    cancel();
    CHECK(s.count<ledger::close_task>() == 1);
  }
  SUBCASE("while the award is under way") {
    s.open(s.task(1));
    s.bid_all();
    const auto award = s.request<ledger::award_task>().correlation;
    cancel();
    CHECK(s.out.ledger.empty());
    s.core->on_ledger_answer(award, answer::done, s.now(), s.now().utc, s.out);
    CHECK(s.out.awards.empty()); // nobody is set to work
    CHECK(s.count<ledger::void_award>() == 1);
    s.event(kind::voided, 0, cause::cancelled);
  }
  SUBCASE("while the agent works") {
    s.award_one();
    cancel();
    CHECK(s.count<ledger::void_award>() == 1);
    REQUIRE(s.out.closings.size() == 1);
    CHECK(s.out.closings[0].losers == std::vector<std::uint32_t>{0});
    s.event(kind::voided, 0, cause::cancelled);
  }
  cancel();
  CHECK(s.out.ledger.empty());
  s.ended(final_state::refunded);
  s.check_end(final_state::refunded, cause::cancelled);
}

TEST_CASE("what is delivered is paid, cancelled or not") {
  script s;
  s.award_one();
  s.deliver();
  s.clear();
  s.core->cancel(id_of(1), s.now(), s.out);
  CHECK(s.count<ledger::void_award>() == 0);
  s.event(kind::paid);
  s.ended(final_state::completed);
  s.check_end(final_state::completed, cause::none);
}

TEST_CASE("a lost guard's work is void and its bids do not win") {
  script s;
  SUBCASE("working") {
    s.award_one();
    s.clear();
    s.core->on_guard_lost(2, s.now(), s.out);
    CHECK(s.out.ledger.empty());
    s.core->on_guard_lost(1, s.now(), s.out);
    const auto c = std::get<ledger::void_award>(s.request<ledger::void_award>().entry.call);
    CHECK(c.cause == ledger::void_cause::lost_supervisor);
    s.event(kind::voided, 0, cause::lost_supervisor);
    s.ended(final_state::refunded);
    s.check_end(final_state::refunded, cause::lost_supervisor);
  }
  SUBCASE("bidding") {
    s.open(s.task(1));
    const auto calls = s.out.calls;
    std::vector<guarded_bid> bid{
        {.slot = 0, .agent = s.agents[0].agent, .price = amount{1}, .work = 5s}};
    std::vector<guarded_bid> other{
        {.slot = 4, .agent = s.agents[4].agent, .price = amount{50}, .work = 5s}};
    s.clear();
    s.core->on_bids(calls[0].call->number, 1, 4, bid, s.now(), s.out);
    s.core->on_guard_lost(1, s.now(), s.out);
    s.core->on_bids(calls[0].call->number, 2, 2, other, s.now(), s.out);
    CHECK(std::get<ledger::award_task>(s.request<ledger::award_task>().entry.call).lines[0].agent ==
          s.agents[4].agent);
  }
  SUBCASE("while the award is under way") {
    s.open(s.task(1));
    s.bid_all();
    s.core->on_guard_lost(1, s.now(), s.out);
    s.answer_to<ledger::award_task>(answer::done);
    CHECK(s.out.awards.empty());
    CHECK(s.count<ledger::void_award>() == 1);
  }
}

TEST_CASE("an award that became known too late is void, and the agent is not sent after it") {
  script s;
  s.open(s.task(1));
  s.bid_all();
  const auto award = s.request<ledger::award_task>().correlation;
  s.pass(5s); // asked again; the promised 5 s may be over
  s.clear();
  s.core->on_ledger_answer(award, answer::done, s.now(), s.now().utc, s.out);
  CHECK(s.out.awards.empty());
  CHECK(s.count<ledger::void_award>() == 1);
}

TEST_CASE("the list of agents is asked for until it comes") {
  script s;
  s.core->submit({.task = s.task(1)}, s.now(), s.out);
  s.answer_to<ledger::open_task>(answer::done);
  CHECK(s.out.capabilities.size() == 1);
  for (int i = 0; i < 3; ++i) {
    s.pass(5s);
    CHECK(s.out.capabilities.size() == 1);
  }
  s.clear();
  s.list();
  CHECK(s.out.calls.size() == 2); // one call, two guards
}

TEST_CASE("a subtask waits for those it needs and fails with them") {
  script s;
  s.award_one(s.task(1, {{}, {0}, {1}}));
  SUBCASE("success") {
    for (std::uint16_t i = 0; i < 3; ++i) {
      s.deliver();
      s.event(kind::paid, i);
      if (i == 2)
        break;
      s.bid_all();
      CHECK(std::get<ledger::award_task>(s.request<ledger::award_task>().entry.call).last ==
            (i == 1));
      s.answer_to<ledger::award_task>(answer::done);
      REQUIRE(s.out.awards.size() == 1);
      CHECK(s.out.awards[0].award.subtask == i + 1);
    }
    s.ended(final_state::completed);
    s.check_end(final_state::completed, cause::none);
    CHECK(s.out.ended[0].paid == amount{60});
  }
  SUBCASE("failure") {
    s.event(kind::refunded, 0, cause::missed_deadline);
    CHECK(s.out.calls.empty());
    CHECK(s.count<ledger::close_task>() == 1);
    s.ended(final_state::refunded);
    s.check_end(final_state::refunded, cause::missed_deadline);
  }
}

TEST_CASE("a task is taken over in every state that the ledger knows") {
  using at = ledger_view::line_state;
  script s;
  s.core->adopt({.task = s.task(1)}, s.now(), s.out);
  CHECK(s.out.views == std::vector{id_of(1)});
  s.pass(5s);
  CHECK(s.out.views == std::vector{id_of(1)}); // asked again
  const auto with = [&](at state) {
    s.view({.known = true, .open = false, .lines = {{0, account(100), amount{20}, state}}});
  };
  SUBCASE("unknown") {
    s.view({});
    CHECK(s.count<ledger::open_task>() == 1);
  }
  SUBCASE("open") {
    s.list();
    s.view({.known = true});
    CHECK(s.out.calls.size() == 2);
  }
  SUBCASE("cancelled meanwhile") {
    s.core->cancel(id_of(1), s.now(), s.out);
    s.view({.known = true});
    CHECK(s.out.capabilities.empty());
    CHECK(s.count<ledger::close_task>() == 1);
  }
  SUBCASE("awarded") {
    with(at::awarded);
    CHECK(std::get<ledger::void_award>(s.request<ledger::void_award>().entry.call).cause ==
          ledger::void_cause::lost_orchestrator);
    s.answer_to<ledger::void_award>(answer::not_yet); // posted meanwhile
    CHECK(s.out.views.size() == 1);
    with(at::posted);
    CHECK(s.count<ledger::release>() == 1);
    s.event(kind::paid);
    s.ended(final_state::completed);
    s.check_end(final_state::completed, cause::none);
  }
  SUBCASE("posted") {
    with(at::posted);
    CHECK(s.count<ledger::release>() == 1);
  }
  SUBCASE("disputed") {
    with(at::disputed);
    CHECK(s.out.ledger.empty());
    s.event(kind::paid, 0, cause::disputed);
    s.ended(final_state::resolved);
    s.check_end(final_state::resolved, cause::disputed);
  }
  SUBCASE("ended") {
    s.view({.known = true,
            .open = false,
            .ended = final_state::completed,
            .lines = {{0, account(100), amount{20}, at::paid}}});
    s.check_end(final_state::completed, cause::none);
    CHECK(s.out.ended[0].paid == amount{20});
  }
}

TEST_CASE("lost events are found again in the ledger's view") {
  using at = ledger_view::line_state;
  script s;
  s.award_one(s.task(1, {{}, {0}}));
  s.deliver();
  s.answer_to<ledger::release>(answer::done);
  s.pass(60s);
  CHECK(s.out.views == std::vector{id_of(1)});
  s.view({.known = true, .lines = {{0, s.agents[0].agent, amount{20}, at::paid}}});
  CHECK(s.out.settlements.size() == 1);
  CHECK_FALSE(s.out.calls.empty()); // the next part goes on
  s.ended(final_state::refunded);
  s.check_end(final_state::refunded, cause::none);
}

TEST_CASE("an end that comes before the ends of its parts waits for the view") {
  using at = ledger_view::line_state;
  script s;
  s.award_one();
  s.ended(final_state::completed);
  CHECK(s.out.ended.empty());
  CHECK(s.out.views.size() == 1);
  s.view({.known = true,
          .open = false,
          .ended = final_state::completed,
          .lines = {{0, s.agents[0].agent, amount{20}, at::paid}}});
  s.check_end(final_state::completed, cause::none);
  CHECK(s.out.ended[0].paid == amount{20});
}

TEST_CASE("the end of a refused award's twin does not disturb the next round") {
  script s;
  s.open(s.task(1));
  s.bid_all();
  s.answer_to<ledger::award_task>(answer::refused);
  const auto calls = s.out.calls;
  CHECK(calls.size() == 2);
  s.event(kind::refunded, 0, cause::missed_deadline);
  s.out.calls = calls;
  s.bid_all();
  CHECK(s.count<ledger::award_task>() == 1);
}

TEST_CASE("an answer of an earlier life is not taken for one of this") {
  script one{{.starts = 1}};
  script two{{.starts = 2}};
  one.core->submit({.task = one.task(1)}, one.now(), one.out);
  two.core->submit({.task = two.task(2)}, two.now(), two.out);
  const auto old = one.request<ledger::open_task>().correlation;
  two.clear();
  two.core->on_ledger_answer(old, answer::refused, two.now(), two.now().utc, two.out);
  CHECK(two.out.ended.empty());
}
