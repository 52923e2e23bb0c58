#include "call_rules.hpp"

namespace ainur::ledger {

namespace {

constexpr std::string_view document_weight =
    "1 + size / 256, where a key counts 40 and the types and endpoints of services and the "
    "capabilities their bytes";

std::vector<call_rules> rules_of_documents() {
  return {
      {.name = register_agent::type_text,
       .summary = "Register a DID document against a deposit",
       .origin = "any account",
       .weight = document_weight,
       .errors = {errc::unknown_account, errc::already_registered, errc::invalid_value,
                  errc::insufficient_funds},
       .events = names_of<event::document_changed>()},
      {.name = update_document::type_text,
       .summary = "Replace the DID document",
       .origin = "any account that has a document",
       .weight = document_weight,
       .errors = {errc::not_registered, errc::invalid_value, errc::insufficient_funds},
       .events = names_of<event::document_changed>()},
      {.name = deregister_agent::type_text,
       .summary = "Remove the DID document and get the deposit back",
       .origin = "any account that has a document",
       .weight = "1",
       .errors = {errc::not_registered},
       .events = names_of<event::document_changed, event::account_reaped>()},
  };
}

std::vector<call_rules> rules_of_keys() {
  return {
      {.name = rotate_key::type_text,
       .summary = "Let the next key sign from now on",
       .origin = "an account that signs for itself (no DAO)",
       .weight = "4",
       .errors = {errc::not_permitted, errc::invalid_value, errc::key_in_use, errc::bad_key_proof,
                  errc::too_many_keys},
       .events = names_of<event::key_ended, event::key_rotated>()},
      {.name = set_recovery::type_text,
       .summary = "Name the stash that may recover an account",
       .origin = "the account, which signs for itself, while it has no stash; then its stash",
       .weight = "1",
       .errors = {errc::not_permitted, errc::invalid_value},
       .events = names_of<event::recovery_set>()},
      {.name = recover_account::type_text,
       .summary = "Give an account a new key at once (its stash)",
       .origin = "the stash of the account",
       .weight = "4",
       .errors = {errc::not_permitted, errc::invalid_value, errc::key_in_use, errc::bad_key_proof},
       .events = names_of<event::key_ended, event::hosting_delegated, event::key_rotated>()},
      {.name = revoke_key::type_text,
       .summary = "End the grace of an earlier key at once",
       .origin = "an account that signs for itself (no DAO)",
       .weight = "1",
       .errors = {errc::not_permitted, errc::unknown_key},
       .events = names_of<event::key_ended>()},
      {.name = delegate_hosting::type_text,
       .summary = "Let another account sign for all hosted accounts",
       .origin = "an account that signs for itself (no DAO)",
       .weight = "1",
       .errors = {errc::not_permitted, errc::invalid_value},
       .events = names_of<event::hosting_delegated>()},
      {.name = revoke_delegation::type_text,
       .summary = "End the delegation of hosting",
       .origin = "the host",
       .weight = "1",
       .errors = {errc::unknown_delegation},
       .events = names_of<event::hosting_delegated>()},
  };
}

} // namespace

std::vector<call_rules> rules_of_identity() {
  auto all = rules_of_documents();
  const auto keys = rules_of_keys();
  all.insert(all.end(), keys.begin(), keys.end());
  return all;
}

} // namespace ainur::ledger
