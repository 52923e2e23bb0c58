// What --help says of a call beside its options, and the reference of all calls.
#pragma once

#include <string>
#include <string_view>

#include "ainur/ledger/text.hpp"

namespace ainur::cli {

/// A call's or field's name as it is typed: with hyphens.
[[nodiscard]] std::string typed_name(std::string_view name);
/// "--" and the typed name.
[[nodiscard]] std::string option_of(std::string_view field);
[[nodiscard]] std::string example_of(const ledger::call_info& info);
/// Who may make it, weight, errors, events, and an example.
[[nodiscard]] std::string rules_help(const ledger::call_info& info);
/// Returns an exit code.
[[nodiscard]] int print_reference();

} // namespace ainur::cli
