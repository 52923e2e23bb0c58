// Proportional justified representation: a large enough group of voters with common targets has
// its share of the winners.
//
// A solution proves that its winners have this property if no unelected candidate could be given
// the threshold t without a winner falling below it. What the voters of a candidate can spare is
// its *pre-score*; the certificate states all of them, and anyone with the ballots and the solution
// can compute them again in one pass. Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ainur/consensus/election.hpp"

namespace ainur::consensus {

struct pre_score {
  std::uint32_t candidate = 0; ///< its place
  uint128 value = 0;
};

/// What one voter could give to an unelected candidate.
struct spare_stake {
  std::uint32_t voter = 0; ///< its place
  std::uint64_t slack = 0; ///< more than nothing
};

struct pjr_certificate {
  uint128 threshold = 0;
  std::vector<pre_score> unelected;   ///< every candidate without a seat, in their order
  std::optional<pre_score> largest;   ///< the first of the largest; none if all are elected
  std::vector<spare_stake> objectors; ///< if it fails: the voters behind `largest`

  /// True if the largest pre-score is below the threshold. If not, the winners may still have the
  /// property: the solution does not prove it.
  [[nodiscard]] bool holds() const noexcept { return !largest || largest->value < threshold; }
};

/// ⌊all stake / winners⌋, with which the property has its usual strength; a smaller one asks more.
[[nodiscard]] uint128 standard_threshold(const ballots& b, const solution& s);

/// What a voter keeps when each of its winners is lowered to the threshold: its budget less
/// min(1, t/backing) of each weight. The ratio is rounded down to parts of 10^9, its product with
/// the weight to the nearest (half: down).
[[nodiscard]] std::uint64_t slack_of(const ballots& b, const solution& s, std::uint32_t voter,
                                     uint128 threshold);

/// The solution must be feasible.
[[nodiscard]] pjr_certificate certify_pjr(const ballots& b, const solution& s, uint128 threshold);

} // namespace ainur::consensus
