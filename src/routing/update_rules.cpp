#include "ainur/routing/update_rules.hpp"

#include <algorithm>

namespace ainur::routing {

double q_update(double q, double estimate, double eta) noexcept {
  return q + eta * (estimate - q);
}

double cq_rate(double c_old, double c_estimate) noexcept {
  return std::max(c_estimate, 1 - c_old);
}

confident_estimate cq_update(confident_estimate old, confident_estimate estimate) noexcept {
  const auto eta = cq_rate(old.c, estimate.c);
  return {q_update(old.q, estimate.q, eta), q_update(old.c, estimate.c, eta)};
}

double cq_decay(double c, double lambda, unsigned long long steps) noexcept {
  double power = lambda;
  for (; steps != 0 && c > 0; steps >>= 1) {
    if ((steps & 1) != 0)
      c *= power;
    power *= power;
    if (power < 1e-150) // its further squares are zero, without passing through subnormals
      power = 0;
  }
  return c < 1e-150 ? 0 : c;
}

predictive_estimate predictive_update(predictive_estimate old, double estimate, double now,
                                      const predictive_options& options) noexcept {
  const auto delta = estimate - old.q;
  auto out = old;
  out.q += options.alpha * delta;
  out.best = std::min(old.best, out.q);
  if (delta < 0 && now > old.updated)
    out.recovery += options.beta * delta / (now - old.updated);
  else if (delta > 0)
    out.recovery *= options.gamma;
  out.updated = now;
  return out;
}

double predicted(const predictive_estimate& entry, double now) noexcept {
  return std::max(entry.q + (now - entry.updated) * entry.recovery, entry.best);
}

confident_estimate count_confidence_update(confident_estimate old, double estimate,
                                           double alpha_0) noexcept {
  const auto alpha = alpha_0 / (1 + old.c);
  return {q_update(old.q, estimate, alpha), old.c + 0.1 * (1 - old.c)};
}

} // namespace ainur::routing
