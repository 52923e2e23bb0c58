// Genesis: the rules of a ledger and what everybody holds at its start.
//
// All rates are parts per million, all times whole microseconds, all money µAINU. The genesis hash
// is the `previous` of the first block and names the chain.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ainur/base/amount.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"
#include "ainur/ledger/founding.hpp"
#include "ainur/ledger/reward_curve.hpp"

namespace ainur::ledger {

/// The rules of streams, and of reputation that fades without activity.
struct settlement_parameters {
  duration top_up_window = std::chrono::hours{1}; ///< for an overdrawn stream
  std::uint32_t decay_after_eras = 0;             ///< idle eras that cost nothing; 0: no decay
  std::uint16_t decay_per_era = 5;                ///< for each idle era beyond them
  std::uint16_t decay_floor = 500;                ///< decay stops here, and starts only above
  AINUR_FIELDS(settlement_parameters, top_up_window, decay_after_eras, decay_per_era, decay_floor)
};

/// What is left of `score` after so many eras without an outcome.
[[nodiscard]] std::uint16_t decayed(const settlement_parameters& rules, std::uint16_t score,
                                    std::uint64_t idle_eras) noexcept;

/// Where the reward of an era comes from.
enum class reward_source : std::uint8_t {
  flat,       ///< so much for every 6 s of the era
  npos_curve, ///< by the share of the issuance that is staked
  max_value = npos_curve,
};

/// The rules of validator stake. Counts and times of eras are bounded in genesis.cpp.
struct staking_parameters {
  std::uint32_t seats = 100;               ///< validators of an era, at most
  std::uint32_t validators_max = 1'000;    ///< candidates
  std::uint32_t nominators_max = 20'000;   ///< at most 64 pages of them
  std::uint32_t nominations_max = 16;      ///< targets of one nominator
  std::uint32_t exposure_page_max = 512;   ///< nominators on a page: what one claim pays
  std::uint32_t unlocking_chunks_max = 32; ///< of one stash
  amount stake_min = amount::ainu(1);
  amount validator_stake_min = amount::ainu(10'000);
  amount nominator_stake_min = amount::ainu(100);
  std::uint32_t commission_min_ppm = 100'000;
  std::uint32_t commission_max_ppm = 200'000;
  std::uint32_t author_points = 20; ///< of a block
  ledger::reward_source reward_source = ledger::reward_source::flat;
  amount reward_per_6s = amount::ainu(5);
  reward_curve_parameters reward_curve;
  std::uint32_t reporter_ppm = 100'000; ///< reward proportion: of a slash
  std::uint32_t bonding_eras = 112;     ///< 28 days
  std::uint32_t slash_defer_eras = 111; ///< fewer than bonding_eras
  std::uint32_t history_eras = 84;      ///< for claims
  AINUR_FIELDS(staking_parameters, seats, validators_max, nominators_max, nominations_max,
               exposure_page_max, unlocking_chunks_max, stake_min, validator_stake_min,
               nominator_stake_min, commission_min_ppm, commission_max_ppm, author_points,
               reward_source, reward_per_6s, reward_curve, reporter_ppm, bonding_eras,
               slash_defer_eras, history_eras)

  /// How long an era's exposures are kept.
  [[nodiscard]] std::uint64_t retention_eras() const noexcept {
    return bonding_eras > history_eras ? bonding_eras : history_eras;
  }
};

/// The rules of identities and keys.
struct identity_parameters {
  /// How long an earlier key verifies what names it. The default outlives every window in which a
  /// delivered result can be shown to be fraudulent.
  duration rotation_grace = std::chrono::hours{7 * 24};
  std::uint32_t grace_keys_max = 8;  ///< earlier keys of one account within grace; 1..64
  amount document_deposit{100'000};  ///< reserved for any document, and
  amount document_byte_deposit{100}; ///< for each byte of its canonical form
  AINUR_FIELDS(identity_parameters, rotation_grace, grace_keys_max, document_deposit,
               document_byte_deposit)
};

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
  settlement_parameters settlement;
  staking_parameters staking;
  identity_parameters identity;
  channel_parameters channels;
  governance_parameters governance;
  AINUR_FIELDS(parameters, existential_deposit, bond_min, orchestrator_bond_min, reputation_start,
               reputation_gain, reputation_gain_step, reputation_loss, probation_below,
               probation_share_ppm, exposure_share_ppm, gains_per_pair_max, failure_slash_ppm,
               fraudulent_result_ppm, double_acceptance_ppm, repeated_failures_ppm,
               protocol_violation_ppm, release_fee_ppm, dispute_bond_ppm, absence_slash_ppm,
               fee_per_weight, fee_author_ppm, era, unbonding, review_window, dispute_window,
               arbitration_window, appeal_window, retention, unbonding_chunks_max,
               block_entries_max, sweep_max, settlement, staking, identity, channels, governance)
};

/// What one account holds at the start. Accounts stand in strictly increasing order of their id.
struct allocation {
  account_id account;
  amount free;   ///< at least the existential deposit, unless something is bonded
  amount bonded; ///< a performance bond
  AINUR_FIELDS(allocation, account, free, bonded)
};

struct genesis {
  std::uint16_t version = 1;   ///< 2 with a founding, 1 without
  std::string chain = "ainur"; ///< 1..64 printable characters
  timestamp time{};            ///< the first block is later
  ledger::parameters parameters;
  account_id authority; ///< the author of every block; none with a founding
  account_id council;   ///< may report and cancel severe offences
  amount treasury;
  std::vector<allocation> allocations;
  std::optional<ledger::founding> founding{}; ///< validators make the blocks
  static constexpr std::size_t fields_added = 1;
  AINUR_FIELDS(genesis, version, chain, time, parameters, authority, council, treasury, allocations,
               founding)
};

/// Checks ranges, order and that all money fits 64 bits. Errors: `bad_genesis`, naming the field.
[[nodiscard]] result<void> validate(const genesis& g);

/// Names the chain: the hash of the canonical form.
[[nodiscard]] hash256 genesis_hash(const genesis& g);
/// Of the canonical bytes.
[[nodiscard]] hash256 genesis_hash(bytes_view form);

[[nodiscard]] bytes encode_genesis(const genesis& g);
/// Decodes and validates. Errors: any `codec::errc`, `bad_genesis`.
[[nodiscard]] result<genesis> decode_genesis(bytes_view data);

} // namespace ainur::ledger
