#include "ainur/consensus/agreement.hpp"

#include <utility>

#include "ainur/base/assert.hpp"

namespace ainur::consensus {

namespace {

const hash256 nil{};

} // namespace

agreement::agreement(std::uint64_t height, const validator_set& set, rotation turn,
                     std::optional<validator_index> self)
    : height_(height), set_(&set), turn_(std::move(turn)), self_(self), votes_(set) {
  AINUR_ASSERT(!self || *self < set.size());
}

agreement_actions agreement::start() {
  agreement_actions out;
  start_round(0, out); // line 10
  apply_rules(out);
  return out;
}

agreement_actions agreement::resume(round_number round, const held_values& held,
                                    const std::vector<signed_statement>& votes) {
  agreement_actions out;
  held_ = held;
  votes_.enter(round); // so that those of all earlier rounds are kept
  for (const auto& vote : votes)
    if (const auto by = set_->find(vote.signer))
      (void)votes_.add(vote, *by);
  start_round(round, out);
  apply_rules(out);
  return out;
}

validator_index agreement::proposer(round_number r) const {
  return turn_.proposer_after(static_cast<std::uint32_t>(r));
}

const proposal_info* agreement::proposal(round_number r) const {
  const auto at = proposals_.find(r);
  return at == proposals_.end() ? nullptr : &at->second;
}

/// Leaves a round, with the votes that allow it.
void agreement::leave_for(round_number r, std::vector<signed_statement> reasons,
                          agreement_actions& out) {
  out.push_back(enter{r, std::move(reasons)});
  start_round(r, out);
}

// Lines 11 to 21. The proposer waits too: making a value may take longer than the others wait.
void agreement::start_round(round_number r, agreement_actions& out) {
  round_ = r;
  step_ = consensus::step::propose;
  done_.clear();
  votes_.enter(r);
  if (self_ && proposer(r) == *self_) {
    if (held_.valid.is_none())
      out.push_back(make_value{r});
    else if (held_.valid_round < r) // else this round's proposal is out, by another with this key
      out.push_back(utter{{statement_kind::proposal, height_, r, held_.valid_round, held_.valid}});
  }
  out.push_back(wait{{consensus::step::propose, r}});
}

agreement_actions agreement::value(round_number round, const hash256& value) {
  agreement_actions out;
  if (decision_ || round != round_ || step_ != consensus::step::propose || proposal(round))
    return out; // too late: the others no longer wait for it
  out.push_back(utter{{statement_kind::proposal, height_, round, no_round, value}});
  return out;
}

agreement_actions agreement::propose(round_number round, const proposal_info& p) {
  agreement_actions out;
  if (decision_ || !proposals_.emplace(round, p).second)
    return out;
  apply_rules(out);
  return out;
}

agreement_actions agreement::add(const signed_statement& vote, validator_index by) {
  agreement_actions out;
  (void)votes_.add(vote, by);
  if (!decision_)
    apply_rules(out);
  return out;
}

void agreement::say(statement_kind kind, const hash256& value, agreement_actions& out) {
  step_ = kind == statement_kind::prevote ? consensus::step::prevote : consensus::step::precommit;
  if (self_)
    out.push_back(utter{{kind, height_, round_, no_round, value}});
}

bool agreement::first_time(int line) {
  return done_.insert(line).second;
}

void agreement::apply_rules(agreement_actions& out) {
  while (round_ != no_round && !decision_ && apply_one_rule(out)) {
  }
}

bool agreement::apply_one_rule(agreement_actions& out) {
  return line_49_decide(out) || line_55_skip(out) || line_22_new_proposal(out) ||
         line_28_proposal_with_polka(out) || line_36_polka(out) || line_44_polka_for_nil(out) ||
         line_34_prevotes_for_anything(out) || line_47_precommits_for_anything(out);
}

bool agreement::line_22_new_proposal(agreement_actions& out) {
  const auto* p = proposal(round_);
  if (p == nullptr || p->valid_round != no_round || step_ != consensus::step::propose)
    return false;
  const bool acceptable =
      p->valid && p->timely && (held_.locked_round == no_round || held_.locked == p->value);
  say(statement_kind::prevote, acceptable ? p->value : nil, out);
  return true;
}

bool agreement::line_28_proposal_with_polka(agreement_actions& out) {
  const auto* p = proposal(round_);
  if (p == nullptr || p->valid_round == no_round || step_ != consensus::step::propose ||
      !votes_.has_polka(p->valid_round, p->value))
    return false;
  const bool acceptable =
      p->valid && (held_.locked_round <= p->valid_round || held_.locked == p->value);
  say(statement_kind::prevote, acceptable ? p->value : nil, out);
  return true;
}

bool agreement::line_34_prevotes_for_anything(agreement_actions& out) {
  if (step_ != consensus::step::prevote || !votes_.has_polka_any(round_) || !first_time(34))
    return false;
  out.push_back(wait{{consensus::step::prevote, round_}});
  return true;
}

bool agreement::line_36_polka(agreement_actions& out) {
  const auto* p = proposal(round_);
  if (p == nullptr || !p->valid || step_ == consensus::step::propose ||
      !votes_.has_polka(round_, p->value) || !first_time(36))
    return false;
  held_.valid_round = round_;
  held_.valid = p->value;
  if (step_ == consensus::step::prevote) {
    held_.locked_round = round_;
    held_.locked = p->value;
    out.push_back(hold{held_});
    say(statement_kind::precommit, p->value, out);
  } else {
    out.push_back(hold{held_}); // lines 42 and 43 alone
  }
  return true;
}

bool agreement::line_44_polka_for_nil(agreement_actions& out) {
  if (step_ != consensus::step::prevote || !votes_.has_polka(round_, nil))
    return false;
  say(statement_kind::precommit, nil, out);
  return true;
}

bool agreement::line_47_precommits_for_anything(agreement_actions& out) {
  if (!votes_.has_precommit_any(round_) || !first_time(47))
    return false;
  out.push_back(wait{{consensus::step::precommit, round_}});
  return true;
}

bool agreement::line_49_decide(agreement_actions& out) {
  for (const auto& [r, p] : proposals_) {
    if (!p.valid || votes_.precommitted(r) != p.value)
      continue;
    decision_ = decide{r, p.value};
    out.push_back(*decision_);
    return true;
  }
  return false;
}

bool agreement::line_55_skip(agreement_actions& out) {
  const auto later = votes_.round_to_skip_to();
  if (!later)
    return false;
  auto reasons = votes_.all(statement_kind::prevote, *later);
  for (auto& vote : votes_.all(statement_kind::precommit, *later))
    reasons.push_back(std::move(vote));
  leave_for(*later, std::move(reasons), out);
  return true;
}

agreement_actions agreement::pass(const timeout& t) {
  agreement_actions out;
  if (decision_ || t.round != round_)
    return out;
  switch (t.step) {
  case consensus::step::propose: // line 57
    if (step_ == consensus::step::propose)
      say(statement_kind::prevote, nil, out);
    break;
  case consensus::step::prevote: // line 61
    if (step_ == consensus::step::prevote)
      say(statement_kind::precommit, nil, out);
    break;
  case consensus::step::precommit: // line 65
    leave_for(round_ + 1, votes_.all(statement_kind::precommit, round_), out);
    break;
  }
  apply_rules(out);
  return out;
}

std::optional<decide> agreement::missing() const {
  if (decision_)
    return std::nullopt;
  for (const auto r : votes_.rounds()) {
    const auto value = votes_.precommitted(r);
    const auto* p = proposal(r);
    if (value && (p == nullptr || p->value != *value))
      return decide{r, *value};
  }
  return std::nullopt;
}

} // namespace ainur::consensus
