// The NPoS reward curve: how much the issuance may grow in a year, by the share of it that is
// staked. It rises to a maximum at the ideal share and falls off exponentially beyond.
//
// Integers only. The falling part is replaced by straight pieces between points that are computed
// once from the parameters; `inflation_ppb` is the smooth curve itself.
#pragma once

#include <cstdint>
#include <vector>

#include "ainur/base/fields.hpp"

namespace ainur::ledger {

__extension__ using wide_amount = unsigned __int128;

/// A year of 365.25 days.
inline constexpr std::uint64_t year_ms = 31'557'600'000;

struct reward_curve_parameters {
  std::uint32_t inflation_min_ppm = 25'000;  ///< a year's, with nothing staked
  std::uint32_t inflation_max_ppm = 100'000; ///< a year's, at the ideal share
  std::uint32_t ideal_stake_ppm = 500'000;   ///< 100,000 .. 900,000 of the issuance
  std::uint32_t falloff_ppm = 50'000;        ///< 10,000 .. 1,000,000: share that halves the rest
  AINUR_FIELDS(reward_curve_parameters, inflation_min_ppm, inflation_max_ppm, ideal_stake_ppm,
               falloff_ppm)

  [[nodiscard]] bool is_valid() const noexcept;
};

/// I(x) = x / ideal below the ideal share, 2^((ideal − x) / falloff) from there on; all in parts
/// per billion of 1. `ideal` and `falloff` are not 0. Exact to a few parts per billion.
[[nodiscard]] std::uint32_t inflation_ppb(std::uint32_t staked_ppb, std::uint32_t ideal_ppb,
                                          std::uint32_t falloff_ppb) noexcept;

class reward_curve {
public:
  struct point {
    std::uint32_t staked_ppm = 0;
    std::uint32_t inflation_ppm = 0;
  };

  /// The parameters are valid.
  explicit reward_curve(const reward_curve_parameters& p);

  [[nodiscard]] const std::vector<point>& points() const noexcept { return points_; }

  /// A year's growth of `issuance`, which is below 2^96. More than all staked counts as all.
  [[nodiscard]] wide_amount yearly(wide_amount staked, wide_amount issuance) const noexcept;
  /// The part of it that falls into an era: of era_ms / year_ms, to parts per billion, at most 1.
  [[nodiscard]] wide_amount payout(wide_amount staked, wide_amount issuance,
                                   std::uint64_t era_ms) const noexcept;

private:
  std::vector<point> points_; ///< in rising order of the share, from 0 to all
};

} // namespace ainur::ledger
