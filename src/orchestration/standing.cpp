#include "ainur/orchestration/standing.hpp"

#include <algorithm>
#include <unordered_set>

namespace ainur::orchestration {

namespace {
constexpr std::size_t awards_max = 1'000'000;
} // namespace

agent_standing& standing_projection::at(const account_id& agent) {
  auto& a = agents_[agent];
  a.account = agent;
  return a;
}

void standing_projection::set_score(agent_standing& a, std::uint16_t score, std::uint64_t era) {
  a.score = a.scored = score;
  a.scored_era = era;
  era_ = std::max(era_, era);
}

std::uint16_t standing_projection::now(const agent_standing& a) const {
  return ledger::decayed(rules_, a.scored, era_ - std::min(era_, a.scored_era));
}

std::vector<account_id> standing_projection::fading() const {
  std::vector<account_id> found;
  for (const auto& [id, a] : agents_)
    if (now(a) != a.score)
      found.push_back(id);
  std::sort(found.begin(), found.end());
  return found;
}

void standing_projection::note_capability(const task_id& task, std::uint16_t subtask,
                                          std::string capability) {
  auto& awards = capability_of_[task];
  if (awards.empty())
    order_.push_back(task);
  awards.emplace_back(subtask, std::move(capability));
  for (; capability_of_.size() > awards_max; ++oldest_)
    capability_of_.erase(order_[oldest_]);
  if (oldest_ > order_.size() / 2 && oldest_ > 1024) {
    order_.erase(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(oldest_));
    oldest_ = 0;
  }
}

std::vector<standing_change>
standing_projection::apply(const std::vector<ledger::event::any>& events) {
  std::vector<account_id> touched;
  std::unordered_set<account_id> seen;
  const auto touch = [&](const account_id& who) -> agent_standing& {
    if (seen.insert(who).second)
      touched.push_back(who);
    return at(who);
  };
  for (const auto& event : events) {
    if (const auto* o = std::get_if<ledger::event::outcome>(&event)) {
      std::string capability;
      if (const auto known = capability_of_.find(o->task); known != capability_of_.end()) {
        auto& awards = known->second;
        const auto award = std::find_if(awards.begin(), awards.end(),
                                        [o](const auto& one) { return one.first == o->subtask; });
        if (award != awards.end()) {
          capability = std::move(award->second);
          awards.erase(award);
        }
        if (awards.empty())
          capability_of_.erase(known);
      }
      if (o->kind == ledger::outcome_kind::void_)
        continue;
      auto& a = touch(o->agent);
      set_score(a, o->score_after, o->era);
      a.stake = a.stake.saturating_minus(o->slashed);
      auto counts = std::find_if(a.capabilities.begin(), a.capabilities.end(),
                                 [&](const auto& c) { return c.capability == capability; });
      if (counts == a.capabilities.end())
        counts = a.capabilities.insert(counts, {capability, 0, 0});
      ++(o->kind == ledger::outcome_kind::success ? counts->successes : counts->failures);
    } else if (const auto* b = std::get_if<ledger::event::bond_changed>(&event)) {
      auto& a = touch(b->account);
      if (b->first)
        set_score(a, b->score, b->era);
      a.stake = b->bonded;
    } else if (const auto* s = std::get_if<ledger::event::slashed>(&event)) {
      auto& a = touch(s->account);
      if (s->slash != 0)
        set_score(a, s->score_after, s->era);
      if (s->reason != ledger::slash_reason::failure) // that one came with the outcome
        a.stake = a.stake.saturating_minus(s->value);
    } else if (const auto* e = std::get_if<ledger::event::slash_ended>(&event)) {
      auto& a = touch(e->account);
      if (e->cancelled) {
        set_score(a, e->score_after, e->era);
        a.stake = a.stake.saturating_plus(e->value);
      }
    } else if (const auto* d = std::get_if<ledger::event::era_of_decay>(&event)) {
      era_ = d->era;
      for (const auto& id : fading())
        touch(id).score = now(agents_.at(id));
    }
  }
  std::vector<standing_change> changes;
  for (const auto& who : touched) {
    auto& a = agents_.at(who);
    a.bonded = a.stake >= bond_min_;
    changes.push_back({a.account, a.score, a.stake, a.bonded});
  }
  return changes;
}

const agent_standing* standing_projection::find(const account_id& agent) const {
  const auto at = agents_.find(agent);
  return at == agents_.end() ? nullptr : &at->second;
}

std::uint64_t standing_projection::mean_score() const {
  std::uint64_t sum = 0;
  std::uint64_t count = 0;
  for (const auto& [id, a] : agents_) // a sum: the order does not matter
    if (a.bonded) {
      sum += a.score;
      ++count;
    }
  return count == 0 ? 0 : sum / count;
}

standing_snapshot standing_projection::save(std::uint64_t cursor) const {
  standing_snapshot s{.cursor = cursor, .agents = {}, .era = era_};
  s.agents.reserve(agents_.size());
  for (const auto& [id, a] : agents_)
    s.agents.push_back(a);
  std::sort(s.agents.begin(), s.agents.end(),
            [](const auto& a, const auto& b) { return a.account < b.account; });
  return s;
}

void standing_projection::begin(const ledger::genesis& from) {
  bond_min_ = from.parameters.bond_min;
  rules_ = from.parameters.settlement;
  for (const auto& a : from.allocations) {
    if (a.bonded.is_zero())
      continue;
    auto& made = at(a.account);
    made.stake = a.bonded;
    made.bonded = a.bonded >= bond_min_;
    if (made.bonded)
      set_score(made, from.parameters.reputation_start, 0);
  }
}

void standing_projection::load(standing_snapshot from) {
  agents_.clear();
  era_ = from.era;
  for (auto& a : from.agents) {
    const auto id = a.account;
    agents_.emplace(id, std::move(a));
  }
}

} // namespace ainur::orchestration
