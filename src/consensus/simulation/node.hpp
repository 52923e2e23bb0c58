// One validator of a simulated world: its replica, what is on its disk, and what is wrong with it.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <vector>

#include "ainur/base/rng.hpp"
#include "ainur/consensus/replica.hpp"
#include "ainur/consensus/simulation.hpp"
#include "ainur/crypto/keys.hpp"

namespace ainur::consensus::simulation {

using sim::node_index;

/// What survives a crash.
struct disk {
  position at;
  std::vector<persist> records;
  std::deque<certified_block> blocks;  ///< the newest, of rising heights without a gap
  header last;                         ///< of the newest block, though it may not be kept
  std::optional<snapshot_offer> offer; ///< of the newest checkpoint that the next block proves
  std::vector<handover> handovers;     ///< of all heights
};

struct node : liar {
  std::unique_ptr<replica> core; ///< nothing while it is down
  simulation::disk disk;
  std::deque<effect> pending; ///< not carried out yet
  bool writing = false;       ///< a persist is on its way to the disk
  std::uint64_t generation = 0;
  instant wake_at = instant::max();

  duration skew{};
  duration disk_delay{};
  replica_counts before; ///< of earlier lives
  std::uint64_t blocks_made = 0;
  std::uint64_t effects_done = 0;
};

/// What it has seen in all its lives.
[[nodiscard]] replica_counts sum_of(const node& n);

} // namespace ainur::consensus::simulation
