// What a peer sent: subscriptions, messages, gossip and changes of the mesh.
#include <algorithm>

#include "router_state.hpp"

namespace ainur::discovery::gossip {

void router::malformed(peer_slot from) {
  if (state_->connected(from))
    state_->refuse(from);
}

/// Part of an RPC broke a limit that the honest keep.
void router::state::refuse(peer_slot from, std::uint32_t penalty) {
  ++counts.refused;
  score.add_penalty(from, penalty);
}

void router::receive(peer_slot from, const rpc& what, instant now, effects& out) {
  auto& s = *state_;
  if (!s.connected(from))
    return;
  if (!s.peers[from].direct && s.score.score(from) < s.options.thresholds.graylist) {
    ++s.counts.graylisted;
    return;
  }
  if (!what.subscriptions.empty())
    s.take_subscriptions(from, what);
  for (const auto& m : what.publish)
    s.take_message(from, m, now, out);
  rpc reply;
  if (!what.ihaves.empty())
    s.take_ihaves(from, what, now, reply);
  if (!what.iwants.empty())
    s.take_iwants(from, what, out);
  for (const auto& topic : what.grafts)
    s.take_graft(from, topic, now, reply);
  for (const auto& p : what.prunes)
    s.take_prune(from, p, now, out);
  if (!what.idontwants.empty())
    s.take_idontwants(from, what);
  if (!reply.empty())
    out.sends.push_back({from, std::make_shared<const rpc>(std::move(reply))});
}

void router::state::take_subscriptions(peer_slot from, const rpc& what) {
  auto& p = peers[from];
  bool excess = false;
  for (const auto& x : what.subscriptions) {
    const auto wanted = [&](const std::string& prefix) { return x.topic.starts_with(prefix); };
    const auto& prefixes = options.topic_prefixes;
    if (!prefixes.empty() && std::none_of(prefixes.begin(), prefixes.end(), wanted))
      continue;
    if (++p.changes > options.bounds.peer_changes) {
      excess = true;
      break;
    }
    const auto known = find_topic(x.topic);
    const bool has = known != no_topic && subscribed(from, known);
    if (has == x.subscribe)
      continue;
    if (!x.subscribe) {
      drop_subscription(from, known);
    } else if (p.topics.size() >= options.bounds.peer_topics ||
               x.topic.size() > options.wire.topic_bytes_max) {
      excess = true;
    } else {
      const auto t = intern(x.topic);
      p.topics.insert(std::lower_bound(p.topics.begin(), p.topics.end(), t), t);
      ++topics[t].subscribers;
    }
  }
  if (excess)
    refuse(from);
}

void router::state::take_message(peer_slot from, const message_ptr& m, instant now, effects& out) {
  ++counts.copies;
  const auto id = m->id();
  const auto known = score.knows(id);
  const auto t = find_topic(m->topic);
  if (t == no_topic || !topics[t].joined)
    return;
  const auto scored = topics[t].scored;
  if (known) {
    ++counts.duplicates;
    return score.duplicate(from, scored, id, now);
  }
  if (m->from == self || !m->proof) {
    ++counts.rejected;
    return score.reject(from, scored, id,
                        m->proof ? rejection::self_origin : rejection::missing_signature, now);
  }
  auto& p = peers[from];
  if (auto* same = validations.find(*m)) {
    ++counts.duplicates;
    if (same->senders.size() < senders_max &&
        std::find(same->senders.begin(), same->senders.end(), life_of(from)) == same->senders.end())
      same->senders.push_back(life_of(from));
    return;
  }
  const auto& b = options.bounds;
  const auto size = size_of(*m);
  // The second half of the room is for peers in good standing.
  const bool crowded =
      2 * validations.size() >= b.validations || 2 * validations.bytes() >= b.validation_bytes;
  if (p.validations >= b.peer_validations || p.validation_bytes + size > b.peer_validation_bytes ||
      validations.size() >= b.validations || validations.bytes() + size > b.validation_bytes ||
      (crowded && score.score(from) < 0)) {
    ++counts.queue_full;
    return score.reject(from, scored, id, rejection::validation_queue_full, now);
  }
  ++p.validations;
  p.validation_bytes += size;
  const auto& w = validations.push(m, t, life_of(from));
  out.checks.push_back({{id, w.number}, m});
  if (m->data.size() >= options.gossip.idontwant_bytes_min)
    tell_unwanted(w, out);
}

/// Mesh peers need not send what has just come.
void router::state::tell_unwanted(const waiting& w, effects& out) {
  rpc_ptr shared;
  for (const auto p : topics[w.topic].mesh) {
    if (p == w.senders.front().slot)
      continue;
    if (!shared) {
      auto r = std::make_shared<rpc>();
      r->idontwants.push_back(w.what->id());
      shared = std::move(r);
    }
    out.sends.push_back({p, shared});
  }
}

void router::state::take_ihaves(peer_slot from, const rpc& what, instant now, rpc& reply) {
  const auto& o = options.gossip;
  auto& p = peers[from];
  if (++p.ihave_messages > o.ihave_messages_max)
    return refuse(from);
  if (score.score(from) < options.thresholds.gossip)
    return;
  std::vector<message_id> lacking;
  for (const auto& have : what.ihaves) {
    const auto t = find_topic(have.topic);
    if (t == no_topic || !topics[t].joined)
      continue;
    for (const auto& id : have.ids)
      if (lacking.size() < o.ids_max && !score.knows(id) && !validations.holds(id))
        lacking.push_back(id);
  }
  const auto room = o.ids_max - std::min<std::size_t>(o.ids_max, p.ids_asked);
  const auto count = std::min(room, lacking.size());
  if (count == 0)
    return;
  if (count < lacking.size())
    random.shuffle(std::span{lacking});
  lacking.resize(count);
  p.ids_asked += static_cast<std::uint32_t>(count);
  counts.asked += count;
  if (p.promises < promises_max && promises.size() < options.bounds.peers * promises_max) {
    ++p.promises;
    promises.push_back({lacking[random.below(count)], life_of(from), now + o.iwant_followup});
  }
  reply.iwants = std::move(lacking);
}

void router::state::take_iwants(peer_slot from, const rpc& what, effects& out) {
  const auto& o = options.gossip;
  auto& p = peers[from];
  // Who is not answered can still break rules.
  const bool answered = score.score(from) >= options.thresholds.gossip;
  const auto by = std::uint64_t{p.life} << 32 | from;
  bool excess = false;
  rpc answer;
  std::size_t bytes = 0;
  const auto send = [&] {
    if (!answer.publish.empty())
      out.sends.push_back({from, std::make_shared<const rpc>(std::exchange(answer, {}))});
    bytes = 0;
  };
  for (const auto& id : what.iwants) {
    if (++p.ids_wanted > o.ids_max) {
      excess = true;
      break;
    }
    const auto* found = cache.find(id);
    if (found == nullptr) {
      excess = excess || !score.knows(id); // nobody here said that it has this
      continue;
    }
    const auto m = *found;
    if (cache.count_request(id, by) > o.retransmissions_max) {
      excess = true;
      continue;
    }
    const auto size = size_of(*m);
    if (!answered || p.bytes_answered + size > options.bounds.peer_iwant_bytes)
      continue;
    if (bytes + size > options.wire.bytes_max / 2 ||
        answer.publish.size() >= options.wire.messages_max)
      send();
    p.bytes_answered += size;
    bytes += size;
    ++counts.answered;
    answer.publish.push_back(m);
  }
  send();
  if (excess)
    refuse(from);
}

void router::state::take_graft(peer_slot from, const std::string& topic, instant now, rpc& reply) {
  const auto t = find_topic(topic);
  if (t == no_topic || !topics[t].joined || in_mesh(t, from))
    return;
  const auto& o = options.mesh;
  const auto decline = [&](bool exchange) {
    reply.prunes.push_back(make_prune(t, from, o.prune_backoff, exchange));
    back_off(t, from, now + o.prune_backoff);
  };
  if (peers[from].direct)
    return decline(false);
  if (backed_off(t, from, now)) {
    // How long ago the backoff began shows by its end.
    const auto until = backoffs.at({t, peers[from].id});
    refuse(from, now < until - o.prune_backoff + o.graft_flood ? 2 : 1);
    return decline(false);
  }
  if (score.score(from) < 0)
    return decline(false);
  if (topics[t].mesh.size() >= o.size_high && !peers[from].outbound)
    return decline(true);
  if (!subscribed(from, t)) // it will not want what it is sent
    return decline(false);
  add_to_mesh(t, from, now);
}

void router::state::take_prune(peer_slot from, const prune& p, instant now, effects& out) {
  const auto t = find_topic(p.topic);
  if (t == no_topic || !topics[t].joined)
    return;
  drop_from_mesh(t, from);
  constexpr std::uint64_t longest = 3'600;
  const auto backoff = p.backoff_seconds == 0
                           ? options.mesh.prune_backoff
                           : std::chrono::seconds{std::min(p.backoff_seconds, longest)};
  back_off(t, from, now + backoff);
  if (!options.mesh.peer_exchange || score.score(from) < options.thresholds.accept_peer_exchange)
    return;
  for (const auto& x : p.peers)
    if (out.dials.size() < options.mesh.exchanged_peers && x.peer != self &&
        !slots.contains(x.peer))
      out.dials.push_back(x);
}

void router::state::take_idontwants(peer_slot from, const rpc& what) {
  auto& p = peers[from];
  if (score.score(from) < options.thresholds.gossip)
    return;
  for (const auto& id : what.idontwants) {
    if (++p.ids_unwanted > options.bounds.peer_idontwant)
      return refuse(from);
    if (p.wishes.size() >= options.bounds.peer_idontwant)
      p.wishes.pop_front();
    p.wishes.push_back({hash_of(id, hash_key), tick});
  }
}

} // namespace ainur::discovery::gossip
