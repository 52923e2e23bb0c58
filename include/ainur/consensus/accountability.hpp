// Who is to blame, found offline from what was signed.
//
// If two blocks of one height are both certified, more than a third of the weight broke the rules,
// and what they signed shows it: *equivocation* is two different statements of one step; *amnesia*
// is a vote for another value after a precommit, without a quorum of prevotes in between that would
// have allowed it (Algorithm 1, lines 22 and 28). Equivocation is proven by two statements alone;
// amnesia only by all prevotes of the height, so it is reported, not slashed. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "ainur/consensus/validator_set.hpp"
#include "ainur/consensus/vote_keeper.hpp"

namespace ainur::consensus {

enum class offence_kind : std::uint8_t {
  equivocation,
  amnesia,
  max_value = amnesia,
};
[[nodiscard]] std::string_view to_string(offence_kind kind) noexcept;

struct offence {
  offence_kind kind = offence_kind::equivocation;
  account_id who;
  signed_statement first;
  signed_statement second;
};

/// The offences in a log of one height's statements, whose signatures were checked: at most one of
/// each kind a validator, in the order of the set. Statements of others or other heights are left
/// out.
[[nodiscard]] std::vector<offence> find_offences(const validator_set& set, std::uint64_t height,
                                                 const std::vector<signed_statement>& log);

/// The weight of those who are named.
[[nodiscard]] std::uint64_t weight_of(const validator_set& set,
                                      const std::vector<offence>& offences);

} // namespace ainur::consensus
