#include "ainur/discovery/gossip/peer_score.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "ainur/base/assert.hpp"
#include "id_table.hpp"

namespace ainur::discovery::gossip {

namespace {

constexpr std::size_t addresses_max = 8;
/// Of a message, that are remembered beside the first.
constexpr std::size_t senders_max = 64;
constexpr std::size_t tree_node = 4 * sizeof(void*);

enum class delivery : std::uint8_t { unknown, valid, invalid, ignored };

/// A peer as it is now: one that gets its slot later is another.
struct peer_life {
  peer_slot slot = 0;
  std::uint32_t life = 0;
  friend bool operator==(const peer_life&, const peer_life&) = default;
};

/// Who brought a message, as far as it may still matter.
struct record {
  instant first_seen{};
  instant validated{};
  delivery status = delivery::unknown;
  peer_life first{~peer_slot{0}, 0};
  std::vector<peer_life> others;
};

struct address_record {
  std::uint32_t peers = 0;
  bool whitelisted = false;
};

using address_book = std::map<std::string, address_record, std::less<>>;

struct peer_record {
  peer_id peer;
  std::uint32_t life = 0;
  bool connected = false;
  instant expires{};                  // once it left
  std::vector<topic_counters> topics; // by number, as far as anything was counted
  std::vector<address_book::iterator> addresses;
  double application = 0;
  double behaviour_penalty = 0;

  // The score as last computed, and whether it still holds.
  bool fresh = false;
  std::uint32_t addresses_seen = 0;
  double score = 0;
};

void decay(double& counter, double factor, double to_zero) noexcept {
  counter *= factor;
  if (counter < to_zero)
    counter = 0;
}

double topic_score(const topic_counters& t, const topic_parameters& p) noexcept {
  double sum = 0;
  if (t.in_mesh) {
    const auto quanta = static_cast<double>(t.mesh_time / p.time_in_mesh_quantum);
    sum += std::min(quanta, p.time_in_mesh_cap) * p.time_in_mesh_weight;
  }
  sum += t.first_message_deliveries * p.first_message_deliveries_weight;
  const auto deficit = p.mesh_message_deliveries_threshold - t.mesh_message_deliveries;
  if (t.mesh_deliveries_active && deficit > 0)
    sum += deficit * deficit * p.mesh_message_deliveries_weight;
  sum += t.mesh_failure_penalty * p.mesh_failure_penalty_weight;
  sum += t.invalid_message_deliveries * t.invalid_message_deliveries *
         p.invalid_message_deliveries_weight;
  return sum * p.topic_weight;
}

/// The end of a stay in the mesh. P3 ends with it: who is absent cannot deliver.
void leave_mesh(topic_counters& t, const topic_parameters& p) noexcept {
  const auto deficit = p.mesh_message_deliveries_threshold - t.mesh_message_deliveries;
  if (t.mesh_deliveries_active && deficit > 0)
    t.mesh_failure_penalty += deficit * deficit;
  t.mesh_deliveries_active = false;
  t.in_mesh = false;
}

} // namespace

struct peer_score::state {
  state(score_parameters p, std::uint64_t hash_key) : parameters(std::move(p)), records(hash_key) {}

  [[nodiscard]] peer_life life_of(peer_slot slot) const { return {slot, peers[slot].life}; }

  [[nodiscard]] bool lives(const peer_life& p) const {
    return p.slot < peers.size() && peers[p.slot].life == p.life;
  }

  /// To be changed.
  [[nodiscard]] topic_counters& counters(peer_slot slot, scored_topic topic) {
    peers[slot].fresh = false;
    auto& all = peers[slot].topics;
    if (all.size() <= topic)
      all.resize(topics.size());
    return all[topic];
  }

  [[nodiscard]] bool in_mesh(peer_slot slot, scored_topic topic) const {
    const auto& all = peers[slot].topics;
    return topic < all.size() && all[topic].in_mesh;
  }

  void forget(peer_slot slot);
  void forget_left(peer_slot slot);
  void drop_addresses(peer_record& p);
  void drop_oldest();
  record& open(const message_id& id, instant now);
  void count_first(peer_slot slot, scored_topic topic);
  void count_mesh(peer_slot slot, scored_topic topic);
  void count_invalid(peer_slot slot, scored_topic topic);
  void refresh(peer_record& p, instant now);
  [[nodiscard]] double compute(const peer_record& p) const noexcept;

