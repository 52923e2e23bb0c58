#include "call_rules.hpp"

namespace ainur::ledger {

std::vector<call_rules> rules_of_balances() {
  return {
      {.name = transfer::type_text,
       .summary = "Move free balance to another account",
       .origin = "any account",
       .weight = "1",
       .errors = {errc::unknown_account, errc::invalid_value, errc::insufficient_funds,
                  errc::below_existential},
       .events = names_of<event::account_reaped>()},
      {.name = transfer_all::type_text,
       .summary = "Move all that may be spent to another account",
       .origin = "any account",
       .weight = "1",
       .errors = {errc::unknown_account, errc::insufficient_funds, errc::invalid_value,
                  errc::below_existential},
       .events = {}},
      {.name = lock_balance::type_text,
       .summary = "Lock part of the free balance until a time",
       .origin = "any account",
       .weight = "1",
       .errors = {errc::unknown_account, errc::invalid_value, errc::too_late,
                  errc::insufficient_funds, errc::lock_shrinks},
       .events = names_of<event::balance_locked>()},
      {.name = mint_money::type_text,
       .summary = "Make new money (the council)",
       .origin = "the council",
       .weight = "1",
       .errors = {errc::not_permitted, errc::invalid_value, errc::overflow,
                  errc::below_existential},
       .events = names_of<event::issuance_changed>()},
      {.name = burn_money::type_text,
       .summary = "Give up money of one's own",
       .origin = "any account",
       .weight = "1",
       .errors = {errc::unknown_account, errc::invalid_value, errc::insufficient_funds},
       .events = names_of<event::issuance_changed, event::account_reaped>()},
      {.name = open_account::type_text,
       .summary = "Declare once whose account a hosted account is",
       .origin = "a hosted account",
       .weight = "1",
       .errors = {errc::not_permitted, errc::unknown_account, errc::invalid_value,
                  errc::already_open},
       .events = names_of<event::account_opened>()},
  };
}

} // namespace ainur::ledger
