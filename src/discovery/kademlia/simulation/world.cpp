// Nodes come, go and talk; lookups are asked and judged.
#include "world.hpp"

#include <algorithm>

namespace ainur::discovery::kademlia::simulation {

namespace {

constexpr duration joining = std::chrono::minutes{15};
constexpr duration settling = std::chrono::minutes{45};
constexpr duration announcing = std::chrono::minutes{30};
constexpr duration draining = std::chrono::minutes{5};
constexpr std::size_t entries = 3; // that a newcomer knows
constexpr std::uint32_t nodes_a_capability = 50;
constexpr std::uint32_t providers_each = 3; // of a capability
constexpr std::uint32_t sybils_a_key = 25;
constexpr std::uint32_t clients = 10; // one in so many
constexpr std::uint32_t hosters = 50; // IP groups that hold three nodes in ten
/// Delays are those between places: streams for each pair of nodes would take gigabytes.
constexpr sim::node_index places = 64;

std::uint64_t name_of_question(node_number who, operation_id operation) {
  return operation << 20 | who;
}

} // namespace

world::world(const simulation_options& options)
    : options_(options), random_(rng{options.seed}.split("dht")),
      network_(random_.split("network"), options.link), queue_(random_.split("order")),
      members_(options.nodes), adversaries_(random_.split("adversaries")) {
  adversary_count_ =
      static_cast<std::uint32_t>(std::uint64_t{options.nodes} * options.adversary_ppm / 1'000'000);
  populate();
}

void world::populate() {
  // Adversaries have the last numbers.
  std::uint32_t sybils = 0;
  for (std::uint32_t i = 0; i < adversary_count_; ++i) {
    auto& m = members_[options_.nodes - 1 - i];
    m.bad = options_.misdeeds[i % options_.misdeeds.size()];
    sybils += m.bad == misdeed::sybil ? 1 : 0;
  }
  const auto honest = options_.nodes - adversary_count_;
  const auto count = std::max(8u, options_.nodes / nodes_a_capability);
  attacked_ = sybils == 0 ? 0 : std::min(std::max(1u, sybils / sybils_a_key), count);
  for (std::uint32_t c = 0; c < count; ++c) {
    const auto name = capability_key("number-" + std::to_string(c));
    capabilities_.emplace_back(name.begin(), name.end());
    auto& who = providers_.emplace_back();
    while (who.size() < providers_each) {
      const auto n = static_cast<node_number>(random_.below(honest));
      if (std::ranges::find(who, n) != who.end())
        continue;
      who.push_back(n);
      members_[n].offers.push_back(c);
    }
  }
  // In an order of its own, so that adversaries do not come last.
  std::vector<node_number> order(options_.nodes);
  for (node_number i = 0; i < options_.nodes; ++i)
    order[i] = i;
  random_.shuffle(std::span{order});
  for (std::size_t i = 0; i < order.size(); ++i)
    queue_.push(now_ + joining * static_cast<std::int64_t>(i) / options_.nodes, join{order[i], 0});
  for (std::uint32_t i = 0; i < options_.lookups; ++i)
    queue_.push(now_ + settling + duration{options_.time.count() / options_.lookups * i}, ask{i});
}

std::uint32_t world::draw_ip(bool bad) {
  auto group = random_.below(10) < 3 ? random_.below(hosters) : random_.below(60'000);
  if (bad && options_.adversary_groups != 0)
    group = 60'000 + random_.below(std::min(options_.adversary_groups, 5'000u));
  return static_cast<std::uint32_t>(group << 16 | random_.below(65'536));
}

contact world::identity(node_number who) {
  const auto& m = members_[who];
  const auto drawn = crypto::hasher{"ainur/simulated-peer"}
                         .add(options_.seed)
                         .add(std::uint64_t{who} << 32 | m.life)
                         .finish();
  peer_id id{drawn.value};
  if (m.bad == misdeed::sybil) {
    int bits = 5; // 32 times nearer than the k nearest are
    for (auto n = options_.nodes; n >= 2 * options_.node.lookups.k && bits < 16; n /= 2)
      ++bits;
    id = adversaries_.make_id_near(
        point_of(capabilities_[(options_.nodes - who) / misdeeds_count % attacked_]), bits);
  }
  return {id, {multiaddr::tcp4(draw_ip(m.bad.has_value()), 4001)}};
}

bool world::lives(node_number who, std::uint32_t life) const {
  return members_[who].life == life && members_[who].node.has_value();
}

node_number world::draw_honest(bool server) {
  const auto honest = options_.nodes - adversary_count_;
  while (true) {
    const auto n = static_cast<node_number>(random_.below(honest));
    if (members_[n].node && (members_[n].server || !server))
      return n;
  }
}

/// Honest servers that are there: by draw, or the next of one that is not.
std::vector<contact> world::draw_entries() {
  const auto honest = options_.nodes - adversary_count_;
  std::vector<contact> out;
  for (std::size_t n = 0; n < entries; ++n) {
    const auto first = random_.below(honest);
    for (std::uint64_t i = 0; i < honest; ++i)
      if (const auto& m = members_[(first + i) % honest]; m.node && m.server) {
        out.push_back(m.node->self());
        break;
      }
  }
  return out;
}

simulation_report world::run() {
  if (options_.churn_ppm != 0)
    schedule_leave();
  const auto end = instant{} + settling + options_.time + draining;
  while (auto next = queue_.pop()) {
    if (next->at > end)
      break;
    now_ = next->at;
    std::visit([this](const auto& e) { happen(e); }, next->what);
  }
  return report();
}

void world::happen(const join& e) {
  auto& m = members_[e.who];
  const auto self = identity(e.who);
  auto known = draw_entries();
  // The first of all must be there for others.
  m.server = m.bad.has_value() || known.empty() || random_.below(clients) != 0;
  auto o = options_.node;
  o.server = m.server;
  m.node.emplace(self, o, std::move(known),
                 random_.split("node", e.who + (std::uint64_t{m.life} << 32)));
  numbers_.emplace(self.peer(), e.who);
  if (m.bad)
    adversaries_.add(self);
  ++report_.joined;
  m.wake = instant::max();
  carry_out(e.who, m.node->start(now_));
  if (!m.offers.empty()) {
    const auto at = now_ < instant{} + joining
                        ? instant{} + joining + duration{random_.between(0, announcing.count())}
                        : now_ + std::chrono::seconds{30};
    queue_.push(at, announce{e.who, m.life});
  }
}

void world::happen(const announce& e) {
  if (!lives(e.who, e.life))
    return;
  for (const auto c : members_[e.who].offers)
    if (auto s = members_[e.who].node->provide(capabilities_[c], now_))
      carry_out(e.who, std::move(s->first));
}

void world::happen(const wake_up& e) {
  if (!lives(e.who, e.life) || members_[e.who].wake > now_)
    return;
  members_[e.who].wake = instant::max();
  carry_out(e.who, members_[e.who].node->tick(now_));
}

void world::happen(const delivery& e) {
  if (!lives(e.to, e.to_life))
    return;
  auto& m = members_[e.to];
  if (e.is_answer)
    return carry_out(e.to, m.node->answered(e.exchange, e.what, now_));
  if (!lives(e.from, e.from_life))
    return;
  const auto& from = members_[e.from];
  m.node->heard(from.node->self(), from.server, now_);
  auto answer = m.node->answer(from.node->self(), e.what, now_);
  if (m.bad)
    answer = adversaries_.answer(*m.bad, e.what, std::move(answer));
  if (answer)
    send(e.to, e.from, e.exchange, true, std::move(*answer));
  settle(e.to);
}

void world::schedule_leave() {
  const auto honest = std::uint64_t{options_.nodes} - adversary_count_;
  const auto mean = 3'600'000'000ull * 1'000'000 / options_.churn_ppm / honest;
  const auto first = std::max(now_, instant{} + joining);
  queue_.push(first + duration{static_cast<std::int64_t>(sample_exponential(random_, mean))},
              leave{});
}

/// One goes without a word, and another comes in its place, with its offers.
void world::happen(const leave&) {
  const auto who = draw_honest(false);
  auto& m = members_[who];
  numbers_.erase(m.node->self().peer());
  report_.republished += m.node->counts().republished;
  m.node.reset();
  ++m.life;
  ++report_.left;
  happen(join{who, m.life});
  schedule_leave();
}

void world::carry_out(node_number who, step s) {
  for (auto& r : s.requests) {
    const auto to = numbers_.find(r.to.peer());
    if (to != numbers_.end()) // else nobody answers
      send(who, to->second, r.exchange, false, std::move(r.what));
  }
  for (const auto& o : s.outcomes) {
    const auto q =
        asked_.find(name_of_question(who, o.operation) ^ std::uint64_t{members_[who].life} << 44);
    if (q == asked_.end())
      continue;
    judge(q->second, o);
    asked_.erase(q);
  }
  settle(who);
}

void world::settle(node_number who) {
  auto& m = members_[who];
  const auto at = std::max(m.node->next_wake(), now_);
  if (at >= m.wake)
    return;
  m.wake = at;
  queue_.push(at, wake_up{who, m.life});
}

void world::send(node_number from, node_number to, exchange_id exchange, bool is_answer,
                 message what) {
  ++report_.messages;
  for (const auto delay : network_.send(from % places, places + to % places, now_))
    queue_.push(now_ + delay, delivery{from, to, members_[from].life, members_[to].life, exchange,
                                       is_answer, what});
}

void world::happen(const ask& e) {
  const auto who = draw_honest(false);
  auto& node = *members_[who].node;
  question q;
  result<started> s = fail(errc::malformed);
  if (e.number % 2 == 0) {
    q.peer = draw_honest(true);
    q.peer_life = members_[*q.peer].life;
    if (*q.peer == who) {
      ++report_.voided;
      return;
    }
    s = node.find_peer(members_[*q.peer].node->self().peer(), now_);
  } else {
    q.capability = static_cast<std::uint32_t>(random_.below(capabilities_.size()));
    s = node.find_providers(capabilities_[q.capability], now_);
  }
  if (!s)
    return;
  asked_.emplace(name_of_question(who, s->operation) ^ std::uint64_t{members_[who].life} << 44, q);
  carry_out(who, std::move(s->first));
}

bool world::offers(const contact& who, std::uint32_t capability) const {
  const auto at = numbers_.find(who.peer());
  return at != numbers_.end() && std::ranges::find(members_[at->second].offers, capability) !=
                                     members_[at->second].offers.end();
}

void world::judge(const question& q, const outcome& o) {
  const bool found =
      q.peer ? o.peer.has_value()
             : std::any_of(o.providers.begin(),
                           o.providers.begin() +
                               static_cast<std::ptrdiff_t>(std::min<std::size_t>(
                                   o.providers.size(), options_.node.answer_providers_max)),
                           [&](const found_provider& f) { return offers(f.who, q.capability); });
  if (q.peer && !found && !lives(*q.peer, q.peer_life)) {
    ++report_.voided;
    return;
  }
  auto& t = q.peer ? report_.peers : report_.providers;
  ++t.asked;
  t.found += found ? 1 : 0;
  if (!q.peer && q.capability < attacked_) {
    ++report_.attacked.asked;
    report_.attacked.found += found ? 1 : 0;
  }
  report_.crowded += o.crowded ? 1 : 0;
  hops_.push_back(o.hops);
  requests_.push_back(o.requests);
  times_.push_back(static_cast<std::uint64_t>(o.took.count() / 1'000));
  digest_.add(found ? 1 : 0)
      .add(std::uint64_t{o.requests})
      .add(static_cast<std::uint64_t>(o.took.count()));
}

simulation_report world::report() {
  auto& r = report_;
  r.voided += asked_.size(); // whoever asked has left
  r.hops = percentiles_of(std::move(hops_));
  r.requests = percentiles_of(std::move(requests_));
  r.time_ms = percentiles_of(std::move(times_));
  std::uint64_t entries_all = 0, dead = 0, bad = 0;
  std::vector<std::uint64_t> estimates;
  for (const auto& m : members_) {
    if (!m.node)
      continue;
    r.republished += m.node->counts().republished;
    if (m.bad)
      ++r.servers;
    if (m.bad || !m.server)
      continue;
    ++r.servers;
    r.records += m.node->records().size();
    if (const auto n = m.node->network_estimate())
      estimates.push_back(static_cast<std::uint64_t>(*n));
    for (const auto& b : m.node->table().buckets())
      for (const auto& e : b) {
        ++entries_all;
        const auto at = numbers_.find(e.who.peer());
        dead += at == numbers_.end() ? 1 : 0;
        bad += at != numbers_.end() && members_[at->second].bad ? 1 : 0;
      }
  }
  const auto honest_servers = r.servers - adversary_count_;
  r.table_mean = honest_servers == 0 ? 0 : entries_all / honest_servers;
  r.table_dead_ppm = entries_all == 0 ? 0 : dead * 1'000'000 / entries_all;
  r.table_adversary_ppm = entries_all == 0 ? 0 : bad * 1'000'000 / entries_all;
  r.estimate_median = percentiles_of(std::move(estimates)).p50;
  r.time = options_.time;
  r.digest = to_string(digest_.add(r.messages).add(r.records).add(entries_all).finish());
  return r;
}

} // namespace ainur::discovery::kademlia::simulation
