// Seeded randomness and samplers that give the same numbers on every machine: 64-bit integers only,
// no C library transcendentals, no std:: distributions. A component is handed a generator; streams
// for different purposes are split off by name, so that adding one does not disturb another.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "ainur/base/time.hpp"

namespace ainur {

/// xoshiro256** (Blackman & Vigna 2018), seeded through SplitMix64. A value; not thread-safe.
class rng {
public:
  explicit rng(std::uint64_t seed) noexcept;

  /// An independent stream named `purpose` (and numbered `index`), unaffected by draws from this
  /// one.
  [[nodiscard]] rng split(std::string_view purpose, std::uint64_t index = 0) const noexcept;

  /// Uniform in 0 .. 2^64 − 1.
  std::uint64_t next() noexcept;
  /// Uniform in 0 .. bound − 1, without bias (Lemire 2019). `bound` must not be 0.
  std::uint64_t below(std::uint64_t bound) noexcept;
  /// Uniform in first .. last, both included.
  std::int64_t between(std::int64_t first, std::int64_t last) noexcept;
  /// True with probability parts_per_million / 1,000,000.
  bool chance_ppm(std::uint64_t parts_per_million) noexcept;

  /// Fisher–Yates.
  template <class T>
  void shuffle(std::span<T> items) noexcept {
    for (std::size_t n = items.size(); n > 1; --n)
      std::swap(items[n - 1], items[below(n)]);
  }

private:
  std::uint64_t identity_; // what split derives from
  std::array<std::uint64_t, 4> state_;
};

/// Fixed point with 32 fractional bits.
using q32 = std::int64_t;

/// log2(x / 2^32) in Q32 for x ≥ 1, by repeated squaring: exact to the last bit on every machine.
[[nodiscard]] q32 log2_q32(std::uint64_t x) noexcept;
/// 2^(x / 2^32) in Q32, saturating at 2^63 − 1.
[[nodiscard]] q32 exp2_q32(q32 x) noexcept;

/// Exponentially distributed with the given mean, in the mean's unit. Mean 0 gives 0.
[[nodiscard]] std::uint64_t sample_exponential(rng& random, std::uint64_t mean) noexcept;
/// Poisson with the given mean in millionths, at most 2^31 events. Used for arrivals per slot.
[[nodiscard]] std::uint64_t sample_poisson(rng& random, std::uint64_t mean_ppm) noexcept;
/// Standard normal in Q32 (sum of twelve uniforms, |x| ≤ 6).
[[nodiscard]] q32 sample_normal_q32(rng& random) noexcept;
/// Log-normal with the given median; `sigma_ppm` is the deviation of ln(x) in millionths.
[[nodiscard]] std::uint64_t sample_lognormal(rng& random, std::uint64_t median,
                                             std::uint64_t sigma_ppm) noexcept;

} // namespace ainur
