// What the subcommands of `ainur key` share, one file each.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "ainur/crypto/key_file.hpp"
#include "command.hpp"
#include "passphrase.hpp"

namespace ainur::cli {

using ordered_json = nlohmann::ordered_json;

/// One object: as JSON, or as lines of a name and its value.
void print_object(const ordered_json& object, bool as_json);

/// The exit code for what went wrong with a key.
int key_failed(const error& e);

/// The key of a file, with the passphrase from there. Errors name the file.
[[nodiscard]] result<crypto::secret_key> unlock_file(const std::string& file,
                                                     bytes_view passphrase);

/// A fresh key, locked and written to `file`. Errors: `already_exists` unless `replace`.
[[nodiscard]] result<crypto::secret_key> make_key_file(const std::string& file,
                                                       bytes_view passphrase, bool replace);

void add_key_export(frame& f, CLI::App* key);
void add_key_rotate(frame& f, CLI::App* key);
void add_key_sign(frame& f, CLI::App* key);

} // namespace ainur::cli
