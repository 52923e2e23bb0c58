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
  if (!count(t, vote, by))
    return std::nullopt;
  speak(*votes, by);
  if (s.round > current_ && set_->has_honest(votes->speaking))
    if (auto skip = report(*votes, {threshold_kind::skip, s.round, {}}))
      return skip;
  const auto now = reached(t, s);
  return now ? report(*votes, *now) : std::nullopt;
}

bool vote_keeper::count(tally& t, const signed_statement& vote, validator_index by) {
  const auto& value = vote.statement.value;
  const auto weight = (*set_)[by].weight;
  auto* counted = t.weight_of(value);
  if (auto& first = t.votes[by]; !first) {
    first = vote;
    t.total += weight;
    if (counted == nullptr)
      t.weights.emplace_back(value, weight);
    else
      *counted += weight;
    return true;
  }
  if (!contradict(t.votes[by]->statement, vote.statement))
    return false;
  if (found_.size() < equivocations_max)
    found_.push_back({*t.votes[by], vote});
  const auto same = [&](const auto& x) {
    return x.first == by && x.second.statement.value == value;
  };
  if (counted == nullptr || std::any_of(t.others.begin(), t.others.end(), same))
    return false;
  t.others.emplace_back(by, vote);
  *counted += weight;
  return true;
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
  *t.weight_of(t.votes[by]->statement.value) -= weight;
  for (const auto& [who, vote] : t.others)
    if (who == by)
      *t.weight_of(vote.statement.value) -= weight;
  std::erase_if(t.others, [by](const auto& x) { return x.first == by; });
  std::erase_if(t.weights, [](const auto& w) { return w.second == 0; });
  t.votes[by].reset();
}

std::uint64_t* vote_keeper::tally::weight_of(const hash256& value) noexcept {
  for (auto& [v, weight] : weights)
    if (v == value)
      return &weight;
  return nullptr;
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
  const auto* t = find(kind, r);
  if (t == nullptr)
    return out;
  for (validator_index by = 0; by < t->votes.size(); ++by) {
    if (t->votes[by] && t->votes[by]->statement.value == value)
      out.votes.push_back(*t->votes[by]);
    for (const auto& [who, vote] : t->others)
      if (who == by && vote.statement.value == value)
        out.votes.push_back(vote);
  }
  return out;
}

std::vector<signed_statement> vote_keeper::all(statement_kind kind, round_number r) const {
  std::vector<signed_statement> out;
  if (const auto* t = find(kind, r))
    for (const auto& vote : t->votes)
      if (vote)
        out.push_back(*vote);
  return out;
}

bool vote_keeper::knows(const statement& s, validator_index by) const {
  const auto* t = find(s.kind, s.round);
  if (t == nullptr || by >= t->votes.size() || !t->votes[by])
    return false;
  return t->votes[by]->statement == s ||
         std::any_of(t->others.begin(), t->others.end(),
                     [&](const auto& x) { return x.first == by && x.second.statement == s; });
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
