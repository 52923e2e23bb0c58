// Auctions of one item: payments against a Clarke oracle by exhaustion, no profitable lie,
// published cases.
#include <algorithm>
#include <fstream>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "ainur/base/rng.hpp"
#include "ainur/market/auction.hpp"
#include "ainur/market/pricing.hpp"
#include "support/property.hpp"
#include "support/shared_data.hpp"

using namespace ainur;
using namespace ainur::market;

namespace {

account_id controller(std::uint8_t n) {
  account_id id;
  id.value[31] = n;
  return id;
}

auction_bid ask_of(std::uint64_t price, std::uint8_t who = 0, std::uint64_t quality = 1) {
  return {who == 0 ? account_id{} : controller(who), amount{price}, quality};
}

auction_award only_award(const auction_decision& d) {
  REQUIRE(d.awards.size() == 1);
  return d.awards.front();
}

/// Up to six bids with small numbers, so that ties are common.
std::vector<auction_bid> small_bids(rng& random, std::uint64_t quality_max) {
  std::vector<auction_bid> bids;
  const auto count = random.below(7);
  for (std::uint64_t i = 0; i < count; ++i)
    bids.push_back(ask_of(random.below(13), static_cast<std::uint8_t>(random.below(4)),
                          1 + random.below(quality_max)));
  return bids;
}

bool same_bidder(const std::vector<auction_bid>& bids, std::size_t i, std::size_t j) {
  return i == j || (!bids[i].controller.is_none() && bids[i].controller == bids[j].controller);
}

/// The largest ask with which `winner` would still win or tie, found by trying all, its
/// controller's other bids taken away: the Clarke payment by its meaning.
std::uint64_t critical_ask(const auction_rules& rules, std::vector<auction_bid> bids,
                           std::size_t winner) {
  std::vector<auction_bid> others;
  for (std::size_t j = 0; j < bids.size(); ++j)
    if (!same_bidder(bids, winner, j))
      others.push_back(bids[j]);
  others.insert(others.begin(), bids[winner]); // first: wins ties
  std::uint64_t best = 0;
  for (std::uint64_t price = 0; price <= rules.reserve.micro(); ++price) {
    others.front().price = amount{price};
    const auto d = decide_single(rules, others);
    if (!d.awards.empty() && d.awards.front().winner == 0)
      best = price;
  }
  return best;
}

} // namespace

TEST_CASE("second price: the least ask wins and is paid the next, at most the reserve") {
  const std::vector bids{ask_of(70), ask_of(40), ask_of(55), ask_of(120)};
  const auto d = decide_single({.reserve = amount{100}}, bids);
  const auto a = only_award(d);
  CHECK(a.winner == 1);
  CHECK(a.payment == amount{55});
  CHECK(a.priced_by == price_source::runner_up);
  CHECK(a.runner_up == 2);
  CHECK(d.standings ==
        std::vector{standing::outbid, standing::won, standing::outbid, standing::beyond_reserve});
}

TEST_CASE("a lone bidder is paid the reserve, and nobody above it wins") {
  const std::vector lone{ask_of(40)};
  const auto a = only_award(decide_single({.reserve = amount{100}}, lone));
  CHECK(a.payment == amount{100});
  CHECK(a.priced_by == price_source::reserve);
  CHECK_FALSE(a.runner_up);
  const std::vector dear{ask_of(101), ask_of(200)};
  CHECK(decide_single({.reserve = amount{100}}, dear).awards.empty());
  CHECK(decide_single({}, {}).awards.empty());
}

TEST_CASE("one controller is one bidder: its own asks do not set its price") {
  const std::vector bids{ask_of(10, 1), ask_of(12, 1), ask_of(30, 2)};
  const auto a = only_award(decide_single({.reserve = amount{100}}, bids));
  CHECK(a.winner == 0);
  CHECK(a.runner_up == 2);
  CHECK(a.payment == amount{30});
}

