// What --help says of a call beside its options, and the reference of all calls.
#pragma once

#include <string>
#include <string_view>

#include "ainur/ledger/text.hpp"

namespace ainur::cli {

/// A call's or field's name as it is typed: with hyphens.
[[nodiscard]] std::string typed_name(std::string_view name);
/// Who may make it, weight, errors and events.
[[nodiscard]] std::string rules_help(const ledger::call_info& info);
/// Returns an exit code.
[[nodiscard]] int print_reference();

} // namespace ainur::cli
