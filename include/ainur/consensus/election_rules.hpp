// The elections of this room as rules of a ledger (`ledger::election_rule`).
//
// A candidate's own stake is a voter that names it alone. The winners' order is that of their
// election; the stake of a voter who supports a winner is divided whole, up to stakes so small that
// every share of it rounds to nothing. Pure functions; thread-safe.
#pragma once

#include "ainur/ledger/election.hpp"

namespace ainur::consensus {

/// Sequential Phragmén, not balanced.
[[nodiscard]] std::vector<ledger::winner> elect_phragmen(const ledger::election_input& input);

/// phragmMS, balanced after each seat (up to 4 iterations, to the last unit).
[[nodiscard]] std::vector<ledger::winner> elect_phragmms(const ledger::election_input& input);

/// All of them by the names that a genesis uses: `ledger::election_rules`.
[[nodiscard]] ledger::election_rule elections(ledger::election_method method) noexcept;

} // namespace ainur::consensus
