// Asking for bids and deciding the auction.
#include <algorithm>

#include "ainur/base/assert.hpp"

#include "ainur/orchestration/orchestrator.hpp"

namespace ainur::orchestration {

void orchestrator_core::on_snapshot(discovery::snapshot_ptr agents, moment now, outputs& out) {
  const auto name = agents->capability;
  auto& known = capabilities_[name];
  if (known.agents && known.agents->version >= agents->version && agents->version != 0)
    return;
  if (!known.agents)
    known.index = router_->capability(name);
  known.agents = known.peers.translate(std::move(agents), known.agents.get());
  std::vector<routing::peer_index> peers;
  peers.reserve(known.agents->agents.size());
  for (const auto& one : known.agents->agents)
    peers.push_back(one.index);
  router_->set_candidates(known.index, peers);
  const auto waiting = waiting_.extract(name);
  if (waiting.empty())
    return;
  for (const auto& [number, subtask] : waiting.mapped())
    if (const auto s = tasks_.find(number); s != tasks_.end()) {
      calls_.erase(s->second.lines[subtask].call); // it only stood for the waiting
      call(number, s->second, subtask, now, out);
    }
}

void orchestrator_core::ask_agents(const std::string& name, outputs& out) {
  if (std::find(out.capabilities.begin(), out.capabilities.end(), name) == out.capabilities.end())
    out.capabilities.push_back(name);
}

bool orchestrator_core::open_call::all_answered() const noexcept {
  return text && std::all_of(guards.begin(), guards.end(),
                             [](const auto& g) { return g.answered >= g.asked; });
}

/// Forgets the call of a line that is given up; whoever bid is free.
void orchestrator_core::drop_call(const state& s, const line& l, outputs& out) {
  if (l.phase == line_phase::decided || l.phase == line_phase::working) {
    if (l.call != 0)
      out.closings.push_back({l.at.guard, l.call, {}, {l.at.slot}});
    return;
  }
  if (l.phase != line_phase::calling)
    return;
  const auto node = calls_.extract(l.call);
  if (node.empty())
    return;
  const auto& c = node.mapped();
  close_call(c, std::nullopt, {}, {}, out);
  if (c.text)
    return;
  const auto waiting = waiting_.find(s.origin.task->subtasks[c.subtask].capability);
  if (waiting == waiting_.end())
    return;
  std::erase(waiting->second, std::pair{c.task, c.subtask});
  if (waiting->second.empty())
    waiting_.erase(waiting);
}

void orchestrator_core::call(std::uint64_t number, state& s, std::uint16_t subtask, moment now,
                             outputs& out) {
  const auto& t = *s.origin.task;
  const auto& part = t.subtasks[subtask];
  auto& l = s.lines[subtask];
  l.phase = line_phase::calling;
  const auto known = capabilities_.find(part.capability);
  if (known == capabilities_.end() || !known->second.agents) {
    auto& waiting = waiting_[part.capability];
    if (waiting.empty())
      ask_agents(part.capability, out);
    waiting.emplace_back(number, subtask);
    // The shard may be restarting: the call's deadline asks again.
    l.call = ++next_call_;
    calls_.emplace(l.call, open_call{.task = number, .subtask = subtask});
    deadlines_.push({now.mono + options_.ledger_patience, deadline::kind::call, l.call});
    return;
  }
  const auto& agents = *known->second.agents;
  const auto eligible = [&](routing::peer_index peer) {
    const auto* shown = agents.find(peer);
    return shown != nullptr && shown->reputation >= t.reputation_min &&
           (t.reputation_min == 0 || shown->bonded) && shown->agent != t.client;
  };
  router_->choose(known->second.index, {options_.asked, t.value_per_second, now.mono}, eligible,
                  random_, chosen_);
  if (s.called_at == instant{})
    s.called_at = now.mono;
  if (chosen_.empty())
    return unfilled(number, s, subtask, market::cause::no_candidates, now, out);

  l.call = ++next_call_;
  auto text = std::make_shared<market::call_for_proposals>();
  text->number = l.call;
  text->task = t.id;
  text->subtask = subtask;
  text->round = l.round;
  text->capability = part.capability;
  text->work = part.work;
  text->reserve = part.reserve;
  text->budget = t.budget;
  text->bids_by = now.utc + options_.call_window;
  text->deadline = t.deadline;
  text->reputation_min = t.reputation_min;
  text->orchestrator = options_.number;
  open_call c{.task = number, .subtask = subtask, .text = text, .bids = {}, .guards = {}};
  c.bids.reserve(chosen_.size());
  for (const auto peer : chosen_)
    c.peers.push_back({agents.find(peer)->at, peer});
  std::sort(c.peers.begin(), c.peers.end(), [](const auto& a, const auto& b) {
    return std::tie(a.at.guard, a.at.slot) < std::tie(b.at.guard, b.at.slot);
  });
  for (const auto& [at, peer] : c.peers) {
    if (c.guards.empty() || c.guards.back().guard != at.guard) {
      c.guards.push_back({.guard = at.guard});
      out.calls.push_back({at.guard, {}, text});
    }
    ++c.guards.back().asked;
    out.calls.back().slots.push_back(at.slot);
  }
  const auto asked = static_cast<std::uint32_t>(c.peers.size());
  s.peers_asked += asked;
  if (keep_notes) {
    auto& note = out.notes.emplace_back();
    note.task = t.id;
    note.subtask = subtask;
    note.what = outputs::note::kind::called;
    note.call = l.call;
    note.price = part.reserve;
    note.count = asked;
    for (const auto& [at, peer] : c.peers)
      note.bids.emplace_back(agents.find(peer)->agent, amount{});
  }
  deadlines_.push({now.mono + options_.call_window, deadline::kind::call, l.call});
  calls_.emplace(l.call, std::move(c));
}

void orchestrator_core::on_bids(market::call_number number, std::uint32_t guard,
                                std::uint32_t answered, std::vector<guarded_bid>& bids, moment now,
                                outputs& out) {
  const auto at = calls_.find(number);
  if (at == calls_.end() || !at->second.text)
    return; // decided without them
  auto& c = at->second;
  const auto group = std::find_if(c.guards.begin(), c.guards.end(),
                                  [guard](const auto& g) { return g.guard == guard; });
  if (group == c.guards.end())
    return;
  for (auto& b : bids) {
    const auto asked = std::find_if(c.peers.begin(), c.peers.end(), [&](const auto& p) {
      return p.at.guard == guard && p.at.slot == b.slot;
    });
    if (asked == c.peers.end())
      continue; // nobody asked it
    b.index = asked->index;
    const auto same = [&](const auto& have) {
      return have.first == guard && have.second.slot == b.slot;
    };
    if (std::none_of(c.bids.begin(), c.bids.end(), same))
      c.bids.emplace_back(guard, b);
  }
  // Told twice, a guard does not answer for others.
  group->answered += std::min(answered, group->asked - group->answered);
  if (c.all_answered())
    decide(number, now, out);
}

void orchestrator_core::decide(market::call_number number, moment now, outputs& out) {
  const auto open = calls_.find(number);
  if (open == calls_.end())
    return;
  auto& s = tasks_.at(open->second.task);
  auto& l = s.lines[open->second.subtask];
  AINUR_ASSERT(l.phase == line_phase::calling && l.call == number); // a call ends with its line
  if (!open->second.text) { // the shard did not answer in time: ask again
    ask_agents(s.origin.task->subtasks[open->second.subtask].capability, out);
    deadlines_.push({now.mono + options_.ledger_patience, deadline::kind::call, number});
    return;
  }
  const auto node = calls_.extract(open);
  const auto& c = node.mapped();
  const auto& t = *s.origin.task;
  const auto& agents = *capabilities_.at(c.text->capability).agents;
  // Ties go to the smaller hash, so bids stand in the order of their hashes.
  std::vector<std::pair<hash256, std::size_t>> order;
  order.reserve(c.bids.size());
  for (std::size_t i = 0; i < c.bids.size(); ++i) {
    const auto& b = c.bids[i].second;
    order.emplace_back(
        hash_of(market::bid{t.id, c.subtask, c.text->round, b.agent, b.price, b.work}), i);
  }
  std::sort(order.begin(), order.end());
  std::vector<market::auction_bid> asks;
  std::vector<hash256> hashes;
  for (const auto& [hash, i] : order) {
    const auto& b = c.bids[i].second;
    const auto* shown = agents.find(b.index);
    if (shown != nullptr && shown->agent != b.agent)
      shown = nullptr; // the list is newer, or older, than the bid
    asks.push_back({.controller = shown != nullptr ? shown->controller : b.agent,
                    .price = b.price,
                    .quality = options_.quality && shown != nullptr ? shown->reputation + 1u : 1u});
    hashes.push_back(hash);
  }
  learn_answers(c, now.mono);
  const auto root = market::root_of(hashes);
  const auto how = c.text->round > 0 ? market::mechanism::posted_price : options_.how;
  const auto decision = decide_single({.how = how, .reserve = c.text->reserve}, asks);
  s.bids += static_cast<std::uint32_t>(c.bids.size());
  if (keep_notes) {
    outputs::note n{.task = t.id,
                    .subtask = c.subtask,
                    .what = outputs::note::kind::decided,
                    .call = number,
                    .bids = {},
                    .agent = {},
                    .price = {},
                    .count = static_cast<std::uint32_t>(c.peers.size())};
    for (const auto& [hash, i] : order)
      n.bids.emplace_back(c.bids[i].second.agent, c.bids[i].second.price);
    if (!decision.awards.empty()) {
      n.agent = c.bids[order[decision.awards[0].winner].second].second.agent;
      n.price = decision.awards[0].payment;
    }
    out.notes.push_back(std::move(n));
  }
  if (decision.awards.empty()) {
    close_call(c, std::nullopt, hashes, root, out);
    return unfilled(c.task, s, c.subtask, market::cause::no_bids, now, out);
  }
  const auto& [hash, position] = order[decision.awards[0].winner];
  const auto& [guard, won] = c.bids[position];
  l.phase = line_phase::decided;
  l.agent = won.agent;
  l.index = won.index;
  l.agent_index = won.hosted_index;
  l.at = {guard, won.slot};
  l.ask = won.price;
  l.outbid.clear();
  for (std::size_t i = 0; i < c.bids.size(); ++i)
    if (i != position)
      l.outbid.emplace_back(c.bids[i].second.index, c.bids[i].second.price);
  l.price = decision.awards[0].payment;
  l.priced_by = decision.awards[0].priced_by;
  l.work = won.work;
  l.bid = hash;
  l.bids_root = root;
  close_call(c, position, hashes, root, out);
  advance(c.task, s, now, out);
}

/// Who bid can do more; who was asked and did not is, most likely, busy.
void orchestrator_core::learn_answers(const open_call& c, instant now) {
  const auto asked_for = capabilities_.at(c.text->capability).index;
  for (const auto& asked : c.peers) {
    const bool bid = std::any_of(c.bids.begin(), c.bids.end(),
                                 [&](const auto& b) { return b.second.index == asked.index; });
    router_->learn(
        asked_for, asked.index,
        {.result = bid ? routing::verdict::offered : routing::verdict::declined, .at = now});
  }
}

void orchestrator_core::close_call(const open_call& c, std::optional<std::size_t> winner,
                                   std::span<const hash256> hashes, const hash256& root,
                                   outputs& out) {
  if (!c.text)
    return;
  for (const auto& [guard, asked, answered] : c.guards) {
    outputs::closing closing{guard, c.text->number, {}, {}};
    closing.receipts = {{c.text->number, {}, root, static_cast<std::uint16_t>(hashes.size())}};
    for (std::size_t i = 0; i < c.bids.size(); ++i)
      if (c.bids[i].first == guard && i != winner)
        closing.losers.push_back(c.bids[i].second.slot);
    out.closings.push_back(std::move(closing));
  }
}

void orchestrator_core::unfilled(std::uint64_t number, state& s, std::uint16_t subtask,
                                 market::cause why, moment now, outputs& out) {
  auto& l = s.lines[subtask];
  const bool again =
      l.round + 1 < options_.rounds_max && !s.cancelled && now.utc < s.origin.task->award_by;
  if (again) {
    ++l.round;
    return call(number, s, subtask, now, out);
  }
  l.phase = line_phase::lost;
  l.why = why;
  if (s.why == market::cause::none)
    s.why = why;
  advance(number, s, now, out);
}

/// A result has come, whatever it is worth: its agent can take more work.
void orchestrator_core::learn_delivery(const state& s, std::uint16_t subtask) {
  const auto known = capabilities_.find(s.origin.task->subtasks[subtask].capability);
  const auto& l = s.lines[subtask];
  if (known != capabilities_.end() && l.call != 0)
    router_->learn(known->second.index, l.index, {.result = routing::verdict::delivered});
}

void orchestrator_core::learn(const state& s, std::uint16_t subtask, bool success, instant now) {
  const auto& part = s.origin.task->subtasks[subtask];
  const auto& l = s.lines[subtask];
  const auto known = capabilities_.find(part.capability);
  if (known == capabilities_.end() || l.call == 0)
    return; // awarded by an orchestrator that was lost
  const auto end = l.delivered_at == instant{} ? now : l.delivered_at;
  router_->learn(known->second.index, l.index,
                 {.result = success ? routing::verdict::success : routing::verdict::failure,
                  .price = l.ask,
                  .delivery = end > l.awarded ? end - l.awarded : duration{},
                  .work = std::max(part.work, duration{1})});
  // What the others asked for it is known as well now.
  for (const auto& [index, price] : l.outbid)
    router_->learn(known->second.index, index,
                   {.result = routing::verdict::outbid,
                    .price = price,
                    .work = std::max(part.work, duration{1})});
}

} // namespace ainur::orchestration
