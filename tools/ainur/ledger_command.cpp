#include "ledger_command.hpp"

#include <cstdio>
#include <filesystem>

#include "ainur/scenario/genesis_file.hpp"

namespace ainur::cli {

std::string store_in(const std::string& folder) {
  std::error_code ignored;
  return std::filesystem::exists(folder + "/store.mdb", ignored) ? folder : folder + "/store";
}

result<void> find_store(const std::string& folder) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored))
    return fail(base_errc::not_found, folder + ": there is no such folder");
  if (!std::filesystem::exists(store_in(folder) + "/store.mdb", ignored))
    return fail(base_errc::not_found,
                folder + ": holds no ledger; `ainur ledger init` or `ainur run --data` makes one");
  return {};
}

/// The store of a data directory, which must be there.
result<std::unique_ptr<store::lmdb_environment>> open_store(const std::string& folder,
                                                            bool check_pages) {
  if (auto found = find_store(folder); !found)
    return fail(found.error());
  return store::lmdb_environment::open(store_in(folder),
                                       {.create = false, .check_pages = check_pages});
}

/// Damage is what `verify` looks for; anything else keeps it from looking.
int ledger_failed(const error& e, bool verifying) {
  const bool unreadable = e.is(store::errc::in_use) || e.is(store::errc::not_found) ||
                          e.is(store::errc::io) || e.is(store::errc::unsupported_format) ||
                          e.room() == "base";
  if (unreadable || !verifying)
    return bad_input(e);
  std::fprintf(stderr, "ainur: %s\n", e.to_string().c_str());
  return exit_failed;
}

void print(const json& object, bool as_json) {
  if (as_json) {
    std::puts(object.dump(2, ' ', false, json::error_handler_t::replace).c_str());
    return;
  }
  for (const auto& [key, value] : object.items())
    std::printf("%-18s %s\n", key.c_str(),
                (value.is_string() ? value.get<std::string>() : value.dump()).c_str());
}

/// For people an amount is in AINU, for programs a number of µAINU.
void put(json& object, const std::string& key, amount value, bool as_json) {
  if (as_json)
    object[key + "_uainu"] = value.micro();
  else
    object[key] = to_string(value);
}

std::optional<ledger::genesis> genesis_of(const std::string& path) {
  const auto text = scenario::read_text_file(path, scenario::genesis_size_max);
  if (!text) {
    (void)bad_input(text.error());
    return std::nullopt;
  }
  auto read = scenario::read_genesis_file(*text, path);
  for (const auto& p : read.problems)
    std::fprintf(stderr, "ainur: %s\n", scenario::to_string(p).c_str());
  return read.problems.empty() ? std::optional{std::move(read.value)} : std::nullopt;
}

json account_json(const ledger::account_view& a, bool as_json) {
  json out{{"did", to_did(a.account)},
           {"account", to_string(a.account)},
           {"host", a.host.is_none() ? "itself" : to_string(a.host)},
           {"controller", to_string(a.controller)}};
  put(out, "free", a.free, as_json);
  put(out, "reserved", a.reserved, as_json);
  put(out, "bonded", a.bonded, as_json);
  put(out, "unbonding", a.unbonding, as_json);
  put(out, "held", a.held, as_json);
  put(out, "exposure", a.exposure, as_json);
  out["reputation"] = a.rated ? json(a.score) : json("none yet");
  if (as_json && !a.rated)
    out["reputation"] = nullptr;
  out["last_outcomes"] = a.outcomes;
  out["last_failures"] = a.failures;
  out["open_awards"] = a.open_awards;
  out["nonce"] = a.nonce;
  return out;
}

} // namespace ainur::cli
