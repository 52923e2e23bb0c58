// Who validates: the election at the start of every era.
//
// A pure function from candidates and voters to winners. Genesis names it, and whoever opens a
// ledger's state brings the functions for the names. No clocks, no randomness, no
// floating point: the same input gives the same winners everywhere.
#pragma once

#include <cstdint>
#include <vector>

#include "ainur/base/amount.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/ledger/founding.hpp"

namespace ainur::ledger {

/// Its own stake counts for itself alone, and wholly.
struct candidate {
  account_id stash;
  amount self_stake;
};

struct voter {
  account_id stash;
  amount budget;
  std::vector<std::uint32_t> targets; ///< places among the candidates; each once, at least one
};

/// Candidates and voters stand in rising order of their stash.
struct election_input {
  std::uint32_t seats = 0;
  std::vector<candidate> candidates;
  std::vector<voter> voters;
};

/// What one voter gives to one winner.
struct support {
  std::uint32_t voter = 0; ///< its place among the voters
  amount value;            ///< more than nothing
};

struct winner {
  std::uint32_t candidate = 0; ///< its place among the candidates
  std::vector<support> supports;
};

/// At most `seats` winners, in order of their election. What a voter gives goes to winners among
/// its targets only, and is at most its budget together.
using election_rule = std::vector<winner> (*)(const election_input& input);

/// The candidates with the most stake behind them (their own and the whole budget of each voter
/// that names them), the first of equals. Each voter's budget is divided evenly among the winners
/// it names, odd units to those it names first.
[[nodiscard]] std::vector<winner> elect_top_stake(const election_input& input);

/// The rule of a name; null if it is not known here. `consensus::elections` knows them all.
using election_rules = election_rule (*)(election_method method);
/// Knows `top_stake` alone.
[[nodiscard]] election_rule basic_elections(election_method method) noexcept;

/// True if the winners keep what `election_rule` promises. Linear in the supports.
[[nodiscard]] bool is_consistent(const election_input& input, const std::vector<winner>& winners);

} // namespace ainur::ledger
