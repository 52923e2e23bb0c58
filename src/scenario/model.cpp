#include "ainur/scenario/model.hpp"

#include <algorithm>
#include <limits>

namespace ainur::scenario {

namespace {

constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();

struct raw_model {
  distribution kind;
  std::uint64_t value;
  std::uint64_t min;
  std::uint64_t max;
  std::uint64_t sigma_ppm;
};

std::uint64_t draw_raw(const raw_model& m, rng& random) noexcept {
  std::uint64_t x = m.value;
  switch (m.kind) {
  case distribution::constant:
    return x;
  case distribution::uniform: {
    const auto width = m.max - std::min(m.min, m.max);
    return width == ~std::uint64_t{0} ? random.next()
                                      : std::min(m.min, m.max) + random.below(width + 1);
  }
  case distribution::exponential:
    x = sample_exponential(random, m.value);
    break;
  case distribution::lognormal:
    x = sample_lognormal(random, m.value, m.sigma_ppm);
    break;
  }
  x = std::max(x, m.min);
  return m.max == 0 ? x : std::min(x, m.max);
}

} // namespace

amount draw(const amount_model& m, rng& random) noexcept {
  return amount{
      draw_raw({m.kind, m.value.micro(), m.min.micro(), m.max.micro(), m.sigma.ppm}, random)};
}

duration draw(const duration_model& m, rng& random) noexcept {
  const auto u = [](duration d) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, micros(d)));
  };
  const auto x = draw_raw({m.kind, u(m.value), u(m.min), u(m.max), m.sigma.ppm}, random);
  return duration{static_cast<std::int64_t>(std::min(x, most))};
}

ratio draw(const ratio_model& m, rng& random) noexcept {
  return ratio{draw_raw({m.kind, m.value.ppm, m.min.ppm, m.max.ppm, m.sigma.ppm}, random)};
}

std::uint64_t draw(const count_model& m, rng& random) noexcept {
  return draw_raw({m.kind, m.value, m.min, m.max, m.sigma.ppm}, random);
}

} // namespace ainur::scenario
