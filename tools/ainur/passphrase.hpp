// Where a command gets the passphrase of a key file from: a file, a descriptor, or the terminal.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "ainur/base/bytes.hpp"
#include "ainur/base/error.hpp"

namespace ainur::cli {

/// A passphrase, wiped at the end.
struct passphrase {
  bytes text;
  passphrase() = default;
  passphrase(const passphrase&) = delete;
  passphrase& operator=(const passphrase&) = delete;

  passphrase(passphrase&& other) noexcept : text(std::move(other.text)) {}

  ~passphrase();
};

/// What the user said about it.
struct passphrase_source {
  std::string file;
  int descriptor = -1;

  [[nodiscard]] bool is_named() const { return !file.empty() || descriptor >= 0; }
};

void add_passphrase_options(CLI::App* command, passphrase_source& from);

/// Reads it; asked twice on the terminal if it is for a new file.
[[nodiscard]] result<passphrase> read_passphrase(const passphrase_source& from, bool is_new);

} // namespace ainur::cli
