// What can be asked of the ledger's state: copies, in the ledger's own terms.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "ainur/ledger/event.hpp"

namespace ainur::ledger {

/// One account.
struct account_view {
  account_id account;
  account_id host;       ///< none if it signs for itself (or has not acted yet)
  account_id controller; ///< itself, its host, or as declared
  amount free;
  amount locked;              ///< of `free`: what may not be spent yet
  amount reserved;            ///< budgets and fees of open tasks, and dispute bonds
  amount bonded;              ///< the active performance bond
  amount unbonding;           ///< still slashable
  amount held;                ///< slashed, within the appeal window
  amount exposure;            ///< Σ prices of its open awards paid before verification
  std::uint64_t nonce = 0;    ///< of its next batch
  bool rated = false;         ///< has bonded enough once, so that `score` means something
  std::uint16_t score = 0;    ///< 0..1000, as of the last block's era
  std::uint16_t outcomes = 0; ///< how many of the last ten outcomes are known
  std::uint16_t failures = 0; ///< of those
  std::uint32_t open_awards = 0;
  std::uint64_t scored_era = 0; ///< of the last outcome; decay counts from here
  AINUR_FIELDS(account_view, account, host, controller, free, locked, reserved, bonded, unbonding,
               held, exposure, nonce, rated, score, outcomes, failures, open_awards, scored_era)
};

enum class award_status : std::uint8_t {
  working,  ///< a result is due by finish_by
  review,   ///< posted; released when `due` passes
  disputed, ///< arbiters vote until `due`
  succeeded,
  failed,
  voided,
  streaming, ///< flows until `due`, when its deposit or its time is used up
  overdrawn, ///< stands still; ends when `due` passes, unless topped up
  max_value = overdrawn,
};

/// One award.
struct award_view {
  std::uint16_t subtask = 0;
  account_id agent;
  amount price;  ///< of a stream: the deposit, with what topped it up
  amount escrow; ///< what is not paid of price and fee while open, else zero
  timestamp finish_by{};
  timestamp due{}; ///< of the open state
  hash256 bid;
  hash256 result; ///< none before it is posted
  award_status status = award_status::working;
  std::vector<account_id> arbiters;   ///< of a dispute
  amount paid;                        ///< so far
  std::vector<amount> parts;          ///< none if the price is whole
  std::uint16_t part = 0;             ///< the one that is worked on, reviewed or disputed
  amount rate;                        ///< of a stream, a second
  amount flowed;                      ///< of a stream: until the last block, paid or not
  std::optional<outcome_cause> cause; ///< of its end
  AINUR_FIELDS(award_view, subtask, agent, price, escrow, finish_by, due, bid, result, status,
               arbiters, paid, parts, part, rate, flowed, cause)
};

/// One task.
struct task_view {
  task_id task;
  account_id payer;
  account_id host;
  hash256 description;
  amount budget;    ///< as opened
  amount topped_up; ///< beyond it, of streams
  amount unawarded; ///< still reserved, without its fee
  timestamp award_by{};
  timestamp deadline{};
  std::uint16_t subtasks = 1;
  std::uint16_t reputation_min = 0;
  bool paid_at_result = false;
  bool open = true;                    ///< may still be awarded
  std::optional<task_end> final_state; ///< once every award has ended
  std::vector<award_view> awards;      ///< the last of each subtask, in order of subtask
  AINUR_FIELDS(task_view, task, payer, host, description, budget, topped_up, unawarded, award_by,
               deadline, subtasks, reputation_min, paid_at_result, open, final_state, awards)
};

/// A severe slash within its appeal window.
struct slash_view {
  std::uint64_t slash = 0;
  account_id offender;
  offence kind = offence::protocol_violation;
  amount value;
  std::optional<task_id> task;
  timestamp due{};
  AINUR_FIELDS(slash_view, slash, offender, kind, value, task, due)
};

/// Who signs for an account.
struct key_view {
  /// An earlier key within its grace.
  struct earlier {
    std::uint32_t version = 0;
    byte_array<32> key{};
    timestamp until{};
    AINUR_FIELDS(earlier, version, key, until)
  };

  account_id account;
  account_id signer;         ///< whose keys these are: its own, or its host
  std::uint32_t version = 0; ///< of the current key
  byte_array<32> key{};
  timestamp since{};          ///< the time of genesis for version 0
  account_id stash;           ///< who may recover the signer; none if nobody
  account_id delegate;        ///< who else signs for what the signer hosts; none if nobody
  std::vector<earlier> grace; ///< of the signer, oldest first
  AINUR_FIELDS(key_view, account, signer, version, key, since, stash, delegate, grace)
};

/// A registered DID document.
struct document_view {
  account_id account;
  account_id controller; ///< whose account it is
  did_document document;
  amount deposit;
  timestamp registered{};
  timestamp updated{};
  std::uint64_t revision = 1;
  AINUR_FIELDS(document_view, account, controller, document, deposit, registered, updated, revision)
};

enum class channel_phase : std::uint8_t {
  open,
  registered, ///< a state waits for its timeout, or for a newer one
  concluded,  ///< paid out
  max_value = concluded,
};

/// One channel.
struct channel_view {
  channel_id channel;
  channel_params params;
  byte_array<32> first_key{};
  byte_array<32> second_key{};
  channel_phase phase = channel_phase::open;
  channel_state newest; ///< as registered; the opening before that; as paid once concluded
  timestamp due{};      ///< the timeout of a registered state; when a concluded channel is pruned
  AINUR_FIELDS(channel_view, channel, params, first_key, second_key, phase, newest, due)
};

/// One DAO.
struct dao_view {
  account_id dao;
  dao_rules rules;
  std::vector<account_id> members;
  std::vector<std::uint64_t> proposals; ///< that are open
  std::uint64_t next_proposal = 1;
  bool dissolved = false;
  AINUR_FIELDS(dao_view, dao, rules, members, proposals, next_proposal, dissolved)
};

/// One proposal.
struct proposal_view {
  account_id dao;
  std::uint64_t number = 0;
  account_id proposer;
  bytes calls;
  amount deposit;
  proposal_status status = proposal_status::voting;
  ballot_sums sums; ///< so far, or as counted
  timestamp voting_until{};
  timestamp execute_from{};
  timestamp execute_until{};
  std::vector<ballot_seat> seats; ///< while it is voted on
  AINUR_FIELDS(proposal_view, dao, number, proposer, calls, deposit, status, sums, voting_until,
               execute_from, execute_until, seats)
};

/// All money: the issuance is the sum of `parts`.
struct totals_view {
  amount issuance;
  amount free;
  amount reserved;
  amount bonded; ///< performance bonds: active, unbonding and held
  amount staked; ///< validators' and nominators' stake: active and unlocking
  amount escrow;
  amount channels; ///< deposits of open channels
  amount treasury;
  std::uint64_t accounts = 0;
  std::uint64_t open_tasks = 0; ///< without a final state
  AINUR_FIELDS(totals_view, issuance, free, reserved, bonded, staked, escrow, channels, treasury,
               accounts, open_tasks)

  [[nodiscard]] std::array<amount, 7> parts() const noexcept {
    return {free, reserved, bonded, staked, escrow, channels, treasury};
  }
};

} // namespace ainur::ledger
