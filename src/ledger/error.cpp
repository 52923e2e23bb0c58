#include "ainur/ledger/error.hpp"

namespace ainur::ledger {

error_info describe(errc code) noexcept {
  const auto info = [](std::string_view name, std::string_view text) {
    return error_info{"ledger", name, text};
  };
  switch (code) {
  case errc::ok:
    return info("ok", "carried out");
  case errc::bad_signature:
    return info("bad_signature", "the signature is not that of the key over these bytes");
  case errc::bad_nonce:
    return info("bad_nonce", "the batch does not carry the signer's next number");
  case errc::expired:
    return info("expired", "the batch was valid until a time that is over");
  case errc::bad_key:
    return info("bad_key", "the batch is signed with a key that is not the account's");
  case errc::unknown_signer:
    return info("unknown_signer", "the signer has no account; fund it first");
  case errc::bad_batch:
    return info("bad_batch", "the batch has no entries, or more than a block may hold");
  case errc::fee_unpaid:
    return info("fee_unpaid", "the signer's free balance does not cover the fee of the batch");
  case errc::not_hosted:
    return info("not_hosted", "the origin is neither the signer nor hosted by it under that index");
  case errc::aborted:
    return info("aborted", "another entry of the all-or-nothing batch failed");
  case errc::block_full:
    return info("block_full", "the block has no room left; offer the batch again");
  case errc::not_delegated:
    return info("not_delegated", "the named host has not delegated its hosting to the signer");
  case errc::insufficient_funds:
    return info("insufficient_funds", "the account holds less than asked");
  case errc::below_existential:
    return info("below_existential", "a new account needs at least the existential deposit");
  case errc::overflow:
    return info("overflow", "the sum does not fit");
  case errc::invalid_value:
    return info("invalid_value", "a field of the call is outside its range");
  case errc::unknown_account:
    return info("unknown_account", "there is no such account");
  case errc::unknown_task:
    return info("unknown_task", "there is no such task, or it was pruned after its end");
  case errc::unknown_award:
    return info("unknown_award", "the subtask has not been awarded");
  case errc::unknown_dispute:
    return info("unknown_dispute", "there is no open dispute about this award");
  case errc::unknown_slash:
    return info("unknown_slash", "no slash of this number waits for this offender");
  case errc::conflict:
    return info("conflict", "the id or subtask is taken by something else");
  case errc::not_permitted:
    return info("not_permitted", "this account may not do this");
  case errc::too_early:
    return info("too_early", "the time for this has not come");
  case errc::too_late:
    return info("too_late", "the time for this is over");
  case errc::wrong_state:
    return info("wrong_state", "what this is about is not in the state that it needs");
  case errc::over_budget:
    return info("over_budget", "the prices exceed what is left of the budget");
  case errc::low_reputation:
    return info("low_reputation", "the agent's reputation is below the task's minimum");
  case errc::low_stake:
    return info("low_stake", "the performance bond or stake is smaller than this needs");
  case errc::over_probation:
    return info("over_probation", "the price exceeds what the stake allows on probation");
  case errc::over_exposure:
    return info("over_exposure", "paid-at-result awards would exceed their share of the stake");
  case errc::too_many_chunks:
    return info("too_many_chunks", "too many parts are unbonding; withdraw first");
  case errc::bad_evidence:
    return info("bad_evidence", "the evidence does not show the offence");
  case errc::already_penalised:
    return info("already_penalised", "an equal or larger penalty stands already");
  case errc::already_voted:
    return info("already_voted", "the arbiter has voted");
  case errc::already_open:
    return info("already_open", "the account has declared its controller");
  case errc::lock_shrinks:
    return info("lock_shrinks", "a lock can only be made larger and longer");
  case errc::already_staked:
    return info("already_staked", "the stash has a stake already");
  case errc::not_staked:
    return info("not_staked", "this account has no stake");
  case errc::not_controller:
    return info("not_controller", "this account controls no stake");
  case errc::controller_taken:
    return info("controller_taken", "the controller acts for another stash");
  case errc::unknown_validator:
    return info("unknown_validator", "a target does not stand for election");
  case errc::validator_blocked:
    return info("validator_blocked", "a target takes no new nominators");
  case errc::too_many_stakers:
    return info("too_many_stakers",
                "there are as many validators or nominators as the rules admit");
  case errc::unknown_exposure:
    return info("unknown_exposure", "not a validator of that era, or the era was dropped");
  case errc::already_claimed:
    return info("already_claimed", "this page of that era has been paid");
  case errc::nothing_due:
    return info("nothing_due", "no reward was earned in that era");
  case errc::already_registered:
    return info("already_registered", "the account has a document; update it");
  case errc::not_registered:
    return info("not_registered", "the account has no document; register it first");
  case errc::bad_key_proof:
    return info("bad_key_proof", "the new key has not signed for this account and key version");
  case errc::key_in_use:
    return info("key_in_use", "the account has this key, or had it before");
  case errc::too_many_keys:
    return info("too_many_keys", "too many earlier keys are within their grace; revoke one");
  case errc::unknown_key:
    return info("unknown_key", "no earlier key of this version is within its grace");
  case errc::unknown_delegation:
    return info("unknown_delegation", "the account has not delegated its hosting");
  case errc::unknown_channel:
    return info("unknown_channel", "there is no such channel, or the state is of another one");
  case errc::sum_mismatch:
    return info("sum_mismatch", "balances and locked money do not add up to the deposits");
  case errc::stale_version:
    return info("stale_version", "the state is not newer, or not the one that comes next");
  case errc::update_in_flight:
    return info("update_in_flight", "another update of the channel is not finished");
  case errc::channel_ending:
    return info("channel_ending", "the channel has its last state, or the ledger is ending it");
  case errc::unknown_dao:
    return info("unknown_dao", "there is no such DAO, or it was dissolved");
  case errc::unknown_proposal:
    return info("unknown_proposal", "there is no such proposal, or it was pruned after its end");
  case errc::bad_proposal:
    return info("bad_proposal", "the calls cannot be read, or are too many, too long or too deep");
  case errc::too_many_proposals:
    return info("too_many_proposals", "the DAO has as many open proposals as it may have");
  case errc::nested_too_deep:
    return info("nested_too_deep", "proposals that execute proposals go no deeper");
  case errc::bad_genesis:
    return info("bad_genesis", "the genesis is not valid");
  case errc::bad_block:
    return info("bad_block", "the block does not follow this state");
  case errc::diverged:
    return info("diverged", "the block's hash is not the one that its execution gives");
  case errc::bad_snapshot:
    return info("bad_snapshot", "the snapshot does not describe a consistent state");
  case errc::bad_proof:
    return info("bad_proof", "the proof does not show what it says");
  }
  return info("unknown", "unknown");
}

} // namespace ainur::ledger
