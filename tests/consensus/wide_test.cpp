// Wide arithmetic against schoolbook arithmetic.
#include <doctest/doctest.h>

#include "ainur/base/rng.hpp"
#include "ainur/consensus/wide.hpp"
#include "consensus/big.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::consensus;
using ainur::test::big;
using ainur::test::big_of;

namespace {

/// Numbers of every length, and often ones with long runs of the same bit: there carries and
/// guesses go wrong.
uint128 draw(rng& random) {
  const auto part = [&random]() -> std::uint64_t {
    switch (random.below(5)) {
    case 0:
      return 0;
    case 1:
      return ~std::uint64_t{0};
    case 2:
      return std::uint64_t{1} << random.below(64);
    case 3:
      return ~std::uint64_t{0} << random.below(64);
    default:
      return random.next();
    }
  };
  const auto x = uint128{part()} << 64 | part();
  return x >> random.below(128);
}

} // namespace

TEST_CASE("a multiplication and division loses nothing on the way") {
  rng random{71};
  const int count = 20'000 * test::count_factor();
  for (int i = 0; i < count; ++i) {
    CAPTURE(i);
    const auto a = draw(random);
    const auto b = static_cast<std::uint64_t>(draw(random));
    auto c = draw(random);
    c = c < b ? b : c;
    if (c == 0)
      continue;
    const auto [quotient, rest] = divide(big{a} * big{b}, big{c});
    REQUIRE(big{multiply_divide(a, b, c)} == quotient);
  }
  // The largest there is, and a divisor below the factor where the result still fits.
  CHECK(multiply_divide(uint128_max, ~std::uint64_t{0}, ~std::uint64_t{0}) == uint128_max);
  CHECK(multiply_divide(uint128_max, 1, 1) == uint128_max);
  CHECK(multiply_divide(uint128_max, ~std::uint64_t{0}, uint128_max) == ~std::uint64_t{0});
  CHECK(multiply_divide(10, 7, 2) == 35);
}

TEST_CASE("products of 128 bits are whole") {
  rng random{72};
  for (int i = 0; i < 5'000; ++i) {
    const auto a = draw(random);
    const auto b = draw(random);
    REQUIRE(big_of(multiply(a, b)) == big{a} * big{b});
  }
}

TEST_CASE("sums and differences of 256 bits stop at their bounds") {
  rng random{73};
  const uint256 most{uint128_max, uint128_max};
  for (int i = 0; i < 5'000; ++i) {
    const uint256 a{draw(random), draw(random)};
    const uint256 b{draw(random), draw(random)};
    const auto sum = big_of(a) + big_of(b);
    REQUIRE(big_of(saturating_add(a, b)) == (big_of(most) < sum ? big_of(most) : sum));
    REQUIRE(big_of(saturating_subtract(a, b)) ==
            (big_of(a) < big_of(b) ? big{} : big_of(a) - big_of(b)));
  }
  CHECK(saturating_add(uint128_max, uint128{1}) == uint128_max);
  CHECK(saturating_add(uint128{3}, uint128{4}) == 7);
}

TEST_CASE("billionths are rounded up") {
  rng random{74};
  for (int i = 0; i < 5'000; ++i) {
    const uint256 a{draw(random), draw(random)};
    const auto parts = static_cast<std::uint32_t>(random.below(1'000'000'001));
    const auto [down, rest] = divide(big_of(a) * big{parts}, big{1'000'000'000});
    REQUIRE(big_of(billionths_up(a, parts)) == (rest == big{} ? down : down + big{1}));
  }
}

TEST_CASE("decimal text goes both ways, and nothing else is a number") {
  rng random{75};
  for (int i = 0; i < 2'000; ++i) {
    const uint256 a{draw(random), draw(random)};
    REQUIRE(uint256_from_text(to_string(a)) == a);
  }
  CHECK(to_string(uint128{0}) == "0");
  CHECK(to_string(uint128_max) == "340282366920938463463374607431768211455");
  const std::string most =
      "115792089237316195423570985008687907853269984665640564039457584007913129639935";
  CHECK(uint256_from_text(most) == uint256{uint128_max, uint128_max});
  auto more = most;
  more.back() = '6';
  for (const auto& text :
       {std::string{}, std::string{"-1"}, std::string{"1 "}, std::string{"0x1"}, more, most + "0"})
    CHECK_FALSE(uint256_from_text(text).has_value());
}
