// A small ledger world for tests: named accounts, one call a block, and `noop`, which shows that a
// refused call changes nothing. Every world ends with its books checked.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/chain.hpp"
#include "ainur/ledger/evidence.hpp"
#include "ainur/ledger/signature.hpp"
#include "ainur/ledger/state.hpp"

namespace ainur::test {

using namespace ainur::ledger;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

inline byte_array<32> seed_of(std::uint8_t number) {
  byte_array<32> seed{};
  seed[0] = number;
  seed[31] = 7;
  return seed;
}

/// An account and how it signs.
struct who {
  account_id id;
  account_id signer;
  std::optional<std::uint64_t> index;
};

inline who self_keyed(std::uint8_t number) {
  const auto id = account_of_seed(seed_of(number));
  return {id, id, std::nullopt};
}

inline who hosted_by(const who& host, std::uint64_t index) {
  return {crypto::hosted_account(host.id, index), host.id, index};
}

inline hash256 digest(std::string_view text) {
  return crypto::hash("test", as_bytes(text));
}

inline constexpr timestamp epoch = timestamp_at(1'700'000'000'000'000);

/// host hosts an orchestrator and agents; client, rival and the arbiters sign for themselves.
struct world {
  who host = self_keyed(1), client = self_keyed(2), rival = self_keyed(3), council = self_keyed(4),
      authority = self_keyed(5), stranger = self_keyed(6);
  who orchestrator = hosted_by(host, 1), agent = hosted_by(host, 2), other = hosted_by(host, 3),
      poor = hosted_by(host, 4);
  std::vector<who> arbiters;
  genesis g;
  std::optional<ledger::state> s;
  timestamp now = epoch;
  applied last;
  std::uint64_t tasks = 0;

  explicit world(parameters rules = {}, int arbiter_count = 7) {
    g.time = epoch;
    g.parameters = rules;
    g.authority = authority.id;
    g.council = council.id;
    g.treasury = amount::ainu(1'000);
    const auto give = [this](const who& w, std::uint64_t free, std::uint64_t bonded) {
      g.allocations.push_back({w.id, amount::ainu(free), amount::ainu(bonded)});
    };
    give(host, 100, 0);
    give(client, 100'000, 0);
    give(rival, 100'000, 0);
    give(council, 100, 0);
    give(orchestrator, 100, 1'000);
    give(agent, 100, 1'000);
    give(other, 100, 500);
    give(poor, 100, 0);
    for (int i = 0; i < arbiter_count; ++i) {
      arbiters.push_back(self_keyed(static_cast<std::uint8_t>(20 + i)));
      give(arbiters.back(), 10, 200);
    }
    std::sort(g.allocations.begin(), g.allocations.end(),
              [](const auto& x, const auto& y) { return x.account < y.account; });
    auto made = state::open(g);
    REQUIRE(made.has_value());
    s.emplace(std::move(*made));
    // The agents are of controllers of their own.
    for (const auto* w : {&agent, &other})
      REQUIRE(call(*w, open_account{w->id}) == errc::ok);
  }

  ~world() {
    CHECK(s->conserved());
    const auto audit = s->audit();
    CHECK_MESSAGE(audit.has_value(), (audit ? "" : audit.error().to_string()));
  }

  world(const world&) = delete;
  world& operator=(const world&) = delete;

  [[nodiscard]] signed_batch batch_of(const state& at, const who& w, ledger::call c) const {
    batch b;
    b.signer = w.signer;
    b.nonce = at.nonce(w.signer);
    b.valid_until = now + hours{24 * 365};
    b.entries.push_back({w.id, w.index, std::move(c)});
    return {std::move(b), {}};
  }

  /// One block of one call, a microsecond later.
  errc call(const who& w, ledger::call c) {
    now += duration{1};
    std::vector<signed_batch> batches{batch_of(*s, w, std::move(c))};
    auto built = s->build(now, std::move(batches), signatures::trusted);
    REQUIRE(built.has_value());
    last = std::move(built->applied);
    const auto& receipt = last.batches.front();
    return receipt.status != errc::ok ? receipt.status : receipt.entries.front();
  }

  /// The call fails with `expected`, and leaves exactly the state that doing nothing would.
  void noop(const who& w, const ledger::call& c, errc expected) {
    const auto image = s->snapshot();
    const who signer{w.signer, w.signer, std::nullopt};
    auto idle = state::restore(image);
    REQUIRE(idle.has_value());
    auto idle_block =
        idle->build(now + duration{1}, {batch_of(*idle, signer, transfer{signer.id, amount{0}})},
                    signatures::trusted);
    REQUIRE(idle_block.has_value());
    REQUIRE(idle_block->applied.batches[0].status == errc::ok);
    const auto code = call(w, c);
    CAPTURE(c.index());
    CAPTURE(describe(code).name);
    CHECK(code == expected);
    CHECK(s->state_hash() == idle->state_hash());
    CHECK(last.events.size() == idle_block->applied.events.size());
    s.emplace(std::move(*state::restore(image)));
  }

  /// A block without batches, `later` from now: only the sweep acts.
  void pass(duration later) {
    now += later;
    auto built = s->build(now, {}, signatures::trusted);
    REQUIRE(built.has_value());
    last = std::move(built->applied);
  }

  template <class Event>
  [[nodiscard]] std::vector<Event> events() const {
    std::vector<Event> found;
    for (const auto& e : last.events)
      if (const auto* x = std::get_if<Event>(&e); x != nullptr)
        found.push_back(*x);
    return found;
  }

  [[nodiscard]] open_task task_call(amount budget, const who& payer) {
    open_task c;
    c.task = crypto::task_id_of(payer.id, tasks++);
    c.budget = budget;
    c.host = host.id;
    c.description = digest("task");
    c.award_by = now + minutes{10};
    c.deadline = now + hours{2};
    c.reputation_min = 300;
    return c;
  }

  [[nodiscard]] award_task award_call(const task_id& task, const who& w, amount price,
                                      std::uint16_t subtask = 0) const {
    award_line line;
    line.subtask = subtask;
    line.agent = w.id;
    line.price = price;
    line.work = hours{1};
    line.bid = digest("bid" + to_string(w.id) + std::to_string(price.micro()));
    if (w.signer == host.id)
      line.agent_index = w.index;
    return {task, {line}, digest("bids"), true};
  }

  /// Opens a task of the client and awards it.
  task_id awarded(const who& w, amount price, amount budget, bool paid_at_result = false) {
    auto c = task_call(budget, client);
    c.paid_at_result = paid_at_result;
    REQUIRE(call(client, c) == errc::ok);
    REQUIRE(call(orchestrator, award_call(c.task, w, price)) == errc::ok);
    return c.task;
  }

  /// Opens a task of the client with one award whose terms `change` sets; awards it.
  template <class Change>
  task_id awarded_as(const who& w, amount price, Change&& change, bool paid_at_result = false) {
    auto c = task_call(price, client);
    c.paid_at_result = paid_at_result;
    REQUIRE(call(client, c) == errc::ok);
    auto award = award_call(c.task, w, price);
    change(award.lines[0]);
    REQUIRE(call(orchestrator, award) == errc::ok);
    return c.task;
  }

  /// Awards of three, three and four AINU.
  task_id in_parts(const who& w, bool paid_at_result = false) {
    return awarded_as(
        w, amount::ainu(10),
        [](award_line& line) {
          line.parts = {amount::ainu(3), amount::ainu(3), amount::ainu(4)};
        },
        paid_at_result);
  }

  /// A stream; its deposit is the price.
  task_id streaming(const who& w, amount deposit, amount rate) {
    return awarded_as(w, deposit, [rate](award_line& line) { line.rate = rate; });
  }

  [[nodiscard]] award_view award_of(const task_id& task) const { return s->task(task)->awards[0]; }

  /// The same, with a result under review.
  task_id reviewed(const who& w, amount price) {
    const auto task = awarded(w, price, price);
    REQUIRE(call(w, post_result{task, 0, digest("result")}) == errc::ok);
    return task;
  }

  /// The same, in dispute.
  task_id disputed(const who& w, amount price) {
    const auto task = reviewed(w, price);
    REQUIRE(call(client, open_dispute{task, 0}) == errc::ok);
    return task;
  }

  [[nodiscard]] who arbiter_of(const task_id& task, std::size_t seat) const {
    const auto view = s->task(task);
    REQUIRE(view->awards[0].arbiters.size() > seat);
    for (const auto& w : {arbiters, {agent, other, orchestrator}})
      for (const auto& x : w)
        if (x.id == view->awards[0].arbiters[seat])
          return x;
    FAIL("an unknown arbiter");
    return {};
  }

  [[nodiscard]] account_view view(const who& w) const {
    const auto v = s->account(w.id);
    REQUIRE(v.has_value());
    return *v;
  }
};

} // namespace ainur::test
