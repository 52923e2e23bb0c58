#include "ainur/discovery/peer_node.hpp"

#include <algorithm>

#include "peer_parts.hpp"

namespace ainur::discovery {

result<peer_node> peer_node::make(const byte_array<32>& seed, peer_options options,
                                  std::vector<kademlia::contact> entries, rng random,
                                  timestamp utc) {
  const auto self = peer_of(key_of_seed(seed).public_part());
  if (options.hello_interval <= duration{} || options.silence_max <= options.hello_interval ||
      options.lookup_interval <= duration{})
    return fail(errc::bad_option, "hello_interval and lookup_interval are above 0, silence_max "
                                  "above hello_interval");
  auto mesh = gossip::router::make(self, options.gossip, random.split("gossip"));
  if (!mesh)
    return fail(mesh.error());
  return peer_node{std::make_unique<parts>(seed, std::move(options), std::move(entries),
                                           std::move(*mesh), random, utc)};
}

peer_node::peer_node(std::unique_ptr<parts> p) noexcept : parts_(std::move(p)) {}

peer_node::~peer_node() = default;
peer_node::peer_node(peer_node&&) noexcept = default;
peer_node& peer_node::operator=(peer_node&&) noexcept = default;

void peer_node::start(instant now, actions& out) {
  auto& p = *parts_;
  p.next_heartbeat = now + p.options.gossip.heartbeat;
  p.next_hello = now + p.options.hello_interval;
  p.carry_out(p.table.start(now), now, out);
  p.dial(now, out);
}

void peer_node::stop(instant now, timestamp utc, actions& out) {
  auto& p = *parts_;
  const auto all = p.agents;
  for (const auto& [capability, agents] : all)
    for (const auto& agent : agents)
      withdraw(capability, agent, now, utc, out);
  for (const auto& [peer, c] : p.peers)
    out.sends.push_back({peer, goodbye{}});
}

result<void> peer_node::announce(const std::string& capability, const account_id& agent,
                                 instant now, timestamp utc, actions& out) {
  auto& p = *parts_;
  auto said = p.announcer.join(capability, agent, now, utc);
  if (!said)
    return fail(said.error());
  if (!p.agents.contains(capability)) {
    auto begun = p.table.provide(table_key(capability), now);
    if (!begun) {
      (void)p.announcer.leave(capability, agent, utc);
      return fail(begun.error());
    }
    p.carry_out(std::move(begun->first), now, out);
  }
  p.agents[capability].insert(agent);
  p.set_seen(capability, agent, p.self, own, true, out);
  p.publish({std::move(*said)}, now, utc, out);
  return {};
}

void peer_node::withdraw(const std::string& capability, const account_id& agent, instant now,
                         timestamp utc, actions& out) {
  auto& p = *parts_;
  const auto at = p.agents.find(capability);
  if (at == p.agents.end() || at->second.erase(agent) == 0)
    return;
  p.publish(p.announcer.leave(capability, agent, utc), now, utc, out);
  p.set_seen(capability, agent, p.self, own, false, out);
  if (at->second.empty()) {
    p.agents.erase(at);
    p.table.withdraw(table_key(capability));
  }
}

result<void> peer_node::watch(const std::string& capability, instant now, actions& out) {
  auto& p = *parts_;
  if (p.watches.contains(capability))
    return {};
  if (capability.size() > presence_announcement::capability_max)
    return fail(errc::too_large, "the name of a capability has at most " +
                                     std::to_string(presence_announcement::capability_max) +
                                     " bytes");
  if (p.watches.size() >= p.options.watched_max)
    return fail(errc::too_large, "a node watches at most " + std::to_string(p.options.watched_max) +
                                     " capabilities");
  gossip::effects effects;
  if (auto joined = p.mesh.join(presence_topic(capability), now, effects); !joined)
    return fail(joined.error());
  p.carry_out(std::move(effects), now, timestamp{}, out);
  p.look(capability, p.watches[capability], now, out);
  return {};
}

void peer_node::receive(const peer_id& from, const packet& what, instant now, timestamp utc,
                        actions& out) {
  auto& p = *parts_;
  ++p.counts.packets;
  if (from == p.self) {
    ++p.counts.refused;
    return;
  }
  std::visit([&](const auto& one) { p.take(from, one, now, utc, out); }, what);
}

void peer_node::tick(instant now, timestamp utc, actions& out) {
  auto& p = *parts_;
  p.carry_out(p.table.tick(now), now, out);
  if (p.next_heartbeat <= now)
    p.heartbeat(now, utc, out);
  if (p.next_hello <= now)
    p.say_hello(now, out);
  p.publish(p.announcer.tick(now, utc), now, utc, out);
  p.forget(now, out);
  for (auto& [capability, w] : p.watches)
    if (!w.looking && w.next_lookup <= now)
      p.look(capability, w, now, out);
}

instant peer_node::next_wake() const noexcept {
  const auto& p = *parts_;
  auto at = std::min({p.table.next_wake(), p.announcer.next_wake(), p.presence.next_expiry(),
                      p.next_heartbeat, p.next_hello});
  for (const auto& [capability, w] : p.watches)
    if (!w.looking)
      at = std::min(at, w.next_lookup);
  return at;
}

std::vector<presence_table::present> peer_node::find(const std::string& capability) const {
  std::vector<presence_table::present> out;
  const auto& seen = parts_->seen;
  for (auto at = seen.lower_bound({capability, account_id{}, peer_id{}});
       at != seen.end() && std::get<0>(at->first) == capability; ++at)
    out.push_back({std::get<1>(at->first), std::get<2>(at->first)});
  return out;
}

const peer_id& peer_node::self() const noexcept {
  return parts_->self;
}

const gossip::router& peer_node::mesh() const noexcept {
  return parts_->mesh;
}

const kademlia::dht& peer_node::table() const noexcept {
  return parts_->table;
}

std::size_t peer_node::connections() const noexcept {
  return parts_->peers.size();
}

const peer_counts& peer_node::counts() const noexcept {
  return parts_->counts;
}

} // namespace ainur::discovery
