// What a piece of work is worth by rule: a cost with a margin, or the mean of past prices. Integer
// arithmetic. (How bidders that learn find their asks is in learning/bidder.hpp.)
#pragma once

#include <cstdint>
#include <optional>

#include "ainur/base/amount.hpp"
#include "ainur/base/time.hpp"

namespace ainur::market {

/// `price` · (1,000,000 + margin_ppm) / 1,000,000, rounded up and saturating. Thread-safe.
[[nodiscard]] amount with_margin(amount price, std::uint32_t margin_ppm) noexcept;

/// The mean price of work of one kind, over all that was paid for it. Work counts by its length:
/// an hour weighs as much as sixty minutes. Not thread-safe.
class mean_price {
public:
  /// `paid` for so much work. Work of no length counts as a microsecond.
  void learn(amount paid, duration work) noexcept;

  /// What so much work costs on average, rounded down; nothing before the first price.
  [[nodiscard]] std::optional<amount> of(duration work) const noexcept;

private:
  __extension__ using sum = unsigned __int128;
  sum paid_ = 0; ///< µAINU
  sum work_ = 0; ///< µs
};

} // namespace ainur::market
