// A gossip mesh in virtual time: honest nodes that publish and pass on, and attackers, over a
// seeded network. What must hold is checked: messages reach the honest, misbehaving peers end
// graylisted, and no table outgrows its bound.
//
// Honest nodes run `router`; their links keep order, as streams do. Attackers are models: each
// connects to some honest nodes, asks to be in their meshes and then does what its attack says.
// Signatures are made and checked for real, each message's once in the process. RPCs are shared
// between sender and receiver unless `encode` is set.
//
// The same options give the same run on every machine. Blocking; not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ainur/discovery/gossip/router.hpp"
#include "ainur/sim/network.hpp"

namespace ainur::discovery::gossip {

enum class attack : std::uint8_t {
  sybil_flood,      ///< many peers from few addresses crowd into the meshes and pass nothing on
  eclipse,          ///< all crowd around one honest node and pass nothing on
  cold_boot,        ///< there before the honest know each other; pass nothing on
  ihave_spam,       ///< tell of messages that do not exist
  iwant_spam,       ///< ask for the same messages again and again
  graft_flood,      ///< ask to be in the mesh every second
  invalid_messages, ///< badly signed ones, and well signed ones with bad content
  censor,           ///< in the mesh like anybody, and pass nothing on
  topic_flood,      ///< subscribe to ever more topics
  score_laundering, ///< behave until their score is high, then pass nothing on and send bad
                    ///< messages
  max_value = score_laundering,
};
inline constexpr std::size_t attacks_count = 10;
[[nodiscard]] std::string_view to_string(attack a) noexcept;

struct simulation_options {
  std::uint32_t nodes = 1'000;     ///< honest, 2 .. 100,000
  std::uint32_t attackers = 4'000; ///< at most 400,000
  std::vector<attack> attacks;     ///< each attacker draws one; none: attackers take no part
  std::uint64_t seed = 1;
  duration time{130'000'000}; ///< virtual; nothing is published in the last 8 s
  duration attack_begins{30'000'000};
  std::uint64_t rate_ppm = 4'000'000; ///< messages a second by all honest nodes, in millionths
  std::size_t message_bytes = 256;    ///< of data, at least 16
  std::uint32_t dials = 10;           ///< of an honest node, to honest ones
  std::uint32_t poisoned_dials = 10;  ///< of an honest node, to attackers that discovery gave it
  std::uint32_t attacker_dials = 20;  ///< of an attacker
  duration validation_time{2'000};
  sim::link_model link{.delay = sim::delay_model::uniform(duration{10'000}, duration{60'000}),
                       .in_order = true};
  bool encode = false; ///< every RPC is encoded, and decoded by its receiver
  router_options router;
};

/// A rule that did not hold.
struct violation {
  std::string rule; ///< "reach", "graylist", "memory"
  std::string what;
};

struct table_peak {
  std::string_view name;
  std::size_t bytes = 0;     ///< the most that any honest node used
  std::size_t bytes_max = 0; ///< its bound
};

struct simulation_report {
  std::uint64_t messages = 0;  ///< by honest nodes, without those of the last seconds
  std::uint64_t reached = 0;   ///< (message, honest node) pairs delivered, its publisher among them
  std::uint64_t reachable = 0; ///< of so many
  std::uint64_t messages_99 = 0;      ///< messages that reached at least 99 % of the honest nodes
  double worst_reach = 1;             ///< share of honest nodes that the worst message reached
  std::optional<double> victim_reach; ///< eclipse: share of messages that its victim got

  std::array<duration, 4> latency{}; ///< median, 95 %, 99 %, largest
  double duplicates = 0;             ///< copies more than needed, for each delivery

  double mesh_mean = 0; ///< honest nodes, at the end
  std::uint32_t mesh_min = 0;
  std::uint32_t mesh_max = 0;
  double mesh_attackers = 0; ///< share of the places

  /// Links on which an attacker broke rules for long enough to be found out, and those of them at
  /// whose honest end it is graylisted when the run ends.
  std::uint64_t harmful_links = 0;
  std::uint64_t graylisted_links = 0;
  std::array<duration, 3> graylisted_after{}; ///< since the attack began: first, median, last
  std::uint64_t honest_below_zero = 0;        ///< links between honest nodes with a negative score
  std::uint64_t honest_graylisted = 0;
  std::uint64_t honest_links = 0; ///< directed

  std::vector<table_peak> memory;
  router_counts counts; ///< of all honest nodes

  std::uint64_t rpcs = 0;       ///< handed to nodes, attackers included
  std::uint64_t copies = 0;     ///< of messages in them
  std::uint64_t bytes = 0;      ///< if encoded
  std::uint64_t signatures = 0; ///< checked
  std::uint64_t digest = 0;     ///< of everything that happened
  std::vector<violation> violations;
};

/// Errors: `bad_option` for options that cannot be.
[[nodiscard]] result<simulation_report> simulate(const simulation_options& options);

} // namespace ainur::discovery::gossip
