// Exact arithmetic beyond 64 bits, as far as elections need it: 128-bit integers, their 256-bit
// products, and ⌊a·b/c⌋ without losing a bit. Pure functions; thread-safe.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ainur::consensus {

__extension__ using uint128 = unsigned __int128;

inline constexpr uint128 uint128_max = ~uint128{0};

/// 256 bits. The members stand in the order that makes the defaulted comparison numeric.
struct uint256 {
  uint128 high = 0;
  uint128 low = 0;

  friend constexpr auto operator<=>(const uint256&, const uint256&) = default;
};

/// a · b, whole.
[[nodiscard]] uint256 multiply(uint128 a, uint128 b) noexcept;
/// a + b, at most 2^256 − 1.
[[nodiscard]] uint256 saturating_add(uint256 a, const uint256& b) noexcept;
/// a − b, at least 0.
[[nodiscard]] uint256 saturating_subtract(uint256 a, const uint256& b) noexcept;
/// ⌈a · parts / 10^9⌉ for parts ≤ 10^9.
[[nodiscard]] uint256 billionths_up(const uint256& a, std::uint32_t parts) noexcept;

/// ⌊a · b / c⌋. The caller knows that c is not 0 and that the result fits, as it does if b ≤ c.
[[nodiscard]] uint128 multiply_divide(uint128 a, std::uint64_t b, uint128 c) noexcept;

/// a + b, at most 2^128 − 1.
[[nodiscard]] constexpr uint128 saturating_add(uint128 a, uint128 b) noexcept {
  return b > uint128_max - a ? uint128_max : a + b;
}

/// Decimal digits.
[[nodiscard]] std::string to_string(uint128 value);
[[nodiscard]] std::string to_string(const uint256& value);
/// Nothing if the text is empty, holds another character than a digit, or does not fit.
[[nodiscard]] std::optional<uint256> uint256_from_text(std::string_view text) noexcept;

} // namespace ainur::consensus
