#include "call_rules.hpp"

#include <utility>

namespace ainur::ledger {

namespace {

std::vector<ruled_call> gather() {
  std::vector<ruled_call> all;
  const auto add = [&all](std::string_view subject, std::vector<call_rules> calls) {
    for (auto& rules : calls)
      all.push_back({subject, std::move(rules)});
  };
  add("Balances", rules_of_balances());
  add("Tasks and escrow", rules_of_escrow());
  add("Standing", rules_of_standing());
  add("Staking", rules_of_staking());
  add("Identities and keys", rules_of_identity());
  add("Channels", rules_of_channels());
  add("Governance", rules_of_governance());
  return all;
}

} // namespace

const std::vector<ruled_call>& all_call_rules() {
  static const auto all = gather();
  return all;
}

} // namespace ainur::ledger
