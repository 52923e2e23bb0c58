// Votes of one height, counted by weight: what Algorithm 1's "upon" rules ask about.
//
// Of each validator the first prevote and precommit of a round counts. Another one that differs is
// evidence of equivocation; it counts too, for its value alone, once that value has somebody's
// first vote: a quorum that others saw may rest on it, and who heard the equivocator's other vote
// first must be able to see it as well. A vote can bring about a *threshold*; each is reported
// once, and of several that one vote brings about the most specific:
//
//   polka_any(r), polka_nil(r), polka(r, v)         prevotes: a quorum for anything, nil, v
//   precommit_any(r), precommit(r, v)               precommits: a quorum for anything, v
//   skip(r)                                         more than a third speaks in a later round r
//
// Memory is bounded: a round has at most as many values as validators, and of the rounds after the
// current one each validator's newest two are kept.
// Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "ainur/consensus/validator_set.hpp"
#include "ainur/ledger/statement.hpp"

namespace ainur::consensus {

using ledger::no_round;
using ledger::round_number;
using ledger::signed_statement;
using ledger::statement;
using ledger::statement_kind;

enum class threshold_kind : std::uint8_t {
  polka_any,
  polka_nil,
  polka,
  precommit_any,
  precommit,
  skip,
  max_value = skip,
};

struct threshold {
  threshold_kind kind = threshold_kind::skip;
  round_number round = 0;
  hash256 value; ///< of `polka` and `precommit`
  friend bool operator==(const threshold&, const threshold&) = default;
};

/// Two statements by one validator that contradict each other.
struct equivocation {
  signed_statement first;
  signed_statement second;
  AINUR_FIELDS(equivocation, first, second)
};

/// Who signed what makes a quorum for one value.
struct vote_list {
  round_number round = no_round;
  hash256 value;
  std::vector<signed_statement> votes; ///< in the order of the set
};

class vote_keeper {
public:
  /// `set` must outlive the keeper.
  explicit vote_keeper(const validator_set& set) : set_(&set) {}

  /// Takes a prevote or precommit whose signature was checked, by a validator of the set.
  std::optional<threshold> add(const signed_statement& vote, validator_index by);

  /// From here on, rounds up to this one are kept whole. Never goes back.
  void enter(round_number round);

  [[nodiscard]] bool has_polka_any(round_number r) const;
  [[nodiscard]] bool has_polka(round_number r, const hash256& value) const; ///< none: for nil
  [[nodiscard]] bool has_precommit_any(round_number r) const;
  /// The value with a quorum of precommits in a round, if one has it and it is not nil.
  [[nodiscard]] std::optional<hash256> precommitted(round_number r) const;
  /// The latest round after the current one in which more than a third speaks.
  [[nodiscard]] std::optional<round_number> round_to_skip_to() const;

  /// The votes for one value; empty if there are none.
  [[nodiscard]] vote_list votes_for(statement_kind kind, round_number r,
                                    const hash256& value) const;
  /// Everybody's first votes of a step.
  [[nodiscard]] std::vector<signed_statement> all(statement_kind kind, round_number r) const;
  /// True if this very vote is counted.
  [[nodiscard]] bool knows(const statement& s, validator_index by) const;
  /// What one validator said first; nothing if it did not, or was dropped.
  [[nodiscard]] const signed_statement* vote_of(statement_kind kind, round_number r,
                                                validator_index by) const;
  /// Rounds of which anything is kept, rising.
  [[nodiscard]] std::vector<round_number> rounds() const;

  /// Takes the equivocations found since the last call.
  [[nodiscard]] std::vector<equivocation> take_equivocations();

private:
  struct tally {
    std::vector<std::optional<signed_statement>> votes; // by validator; empty at first
    std::vector<std::pair<validator_index, signed_statement>> others; // that contradict the first
    std::vector<std::pair<hash256, std::uint64_t>> weights; // by value, in order of appearance
    std::uint64_t total = 0;

    [[nodiscard]] std::uint64_t* weight_of(const hash256& value) noexcept;
  };

  struct round_votes {
    tally prevotes;
    tally precommits;
    std::vector<bool> spoke; // by validator; empty at first
    std::uint64_t speaking = 0;
    std::vector<threshold> reported;
  };

  [[nodiscard]] const tally* find(statement_kind kind, round_number r) const;
  [[nodiscard]] static std::uint64_t weight_for(const tally& t, const hash256& value) noexcept;
  [[nodiscard]] round_votes* open(round_number r, validator_index by);
  void forget(round_number r, validator_index by);
  void retract(tally& t, validator_index by);
  /// False if it does not count.
  bool count(tally& t, const signed_statement& vote, validator_index by);
  void speak(round_votes& votes, validator_index by);
  [[nodiscard]] std::optional<threshold> report(round_votes& votes, const threshold& t) const;
  [[nodiscard]] std::optional<threshold> reached(const tally& t, const statement& s) const;

  const validator_set* set_;
  round_number current_ = 0;
  std::map<round_number, round_votes> rounds_;
  std::vector<std::array<round_number, 2>> ahead_; // by validator: rounds after the current one
  std::vector<equivocation> found_;
};

} // namespace ainur::consensus
