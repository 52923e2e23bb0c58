// How a run goes: nodes connect, messages are published and passed on, time passes.
#include "world.hpp"

#include <algorithm>

#include "ainur/crypto/hash.hpp"

namespace ainur::discovery::gossip::simulation {

namespace {

const std::string topic = "ainur/cfp";
constexpr duration survey_interval{1'000'000};
/// An honest node takes peers from a PRUNE while it has fewer connections.
constexpr std::uint32_t dial_below = 24;

} // namespace

bytes data_of(std::uint64_t number, std::size_t size) {
  bytes out(std::max<std::size_t>(size, 8), 0);
  for (std::size_t i = 0; i < 8; ++i)
    out[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return out;
}

std::uint64_t number_in(const message& m) noexcept {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < 8 && i < m.data.size(); ++i)
    n |= std::uint64_t{m.data[i]} << (8 * i);
  return n;
}

verdict judge::of(const message_ptr& m) {
  auto& all = known_[m->id()];
  for (const auto& k : all)
    if (k.what == m || *k.what == *m)
      return k.found;
  ++checked_;
  const auto found = !verify(*m)                   ? verdict::bad_signature
                     : number_in(*m) == bad_number ? verdict::reject
                                                   : verdict::accept;
  all.push_back({m, found});
  return found;
}

world::world(const simulation_options& options)
    : options_(options), random_(rng{options.seed}.split("gossip")),
      network_(random_.split("network"), options.link), queue_(random_.split("order")) {
  for (node_number n = 0; n < options_.nodes; ++n) {
    keys_.push_back(
        crypto::secret_key::from_seed(crypto::run_seed(options_.seed, "gossip-node", n)));
    numbers_.emplace(id_of(n), n);
    auto core = router::make(id_of(n), options_.router, random_.split("router", n));
    honest_.emplace_back(std::move(*core));
    honest_.back().core.score_topic(topic, cfp_topic(options_.rate_ppm, options_.router.mesh.size));
    static_cast<void>(honest_.back().core.join(topic, now_, effects_));
    effects_.clear();
    queue_.push(now_ + duration{static_cast<std::int64_t>(random_.below(1'000'000))},
                {event_kind::heartbeat, n, 0, {}});
  }
  const auto attackers = options_.attacks.empty() ? 0 : options_.attackers;
  for (std::uint32_t i = 0; i < attackers; ++i) {
    attacker a;
    a.kind = options_.attacks[random_.below(options_.attacks.size())];
    const auto id = crypto::hasher{"ainur/gossip-attacker"}.add(options_.seed).add(i).finish();
    a.id.value = id.value;
    attackers_.push_back(std::move(a));
    const auto n = options_.nodes + i;
    queue_.push(entry_of(attackers_.back()), {event_kind::arrive, n, 0, {}});
  }
  for (node_number n = 0; n < options_.nodes; ++n)
    for (std::uint32_t i = 0; i < options_.dials; ++i)
      static_cast<void>(connect(n, static_cast<node_number>(random_.below(options_.nodes))));
  queue_.push(now_ + survey_interval, {event_kind::survey, 0, 0, {}});
  queue_.push(now_ + std::chrono::seconds{5}, {event_kind::publish, 0, 0, {}});
}

peer_id world::id_of(node_number n) {
  return is_honest(n) ? peer_of(keys_[n].public_part()) : attacker_at(n).id;
}

simulation_report world::run() {
  const auto end = instant{} + options_.time;
  while (auto next = queue_.pop_due(end)) {
    now_ = std::max(now_, next->at);
    happen(next->what);
  }
  now_ = end;
  finish(report_);
  return std::move(report_);
}

void world::happen(const event& e) {
  switch (e.kind) {
  case event_kind::arrival:
    return arrive_at(e);
  case event_kind::judged: {
    auto& n = honest_[e.node];
    const auto c = std::move(n.checks.front());
    n.checks.pop_front();
    n.core.validated(c.which, judge_.of(c.what), now_, effects_);
    return carry_out(e.node);
  }
  case event_kind::heartbeat:
    honest_[e.node].core.heartbeat(now_, effects_);
    queue_.push(now_ + options_.router.heartbeat, e);
    return carry_out(e.node);
  case event_kind::publish:
    return publish();
  case event_kind::arrive:
    return enter(e.node);
  case event_kind::act:
    return act(e.node);
  case event_kind::survey:
    survey();
    return queue_.push(now_ + survey_interval, e);
  }
}

void world::arrive_at(const event& e) {
  ++report_.rpcs;
  report_.copies += e.what->publish.size();
  note(e.node, e.slot);
  if (!is_honest(e.node)) {
    auto& a = attacker_at(e.node);
    if (a.links[e.slot].open)
      receive(e.node, a.links[e.slot], *e.what);
    return;
  }
  auto& n = honest_[e.node];
  if (!options_.encode) {
    n.core.receive(e.slot, *e.what, now_, effects_);
  } else {
    const auto raw = encode(*e.what);
    report_.bytes += raw.size();
    const auto read = decode_rpc(raw, options_.router.wire);
    read ? n.core.receive(e.slot, *read, now_, effects_) : n.core.malformed(e.slot);
  }
  carry_out(e.node);
}

void world::carry_out(node_number n) {
  auto& node = honest_[n];
  for (auto& c : effects_.checks) {
    node.checks.push_back(std::move(c));
    queue_.push(now_ + options_.validation_time, {event_kind::judged, n, 0, {}});
  }
  for (const auto& m : effects_.deliveries)
    deliver(n, *m);
  for (auto& s : effects_.sends)
    if (const auto& link = node.links[s.to]; link.open)
      post(n, link.other, link.other_slot, std::move(s.what));
  const auto dials = std::exchange(effects_.dials, {});
  effects_.clear();
  for (const auto& d : dials)
    dial(n, d);
}

void world::post(node_number from, node_number to, peer_slot to_slot, rpc_ptr what) {
  for (const auto delay : network_.send(from, to, now_))
    queue_.push(now_ + delay, {event_kind::arrival, to, to_slot, what});
}

/// Opens a connection between an honest node and any other; false if either refuses.
bool world::connect(node_number from, node_number to) {
  if (from == to)
    return false;
  std::array<peer_slot, 2> slots{};
  std::array<effects, 2> hello;
  const std::array ends{from, to};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto other = ends[1 - i];
    if (!is_honest(ends[i])) {
      slots[i] = static_cast<peer_slot>(attacker_at(ends[i]).links.size());
      attacker_at(ends[i]).links.emplace_back();
      continue;
    }
    const auto slot = honest_[ends[i]].core.connect(
        id_of(other), {i == 0, false, addresses_of(other), {}}, hello[i]);
    if (!slot) {
      if (i == 1 && is_honest(from))
        honest_[from].core.disconnect(slots[0], now_);
      else if (i == 1)
        attacker_at(from).links.pop_back();
      return false;
    }
    slots[i] = *slot;
  }
  for (std::size_t i = 0; i < 2; ++i) {
    const link_end end{ends[1 - i], slots[1 - i], true};
    if (!is_honest(ends[i])) {
      static_cast<link_end&>(attacker_at(ends[i]).links[slots[i]]) = end;
      continue;
    }
    auto& n = honest_[ends[i]];
    ++n.connections;
    if (n.links.size() <= slots[i])
      n.links.resize(slots[i] + 1);
    n.links[slots[i]] = end;
    for (auto& s : hello[i].sends)
      post(ends[i], end.other, end.other_slot, std::move(s.what));
  }
  return true;
}