  score_parameters parameters;
  std::vector<topic_parameters> topics;
  std::map<std::string, scored_topic, std::less<>> topic_numbers;
  std::vector<peer_record> peers;
  std::vector<peer_slot> free_slots;
  std::map<peer_id, peer_slot> left; // kept although they left
  std::set<std::pair<instant, peer_slot>> left_order;
  address_book addresses;
  std::uint32_t address_changes = 0;
  id_table<record> records;
  std::size_t senders = 0; // in all records beside the first
};

peer_score::peer_score(score_parameters parameters, std::uint64_t hash_key)
    : state_(std::make_unique<state>(std::move(parameters), hash_key)) {}

peer_score::~peer_score() = default;
peer_score::peer_score(peer_score&&) noexcept = default;
peer_score& peer_score::operator=(peer_score&&) noexcept = default;

scored_topic peer_score::set_topic(std::string_view name, const topic_parameters& p) {
  auto& s = *state_;
  const auto number = static_cast<scored_topic>(s.topics.size());
  const auto [at, fresh] = s.topic_numbers.emplace(name, number);
  if (fresh) {
    s.topics.push_back(p);
    return number;
  }
  s.topics[at->second] = p;
  for (auto& peer : s.peers)
    if (peer.topics.size() > at->second) {
      peer.fresh = false;
      auto& t = peer.topics[at->second];
      t.first_message_deliveries =
          std::min(t.first_message_deliveries, p.first_message_deliveries_cap);
      t.mesh_message_deliveries =
          std::min(t.mesh_message_deliveries, p.mesh_message_deliveries_cap);
    }
  return at->second;
}

scored_topic peer_score::find_topic(std::string_view name) const noexcept {
  const auto at = state_->topic_numbers.find(name);
  return at == state_->topic_numbers.end() ? unscored : at->second;
}

peer_slot peer_score::add_peer(const peer_id& peer) {
  auto& s = *state_;
  if (const auto known = s.left.find(peer); known != s.left.end()) {
    const auto slot = known->second;
    s.left_order.erase({s.peers[slot].expires, slot});
    s.left.erase(known);
    s.peers[slot].connected = true;
    return slot;
  }
  if (s.free_slots.empty()) {
    s.free_slots.push_back(static_cast<peer_slot>(s.peers.size()));
    s.peers.emplace_back();
  }
  const auto slot = s.free_slots.back();
  s.free_slots.pop_back();
  s.peers[slot].peer = peer;
  s.peers[slot].connected = true;
  return slot;
}

void peer_score::state::drop_addresses(peer_record& p) {
  address_changes += p.addresses.empty() ? 0 : 1;
  for (const auto& at : p.addresses)
    if (--at->second.peers == 0)
      addresses.erase(at);
  p.addresses.clear();
}

void peer_score::state::forget(peer_slot slot) {
  auto& p = peers[slot];
  drop_addresses(p);
  const auto life = p.life + 1;
  p = {};
  p.life = life;
  free_slots.push_back(slot);
}

void peer_score::state::forget_left(peer_slot slot) {
  left_order.erase({peers[slot].expires, slot});
  left.erase(peers[slot].peer);
  forget(slot);
}

void peer_score::remove_peer(peer_slot peer, instant now) {
  auto& s = *state_;
  auto& p = s.peers[peer];
  AINUR_ASSERT(p.connected);
  const bool kept = score(peer) < 0 && s.parameters.retain_score > duration{};
  if (!kept)
    return s.forget(peer);
  for (std::size_t t = 0; t < p.topics.size(); ++t) {
    p.topics[t].first_message_deliveries = 0;
    leave_mesh(p.topics[t], s.topics[t]);
  }
  p.fresh = false;
  p.connected = false;
  p.expires = now + s.parameters.retain_score;
  s.left.emplace(p.peer, peer);
  s.left_order.emplace(p.expires, peer);
  if (s.left.size() > s.parameters.retained_max)
    s.forget_left(s.left_order.begin()->second);
}

void peer_score::set_addresses(peer_slot peer, std::span<const std::string> addresses) {
  auto& s = *state_;
  auto& p = s.peers[peer];
  s.drop_addresses(p);
  for (const auto& text : addresses.first(std::min(addresses.size(), addresses_max))) {
    const auto [at, fresh] = s.addresses.try_emplace(text);
    const auto& exempt = s.parameters.ip_colocation_factor_whitelist;
    if (fresh)
      at->second.whitelisted = std::find(exempt.begin(), exempt.end(), text) != exempt.end();
    if (std::find(p.addresses.begin(), p.addresses.end(), at) != p.addresses.end())
      continue;
    ++at->second.peers;
    ++s.address_changes;
    p.addresses.push_back(at);
  }
}

void peer_score::set_application_score(peer_slot peer, double score) {
  state_->peers[peer].application = score;
  state_->peers[peer].fresh = false;
}

void peer_score::add_penalty(peer_slot peer, std::uint32_t count) {
  state_->peers[peer].behaviour_penalty += count;
  state_->peers[peer].fresh = false;
}

void peer_score::graft(peer_slot peer, scored_topic topic, instant now) {
  if (topic == unscored)
    return;
  auto& t = state_->counters(peer, topic);
  t.in_mesh = true;
  t.graft_time = now;
  t.mesh_time = {};
  t.mesh_deliveries_active = false;
}

void peer_score::prune(peer_slot peer, scored_topic topic) {
  if (topic != unscored)
    leave_mesh(state_->counters(peer, topic), state_->topics[topic]);
}

void peer_score::state::drop_oldest() {
  senders -= records.front().value.others.size();
  records.pop_front();
}

record& peer_score::state::open(const message_id& id, instant now) {
  if (auto* known = records.find(id))
    return *known;
  if (records.size() >= parameters.records_max)
    drop_oldest();
  return records.push(id, {.first_seen = now});
}

void peer_score::state::count_first(peer_slot slot, scored_topic topic) {
  if (topic == unscored)
    return;
  auto& t = counters(slot, topic);
  t.first_message_deliveries =
      std::min(t.first_message_deliveries + 1, topics[topic].first_message_deliveries_cap);
  count_mesh(slot, topic);
}

void peer_score::state::count_mesh(peer_slot slot, scored_topic topic) {
  if (topic == unscored)
    return;
  auto& t = counters(slot, topic);
  if (t.in_mesh)
    t.mesh_message_deliveries =
        std::min(t.mesh_message_deliveries + 1, topics[topic].mesh_message_deliveries_cap);
}

void peer_score::state::count_invalid(peer_slot slot, scored_topic topic) {
  if (topic != unscored)
    counters(slot, topic).invalid_message_deliveries += 1;
}

void peer_score::validate(scored_topic, const message_id& id, instant now) {
  state_->open(id, now);
}

void peer_score::deliver(std::optional<peer_slot> from, scored_topic topic, const message_id& id,
                         instant now) {
  auto& s = *state_;
  if (from)
    s.count_first(*from, topic);
  auto& r = s.open(id, now);
  if (r.status != delivery::unknown)
    return;
  r.status = delivery::valid;
  r.validated = now;
  if (from)
    r.first = s.life_of(*from);
  for (const auto& p : r.others)
    if (p != r.first && s.lives(p))
      s.count_mesh(p.slot, topic);
}

void peer_score::reject(peer_slot from, scored_topic topic, const message_id& id, rejection why,
                        instant now) {
  auto& s = *state_;
  switch (why) {
  case rejection::missing_signature:
  case rejection::invalid_signature:
  case rejection::unexpected_signature:
  case rejection::unexpected_auth_info:
  case rejection::self_origin:
    return s.count_invalid(from, topic);
  case rejection::blacklisted_peer:
  case rejection::blacklisted_source:
  case rejection::validation_queue_full:
    return;
  case rejection::validation_throttled:
  case rejection::validation_ignored:
  case rejection::validation_failed:
    break;
  }
  auto& r = s.open(id, now);
  if (r.status != delivery::unknown)
    return;
  const auto others = std::exchange(r.others, {});
  s.senders -= others.size();
  r.status = why == rejection::validation_failed ? delivery::invalid : delivery::ignored;
  if (r.status == delivery::ignored)
    return;
  s.count_invalid(from, topic);
  for (const auto& p : others)
    if (s.lives(p))
      s.count_invalid(p.slot, topic);
}

void peer_score::duplicate(peer_slot from, scored_topic topic, const message_id& id, instant now) {
  auto& s = *state_;
  auto& r = s.open(id, now);
  if (r.status == delivery::ignored)
    return;
  if (r.status == delivery::invalid)
    return s.count_invalid(from, topic);
  if (r.status == delivery::valid) {
    // Only what still counts for somebody is remembered.
    if (!s.in_mesh(from, topic) ||
        now > r.validated + s.topics[topic].mesh_message_deliveries_window)
      return;
  }
  const auto who = s.life_of(from);
  if (who == r.first || r.others.size() >= senders_max ||
      std::find(r.others.begin(), r.others.end(), who) != r.others.end())
    return;
  r.others.push_back(who);
  ++s.senders;
  if (r.status == delivery::valid)
    s.count_mesh(from, topic);
}

bool peer_score::knows(const message_id& id) const noexcept {
  return state_->records.find(id) != nullptr;
}

void peer_score::clear_records() {
  state_->records.clear();
  state_->senders = 0;
}

void peer_score::state::refresh(peer_record& p, instant now) {
  p.fresh = false;
  const auto to_zero = parameters.decay_to_zero;
  for (std::size_t i = 0; i < p.topics.size(); ++i) {
    auto& t = p.topics[i];
    const auto& by = topics[i];
    decay(t.first_message_deliveries, by.first_message_deliveries_decay, to_zero);
    decay(t.mesh_message_deliveries, by.mesh_message_deliveries_decay, to_zero);
    decay(t.mesh_failure_penalty, by.mesh_failure_penalty_decay, to_zero);
    decay(t.invalid_message_deliveries, by.invalid_message_deliveries_decay, to_zero);
    if (!t.in_mesh)
      continue;
    t.mesh_time = now - t.graft_time;
    t.mesh_deliveries_active =
        t.mesh_deliveries_active || t.mesh_time > by.mesh_message_deliveries_activation;
  }
  decay(p.behaviour_penalty, parameters.behaviour_penalty_decay, to_zero);
}

void peer_score::refresh(instant now) {
  auto& s = *state_;
  while (!s.left_order.empty() && s.left_order.begin()->first < now)
    s.forget_left(s.left_order.begin()->second);
  for (auto& p : s.peers)
    if (p.connected)
      s.refresh(p, now);
  while (!s.records.empty() && s.records.front().value.first_seen + s.parameters.record_time < now)
    s.records.pop_front();
}

double peer_score::state::compute(const peer_record& p) const noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < p.topics.size(); ++i)
    sum += topic_score(p.topics[i], topics[i]);
  if (parameters.topic_score_cap > 0)
    sum = std::min(sum, parameters.topic_score_cap);
  sum += p.application * parameters.app_specific_weight;
  for (const auto& at : p.addresses) {
    const auto surplus = at->second.peers - parameters.ip_colocation_factor_threshold;
    if (!at->second.whitelisted && surplus > 0)
      sum += surplus * surplus * parameters.ip_colocation_factor_weight;
  }
  const auto excess = p.behaviour_penalty - parameters.behaviour_penalty_threshold;
  if (excess > 0)
    sum += excess * excess * parameters.behaviour_penalty_weight;
  return sum;
}

