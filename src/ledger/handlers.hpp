// The handlers of the calls, one overload each: check everything, then write. What they answer is
// the call's result; anything but `ok` means that nothing was written.
#pragma once

#include "book.hpp"

namespace ainur::ledger {

// calls/balances.hpp
[[nodiscard]] errc handle(session& s, const actor& a, const transfer& c);
[[nodiscard]] errc handle(session& s, const actor& a, const open_account& c);
[[nodiscard]] errc handle(session& s, const actor& a, const transfer_all& c);
[[nodiscard]] errc handle(session& s, const actor& a, const lock_balance& c);
[[nodiscard]] errc handle(session& s, const actor& a, const mint_money& c);
[[nodiscard]] errc handle(session& s, const actor& a, const burn_money& c);

// calls/reputation.hpp
[[nodiscard]] errc handle(session& s, const actor& a, const bond& c);
[[nodiscard]] errc handle(session& s, const actor& a, const unbond& c);
[[nodiscard]] errc handle(session& s, const actor& a, const rebond& c);
[[nodiscard]] errc handle(session& s, const actor& a, const withdraw_unbonded& c);
[[nodiscard]] errc handle(session& s, const actor& a, const report_offence& c);
[[nodiscard]] errc handle(session& s, const actor& a, const cancel_slash& c);

// calls/escrow.hpp
[[nodiscard]] errc handle(session& s, const actor& a, const open_task& c);
[[nodiscard]] errc handle(session& s, const actor& a, const award_task& c);
[[nodiscard]] errc handle(session& s, const actor& a, const post_result& c);
[[nodiscard]] errc handle(session& s, const actor& a, const give_up& c);
[[nodiscard]] errc handle(session& s, const actor& a, const release& c);
[[nodiscard]] errc handle(session& s, const actor& a, const void_award& c);
[[nodiscard]] errc handle(session& s, const actor& a, const close_task& c);
[[nodiscard]] errc handle(session& s, const actor& a, const open_dispute& c);
[[nodiscard]] errc handle(session& s, const actor& a, const vote_dispute& c);
[[nodiscard]] errc handle(session& s, const actor& a, const draw_stream& c);
[[nodiscard]] errc handle(session& s, const actor& a, const top_up_stream& c);
[[nodiscard]] errc handle(session& s, const actor& a, const stop_stream& c);

// calls/staking.hpp
[[nodiscard]] errc handle(session& s, const actor& a, const stake& c);
[[nodiscard]] errc handle(session& s, const actor& a, const stake_more& c);
[[nodiscard]] errc handle(session& s, const actor& a, const unstake& c);
[[nodiscard]] errc handle(session& s, const actor& a, const restake& c);
[[nodiscard]] errc handle(session& s, const actor& a, const withdraw_unstaked& c);
[[nodiscard]] errc handle(session& s, const actor& a, const run_validator& c);
[[nodiscard]] errc handle(session& s, const actor& a, const nominate& c);
[[nodiscard]] errc handle(session& s, const actor& a, const chill& c);
[[nodiscard]] errc handle(session& s, const actor& a, const kick& c);
[[nodiscard]] errc handle(session& s, const actor& a, const set_controller& c);
[[nodiscard]] errc handle(session& s, const actor& a, const set_payee& c);
[[nodiscard]] errc handle(session& s, const actor& a, const reap_stake& c);
[[nodiscard]] errc handle(session& s, const actor& a, const claim_payout& c);
[[nodiscard]] errc handle(session& s, const actor& a, const note_era_points& c);
[[nodiscard]] errc handle(session& s, const actor& a, const report_validators& c);
[[nodiscard]] errc handle(session& s, const actor& a, const cancel_deferred_slash& c);
[[nodiscard]] errc handle(session& s, const actor& a, const set_validator_key& c);
[[nodiscard]] errc handle(session& s, const actor& a, const report_equivocation& c);

// calls/identity.hpp
[[nodiscard]] errc handle(session& s, const actor& a, const register_agent& c);
[[nodiscard]] errc handle(session& s, const actor& a, const update_document& c);
[[nodiscard]] errc handle(session& s, const actor& a, const deregister_agent& c);
[[nodiscard]] errc handle(session& s, const actor& a, const rotate_key& c);
[[nodiscard]] errc handle(session& s, const actor& a, const set_recovery& c);
[[nodiscard]] errc handle(session& s, const actor& a, const recover_account& c);
[[nodiscard]] errc handle(session& s, const actor& a, const revoke_key& c);
[[nodiscard]] errc handle(session& s, const actor& a, const delegate_hosting& c);
[[nodiscard]] errc handle(session& s, const actor& a, const revoke_delegation& c);

// calls/channels.hpp
[[nodiscard]] errc handle(session& s, const actor& a, const open_channel& c);
[[nodiscard]] errc handle(session& s, const actor& a, const close_channel& c);
[[nodiscard]] errc handle(session& s, const actor& a, const register_state& c);
[[nodiscard]] errc handle(session& s, const actor& a, const conclude_channel& c);

// calls/governance.hpp
[[nodiscard]] errc handle(session& s, const actor& a, const create_dao& c);
[[nodiscard]] errc handle(session& s, const actor& a, const propose& c);
[[nodiscard]] errc handle(session& s, const actor& a, const vote_proposal& c);
[[nodiscard]] errc handle(session& s, const actor& a, const execute_proposal& c);
[[nodiscard]] errc handle(session& s, const actor& a, const cancel_proposal& c);
[[nodiscard]] errc handle(session& s, const actor& a, const dao_set_members& c);
[[nodiscard]] errc handle(session& s, const actor& a, const dao_set_rules& c);
[[nodiscard]] errc handle(session& s, const actor& a, const dissolve_dao& c);

} // namespace ainur::ledger
