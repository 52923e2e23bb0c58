// How good a solution is, and whether one is better than another by more than a given share.
#pragma once

#include <cstdint>

#include "ainur/consensus/election.hpp"

namespace ainur::consensus {

/// Compared in this order: the smallest backing of a winner and the sum of all (more is better),
/// then the sum of their squares (less is better: it is spread more evenly).
struct election_score {
  uint128 minimal_stake = 0;
  uint128 sum_stake = 0;
  uint256 sum_stake_squared;

  friend bool operator==(const election_score&, const election_score&) = default;
};

/// All zero without winners.
[[nodiscard]] election_score score_of(const solution& s);

/// True if `a` is better than `b` by more than `threshold` billionths (at most 10^9) of b's value
/// in the first place where they differ by more than that, and in no place before it behind.
[[nodiscard]] bool is_better(const election_score& a, const election_score& b,
                             std::uint32_t threshold);

} // namespace ainur::consensus
