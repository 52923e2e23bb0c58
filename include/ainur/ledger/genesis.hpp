// Genesis: the rules of a ledger and what everybody holds at its start.
//
// All rates are parts per million, all times whole microseconds, all money µAINU. The genesis hash
// is the `previous` of the first block and names the chain.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ainur/base/amount.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"

namespace ainur::ledger {

/// Rules of payment channels.
struct channel_parameters {
  duration challenge_min = std::chrono::minutes{1};
  duration challenge_max = std::chrono::hours{24 * 150};
  duration consent_max = std::chrono::hours{24 * 7}; ///< open_by lies at most so far ahead
  AINUR_FIELDS(channel_parameters, challenge_min, challenge_max, consent_max)
};

/// Bounds of what DAOs may choose, and rules common to all.
struct governance_parameters {
  std::uint32_t members_max = 256;       ///< of a DAO; 1 .. 1,024
  std::uint32_t proposals_max = 16;      ///< of a DAO, open at a time; 1 .. 256
  std::uint32_t calls_max = 16;          ///< of a proposal; 1 .. 256
  std::uint32_t calls_bytes_max = 16384; ///< of a proposal's calls; 1 .. 64 KiB
  duration voting_min = std::chrono::minutes{1};
  duration voting_max = std::chrono::hours{24 * 90}; ///< and of the delay before the execution
  duration execution_window = std::chrono::hours{24 * 7};
  AINUR_FIELDS(governance_parameters, members_max, proposals_max, calls_max, calls_bytes_max,
               voting_min, voting_max, execution_window)
};

/// The rules that do not change during a chain's life (governance will have its place here).
struct parameters {
  amount existential_deposit{1'000};   ///< an account with less is reaped
  amount bond_min = amount::ainu(100); ///< for reputation, and for tasks with a minimum
  amount orchestrator_bond_min = amount::ainu(1'000);
  std::uint16_t reputation_start = 500;     ///< 0..1000
  std::uint16_t reputation_gain = 10;       ///< success: max(0, gain − ⌊score / gain_step⌋)
  std::uint16_t reputation_gain_step = 100; ///< at least 1
  std::uint16_t reputation_loss = 20;       ///< failure
  std::uint16_t probation_below = 300;      ///< the default minimum; below it: probation
  std::uint32_t probation_share_ppm = 100'000; ///< price ≤ this share of the stake
  std::uint32_t exposure_share_ppm = 500'000;  ///< Σ open paid-at-result prices ≤ share of stake
  std::uint32_t gains_per_pair_max = 3;        ///< of (payer, agent) controllers in an era
  std::uint32_t failure_slash_ppm = 10'000;    ///< of the stake, to the treasury
  std::uint32_t fraudulent_result_ppm = 500'000;
  std::uint32_t double_acceptance_ppm = 300'000;
  std::uint32_t repeated_failures_ppm = 250'000;
  std::uint32_t protocol_violation_ppm = 200'000;
  std::uint32_t release_fee_ppm = 10'000;   ///< on top of the price, paid by the payer
  std::uint32_t dispute_bond_ppm = 100'000; ///< of the price
  std::uint32_t absence_slash_ppm = 10'000; ///< of a silent arbiter's stake
  amount fee_per_weight{};                  ///< of a batch: × Σ weight_of(call); default none
  std::uint32_t fee_author_ppm = 200'000;   ///< share of fees for the block's author
  duration era = std::chrono::hours{6};
  duration unbonding = std::chrono::hours{28 * 24};
  duration review_window = std::chrono::hours{1};   ///< after a posted result
  duration dispute_window = std::chrono::hours{24}; ///< for the votes of the first three arbiters
  duration arbitration_window = std::chrono::hours{24}; ///< for those of the redraw
  duration appeal_window = std::chrono::hours{7 * 24};
  duration retention = std::chrono::hours{24}; ///< an ended task stays readable
  std::uint32_t unbonding_chunks_max = 32;
  std::uint32_t block_entries_max = 10'000; ///< of one batch too
  std::uint32_t sweep_max = 20'000;         ///< deadlines handled in one block
  channel_parameters channels;
  governance_parameters governance;
  AINUR_FIELDS(parameters, existential_deposit, bond_min, orchestrator_bond_min, reputation_start,
               reputation_gain, reputation_gain_step, reputation_loss, probation_below,
               probation_share_ppm, exposure_share_ppm, gains_per_pair_max, failure_slash_ppm,
               fraudulent_result_ppm, double_acceptance_ppm, repeated_failures_ppm,
               protocol_violation_ppm, release_fee_ppm, dispute_bond_ppm, absence_slash_ppm,
               fee_per_weight, fee_author_ppm, era, unbonding, review_window, dispute_window,
               arbitration_window, appeal_window, retention, unbonding_chunks_max,
               block_entries_max, sweep_max, channels, governance)
};

/// What one account holds at the start. Accounts stand in strictly increasing order of their id.
struct allocation {
  account_id account;
  amount free;   ///< at least the existential deposit, unless something is bonded
  amount bonded; ///< a performance bond
  AINUR_FIELDS(allocation, account, free, bonded)
};

struct genesis {
  std::uint16_t version = 1;
  std::string chain = "ainur"; ///< 1..64 printable characters
  timestamp time{};            ///< the first block is later
  ledger::parameters parameters;
  account_id authority; ///< the author of every block while there is only one
  account_id council;   ///< may report and cancel severe offences
  amount treasury;
  std::vector<allocation> allocations;
  AINUR_FIELDS(genesis, version, chain, time, parameters, authority, council, treasury, allocations)
};

/// Checks ranges, order and that all money fits 64 bits. Errors: `bad_genesis`, naming the field.
[[nodiscard]] result<void> validate(const genesis& g);

/// Names the chain: the hash of the canonical form.
[[nodiscard]] hash256 genesis_hash(const genesis& g);

[[nodiscard]] bytes encode_genesis(const genesis& g);
/// Decodes and validates. Errors: any `codec::errc`, `bad_genesis`.
[[nodiscard]] result<genesis> decode_genesis(bytes_view data);

} // namespace ainur::ledger
