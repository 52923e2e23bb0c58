// What happened in a block, for those who follow the ledger: the reputation projection,
// orchestrators, metrics. Events are derived, never read back by the ledger; they come in the order
// in which things happened.
#pragma once

#include <variant>

#include "ainur/ledger/events/balances.hpp"
#include "ainur/ledger/events/channels.hpp"
#include "ainur/ledger/events/escrow.hpp"
#include "ainur/ledger/events/governance.hpp"
#include "ainur/ledger/events/identity.hpp"
#include "ainur/ledger/events/reputation.hpp"
#include "ainur/ledger/events/staking.hpp"

namespace ainur::ledger {

namespace event {

/// The order is that of the wire: append only.
using any =
    std::variant<account_opened, account_reaped, bond_changed, task_opened, awarded, result_posted,
                 outcome, budget_freed, task_final, arbiters_drawn, dispute_voted, dispute_ruled,
                 dispute_defaulted, slashed, slash_ended, issuance_changed, balance_locked,
                 // escrow and reputation
                 part_released, stream_drawn, stream_topped_up, stream_overdrawn, era_of_decay,
                 // staking
                 stake_changed, stake_ended, validating, nominating, chilled, elected, era_started,
                 era_ended, era_dropped, points_noted, reward_paid, validators_reported,
                 stake_slash_deferred, stake_slashed, stake_slash_settled,
                 // identity
                 document_changed, key_rotated, key_ended, recovery_set, hosting_delegated,
                 // channels
                 channel_opened, channel_registered, channel_concluded,
                 // governance
                 dao_created, dao_changed, dao_dissolved, proposal_opened, proposal_voted,
                 proposal_counted, proposal_ended,
                 // consensus
                 validator_key_set>;

} // namespace event
} // namespace ainur::ledger
