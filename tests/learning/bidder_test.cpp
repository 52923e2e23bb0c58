// The bidder that learns: rewards by the formula, ε, determinism, and what it learns in auctions.
#include <vector>

#include <doctest/doctest.h>

#include "ainur/learning/bidder.hpp"
#include "ainur/market/auction.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::learning;

namespace {

constexpr amount cost{10'000};
constexpr bidder_view calm{.load_ppm = 0, .demand_ppm = 1'000'000};

/// Plays auctions against two rivals whose asks lie around the bidder's cost.
bidder taught(market::mechanism how, std::uint64_t seed, int rounds) {
  rng random(seed);
  bidder learner(300'000);
  const bidder_options options{.epsilon_min_ppm = 300'000, .rate_ppm = 20'000};
  for (int i = 0; i < rounds; ++i) {
    const auto mine = learner.choose(calm, cost, random);
    const std::vector<market::auction_bid> bids{
        {.controller = {}, .price = mine.price},
        {.controller = {}, .price = amount{7'000 + random.below(9'000)}},
        {.controller = {}, .price = amount{7'000 + random.below(9'000)}}};
    const auto d = market::decide_single({how, {}, amount{20'000}}, bids);
    bid_outcome outcome{.cost = cost};
    if (!d.awards.empty() && d.awards.front().winner == 0) {
      outcome.result = bid_result::completed;
      outcome.price = d.awards.front().payment;
    }
    learner.learn(mine.token, outcome, calm, options, random);
  }
  return learner;
}

/// The level of greatest value, over all situations that came up.
std::size_t favourite(const bidder& learner) {
  std::size_t best = 0;
  std::int32_t best_value = -1'000'000;
  for (std::size_t level = 0; level < price_levels; ++level) {
    std::int32_t sum = 0;
    for (std::uint8_t state = 0; state < 16; ++state)
      sum += learner.value(state, level);
    if (sum > best_value) {
      best = level;
      best_value = sum;
    }
  }
  return best;
}

} // namespace

TEST_CASE("rewards: price − cost, −cost − slash, or nothing") {
  const amount price{130};
  const amount slash{7};
  CHECK(reward({bid_result::completed, price, amount{100}, slash}) == 30);
  CHECK(reward({bid_result::completed, amount{90}, amount{100}, {}}) == -10);
  CHECK(reward({bid_result::failed, price, amount{100}, slash}) == -107);
  CHECK(reward({bid_result::lost, price, amount{100}, slash}) == 0);
  CHECK(reward({bid_result::failed, {}, amount::max(), amount::max()}) ==
        std::numeric_limits<std::int64_t>::min());
}

TEST_CASE("an untaught bidder asks its cost, ε of the time something else") {
  rng random(1);
  const bidder steady(0);
  for (int i = 0; i < 100; ++i)
    CHECK(steady.choose(calm, cost, random).price == cost);
  const bidder curious(1'000'000);
  std::array<int, price_levels> seen{};
  for (int i = 0; i < 8'000; ++i)
    ++seen[curious.choose(calm, cost, random).token.level];
  for (const auto n : seen)
    CHECK((n > 800 && n < 1'200));
}

TEST_CASE("epsilon decays by 0.995 per outcome down to one percent") {
  rng random(2);
  bidder b(100'000);
  b.learn({}, {.cost = cost}, calm, {}, random);
  CHECK(b.epsilon_ppm() == 99'500);
  b.learn({}, {.cost = cost}, calm, {}, random);
  CHECK(b.epsilon_ppm() == 99'002); // ⌊99,002.5⌋
  for (int i = 0; i < 1'000; ++i)
    b.learn({}, {.cost = cost}, calm, {}, random);
  CHECK(b.epsilon_ppm() == 10'000);
}

TEST_CASE("a value moves toward the reward, in units of cost / 1024") {
  rng random(3);
  bidder b;
  const bidder_options all{.rate_ppm = 1'000'000};
  b.learn({0, 3}, {bid_result::completed, amount{15'000}, cost, {}}, calm, all, random);
  CHECK(b.value(0, 3) == 512);
  b.learn({0, 3}, {bid_result::failed, {}, cost, amount{10'000}}, calm, all, random);
  CHECK(b.value(0, 3) == -2'048);
  CHECK(b.value(0, 2) == 0);
  const auto before = b.value(0, 3);
  b.learn({16, 3}, {bid_result::completed, amount{15'000}, cost, {}}, calm, all, random);
  b.learn({0, 8}, {bid_result::completed, amount{15'000}, cost, {}}, calm, all, random);
  CHECK(b.value(0, 3) == before);
  const bidder_options shaped{.rate_ppm = 1'000'000, .shaping = true};
  b.learn({1, 1}, {bid_result::completed, cost, cost, {}}, calm, shaped, random);
  CHECK(b.value(1, 1) == 10 * 1'024);
  b.learn({1, 1}, {bid_result::failed, {}, cost, {}}, calm, shaped, random);
  CHECK(b.value(1, 1) == -32'768); // saturates
}

TEST_CASE("in a truthful auction the learned level is the cost") {
  int at_cost = 0;
  int beside = 0;
  constexpr int seeds = 12;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const auto level = favourite(taught(market::mechanism::second_price, seed, 60'000));
    INFO("seed " << seed << " level " << level);
    CHECK((level >= cost_level - 1 && level <= cost_level + 1));
    at_cost += level == cost_level ? 1 : 0;
    beside += level != cost_level ? 1 : 0;
  }
  MESSAGE("level of the cost: " << at_cost << ", beside it: " << beside);
  CHECK(at_cost > seeds / 2);
}

TEST_CASE("under first price it learns to ask more than its cost") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed)
    CHECK(favourite(taught(market::mechanism::first_price, seed, 20'000)) > cost_level);
}

TEST_CASE("the same seed teaches the same") {
  const auto a = taught(market::mechanism::second_price, 9, 2'000);
  const auto b = taught(market::mechanism::second_price, 9, 2'000);
  for (std::uint8_t state = 0; state < 16; ++state)
    for (std::size_t level = 0; level < price_levels; ++level)
      CHECK(a.value(state, level) == b.value(state, level));
  static_assert(sizeof(bidder) <= 24);
}
