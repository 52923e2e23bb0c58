// The records of the ledger's tables: in memory, and the canonical form in which they are hashed
// and kept in snapshots. Table numbers and field orders are part of the format (docs/ledger.md).
#pragma once

#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <tuple>
#include <type_traits>
#include <vector>

#include "ainur/ledger/view.hpp"

namespace ainur::ledger {

enum class table_id : std::uint8_t {
  meta = 0,
  accounts = 1,
  unbonding = 2,
  tasks = 3,
  disputes = 4,
  slashes = 5,
  gains = 6,
  arbiters = 7,
  locks = 8,
  stakes = 16,
  controllers = 17,
  eras = 18,
  exposures = 19,
  exposure_pages = 20,
  elected = 21,
  slashings = 22,
  deferred_slashes = 23,
  keys = 24,
  documents = 25,
  channels = 28,
  daos = 30,
  proposals = 31,
  ballots = 32,
  validator_keys = 33,
  committees = 34,
  office = 35,
};

/// The bytes of a key: ids as they are, numbers big-endian in their own width.
void append_key_part(bytes& out, bytes_view id);
void append_key_part(bytes& out, std::uint64_t number, std::size_t width);

template <class Key>
void append_key(bytes& out, const Key& key) {
  std::apply(
      [&out](const auto&... part) {
        const auto append = [&out](const auto& x) {
          if constexpr (std::is_unsigned_v<std::decay_t<decltype(x)>>)
            append_key_part(out, x, sizeof x);
          else
            append_key_part(out, x.view());
        };
        (append(part), ...);
      },
      key.fields());
}

/// Mixes the words of a key; keys may be chosen by strangers, so all of them count.
[[nodiscard]] inline std::uint64_t spread_bytes(const std::uint8_t* data,
                                                std::size_t size) noexcept {
  std::uint64_t mixed = 0x243f6a8885a308d3u;
  for (std::size_t i = 0; i < size; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + i, 8);
    mixed = (mixed ^ word) * 0x9e3779b97f4a7c15u;
    mixed ^= mixed >> 29;
  }
  return mixed * 0xbf58476d1ce4e5b9u;
}

/// Whether two ids are the same, without a call: keys are compared at every step of the ledger.
template <std::size_t Size>
[[nodiscard]] inline bool same_bytes(const std::uint8_t* x, const std::uint8_t* y) noexcept {
  static_assert(Size % 8 == 0);
  std::uint64_t different = 0;
  for (std::size_t i = 0; i < Size; i += 8) {
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    std::memcpy(&a, x + i, 8);
    std::memcpy(&b, y + i, 8);
    different |= a ^ b;
  }
  return different == 0;
}

/// The first 8 bytes as a number that orders as they do; sorting by it first is quick.
[[nodiscard]] inline std::uint64_t leading_bytes(const std::uint8_t* data) noexcept {
  std::uint64_t number = 0;
  for (int i = 0; i < 8; ++i)
    number = number << 8 | data[i];
  return number;
}

struct account_key {
  account_id id;

  [[nodiscard]] std::uint64_t spread() const noexcept { return spread_bytes(id.value.data(), 32); }

  [[nodiscard]] std::uint64_t leading() const noexcept { return leading_bytes(id.value.data()); }

  friend auto operator<=>(const account_key&, const account_key&) = default;

  [[nodiscard]] bool is(const account_key& other) const noexcept {
    return same_bytes<account_id::size>(id.value.data(), other.id.value.data());
  }

  AINUR_FIELDS(account_key, id)
};

struct task_key {
  task_id id;

  [[nodiscard]] std::uint64_t spread() const noexcept { return spread_bytes(id.value.data(), 16); }

  [[nodiscard]] std::uint64_t leading() const noexcept { return leading_bytes(id.value.data()); }

  friend auto operator<=>(const task_key&, const task_key&) = default;

  [[nodiscard]] bool is(const task_key& other) const noexcept {
    return same_bytes<task_id::size>(id.value.data(), other.id.value.data());
  }

  AINUR_FIELDS(task_key, id)
};

struct award_key {
  task_id task;
  std::uint16_t subtask = 0;

  [[nodiscard]] std::uint64_t spread() const noexcept {
    return spread_bytes(task.value.data(), 16) + subtask * 0x9e3779b97f4a7c15u;
  }