TEST_CASE("quality: the least ask per quality wins, over 128 bits") {
  const std::vector bids{ask_of(100, 1, 500), ask_of(150, 2, 900)};
  const auto a = only_award(decide_single({.reserve = amount{1'000}}, bids));
  CHECK(a.winner == 1);
  CHECK(a.payment == amount{180}); // 900 · 100 / 500
  const auto huge = ~std::uint64_t{0};
  const std::vector wide{ask_of(huge, 1, huge), ask_of(huge - 1, 2, huge), ask_of(1, 3, 0)};
  const auto d = decide_single({}, wide);
  CHECK(only_award(d).winner == 1);
  CHECK(only_award(d).payment == amount{huge});
  CHECK(d.standings[2] == standing::without_quality);
}

TEST_CASE("ties go to the earlier position") {
  const std::vector bids{ask_of(7, 1), ask_of(5, 2), ask_of(5, 3)};
  const auto a = only_award(decide_single({.reserve = amount{9}}, bids));
  CHECK(a.winner == 1);
  CHECK(a.runner_up == 2);
  CHECK(a.payment == amount{5});
}

TEST_CASE("first price pays the ask, posted price pays the post") {
  const std::vector bids{ask_of(70, 1), ask_of(40, 2)};
  const auto first = only_award(decide_single({mechanism::first_price, {}, amount{100}}, bids));
  CHECK(first.winner == 1);
  CHECK(first.payment == amount{40});
  const auto posted = only_award(decide_single({mechanism::posted_price, {}, amount{100}}, bids));
  CHECK(posted.winner == 0);
  CHECK(posted.payment == amount{100});
  const auto short_post =
      only_award(decide_single({mechanism::posted_price, {}, amount{50}}, bids));
  CHECK(short_post.winner == 1);
}

TEST_CASE("selling mirrors buying") {
  const std::vector bids{ask_of(23), ask_of(42), ask_of(31)};
  auto rules = auction_rules{.side = auction_side::selling, .reserve = amount{0}};
  auto a = only_award(decide_single(rules, bids));
  CHECK(a.winner == 1);
  CHECK(a.payment == amount{31});
  rules.reserve = amount{35};
  CHECK(only_award(decide_single(rules, bids)).payment == amount{35});
  rules.reserve = amount{43};
  CHECK(decide_single(rules, bids).awards.empty());
}

TEST_CASE("payments are Clarke payments, within [ask, reserve]") {
  test::check_property("Clarke", 400, [](std::uint64_t seed) {
    rng random(seed);
    const auto bids = small_bids(random, 3);
    const auction_rules rules{.reserve = amount{random.below(13)}};
    const auto d = decide_single(rules, bids);
    RC_ASSERT(d.standings.size() == bids.size());
    if (d.awards.empty()) {
      for (const auto& b : bids)
        RC_ASSERT(b.price > rules.reserve);
      return;
    }
    const auto& a = d.awards.front();
    for (std::size_t j = 0; j < bids.size(); ++j) { // nobody acceptable has a better score
      if (bids[j].price <= rules.reserve)
        RC_ASSERT(bids[a.winner].price.micro() * bids[j].quality <=
                  bids[j].price.micro() * bids[a.winner].quality);
    }
    RC_ASSERT(a.payment >= bids[a.winner].price);
    RC_ASSERT(a.payment <= rules.reserve);
    RC_ASSERT(a.payment == amount{critical_ask(rules, bids, a.winner)});
  });
}

TEST_CASE("no lie pays under second price, for controllers of several bids too") {
  test::check_property("truthful", 120, [](std::uint64_t seed) {
    rng random(seed);
    auto truth = small_bids(random, 3);
    if (truth.empty())
      return;
    // One quality a controller: see the header.
    for (auto& b : truth)
      if (!b.controller.is_none())
        b.quality = 1 + b.controller.value[31] % 3u;
    const auction_rules rules{.reserve = amount{random.below(13)}};
    const auto liar = random.below(truth.size());
    const auto utility = [&](const std::vector<auction_bid>& bids) -> std::int64_t {
      const auto d = decide_single(rules, bids);
      if (d.awards.empty() || !same_bidder(truth, liar, d.awards.front().winner))
        return 0;
      const auto& a = d.awards.front();
      return static_cast<std::int64_t>(a.payment.micro()) -
             static_cast<std::int64_t>(truth[a.winner].price.micro());
    };
    const auto honest = utility(truth);
    RC_ASSERT(honest >= 0);
    // All misreports of at most two of the controller's bids.
    std::vector<std::size_t> own;
    for (std::size_t j = 0; j < truth.size(); ++j)
      if (same_bidder(truth, liar, j))
        own.push_back(j);
    auto lie = truth;
    for (std::uint64_t x = 0; x <= 14; ++x) {
      for (std::uint64_t y = 0; y <= (own.size() > 1 ? 14u : 0u); ++y) {
        lie[own[0]].price = amount{x};
        if (own.size() > 1)
          lie[own[1]].price = amount{y};
        RC_ASSERT(utility(lie) <= honest);
      }
    }
  });
}

TEST_CASE("a controller with bids of several qualities may gain by holding one back") {
  std::vector bids{ask_of(4, 1, 1), ask_of(9, 1, 2), ask_of(10, 2, 1)};
  const auto honest = only_award(decide_single({.reserve = amount{50}}, bids));
  CHECK(honest.winner == 0);
  CHECK(honest.payment == amount{10}); // gains 6
  bids[0].price = amount{51};
  const auto held_back = only_award(decide_single({.reserve = amount{50}}, bids));
  CHECK(held_back.winner == 1);
  CHECK(held_back.payment == amount{20}); // gains 11
}

TEST_CASE("a lie can pay under first price") {
  auto bids = std::vector{ask_of(4, 1), ask_of(9, 2)};
  const auction_rules rules{mechanism::first_price, {}, amount{12}};
  CHECK(only_award(decide_single(rules, bids)).payment == amount{4});
  bids[0].price = amount{8};
  CHECK(only_award(decide_single(rules, bids)).winner == 0);
  CHECK(only_award(decide_single(rules, bids)).payment == amount{8});
}

TEST_CASE("published single-unit cases, as sales and turned into purchases") {
  const auto path = test::shared_data("auctions/multi_unit_vcg.json");
  if (!path)
    return;
  std::ifstream in(*path);
  const auto file = nlohmann::json::parse(in);
  int run = 0;
  for (const auto& c : file["cases"]) {
    if (c["units"] != 1)
      continue;
    ++run;
    INFO(c["name"].get<std::string>());
    std::vector<auction_bid> offers;
    std::vector<auction_bid> asks;
    constexpr std::uint64_t budget = 1'000;
    for (const auto& table : c["value_by_quantity"]) {
      offers.push_back(ask_of(table[1].get<std::uint64_t>()));
      asks.push_back(ask_of(budget - table[1].get<std::uint64_t>()));
    }
    const auto sale =
        only_award(decide_single({.side = auction_side::selling, .reserve = amount{0}}, offers));
    const auto purchase = only_award(decide_single({.reserve = amount{budget}}, asks));
    for (std::size_t i = 0; i < offers.size(); ++i) {
      const bool won = c["allocation"][i] == 1;
      CHECK((sale.winner == i) == won);
      CHECK((purchase.winner == i) == won);
      if (won) {
        CHECK(sale.payment == amount{c["payments"][i].get<std::uint64_t>()});
        CHECK(purchase.payment == amount{budget - c["payments"][i].get<std::uint64_t>()});
      }
    }
  }
  CHECK(run >= 1);
}

TEST_CASE("a margin is rounded up and saturates") {
  CHECK(with_margin(amount{7}, 0) == amount{7});
  CHECK(with_margin(amount{100}, 200'000) == amount{120});
  CHECK(with_margin(amount{1}, 1) == amount{2});
  CHECK(with_margin(amount::max(), 4'000'000'000) == amount::max());
}

TEST_CASE("the mean price weighs work by its length") {
  mean_price mean;
  CHECK_FALSE(mean.of(std::chrono::seconds{1}));
  mean.learn(amount{300}, std::chrono::seconds{1});
  mean.learn(amount{100}, std::chrono::seconds{3});
  CHECK(mean.of(std::chrono::seconds{1}) == amount{100});
  CHECK(mean.of(std::chrono::milliseconds{1'555}) == amount{155}); // rounded down
  CHECK(mean.of(duration{}) == amount{});
  mean.learn({}, std::chrono::seconds{4}); // work for nothing lowers it
  CHECK(mean.of(std::chrono::seconds{1}) == amount{50});
  for (int i = 0; i < 3; ++i) // sums beyond 64 bits keep their ratio
    mean.learn(amount::max(), duration::max());
  CHECK(mean.of(std::chrono::seconds{1})->micro() / 10 == 199'999);
}
