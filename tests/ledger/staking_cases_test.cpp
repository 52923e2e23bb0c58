// Published cases of staking: slash fractions, reward curve, slashing spans. And what the pure
// functions promise beyond them.
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include <doctest/doctest.h>

#include "ainur/base/rng.hpp"
#include "ainur/ledger/reward_curve.hpp"
#include "ainur/ledger/slashing_spans.hpp"
#include "ainur/ledger/staking_math.hpp"
#include "support/shared_data.hpp"

using namespace ainur;
using namespace ainur::ledger;
using nlohmann::json;

namespace {

std::optional<json> published() {
  const auto path = test::shared_data("npos/staking_slashing.json");
  if (!path)
    return std::nullopt;
  std::ifstream file{*path};
  return json::parse(file);
}

std::uint32_t ppb_of(const json& fraction) {
  return static_cast<std::uint32_t>(std::llround(fraction.get<double>() * 1e9));
}

wide_amount wide_from(const std::string& digits) {
  wide_amount value = 0;
  for (const char c : digits)
    value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

slashing_spans spans_from(const json& x) {
  return {x.at("span_index").get<std::uint32_t>(), x.at("last_start").get<std::uint64_t>(),
          x.at("prior").get<std::vector<std::uint64_t>>()};
}

void check_spans(const slashing_spans& s, const json& expected) {
  const auto all = s.all();
  REQUIRE(all.size() == expected.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].index == expected[i][0].get<std::uint32_t>());
    CHECK(all[i].start == expected[i][1].get<std::uint64_t>());
    CHECK(all[i].length.has_value() == !expected[i][2].is_null());
    if (all[i].length)
      CHECK(*all[i].length == expected[i][2].get<std::uint64_t>());
  }
  CHECK(s.is_consistent());
}

void check_pruned(slashing_spans& s, const json& step) {
  const auto pruned = s.prune(step.at("window_start").get<std::uint64_t>());
  const auto& expected = step.at("pruned");
  CHECK(pruned.has_value() == !expected.is_null());
  if (pruned && !expected.is_null())
    CHECK(*pruned == std::pair{expected[0].get<std::uint32_t>(), expected[1].get<std::uint32_t>()});
  check_spans(s, step.at("spans"));
}

} // namespace

TEST_CASE("published slash fractions") {
  const auto data = published();
  if (!data)
    return;
  int count = 0;
  for (const auto& x : data->at("slash_fraction_equivocation").at("examples_derived")) {
    CHECK(equivocation_ppb(x.at("k"), x.at("n")) == ppb_of(x.at("fraction")));
    ++count;
  }
  for (const auto& x : data->at("slash_fraction_unresponsive").at("examples_derived")) {
    CHECK(unresponsive_ppb(x.at("k"), x.at("n")) == ppb_of(x.at("fraction")));
    ++count;
  }
  CHECK(count == 15);
  MESSAGE(count << " published slash fractions ran");
}