  friend auto operator<=>(const award_key&, const award_key&) = default;
  AINUR_FIELDS(award_key, task, subtask)
};

struct number_key {
  std::uint64_t number = 0;

  [[nodiscard]] std::uint64_t spread() const noexcept { return number * 0x9e3779b97f4a7c15u; }

  friend auto operator<=>(const number_key&, const number_key&) = default;
  AINUR_FIELDS(number_key, number)
};

struct pair_key {
  account_id payer; ///< controller of the payer
  account_id agent; ///< controller of the agent

  [[nodiscard]] std::uint64_t spread() const noexcept {
    return spread_bytes(payer.value.data(), 32) * 3 + spread_bytes(agent.value.data(), 32);
  }

  friend auto operator<=>(const pair_key&, const pair_key&) = default;
  AINUR_FIELDS(pair_key, payer, agent)
};

/// An account id as a small number; 0 is none. Never canonical.
using party = std::uint32_t;

/// Compact, since there may be millions. The canonical form names host and controller by their ids.
struct account_record {
  amount free;
  amount reserved;
  amount bonded;
  amount unbonding;
  amount held;
  amount exposure;
  amount locked; ///< of `free`: the largest of its locks
  std::uint64_t nonce = 0;
  party host = 0;
  party controller = 0; ///< as declared; 0: the host, or itself
  std::uint32_t open_awards = 0;
  std::uint32_t open_tasks = 0;   ///< as payer, without a final state
  std::uint32_t anchors = 0;      ///< records of other tables that need this one
  std::uint32_t repeated_era = 0; ///< 1 + the era of the last slash for repeated failures
  std::uint32_t arbiter = 0;      ///< 1 + its place among the arbiters; 0: not eligible
  std::uint64_t severe = 0;       ///< number of its last severe slash
  std::uint16_t score = 0;
  std::uint16_t history = 0; ///< last ten outcomes, newest in bit 0; 1 is a failure
  std::uint8_t outcomes = 0; ///< how many of them are known
  bool rated = false;
  std::uint64_t scored_era = 0; ///< `score` is as of this era; it decays from here
  timestamp accepted_from{};    ///< double acceptances are punished from here on

  [[nodiscard]] amount stake() const noexcept { return bonded.saturating_plus(unbonding); }

  /// What it may spend, reserve or bond. Slashes and rules may leave less free than is locked.
  [[nodiscard]] amount spendable() const noexcept { return free.saturating_minus(locked); }
};

struct account_form {
  account_id id;
  amount free, reserved, bonded, unbonding, held, exposure;
  std::uint64_t nonce = 0;
  std::optional<account_id> host, controller;
  std::uint32_t open_awards = 0, open_tasks = 0, repeated_era = 0, arbiter = 0;
  std::uint64_t severe = 0;
  std::uint16_t score = 0, history = 0;
  std::uint8_t outcomes = 0;
  bool rated = false;
  amount locked;
  std::uint32_t anchors = 0;
  std::uint64_t scored_era = 0;
  timestamp accepted_from{};
  AINUR_FIELDS(account_form, id, free, reserved, bonded, unbonding, held, exposure, nonce, host,
               controller, open_awards, open_tasks, repeated_era, arbiter, severe, score, history,
               outcomes, rated, locked, anchors, scored_era, accepted_from)
};

/// At most one of each number; their largest value is account_record::locked.
struct lock_part {
  std::uint8_t number = 0;
  amount value;
  timestamp until{};
  AINUR_FIELDS(lock_part, number, value, until)
};

struct lock_record {
  std::vector<lock_part> locks; ///< in order of their numbers
  AINUR_FIELDS(lock_record, locks)

  /// When the first of them ends.
  [[nodiscard]] timestamp next_end() const noexcept;
};

struct chunk {
  amount value;
  timestamp unlocks{};
  AINUR_FIELDS(chunk, value, unlocks)
};

/// Oldest first; their sum is account_record::unbonding.
struct unbonding_record {
  std::vector<chunk> chunks;
  AINUR_FIELDS(unbonding_record, chunks)
};

/// One part of a price, and what was posted for it.
struct part_record {
  amount price;
  hash256 result;
  AINUR_FIELDS(part_record, price, result)
};

