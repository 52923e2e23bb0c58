// What the catalogue says of each call beside its fields: a table for each subject. The model-based
// test holds the errors and events to what the handlers answer and emit.
#pragma once

#include <string_view>
#include <vector>

#include "ainur/ledger/event.hpp"

namespace ainur::ledger {

struct call_rules {
  std::string_view name;
  std::string_view summary; ///< one line
  std::string_view origin;  ///< who may make it, in one line
  std::string_view weight;  ///< the rule of `weight_of`
  std::vector<errc> errors; ///< of the handler, and of nothing before it
  std::vector<std::string_view> events;
};

template <class... Event>
std::vector<std::string_view> names_of() {
  return {Event::type_text...};
}

// One file each.
[[nodiscard]] std::vector<call_rules> rules_of_balances();
[[nodiscard]] std::vector<call_rules> rules_of_escrow();
[[nodiscard]] std::vector<call_rules> rules_of_standing();
[[nodiscard]] std::vector<call_rules> rules_of_staking();
[[nodiscard]] std::vector<call_rules> rules_of_identity();
[[nodiscard]] std::vector<call_rules> rules_of_channels();
[[nodiscard]] std::vector<call_rules> rules_of_governance();

/// A call's rules, and the subject that they stand under.
struct ruled_call {
  std::string_view subject;
  call_rules rules;
};

/// Subject by subject.
[[nodiscard]] const std::vector<ruled_call>& all_call_rules();

} // namespace ainur::ledger
