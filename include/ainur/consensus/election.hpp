// The election of validators: who wins, and how each voter's stake is divided among the winners.
//
// An election has candidates, and voters with a stake that name some of them. Sequential Phragmén
// is quick and represents every large enough group; phragmMS also comes close to the best
// possible smallest backing, and takes longer. Balancing evens out the backing of the winners
// afterwards. Integers only: the same election has the same solution everywhere. Pure functions;
// thread-safe. docs/elections.md states the rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ainur/base/error.hpp"
#include "ainur/consensus/wide.hpp"

namespace ainur::consensus {

/// Bounds of an election. Backings stay below 2^84.
inline constexpr std::size_t candidates_max = 100'000;
inline constexpr std::size_t voters_max = 1'000'000;
inline constexpr std::size_t targets_max = 1'024;       ///< of one voter
inline constexpr std::size_t targets_total = 4'000'000; ///< of all voters

struct election_voter {
  std::uint64_t id = 0;
  std::uint64_t stake = 0;
  std::vector<std::uint64_t> targets; ///< ids; unknown ones and repetitions count for nothing
};

enum class election_algorithm : std::uint8_t { seq_phragmen, phragmms, max_value = phragmms };

/// Ends after `iterations`, or after one whose largest change was at most `tolerance`.
struct balancing {
  std::uint32_t iterations = 0; ///< at most iterations_max
  uint128 tolerance = 0;

  static constexpr std::uint32_t iterations_max = 1'000;
};

/// Ids are unique among the candidates, and among the voters. Of equal candidates the first counts
/// as the better one.
struct election {
  election_algorithm algorithm = election_algorithm::seq_phragmen;
  std::uint32_t seats = 0;
  consensus::balancing balancing;
  std::vector<std::uint64_t> candidates;
  std::vector<election_voter> voters;
};

/// An election by places instead of ids, in flat arrays. The targets of voter v are
/// targets[first[v]] to targets[first[v + 1]], each once; such a place is an *edge*.
struct ballots {
  std::uint32_t candidates = 0;
  std::vector<std::uint64_t> budgets; ///< by voter
  std::vector<std::uint32_t> first;   ///< by voter, and one more
  std::vector<std::uint32_t> targets; ///< by edge: a place among the candidates

  [[nodiscard]] std::uint32_t voters() const noexcept {
    return static_cast<std::uint32_t>(budgets.size());
  }

  [[nodiscard]] std::span<const std::uint32_t> targets_of(std::uint32_t voter) const noexcept {
    return {targets.data() + first[voter], targets.data() + first[voter + 1]};
  }
};

/// Errors: `election_too_large`, `malformed_election` (an id twice).
[[nodiscard]] result<ballots> make_ballots(const election& e);

struct elected {
  std::uint32_t candidate = 0; ///< its place
  uint128 backing = 0;         ///< what the voters give it together
  uint128 score = 0;           ///< with which it won; see the algorithms
};

struct solution {
  std::vector<elected> winners;       ///< in order of their election
  std::vector<std::uint64_t> weights; ///< by edge: what the voter gives to the target
};

/// The score is in parts of 2^128 − 1; the smallest wins. Candidates without stake behind them come
/// last.
[[nodiscard]] solution elect_seq_phragmen(const ballots& b, std::uint32_t seats,
                                          const balancing& after = {});

/// The score is rounded down; the largest wins. Balances after each seat. Candidates without stake
/// behind them are not elected.
[[nodiscard]] solution elect_phragmms(const ballots& b, std::uint32_t seats,
                                      const balancing& each = {});

[[nodiscard]] solution elect(const ballots& b, election_algorithm algorithm, std::uint32_t seats,
                             const balancing& how);

/// Levels the backing of the winners; returns how many iterations it took. The solution must be one
/// of these ballots.
std::uint32_t balance(const ballots& b, solution& s, const balancing& how);

/// Changes the values so that their sum is `sum`: what is missing goes to the smallest first, until
/// they reach the mean; what is too much is taken from the largest first, until they reach the
/// smallest. Without values there is nothing to change.
void normalise(std::span<std::uint64_t> values, std::uint64_t sum);

/// What a voter gives in parts of 10^9, by edge: the parts of a voter who gives something sum up to
/// exactly 10^9.
[[nodiscard]] std::vector<std::uint64_t> in_billionths(const ballots& b, const solution& s);

/// Errors: `infeasible_solution`, naming the place of the voter or candidate: a winner twice or
/// unknown, a weight for one who did not win, more given than a voter has, or a backing that is not
/// the sum of what is given.
[[nodiscard]] result<void> check_feasible(const ballots& b, const solution& s);

} // namespace ainur::consensus
