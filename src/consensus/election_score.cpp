#include "ainur/consensus/election_score.hpp"

#include <algorithm>

namespace ainur::consensus {

namespace {

enum class standing { ahead, level, behind };

/// Level up to ⌈share of b⌉ away from it.
standing compare(const uint256& a, const uint256& b, std::uint32_t threshold) {
  const auto margin = billionths_up(b, threshold);
  if (a > saturating_add(b, margin))
    return standing::ahead;
  if (a < saturating_subtract(b, margin))
    return standing::behind;
  return standing::level;
}

} // namespace

election_score score_of(const solution& s) {
  election_score score;
  if (s.winners.empty())
    return score;
  score.minimal_stake = uint128_max;
  for (const auto& w : s.winners) {
    score.minimal_stake = std::min(score.minimal_stake, w.backing);
    score.sum_stake += w.backing;
    score.sum_stake_squared =
        saturating_add(score.sum_stake_squared, multiply(w.backing, w.backing));
  }
  return score;
}

bool is_better(const election_score& a, const election_score& b, std::uint32_t threshold) {
  const auto least = compare({0, a.minimal_stake}, {0, b.minimal_stake}, threshold);
  if (least == standing::ahead)
    return true;
  if (least == standing::behind || a.minimal_stake < b.minimal_stake)
    return false;
  const auto sum = compare({0, a.sum_stake}, {0, b.sum_stake}, threshold);
  if (sum == standing::ahead)
    return true;
  if (sum == standing::behind || a.sum_stake < b.sum_stake)
    return false;
  return compare(a.sum_stake_squared, b.sum_stake_squared, threshold) == standing::behind;
}

} // namespace ainur::consensus
