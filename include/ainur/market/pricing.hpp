// How a simple bidder prices its work. A strategy is a value of eight bytes; bidders that learn are
// in learning/bidder.hpp. Integer arithmetic; thread-safe.
#pragma once

#include <cstdint>

#include "ainur/base/amount.hpp"

namespace ainur::market {

struct pricing {
  enum class kind : std::uint8_t {
    truthful,  ///< asks its cost: the best bid under second price
    cost_plus, ///< asks cost · (1 + margin), rounded up
    max_value = cost_plus,
  };

  kind how = kind::truthful;
  std::uint32_t margin_ppm = 0;

  [[nodiscard]] static constexpr pricing truthful() noexcept { return {}; }

  [[nodiscard]] static constexpr pricing cost_plus(std::uint32_t margin_ppm) noexcept {
    return {kind::cost_plus, margin_ppm};
  }

  friend bool operator==(const pricing&, const pricing&) = default;
};

/// The ask for work that costs `cost`; never below it, saturating at the largest amount.
[[nodiscard]] amount ask(const pricing& strategy, amount cost) noexcept;

/// `price` · (1,000,000 + margin_ppm) / 1,000,000, rounded up and saturating.
[[nodiscard]] amount with_margin(amount price, std::uint32_t margin_ppm) noexcept;

} // namespace ainur::market