void world::dial(node_number from, const exchanged_peer& to) {
  const auto at = numbers_.find(to.peer);
  if (at != numbers_.end() && honest_[from].connections < dial_below)
    static_cast<void>(connect(from, at->second));
}

void world::publish() {
  if (now_ + std::chrono::seconds{8} > instant{} + options_.time)
    return;
  const auto number = published_.size();
  const bool for_victim =
      !options_.attacks.empty() && options_.attacks.front() == attack::eclipse && number % 4 == 0;
  const auto by = for_victim ? victim : static_cast<node_number>(random_.below(options_.nodes));
  const auto m = std::make_shared<message>(
      sign_message(keys_[by], topic, data_of(number, options_.message_bytes), number + 1));
  published_.push_back({now_, by, 1}); // its publisher has it
  recent_.push_back(m->id());
  if (recent_.size() > 32)
    recent_.pop_front();
  static_cast<void>(honest_[by].core.publish(m, now_, effects_));
  carry_out(by);
  const auto mean = std::max<std::uint64_t>(1, 1'000'000'000'000 / options_.rate_ppm);
  const auto pause = sample_exponential(random_, mean);
  queue_.push(now_ + duration{static_cast<std::int64_t>(pause)}, {event_kind::publish, 0, 0, {}});
}

void world::deliver(node_number n, const message& m) {
  const auto number = number_in(m);
  if (number >= published_.size())
    return;
  auto& p = published_[number];
  ++p.reached;
  victim_got_ += n == victim ? 1 : 0;
  latencies_us_.push_back(static_cast<std::uint32_t>(micros(now_ - p.at)));
}

/// Once a second: how full the tables are, and what became of the attackers.
void world::survey() {
  for (auto& n : honest_) {
    const auto usage = n.core.usage();
    if (report_.memory.empty())
      for (const auto& t : usage)
        report_.memory.push_back({t.name, 0, t.bytes_max});
    for (std::size_t i = 0; i < usage.size(); ++i)
      report_.memory[i].bytes = std::max(report_.memory[i].bytes, usage[i].bytes);
  }
  watch_attackers();
}

void world::note(std::uint64_t a, std::uint64_t b) noexcept {
  auto& d = report_.digest;
  d = (d ^ (a << 32 | b) ^ (static_cast<std::uint64_t>(micros(now_)) << 16)) * 0x9e3779b97f4a7c15u;
  d ^= d >> 29;
}

} // namespace ainur::discovery::gossip::simulation
