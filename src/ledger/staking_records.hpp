// The records of staking. Eras are counted from genesis.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

#include "ainur/ledger/committee.hpp"
#include "ainur/ledger/slashing_spans.hpp"
#include "ainur/ledger/staking_view.hpp"
#include "records.hpp"

namespace ainur::ledger {

/// Something of an account in an era.
struct era_account_key {
  std::uint64_t era = 0;
  account_id account;

  [[nodiscard]] std::uint64_t spread() const noexcept {
    return spread_bytes(account.value.data(), 32) + era * 0x9e3779b97f4a7c15u;
  }

  friend auto operator<=>(const era_account_key&, const era_account_key&) = default;
  AINUR_FIELDS(era_account_key, era, account)
};

struct exposure_page_key {
  std::uint64_t era = 0;
  account_id validator;
  std::uint32_t page = 0;

  [[nodiscard]] std::uint64_t spread() const noexcept {
    return spread_bytes(validator.value.data(), 32) + era * 0x9e3779b97f4a7c15u +
           page * 0xbf58476d1ce4e5b9u;
  }

  friend auto operator<=>(const exposure_page_key&, const exposure_page_key&) = default;
  AINUR_FIELDS(exposure_page_key, era, validator, page)
};

/// One of a numbered row: a validator of an era, a page of a slash.
struct place_key {
  std::uint64_t number = 0;
  std::uint32_t place = 0;

  [[nodiscard]] std::uint64_t spread() const noexcept {
    return number * 0x9e3779b97f4a7c15u + (place + 1u) * 0xbf58476d1ce4e5b9u;
  }

  friend auto operator<=>(const place_key&, const place_key&) = default;
  AINUR_FIELDS(place_key, number, place)
};

/// Under the stash. What it holds lies here, not in the account.
struct stake_record {
  account_id controller;
  reward_destination payee = reward_destination::restaked;
  amount active;
  std::vector<unlock_chunk> unlocking; ///< in rising order of their eras, none empty
  std::optional<validator_prefs> validator;
  std::vector<account_id> targets; ///< of a nominator; never of a validator
  AINUR_FIELDS(stake_record, controller, payee, active, unlocking, validator, targets)

  [[nodiscard]] amount total() const noexcept {
    auto sum = active;
    for (const auto& c : unlocking)
      sum = sum.saturating_plus(c.value);
    return sum;
  }
};

/// The key with which a validator signs statements, from its next election on.
struct validator_key_record {
  byte_array<32> key{};
  AINUR_FIELDS(validator_key_record, key)
};

/// Kept as long as its era.
struct committee_record {
  std::uint64_t first_height = 0;
  std::optional<std::uint64_t> before; ///< the era of the committee before it
  std::vector<committee_member> members;
  AINUR_FIELDS(committee_record, first_height, before, members)
};

/// Who is in office.
struct office_record {
  std::uint64_t era = 0;                    ///< of the committee at the last block's height
  std::vector<std::uint64_t> next;          ///< elected, and not in office yet: their eras
  std::uint32_t due = 0;                    ///< blocks that this committee could sign so far
  std::vector<std::uint32_t> signed_blocks; ///< of them, by place
  AINUR_FIELDS(office_record, era, next, due, signed_blocks)
};

struct controller_record {
  account_id stash;
  AINUR_FIELDS(controller_record, stash)
};

/// An era with validators.
struct era_record {
  amount staked; ///< all exposures together
  amount reward; ///< once ended
  bool ended = false;
  std::uint64_t points = 0;
  std::uint32_t validators = 0; ///< as elected
  std::uint32_t kept = 0;       ///< of them, whose records are not dropped yet
  std::uint32_t equivocators = 0;
  std::uint32_t unresponsive = 0;
  AINUR_FIELDS(era_record, staked, reward, ended, points, validators, kept, equivocators,
               unresponsive)
};

/// A validator of an era.
struct exposure_record {
  amount own;
  amount total;
  std::uint32_t commission_ppm = 0;
  std::uint32_t pages = 1; ///< 1 .. 64
  std::uint64_t points = 0;
  std::uint64_t claimed = 0; ///< a bit for each page
  bool equivocated = false;
  bool was_unresponsive = false;
  std::uint32_t slash_ppb = 0; ///< the largest so far
  std::optional<account_id> reporter;
  AINUR_FIELDS(exposure_record, own, total, commission_ppm, pages, points, claimed, equivocated,
               was_unresponsive, slash_ppb, reporter)
};

struct exposure_page_record {
  amount total; ///< on this page; on page 0 the validator's own included
  std::vector<stake_part> nominators;
  AINUR_FIELDS(exposure_page_record, total, nominators)
};

struct elected_record {
  account_id validator;
  AINUR_FIELDS(elected_record, validator)
};

/// What was charged in one span.
struct span_charge {
  std::uint32_t span = 0;
  amount slashed;  ///< the largest
  amount paid_out; ///< to reporters
  AINUR_FIELDS(span_charge, span, slashed, paid_out)
};

/// What a nominator lost for one era.
struct era_charge {
  std::uint64_t era = 0;
  amount value;
  AINUR_FIELDS(era_charge, era, value)
};

/// Under a stash that has a stake.
struct slashing_record {
  slashing_spans spans;
  std::vector<span_charge> charges; ///< in rising order of their spans
  std::vector<era_charge> eras;     ///< in rising order
  AINUR_FIELDS(slashing_record, spans, charges, eras)
};

/// A page of a slash that waits; what belongs to the slash as a whole counts on page 0.
struct deferred_slash_record {
  account_id validator;
  validator_offence kind = validator_offence::equivocation;
  std::uint64_t era = 0;
  std::uint64_t apply_era = 0;
  std::uint32_t pages = 1; ///< that are left
  amount own;
  std::vector<stake_part> nominators;
  std::optional<account_id> reporter;
  amount reporter_reward; ///< of this page
  AINUR_FIELDS(deferred_slash_record, validator, kind, era, apply_era, pages, own, nominators,
               reporter, reporter_reward)
};

} // namespace ainur::ledger
