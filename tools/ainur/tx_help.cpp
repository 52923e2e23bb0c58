#include "tx_help.hpp"

#include <algorithm>
#include <cstdio>

#include "command.hpp"

namespace ainur::cli {

std::string typed_name(std::string_view name) {
  std::string typed{name};
  std::replace(typed.begin(), typed.end(), '_', '-');
  return typed;
}

std::string rules_help(const ledger::call_info& info) {
  std::size_t width = 0;
  for (const auto e : info.errors)
    width = std::max(width, describe(e).name.size());
  std::string text = "Who: " + std::string{info.origin} + "\n";
  text += "Weight: " + std::string{info.weight} + "\n";
  text += "Errors:\n";
  for (const auto e : info.errors) {
    const auto what = describe(e);
    text += "  " + std::string{what.name} + std::string(width + 2 - what.name.size(), ' ') +
            std::string{what.text} + "\n";
  }
  text += "Events:";
  for (const auto name : info.events)
    text += " " + std::string{name};
  if (info.events.empty())
    text += " none";
  return text + "\n";
}

int print_reference() {
  std::fputs(ledger::call_reference_markdown().c_str(), stdout);
  return exit_ok;
}

} // namespace ainur::cli
