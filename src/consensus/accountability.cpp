#include "ainur/consensus/accountability.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace ainur::consensus {

namespace {

using step_key = std::pair<statement_kind, round_number>;

/// The first statement of each step of one validator, and the first that contradicts one.
struct record_of_one {
  std::map<step_key, signed_statement> said;
  std::optional<offence> equivocation;
};

/// The prevotes of a height by round and value.
class polkas {
public:
  explicit polkas(const validator_set& set) : set_(set) {}

  void add(const statement& s, validator_index by) {
    if (s.kind == statement_kind::prevote && voters_[{s.round, s.value}].insert(by).second)
      weights_[{s.round, s.value}] += set_[by].weight;
  }

  /// A quorum prevoted the value in a round from `first` on, before `end`.
  [[nodiscard]] bool any(round_number first, round_number end, const hash256& value) const {
    return std::any_of(weights_.begin(), weights_.end(), [&](const auto& entry) {
      const auto& [round, voted] = entry.first;
      return round >= first && round < end && voted == value && set_.is_quorum(entry.second);
    });
  }

private:
  using key = std::pair<round_number, hash256>;
  const validator_set& set_;
  std::map<key, std::set<validator_index>> voters_;
  std::map<key, std::uint64_t> weights_;
};

std::optional<offence> find_amnesia(const record_of_one& r, const polkas& prevotes) {
  for (const auto& [step, locked] : r.said) {
    if (step.first != statement_kind::precommit || locked.statement.is_nil())
      continue;
    for (const auto& [later, vote] : r.said) {
      const auto& s = vote.statement;
      if (later.first == statement_kind::proposal || s.round <= step.second || s.is_nil() ||
          s.value == locked.statement.value)
        continue;
      // A precommit follows a polka of its own round, a prevote one of an earlier round.
      const auto end = later.first == statement_kind::precommit ? s.round + 1 : s.round;
      if (!prevotes.any(step.second, end, s.value))
        return offence{offence_kind::amnesia, vote.signer, locked, vote};
    }
  }
  return std::nullopt;
}

} // namespace

std::string_view to_string(offence_kind kind) noexcept {
  return kind == offence_kind::equivocation ? "equivocation" : "amnesia";
}

std::vector<offence> find_offences(const validator_set& set, std::uint64_t height,
                                   const std::vector<signed_statement>& log) {
  std::map<validator_index, record_of_one> records;
  polkas prevotes{set};
  for (const auto& s : log) {
    const auto by = set.find(s.signer);
    if (!by || s.statement.height != height)
      continue;
    prevotes.add(s.statement, *by);
    auto& r = records[*by];
    const auto& first = r.said.try_emplace({s.statement.kind, s.statement.round}, s).first->second;
    if (!r.equivocation && contradict(first.statement, s.statement))
      r.equivocation = offence{offence_kind::equivocation, s.signer, first, s};
  }
  std::vector<offence> out;
  for (const auto& [by, r] : records) {
    if (r.equivocation)
      out.push_back(*r.equivocation);
    if (const auto forgot = find_amnesia(r, prevotes))
      out.push_back(*forgot);
  }
  return out;
}

std::uint64_t weight_of(const validator_set& set, const std::vector<offence>& offences) {
  std::set<validator_index> named;
  std::uint64_t weight = 0;
  for (const auto& o : offences)
    if (const auto by = set.find(o.who); by && named.insert(*by).second)
      weight += set[*by].weight;
  return weight;
}

} // namespace ainur::consensus
