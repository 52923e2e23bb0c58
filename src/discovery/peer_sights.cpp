// What a peer node finds: lookups, what peers say of their agents, who is in sight.
#include <algorithm>

#include "ainur/discovery/kademlia/key.hpp"
#include "peer_parts.hpp"

namespace ainur::discovery {

void peer_node::parts::set_seen(const std::string& capability, const account_id& agent,
                                const peer_id& peer, way how, bool is, actions& out) {
  const seen_place at{capability, agent, peer};
  const auto found = seen.find(at);
  const std::uint8_t before = found == seen.end() ? 0 : found->second;
  const auto after = static_cast<std::uint8_t>(is ? before | how : before & ~how);
  if (after == before)
    return;
  if (after == 0)
    seen.erase(found);
  else
    seen[at] = after;
  if (before == 0 || after == 0)
    out.sightings.push_back({capability, agent, peer, after != 0});
}

void peer_node::parts::set_told(const place& at, std::vector<account_id> now_there, instant until,
                                actions& out) {
  auto& entry = told[at];
  for (const auto& a : entry.agents)
    if (std::find(now_there.begin(), now_there.end(), a) == now_there.end())
      set_seen(at.first, a, at.second, by_table, false, out);
  told_count -= entry.agents.size();
  now_there.resize(std::min(now_there.size(), options.found_max - told_count));
  for (const auto& a : now_there)
    set_seen(at.first, a, at.second, by_table, true, out);
  told_count += now_there.size();
  entry = {std::move(now_there), until};
  if (entry.agents.empty())
    told.erase(at);
}

void peer_node::parts::carry_out(kademlia::step s, instant now, actions& out) {
  for (auto& r : s.requests)
    out.sends.push_back({r.to.peer(), dht_request{r.exchange, std::move(r.what)}});
  for (auto& o : s.outcomes)
    ended(o, now, out);
}

void peer_node::parts::ended(const kademlia::outcome& o, instant now, actions& out) {
  const auto at = lookups.find(o.operation);
  if (at == lookups.end())
    return;
  const auto capability = std::move(at->second);
  lookups.erase(at);
  out.lookups.push_back({capability, o.providers.size(), o.requests, o.hops, o.took});
  const auto watch = watches.find(capability);
  if (watch == watches.end())
    return;
  watch->second.looking = false;
  watch->second.next_lookup = now + options.lookup_interval;
  for (const auto& p : o.providers)
    if (p.who.peer() != self)
      out.sends.push_back({p.who.peer(), agents_request{capability}});
}

void peer_node::parts::look(const std::string& capability, watched& w, instant now, actions& out) {
  auto begun = table.find_providers(table_key(capability), now);
  w.next_lookup = now + options.lookup_interval;
  if (!begun)
    return; // too many at once: the next time
  w.looking = true;
  lookups[begun->operation] = capability;
  carry_out(std::move(begun->first), now, out);
}

} // namespace ainur::discovery
