// The consensus core in virtual time: a set of replicas over a seeded network, with faults and
// byzantine validators drawn from the seed, and every rule that must hold checked at every step.
//
// A run has two phases. In the first anything may fail: validators crash and come back, the network
// cuts, loses, repeats and reorders, disks are slow, clocks are off. Then the faults end, the
// byzantine fall silent, and the honest must decide every further height within a bound. The blocks
// hold nothing but a number, and the ledger is a hash: what is tried is agreement.
//
// The same options give the same run on every machine. Blocking; not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ainur/base/error.hpp"
#include "ainur/base/time.hpp"
#include "ainur/consensus/accountability.hpp"
#include "ainur/consensus/misdeeds.hpp"
#include "ainur/sim/network.hpp"

namespace ainur::consensus {

/// What the world does to everybody.
enum class disturbance : std::uint8_t {
  crash,     ///< between any two effects, and back again later
  partition, ///< cuts, one way or both
  loss,      ///< loss, duplication and reordering
  skew,      ///< a clock is off, by more than the precision
  slow_disk, ///< what is persisted takes long
  max_value = slow_disk,
};
inline constexpr std::size_t disturbances_count = 5;
[[nodiscard]] std::string_view to_string(disturbance d) noexcept;

struct simulation_options {
  std::uint32_t validators = 4;      ///< 1 .. 1,000
  std::uint32_t byzantine = 0;       ///< of them, fewer than all
  std::vector<behaviour> behaviours; ///< each byzantine one draws one or two of these
  std::vector<disturbance> disturbances;
  std::uint64_t heights = 20;
  std::uint64_t seed = 1;
  bool unequal_weights = false;  ///< 1 to 10, the byzantine still below a third if they can be
  std::uint64_t era_heights = 0; ///< the set changes after so many heights; 0: never
  /// A validator keeps so many blocks, its newest checkpoint for who lacks more, and all blocks
  /// after that; 0: all blocks.
  std::size_t keep_blocks = 0;
  sim::delay_model delay = sim::delay_model::uniform(duration{1'000}, duration{20'000});
  std::size_t trace_max = 0; ///< messages kept for a diagram: the last so many
  /// The last validator crashes just before so many of its effects; nothing: it does not.
  std::optional<std::uint64_t> crash_before;
};

/// A rule that did not hold.
struct violation {
  std::string rule; ///< "agreement", "one statement a step", "accused", "halt", "liveness"
  std::string what;
  instant at{};
};

/// One message on its way, or something that befell a validator.
struct trace_entry {
  instant sent{};
  instant arrived{}; ///< the same as `sent` for what befalls one validator
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::string what; ///< "prevote 3/0 a1b2", "crash", "commit 4 a1b2"
};

struct simulation_report {
  std::uint64_t blocks = 0;        ///< the height that all honest validators reached
  std::uint64_t rounds = 0;        ///< begun, by the honest validator that began most
  std::uint64_t messages = 0;      ///< sent
  std::uint64_t signatures = 0;    ///< computed to check what arrived: once for all receivers
  std::uint64_t equivocations = 0; ///< byzantine validators that an honest one accused
  std::uint64_t fetched = 0;       ///< blocks that came certified to who had missed them
  std::uint64_t restored = 0;      ///< snapshots taken by who was too far behind for blocks
  std::uint64_t refused = 0;       ///< messages that the honest dropped as bad
  std::array<std::uint64_t, disturbances_count> disturbances{}; ///< how many of each
  std::array<std::uint64_t, behaviours_count> misdeeds{};       ///< how many acts of each
  duration time{};                                              ///< virtual
  std::uint64_t digest = 0;                                     ///< of everything that happened
  std::vector<violation> violations;
  std::vector<offence> culprits; ///< after a disagreement
  bool culprits_suffice = false; ///< they hold more than a third of the weight
  std::vector<trace_entry> trace;
  std::vector<std::string> lanes; ///< names of the validators in the trace: "2 twin", "5"
};

/// Errors: `base_errc::out_of_range` for options that cannot be.
[[nodiscard]] result<simulation_report> simulate(const simulation_options& options);

} // namespace ainur::consensus
