// Slashing spans: the life of a staker in eras, cut where it was slashed.
//
// Within one span only the largest slash counts, so that one mistake seen many times, or by many of
// the validators that a nominator backs, is paid for once. A slash in the current span ends it: the
// next era begins another. Spans that end before the bonding window are forgotten.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "ainur/base/fields.hpp"

namespace ainur::ledger {

/// Eras [start, start + length); without a length it goes on.
struct slashing_span {
  std::uint32_t index = 0;
  std::uint64_t start = 0;
  std::optional<std::uint64_t> length;
  AINUR_FIELDS(slashing_span, index, start, length)

  [[nodiscard]] bool contains_era(std::uint64_t era) const noexcept;
};

struct slashing_spans {
  std::uint32_t span_index = 0;     ///< of the current span
  std::uint64_t last_start = 0;     ///< the first era of the current span
  std::vector<std::uint64_t> prior; ///< lengths of the spans before it, the latest first
  AINUR_FIELDS(slashing_spans, span_index, last_start, prior)

  /// The current span, then those before it, the latest first.
  [[nodiscard]] std::vector<slashing_span> all() const;
  /// The span that the era is in; nothing if it lies before all of them.
  [[nodiscard]] std::optional<slashing_span> span_of(std::uint64_t era) const;
  /// The first span that is not forgotten.
  [[nodiscard]] std::uint32_t earliest_index() const noexcept;

  /// The current span's last era is `now`; false if it has not begun by then.
  bool end_span(std::uint64_t now);
  /// Forgets the spans that end before the window; returns their indexes [first, last).
  std::optional<std::pair<std::uint32_t, std::uint32_t>> prune(std::uint64_t window_start);

  /// True if the numbers describe spans: none empty, none before era 0.
  [[nodiscard]] bool is_consistent() const noexcept;
};

} // namespace ainur::ledger
