// What the subcommands of `ainur ledger` share.
#pragma once

#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "ainur/ledger/view.hpp"
#include "ainur/store/environment.hpp"
#include "command.hpp"

namespace ainur::cli {

using json = nlohmann::ordered_json;

/// Errors: `base_errc::not_found`, saying how a ledger is made.
[[nodiscard]] result<void> find_store(const std::string& folder);
/// The store of a data directory, which must be there. `check_pages`: what may be damaged.
[[nodiscard]] result<std::unique_ptr<store::lmdb_environment>> open_store(const std::string& folder,
                                                                          bool check_pages = false);
/// Where a data directory has its store.
[[nodiscard]] std::string store_in(const std::string& folder);
/// Prints the error. Damage is what `verify` looks for; anything else keeps it from looking.
int ledger_failed(const error& e, bool verifying);
void print(const json& object, bool as_json);
/// For people an amount is in AINU, for programs a number of µAINU.
void put(json& object, const std::string& key, amount value, bool as_json);
[[nodiscard]] json account_json(const ledger::account_view& a, bool as_json);

// One a file.
void add_ledger_make(frame& f, CLI::App* group);
void add_ledger_read(frame& f, CLI::App* group);

} // namespace ainur::cli
