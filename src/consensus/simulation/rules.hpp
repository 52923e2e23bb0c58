// What must hold in every run, checked as it happens.
#pragma once

#include <map>
#include <set>

#include "node.hpp"

namespace ainur::consensus::simulation {

class rules {
public:
  /// An honest node commits. Before: `set` of that height.
  void committed(const node& by, const certified_block& b, const validator_set& set, instant now);
  /// Anybody sends a statement for the first time or again.
  void said(const node& by, const signed_statement& s, instant now);
  /// An honest node accuses.
  void accused(const node& by, const equivocation& e, bool of_honest, signature_checker& checker,
               const validator_set& set, instant now);
  void break_rule(std::string rule, std::string what, instant now);
  /// Statements of heights before this one are not needed any more.
  void forget_before(std::uint64_t height);

  [[nodiscard]] bool disagreed() const noexcept { return disagreement_.has_value(); }

  /// Blocks, by height, as the first honest node committed them.
  [[nodiscard]] const hash256* decided(std::uint64_t height) const;
  /// Fills in violations, accusations and culprits.
  void report(simulation_report& to) const;

private:
  using step_key = std::tuple<account_id, std::uint64_t, statement_kind, round_number>;

  std::map<std::uint64_t, hash256> decided_;
  std::map<std::uint64_t, validator_set> sets_;
  std::map<step_key, statement> honest_;
  std::map<std::uint64_t, std::vector<signed_statement>> log_;
  std::set<std::pair<step_key, hash256>> logged_;
  std::set<account_id> accused_;
  std::vector<violation> violations_;
  std::optional<std::uint64_t> disagreement_; // its height
};

} // namespace ainur::consensus::simulation
