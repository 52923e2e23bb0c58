#include "ainur/learning/bidder.hpp"

#include <algorithm>
#include <limits>

namespace ainur::learning {

namespace {

__extension__ using int128 = __int128;
constexpr std::int64_t one_ppm = 1'000'000;
constexpr std::int32_t unit = 1'024; // of the cost

std::int16_t saturate16(std::int64_t v) noexcept {
  return static_cast<std::int16_t>(std::clamp<std::int64_t>(
      v, std::numeric_limits<std::int16_t>::min(), std::numeric_limits<std::int16_t>::max()));
}

/// ⌊numerator / denominator⌋, or one more with the probability of the remainder, so that the mean
/// of many small steps is not lost to rounding.
std::int64_t divide_fairly(std::int64_t numerator, std::int64_t denominator, rng& random) noexcept {
  auto whole = numerator / denominator;
  auto rest = numerator % denominator;
  if (rest < 0) {
    rest += denominator;
    --whole;
  }
  return whole +
         (random.below(static_cast<std::uint64_t>(denominator)) < static_cast<std::uint64_t>(rest)
              ? 1
              : 0);
}

/// A reward in units of cost / 1,024, within what a table entry holds.
std::int64_t in_units(std::int64_t reward, amount cost) noexcept {
  const auto scale = static_cast<int128>(std::max<std::uint64_t>(cost.micro(), 1));
  return saturate16(static_cast<std::int64_t>(
      std::clamp<int128>(int128{reward} * unit / scale, -32'768, 32'767)));
}

} // namespace

std::int64_t reward(const bid_outcome& outcome) noexcept {
  int128 value = 0;
  switch (outcome.result) {
  case bid_result::lost:
    break;
  case bid_result::completed:
    value = int128{outcome.price.micro()} - int128{outcome.cost.micro()};
    break;
  case bid_result::failed:
    value = -int128{outcome.cost.micro()} - int128{outcome.slash.micro()};
    break;
  }
  return static_cast<std::int64_t>(std::clamp<int128>(
      value, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()));
}

std::uint8_t bidder::state_of(const bidder_view& view) const noexcept {
  const int load = view.load_ppm >= 500'000 ? 1 : 0;
  const int wins = win_rate_ppm_ >= 250'000 ? 2 : 0;
  const int revenue = revenue_short_ > revenue_long_ ? 4 : 0;
  const int demand = view.demand_ppm > 1'000'000 ? 8 : 0;
  return static_cast<std::uint8_t>(load | wins | revenue | demand);
}

std::int32_t bidder::value(std::uint8_t state, std::size_t level) const noexcept {
  return table_ && state < states && level < price_levels ? (*table_)[state][level] : 0;
}

/// Ties go to the level nearest to the cost, so that an untaught bidder is truthful.
std::size_t bidder::best_level(std::uint8_t state) const noexcept {
  constexpr std::array<std::size_t, price_levels> from_cost = {2, 3, 1, 4, 0, 5, 6, 7};
  std::size_t best = cost_level;
  for (const auto level : from_cost)
    if (value(state, level) > value(state, best))
      best = level;
  return best;
}

learned_ask bidder::choose(const bidder_view& view, amount cost, rng& random) const noexcept {
  const auto state = state_of(view);
  const auto level =
      random.chance_ppm(epsilon_ppm_) ? random.below(price_levels) : best_level(state);
  return {cost.times(level_ppm[level], one_ppm), {state, static_cast<std::uint8_t>(level)}};
}

void bidder::learn(const bid_token& token, const bid_outcome& outcome, const bidder_view& view,
                   const bidder_options& options, rng& random) {
  if (token.state >= states || token.level >= price_levels)
    return;
  if (!table_)
    table_ = std::make_unique<table>();

  const auto earned = in_units(reward(outcome), outcome.cost);
  auto target = earned;
  if (options.shaping && outcome.result != bid_result::lost)
    target += (outcome.result == bid_result::completed ? 10 : -50) * std::int64_t{unit};

  const auto won = outcome.result == bid_result::lost ? std::int64_t{0} : one_ppm;
  win_rate_ppm_ = static_cast<std::uint32_t>(win_rate_ppm_ + (won - win_rate_ppm_) / 32);
  revenue_short_ += static_cast<std::int32_t>(divide_fairly(earned - revenue_short_, 8, random));
  revenue_long_ += static_cast<std::int32_t>(divide_fairly(earned - revenue_long_, 64, random));

  if (options.discount_ppm != 0) {
    const auto next = state_of(view);
    target += std::int64_t{value(next, best_level(next))} * options.discount_ppm / one_ppm;
  }
  auto& entry = (*table_)[token.state][token.level];
  entry = saturate16(entry + divide_fairly((target - entry) * options.rate_ppm, one_ppm, random));

  const auto decayed = std::uint64_t{epsilon_ppm_} * options.epsilon_decay_ppm / one_ppm;
  epsilon_ppm_ =
      static_cast<std::uint32_t>(std::max<std::uint64_t>(options.epsilon_min_ppm, decayed));
}

} // namespace ainur::learning
