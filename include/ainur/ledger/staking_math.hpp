// The arithmetic of staking: what an offence costs and how an era's reward is divided. Pure
// functions over integers; fractions are parts per billion.
#pragma once

#include <cstdint>

#include "ainur/base/amount.hpp"
#include "ainur/base/time.hpp"

namespace ainur::ledger {

inline constexpr std::uint32_t ppb_one = 1'000'000'000;

/// min(1, 3k/n)² for k offenders of n validators in one era; n is not 0.
[[nodiscard]] std::uint32_t equivocation_ppb(std::uint64_t offenders,
                                             std::uint64_t validators) noexcept;

/// 0 for fewer than t = ⌊n/10⌋ + 1 offenders, else 7 % of min(1, 3(k − t)/n).
[[nodiscard]] std::uint32_t unresponsive_ppb(std::uint64_t offenders,
                                             std::uint64_t validators) noexcept;

/// The fraction of `value`, rounded down; but a fraction of something costs at least 1 µAINU.
[[nodiscard]] amount slash_of(amount value, std::uint32_t fraction_ppb) noexcept;

/// What one reporter may still get for a slash: half of (proportion of the slash − what was paid
/// for earlier ones of the same span).
[[nodiscard]] amount reporter_reward(amount slash, std::uint32_t proportion_ppm,
                                     amount paid) noexcept;

/// The flat rule: so much for every 6 s.
[[nodiscard]] amount flat_reward(amount per_6s, duration era) noexcept;

/// One validator's part of one era, as far as one page of its exposure goes.
struct payout_terms {
  amount era_reward;
  std::uint64_t points = 0;
  std::uint64_t points_total = 1; ///< of the era; not 0
  std::uint32_t commission_ppm = 0;
  amount own;        ///< the validator's own stake, on its first page; nothing on the others
  amount page_total; ///< the stake on this page, its own included
  amount total;      ///< the stake behind the validator; not 0
};

/// All that the validator and its nominators may share, over all pages.
[[nodiscard]] amount validator_share(const payout_terms& t) noexcept;
/// The page's part of the commission, and the share of the validator's own stake.
[[nodiscard]] amount validator_reward(const payout_terms& t) noexcept;
/// By its part of the exposure, after the commission.
[[nodiscard]] amount nominator_reward(const payout_terms& t, amount value) noexcept;

} // namespace ainur::ledger
