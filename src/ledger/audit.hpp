// What an audit of the tables gathers: the first thing that does not agree, and for each account
// what the other tables say about it, which its record must match.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "book.hpp"

namespace ainur::ledger {

/// What the other tables say about one account.
struct account_claims {
  amount reserved, exposure, held, unbonding;
  amount locked;
  std::uint32_t open_awards = 0, open_tasks = 0, anchors = 0;
};

class auditor {
public:
  explicit auditor(const book& b) : books_(b) {}

  [[nodiscard]] const book& books() const noexcept { return books_; }

  /// `what` names the thing that must hold, in the words of "... does not agree".
  void require(bool holds, std::string what) {
    if (!holds && !problem_)
      problem_ = std::move(what) + " does not agree";
  }

  void gather(amount& to, amount value) {
    const auto sum = to.plus(value);
    require(sum.has_value(), "a sum that does not fit");
    to = sum.value_or(amount::max());
  }

  [[nodiscard]] account_claims& claims(const account_id& id) { return claims_[id]; }

  [[nodiscard]] const auto& all_claims() const noexcept { return claims_; }

  [[nodiscard]] const std::optional<std::string>& problem() const noexcept { return problem_; }

private:
  const book& books_;
  std::unordered_map<account_id, account_claims> claims_;
  std::optional<std::string> problem_;
};

// staking_audit.cpp
void audit_staking(auditor& found);
// committees.cpp
void audit_committees(auditor& found);
// identity.cpp
void audit_identity(auditor& found);
// keys.cpp
void audit_keys(auditor& found);
// channels_audit.cpp, governance_audit.cpp
void audit_channels(auditor& found);
void audit_governance(auditor& found);

} // namespace ainur::ledger
