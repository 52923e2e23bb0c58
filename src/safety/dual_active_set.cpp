#include "dual_active_set.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ainur::safety::detail {

namespace {

constexpr double rounding = 1e-12;  // relative error to expect of a slack
constexpr double dependent = 1e-11; // |z| below which a unit normal lies in the span of others
constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr std::size_t steps_max = 10'000;

} // namespace

double nearest_point::dot(const point& x, const point& y) const noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < n_; ++i)
    sum += x[i] * y[i];
  return sum;
}

void nearest_point::add(const point& normal, double b, double length) {
  half h;
  if (length == 0) {
    h.b = b; // 0 ≥ b: always true, or never
  } else {
    for (std::size_t i = 0; i < n_; ++i)
      h.normal[i] = normal[i] / length;
    h.b = b / length;
  }
  halves_.push_back(h);
}

double nearest_point::tolerance(std::size_t index) const noexcept {
  double size = 1e-3;
  for (std::size_t i = 0; i < n_; ++i)
    size = std::max(size, v_[i] < 0 ? -v_[i] : v_[i]);
  const auto b = halves_[index].b;
  return rounding * std::max(size, b < 0 ? -b : b);
}

bool nearest_point::is_active(std::uint32_t index) const noexcept {
  return std::find(active_.begin(), active_.begin() + count_, index) != active_.begin() + count_;
}

/// The constraint farthest from being satisfied, or the number of constraints if all are.
std::uint32_t nearest_point::most_violated() const noexcept {
  auto worst = static_cast<std::uint32_t>(halves_.size());
  double depth = 0;
  for (std::uint32_t i = 0; i < halves_.size(); ++i) {
    const auto s = dot(halves_[i].normal, v_) - halves_[i].b;
    if (s < -tolerance(i) && s < depth && !is_active(i)) {
      worst = i;
      depth = s;
    }
  }
  return worst;
}

/// Modified Gram–Schmidt, each column twice: orthogonal to rounding.
void nearest_point::orthogonalise() {
  for (std::size_t k = 0; k < count_; ++k) {
    auto column = halves_[active_[k]].normal;
    r_[k] = {};
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t j = 0; j < k; ++j) {
        const auto along = dot(q_[j], column);
        r_[k][j] += along;
        for (std::size_t i = 0; i < n_; ++i)
          column[i] -= along * q_[j][i];
      }
    }
    const auto length = std::sqrt(dot(column, column));
    r_[k][k] = length;
    for (std::size_t i = 0; i < n_; ++i)
      q_[k][i] = column[i] / length;
  }
}

void nearest_point::drop(std::size_t place) {
  for (auto k = place; k + 1 < count_; ++k) {
    active_[k] = active_[k + 1];
    multipliers_[k] = multipliers_[k + 1];
  }
  --count_;
  orthogonalise();
}

/// One step toward satisfying `entering` (Goldfarb & Idnani, step 2): as far as the multipliers of
/// the active constraints stay non-negative.
nearest_point::step nearest_point::meet(std::uint32_t entering, double& multiplier) {
  const auto& h = halves_[entering];
  // z: the part of the normal orthogonal to the active ones; r: how it is made up of them.
  point z = h.normal;
  std::array<double, dimensions_max> d{};
  for (int pass = 0; pass < 2; ++pass) {
    for (std::size_t j = 0; j < count_; ++j) {
      const auto along = dot(q_[j], z);
      d[j] += along;
      for (std::size_t i = 0; i < n_; ++i)
        z[i] -= along * q_[j][i];
    }
  }
  std::array<double, dimensions_max> r{};
  for (auto k = count_; k-- > 0;) {
    double sum = d[k];
    for (auto j = k + 1; j < count_; ++j)
      sum -= r_[j][k] * r[j];
    r[k] = sum / r_[k][k];
  }

  double dual_step = infinite;
  std::size_t leaving = 0;
  for (std::size_t k = 0; k < count_; ++k) {
    if (r[k] > rounding && multipliers_[k] / r[k] < dual_step) {
      dual_step = multipliers_[k] / r[k];
      leaving = k;
    }
  }
  const auto square = dot(z, z);
  const bool independent = count_ < n_ && square > dependent * dependent;
  const auto slack = dot(h.normal, v_) - h.b;
  const auto primal_step = independent ? -slack / square : infinite;
  const auto length = std::min(dual_step, primal_step);
  if (length == infinite)
    return step::impossible;
  if (independent)
    for (std::size_t i = 0; i < n_; ++i)
      v_[i] += length * z[i];
  for (std::size_t k = 0; k < count_; ++k)
    multipliers_[k] = std::max(0.0, multipliers_[k] - length * r[k]);
  multiplier += length;
  if (primal_step <= dual_step) {
    active_[count_] = entering;
    multipliers_[count_++] = multiplier;
    orthogonalise();
    return step::added;
  }
  drop(leaving);
  return step::dropped;
}

/// Solves for the active set once more from the start, so that rounding of the path taken is gone.
void nearest_point::polish() {
  // v = N (NᵀN)⁻¹ b = Q R⁻ᵀ b.
  std::array<double, dimensions_max> y{};
  v_ = {};
  for (std::size_t k = 0; k < count_; ++k) {
    double sum = halves_[active_[k]].b;
    for (std::size_t j = 0; j < k; ++j)
      sum -= r_[k][j] * y[j];
    y[k] = sum / r_[k][k];
    for (std::size_t i = 0; i < n_; ++i)
      v_[i] += y[k] * q_[k][i];
  }
}

nearest_point::answer nearest_point::solve() {
  answer out;
  std::size_t steps = 0;
  for (;;) {
    const auto entering = most_violated();
    if (entering == halves_.size())
      break;
    out.constraint = entering;
    double multiplier = 0;
    auto last = step::dropped;
    while (last == step::dropped) {
      if (++steps > steps_max) {
        out.how = status::stalled;
        return out;
      }
      last = meet(entering, multiplier);
    }
    if (last == step::impossible) {
      out.how = status::infeasible;
      return out;
    }
    polish();
  }
  out.v = v_;
  for (std::size_t k = 0; k < count_; ++k)
    if (multipliers_[k] > 0)
      out.active.push_back(active_[k]);
  std::sort(out.active.begin(), out.active.end());
  return out;
}

} // namespace ainur::safety::detail
