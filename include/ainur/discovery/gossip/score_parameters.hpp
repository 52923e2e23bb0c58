// The parameters of a peer's score in a gossip mesh (libp2p/specs, gossipsub-v1.1, Peer Scoring).
//
//   score = min(cap, sum over topics of weight (w1 P1 + w2 P2 + w3 P3 + w3b P3b + w4 P4))
//           + w5 P5 + w6 P6 + w7 P7
//
// P1 time in the mesh, P2 first deliveries, P3 squared lack of deliveries while in the mesh, P3b
// the same kept from earlier stays, P4 squared invalid messages, P5 what the application says, P6
// squared surplus of peers at one address, P7 squared misbehaviour above a threshold. A weight of 0
// turns its part off. Counters decay: at each tick they are multiplied by their factor, and are 0
// below `decay_to_zero`. Functions are pure and thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ainur/base/time.hpp"
#include "ainur/discovery/error.hpp"

namespace ainur::discovery::gossip {

struct topic_parameters {
  double topic_weight = 0; ///< at least 0

  double time_in_mesh_weight = 0; ///< P1, at least 0
  duration time_in_mesh_quantum{1'000};
  double time_in_mesh_cap = 0; ///< in quanta

  double first_message_deliveries_weight = 0; ///< P2, at least 0
  double first_message_deliveries_decay = 0;
  double first_message_deliveries_cap = 0;

  double mesh_message_deliveries_weight = 0; ///< P3, at most 0
  double mesh_message_deliveries_decay = 0;
  double mesh_message_deliveries_cap = 0;
  double mesh_message_deliveries_threshold = 0;
  /// A later copy counts if it comes within this time of the validation.
  duration mesh_message_deliveries_window{};
  duration mesh_message_deliveries_activation{}; ///< time in the mesh before P3 counts

  double mesh_failure_penalty_weight = 0; ///< P3b, at most 0
  double mesh_failure_penalty_decay = 0;

  double invalid_message_deliveries_weight = 0; ///< P4, at most 0
  double invalid_message_deliveries_decay = 0;
  friend bool operator==(const topic_parameters&, const topic_parameters&) = default;
};

struct score_parameters {
  double topic_score_cap = 0; ///< of the sum over topics; 0: none

  double app_specific_weight = 0; ///< P5

  double ip_colocation_factor_weight = 0;    ///< P6, at most 0
  double ip_colocation_factor_threshold = 1; ///< peers at one address that are no surplus
  std::vector<std::string> ip_colocation_factor_whitelist;

  double behaviour_penalty_weight = 0; ///< P7, at most 0
  double behaviour_penalty_threshold = 0;
  double behaviour_penalty_decay = 0;

  duration decay_interval{12'000'000};
  double decay_to_zero = 0.01;
  /// How long the score of a peer that left is kept, if it is not positive.
  duration retain_score{3'600'000'000};

  std::size_t records_max = 65'536; ///< messages that deliveries are counted of
  /// How long a message is known: later copies count as new ones.
  duration record_time{120'000'000};
  std::size_t retained_max = 4'096; ///< peers that left; beyond it the oldest are forgotten
  friend bool operator==(const score_parameters&, const score_parameters&) = default;
};

/// What a score allows; rising from `graylist` to `opportunistic_graft`.
struct score_thresholds {
  double graylist = -1'000; ///< below it nothing of a peer is read
  double publish = -500;    ///< below it own messages are not sent to it
  double gossip = -100;     ///< below it no gossip is sent to it or taken from it
  double accept_peer_exchange = 10;
  double opportunistic_graft = 1; ///< a mesh with a median below it takes better peers in
  friend bool operator==(const score_thresholds&, const score_thresholds&) = default;
};

// Errors: `bad_option`, naming the parameter and its range.
[[nodiscard]] result<void> check(const topic_parameters& p);
[[nodiscard]] result<void> check(const score_parameters& p);
[[nodiscard]] result<void> check(const score_thresholds& t);

/// The factor under which a counter of 1 falls to `decay_to_zero` in `over`: decay_to_zero to the
/// power of 1 / ticks, within 2^-31, the same on every machine. `over` is rounded down to whole
/// intervals, at least one.
[[nodiscard]] double decay_factor(duration over, duration interval, double decay_to_zero);

/// Parameters that all topics share where the sources leave them open; see docs/discovery.md.
[[nodiscard]] score_parameters default_score();

/// Parameters for calls for proposals, `ainur/cfp`: weights as published, the rest by the rate of
/// messages that the topic carries, in millionths a second, and the aimed size of a mesh. P3 counts
/// from one message a second on.
[[nodiscard]] topic_parameters cfp_topic(std::uint64_t rate_ppm, std::uint32_t mesh_size = 6);

} // namespace ainur::discovery::gossip
