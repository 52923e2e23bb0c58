// What attackers do. They know the protocol and each other, and obey it where that serves them.
#include <algorithm>

#include "world.hpp"

namespace ainur::discovery::gossip::simulation {

namespace {

const std::string topic = "ainur/cfp";
constexpr duration act_interval{1'000'000};
/// So often a rule is broken before its breaker must have been found out.
constexpr std::uint32_t acts_harmful = 30;
/// By then P3 counts and has been looked at: 60 s, a decay interval, and some heartbeats.
constexpr duration silence_harmful{75'000'000};
constexpr std::uint32_t sybil_addresses = 4;
/// Promises that do not exist come quickly at first: who is below the gossip threshold is not
/// asked any more.
constexpr std::uint32_t burst_ticks = 12;
constexpr std::uint32_t burst_rpcs = 4;
constexpr std::size_t bad_messages = 24; // a second, shared by all

bool passes_nothing_on(attack a) noexcept {
  return a != attack::score_laundering;
}

} // namespace

instant world::entry_of(const attacker& a) {
  const bool early = a.kind == attack::cold_boot || a.kind == attack::score_laundering;
  const auto spread = duration{static_cast<std::int64_t>(random_.below(1'000'000))};
  return early ? instant{} + spread : instant{} + options_.attack_begins + spread;
}

bool world::defected(const attacker& a) const noexcept {
  return passes_nothing_on(a.kind) ||
         now_ >= instant{} + options_.attack_begins + options_.time / 4;
}

std::vector<std::string> world::addresses_of(node_number n) const {
  if (!is_honest(n) && attackers_[n - options_.nodes].kind == attack::sybil_flood)
    return {"sybil-" + std::to_string(n % sybil_addresses)};
  return {std::to_string(n)};
}

/// The attacker dials honest nodes, and its share of the honest has been made to dial it.
void world::enter(node_number n) {
  const auto& a = attacker_at(n);
  const auto pick = [&] { return static_cast<node_number>(random_.below(options_.nodes)); };
  if (a.kind == attack::eclipse)
    static_cast<void>(connect(n, victim));
  const auto dials =
      a.kind == attack::eclipse ? options_.attacker_dials / 4 : options_.attacker_dials;
  for (std::uint32_t i = 0; i < dials; ++i)
    static_cast<void>(connect(n, pick()));
  const auto all = std::uint64_t{options_.nodes} * options_.poisoned_dials;
  const auto count = attackers_.size();
  const auto index = n - options_.nodes;
  const auto share = all * (index + 1) / count - all * index / count;
  for (std::uint64_t i = 0; i < share; ++i)
    static_cast<void>(connect(pick(), n));
  auto hello = std::make_shared<rpc>();
  hello->subscriptions = {{true, topic}};
  for (auto& link : attacker_at(n).links) {
    post(n, link.other, link.other_slot, hello);
    ask_for_mesh(n, link);
  }
  queue_.push(now_ + act_interval, {event_kind::act, n, 0, {}});
}

void world::ask_for_mesh(node_number n, attacker_link& link) {
  auto r = std::make_shared<rpc>();
  r->grafts = {topic};
  link.grafted = true; // until a PRUNE says otherwise
  post(n, link.other, link.other_slot, std::move(r));
}

void world::act(node_number n) {
  auto& a = attacker_at(n);
  ++a.ticks;
  const auto spam = defected(a) ? spam_of(a) : nullptr;
  const auto times = a.kind == attack::ihave_spam && a.ticks <= burst_ticks ? burst_rpcs : 1;
  for (auto& link : a.links) {
    for (std::uint32_t i = 0; spam && i < times; ++i) {
      post(n, link.other, link.other_slot, spam);
      ++link.done.acts;
    }
    if (!link.grafted && now_ >= link.graft_again)
      ask_for_mesh(n, link);
  }
  queue_.push(now_ + act_interval, {event_kind::act, n, 0, {}});
}

/// What this attack sends to every peer each second; null if it only stays silent.
rpc_ptr world::spam_of(attacker& a) {
  auto r = std::make_shared<rpc>();
  switch (a.kind) {
  case attack::sybil_flood:
  case attack::eclipse:
  case attack::cold_boot:
  case attack::censor:
    return nullptr;
  case attack::ihave_spam:
    r->ihaves = {{topic, {}}};
    for (int i = 0; i < 64; ++i)
      r->ihaves[0].ids.push_back({a.id, random_.next()});
    break;
  case attack::iwant_spam:
    r->iwants.assign(recent_.begin(), recent_.end());
    break;
  case attack::graft_flood:
    r->grafts = {topic};
    break;
  case attack::topic_flood:
    for (std::uint32_t i = 0; i < 32; ++i)
      r->subscriptions.push_back(
          {true, "ainur/" + std::to_string(a.ticks) + "/" + std::to_string(i)});
    break;
  case attack::invalid_messages:
  case attack::score_laundering:
    r->publish.push_back(bad_message());
    break;
  }
  return r;
}

/// One of this second's bad messages: half badly signed, half well signed with bad content.
message_ptr world::bad_message() {
  if (!bad_author_)
    bad_author_ = crypto::secret_key::from_seed(crypto::run_seed(options_.seed, "gossip-bad", 0));
  if (bad_.empty() || now_ >= bad_made_ + act_interval) {
    bad_.clear();
    bad_made_ = now_;
    for (std::size_t i = 0; i < bad_messages; ++i) {
      auto m = sign_message(*bad_author_, topic, data_of(bad_number, options_.message_bytes),
                            ++bad_number_);
      if (i % 2 == 0)
        m.proof->value[0] ^= 1;
      bad_.push_back(std::make_shared<message>(std::move(m)));
    }
  }
  return bad_[random_.below(bad_.size())];
}

void world::receive(node_number n, attacker_link& link, const rpc& what) {
  if (!what.grafts.empty())
    link.grafted = true;
  for (const auto& p : what.prunes) {
    link.grafted = false;
    link.graft_again = now_ + std::chrono::seconds{p.backoff_seconds + 2};
  }
  if (defected(attacker_at(n)))
    return;
  for (const auto& m : what.publish)
    pass_on(n, link, m);
}

/// As the honest do, so that they come to think well of it.
void world::pass_on(node_number n, const attacker_link& from, const message_ptr& m) {
  auto& a = attacker_at(n);
  const auto number = number_in(*m);
  if (number < a.seen_until || number == bad_number)
    return;
  a.seen_until = number + 1; // an older one that comes later is not passed on
  auto r = std::make_shared<rpc>();
  r->publish = {m};
  for (const auto& link : a.links)
    if (&link != &from && link.grafted)
      post(n, link.other, link.other_slot, r);
}

/// Follows who is in whose mesh and below which threshold.
void world::watch_attackers() {
  std::vector<std::vector<bool>> in_mesh(options_.nodes);
  for (node_number h = 0; h < options_.nodes; ++h) {
    in_mesh[h].resize(honest_[h].links.size());
    for (const auto p : honest_[h].core.mesh(topic))
      in_mesh[h][p] = true;
  }
  for (auto& a : attackers_) {
    const bool silent = defected(a);
    for (auto& link : a.links) {
      auto& d = link.done;
      if (!silent || !in_mesh[link.other][link.other_slot])
        d.in_mesh_since.reset();
      else if (!d.in_mesh_since)
        d.in_mesh_since = now_;
      const bool too_long = d.in_mesh_since && now_ - *d.in_mesh_since >= silence_harmful;
      d.graylisted =
          honest_[link.other].core.score(link.other_slot) < options_.router.thresholds.graylist;
      if (d.graylisted && !d.first_graylisted)
        d.first_graylisted = now_;
      d.harmful = d.harmful || d.graylisted || too_long || d.acts >= acts_harmful;
    }
  }
}

} // namespace ainur::discovery::gossip::simulation