double peer_score::score(peer_slot peer) const noexcept {
  auto& p = state_->peers[peer];
  if (!p.fresh || p.addresses_seen != state_->address_changes) {
    p.score = state_->compute(p);
    p.fresh = true;
    p.addresses_seen = state_->address_changes;
  }
  return p.score;
}

const topic_counters* peer_score::counters(peer_slot peer, scored_topic topic) const noexcept {
  const auto& all = state_->peers[peer].topics;
  return topic < all.size() ? &all[topic] : nullptr;
}

const score_parameters& peer_score::parameters() const noexcept {
  return state_->parameters;
}

std::size_t peer_score::records() const noexcept {
  return state_->records.size();
}

std::size_t peer_score::retained() const noexcept {
  return state_->left.size();
}

std::size_t peer_score::bytes_of_peer() const noexcept {
  return sizeof(peer_record) + state_->topics.size() * sizeof(topic_counters) +
         addresses_max * (sizeof(address_book::value_type) + tree_node + sizeof(void*));
}

std::size_t peer_score::bytes_of_records() const noexcept {
  return state_->records.size() * id_table<record>::entry_bytes +
         state_->senders * sizeof(peer_life);
}

std::size_t peer_score::bytes_of_records_max() const noexcept {
  return state_->parameters.records_max *
         (id_table<record>::entry_bytes + senders_max * sizeof(peer_life));
}

} // namespace ainur::discovery::gossip
