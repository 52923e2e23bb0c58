// The mesh of each topic, and what is done at each heartbeat.
#include <algorithm>

#include "router_state.hpp"

namespace ainur::discovery::gossip {

namespace {

bool contains(const std::vector<peer_slot>& all, peer_slot p) noexcept {
  return std::find(all.begin(), all.end(), p) != all.end();
}

constexpr std::uint64_t backoff_sweep_ticks = 16;

} // namespace

bool router::state::in_mesh(topic_number t, peer_slot p) const {
  return contains(topics[t].mesh, p);
}

void router::state::add_to_mesh(topic_number t, peer_slot p, instant now) {
  topics[t].mesh.push_back(p);
  score.graft(p, topics[t].scored, now);
}

void router::state::drop_from_mesh(topic_number t, peer_slot p) {
  if (std::erase(topics[t].mesh, p) != 0)
    score.prune(p, topics[t].scored);
}

bool router::state::backed_off(topic_number t, peer_slot p, instant now) const {
  const auto at = backoffs.find({t, peers[p].id});
  return at != backoffs.end() && now < at->second;
}

void router::state::back_off(topic_number t, peer_slot p, instant until) {
  const auto [at, fresh] = backoffs.try_emplace({t, peers[p].id}, until);
  at->second = std::max(at->second, until);
  if (fresh && backoffs.size() > options.bounds.backoffs)
    backoffs.erase(at == backoffs.begin() ? std::next(at) : backoffs.begin());
}

prune router::state::make_prune(topic_number t, peer_slot to, duration backoff, bool exchange) {
  prune p{topics[t].name, {}, static_cast<std::uint64_t>(micros(backoff) / 1'000'000)};
  if (!exchange || !options.mesh.peer_exchange || score.score(to) < 0)
    return p;
  auto others = peers_of(t, [&](peer_slot x) { return x != to && score.score(x) >= 0; });
  choose(others, options.mesh.exchanged_peers);
  for (const auto x : others)
    p.peers.push_back({peers[x].id, peers[x].record});
  return p;
}

/// Peers that may be taken into a mesh.
std::vector<peer_slot> router::state::candidates(topic_number t, instant now) const {
  return peers_of(t, [&](peer_slot p) {
    return !in_mesh(t, p) && score.score(p) >= 0 && !backed_off(t, p, now);
  });
}

void router::state::graft(topic_number t, std::vector<peer_slot> from, std::size_t count,
                          instant now) {
  choose(from, count);
  for (const auto p : from) {
    add_to_mesh(t, p, now);
    control[p].grafts.push_back(topics[t].name);
  }
}

void router::state::send_away(topic_number t, peer_slot p, bool exchange, instant now) {
  const auto backoff = options.mesh.prune_backoff;
  drop_from_mesh(t, p);
  back_off(t, p, now + backoff);
  control[p].prunes.push_back(make_prune(t, p, backoff, exchange));
}

void router::state::keep_mesh(topic_number t, instant now) {
  const auto& o = options.mesh;
  auto& mesh = topics[t].mesh;
  for (const auto p : std::vector(mesh))
    if (scores[p] < 0)
      send_away(t, p, false, now);
  if (mesh.size() < o.size_low)
    graft(t, candidates(t, now), o.size - mesh.size(), now);
  if (mesh.size() > o.size_high)
    shrink_mesh(t, now);
  if (mesh.size() >= o.size_low) {
    const auto dialled = static_cast<std::uint32_t>(
        std::count_if(mesh.begin(), mesh.end(), [&](peer_slot p) { return peers[p].outbound; }));
    if (dialled < o.outbound) {
      auto more = candidates(t, now);
      std::erase_if(more, [&](peer_slot p) { return !peers[p].outbound; });
      graft(t, std::move(more), o.outbound - dialled, now);
    }
  }
  if (tick % o.opportunistic_ticks == 0 && mesh.size() > 1)
    better_mesh(t, now);
}

/// Keeps the best by score, then others at random, among them enough that this node dialled.
void router::state::shrink_mesh(topic_number t, instant now) {
  const auto& o = options.mesh;
  auto order = topics[t].mesh;
  random.shuffle(std::span{order});
  std::stable_sort(order.begin(), order.end(),
                   [&](peer_slot a, peer_slot b) { return scores[a] > scores[b]; });
  random.shuffle(std::span{order}.subspan(o.by_score));
  const auto dialled = [&](peer_slot p) { return peers[p].outbound; };
  const auto kept = order.begin() + o.size;
  auto count = static_cast<std::uint32_t>(std::count_if(order.begin(), kept, dialled));
  // The last of those kept give way to peers that were dialled.
  auto give = kept;
  for (auto take = kept; take != order.end() && count < o.outbound; ++take) {
    if (!dialled(*take))
      continue;
    do
      --give;
    while (dialled(*give));
    std::swap(*give, *take);
    ++count;
  }
  for (auto p = kept; p != order.end(); ++p)
    send_away(t, *p, true, now);
}

/// A mesh whose median is poor takes peers in that are better than it.
void router::state::better_mesh(topic_number t, instant now) {
  std::vector<double> all;
  for (const auto p : topics[t].mesh)
    all.push_back(scores[p]);
  std::sort(all.begin(), all.end());
  const auto median = all[all.size() / 2];
  if (median >= options.thresholds.opportunistic_graft)
    return;
  auto better = candidates(t, now);
  std::erase_if(better, [&](peer_slot p) { return scores[p] <= median; });
  graft(t, std::move(better), options.mesh.opportunistic_peers, now);
}

/// Peers that are sent what is published to a topic that this node did not join.
void router::state::keep_fanout(topic_number t, instant now) {
  auto& fanout = topics[t].fanout;
  if (now >= topics[t].fanout_until)
    return fanout.clear();
  const auto fit = [&](peer_slot p) { return score.score(p) >= options.thresholds.publish; };
  std::erase_if(fanout, [&](peer_slot p) { return !fit(p); });
  if (fanout.size() >= options.mesh.size)
    return;
  auto more = peers_of(t, [&](peer_slot p) { return fit(p) && !contains(fanout, p); });
  choose(more, options.mesh.size - fanout.size());
  fanout.insert(fanout.end(), more.begin(), more.end());
}

void router::state::tell_of_messages(effects& out) {
  const auto& o = options.gossip;
  const auto since = tick - std::min<std::uint64_t>(tick, o.history_gossip);
  std::vector<std::pair<peer_slot, rpc_ptr>> gossip;
  for (topic_number t = 0; t < topics.size(); ++t) {
    const auto& topic = topics[t];
    if (!topic.own)
      continue;
    auto ids = cache.ids_since(since, t, o.ids_max);
    if (ids.empty())
      continue;
    const auto& full = topic.joined ? topic.mesh : topic.fanout;
    auto to = peers_of(t, [&](peer_slot p) {
      return scores[p] >= options.thresholds.gossip && !contains(full, p);
    });
    choose(to, std::max<std::size_t>(o.peers, to.size() * o.factor_ppm / 1'000'000));
    rpc r;
    r.ihaves.push_back({topic.name, std::move(ids)});
    const auto shared = std::make_shared<const rpc>(std::move(r));
    for (const auto p : to)
      gossip.emplace_back(p, shared);
  }
  // One RPC a peer, since their number is limited.
  std::stable_sort(gossip.begin(), gossip.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto at = gossip.begin(); at != gossip.end();) {
    const auto end =
        std::find_if(at, gossip.end(), [&](const auto& x) { return x.first != at->first; });
    if (end - at == 1) {
      out.sends.push_back({at->first, at->second});
    } else {
      auto all = std::make_shared<rpc>();
      std::size_t ids = 0;
      for (auto x = at; x != end; ++x) {
        auto have = x->second->ihaves.front();
        have.ids.resize(std::min(have.ids.size(), o.ids_max - ids));
        ids += have.ids.size();
        if (!have.ids.empty() && all->ihaves.size() < options.wire.controls_max)
          all->ihaves.push_back(std::move(have));
      }
      out.sends.push_back({at->first, std::move(all)});
    }
    at = end;
  }
}

void router::state::look_for_broken_promises(instant now) {
  for (; !promises.empty() && promises.front().due < now; promises.pop_front()) {
    const auto& p = promises.front();
    if (!alive(p.by))
      continue;
    --peers[p.by.slot].promises;
    if (score.knows(p.id) || validations.holds(p.id))
      continue;
    ++counts.promises_broken;
    score.add_penalty(p.by.slot);
  }
}

void router::state::begin_tick(instant now) {
  ++tick;
  look_for_broken_promises(now);
  for (auto& p : peers) {
    p.changes = p.ihave_messages = p.ids_asked = p.ids_wanted = p.ids_unwanted = 0;
    p.bytes_answered = 0;
    while (!p.wishes.empty() && p.wishes.front().tick + options.gossip.idontwant_ticks < tick)
      p.wishes.pop_front();
  }
  if (now >= next_refresh) {
    score.refresh(now);
    next_refresh = now + options.score.decay_interval;
  }
  if (tick % backoff_sweep_ticks == 0)
    std::erase_if(backoffs, [&](const auto& b) { return b.second <= now; });
  scores.assign(peers.size(), 0);
  for (peer_slot p = 0; p < peers.size(); ++p)
    if (peers[p].connected)
      scores[p] = score.score(p);
}

void router::heartbeat(instant now, effects& out) {
  auto& s = *state_;
  s.begin_tick(now);
  for (topic_number t = 0; t < s.topics.size(); ++t) {
    if (s.topics[t].joined)
      s.keep_mesh(t, now);
    else if (s.topics[t].own)
      s.keep_fanout(t, now);
  }
  s.flush(out);
  s.tell_of_messages(out);
  if (s.tick >= s.options.gossip.history)
    s.cache.forget_until(s.tick - s.options.gossip.history);
}

} // namespace ainur::discovery::gossip
