#include <set>

#include <doctest/doctest.h>

#include "ainur/base/amount.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/rng.hpp"
#include "ainur/base/time.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace std::chrono_literals;

TEST_CASE("amount arithmetic is checked") {
  CHECK_FALSE(amount::max().plus(amount{1}));
  CHECK_FALSE(amount{}.minus(amount{1}));
  CHECK(amount{5}.plus(amount{7}) == amount{12});
  CHECK(amount::max().times(1, 2) == amount{~std::uint64_t{0} / 2});
  CHECK(amount::max().times(2, 1) == amount::max());
  CHECK(amount{199}.times(1, 100) == amount{1});
}

TEST_CASE("amount text is exact and inverse") {
  CHECK(to_string(amount{12'500'000}) == "12.5 AINU");
  CHECK(amount_from_text("12.5") == amount{12'500'000});
  CHECK(amount_from_text("7 uAINU") == amount{7});
  CHECK(amount_from_text("18446744073709.551615") == amount::max());
  CHECK(amount_from_text("18446744073709.551616").error().is(base_errc::overflow));
  CHECK(amount_from_text("0.0000001").error().is(base_errc::malformed));
  CHECK(amount_from_text("-1").error().is(base_errc::malformed));
  test::check_property("amount text", 200, [](std::uint64_t micro) {
    RC_ASSERT(amount_from_text(to_string(amount{micro})) == amount{micro});
  });
}

TEST_CASE("duration text is exact and inverse") {
  CHECK(duration_from_text("1h 30min") == duration{5'400'000'000});
  CHECK(duration_from_text("1.5 s") == duration{1'500'000});
  CHECK(duration_from_text("7us") == duration{7});
  CHECK(duration_from_text("3 parsecs").error().is(base_errc::malformed));
  CHECK(duration_from_text("99999999999d").error().is(base_errc::overflow));
  test::check_property("duration text", 200, [](std::int64_t micro) {
    const duration d{micro < 0 ? -(micro + 1) : micro};
    RC_ASSERT(duration_from_text(to_string(d)) == d);
  });
}

TEST_CASE("timestamps print as UTC") {
  CHECK(to_string(timestamp_at(1'731'689'870'000'001)) == "2024-11-15T16:57:50.000001Z");
  CHECK(to_string(timestamp_at(-1)) == "1969-12-31T23:59:59.999999Z");
}

TEST_CASE("hexadecimal, base58 and dids are inverse") {
  CHECK(to_base58(as_bytes("Hello World!")) == "2NEpo7TZRRrLZSi2U");
  CHECK(from_base58("0OIl").error().is(base_errc::malformed));
  test::check_property("text forms", 200, [](const std::vector<std::uint8_t>& data) {
    const auto some =
        bytes(data.begin(), data.begin() + std::min<std::ptrdiff_t>(64, std::ssize(data)));
    RC_ASSERT(from_hex(to_hex(some)) == some);
    RC_ASSERT(from_base58(to_base58(some)) == some);
  });
  account_id id;
  id.value.fill(7);
  CHECK(account_from_text(to_did(id)) == id);
  CHECK(account_from_text(to_string(id)) == id);
}

TEST_CASE("the generator is xoshiro256** and its streams are independent by name") {
  rng a{42};
  const auto first = a.next();
  CHECK(rng{42}.next() == first);
  CHECK(a.split("x").next() == rng{42}.split("x").next());
  CHECK(a.split("x").next() != a.split("y").next());
  CHECK(a.split("x", 1).next() != a.split("x", 2).next());
}

TEST_CASE("below is in range and hits every value") {
  rng r{1};
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i)
    seen.insert(r.below(7));
  CHECK(seen.size() == 7);
  CHECK(*seen.rbegin() == 6);
  for (int i = 0; i < 1000; ++i) {
    const auto x = r.between(-3, 3);
    CHECK((x >= -3 && x <= 3));
  }
}

TEST_CASE("fixed-point logarithm and power") {
  CHECK(log2_q32(std::uint64_t{1} << 32) == 0);
  CHECK(log2_q32(std::uint64_t{1} << 63) == q32{31} << 32);
  CHECK(log2_q32(1) == -(q32{32} << 32));
  CHECK(exp2_q32(0) == q32{1} << 32);
  CHECK(exp2_q32(q32{3} << 32) == q32{8} << 32);
  CHECK(exp2_q32(-(q32{1} << 32)) == q32{1} << 31);
  // 2^(1/2) = 1.41421356237
  CHECK(exp2_q32(q32{1} << 31) == doctest::Approx(1.41421356237 * 4294967296.0).epsilon(1e-9));
}

TEST_CASE("samplers have their means") {
  rng r{3};
  std::uint64_t exponential = 0;
  std::uint64_t poisson = 0;
  std::uint64_t below_median = 0;
  constexpr int draws = 20'000;
  for (int i = 0; i < draws; ++i) {
    exponential += sample_exponential(r, 1000);
    poisson += sample_poisson(r, 2'500'000);
    below_median += sample_lognormal(r, 1000, 500'000) < 1000 ? 1 : 0;
  }
  CHECK(exponential / draws == doctest::Approx(1000).epsilon(0.03));
  CHECK(static_cast<double>(poisson) / draws == doctest::Approx(2.5).epsilon(0.03));
  CHECK(static_cast<double>(below_median) / draws == doctest::Approx(0.5).epsilon(0.03));
  CHECK(sample_exponential(r, 0) == 0);
  CHECK(sample_poisson(r, 0) == 0);
}
