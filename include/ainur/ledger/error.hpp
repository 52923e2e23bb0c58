// Why the ledger refuses: one code per rule, for calls, batches, blocks and genesis files.
#pragma once

#include <cstdint>

#include "ainur/base/error.hpp"

namespace ainur::ledger {

/// `ok` stands only in receipts. Numbers are those of the wire: append only within each range.
enum class errc : std::uint16_t {
  ok = 0, ///< carried out

  // Batches: 1..
  bad_signature = 1, ///< the signature is not the signer's over these bytes
  bad_nonce,         ///< not the next number of the signer
  expired,           ///< valid_until is over
  bad_key,           ///< signed with a key that is not the account's
  unknown_signer,    ///< the signer has no account
  bad_batch,         ///< no entries, or more than a block may hold
  fee_unpaid,        ///< the signer's free balance does not cover the weight fee
  not_hosted,        ///< the origin is neither the signer nor hosted by it under that index
  aborted,           ///< another entry of an all-or-nothing batch failed
  block_full,        ///< not looked at: the block has no room left; offer it again
  not_delegated,     ///< the named host has not delegated its hosting to the signer

  // Calls: 100..
  insufficient_funds = 100, ///< the account holds less than asked
  below_existential,        ///< a new account would hold less than the existential deposit
  overflow,                 ///< a balance would not fit 64 bits
  invalid_value,            ///< a field is outside its range
  unknown_account,          ///< no such account
  unknown_task,             ///< no such task, or pruned after its end
  unknown_award,            ///< no award of that subtask
  unknown_dispute,          ///< no open dispute about that award
  unknown_slash,            ///< no slash of that number waits for that offender
  conflict,                 ///< the id or subtask is taken by something else
  not_permitted,            ///< this origin may not do this
  too_early,                ///< the time for this has not come
  too_late,                 ///< the time for this is over
  wrong_state,              ///< not in the state this needs
  over_budget,              ///< the prices exceed what is left of the budget
  low_reputation,           ///< the agent's reputation is below the task's minimum
  low_stake,                ///< the bond or stake is smaller than this needs
  over_probation,           ///< on probation, and the price above its share of the stake
  over_exposure,            ///< paid-at-result awards would exceed their share of the stake
  too_many_chunks,          ///< withdraw before unbonding more
  bad_evidence,             ///< the evidence does not show the offence
  already_penalised,        ///< the task carries an equal or larger penalty, or one in this era
  already_voted,            ///< an arbiter votes once
  already_open,             ///< the account has declared its controller
  lock_shrinks,             ///< a lock can only be made larger and longer
  already_staked,           ///< the stash has a stake already
  not_staked,               ///< this account has no stake
  not_controller,           ///< this account controls no stake
  controller_taken,         ///< the controller acts for another stash
  unknown_validator,        ///< a target does not stand for election
  validator_blocked,        ///< a target takes no new nominators
  too_many_stakers,         ///< there are as many validators or nominators as the rules admit
  unknown_exposure,         ///< not a validator of that era, or the era was dropped
  already_claimed,          ///< this page of that era has been paid
  nothing_due,              ///< no reward was earned in that era
  already_registered,       ///< the account has a document; update it
  not_registered,           ///< the account has no document
  bad_key_proof,            ///< the new key has not signed for this account and version
  key_in_use,               ///< the account has, had within grace, or began with this key
  too_many_keys,            ///< too many earlier keys are within their grace; revoke one
  unknown_key,              ///< no earlier key of this version is within its grace
  unknown_delegation,       ///< the account has not delegated its hosting
  unknown_channel,          ///< no such channel, or pruned after its end; or a state of another one
  sum_mismatch,             ///< the parts of a channel's state do not add up to its deposits
  stale_version,            ///< the channel's state is not newer, or not the one that comes next
  update_in_flight,         ///< the parties of the channel have not finished another update
  channel_ending,           ///< the channel has its last state, or the ledger is ending it
  unknown_dao,              ///< no such DAO, or dissolved
  unknown_proposal,         ///< no such proposal, or pruned after its end
  bad_proposal,             ///< the calls cannot be read, or are too many, too long or too deep
  too_many_proposals,       ///< of this DAO are open
  nested_too_deep,          ///< executions within executions go no deeper

  // Blocks, snapshots, genesis: 200..
  bad_genesis = 200, ///< the genesis is not valid
  bad_block,    ///< the block does not follow this state (height, previous hash, time, proposer)
  diverged,     ///< the block's hash is not the one its execution gives
  bad_snapshot, ///< the snapshot does not describe a consistent state
  bad_proof,    ///< the proof does not show what it says
  max_value = bad_proof,
};
[[nodiscard]] error_info describe(errc code) noexcept;

} // namespace ainur::ledger