TEST_CASE("published payouts of the reward curve") {
  const auto data = published();
  if (!data)
    return;
  const auto& group = data->at("era_payout_deprecated_curve");
  const reward_curve curve{{25'000, 100'000, 500'000, 50'000}};
  const auto year = group.at("year_ms_in_test").get<std::uint64_t>();
  const std::uint64_t day = 86'400'000;
  int count = 0;
  for (const auto& [name, era_ms] : {std::pair{"cases_year", year}, std::pair{"cases_day", day},
                                     std::pair{"cases_six_hours", day / 4}})
    for (const auto& x : group.at(name)) {
      CAPTURE(x.dump());
      CHECK(curve.payout(x[0].get<std::uint64_t>(), x[1].get<std::uint64_t>(), era_ms) ==
            wide_amount{x[2].get<std::uint64_t>()});
      ++count;
    }
  for (const auto& x : group.at("cases_hour_u128")) {
    CHECK(curve.payout(wide_from(x[0]), wide_from(x[1]), day / 24) == wide_from(x[2]));
    ++count;
  }
  std::uint64_t most = 0;
  for (std::uint64_t staked = 0; staked <= 100'000; staked += 100)
    most = std::max(most, static_cast<std::uint64_t>(curve.payout(staked, 100'000, year)));
  CHECK(most == group.at("max_payout_year").get<std::uint64_t>());
  CHECK(curve.points().size() <= 41);
  MESSAGE((count + 1) << " published payouts ran");
}

TEST_CASE("published slashing spans") {
  const auto data = published();
  if (!data)
    return;
  const auto& cases = data->at("span_cases");
  int count = 0;
  for (const auto& x : cases.at("contains_era")) {
    slashing_span span{0, x.at("start").get<std::uint64_t>(), std::nullopt};
    if (!x.at("length").is_null())
      span.length = x.at("length").get<std::uint64_t>();
    for (const auto& era : x.at("in"))
      CHECK(span.contains_era(era.get<std::uint64_t>()));
    for (const auto& era : x.at("out"))
      CHECK_FALSE(span.contains_era(era.get<std::uint64_t>()));
    ++count;
  }
  check_spans(spans_from(cases.at("many_prior_spans")), cases.at("many_prior_spans").at("spans"));
  ++count;
  const auto& pruning = cases.at("pruning");
  auto s = spans_from(pruning.at("initial"));
  for (const auto& step : pruning.at("steps")) {
    check_pruned(s, step);
    ++count;
  }
  s = spans_from(pruning.at("initial"));
  check_pruned(s, pruning.at("one_shot"));
  ++count;
  s = spans_from(cases.at("ending").at("initial"));
  for (const auto& step : cases.at("ending").at("steps")) {
    CHECK(s.end_span(step.at("end_span_now").get<std::uint64_t>()) ==
          step.at("returns").get<bool>());
    check_spans(s, step.at("spans"));
    ++count;
  }
  CHECK(count == 12);
  MESSAGE(count << " published cases of spans ran");
}

TEST_CASE("a span is found by its era; none lies before the first") {
  const slashing_spans s{10, 1'000, {10, 9}};
  CHECK(s.span_of(2'000)->index == 10);
  CHECK(s.span_of(999)->index == 9);
  CHECK(s.span_of(981)->index == 8);
  CHECK_FALSE(s.span_of(980).has_value());
  CHECK_FALSE(slashing_spans{1, 10, {11}}.is_consistent());
  CHECK_FALSE(slashing_spans{1, 10, {0}}.is_consistent());
  CHECK_FALSE(slashing_spans{0, 10, {5}}.is_consistent());
}

TEST_CASE("a slash is rounded down, but never to nothing") {
  CHECK(slash_of(amount{1'000}, 1'500'000) == amount{1});
  CHECK(slash_of(amount{10}, 1) == amount{1});
  CHECK(slash_of(amount{0}, ppb_one) == amount{0});
  CHECK(slash_of(amount{10}, 0) == amount{0});
  CHECK(slash_of(amount::max(), ppb_one) == amount::max());
  CHECK(reporter_reward(amount{1'000}, 100'000, amount{40}) == amount{30});
  CHECK(reporter_reward(amount{1'000}, 100'000, amount{101}) == amount{0});
}

TEST_CASE("no split pays more than the validator's share, and little less") {
  rng random{7};
  for (int i = 0; i < 20'000; ++i) {
    payout_terms t;
    t.era_reward = amount{random.next() >> random.below(60)};
    t.points_total = 1 + random.below(1'000'000);
    t.points = random.below(t.points_total + 1);
    t.commission_ppm = static_cast<std::uint32_t>(random.below(1'000'001));
    const auto own = amount{random.below(std::uint64_t{1} << 60)};
    std::vector<std::vector<amount>> pages(1 + random.below(3));
    auto total = own;
    for (auto& page : pages)
      for (auto count = random.below(4); count > 0; --count) {
        page.push_back(amount{1 + random.below(std::uint64_t{1} << 58)});
        total = *total.plus(page.back());
      }
    if (total.is_zero())
      continue;
    t.total = total;
    amount paid;
    std::uint64_t parts = 0;
    for (std::size_t p = 0; p < pages.size(); ++p) {
      t.own = p == 0 ? own : amount{};
      t.page_total = t.own;
      for (const auto value : pages[p])
        t.page_total = *t.page_total.plus(value);
      paid = *paid.plus(validator_reward(t));
      for (const auto value : pages[p])
        paid = *paid.plus(nominator_reward(t, value));
      parts += pages[p].size() + 2;
    }
    REQUIRE(paid <= validator_share(t));
    REQUIRE(validator_share(t).saturating_minus(paid).micro() <= parts);
  }
}

TEST_CASE("the flat rule pays 5 AINU for 6 s") {
  CHECK(flat_reward(amount::ainu(5), std::chrono::seconds{6}) == amount::ainu(5));
  CHECK(flat_reward(amount::ainu(5), std::chrono::hours{6}) == amount::ainu(18'000));
}

TEST_CASE("the smooth curve: linear to the ideal, halved by each falloff beyond") {
  CHECK(inflation_ppb(0, 500'000'000, 50'000'000) == 0);
  CHECK(inflation_ppb(250'000'000, 500'000'000, 50'000'000) == 500'000'000);
  CHECK(inflation_ppb(500'000'000, 500'000'000, 50'000'000) == ppb_one);
  CHECK(inflation_ppb(550'000'000, 500'000'000, 50'000'000) == 500'000'000);
  CHECK(inflation_ppb(600'000'000, 500'000'000, 50'000'000) == 250'000'000);
  CHECK(inflation_ppb(ppb_one, 500'000'000, 10'000'000) == 0);
  for (std::uint32_t x = 500'000'000; x < ppb_one; x += 1'234'567) {
    const auto expected = std::pow(2.0, (0.5 - x / 1e9) / 0.05) * 1e9;
    REQUIRE(std::abs(inflation_ppb(x, 500'000'000, 50'000'000) - expected) < 5);
  }
}

TEST_CASE("the pieces follow the smooth curve, whatever its parameters") {
  rng random{3};
  for (int i = 0; i < 300; ++i) {
    reward_curve_parameters p;
    p.inflation_max_ppm = static_cast<std::uint32_t>(random.below(200'001));
    p.inflation_min_ppm = static_cast<std::uint32_t>(random.below(p.inflation_max_ppm + 1u));
    p.ideal_stake_ppm = 100'000 + static_cast<std::uint32_t>(random.below(800'001));
    p.falloff_ppm = 10'000 + static_cast<std::uint32_t>(random.below(990'001));
    REQUIRE(p.is_valid());
    const reward_curve curve{p};
    const auto& points = curve.points();
    REQUIRE(points.back().staked_ppm == 1'000'000);
    for (std::size_t k = 1; k < points.size(); ++k) {
      REQUIRE(points[k].staked_ppm >= points[k - 1].staked_ppm);
      REQUIRE(points[k].inflation_ppm >= p.inflation_min_ppm);
      REQUIRE(points[k].inflation_ppm <= p.inflation_max_ppm);
    }
    const wide_amount issuance = 1'000'000'000'000;
    for (std::uint32_t x = 0; x <= 1'000'000; x += 10'000) {
      const auto smooth =
          p.inflation_min_ppm +
          wide_amount{p.inflation_max_ppm - p.inflation_min_ppm} *
              inflation_ppb(x * 1'000, p.ideal_stake_ppm * 1'000, p.falloff_ppm * 1'000) / ppb_one;
      const auto pieces = curve.yearly(issuance / 1'000'000 * x, issuance) / 1'000'000;
      const auto off = smooth > pieces ? smooth - pieces : pieces - smooth;
      CAPTURE(x);
      REQUIRE(off <= 30'000);
    }
  }
}
