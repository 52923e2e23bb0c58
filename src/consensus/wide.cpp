#include "ainur/consensus/wide.hpp"

#include <algorithm>
#include <bit>

#include "ainur/base/assert.hpp"

namespace ainur::consensus {

namespace {

constexpr std::uint64_t low_half(uint128 x) noexcept {
  return static_cast<std::uint64_t>(x);
}

constexpr std::uint64_t high_half(uint128 x) noexcept {
  return static_cast<std::uint64_t>(x >> 64);
}

constexpr uint128 join(std::uint64_t high, std::uint64_t low) noexcept {
  return uint128{high} << 64 | low;
}

/// Divides in place, returns the remainder.
std::uint64_t divide(uint256& a, std::uint64_t by) noexcept {
  std::uint64_t rest = 0;
  const auto limb = [&rest, by](std::uint64_t x) {
    const auto part = join(rest, x);
    rest = low_half(part % by);
    return low_half(part / by);
  };
  const auto l3 = limb(high_half(a.high));
  const auto l2 = limb(low_half(a.high));
  const auto l1 = limb(high_half(a.low));
  const auto l0 = limb(low_half(a.low));
  a = {join(l3, l2), join(l1, l0)};
  return rest;
}

/// a · by; nothing if it does not fit.
std::optional<uint256> times(const uint256& a, std::uint64_t by) noexcept {
  const auto low = multiply(a.low, uint128{by});
  const auto high = multiply(a.high, uint128{by});
  if (high.high != 0 || high.low > uint128_max - low.high)
    return std::nullopt;
  return uint256{high.low + low.high, low.low};
}

/// One digit (base 2^64) of (top·2^64 + next) / d, where d has its highest bit set and top < d.
/// `top` becomes the remainder. Knuth, The Art of Computer Programming, volume 2, 4.3.1, D.
std::uint64_t divide_step(uint128& top, std::uint64_t next, uint128 d) noexcept {
  const auto d1 = high_half(d);
  const auto d0 = low_half(d);
  uint128 guess;
  uint128 rest;
  if (high_half(top) == d1) { // the quotient of the leading digits would be 2^64
    guess = ~std::uint64_t{0};
    rest = uint128{low_half(top)} + d1;
  } else {
    guess = top / d1;
    rest = top % d1;
  }
  while (high_half(rest) == 0 && guess * d0 > join(low_half(rest), next)) { // at most twice
    --guess;
    rest += d1;
  }
  top = join(low_half(top), next) - guess * d; // modulo 2^128, in which the remainder fits
  return low_half(guess);
}

/// ⌊(high·2^64 + low) / c⌋ for c ≥ 2^64.
uint128 divide_long(uint128 high, std::uint64_t low, uint128 c) noexcept {
  const auto shift = static_cast<unsigned>(std::countl_zero(high_half(c)));
  const auto d = c << shift;
  uint128 top = shift == 0 ? 0 : high >> (128 - shift);
  const auto middle = high << shift | (shift == 0 ? 0 : low >> (64 - shift));
  // The first digit of four is 0, as c has two of three.
  top = join(low_half(top), high_half(middle));
  const auto q1 = divide_step(top, low_half(middle), d);
  const auto q0 = divide_step(top, low << shift, d);
  return join(q1, q0);
}

} // namespace

uint256 multiply(uint128 a, uint128 b) noexcept {
  const auto ll = uint128{low_half(a)} * low_half(b);
  const auto lh = uint128{low_half(a)} * high_half(b);
  const auto hl = uint128{high_half(a)} * low_half(b);
  const auto hh = uint128{high_half(a)} * high_half(b);
  const auto middle = uint128{high_half(ll)} + low_half(lh) + low_half(hl);
  return {hh + high_half(lh) + high_half(hl) + high_half(middle),
          join(low_half(middle), low_half(ll))};
}

uint256 saturating_add(uint256 a, const uint256& b) noexcept {
  a.low += b.low;
  const uint128 carry = a.low < b.low ? 1 : 0;
  if (b.high > uint128_max - a.high || (carry != 0 && a.high + b.high == uint128_max))
    return {uint128_max, uint128_max};
  a.high += b.high + carry;
  return a;
}

uint256 saturating_subtract(uint256 a, const uint256& b) noexcept {
  if (a < b)
    return {};
  const uint128 borrow = a.low < b.low ? 1 : 0;
  a.low -= b.low;
  a.high -= b.high + borrow;
  return a;
}

uint256 billionths_up(const uint256& a, std::uint32_t parts) noexcept {
  constexpr std::uint64_t one = 1'000'000'000;
  AINUR_ASSERT(parts <= one);
  auto whole = a;
  const auto rest = divide(whole, one);
  const auto up = (rest * parts + one - 1) / one;
  return saturating_add(*times(whole, parts), {0, up}); // at most a
}

uint128 multiply_divide(uint128 a, std::uint64_t b, uint128 c) noexcept {
  const auto low = uint128{low_half(a)} * b;
  const auto high = uint128{high_half(a)} * b + high_half(low);
  if (high_half(c) != 0)
    return divide_long(high, low_half(low), c);
  const auto d = low_half(c);
  const auto quotient = high / d;
  const auto rest = low_half(high % d);
  return join(low_half(quotient), low_half(join(rest, low_half(low)) / d));
}

std::string to_string(uint128 value) {
  return to_string(uint256{0, value});
}

std::string to_string(const uint256& value) {
  std::string digits;
  for (auto rest = value; rest != uint256{} || digits.empty();)
    digits.push_back(static_cast<char>('0' + divide(rest, 10)));
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::optional<uint256> uint256_from_text(std::string_view text) noexcept {
  constexpr uint256 most{uint128_max, uint128_max};
  if (text.empty())
    return std::nullopt;
  uint256 value;
  for (const char c : text) {
    if (c < '0' || c > '9')
      return std::nullopt;
    const auto tens = times(value, 10);
    const uint256 digit{0, static_cast<uint128>(c - '0')};
    if (!tens || saturating_subtract(most, digit) < *tens)
      return std::nullopt;
    value = saturating_add(*tens, digit);
  }
  return value;
}

} // namespace ainur::consensus