struct award_record {
  std::uint16_t subtask = 0;
  award_status status = award_status::working;
  account_id agent;
  amount price; ///< of a stream: its deposit
  amount fee;   ///< on the whole price
  timestamp finish_by{};
  timestamp due{}; ///< of the open state
  hash256 bid;
  hash256 result;                 ///< of the current part
  amount paid;                    ///< of the price
  std::vector<part_record> parts; ///< none if the price is whole
  std::uint16_t part = 0;         ///< the current one
  timestamp posted{};             ///< when the result of the current part came
  amount rate;                    ///< of a stream, a second
  amount flowed_before;           ///< of a stream: before `flows_from`
  timestamp flows_from{};
  std::optional<outcome_cause> cause; ///< of the end
  AINUR_FIELDS(award_record, subtask, status, agent, price, fee, finish_by, due, bid, result, paid,
               parts, part, posted, rate, flowed_before, flows_from, cause)

  [[nodiscard]] bool open() const noexcept {
    return status < award_status::succeeded || status > award_status::voided;
  }

  [[nodiscard]] bool streams() const noexcept { return !rate.is_zero(); }

  [[nodiscard]] bool last_part() const noexcept { return part + 1u >= parts.size(); }
};

/// What an account has lost over one award.
struct penalty {
  std::uint16_t subtask = 0;
  account_id account;
  amount value;
  AINUR_FIELDS(penalty, subtask, account, value)
};

struct task_record {
  account_id payer;
  account_id host;
  hash256 description;
  hash256 bids_root; ///< of the last award
  amount budget;
  amount unawarded;
  amount fee_reserved; ///< on `unawarded`
  amount paid;
  amount topped_up; ///< of streams, beyond the budget
  timestamp award_by{};
  timestamp deadline{};
  timestamp prune_at{}; ///< once ended
  std::uint16_t subtasks = 1;
  std::uint16_t reputation_min = 0;
  bool paid_at_result = false;
  bool open = true;
  bool disputed = false;
  std::optional<task_end> ended;
  std::vector<award_record> awards; ///< in order of subtask
  std::vector<penalty> penalties;
  AINUR_FIELDS(task_record, payer, host, description, bids_root, budget, unawarded, fee_reserved,
               paid, topped_up, award_by, deadline, prune_at, subtasks, reputation_min,
               paid_at_result, open, disputed, ended, awards, penalties)

  [[nodiscard]] const award_record* award(std::uint16_t subtask) const noexcept;
  [[nodiscard]] award_record* award(std::uint16_t subtask) noexcept;
};

enum class vote : std::uint8_t { none, for_agent, for_payer, max_value = for_payer };

struct arbiter_seat {
  account_id account;
  ledger::vote vote = ledger::vote::none;
  AINUR_FIELDS(arbiter_seat, account, vote)
};

struct dispute_record {
  std::uint8_t round = 1;
  amount bond; ///< reserved by the payer
  std::vector<arbiter_seat> seats;
  std::vector<account_id> earlier; ///< arbiters of the first round
  AINUR_FIELDS(dispute_record, round, bond, seats, earlier)
};

struct slash_record {
  account_id offender;
  offence kind = offence::protocol_violation;
  amount value;
  std::optional<task_id> task;
  std::uint16_t subtask = 0;
  std::uint16_t score_before = 0;
  std::uint64_t severe_before = 0; ///< number of the severe slash before this one
  timestamp due{};
  AINUR_FIELDS(slash_record, offender, kind, value, task, subtask, score_before, severe_before, due)
};

struct gain_record {
  std::uint32_t count = 0;
  AINUR_FIELDS(gain_record, count)
};

struct arbiter_record {
  account_id account;
  AINUR_FIELDS(arbiter_record, account)
};

/// What is not under a key.
struct meta_record {
  hash256 chain;
  amount issuance;
  amount treasury;
  std::uint64_t slash_next = 1;
  std::uint64_t era = 0;         ///< of the gains: that of the block
  std::uint64_t staking_era = 0; ///< that staking is in; behind `era` while its deadline waits
  std::uint64_t stake_slash_next = 1;
  std::uint32_t validators = 0; ///< candidates among the stakes
  std::uint32_t nominators = 0;
  AINUR_FIELDS(meta_record, chain, issuance, treasury, slash_next, era, staking_era,
               stake_slash_next, validators, nominators)
};

} // namespace ainur::ledger
