// Genesis files: the rules of a ledger and what everybody holds at its start, as TOML.
//
//   chain = "town"
//   time = "2026-01-01T00:00:00Z"
//   authority = "did:ainur:..."     # or 64 hexadecimal digits
//   council = "did:ainur:..."
//   treasury = "1000 AINU"
//   [parameters]                    # those of genesis.hpp by name; the rest keeps its default
//   unbonding = "28d"
//   [[allocation]]                  # in any order
//   account = "did:ainur:..."
//   free = "100 AINU"
//   bonded = "0 AINU"
//
// Instead of an authority, validators may keep the ledger:
//
//   [founding]
//   election = "phragmen"           # or "phragmms", "top_stake"
//   [founding.agreement]            # those of founding.hpp by name; the rest keeps its default
//   propose_first = "1s"
//   [[founding.validator]]          # in any order, nominators too
//   stash = "did:ainur:..."
//   key = "..."                     # with which it signs statements: 64 hexadecimal digits
//   value = "20000 AINU"
//   commission_ppm = 100000
//   [[founding.nominator]]
//   stash = "did:ainur:..."
//   value = "5000 AINU"
//   targets = ["did:ainur:..."]
//
// Amounts are texts with their unit, times texts with theirs, everything else whole numbers, true
// or false. Mistakes are problems as those of scenario files (read.hpp), all found at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ainur/ledger/genesis.hpp"
#include "ainur/scenario/read.hpp"

namespace ainur::scenario {

/// Usable only if there are no problems. At most 20 are collected.
struct genesis_reading {
  ledger::genesis value;
  std::vector<problem> problems;
};

/// Largest file; some 500,000 allocations.
inline constexpr std::size_t genesis_size_max = std::size_t{64} << 20;

/// `name` is the file's, for messages.
[[nodiscard]] genesis_reading read_genesis_file(std::string_view text, const std::string& name);

} // namespace ainur::scenario
