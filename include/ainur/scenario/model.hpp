// Random quantities as a scenario states them: a constant, or a distribution with bounds. Drawing
// uses the integer samplers of base/rng.hpp, so that a seed gives the same numbers on every
// machine.
#pragma once

#include <compare>
#include <cstdint>

#include "ainur/base/amount.hpp"
#include "ainur/base/rng.hpp"
#include "ainur/base/time.hpp"

namespace ainur::scenario {

/// A rate, share or factor in parts per million: 1,000,000 is 1, or 100 %.
struct ratio {
  static constexpr std::uint64_t one = 1'000'000;
  std::uint64_t ppm = 0;
  friend auto operator<=>(const ratio&, const ratio&) = default;
};

/// 0.25 is `percent(25)`; for constants.
[[nodiscard]] constexpr ratio percent(std::uint64_t whole) noexcept {
  return ratio{whole * 10'000};
}

enum class distribution : std::uint8_t {
  constant,    ///< always `value`
  uniform,     ///< min .. max, both included
  exponential, ///< with mean `value`
  lognormal,   ///< with median `value`; `sigma` is the deviation of the logarithm
  max_value = lognormal,
};

/// A quantity T (amount, duration, ratio or a count) that is drawn for each agent, task or message.
/// `min` and `max` are the range of `uniform` and clip the others; a `max` of zero does not clip.
template <class T>
struct model {
  distribution kind = distribution::constant;
  T value{};
  T min{};
  T max{};
  ratio sigma = percent(50);
  friend bool operator==(const model&, const model&) = default;

  [[nodiscard]] static constexpr model constant(T v) noexcept { return {.value = v}; }

  [[nodiscard]] static constexpr model uniform(T low, T high) noexcept {
    return {.kind = distribution::uniform, .min = low, .max = high};
  }

  [[nodiscard]] static constexpr model lognormal(T median, ratio sigma) noexcept {
    return {.kind = distribution::lognormal, .value = median, .sigma = sigma};
  }

  [[nodiscard]] static constexpr model exponential(T mean) noexcept {
    return {.kind = distribution::exponential, .value = mean};
  }
};

using amount_model = model<amount>;
using duration_model = model<duration>;
using count_model = model<std::uint64_t>;
using ratio_model = model<ratio>;

/// One value of the model, in its own unit (µAINU, µs, ppm, count).
[[nodiscard]] amount draw(const amount_model& m, rng& random) noexcept;
[[nodiscard]] duration draw(const duration_model& m, rng& random) noexcept;
[[nodiscard]] ratio draw(const ratio_model& m, rng& random) noexcept;
[[nodiscard]] std::uint64_t draw(const count_model& m, rng& random) noexcept;

} // namespace ainur::scenario
