// What the subcommands of `ainur ledger` share.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "ainur/ledger/error.hpp"
#include "ainur/ledger/genesis.hpp"
#include "ainur/ledger/text.hpp"
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
/// Where a data directory has its store; of a folder that holds one itself, as that of a single
/// validator or of a host program, the folder.
[[nodiscard]] std::string store_in(const std::string& folder);
/// Prints the error. Damage is what `verify` looks for; anything else keeps it from looking.
int ledger_failed(const error& e, bool verifying);
void print(const json& object, bool as_json);

/// Calls `use(view)` with the ledger of the folder; its exit code, or that of the error.
template <class Use>
int with_ledger(const std::string& folder, Use&& use) {
  const auto store = open_store(folder);
  if (!store)
    return ledger_failed(store.error(), false);
  const auto view = (*store)->open_view();
  if (!view)
    return ledger_failed(view.error().within(folder), false);
  const result<int> done = use(**view);
  return done ? *done : ledger_failed(done.error().within(folder), false);
}

[[nodiscard]] inline std::string name_of(ledger::errc code) {
  return std::string{describe(code).name};
}

/// A call or an event: an object with one key, its name.
template <class T>
[[nodiscard]] json form_of(const T& x) {
  return json::parse(ledger::to_json_text(x));
}

/// For people an amount is in AINU, for programs a number of µAINU.
void put(json& object, const std::string& key, amount value, bool as_json);
/// The genesis of a file; nothing after its problems were printed, one a line.
[[nodiscard]] std::optional<ledger::genesis> genesis_of(const std::string& path);
[[nodiscard]] json account_json(const ledger::account_view& a, bool as_json);

// One a file.
void add_ledger_make(frame& f, CLI::App* group);
void add_ledger_read(frame& f, CLI::App* group);
void add_ledger_proof(frame& f, CLI::App* group);

} // namespace ainur::cli
