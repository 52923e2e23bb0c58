// Tendermint's Algorithm 1 (Buchman, Kwon, Milosevic, arXiv 1807.04938) for one height: rounds of
// proposal, prevote and precommit until a quorum precommits one value.
//
// Tell it what arrived and what time has passed; it says what to do. Every rule of the paper is a
// function named after its line. Values are known by their ids here; whether one is *valid* is the
// caller's to say, by a rule on which all honest validators agree; a *timely* one also bears a time
// that this replica finds credible, which only counts for new values (line 22).
//
// Tell it only of statements whose signatures were checked, of its height and by its set; its own
// come back the same way, through `add`, once they are durable. A value; not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "ainur/consensus/vote_keeper.hpp"

namespace ainur::consensus {

enum class step : std::uint8_t {
  propose,
  prevote,
  precommit,
  max_value = precommit,
};

/// Which timeout has passed, or is to be waited for.
struct timeout {
  consensus::step step = consensus::step::propose;
  round_number round = 0;
  AINUR_FIELDS(timeout, step, round)
};

/// What a replica must not forget: the value it is locked on, and the newest one that had a quorum
/// of prevotes.
struct held_values {
  round_number locked_round = no_round;
  hash256 locked;
  round_number valid_round = no_round;
  hash256 valid;
  AINUR_FIELDS(held_values, locked_round, locked, valid_round, valid)
};

/// Make a value for this round and answer `value`.
struct make_value {
  round_number round = 0;
  friend bool operator==(const make_value&, const make_value&) = default;
};

/// Make these values durable before carrying out what follows.
struct hold {
  held_values values;
  friend bool operator==(const hold&, const hold&) = default;
};

/// A round begins that is not the first. Make it durable with the votes that ended those before:
/// after a crash of many, nobody else may be able to tell the others why they shall follow.
struct enter {
  round_number round = 0;
  std::vector<signed_statement> votes;
  friend bool operator==(const enter&, const enter&) = default;
};

/// Sign, make durable, send to all, and `add`: a proposal, prevote or precommit.
struct utter {
  ledger::statement statement;
  friend bool operator==(const utter&, const utter&) = default;
};

/// Call `pass` with it after its time.
struct wait {
  consensus::timeout timeout;
  friend bool operator==(const wait&, const wait&) = default;
};

/// The height is decided: a quorum precommitted this value in this round.
struct decide {
  round_number round = 0;
  hash256 value;
  friend bool operator==(const decide&, const decide&) = default;
};

using agreement_action = std::variant<make_value, hold, enter, utter, wait, decide>;
/// To be carried out in this order.
using agreement_actions = std::vector<agreement_action>;

/// A proposal as it was received, with what is known of its value.
struct proposal_info {
  hash256 value;
  round_number valid_round = no_round;
  bool valid = false;
  bool timely = true;
  friend bool operator==(const proposal_info&, const proposal_info&) = default;
};

class agreement {
public:
  /// `set` must outlive it. `turn` is the rotation of this height; `self` is nothing for an
  /// observer, which follows without a voice.
  agreement(std::uint64_t height, const validator_set& set, rotation turn,
            std::optional<validator_index> self);

  /// Line 10. Begins with round 0.
  [[nodiscard]] agreement_actions start();
  /// Goes on after a crash, in the latest round that is known to have begun, with what was held and
  /// with the votes that are known.
  [[nodiscard]] agreement_actions resume(round_number round, const held_values& held,
                                         const std::vector<signed_statement>& votes);

  /// Answers `make_value`.
  [[nodiscard]] agreement_actions value(round_number round, const hash256& value);
  /// The proposal of a round, by the proposer of that round. A second one for a round is ignored.
  [[nodiscard]] agreement_actions propose(round_number round, const proposal_info& p);
  /// A prevote or precommit.
  [[nodiscard]] agreement_actions add(const signed_statement& vote, validator_index by);
  /// Lines 57, 61, 65: a timeout has passed. Late ones do no harm.
  [[nodiscard]] agreement_actions pass(const timeout& t);

  [[nodiscard]] std::uint64_t height() const noexcept { return height_; }

  [[nodiscard]] round_number round() const noexcept { return round_; }

  [[nodiscard]] consensus::step step() const noexcept { return step_; }

  [[nodiscard]] const held_values& held() const noexcept { return held_; }

  [[nodiscard]] const std::optional<decide>& decision() const noexcept { return decision_; }

  /// A quorum precommitted a value whose proposal is not here: it must be fetched.
  [[nodiscard]] std::optional<decide> missing() const;

  [[nodiscard]] validator_index proposer(round_number r) const;

  [[nodiscard]] const proposal_info* proposal(round_number r) const;

  [[nodiscard]] const vote_keeper& votes() const noexcept { return votes_; }

  [[nodiscard]] std::vector<equivocation> take_equivocations() {
    return votes_.take_equivocations();
  }

private:
  void start_round(round_number r, agreement_actions& out);
  void leave_for(round_number r, std::vector<signed_statement> reasons, agreement_actions& out);
  void say(statement_kind kind, const hash256& value, agreement_actions& out);
  void apply_rules(agreement_actions& out);
  bool apply_one_rule(agreement_actions& out);
  bool line_22_new_proposal(agreement_actions& out);
  bool line_28_proposal_with_polka(agreement_actions& out);
  bool line_34_prevotes_for_anything(agreement_actions& out);
  bool line_36_polka(agreement_actions& out);
  bool line_44_polka_for_nil(agreement_actions& out);
  bool line_47_precommits_for_anything(agreement_actions& out);
  bool line_49_decide(agreement_actions& out);
  bool line_55_skip(agreement_actions& out);
  [[nodiscard]] bool first_time(int line);

  std::uint64_t height_;
  const validator_set* set_;
  rotation turn_;
  std::optional<validator_index> self_;
  vote_keeper votes_;
  std::map<round_number, proposal_info> proposals_;
  round_number round_ = no_round;
  consensus::step step_ = consensus::step::propose;
  held_values held_;
  std::set<int> done_; // lines that act once a round, in this round
  std::optional<decide> decision_;
};

} // namespace ainur::consensus
