// One learned estimate under any of the update rules (update_rules.hpp), so that whoever keeps a
// table of them, for packets or for markets, does not care which rule it is. Values; thread-safe.
#pragma once

#include <cstdint>

#include "ainur/routing/update_rules.hpp"

namespace ainur::routing {

enum class learning_rule : std::uint8_t { q, cq, predictive, count, max_value = count };

struct learning_options {
  learning_rule rule = learning_rule::cq;
  double eta = 0.7;     ///< of `q`; α₀ of `count`
  double lambda = 0.95; ///< decay of a confidence per unit of time without an update, of `cq`
  predictive_options predictive;
};

/// Begins at 0 without confidence: the first estimate is taken whole by `cq` and `predictive`.
struct learned_estimate {
  double q = 0;
  double confidence = 0; ///< when last updated
  double best = 0;       ///< of `predictive`
  double recovery = 0;   ///< of `predictive`
  std::uint64_t at = 0;  ///< when last updated
  bool seen = false;

  /// Takes a new estimate, itself trusted by `trust` (0 .. 1, of `cq`); `now` never goes back.
  void update(const learning_options& options, double estimate, double trust,
              std::uint64_t now) noexcept;
  /// What a choice minimises.
  [[nodiscard]] double expected(const learning_options& options, std::uint64_t now) const noexcept;
  [[nodiscard]] double trust(const learning_options& options, std::uint64_t now) const noexcept;
};

} // namespace ainur::routing
