#include "call_rules.hpp"

namespace ainur::ledger {

namespace {

/// Of a call that may end an award, and with it the task.
template <class... First>
std::vector<std::string_view> names_with_end() {
  return names_of<First..., event::outcome, event::task_final, event::account_reaped>();
}

} // namespace

std::vector<call_rules> rules_of_escrow() {
  return {
      {.name = open_task::type_text,
       .summary = "Submit a task: reserve its budget and fee",
       .origin = "any account: it becomes the payer",
       .weight = "1",
       .errors = {errc::unknown_account, errc::conflict, errc::invalid_value, errc::too_late,
                  errc::insufficient_funds},
       .events = names_of<event::task_opened>()},
      {.name = award_task::type_text,
       .summary = "Give subtasks to agents at their prices",
       .origin = "the task's host or an account that it hosts, with orchestrator_bond_min bonded",
       .weight = "1 + lines + parts / 16 of each line",
       .errors = {errc::unknown_task, errc::not_permitted, errc::low_stake, errc::invalid_value,
                  errc::wrong_state, errc::too_late, errc::over_budget, errc::conflict,
                  errc::bad_signature, errc::not_hosted, errc::low_reputation, errc::over_probation,
                  errc::over_exposure},
       .events = names_of<event::awarded, event::budget_freed>()},
      {.name = post_result::type_text,
       .summary = "Post the salted hash of a result",
       .origin = "the agent",
       .weight = "1",
       .errors = {errc::unknown_task, errc::unknown_award, errc::not_permitted, errc::invalid_value,
                  errc::wrong_state, errc::too_late},
       .events = names_with_end<event::result_posted, event::part_released>()},
      {.name = give_up::type_text,
       .summary = "Give an award up: a failure",
       .origin = "the agent",
       .weight = "1",
       .errors = {errc::unknown_task, errc::unknown_award, errc::not_permitted, errc::wrong_state},
       .events = names_with_end()},
      {.name = release::type_text,
       .summary = "Pay the agent of a posted result",
       .origin = "the payer, the host or its orchestrators, never the agent; anyone after review",
       .weight = "1",
       .errors = {errc::unknown_task, errc::unknown_award, errc::wrong_state, errc::not_permitted},
       .events = names_with_end<event::part_released>()},
      {.name = void_award::type_text,
       .summary = "End an award without anyone's fault: refund it",
       .origin = "the payer, the host or its orchestrators",
       .weight = "1",
       .errors = {errc::unknown_task, errc::unknown_award, errc::invalid_value, errc::not_permitted,
                  errc::wrong_state, errc::too_late},
       .events = names_with_end()},
      {.name = close_task::type_text,
       .summary = "End what is not awarded: its budget is free",
       .origin = "the payer, the host or its orchestrators",
       .weight = "1",
       .errors = {errc::unknown_task, errc::not_permitted},
       .events = names_of<event::budget_freed, event::task_final, event::account_reaped>()},
      {.name = open_dispute::type_text,
       .summary = "Object to a result: lock a bond and draw arbiters",
       .origin = "the payer",
       .weight = "4",
       .errors = {errc::unknown_task, errc::unknown_award, errc::not_permitted, errc::wrong_state,
                  errc::too_late, errc::insufficient_funds},
       .events = names_of<event::arbiters_drawn>()},
      {.name = vote_dispute::type_text,
       .summary = "Vote as a drawn arbiter",
       .origin = "a drawn arbiter",
       .weight = "1",
       .errors = {errc::unknown_dispute, errc::not_permitted, errc::too_late, errc::already_voted},
       .events = names_with_end<event::dispute_voted, event::slashed, event::dispute_ruled,
                                event::part_released>()},
      {.name = draw_stream::type_text,
       .summary = "Pay the agent what of a stream has flowed",
       .origin = "any account",
       .weight = "1",
       .errors = {errc::unknown_task, errc::unknown_award, errc::wrong_state},
       .events = names_of<event::stream_drawn>()},
      {.name = top_up_stream::type_text,
       .summary = "Raise the deposit of a stream",
       .origin = "the payer",
       .weight = "1",
       .errors = {errc::unknown_task, errc::unknown_award, errc::not_permitted, errc::wrong_state,
                  errc::too_late, errc::insufficient_funds, errc::overflow, errc::over_probation,
                  errc::over_exposure},
       .events = names_of<event::stream_topped_up>()},
      {.name = stop_stream::type_text,
       .summary = "Stop a stream: pay what has flowed, refund the rest",
       .origin = "the payer, the host or its orchestrators, never the agent",
       .weight = "1",
       .errors = {errc::unknown_task, errc::unknown_award, errc::not_permitted, errc::wrong_state},
       .events = names_with_end()},
  };
}

} // namespace ainur::ledger
