// Which options make sense, and what the tables come to.
#include "ainur/discovery/gossip/router_options.hpp"

#include <initializer_list>

#include "router_state.hpp"

namespace ainur::discovery::gossip {

namespace {

/// Nodes of the standard library's trees and lists, beside what they hold.
constexpr std::size_t tree_node = 4 * sizeof(void*);
/// A short text beyond what fits into its object.
constexpr std::size_t text_block = 16;

result<void> in_range(std::string_view name, std::uint64_t x, std::uint64_t low,
                      std::uint64_t high) {
  if (x >= low && x <= high)
    return {};
  return fail(errc::bad_option, std::string{name} + " must be " + std::to_string(low) + " to " +
                                    std::to_string(high));
}

result<void> all_of(std::initializer_list<result<void>> checks) {
  for (const auto& c : checks)
    if (!c)
      return c;
  return {};
}

} // namespace

result<void> check(const router_options& o) {
  const auto& m = o.mesh;
  const auto& g = o.gossip;
  const auto& b = o.bounds;
  constexpr std::uint64_t many = 1u << 20;
  constexpr std::uint64_t day_us = 86'400'000'000;
  const auto time = [](std::string_view name, duration d, std::uint64_t low) {
    return in_range(name, d.count() < 0 ? 0 : static_cast<std::uint64_t>(d.count()), low, day_us);
  };
  return all_of({
      in_range("mesh.size", m.size, 1, 1'000),
      in_range("mesh.size_low", m.size_low, 1, m.size),
      in_range("mesh.size_high", m.size_high, m.size, 10'000),
      in_range("mesh.by_score", m.by_score, 0, m.size),
      in_range("mesh.outbound", m.outbound, 0, std::min(m.size_low - 1, m.size / 2)),
      in_range("mesh.opportunistic_ticks", m.opportunistic_ticks, 1, many),
      in_range("mesh.exchanged_peers", m.exchanged_peers, 0, o.wire.peers_max),
      time("mesh.prune_backoff", m.prune_backoff, 1'000'000),
      time("mesh.unsubscribe_backoff", m.unsubscribe_backoff, 1'000'000),
      time("mesh.graft_flood", m.graft_flood, 0),
      in_range("gossip.factor_ppm", g.factor_ppm, 0, 1'000'000),
      in_range("gossip.history", g.history, 1, 1'000),
      in_range("gossip.history_gossip", g.history_gossip, 1, g.history),
      in_range("gossip.ihave_messages_max", g.ihave_messages_max, 1, 1'000),
      in_range("gossip.ids_max", g.ids_max, 1, o.wire.ids_max),
      time("gossip.iwant_followup", g.iwant_followup, 1),
      time("heartbeat", o.heartbeat, 1'000),
      time("fanout_time", o.fanout_time, 0),
      in_range("bounds.peers", b.peers, 1, 65'536),
      in_range("bounds.inbound_peers", b.inbound_peers, 0, b.peers),
      in_range("bounds.peer_topics", b.peer_topics, 1, 65'536),
      in_range("bounds.own_topics", b.own_topics, 1, 65'536),
      in_range("bounds.validations", b.validations, b.peer_validations, many),
      in_range("bounds.cache_messages", b.cache_messages, 1, many),
      in_range("bounds.backoffs", b.backoffs, 2, many),
      check(o.score),
      check(o.thresholds),
  });
}

std::vector<table_usage> router::usage() const {
  const auto& s = *state_;
  const auto& b = s.options.bounds;
  std::size_t records = 0;
  std::size_t wishes = 0;
  std::size_t subscriptions = 0;
  for (const auto& p : s.peers) {
    records += p.record.size();
    wishes += p.wishes.size();
    subscriptions += p.topics.size();
  }
  constexpr auto peer = sizeof(peer_state) + sizeof(peer_id) + sizeof(peer_slot) + tree_node;
  const auto scored_peer = s.score.bytes_of_peer();
  const auto topic = 2 * (sizeof(std::string) + text_block) + sizeof(topic_state) + tree_node;
  const auto topic_max =
      2 * (sizeof(std::string) + s.options.wire.topic_bytes_max) + sizeof(topic_state) + tree_node;
  constexpr auto waits = sizeof(waiting) + sizeof(message_id) + tree_node;
  constexpr auto cached = message_cache::entry_bytes;
  const auto slots_max = b.peers + s.options.score.retained_max;
  return {
      {"peers", s.slots.size() * peer + records,
       b.peers * (peer + s.options.wire.record_bytes_max)},
      {"scores", (s.slots.size() + s.score.retained()) * scored_peer, slots_max * scored_peer},
      {"subscriptions", subscriptions * sizeof(topic_number),
       b.peers * b.peer_topics * sizeof(topic_number)},
      {"topics", s.topic_numbers.size() * topic,
       (b.peers * b.peer_topics + b.own_topics) * topic_max},
      {"validations", s.validations.size() * (waits + sizeof(peer_life)) + s.validations.bytes(),
       b.validations * (waits + senders_max * sizeof(peer_life)) + b.validation_bytes},
      {"messages", s.cache.size() * cached + s.cache.bytes(),
       b.cache_messages * cached + b.cache_bytes},
      {"known ids", s.score.bytes_of_records(), s.score.bytes_of_records_max()},
      {"wishes", wishes * sizeof(wish), b.peers * b.peer_idontwant * sizeof(wish)},
      {"promises", s.promises.size() * sizeof(promise), b.peers * promises_max * sizeof(promise)},
      {"backoffs", s.backoffs.size() * (sizeof(peer_id) + sizeof(instant) + tree_node),
       b.backoffs * (sizeof(peer_id) + sizeof(instant) + tree_node)},
  };
}

} // namespace ainur::discovery::gossip
