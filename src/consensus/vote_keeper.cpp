#include "ainur/consensus/vote_keeper.hpp"

#include <algorithm>
#include <utility>

#include "ainur/base/assert.hpp"

namespace ainur::consensus {

namespace {

/// Evidence beyond this is not needed: one pair a validator and height is punished.
constexpr std::size_t equivocations_max = 256;

} // namespace

std::optional<threshold> vote_keeper::add(const signed_statement& vote, validator_index by) {
  const auto& s = vote.statement;
  AINUR_ASSERT(by < set_->size() && s.kind != statement_kind::proposal);
  auto* votes = open(s.round, by);
  if (votes == nullptr)
    return std::nullopt;
  auto& t = s.kind == statement_kind::prevote ? votes->prevotes : votes->precommits;
  if (t.votes.empty())
    t.votes.resize(set_->size());
  auto& slot = t.votes[by];
  if (slot) {
    if (contradict(slot->statement, s) && found_.size() < equivocations_max)
      found_.push_back({*slot, vote});
    return std::nullopt;
  }
  slot = vote;
  const auto weight = (*set_)[by].weight;
  t.total += weight;
  const auto at = std::find_if(t.weights.begin(), t.weights.end(),
                               [&s](const auto& w) { return w.first == s.value; });
  if (at == t.weights.end())
    t.weights.emplace_back(s.value, weight);
  else
    at->second += weight;
  speak(*votes, by);
  if (s.round > current_ && set_->has_honest(votes->speaking))
    if (auto skip = report(*votes, {threshold_kind::skip, s.round, {}}))
      return skip;
  const auto now = reached(t, s);
  return now ? report(*votes, *now) : std::nullopt;
}

std::optional<threshold> vote_keeper::hear(round_number round, validator_index by) {
  auto* votes = open(round, by);
  if (votes == nullptr)
    return std::nullopt;
  speak(*votes, by);
  if (round <= current_ || !set_->has_honest(votes->speaking))
    return std::nullopt;
  return report(*votes, {threshold_kind::skip, round, {}});
}

void vote_keeper::speak(round_votes& votes, validator_index by) {
  if (votes.spoke.empty())
    votes.spoke.resize(set_->size());
  if (!votes.spoke[by])
    votes.speaking += (*set_)[by].weight;
  votes.spoke[by] = true;
}

std::optional<threshold> vote_keeper::reached(const tally& t, const statement& s) const {
  const bool prevote = s.kind == statement_kind::prevote;
  if (set_->is_quorum(weight_for(t, s.value))) {
    if (!s.is_nil())
      return threshold{prevote ? threshold_kind::polka : threshold_kind::precommit, s.round,
                       s.value};
    if (prevote)
      return threshold{threshold_kind::polka_nil, s.round, {}};
  }
  if (!set_->is_quorum(t.total))
    return std::nullopt;
  return threshold{
      prevote ? threshold_kind::polka_any : threshold_kind::precommit_any, s.round, {}};
}

std::optional<threshold> vote_keeper::report(round_votes& votes, const threshold& t) const {
  if (std::find(votes.reported.begin(), votes.reported.end(), t) != votes.reported.end())
    return std::nullopt;
  votes.reported.push_back(t);
  return t;
}

/// The round's votes, with room for one by this validator; nothing if it has newer ones ahead.
vote_keeper::round_votes* vote_keeper::open(round_number r, validator_index by) {
  if (r > current_) {
    if (ahead_.empty())
      ahead_.assign(set_->size(), {no_round, no_round});
    auto& [older, newer] = ahead_[by];
    if (r != older && r != newer) {
      if (r < older)
        return nullptr;
      if (older != no_round)
        forget(older, by);
      older = r;
      if (older > newer)
        std::swap(older, newer);
    }
  }
  return &rounds_[r];
}

void vote_keeper::forget(round_number r, validator_index by) {
  const auto at = rounds_.find(r);
  if (at == rounds_.end() || r <= current_)
    return;
  auto& votes = at->second;
  retract(votes.prevotes, by);
  retract(votes.precommits, by);
  if (!votes.spoke.empty() && votes.spoke[by]) {
    votes.spoke[by] = false;
    votes.speaking -= (*set_)[by].weight;
  }
  if (votes.speaking == 0)
    rounds_.erase(at);
}

void vote_keeper::retract(tally& t, validator_index by) {
  if (t.votes.empty() || !t.votes[by])
    return;
  const auto weight = (*set_)[by].weight;
  t.total -= weight;
  const auto at = std::find_if(t.weights.begin(), t.weights.end(), [&](const auto& w) {
    return w.first == t.votes[by]->statement.value;
  });
  at->second -= weight;
  if (at->second == 0)
    t.weights.erase(at);
  t.votes[by].reset();
}

void vote_keeper::enter(round_number round) {
  current_ = std::max(current_, round);
  for (auto& [older, newer] : ahead_) {
    if (newer <= current_)
      newer = no_round;
    if (older <= current_)
      older = no_round;
    if (older > newer)
      std::swap(older, newer);
  }
}

const vote_keeper::tally* vote_keeper::find(statement_kind kind, round_number r) const {
  const auto at = rounds_.find(r);
  if (at == rounds_.end())
    return nullptr;
  return kind == statement_kind::prevote ? &at->second.prevotes : &at->second.precommits;
}

std::uint64_t vote_keeper::weight_for(const tally& t, const hash256& value) noexcept {
  for (const auto& [v, weight] : t.weights)
    if (v == value)
      return weight;
  return 0;
}

bool vote_keeper::has_polka_any(round_number r) const {
  const auto* t = find(statement_kind::prevote, r);
  return t != nullptr && set_->is_quorum(t->total);
}

bool vote_keeper::has_polka(round_number r, const hash256& value) const {
  const auto* t = find(statement_kind::prevote, r);
  return t != nullptr && set_->is_quorum(weight_for(*t, value));
}

bool vote_keeper::has_precommit_any(round_number r) const {
  const auto* t = find(statement_kind::precommit, r);
  return t != nullptr && set_->is_quorum(t->total);
}

std::optional<hash256> vote_keeper::precommitted(round_number r) const {
  const auto* t = find(statement_kind::precommit, r);
  if (t != nullptr)
    for (const auto& [value, weight] : t->weights)
      if (!value.is_none() && set_->is_quorum(weight))
        return value;
  return std::nullopt;
}

std::optional<round_number> vote_keeper::round_to_skip_to() const {
  for (auto at = rounds_.rbegin(); at != rounds_.rend() && at->first > current_; ++at)
    if (set_->has_honest(at->second.speaking))
      return at->first;
  return std::nullopt;
}

vote_list vote_keeper::votes_for(statement_kind kind, round_number r, const hash256& value) const {
  vote_list out{r, value, {}};
  if (const auto* t = find(kind, r))
    for (const auto& vote : t->votes)
      if (vote && vote->statement.value == value)
        out.votes.push_back(*vote);
  return out;
}

const signed_statement* vote_keeper::vote_of(statement_kind kind, round_number r,
                                             validator_index by) const {
  const auto* t = find(kind, r);
  return t != nullptr && by < t->votes.size() && t->votes[by] ? &*t->votes[by] : nullptr;
}

std::vector<round_number> vote_keeper::rounds() const {
  std::vector<round_number> out;
  for (const auto& [r, votes] : rounds_)
    out.push_back(r);
  return out;
}

std::vector<equivocation> vote_keeper::take_equivocations() {
  return std::exchange(found_, {});
}

} // namespace ainur::consensus
