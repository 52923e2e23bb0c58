#include "ainur/ledger/reward_curve.hpp"

#include <algorithm>

namespace ainur::ledger {

namespace {

constexpr std::uint64_t million = 1'000'000;
constexpr std::uint64_t billion = 1'000'000'000;
constexpr std::uint32_t pieces_max = 40;

std::uint64_t square_root(wide_amount n) noexcept {
  wide_amount root = 0;
  for (auto bit = wide_amount{1} << 126; bit != 0; bit >>= 2) {
    if (n >= root + bit) {
      n -= root + bit;
      root = (root >> 1) + bit;
    } else {
      root >>= 1;
    }
  }
  return static_cast<std::uint64_t>(root);
}

/// 2^(−exponent), both with 32 binary places: a product of repeated square roots of 1/2.
std::uint64_t power_of_half(std::uint64_t exponent) noexcept {
  if (exponent >> 32 >= 32)
    return 0;
  wide_amount result = wide_amount{1} << 62;
  wide_amount root = wide_amount{1} << 61; // 1/2
  for (int place = 31; place >= 0; --place) {
    root = square_root(root << 62);
    if ((exponent >> place & 1) != 0)
      result = result * root >> 62;
  }
  return static_cast<std::uint64_t>(result >> 30 >> (exponent >> 32));
}

/// log2(p / q) in parts per million, for p ≥ q > 0: whole powers of two, then the series of
/// log2((1 + z)/(1 − z)) = 2/ln 2 · (z + z³/3 + z⁵/5 + …), each term rounded down.
std::uint64_t log2_ppm(std::uint64_t p, std::uint64_t q) noexcept {
  constexpr wide_amount two_over_ln2_ppm = 2'885'390;
  std::uint64_t result = 0;
  for (; q * 2 <= p; q *= 2)
    result += million;
  const wide_amount numerator = p - q;
  const wide_amount denominator = p + q;
  auto power = two_over_ln2_ppm * numerator / denominator;
  result += static_cast<std::uint64_t>(power);
  power = two_over_ln2_ppm * numerator * numerator * numerator /
          (denominator * denominator * denominator);
  for (wide_amount k = 3; power / k != 0; k += 2) {
    result += static_cast<std::uint64_t>(power / k);
    power = power * numerator * numerator / (denominator * denominator);
  }
  return result;
}

/// part · whole, rounded to the nearest, half down.
wide_amount part_of(wide_amount whole, std::uint64_t part_ppb) noexcept {
  const auto rest = whole % billion * part_ppb;
  return whole / billion * part_ppb + rest / billion + (rest % billion > billion / 2 ? 1 : 0);
}

wide_amount times_ratio(wide_amount value, std::uint64_t p, std::uint64_t q) noexcept {
  return value / q * p + value % q * p / q;
}

} // namespace

bool reward_curve_parameters::is_valid() const noexcept {
  return inflation_min_ppm <= inflation_max_ppm && inflation_max_ppm <= million &&
         ideal_stake_ppm >= 100'000 && ideal_stake_ppm <= 900'000 && falloff_ppm >= 10'000 &&
         falloff_ppm <= million;
}

std::uint32_t inflation_ppb(std::uint32_t staked_ppb, std::uint32_t ideal_ppb,
                            std::uint32_t falloff_ppb) noexcept {
  if (staked_ppb < ideal_ppb)
    return static_cast<std::uint32_t>(staked_ppb * billion / ideal_ppb);
  const auto exponent = (wide_amount{staked_ppb - ideal_ppb} << 32) / falloff_ppb;
  const auto power = power_of_half(static_cast<std::uint64_t>(exponent));
  return static_cast<std::uint32_t>(wide_amount{power} * billion >> 32);
}

reward_curve::reward_curve(const reward_curve_parameters& p)
    : points_{{0, p.inflation_min_ppm}, {p.ideal_stake_ppm, p.inflation_max_ppm}} {
  // Going down by steps of the inflation: each as large as keeps a piece within `length_max` on
  // both axes, and never larger than the one before.
  const auto span = p.inflation_max_ppm - p.inflation_min_ppm;
  const auto length_max =
      static_cast<std::uint32_t>((span + million - p.ideal_stake_ppm) / (pieces_max - 1));
  auto step = length_max;
  while (step != 0) {
    const auto last = points_.back();
    if (last.inflation_ppm <= p.inflation_min_ppm + step) {
      --step;
      continue;
    }
    const auto y = last.inflation_ppm - step;
    const auto x =
        p.ideal_stake_ppm + p.falloff_ppm * log2_ppm(span, y - p.inflation_min_ppm) / million;
    if (x - last.staked_ppm > length_max) {
      --step;
      continue;
    }
    if (x >= million) {
      const auto rise = (x - million) * step / (x - last.staked_ppm);
      points_.push_back({million, static_cast<std::uint32_t>(y + rise)});
      return;
    }
    points_.push_back({static_cast<std::uint32_t>(x), y});
  }
  points_.push_back({million, p.inflation_min_ppm});
}

wide_amount reward_curve::yearly(wide_amount staked, wide_amount issuance) const noexcept {
  constexpr std::uint64_t ppb_per_ppm = 1'000;
  const auto at = [issuance](std::uint32_t ppm) { return part_of(issuance, ppm * ppb_per_ppm); };
  const auto next = std::find_if(points_.begin(), points_.end(), [&](const point& p) {
    return std::min(staked, issuance) < at(p.staked_ppm);
  });
  if (next == points_.end())
    return at(points_.back().inflation_ppm);
  const auto& from = *(next - 1); // never the first: nothing is less than none
  const auto into = staked - at(from.staked_ppm);
  const bool rises = next->inflation_ppm > from.inflation_ppm;
  const auto height =
      rises ? next->inflation_ppm - from.inflation_ppm : from.inflation_ppm - next->inflation_ppm;
  const auto change = times_ratio(into, height, next->staked_ppm - from.staked_ppm);
  return rises ? at(from.inflation_ppm) + change : at(from.inflation_ppm) - change;
}

wide_amount reward_curve::payout(wide_amount staked, wide_amount issuance,
                                 std::uint64_t era_ms) const noexcept {
  const auto portion = era_ms >= year_ms
                           ? billion
                           : static_cast<std::uint64_t>(wide_amount{era_ms} * billion / year_ms);
  return part_of(yearly(staked, issuance), portion);
}

} // namespace ainur::ledger
