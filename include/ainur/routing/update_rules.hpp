// The update rules of learned delivery times, as pure functions over one table entry.
//
//   Q-routing        Boyan & Littman, NIPS 1993
//   CQ-routing       Kumar & Miikkulainen 1998
//   predictive Q     Choi & Yeung, NIPS 1996
//   count-confidence one more strategy, kept to be compared
//
// Estimates are in any unit of time or cost, as doubles; only + − * / are used, so that the results
// are the same on every machine. Thread-safe.
#pragma once

namespace ainur::routing {

/// Q += η (estimate − Q), estimate = wait + transmission + the neighbour's own minimum.
[[nodiscard]] double q_update(double q, double estimate, double eta) noexcept;

/// An estimate and how far it is trusted, 0 .. 1.
struct confident_estimate {
  double q = 0;
  double c = 0;
};

/// η = max(C_est, 1 − C_old).
[[nodiscard]] double cq_rate(double c_old, double c_estimate) noexcept;
/// Q += η (Q_est − Q); C += η (C_est − C).
[[nodiscard]] confident_estimate cq_update(confident_estimate old,
                                           confident_estimate estimate) noexcept;
/// C · λ^steps, by repeated multiplication of squares.
[[nodiscard]] double cq_decay(double c, double lambda, unsigned long long steps) noexcept;

/// One entry of predictive Q-routing.
struct predictive_estimate {
  double q = 0;        ///< last estimate
  double best = 0;     ///< B, the least ever seen
  double recovery = 0; ///< R ≤ 0, change per time
  double updated = 0;  ///< U, when last updated
};

struct predictive_options {
  double alpha = 1;
  double beta = 0.7;
  double gamma = 0.9;
};

/// Q += αΔ; B = min(B, Q); Δ < 0: R += βΔ / (now − U); Δ > 0: R *= γ; U = now. An update at the
/// very time of the last leaves R.
[[nodiscard]] predictive_estimate
predictive_update(predictive_estimate old, double estimate, double now,
                  const predictive_options& options = {}) noexcept;
/// max(Q + (now − U) R, B): what the choice minimises.
[[nodiscard]] double predicted(const predictive_estimate& entry, double now) noexcept;

/// α = α₀ / (1 + C); C += 0.1 (1 − C); Q += α (estimate − Q).
[[nodiscard]] confident_estimate count_confidence_update(confident_estimate old, double estimate,
                                                         double alpha_0) noexcept;

} // namespace ainur::routing
