#include "call_rules.hpp"

namespace ainur::ledger {

std::vector<call_rules> rules_of_channels() {
  return {
      {.name = open_channel::type_text,
       .summary = "Open a payment channel with another account's consent",
       .origin = "one of the parties, neither of which is a DAO",
       .weight = "4",
       .errors = {errc::not_permitted, errc::invalid_value, errc::overflow, errc::too_late,
                  errc::conflict, errc::unknown_account, errc::insufficient_funds,
                  errc::bad_signature},
       .events = names_of<event::channel_opened>()},
      {.name = close_channel::type_text,
       .summary = "End a channel by a final state that both signed",
       .origin = "any account",
       .weight = "4",
       .errors = {errc::unknown_channel, errc::wrong_state, errc::invalid_value,
                  errc::stale_version, errc::sum_mismatch, errc::bad_signature},
       .events = names_of<event::account_reaped, event::channel_concluded>()},
      {.name = register_state::type_text,
       .summary = "Register a signed state of a channel, or a newer one",
       .origin = "any account; of version 0, which is not signed, a party",
       .weight = "4",
       .errors = {errc::unknown_channel, errc::too_late, errc::stale_version, errc::sum_mismatch,
                  errc::invalid_value, errc::not_permitted, errc::bad_signature},
       .events = names_of<event::channel_registered>()},
      {.name = conclude_channel::type_text,
       .summary = "Pay a channel out once its timeout is reached",
       .origin = "any account",
       .weight = "1",
       .errors = {errc::unknown_channel, errc::wrong_state, errc::too_early},
       .events = names_of<event::account_reaped, event::channel_concluded>()},
  };
}

} // namespace ainur::ledger
