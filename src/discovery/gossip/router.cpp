// Connections, topics, and what is published and passed on.
#include "ainur/discovery/gossip/router.hpp"

#include <algorithm>

#include "router_state.hpp"

namespace ainur::discovery::gossip {

void effects::clear() noexcept {
  sends.clear();
  checks.clear();
  deliveries.clear();
  dials.clear();
}

router::state::state(const peer_id& self_id, router_options o, rng generator)
    : self(self_id), options(std::move(o)), random(generator), hash_key(random.next()),
      score(options.score, hash_key),
      cache(hash_key, options.bounds.cache_messages, options.bounds.cache_bytes) {}

result<router> router::make(const peer_id& self, router_options options, rng random) {
  if (auto good = check(options); !good)
    return fail(good.error());
  return router{std::make_unique<state>(self, std::move(options), random)};
}

router::router(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}

router::~router() = default;
router::router(router&&) noexcept = default;
router& router::operator=(router&&) noexcept = default;

bool router::state::alive(const peer_life& p) const {
  return p.slot < peers.size() && peers[p.slot].connected && peers[p.slot].life == p.life;
}

bool router::state::subscribed(peer_slot p, topic_number t) const {
  const auto& all = peers[p].topics;
  return std::binary_search(all.begin(), all.end(), t);
}

topic_number router::state::find_topic(std::string_view name) const {
  const auto at = topic_numbers.find(name);
  return at == topic_numbers.end() ? no_topic : at->second;
}

topic_number router::state::intern(std::string_view name) {
  if (const auto known = find_topic(name); known != no_topic)
    return known;
  if (free_topics.empty()) {
    free_topics.push_back(static_cast<topic_number>(topics.size()));
    topics.emplace_back();
  }
  const auto number = free_topics.back();
  free_topics.pop_back();
  topics[number].name = name;
  topics[number].scored = score.find_topic(name);
  topic_numbers.emplace(name, number);
  return number;
}

/// Gives a number back that nobody uses any more.
void router::state::release(topic_number t) {
  if (topics[t].own || topics[t].subscribers != 0)
    return;
  topic_numbers.erase(topics[t].name);
  topics[t] = {};
  free_topics.push_back(t);
}

result<topic_number> router::state::own_topic(std::string_view name) {
  if (name.size() > options.wire.topic_bytes_max)
    return fail(errc::too_large, "a topic's name has at most " +
                                     std::to_string(options.wire.topic_bytes_max) + " bytes");
  const auto known = find_topic(name);
  if (known != no_topic && topics[known].own)
    return known;
  if (own_topics >= options.bounds.own_topics)
    return fail(errc::too_large, "this node uses " + std::to_string(own_topics) +
                                     " topics already; raise bounds.own_topics");
  const auto t = intern(name);
  topics[t].own = true;
  ++own_topics;
  return t;
}

result<peer_slot> router::connect(const peer_id& peer, connection how, effects& out) {
  auto& s = *state_;
  const auto& bounds = s.options.bounds;
  if (s.slots.contains(peer))
    return fail(errc::stale, "this peer is connected already");
  if (s.slots.size() >= bounds.peers || (!how.outbound && s.inbound >= bounds.inbound_peers))
    return fail(errc::too_large, "there is no room for another peer");
  if (how.record.size() > s.options.wire.record_bytes_max)
    how.record.clear();
  const auto slot = s.score.add_peer(peer);
  s.score.set_addresses(slot, how.addresses);
  if (s.peers.size() <= slot)
    s.peers.resize(slot + 1);
  auto& p = s.peers[slot];
  const auto life = p.life + 1;
  p = {};
  p.id = peer;
  p.life = life;
  p.connected = true;
  p.outbound = how.outbound;
  p.direct = how.direct;
  p.record = std::move(how.record);
  s.slots.emplace(peer, slot);
  s.inbound += how.outbound ? 0 : 1;
  s.direct_peers += how.direct ? 1 : 0;
  rpc hello;
  for (const auto& [name, number] : s.topic_numbers)
    if (s.topics[number].joined)
      hello.subscriptions.push_back({true, name});
  if (!hello.empty())
    out.sends.push_back({slot, std::make_shared<const rpc>(std::move(hello))});
  return slot;
}

void router::state::drop_subscription(peer_slot p, topic_number t) {
  std::erase(peers[p].topics, t);
  --topics[t].subscribers;
  drop_from_mesh(t, p);
  std::erase(topics[t].fanout, p);
  release(t);
}

void router::disconnect(peer_slot peer, instant now) {
  auto& s = *state_;
  if (!s.connected(peer))
    return;
  // First the score, while it still stands in its meshes: a lack of deliveries counts.
  s.score.remove_peer(peer, now);
  auto& p = s.peers[peer];
  for (const auto t : p.topics) {
    std::erase(s.topics[t].mesh, peer);
    std::erase(s.topics[t].fanout, peer);
    --s.topics[t].subscribers;
    s.release(t);
  }
  s.slots.erase(p.id);
  s.inbound -= p.outbound ? 0 : 1;
  s.direct_peers -= p.direct ? 1 : 0;
  const auto life = p.life;
  p = {};
  p.life = life;
}

void router::set_application_score(peer_slot peer, double score) {
  if (state_->connected(peer))
    state_->score.set_application_score(peer, score);
}

void router::score_topic(std::string_view topic, const topic_parameters& p) {
  const auto scored = state_->score.set_topic(topic, p);
  if (const auto t = state_->find_topic(topic); t != no_topic)
    state_->topics[t].scored = scored;
}

void router::state::announce(topic_number t, bool subscribe, effects& out) {
  rpc r;
  r.subscriptions.push_back({subscribe, topics[t].name});
  const auto shared = std::make_shared<const rpc>(std::move(r));
  for (const auto& [id, slot] : slots)
    out.sends.push_back({slot, shared});
}

result<void> router::join(std::string_view topic, instant now, effects& out) {
  auto& s = *state_;
  const auto t = s.own_topic(topic);
  if (!t)
    return fail(t.error());
  if (s.topics[*t].joined)
    return {};
  s.topics[*t].joined = true;
  s.announce(*t, true, out);
  // The peers it published to already are the first of the mesh.
  for (const auto p : std::exchange(s.topics[*t].fanout, {}))
    if (s.score.score(p) >= 0 && !s.backed_off(*t, p, now))
      s.graft(*t, {p}, 1, now);
  const auto present = s.topics[*t].mesh.size();
  if (present < s.options.mesh.size)
    s.graft(*t, s.candidates(*t, now), s.options.mesh.size - present, now);
  s.flush(out);
  return {};
}

void router::leave(std::string_view topic, instant now, effects& out) {
  auto& s = *state_;
  const auto t = s.find_topic(topic);
  if (t == no_topic || !s.topics[t].joined)
    return;
  s.topics[t].joined = false;
  s.announce(t, false, out);
  const auto backoff = s.options.mesh.unsubscribe_backoff;
  for (const auto p : std::vector(s.topics[t].mesh)) {
    s.control[p].prunes.push_back(s.make_prune(t, p, backoff, true));
    s.drop_from_mesh(t, p);
    s.back_off(t, p, now + backoff);
  }
  s.flush(out);
}

void router::state::flush(effects& out) {
  for (auto& [to, what] : control)
    if (connected(to))
      out.sends.push_back({to, std::make_shared<const rpc>(std::move(what))});
  control.clear();
}

void router::state::choose(std::vector<peer_slot>& from, std::size_t count) {
  const auto n = std::min(count, from.size());
  for (std::size_t i = 0; i < n; ++i)
    std::swap(from[i], from[i + random.below(from.size() - i)]);
  from.resize(n);
}

result<void> router::publish(message_ptr m, instant now, effects& out) {
  auto& s = *state_;
  if (m->from != s.self)
    return fail(errc::wrong_signer, "a node publishes its own messages");
  if (s.score.knows(m->id()))
    return fail(errc::stale, "the number " + std::to_string(m->seqno) + " was used already");
  if (size_of(*m) > s.options.wire.bytes_max / 2)
    return fail(errc::too_large,
                "a message has at most " + std::to_string(s.options.wire.bytes_max / 2) + " bytes");
  const auto t = s.own_topic(m->topic);
  if (!t)
    return fail(t.error());
  s.score.deliver(std::nullopt, s.topics[*t].scored, m->id(), now);
  s.cache.put(m, *t, s.tick);
  std::vector<peer_slot> to;
  if (s.options.flood_publish) {
    to = s.peers_of(*t,
                    [&](peer_slot p) { return s.score.score(p) >= s.options.thresholds.publish; });
  } else if (s.topics[*t].joined) {
    to = s.topics[*t].mesh;
  } else {
    s.topics[*t].fanout_until = now + s.options.fanout_time;
    s.keep_fanout(*t, now);
    to = s.topics[*t].fanout;
  }
  rpc r;
  r.publish.push_back(std::move(m));
  const auto shared = std::make_shared<const rpc>(std::move(r));
  for (const auto p : to)
    out.sends.push_back({p, shared});
  for (peer_slot p = 0; s.direct_peers != 0 && p < s.peers.size(); ++p)
    if (s.peers[p].connected && s.peers[p].direct && s.subscribed(p, *t))
      out.sends.push_back({p, shared});
  return {};
}

/// To the mesh and to direct peers, but not to those who are known to have it.
void router::state::forward(const waiting& w, effects& out) {
  const auto hash = hash_of(w.what->id(), hash_key);
  rpc_ptr shared;
  const auto send = [&](peer_slot p) {
    const auto& peer = peers[p];
    const auto has = [&](const peer_life& x) { return x == life_of(p); };
    if (peer.id == w.what->from || std::any_of(w.senders.begin(), w.senders.end(), has))
      return;
    if (std::any_of(peer.wishes.begin(), peer.wishes.end(),
                    [&](const wish& u) { return u.hash == hash; }))
      return;
    if (!shared) {
      auto r = std::make_shared<rpc>();
      r->publish.push_back(w.what);
      shared = std::move(r);
    }
    out.sends.push_back({p, shared});
  };
  for (const auto p : topics[w.topic].mesh)
    send(p);
  if (direct_peers == 0)
    return;
  for (peer_slot p = 0; p < peers.size(); ++p)
    if (peers[p].connected && peers[p].direct && subscribed(p, w.topic))
      send(p);
}

void router::validated(const validation& which, verdict v, instant now, effects& out) {
  auto& s = *state_;
  auto w = s.validations.take(which);
  if (!w)
    return;
  const auto payer = w->senders.front();
  if (s.alive(payer)) {
    --s.peers[payer.slot].validations;
    s.peers[payer.slot].validation_bytes -= size_of(*w->what);
  }
  const auto scored = s.topics[w->topic].scored;
  const auto& id = which.id;
  if (v == verdict::bad_signature) {
    ++s.counts.rejected;
    for (const auto& from : w->senders)
      if (s.alive(from))
        s.score.reject(from.slot, scored, id, rejection::invalid_signature, now);
    return;
  }
  if (s.score.knows(id)) // another message of that id came first
    return;
  s.score.validate(scored, id, now);
  std::erase_if(w->senders, [&](const peer_life& p) { return !s.alive(p); });
  for (std::size_t i = 1; i < w->senders.size(); ++i)
    s.score.duplicate(w->senders[i].slot, scored, id, now);
  const auto first = w->senders.empty() ? std::nullopt : std::optional{w->senders.front().slot};
  if (v == verdict::accept) {
    s.score.deliver(first, scored, id, now);
    ++s.counts.delivered;
    s.cache.put(w->what, w->topic, s.tick);
    out.deliveries.push_back(w->what);
    return s.forward(*w, out);
  }
  s.counts.rejected += v == verdict::reject ? 1 : 0;
  if (first)
    s.score.reject(*first, scored, id,
                   v == verdict::reject   ? rejection::validation_failed
                   : v == verdict::ignore ? rejection::validation_ignored
                                          : rejection::validation_throttled,
                   now);
}

double router::score(peer_slot peer) const noexcept {
  return state_->connected(peer) ? state_->score.score(peer) : 0;
}

std::vector<peer_slot> router::mesh(std::string_view topic) const {
  const auto t = state_->find_topic(topic);
  return t == no_topic ? std::vector<peer_slot>{} : state_->topics[t].mesh;
}

const peer_score& router::scores() const noexcept {
  return state_->score;
}

const router_counts& router::counts() const noexcept {
  return state_->counts;
}

} // namespace ainur::discovery::gossip
