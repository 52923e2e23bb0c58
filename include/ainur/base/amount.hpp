// Money: an unsigned count of µAINU with checked arithmetic. There is no implicit arithmetic: every
// operation that can overflow says so in its result.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ainur/base/error.hpp"

namespace ainur {

/// A count of µAINU, 0 .. 2^64 − 1. 1 AINU = 1,000,000 µAINU.
class amount {
public:
  static constexpr std::uint64_t micro_per_ainu = 1'000'000;

  constexpr amount() noexcept = default;

  constexpr explicit amount(std::uint64_t micro) noexcept : micro_(micro) {}

  /// Whole AINU; for constants (the caller knows that it fits).
  [[nodiscard]] static constexpr amount ainu(std::uint64_t whole) noexcept {
    return amount{whole * micro_per_ainu};
  }

  [[nodiscard]] static constexpr amount max() noexcept { return amount{~std::uint64_t{0}}; }

  [[nodiscard]] constexpr std::uint64_t micro() const noexcept { return micro_; }

  [[nodiscard]] constexpr bool is_zero() const noexcept { return micro_ == 0; }

  /// Nothing if the sum does not fit.
  [[nodiscard]] constexpr std::optional<amount> plus(amount other) const noexcept {
    const auto sum = micro_ + other.micro_;
    return sum < micro_ ? std::nullopt : std::optional{amount{sum}};
  }

  /// Nothing if `other` is larger.
  [[nodiscard]] constexpr std::optional<amount> minus(amount other) const noexcept {
    return other.micro_ > micro_ ? std::nullopt : std::optional{amount{micro_ - other.micro_}};
  }

  [[nodiscard]] constexpr amount saturating_plus(amount other) const noexcept {
    return plus(other).value_or(max());
  }

  /// Zero where `other` is larger.
  [[nodiscard]] constexpr amount saturating_minus(amount other) const noexcept {
    return minus(other).value_or(amount{});
  }

  /// ⌊this · numerator / denominator⌋ over 128 bits, saturating. `denominator` must not be 0.
  [[nodiscard]] constexpr amount times(std::uint64_t numerator,
                                       std::uint64_t denominator) const noexcept {
    __extension__ using wide = unsigned __int128;
    const wide product = wide{micro_} * numerator / denominator;
    return product > wide{~std::uint64_t{0}} ? max() : amount{static_cast<std::uint64_t>(product)};
  }

  friend constexpr auto operator<=>(amount, amount) = default;

private:
  std::uint64_t micro_ = 0;
};

/// "12.5 AINU": the shortest exact decimal form.
[[nodiscard]] std::string to_string(amount value);

/// Parses "12.5", "12.5 AINU" or "12500000 uAINU". Errors: `malformed`, `overflow` (more than
/// 2^64 − 1 µAINU, or more than six decimals).
[[nodiscard]] result<amount> amount_from_text(std::string_view text);

} // namespace ainur
