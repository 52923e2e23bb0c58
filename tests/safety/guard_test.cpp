// The guard: every admitted action keeps every barrier, corrections stay within the agent's own
// bounds, and an action is refused exactly when no admissible one exists.
#include <algorithm>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "ainur/base/rng.hpp"
#include "ainur/safety/guard.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::safety;

namespace {

constexpr auto bad_index = ~std::uint32_t{0};

std::uint32_t index_of(constraint c) {
  return static_cast<std::uint32_t>(c);
}

guard_core one_agent(guard_options options = {}) {
  guard_core g(options);
  CHECK(g.set_agent(3, amount{1'000}, 500, 2, amount{300}));
  return g;
}

action bid(std::uint64_t price, std::int64_t finish, std::uint64_t floor = 0,
           std::int64_t earliest = 0) {
  return {3,
          action_kind::bid,
          amount{price},
          timestamp_at(finish),
          amount{floor},
          timestamp_at(earliest)};
}

action_context call(std::uint64_t budget = 100, std::int64_t deadline = 1'000) {
  return {.budget = amount{budget}, .deadline = timestamp_at(deadline), .reputation_min = 300};
}

/// The five rules by their meaning at γ = 1, without the guard's code.
bool keeps_barriers(const agent_state& a, const action& u, const action_context& c) {
  if (u.kind == action_kind::spend)
    return u.price.micro() <= a.spend_limit.micro() - std::min(a.spent, a.spend_limit).micro() &&
           a.spent <= a.spend_limit;
  const bool exposed =
      c.paid_unverified &&
      a.exposure.micro() + a.bids_exposure.micro() + u.price.micro() > a.stake.micro() / 2;
  return u.price <= c.budget && u.finish <= c.deadline && a.reputation >= c.reputation_min &&
         a.active + a.bids < a.capacity && !exposed;
}

bool within_own_bounds(const action& u, const action& proposed) {
  return u.price >= proposed.price_floor &&
         (u.kind == action_kind::spend || u.finish >= proposed.finish_earliest);
}

} // namespace

TEST_CASE("each barrier passes, corrects or refuses as it should") {
  auto g = one_agent();
  const auto decide = [&](const action& u, const action_context& c) {
    const auto v = g.check(u, c);
    return std::tuple{v.kind, v.safe.price.micro(), micros(v.safe.finish),
                      v.kind == verdict_kind::passed ? bad_index : v.constraint_index};
  };
  using enum verdict_kind;
  using std::tuple;
  CHECK(decide(bid(100, 1'000), call()) == tuple{passed, 100u, 1'000, bad_index});
  CHECK(decide(bid(101, 900, 80), call()) ==
        tuple{corrected, 100u, 900, index_of(constraint::budget)});
  CHECK(decide(bid(150, 900, 101), call()) ==
        tuple{refused, 150u, 900, index_of(constraint::budget)});
  CHECK(decide(bid(50, 1'001, 0, 700), call()) ==
        tuple{corrected, 50u, 1'000, index_of(constraint::deadline)});
  CHECK(decide(bid(50, 1'500, 0, 1'001), call()) ==
        tuple{refused, 50u, 1'500, index_of(constraint::deadline)});
  CHECK(decide(bid(40, 500, 60), call()) ==
        tuple{corrected, 60u, 500, index_of(constraint::own_bounds)});
  auto strict = call();
  strict.reputation_min = 501;
  CHECK(decide(bid(50, 500), strict) == tuple{refused, 50u, 500, index_of(constraint::reputation)});
  auto exposed = call(1'000);
  exposed.paid_unverified = true;
  CHECK(decide(bid(500, 500), exposed) == tuple{passed, 500u, 500, bad_index});
  CHECK(decide(bid(501, 500), exposed) ==
        tuple{refused, 501u, 500, index_of(constraint::exposure)});
  auto spend = bid(301, 0);
  spend.kind = action_kind::spend;
  CHECK(decide(spend, {}) == tuple{corrected, 300u, 0, index_of(constraint::budget)});
  spend.price_floor = amount{301};
  CHECK(decide(spend, {}) == tuple{refused, 301u, 0, index_of(constraint::budget)});
  auto stranger = bid(1, 1);
  stranger.agent = 4;
  CHECK(decide(stranger, call()) == tuple{refused, 1u, 1, index_of(constraint::unknown_agent)});

  CHECK(g.passed() == 2);
  CHECK(g.corrected() == 4);
  CHECK(g.refused() == 6);
  CHECK(g.counts()[index_of(constraint::budget)] == constraint_counts{2, 2});
  CHECK(g.find(3)->refused == 5);
  CHECK(g.constraint_name(index_of(constraint::deadline)) == "deadline");
}

TEST_CASE("outstanding bids and active tasks take capacity until they end") {
  auto g = one_agent();
  const auto passes = [&] { return g.check(bid(10, 10), call()).kind == verdict_kind::passed; };
  g.bid_sent(3, amount{10}, false);
  CHECK(passes());
  g.bid_sent(3, amount{10}, false);
  CHECK_FALSE(passes());
  g.bid_closed(3, amount{10}, false);
  CHECK(passes());
  g.accepted(3, amount{10}, false);
  CHECK_FALSE(passes());
  g.awarded(3, amount{10}, amount{12}, false);
  CHECK_FALSE(passes());
  g.finished(3, amount{12}, false);
  CHECK(passes());
  g.finished(3, amount{12}, false);
  g.finished(3, amount{12}, false); // more than there were: stays at zero
  CHECK(g.find(3)->active == 0);
}

TEST_CASE("standing changes without forgetting obligations") {
  auto g = one_agent();
  g.bid_sent(3, amount{10}, true);
  CHECK(g.set_standing(3, amount{5}, 200));
  CHECK(g.find(3)->bids == 1);
  CHECK(g.find(3)->bids_exposure == amount{10});
  CHECK(g.check(bid(1, 1), call()).constraint_index == index_of(constraint::reputation));
  CHECK(g.set_agent(3, amount{9}, 400, 5));
  CHECK(g.find(3)->bids == 1);
  g.remove_agent(3);
  CHECK(g.find(3) == nullptr);
  CHECK_FALSE(g.set_standing(3, {}, 0));
  CHECK_FALSE(g.set_agent(guard_core::agents_max, {}, 0, 1));
}

TEST_CASE("gamma limits how fast an edge is approached") {
  guard_options options;
  options.gamma_ppm[index_of(constraint::budget)] = 500'000;
  options.gamma_ppm[index_of(constraint::deadline)] = 250'000;
  auto g = one_agent(options);
  auto v = g.check(bid(99, 900), call(101));
  CHECK(v.kind == verdict_kind::corrected);
  CHECK(v.safe.price == amount{50}); // ⌊101 / 2⌋
  CHECK(v.safe.finish == timestamp_at(250));
}

TEST_CASE("random histories: admitted actions keep every barrier, refusals are necessary") {
  test::check_property("guard", 300, [](std::uint64_t seed) {
    rng random(seed);
    guard_core g;
    for (std::uint32_t slot = 0; slot < 3; ++slot)
      g.set_agent(slot, amount{random.below(60)}, static_cast<std::uint16_t>(random.below(4)),
                  static_cast<std::uint16_t>(random.below(4)), amount{random.below(40)});
    struct open_bid {
      std::uint32_t slot;
      amount price;
      bool unverified;
    };
    std::vector<open_bid> bids;
    std::vector<open_bid> tasks;
    for (int step = 0; step < 80; ++step) {
      const auto slot = static_cast<std::uint32_t>(random.below(3));
      const auto time = [&] { return timestamp_at(random.between(0, 12)); };
      const action u{slot,
                     static_cast<action_kind>(random.below(3)),
                     amount{random.below(14)},
                     time(),
                     amount{random.below(10)},
                     time()};
      const action_context c{amount{random.below(14)}, time(),
                             static_cast<std::uint16_t>(random.below(4)), timestamp_at(0),
                             random.below(2) == 0};
      const auto before = *g.find(slot);
      const auto v = g.check(u, c);
      // By exhaustion: is there an admissible action of this kind at all, and how near?
      bool any = false;
      std::int64_t nearest = 1'000;
      for (std::int64_t price = 0; price < 40; ++price) {
        for (std::int64_t finish = 0; finish < 14; ++finish) {
          auto other = u;
          other.price = amount{static_cast<std::uint64_t>(price)};
          other.finish = timestamp_at(finish);
          if (!keeps_barriers(before, other, c) || !within_own_bounds(other, u))
            continue;
          // Exposure only refuses: it does not move a price.
          any = true;
          const auto off = std::abs(price - static_cast<std::int64_t>(u.price.micro())) +
                           (u.kind == action_kind::spend ? 0 : std::abs(finish - micros(u.finish)));
          nearest = std::min(nearest, off);
        }
      }
      const bool clean = keeps_barriers(before, u, c) && within_own_bounds(u, u);
      RC_ASSERT((v.kind == verdict_kind::passed) == clean);
      if (v.kind == verdict_kind::refused) {
        RC_ASSERT(v.safe == u);
        if (g.constraint_name(v.constraint_index) != "exposure")
          RC_ASSERT(!any);
        continue;
      }
      RC_ASSERT(any);
      RC_ASSERT(keeps_barriers(before, v.safe, c));
      RC_ASSERT(within_own_bounds(v.safe, u));
      const auto moved = std::abs(static_cast<std::int64_t>(v.safe.price.micro()) -
                                  static_cast<std::int64_t>(u.price.micro())) +
                         std::abs(micros(v.safe.finish) - micros(u.finish));
      RC_ASSERT(moved == nearest);

      if (v.safe.kind == action_kind::bid) {
        g.bid_sent(slot, v.safe.price, c.paid_unverified);
        bids.push_back({slot, v.safe.price, c.paid_unverified});
      } else if (v.safe.kind == action_kind::accept) {
        g.accepted(slot, v.safe.price, c.paid_unverified);
        tasks.push_back({slot, v.safe.price, c.paid_unverified});
      } else {
        g.spent(slot, v.safe.price);
      }
      if (!bids.empty() && random.below(2) == 0) {
        const auto b = bids.back();
        bids.pop_back();
        if (random.below(2) == 0) {
          g.bid_closed(b.slot, b.price, b.unverified);
        } else {
          g.awarded(b.slot, b.price, b.price, b.unverified);
          tasks.push_back(b);
        }
      }
      if (!tasks.empty() && random.below(2) == 0) {
        g.finished(tasks.back().slot, tasks.back().price, tasks.back().unverified);
        tasks.pop_back();
      }
      for (std::uint32_t s = 0; s < 3; ++s) { // the safe set is never left
        const auto& a = *g.find(s);
        RC_ASSERT(a.active + a.bids <= a.capacity);
        RC_ASSERT(a.exposure.micro() + a.bids_exposure.micro() <= a.stake.micro() / 2);
        RC_ASSERT(a.spent <= a.spend_limit);
      }
    }
  });
}

TEST_CASE("an embedder's barrier couples price and time, and is projected on") {
  // Each µs of waiting must be worth it: price + 2 · time ≤ 100.
  auto g = one_agent();
  REQUIRE(g.add_barrier(
      {.name = "rush", .evaluate = [](const agent_state&, const action&, const action_context&) {
         return barrier_value{.h = 100, .gradient = {-1, -2}};
       }}));
  const auto admissible_here = [](const action& u) {
    return u.price.micro() + 2 * static_cast<std::uint64_t>(micros(u.finish)) <= 100;
  };
  CHECK(g.check(bid(60, 20), call(100, 100)).kind == verdict_kind::passed);
  const auto v = g.check(bid(80, 30), call(100, 100));
  CHECK(v.kind == verdict_kind::corrected);
  CHECK(g.constraint_name(v.constraint_index) == "rush");
  CHECK(admissible_here(v.safe));
  // Nearest in equal scales: (80, 30) − 40 · (1, 2) / 5 = (72, 14).
  CHECK(v.safe.price == amount{72});
  CHECK(v.safe.finish == timestamp_at(14));
  const auto none = g.check(bid(80, 30, 70, 20), call(100, 100));
  CHECK(none.kind == verdict_kind::refused);
  CHECK(g.constraint_name(none.constraint_index) == "rush");
  CHECK(g.counts().back() == constraint_counts{1, 1});

  test::check_property("coupled barrier", 300, [&](std::uint64_t seed) {
    rng random(seed);
    const auto u =
        bid(random.below(120), random.between(0, 60), random.below(100), random.between(0, 50));
    const auto c = call(60 + random.below(60), random.between(10, 70));
    const auto w = g.check(u, c);
    const bool possible =
        u.price_floor <= c.budget && u.finish_earliest <= c.deadline &&
        u.price_floor.micro() + 2 * static_cast<std::uint64_t>(micros(u.finish_earliest)) <= 100;
    RC_ASSERT((w.kind != verdict_kind::refused) == possible);
    if (!possible)
      return;
    RC_ASSERT(admissible_here(w.safe) && w.safe.price <= c.budget && w.safe.finish <= c.deadline);
    RC_ASSERT(w.safe.price >= u.price_floor && w.safe.finish >= u.finish_earliest);
  });
}

TEST_CASE("barriers that only refuse, that throw, or that are malformed") {
  auto g = one_agent();
  bool closed = false;
  bool broken = false;
  REQUIRE(g.add_barrier({.name = "hours",
                         .correctable = false,
                         .evaluate = [&](const agent_state&, const action&, const action_context&) {
                           if (broken)
                             throw 1;
                           return barrier_value{.h = closed ? -1.0 : 1.0};
                         }}));
  CHECK(g.check(bid(1, 1), call()).kind == verdict_kind::passed);
  closed = true;
  const auto v = g.check(bid(1, 1), call());
  CHECK(v.kind == verdict_kind::refused);
  CHECK(g.constraint_name(v.constraint_index) == "hours");
  closed = false;
  broken = true;
  CHECK(g.check(bid(1, 1), call()).kind == verdict_kind::refused);

  CHECK(g.add_barrier({.name = "empty"}).error().is(safety::errc::bad_problem));
  const auto any = [](const agent_state&, const action&, const action_context&) {
    return barrier_value{};
  };
  CHECK_FALSE(g.add_barrier({.name = "zero", .gamma = 0, .evaluate = any}));
  CHECK_FALSE(g.add_barrier({.name = "two", .gamma = 2, .evaluate = any}));
  CHECK(g.counts().size() == own_constraints + 1);
}
