#include "ainur/discovery/peer_node.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "ainur/discovery/kademlia/key.hpp"
#include "ainur/discovery/peer_record.hpp"

namespace ainur::discovery {

namespace {

/// How an agent is known.
enum way : std::uint8_t { by_gossip = 1, by_table = 2, own = 4 };

bytes table_key(const std::string& capability) {
  const auto name = kademlia::capability_key(capability);
  return bytes(name.begin(), name.end());
}

crypto::secret_key key_of_seed(const byte_array<32>& seed) {
  return crypto::secret_key::from_seed(crypto::seed{seed});
}

/// One connection.
struct connected {
  gossip::peer_slot slot = 0;
  instant heard{};
};

struct watched {
  instant next_lookup{};
  bool looking = false;
};

/// Agents of one peer under one capability, as it said itself.
struct told_agents {
  std::vector<account_id> agents;
  instant until{};
};

} // namespace

struct peer_node::parts {
  using place = std::pair<std::string, peer_id>; // capability and peer
  using seen_place = std::tuple<std::string, account_id, peer_id>;

  parts(const byte_array<32>& seed, peer_options o, std::vector<kademlia::contact> entries,
        gossip::router r, rng random, timestamp utc)
      : options(std::move(o)), key(key_of_seed(seed)), self(peer_of(key.public_part())),
        known(std::move(entries)), mesh(std::move(r)),
        table(kademlia::contact{self, options.addresses}, options.dht, known, random.split("dht")),
        announcer(key_of_seed(seed), options.presence), presence(options.presence),
        manager(options.connections), choices(random.split("choices")),
        message_number(static_cast<std::uint64_t>(micros(utc))) {
    record = seal(peer_record{self, message_number, options.addresses}, key);
  }

  peer_options options;
  crypto::secret_key key;
  peer_id self;
  std::vector<kademlia::contact> known;
  gossip::router mesh;
  kademlia::dht table;
  presence_announcer announcer;
  presence_table presence;
  connection_manager manager;
  rng choices;
  std::uint64_t message_number; // of the last message published; rises over restarts
  bytes record;
  std::map<peer_id, connected> peers;
  std::map<gossip::peer_slot, peer_id> by_slot;
  std::map<peer_id, instant> dialling;                // until when an answer is waited for
  std::map<std::string, std::set<account_id>> agents; // of this node
  std::map<std::string, watched> watches;
  std::map<kademlia::operation_id, std::string> lookups;
  std::map<place, told_agents> told;
  std::size_t told_count = 0;
  std::map<seen_place, std::uint8_t> seen;
  instant next_heartbeat{};
  instant next_hello{};
  peer_counts counts;

  // -- what was found -----------------------------------------------------------------------------

  void set_seen(const std::string& capability, const account_id& agent, const peer_id& peer,
                way how, bool is, actions& out) {
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

  /// What a peer says of its agents stands in for what it said before.
  void set_told(const place& at, std::vector<account_id> now_there, instant until, actions& out) {
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

  // -- connections --------------------------------------------------------------------------------

  void greet(const peer_id& to, actions& out) {
    out.sends.push_back({to, hello{record, options.dht.server}});
  }

  /// Seeks connections while there are too few: with those it knows, drawn at random.
  void dial(instant now, actions& out) {
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

  bool dial_one(const peer_id& peer, instant now, actions& out) {
    if (peer == self || peers.contains(peer) || dialling.contains(peer))
      return false;
    dialling[peer] = now + options.dht.query_timeout;
    greet(peer, out);
    return true;
  }

  void greeted(const peer_id& from, const hello& what, instant now, actions& out) {
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

  void connect(const peer_id& peer, gossip::connection how, instant now, actions& out) {
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

  void disconnect(const peer_id& peer, instant now) {
    const auto at = peers.find(peer);
    if (at == peers.end())
      return;
    mesh.disconnect(at->second.slot, now);
    manager.closed(peer);
    by_slot.erase(at->second.slot);
    peers.erase(at);
  }

  // -- gossip -------------------------------------------------------------------------------------

  void carry_out(gossip::effects effects, instant now, timestamp utc, actions& out) {
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

  gossip::verdict judge(const gossip::message& m, instant now, timestamp utc, actions& out) {
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

  /// Brings what is seen by gossip in line with the presence table.
  void refresh_presence(const std::string& capability, instant now, actions& out) {
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

  void publish(std::vector<publication> all, instant now, timestamp utc, actions& out) {
    for (auto& p : all) {
      auto m = std::make_shared<const gossip::message>(
          gossip::sign_message(key, p.topic, std::move(p.data), ++message_number));
      gossip::effects effects;
      if (mesh.publish(std::move(m), now, effects))
        carry_out(std::move(effects), now, utc, out);
    }
  }

  // -- the hash table -----------------------------------------------------------------------------

  void carry_out(kademlia::step s, instant now, actions& out) {
    for (auto& r : s.requests)
      out.sends.push_back({r.to.peer(), dht_request{r.exchange, std::move(r.what)}});
    for (auto& o : s.outcomes)
      ended(o, now, out);
  }

  void ended(const kademlia::outcome& o, instant now, actions& out) {
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

  void look(const std::string& capability, watched& w, instant now, actions& out) {
    auto begun = table.find_providers(table_key(capability), now);
    w.next_lookup = now + options.lookup_interval;
    if (!begun)
      return; // too many at once: the next time
    w.looking = true;
    lookups[begun->operation] = capability;
    carry_out(std::move(begun->first), now, out);
  }

  // -- packets ------------------------------------------------------------------------------------

  void take(const peer_id& from, const hello& p, instant now, timestamp /*utc*/, actions& out) {
    greeted(from, p, now, out);
  }

  void take(const peer_id& from, const goodbye& /*p*/, instant now, timestamp /*utc*/,
            actions& /*out*/) {
    disconnect(from, now);
  }

  void take(const peer_id& from, const gossip::rpc_ptr& p, instant now, timestamp utc,
            actions& out) {
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

  void take(const peer_id& from, const dht_request& p, instant now, timestamp /*utc*/,
            actions& out) {
    // Where a stranger is reached is not known yet; it may be asked back over this link.
    auto answer = table.answer(kademlia::contact{from, {}}, p.what, now);
    if (p.what.type != kademlia::message_type::add_provider)
      out.sends.push_back({from, dht_answer{p.exchange, std::move(answer)}});
  }

  void take(const peer_id& /*from*/, const dht_answer& p, instant now, timestamp /*utc*/,
            actions& out) {
    carry_out(p.what ? table.answered(p.exchange, *p.what, now) : table.failed(p.exchange, now),
              now, out);
  }

  void take(const peer_id& from, const agents_request& p, instant /*now*/, timestamp /*utc*/,
            actions& out) {
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

  void take(const peer_id& from, const agents_answer& p, instant now, timestamp /*utc*/,
            actions& out) {
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

  // -- time ---------------------------------------------------------------------------------------

  void heartbeat(instant now, timestamp utc, actions& out) {
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

  void say_hello(instant now, actions& out) {
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

  void forget(instant now, actions& out) {
    for (const auto& [capability, gone] : presence.expire(now))
      set_seen(capability, gone.agent, gone.peer, by_gossip, false, out);
    std::vector<place> old;
    for (const auto& [at, t] : told)
      if (t.until <= now)
        old.push_back(at);
    for (const auto& at : old)
      set_told(at, {}, now, out);
  }
};

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
