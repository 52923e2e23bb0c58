// A peer node and its peers: connections, packets, gossip.
#include <algorithm>

#include "peer_parts.hpp"

namespace ainur::discovery {

void peer_node::parts::greet(const peer_id& to, actions& out) {
  out.sends.push_back({to, hello{record, options.dht.server}});
}

void peer_node::parts::dial(instant now, actions& out) {
  std::erase_if(dialling, [now](const auto& d) { return d.second <= now; });
  auto have = peers.size() + dialling.size();
  if (have >= options.degree)
    return;
  auto candidates = known;
  const auto near = table.table().closest(kademlia::point_of(self), 64, &self);
  candidates.insert(candidates.end(), near.begin(), near.end());
  choices.shuffle(std::span{candidates});
  for (const auto& c : candidates) {
    if (have >= options.degree)
      return;
    have += dial_one(c.peer(), now, out) ? 1 : 0;
  }
}

bool peer_node::parts::dial_one(const peer_id& peer, instant now, actions& out) {
  if (peer == self || peers.contains(peer) || dialling.contains(peer))
    return false;
  dialling[peer] = now + options.dht.query_timeout;
  greet(peer, out);
  return true;
}

void peer_node::parts::greeted(const peer_id& from, const hello& what, instant now, actions& out) {
  const auto opened = open_peer_record(what.record);
  if (!opened || opened->peer != from) {
    ++counts.refused;
    return;
  }
  table.heard(kademlia::contact{from, opened->addresses}, what.server, now);
  if (const auto at = peers.find(from); at != peers.end()) {
    at->second.heard = now;
    return;
  }
  const bool outbound = dialling.erase(from) > 0;
  connect(from, {.outbound = outbound, .record = what.record}, now, out);
  if (!outbound)
    greet(from, out);
}

void peer_node::parts::connect(const peer_id& peer, gossip::connection how, instant now,
                               actions& out) {
  if (!manager.opened(peer, now)) {
    ++counts.refused;
    return;
  }
  gossip::effects effects;
  const auto slot = mesh.connect(peer, std::move(how), effects);
  if (!slot) {
    manager.closed(peer);
    ++counts.refused;
    return;
  }
  peers[peer] = {*slot, now};
  by_slot[*slot] = peer;
  carry_out(std::move(effects), now, timestamp{}, out);
}

void peer_node::parts::disconnect(const peer_id& peer, instant now) {
  const auto at = peers.find(peer);
  if (at == peers.end())
    return;
  mesh.disconnect(at->second.slot, now);
  manager.closed(peer);
  by_slot.erase(at->second.slot);
  peers.erase(at);
}

void peer_node::parts::carry_out(gossip::effects effects, instant now, timestamp utc,
                                 actions& out) {
  for (auto& s : effects.sends)
    if (const auto to = by_slot.find(s.to); to != by_slot.end())
      out.sends.push_back({to->second, std::move(s.what)});
  for (const auto& c : effects.checks) {
    gossip::effects more;
    mesh.validated(c.which, judge(*c.what, now, utc, out), now, more);
    carry_out(std::move(more), now, utc, out);
  }
  for (const auto& d : effects.dials)
    if (peers.size() + dialling.size() < options.degree)
      if (const auto r = open_peer_record(d.record); r && r->peer == d.peer)
        dial_one(d.peer, now, out);
}

gossip::verdict peer_node::parts::judge(const gossip::message& m, instant now, timestamp utc,
                                        actions& out) {
  if (!gossip::verify(m))
    return gossip::verdict::bad_signature;
  const auto prefix = presence_topic("");
  if (!m.topic.starts_with(prefix))
    return gossip::verdict::ignore;
  const auto capability = m.topic.substr(prefix.size());
  const auto change = presence.receive(capability, m.data, now, utc);
  if (!change) // what is merely old, or finds no room, is nobody's fault
    return change.error().is(errc::stale) || change.error().is(errc::too_large)
               ? gossip::verdict::ignore
               : gossip::verdict::reject;
  refresh_presence(capability, now, out);
  return gossip::verdict::accept;
}

void peer_node::parts::refresh_presence(const std::string& capability, instant now, actions& out) {
  const auto there = presence.find(capability, now);
  auto at = seen.lower_bound({capability, account_id{}, peer_id{}});
  std::vector<seen_place> gone;
  for (; at != seen.end() && std::get<0>(at->first) == capability; ++at)
    if ((at->second & by_gossip) != 0 &&
        std::find(there.begin(), there.end(),
                  presence_table::present{std::get<1>(at->first), std::get<2>(at->first)}) ==
            there.end())
      gone.push_back(at->first);
  for (const auto& [c, agent, peer] : gone)
    set_seen(c, agent, peer, by_gossip, false, out);
  for (const auto& p : there)
    set_seen(capability, p.agent, p.peer, by_gossip, true, out);
}

void peer_node::parts::publish(std::vector<publication> all, instant now, timestamp utc,
                               actions& out) {
  for (auto& p : all) {
    auto m = std::make_shared<const gossip::message>(
        gossip::sign_message(key, p.topic, std::move(p.data), ++message_number));
    gossip::effects effects;
    if (mesh.publish(std::move(m), now, effects))
      carry_out(std::move(effects), now, utc, out);
  }
}

void peer_node::parts::take(const peer_id& from, const hello& p, instant now, timestamp /*utc*/,
                            actions& out) {
  greeted(from, p, now, out);
}

void peer_node::parts::take(const peer_id& from, const goodbye& /*p*/, instant now,
                            timestamp /*utc*/, actions& /*out*/) {
  disconnect(from, now);
}

void peer_node::parts::take(const peer_id& from, const gossip::rpc_ptr& p, instant now,
                            timestamp utc, actions& out) {
  const auto at = peers.find(from);
  if (at == peers.end() || p == nullptr) {
    ++counts.refused;
    return;
  }
  at->second.heard = now;
  gossip::effects effects;
  mesh.receive(at->second.slot, *p, now, effects);
  carry_out(std::move(effects), now, utc, out);
}

void peer_node::parts::take(const peer_id& from, const dht_request& p, instant now,
                            timestamp /*utc*/, actions& out) {
  // Where a stranger is reached is not known yet; it may be asked back over this link.
  auto answer = table.answer(kademlia::contact{from, {}}, p.what, now);
  if (p.what.type != kademlia::message_type::add_provider)
    out.sends.push_back({from, dht_answer{p.exchange, std::move(answer)}});
}

void peer_node::parts::take(const peer_id& /*from*/, const dht_answer& p, instant now,
                            timestamp /*utc*/, actions& out) {
  carry_out(p.what ? table.answered(p.exchange, *p.what, now) : table.failed(p.exchange, now), now,
            out);
}

void peer_node::parts::take(const peer_id& from, const agents_request& p, instant /*now*/,
                            timestamp /*utc*/, actions& out) {
  if (p.capability.size() > presence_announcement::capability_max) {
    ++counts.refused;
    return;
  }
  agents_answer answer{p.capability, {}};
  if (const auto at = agents.find(p.capability); at != agents.end())
    for (const auto& a : at->second)
      if (answer.agents.size() < options.answer_agents_max)
        answer.agents.push_back(a);
  out.sends.push_back({from, std::move(answer)});
}

void peer_node::parts::take(const peer_id& from, const agents_answer& p, instant now,
                            timestamp /*utc*/, actions& out) {
  if (!watches.contains(p.capability)) {
    ++counts.refused;
    return;
  }
  auto those = p.agents;
  std::sort(those.begin(), those.end());
  those.erase(std::unique(those.begin(), those.end()), those.end());
  those.resize(std::min(those.size(), options.answer_agents_max));
  set_told({p.capability, from}, std::move(those), now + 2 * options.lookup_interval, out);
}

void peer_node::parts::heartbeat(instant now, timestamp utc, actions& out) {
  next_heartbeat = now + options.gossip.heartbeat;
  gossip::effects effects;
  mesh.heartbeat(now, effects);
  carry_out(std::move(effects), now, utc, out);
  for (const auto& peer : manager.trim(now)) {
    out.sends.push_back({peer, goodbye{}});
    disconnect(peer, now);
  }
  dial(now, out);
}

void peer_node::parts::say_hello(instant now, actions& out) {
  next_hello = now + options.hello_interval;
  std::vector<peer_id> silent;
  for (const auto& [peer, c] : peers)
    if (c.heard + options.silence_max <= now)
      silent.push_back(peer);
    else
      greet(peer, out);
  for (const auto& peer : silent)
    disconnect(peer, now);
}

void peer_node::parts::forget(instant now, actions& out) {
  for (const auto& [capability, gone] : presence.expire(now))
    set_seen(capability, gone.agent, gone.peer, by_gossip, false, out);
  std::vector<place> old;
  for (const auto& [at, t] : told)
    if (t.until <= now)
      old.push_back(at);
  for (const auto& at : old)
    set_told(at, {}, now, out);
}

} // namespace ainur::discovery
