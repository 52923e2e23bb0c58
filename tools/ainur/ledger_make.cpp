// ainur ledger init, backup, restore
#include <cstdio>
#include <filesystem>
#include <memory>

#include "ainur/consensus/election_rules.hpp"
#include "ainur/ledger/log.hpp"
#include "ledger_command.hpp"

namespace ainur::cli {

namespace {

struct options {
  std::string folder;
  std::string target;
  std::string genesis;
  bool as_json = false;
};

int init(const options& o) {
  const auto g = genesis_of(o.genesis);
  if (!g)
    return exit_bad_input;
  std::error_code failure;
  // A lock file alone is what an attempt without room has left.
  if (std::filesystem::exists(store_in(o.folder) + "/store.mdb"))
    return bad_input({store::errc::already_exists, o.folder + " holds a ledger"});
  std::filesystem::create_directories(o.folder, failure);
  if (failure)
    return bad_input({base_errc::io, o.folder + ": " + failure.message()});
  auto store = store::lmdb_environment::open(store_in(o.folder));
  if (!store)
    return bad_input(store.error());
  if (auto begun = ledger::prepare_log(**store, *g, consensus::elections); !begun)
    return bad_input(begun.error().within(o.folder));
  json out{{"chain", to_string(ledger::genesis_hash(*g))},
           {"name", g->chain},
           {"time", to_string(g->time)},
           {"council", to_did(g->council)},
           {"accounts", g->allocations.size()}};
  if (g->founding)
    out["validators"] = g->founding->validators.size();
  else
    out["authority"] = to_did(g->authority);
  print(out, o.as_json);
  return exit_ok;
}

/// A copy of the store in a new folder, which then is a data directory itself.
result<void> copy(const std::string& folder, const std::string& target) {
  std::error_code failure;
  if (!std::filesystem::exists(store_in(folder) + "/store.mdb", failure))
    return fail(base_errc::not_found, folder + ": holds no ledger");
  if (std::filesystem::exists(store_in(target), failure))
    return fail(store::errc::already_exists, target + " holds a ledger");
  std::filesystem::create_directories(target, failure);
  if (failure)
    return fail(base_errc::io, target + ": " + failure.message());
  return store::lmdb_environment::backup_of(store_in(folder), store_in(target));
}

int report(const options& o) {
  auto store = open_store(o.target);
  if (!store)
    return ledger_failed(store.error(), false);
  auto view = (*store)->open_view();
  if (!view)
    return ledger_failed(view.error(), false);
  const auto s = ledger::open_log(**view, ledger::signatures::trusted, consensus::elections);
  if (!s) { // the copy is what it was made of
    view->reset();
    store->reset();
    std::error_code ignored;
    std::filesystem::remove_all(store_in(o.target), ignored);
    return ledger_failed(s.error().within(o.folder), true);
  }
  print(json{{"copy", o.target},
             {"height", s->height()},
             {"block_hash", to_string(s->block_hash())},
             {"size_bytes", (*store)->size_bytes()}},
        o.as_json);
  return exit_ok;
}

int backup(const options& o) {
  if (auto copied = copy(o.folder, o.target); !copied)
    return ledger_failed(copied.error(), false);
  return report(o);
}

int restore(const options& o) {
  {
    auto store = open_store(o.folder, true);
    if (!store)
      return ledger_failed(store.error(), true);
    auto view = (*store)->open_view();
    if (!view)
      return ledger_failed(view.error(), true);
    if (const auto sound = ledger::verify_log(**view, {}, consensus::elections); !sound)
      return ledger_failed(sound.error().within(o.folder), true);
  }
  return backup(o);
}

} // namespace

void add_ledger_make(frame& f, CLI::App* group) {
  const auto o = std::make_shared<options>();
  auto* begin = f.add(
      "init", "Begin a ledger from a genesis file", "ainur ledger init data --genesis genesis.toml",
      [o] { return init(*o); }, group);
  begin->add_option("DIR,--data", o->folder, "The data directory to make")->required();
  begin->add_option("--genesis", o->genesis, "Rules, allocations, authority, council (TOML)")
      ->required();
  begin->add_flag("--json", o->as_json, "Print JSON");
  auto* save = f.add(
      "backup", "Copy a ledger into a new data directory, even while a node writes to it",
      "ainur ledger backup data copy", [o] { return backup(*o); }, group);
  auto* back = f.add(
      "restore", "Verify a copy, and make a data directory of it", "ainur ledger restore copy data",
      [o] { return restore(*o); }, group);
  for (auto* command : {save, back}) {
    command->add_option("DIR,--data", o->folder, "The data directory to copy")->required();
    command->add_option("TARGET", o->target, "The data directory to make")->required();
    command->add_flag("--json", o->as_json, "Print JSON");
  }
}

} // namespace ainur::cli
