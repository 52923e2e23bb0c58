// Plays commands on the ledger and on the model, and shrinks a list of commands that fails.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "generate.hpp"

namespace ainur::test {

/// What the runs have reached, together.
struct coverage {
  std::size_t calls = 0;
  std::size_t succeeded_in_all = 0;
  std::map<std::size_t, std::size_t> succeeded, refused;      // by call
  std::set<errc> names;                                       // of refusals
  std::set<std::pair<std::size_t, errc>> refusals;            // by call
  std::set<std::pair<std::size_t, std::string_view>> emitted; // events, by call
};

/// Why the ledger and the model part; empty if they do not. `story`, if given, gets a line for each
/// block and call.
[[nodiscard]] std::string play(std::uint64_t seed, const std::vector<command>& commands,
                               coverage& seen, std::string* story = nullptr);

/// Fewer commands, and smaller numbers in them, that still fail.
[[nodiscard]] std::vector<command> shrink(std::uint64_t seed, std::vector<command> failing);

} // namespace ainur::test
