#include "ainur/ledger/staking_math.hpp"

#include <algorithm>

namespace ainur::ledger {

namespace {

__extension__ using wide = unsigned __int128;

constexpr std::uint32_t ppm_one = 1'000'000;
constexpr std::uint64_t unresponsive_percent_max = 7;

/// min(1, numerator / denominator), rounded down.
std::uint32_t ratio_ppb(wide numerator, std::uint64_t denominator) noexcept {
  if (numerator >= denominator)
    return ppb_one;
  return static_cast<std::uint32_t>(numerator * ppb_one / denominator);
}

amount commission_of(const payout_terms& t) noexcept {
  return validator_share(t).times(t.commission_ppm, ppm_one);
}

/// By stake, of what is left after the commission.
amount stake_reward(const payout_terms& t, amount value) noexcept {
  const auto left = validator_share(t).saturating_minus(commission_of(t));
  return left.times(value.micro(), t.total.micro());
}

} // namespace

std::uint32_t equivocation_ppb(std::uint64_t offenders, std::uint64_t validators) noexcept {
  const std::uint64_t x = ratio_ppb(wide{3} * offenders, validators);
  return static_cast<std::uint32_t>(x * x / ppb_one);
}

std::uint32_t unresponsive_ppb(std::uint64_t offenders, std::uint64_t validators) noexcept {
  const auto threshold = validators / 10 + 1;
  if (offenders < threshold)
    return 0;
  const std::uint64_t x = ratio_ppb(wide{3} * (offenders - threshold), validators);
  return static_cast<std::uint32_t>(x * unresponsive_percent_max / 100);
}

amount slash_of(amount value, std::uint32_t fraction_ppb) noexcept {
  if (value.is_zero() || fraction_ppb == 0)
    return {};
  return std::max(amount{1}, value.times(fraction_ppb, ppb_one));
}

amount reporter_reward(amount slash, std::uint32_t proportion_ppm, amount paid) noexcept {
  return amount{slash.times(proportion_ppm, ppm_one).saturating_minus(paid).micro() / 2};
}

amount flat_reward(amount per_6s, duration era) noexcept {
  constexpr std::uint64_t six_seconds_us = 6'000'000;
  return per_6s.times(static_cast<std::uint64_t>(era.count()), six_seconds_us);
}

amount validator_share(const payout_terms& t) noexcept {
  return t.era_reward.times(t.points, t.points_total);
}

amount validator_reward(const payout_terms& t) noexcept {
  const auto commission = commission_of(t).times(t.page_total.micro(), t.total.micro());
  return commission.saturating_plus(stake_reward(t, t.own));
}

amount nominator_reward(const payout_terms& t, amount value) noexcept {
  return stake_reward(t, value);
}

} // namespace ainur::ledger
