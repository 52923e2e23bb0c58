// The calls of the ledger: what an account can ask it to do.
//
// A call is a plain value. It acts for its *origin*: the account that signed, or an account hosted
// by the signer. Calls travel in batches (batch.hpp), are gathered into blocks (block.hpp) and
// carried out by `state::apply`. A call that fails changes nothing and is answered by one
// `ledger::errc`. The rules behind each are those of the settlement (docs/ledger.md).
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "ainur/ledger/calls/balances.hpp"
#include "ainur/ledger/calls/channels.hpp"
#include "ainur/ledger/calls/escrow.hpp"
#include "ainur/ledger/calls/governance.hpp"
#include "ainur/ledger/calls/identity.hpp"
#include "ainur/ledger/calls/reputation.hpp"
#include "ainur/ledger/calls/staking.hpp"

namespace ainur::ledger {

/// The order is that of the wire: append only.
using call =
    std::variant<transfer, open_account, bond, unbond, withdraw_unbonded, open_task, award_task,
                 post_result, give_up, release, void_award, close_task, open_dispute, vote_dispute,
                 report_offence, cancel_slash, transfer_all, lock_balance, mint_money, burn_money,
                 // escrow and reputation
                 draw_stream, top_up_stream, stop_stream, rebond,
                 // staking
                 stake, stake_more, unstake, restake, withdraw_unstaked, run_validator, nominate,
                 chill, kick, set_controller, set_payee, reap_stake, claim_payout, note_era_points,
                 report_validators, cancel_deferred_slash,
                 // identity
                 register_agent, update_document, deregister_agent, rotate_key, set_recovery,
                 recover_account, revoke_key, delegate_hosting, revoke_delegation,
                 // channels
                 open_channel, close_channel, register_state, conclude_channel,
                 // governance
                 create_dao, propose, vote_proposal, execute_proposal, cancel_proposal,
                 dao_set_members, dao_set_rules, dissolve_dao,
                 // consensus
                 set_validator_key, report_equivocation>;

/// A call and for whom it acts.
struct entry {
  account_id origin;
  /// Set if `origin` is hosted by the batch's signer: hosted_account(signer, index).
  std::optional<std::uint64_t> hosted_index;
  ledger::call call;
  /// Set if `origin` is hosted by another account, which has delegated its hosting to the batch's
  /// signer: hosted_account(host, index).
  std::optional<account_id> host{};
  AINUR_FIELDS(entry, origin, hosted_index, call, host)
};

} // namespace ainur::ledger
