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
using shared_message = std::shared_ptr<const message>;

/// What survives a crash.
struct disk {
  position at;
  std::vector<persist> records;
  std::deque<certified_block> blocks;  ///< the newest, of rising heights without a gap
  header last;                         ///< of the newest block, though it may not be kept
  std::optional<snapshot_offer> offer; ///< of the newest checkpoint that the next block proves
};

struct node {
  account_id id;
  byte_array<32> seed{};
  std::vector<behaviour> misdeeds; ///< empty: honest

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

  [[nodiscard]] crypto::secret_key key() const {
    return crypto::secret_key::from_seed(crypto::seed{seed});
  }

  [[nodiscard]] bool honest() const noexcept { return misdeeds.empty(); }

  [[nodiscard]] bool does(behaviour b) const noexcept {
    return std::find(misdeeds.begin(), misdeeds.end(), b) != misdeeds.end();
  }
};

/// What it has seen in all its lives.
[[nodiscard]] replica_counts sum_of(const node& n);

/// One message to one node, later by `hold` than it would be.
struct parcel {
  node_index to = 0;
  shared_message what;
  duration hold{};
};

} // namespace ainur::consensus::simulation
