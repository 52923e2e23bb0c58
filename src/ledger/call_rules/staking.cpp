#include "call_rules.hpp"

namespace ainur::ledger {

namespace {

/// What a stake is, and what comes out of it.
std::vector<call_rules> rules_of_stakes() {
  return {
      {.name = stake::type_text,
       .summary = "Move free balance into validator stake and name its controller",
       .origin = "any account: it becomes a stash",
       .weight = "1",
       .errors = {errc::unknown_account, errc::invalid_value, errc::already_staked,
                  errc::controller_taken, errc::low_stake, errc::insufficient_funds},
       .events = names_of<event::stake_changed>()},
      {.name = stake_more::type_text,
       .summary = "Add free balance to the stake (the stash)",
       .origin = "the stash",
       .weight = "1",
       .errors = {errc::not_staked, errc::invalid_value, errc::insufficient_funds, errc::low_stake},
       .events = names_of<event::stake_changed>()},
      {.name = unstake::type_text,
       .summary = "Start to free stake (the controller)",
       .origin = "the controller",
       .weight = "1",
       .errors = {errc::not_controller, errc::invalid_value, errc::insufficient_funds,
                  errc::low_stake, errc::too_many_chunks},
       .events = names_of<event::stake_changed>()},
      {.name = restake::type_text,
       .summary = "Make stake active again that is unlocking (the controller)",
       .origin = "the controller",
       .weight = "1",
       .errors = {errc::not_controller, errc::invalid_value, errc::insufficient_funds,
                  errc::low_stake},
       .events = names_of<event::stake_changed>()},
      {.name = withdraw_unstaked::type_text,
       .summary = "Give unlocked stake back to the stash (the controller)",
       .origin = "the controller",
       .weight = "1",
       .errors = {errc::not_controller, errc::too_early},
       .events = names_of<event::stake_changed, event::stake_ended, event::account_reaped>()},
      {.name = set_controller::type_text,
       .summary = "Replace the controller (the stash)",
       .origin = "the stash",
       .weight = "1",
       .errors = {errc::not_staked, errc::invalid_value, errc::controller_taken},
       .events = names_of<event::stake_changed>()},
      {.name = set_payee::type_text,
       .summary = "Choose where rewards go (the controller)",
       .origin = "the controller",
       .weight = "1",
       .errors = {errc::not_controller},
       .events = names_of<event::stake_changed>()},
      {.name = reap_stake::type_text,
       .summary = "Remove a stake that slashes have brought to dust",
       .origin = "any account",
       .weight = "1",
       .errors = {errc::not_staked, errc::wrong_state},
       .events = names_of<event::chilled, event::stake_ended, event::account_reaped>()},
  };
}

std::vector<call_rules> rules_of_roles() {
  return {
      {.name = run_validator::type_text,
       .summary = "Stand for election, or change the terms (the controller)",
       .origin = "the controller, with validator_stake_min active",
       .weight = "1",
       .errors = {errc::not_controller, errc::invalid_value, errc::low_stake,
                  errc::too_many_stakers},
       .events = names_of<event::validating>()},
      {.name = nominate::type_text,
       .summary = "Back validators with the stake (the controller)",
       .origin = "the controller, with nominator_stake_min active",
       .weight = "1 + targets / 4",
       .errors = {errc::not_controller, errc::invalid_value, errc::low_stake,
                  errc::too_many_stakers, errc::unknown_validator, errc::validator_blocked},
       .events = names_of<event::nominating>()},
      {.name = chill::type_text,
       .summary = "Neither validate nor nominate from the next era on (the controller)",
       .origin = "the controller",
       .weight = "1",
       .errors = {errc::not_controller},
       .events = names_of<event::chilled>()},
      {.name = kick::type_text,
       .summary = "Drop nominators (the controller of a validator)",
       .origin = "the controller of a validator",
       .weight = "1 + nominators",
       .errors = {errc::not_controller, errc::invalid_value, errc::wrong_state},
       .events = names_of<event::chilled, event::nominating>()},
  };
}

std::vector<call_rules> rules_of_rewards_and_slashes() {
  return {
      {.name = claim_payout::type_text,
       .summary = "Pay what a page of a validator's exposure earned in an era",
       .origin = "any account",
       .weight = "32",
       .errors = {errc::too_early, errc::too_late, errc::unknown_exposure, errc::invalid_value,
                  errc::already_claimed, errc::nothing_due, errc::overflow},
       .events = names_of<event::reward_paid, event::stake_changed, event::issuance_changed>()},
      {.name = note_era_points::type_text,
       .summary = "Add points to validators of the running era (the authority)",
       .origin = "the genesis authority",
       .weight = "1 + points / 4",
       .errors = {errc::not_permitted, errc::invalid_value, errc::unknown_exposure, errc::overflow},
       .events = names_of<event::points_noted>()},
      {.name = report_validators::type_text,
       .summary = "Report validators of an era that offended (the council)",
       .origin = "the council",
       .weight = "64 + 64 × offenders",
       .errors = {errc::not_permitted, errc::invalid_value, errc::too_early, errc::too_late,
                  errc::unknown_exposure, errc::already_penalised},
       .events = names_of<event::validators_reported, event::chilled, event::stake_slash_deferred,
                          event::stake_slashed, event::stake_slash_settled>()},
      {.name = set_validator_key::type_text,
       .summary = "Choose the key that signs a validator's statements (the controller)",
       .origin = "the controller",
       .weight = "4",
       .errors = {errc::not_controller, errc::bad_key_proof},
       .events = names_of<event::validator_key_set>()},
      {.name = report_equivocation::type_text,
       .summary = "Prove that a validator signed two contradicting statements",
       .origin = "any account: it is rewarded",
       .weight = "136",
       .errors = {errc::bad_evidence, errc::unknown_exposure, errc::too_late,
                  errc::already_penalised},
       .events = names_of<event::validators_reported, event::chilled, event::stake_slash_deferred,
                          event::stake_slashed, event::stake_slash_settled>()},
      {.name = cancel_deferred_slash::type_text,
       .summary = "Cancel a slash that is not applied yet (the council)",
       .origin = "the council",
       .weight = "1",
       .errors = {errc::not_permitted, errc::unknown_slash},
       .events = names_of<event::stake_slash_settled>()},
  };
}

} // namespace

std::vector<call_rules> rules_of_staking() {
  auto all = rules_of_stakes();
  for (auto& more : {rules_of_roles(), rules_of_rewards_and_slashes()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

} // namespace ainur::ledger
