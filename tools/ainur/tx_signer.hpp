// The key with which `ainur tx` signs, and the ledger it signs for.
#pragma once

#include <memory>
#include <string>

#include "ainur/ledger/local_ledger.hpp"
#include "key_command.hpp"

namespace ainur::cli {

struct key_choice {
  std::string file;
  passphrase_source passphrase;
};

void add_key_options(CLI::App* command, key_choice& key);
/// Unlocks it. Errors name the file.
[[nodiscard]] result<crypto::secret_key> load_key(const key_choice& key);
/// Its seed, as the ledger's functions want it.
[[nodiscard]] byte_array<32> seed_of(const crypto::secret_key& key);

/// The ledger of a data directory. Errors say how one is made.
[[nodiscard]] result<std::unique_ptr<ledger::local_ledger>> open_books(const std::string& folder);

void add_tx_channel(frame& f, CLI::App* group);

} // namespace ainur::cli
