#include "ainur/routing/learned_estimate.hpp"

namespace ainur::routing {

void learned_estimate::update(const learning_options& options, double estimate, double trust_in_it,
                              std::uint64_t now) noexcept {
  switch (options.rule) {
  case learning_rule::q:
    q = q_update(q, estimate, options.eta);
    break;
  case learning_rule::cq: {
    const auto fresh = cq_update({q, trust(options, now)}, {estimate, trust_in_it});
    q = fresh.q;
    confidence = fresh.c;
    break;
  }
  case learning_rule::predictive: {
    // The best ever seen begins with the first that was seen.
    const predictive_estimate old{q, seen ? best : estimate, recovery, static_cast<double>(at)};
    const auto fresh =
        predictive_update(old, estimate, static_cast<double>(now), options.predictive);
    q = fresh.q;
    best = fresh.best;
    recovery = fresh.recovery;
    break;
  }
  case learning_rule::count: {
    const auto fresh = count_confidence_update({q, confidence}, estimate, options.eta);
    q = fresh.q;
    confidence = fresh.c;
    break;
  }
  }
  at = now;
  seen = true;
}

double learned_estimate::expected(const learning_options& options,
                                  std::uint64_t now) const noexcept {
  if (options.rule != learning_rule::predictive || !seen)
    return q;
  return predicted({q, best, recovery, static_cast<double>(at)}, static_cast<double>(now));
}

double learned_estimate::trust(const learning_options& options, std::uint64_t now) const noexcept {
  return options.rule == learning_rule::cq ? cq_decay(confidence, options.lambda, now - at)
                                           : confidence;
}

} // namespace ainur::routing
