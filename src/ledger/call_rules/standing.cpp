#include "call_rules.hpp"

namespace ainur::ledger {

std::vector<call_rules> rules_of_standing() {
  return {
      {.name = bond::type_text,
       .summary = "Lock free balance as the performance bond",
       .origin = "any account",
       .weight = "1",
       .errors = {errc::unknown_account, errc::invalid_value, errc::insufficient_funds},
       .events = names_of<event::bond_changed>()},
      {.name = unbond::type_text,
       .summary = "Start to free part of the performance bond",
       .origin = "any account",
       .weight = "1",
       .errors = {errc::unknown_account, errc::invalid_value, errc::insufficient_funds,
                  errc::too_many_chunks},
       .events = names_of<event::bond_changed>()},
      {.name = rebond::type_text,
       .summary = "Take back what is unbonding",
       .origin = "any account",
       .weight = "1",
       .errors = {errc::unknown_account, errc::invalid_value, errc::insufficient_funds},
       .events = names_of<event::bond_changed>()},
      {.name = withdraw_unbonded::type_text,
       .summary = "Free what has finished unbonding",
       .origin = "any account",
       .weight = "1",
       .errors = {errc::unknown_account, errc::too_early},
       .events = names_of<event::bond_changed, event::account_reaped>()},
      {.name = report_offence::type_text,
       .summary = "Report a severe offence with its evidence",
       .origin = "the council; anyone, where the ledger can check the evidence",
       .weight = "4 + bytes of evidence / 128",
       .errors = {errc::invalid_value, errc::unknown_account, errc::unknown_task,
                  errc::not_permitted, errc::bad_evidence, errc::already_penalised},
       .events = names_of<event::slashed>()},
      {.name = cancel_slash::type_text,
       .summary = "Cancel a slash within its appeal window (the council)",
       .origin = "the council",
       .weight = "1",
       .errors = {errc::not_permitted, errc::unknown_slash, errc::too_late},
       .events = names_of<event::slash_ended>()},
  };
}

} // namespace ainur::ledger
