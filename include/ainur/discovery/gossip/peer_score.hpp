// What a node thinks of its peers in a gossip mesh: counters a peer and topic, and the score that
// follows from them (libp2p/specs, gossipsub-v1.1, Peer Scoring; score_parameters.hpp).
//
// It is told what happens: who came and left, who is in the mesh, who brought which message and
// what validation said of it. It also remembers which messages are known at all, so that the
// second copy of a message is found to be one. It decides nothing.
//
// Peers go by slot numbers that `add_peer` gives; a slot is given again once its peer has left and
// nothing of it is kept. Topics go by numbers, too. Slots and topics that there are not, are bugs
// of the caller. Bounds: `records_max` messages and `retained_max` peers that left; what the
// caller adds is the caller's to bound. Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ainur/base/rng.hpp"
#include "ainur/discovery/gossip/message.hpp"
#include "ainur/discovery/gossip/score_parameters.hpp"

namespace ainur::discovery::gossip {

using peer_slot = std::uint32_t;
using scored_topic = std::uint32_t;
/// Deliveries in a topic without parameters are recorded, and count for nobody.
inline constexpr scored_topic unscored = ~scored_topic{0};

/// Why a message was not taken.
enum class rejection : std::uint8_t {
  missing_signature,     ///< penalised at once, and the message not remembered: it may be forged
  invalid_signature,     ///< likewise
  unexpected_signature,  ///< likewise
  unexpected_auth_info,  ///< likewise
  self_origin,           ///< likewise: it claims to be from this very node
  blacklisted_peer,      ///< of no effect
  blacklisted_source,    ///< of no effect
  validation_queue_full, ///< of no effect
  validation_throttled,  ///< nobody is penalised
  validation_ignored,    ///< nobody is penalised
  validation_failed,     ///< all who brought it are penalised
  max_value = validation_failed,
};

/// The counters of a peer in a topic.
struct topic_counters {
  bool in_mesh = false;
  bool mesh_deliveries_active = false; ///< in the mesh for longer than the activation
  instant graft_time{};
  duration mesh_time{}; ///< as of the last tick
  double first_message_deliveries = 0;
  double mesh_message_deliveries = 0;
  double mesh_failure_penalty = 0;
  double invalid_message_deliveries = 0;
};

class peer_score {
public:
  /// `hash_key` keeps those who choose message ids from choosing collisions.
  explicit peer_score(score_parameters parameters, std::uint64_t hash_key = 0);
  ~peer_score();
  peer_score(peer_score&&) noexcept;
  peer_score& operator=(peer_score&&) noexcept;

  /// Sets a topic's parameters, and cuts first and mesh deliveries to caps that shrank.
  scored_topic set_topic(std::string_view name, const topic_parameters& p);
  [[nodiscard]] scored_topic find_topic(std::string_view name) const noexcept;

  /// A peer connects; one that is remembered has its counters.
  [[nodiscard]] peer_slot add_peer(const peer_id& peer);
  /// It disconnects: a positive score is forgotten, another kept for `retain_score`, undecayed,
  /// with first deliveries at 0 and a lack of mesh deliveries as failure.
  void remove_peer(peer_slot peer, instant now);
  /// The addresses that it is connected from, at most 8; for IPv6 also their /64.
  void set_addresses(peer_slot peer, std::span<const std::string> addresses);
  /// P5.
  void set_application_score(peer_slot peer, double score);
  /// P7: misbehaved so many times.
  void add_penalty(peer_slot peer, std::uint32_t count = 1);

  void graft(peer_slot peer, scored_topic topic, instant now);
  void prune(peer_slot peer, scored_topic topic);

  // A message from its first copy on. Each is told once of an id, `duplicate` for every later copy.
  /// Validation begins.
  void validate(scored_topic topic, const message_id& id, instant now);
  /// It is good; `from` brought it first, nobody for one's own.
  void deliver(std::optional<peer_slot> from, scored_topic topic, const message_id& id,
               instant now);
  void reject(peer_slot from, scored_topic topic, const message_id& id, rejection why, instant now);
  void duplicate(peer_slot from, scored_topic topic, const message_id& id, instant now);
  /// True from `validate`, `deliver` or `reject` (but for reasons that are not remembered) until
  /// `record_time` has passed.
  [[nodiscard]] bool knows(const message_id& id) const noexcept;
  /// Forgets all messages.
  void clear_records();

  /// A tick: counters decay, times in the mesh are brought up to date, what is old is forgotten.
  void refresh(instant now);

  [[nodiscard]] double score(peer_slot peer) const noexcept;
  /// Null if nothing was counted of it.
  [[nodiscard]] const topic_counters* counters(peer_slot peer, scored_topic topic) const noexcept;

  [[nodiscard]] const score_parameters& parameters() const noexcept;
  /// Messages known, and peers kept that left.
  [[nodiscard]] std::size_t records() const noexcept;
  [[nodiscard]] std::size_t retained() const noexcept;
  /// What a peer takes at most, what the messages known take and can come to.
  [[nodiscard]] std::size_t bytes_of_peer() const noexcept;
  [[nodiscard]] std::size_t bytes_of_records() const noexcept;
  [[nodiscard]] std::size_t bytes_of_records_max() const noexcept;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace ainur::discovery::gossip
