// The network experiment of Boyan & Littman (NIPS 1993) and its successors: packets cross a network
// whose nodes serve one packet a step, and what is measured is how long they take.
//
// In each step, in this order: changes take place; packets are injected at random sources to random
// other destinations (their number is Poisson); every node in turn sends the packet that waited
// longest to a neighbour of its router's choice, and words are exchanged. A link takes one step; a
// packet is delivered when it reaches its destination, without service there. A packet that finds a
// full queue is lost. A node without a link that is up keeps its packets.
//
// The same options give the same run on every machine, and runs with the same seed inject the same
// packets under every algorithm. Pure; thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "ainur/base/ids.hpp"
#include "ainur/routing/packet_router.hpp"

namespace ainur::routing {

struct experiment_options {
  algorithm router = algorithm::vector;
  packet_router_options learning;
  std::uint64_t load_ppm = 2'500'000; ///< packets injected per step, in millionths
  std::uint64_t steps = 20'000;       ///< at most `steps_max`
  std::uint64_t seed = 1;
  std::uint32_t queue_max = 1'000;     ///< packets that wait at a node, at least 1
  std::vector<network_change> changes; ///< by step; beside those of the network
};

inline constexpr std::uint64_t steps_max = 1'000'000;

struct experiment_report {
  // By step: packets delivered, their delivery times added up, packets in the network, and packets
  // lost to full queues.
  std::vector<std::uint32_t> delivered;
  std::vector<std::uint64_t> time;
  std::vector<std::uint32_t> waiting;
  std::vector<std::uint32_t> lost;

  std::uint64_t injected = 0;
  std::uint64_t sent = 0; ///< packets over links
  std::uint64_t told = 0; ///< estimates that nodes told each other
  hash256 digest;         ///< of what was delivered when
};

/// Errors: `bad_option`, `too_large`.
[[nodiscard]] result<experiment_report> run_experiment(const topology& net,
                                                       const experiment_options& options);

} // namespace ainur::routing
