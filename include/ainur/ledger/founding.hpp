// The founding of a ledger that validators keep together: who stands behind it at the start, by
// which rule the validators of an era are elected, and the numbers that all of them must share.
//
// The founding is part of genesis (genesis.hpp); a ledger without one has a single authority.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ainur/base/amount.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"

namespace ainur::ledger {

/// How the validators of an era are chosen (election.hpp, consensus/election_rules.hpp).
enum class election_method : std::uint8_t {
  top_stake, ///< who has most behind it
  phragmen,  ///< sequential Phragmén
  phragmms,
  max_value = phragmms,
};
[[nodiscard]] std::string_view to_string(election_method m) noexcept;

/// Numbers of the agreement (consensus/replica.hpp). Timeouts of round r are `first + r · more`.
struct agreement_parameters {
  duration propose_first = std::chrono::milliseconds{1'000};
  duration propose_more = std::chrono::milliseconds{500};
  duration vote_first = std::chrono::milliseconds{500}; ///< of prevotes and of precommits
  duration vote_more = std::chrono::milliseconds{250};
  duration precision = std::chrono::milliseconds{500};       ///< of honest clocks
  duration message_delay = std::chrono::milliseconds{1'000}; ///< of a proposal, at most
  duration empty_interval{};                 ///< to a block without batches; 0: there are none
  std::uint64_t checkpoint_interval = 1'000; ///< blocks between two state hashes; 0: never
  std::uint32_t block_bytes_max = 16u << 20; ///< of the batches of a block; at most 32 MiB
  AINUR_FIELDS(agreement_parameters, propose_first, propose_more, vote_first, vote_more, precision,
               message_delay, empty_interval, checkpoint_interval, block_bytes_max)
};

/// A candidate from the start: its own controller, its rewards restaked.
struct founding_validator {
  account_id stash;
  byte_array<32> key{}; ///< Ed25519: with which it signs statements
  amount value;         ///< staked, beside what is allocated
  std::uint32_t commission_ppm = 0;
  AINUR_FIELDS(founding_validator, stash, key, value, commission_ppm)
};

/// Backs validators from the start: its own controller, its rewards restaked.
struct founding_nominator {
  account_id stash;
  amount value;
  std::vector<account_id> targets; ///< stashes of founding validators
  AINUR_FIELDS(founding_nominator, stash, value, targets)
};

/// Both lists in strictly increasing order of their stashes, which have one role each.
struct founding {
  election_method election = election_method::phragmen;
  agreement_parameters agreement;
  std::vector<founding_validator> validators; ///< at least one
  std::vector<founding_nominator> nominators;
  AINUR_FIELDS(founding, election, agreement, validators, nominators)
};

} // namespace ainur::ledger
