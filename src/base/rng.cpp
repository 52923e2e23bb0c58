#include "ainur/base/rng.hpp"

#include <bit>
#include <limits>

#include "ainur/base/assert.hpp"

namespace ainur {

namespace {

__extension__ using uint128 = unsigned __int128;
constexpr q32 one = q32{1} << 32;
constexpr q32 ln2_q32 = 2'977'044'471; // ⌊ln 2 · 2^32⌋
constexpr std::uint64_t log2e_q32 = 6'196'328'018;

std::uint64_t splitmix64(std::uint64_t& state) noexcept {
  state += 0x9e3779b97f4a7c15u;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/// −ln(u) in Q32 for a uniform u in (0, 1].
std::uint64_t negative_log(rng& random) noexcept {
  const std::uint64_t u = (random.next() >> 11) + 1; // 1 .. 2^53
  // log2 of u as if it were a Q32 number is log2(u) − 32; −log2(u / 2^53) = 53 − log2(u).
  const auto bits = (q32{53} << 32) - (log2_q32(u) + (q32{32} << 32));
  return static_cast<std::uint64_t>(
      uint128{static_cast<std::uint64_t>(bits)} * static_cast<std::uint64_t>(ln2_q32) >> 32);
}

} // namespace

rng::rng(std::uint64_t seed) noexcept : identity_(seed), state_{} {
  std::uint64_t mixer = seed;
  for (auto& word : state_)
    word = splitmix64(mixer);
}

rng rng::split(std::string_view purpose, std::uint64_t index) const noexcept {
  std::uint64_t h = 0xcbf29ce484222325u ^ identity_; // FNV-1a over the name, then mixed
  for (const char c : purpose)
    h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  std::uint64_t mixer = h + index * 0x9e3779b97f4a7c15u;
  mixer = splitmix64(mixer);
  return rng{splitmix64(mixer)};
}

std::uint64_t rng::next() noexcept {
  const auto out = std::rotl(state_[1] * 5, 7) * 9;
  const auto t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return out;
}

std::uint64_t rng::below(std::uint64_t bound) noexcept {
  auto product = uint128{next()} * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t threshold = (0 - bound) % bound;
    while (static_cast<std::uint64_t>(product) < threshold)
      product = uint128{next()} * bound;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

std::int64_t rng::between(std::int64_t first, std::int64_t last) noexcept {
  const auto width = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first) + 1;
  const auto offset = width == 0 ? next() : below(width);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(first) + offset);
}

bool rng::chance_ppm(std::uint64_t parts_per_million) noexcept {
  return below(1'000'000) < parts_per_million;
}

q32 log2_q32(std::uint64_t x) noexcept {
  AINUR_ASSERT(x > 0);
  const int top = 63 - std::countl_zero(x);
  q32 out = (q32{top} - 32) << 32;
  // m in [1, 2) as Q63; each squaring yields one bit of the logarithm.
  std::uint64_t m = x << (63 - top);
  for (q32 bit = one >> 1; bit > 0; bit >>= 1) {
    const auto square = uint128{m} * m; // Q126
    if ((square >> 127) != 0) {
      out |= bit;
      m = static_cast<std::uint64_t>(square >> 64);
    } else {
      m = static_cast<std::uint64_t>(square >> 63);
    }
  }
  return out;
}

q32 exp2_q32(q32 x) noexcept {
  const q32 whole = x >> 32;
  if (whole >= 31)
    return std::numeric_limits<q32>::max();
  if (whole < -33)
    return 0;
  // 2^f for the fraction f by its bits: the product of 2^(2^-i), each the square root of the last.
  std::uint64_t root = 0x5a827999fcef3242u; // √2 in Q62
  std::uint64_t product = std::uint64_t{1} << 62;
  const auto fraction = static_cast<std::uint64_t>(x) & 0xffffffffu;
  for (int i = 31; i >= 0; --i) {
    if ((fraction >> i & 1) != 0)
      product = static_cast<std::uint64_t>(uint128{product} * root >> 62);
    // integer square root of root · 2^62, by Newton from above
    const auto target = uint128{root} << 62;
    std::uint64_t guess = root;
    for (;;) {
      const auto better = static_cast<std::uint64_t>((guess + target / guess) >> 1);
      if (better >= guess)
        break;
      guess = better;
    }
    root = guess;
  }
  const int shift = 30 - static_cast<int>(whole); // Q62 to Q32, times 2^whole
  return shift >= 64 ? 0 : static_cast<q32>(product >> shift);
}

std::uint64_t sample_exponential(rng& random, std::uint64_t mean) noexcept {
  const auto scaled = uint128{negative_log(random)} * mean >> 32;
  return scaled > std::numeric_limits<std::uint64_t>::max()
             ? std::numeric_limits<std::uint64_t>::max()
             : static_cast<std::uint64_t>(scaled);
}

std::uint64_t sample_poisson(rng& random, std::uint64_t mean_ppm) noexcept {
  constexpr std::uint64_t most = std::uint64_t{1} << 31;
  // Count exponential gaps of mean 1 until they fill the mean.
  const auto target = uint128{mean_ppm} * static_cast<std::uint64_t>(one) / 1'000'000;
  uint128 sum = 0;
  for (std::uint64_t count = 0; count < most; ++count) {
    sum += negative_log(random);
    if (sum > target)
      return count;
  }
  return most;
}

q32 sample_normal_q32(rng& random) noexcept {
  q32 sum = -6 * one;
  for (int i = 0; i < 12; ++i)
    sum += static_cast<q32>(random.next() >> 32);
  return sum;
}

std::uint64_t sample_lognormal(rng& random, std::uint64_t median,
                               std::uint64_t sigma_ppm) noexcept {
  __extension__ using int128 = __int128;
  const auto z = sample_normal_q32(random);
  const auto exponent = int128{z} * static_cast<std::int64_t>(sigma_ppm) / 1'000'000 *
                            static_cast<std::int64_t>(log2e_q32) >>
                        32;
  constexpr int128 bound = int128{30} << 32;
  const auto clamped = exponent > bound ? bound : exponent < -bound ? -bound : exponent;
  const auto factor = exp2_q32(static_cast<q32>(clamped));
  const auto scaled = uint128{median} * static_cast<std::uint64_t>(factor) >> 32;
  return scaled > std::numeric_limits<std::uint64_t>::max()
             ? std::numeric_limits<std::uint64_t>::max()
             : static_cast<std::uint64_t>(scaled);
}

} // namespace ainur
