// The validators of a market: who they are at the start, and where they stand. Each is an actor
// with a store of its own; together they agree on every block of the market's ledger
// (docs/consensus.md). Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ainur/base/amount.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/ledger/founding.hpp"

namespace ainur {

/// What validators begin with. It is written into the ledger's genesis: a store that is there
/// already goes on with those it has.
struct validator_options {
  /// Backs validators with a stake.
  struct nominator {
    amount stake;                       ///< at least `staking_parameters::nominator_stake_min`
    std::vector<std::uint32_t> targets; ///< numbers of validators, from 0, each once
  };

  /// Of each validator its own, at least `staking_parameters::validator_stake_min`; from one up to
  /// `staking_parameters::validators_max`.
  std::vector<amount> stakes;
  std::vector<nominator> nominators{};    ///< at most 20,000
  std::uint32_t commission_ppm = 100'000; ///< of rewards, before they are shared
  ledger::election_method election = ledger::election_method::phragmen;
  ledger::agreement_parameters agreement{};
  std::uint64_t keep_blocks = 0;           ///< kept by each validator; 0: all
  amount free_balance = amount::ainu(100); ///< of each, for the fees of what it reports
};

/// Where a validator stands.
struct validator_report {
  account_id stash;
  bool is_up = false;
  std::uint64_t height = 0; ///< of its newest block
  hash256 block_hash;       ///< of that block
  hash256 state_hash;       ///< after that block
  std::uint64_t blocks_made = 0;
  std::string stopped; ///< why it has stopped itself; empty: it has not
};

} // namespace ainur
