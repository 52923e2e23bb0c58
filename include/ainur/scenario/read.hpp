// Scenario files: reading with every mistake found at once, checking, and writing back.
//
// A mistake is a `problem`: file, line, column, the key concerned, what is wrong and, for a
// misspelling, the nearest valid one. Files are bounded in size, depth, text and list length before
// they are parsed. `read_scenario(to_toml(x))` gives x again.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ainur/base/error.hpp"
#include "ainur/scenario/config.hpp"

namespace ainur::scenario {

struct problem {
  std::string file;       ///< or "--set"
  std::uint32_t line = 0; ///< from 1; 0 where there is none
  std::uint32_t column = 0;
  std::string key; ///< its path: population[0].count
  std::string text;
  std::string suggestion; ///< the nearest valid spelling, if there is one
  friend bool operator==(const problem&, const problem&) = default;
};

/// "market.toml:12:3: economy.bnod: there is no such key; did you mean \"bond\"?"
[[nodiscard]] std::string to_string(const problem& p);

/// A scenario is usable only if there are no problems. At most 20 are collected.
struct reading {
  config value;
  std::vector<problem> problems;
};

/// Reads and checks a scenario. `name` is the file's, for messages. `overrides` are "key=value" as
/// in
/// `--set`: the value is TOML, or a text without its quotes.
[[nodiscard]] reading read_scenario(std::string_view text, const std::string& name,
                                    std::span<const std::string> overrides = {});

/// Checks what no single key can tell (names that refer to others, keys that need each other).
[[nodiscard]] std::vector<problem> check(const config& c);

/// The content of a text file of at most `size_max` bytes. Errors: `no_file`, `too_large`,
/// `not_text`.
[[nodiscard]] result<std::string> read_text_file(const std::string& path, std::size_t size_max);

/// Reads, checks and returns the scenario of a file, or its problems as one error.
[[nodiscard]] result<config> load_scenario(const std::string& path,
                                           std::span<const std::string> overrides = {});

/// The canonical text: every key, in the order of the schema.
[[nodiscard]] std::string to_toml(const config& c);

/// The starter file of `ainur new`: every key with its meaning; those at their default commented
/// out.
[[nodiscard]] std::string starter_toml();

} // namespace ainur::scenario
