// One line on each call, for catalogues and command lines. A test wants every call here.
#include <algorithm>
#include <array>
#include <utility>

#include "text.hpp"

namespace ainur::ledger {

namespace {

constexpr std::pair<std::string_view, std::string_view> lines[] = {
    {"transfer", "Move free balance to another account"},
    {"transfer_all", "Move all that may be spent to another account"},
    {"lock_balance", "Lock part of the free balance until a time"},
    {"mint_money", "Make new money (the council)"},
    {"burn_money", "Give up money of one's own"},
    {"open_account", "Declare once whose account a hosted account is"},
    {"bond", "Lock free balance as the performance bond"},
    {"unbond", "Start to free part of the performance bond"},
    {"withdraw_unbonded", "Free what has finished unbonding"},
    {"open_task", "Submit a task: reserve its budget and fee"},
    {"award_task", "Give subtasks to agents at their prices"},
    {"post_result", "Post the salted hash of a result"},
    {"give_up", "Give an award up: a failure"},
    {"release", "Pay the agent of a posted result"},
    {"void_award", "End an award without anyone's fault: refund it"},
    {"close_task", "End what is not awarded: its budget is free"},
    {"open_dispute", "Object to a result: lock a bond and draw arbiters"},
    {"vote_dispute", "Vote as a drawn arbiter"},
    {"report_offence", "Report a severe offence with its evidence"},
    {"cancel_slash", "Cancel a slash within its appeal window (the council)"},
    {"draw_stream", "Pay the agent what of a stream has flowed"},
    {"top_up_stream", "Raise the deposit of a stream"},
    {"stop_stream", "Stop a stream: pay what has flowed, refund the rest"},
    {"rebond", "Take back what is unbonding"},
    {"stake", "Move free balance into validator stake and name its controller"},
    {"stake_more", "Add free balance to the stake (the stash)"},
    {"unstake", "Start to free stake (the controller)"},
    {"restake", "Make stake active again that is unlocking (the controller)"},
    {"withdraw_unstaked", "Give unlocked stake back to the stash (the controller)"},
    {"run_validator", "Stand for election, or change the terms (the controller)"},
    {"nominate", "Back validators with the stake (the controller)"},
    {"chill", "Neither validate nor nominate from the next era on (the controller)"},
    {"kick", "Drop nominators (the controller of a validator)"},
    {"set_controller", "Replace the controller (the stash)"},
    {"set_payee", "Choose where rewards go (the controller)"},
    {"reap_stake", "Remove a stake that slashes have brought to dust"},
    {"claim_payout", "Pay what a page of a validator's exposure earned in an era"},
    {"note_era_points", "Add points to validators of the running era (the authority)"},
    {"report_validators", "Report validators of an era that offended (the council)"},
    {"cancel_deferred_slash", "Cancel a slash that is not applied yet (the council)"},
    {"register_agent", "Register a DID document against a deposit"},
    {"update_document", "Replace the DID document"},
    {"deregister_agent", "Remove the DID document and get the deposit back"},
    {"rotate_key", "Let the next key sign from now on"},
    {"set_recovery", "Name the stash that may recover an account"},
    {"recover_account", "Give an account a new key at once (its stash)"},
    {"revoke_key", "End the grace of an earlier key at once"},
    {"delegate_hosting", "Let another account sign for all hosted accounts"},
    {"revoke_delegation", "End the delegation of hosting"},
    {"open_channel", "Open a payment channel with another account's consent"},
    {"close_channel", "End a channel by a final state that both signed"},
    {"register_state", "Register a signed state of a channel, or a newer one"},
    {"conclude_channel", "Pay a channel out once its timeout is reached"},
    {"create_dao", "Found a DAO: members, weights and rules"},
    {"propose", "Put calls of a DAO to the vote (a member)"},
    {"vote_proposal", "Vote on a proposal (a member)"},
    {"execute_proposal", "Carry out an approved proposal after its delay"},
    {"cancel_proposal", "Cancel a proposal (its proposer, or the council)"},
    {"dao_set_members", "Replace the members (the DAO)"},
    {"dao_set_rules", "Replace the rules (the DAO)"},
    {"dissolve_dao", "End the DAO and leave its money to an heir (the DAO)"},
};

} // namespace

std::string_view summary_of(std::string_view call_name) noexcept {
  const auto found = std::find_if(std::begin(lines), std::end(lines),
                                  [call_name](const auto& l) { return l.first == call_name; });
  return found == std::end(lines) ? std::string_view{} : found->second;
}

} // namespace ainur::ledger
