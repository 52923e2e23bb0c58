// The distributed hash table in virtual time: nodes that come and go, some of them adversaries,
// and lookups whose success is counted.
//
// All nodes join one after another through a few honest entries. Then honest nodes leave without a
// word at the given rate, and others take their place; providers announce, tell their records
// again, and are looked for. An adversary never leaves. One honest node in ten is a client. The
// same options give the same run on every machine. Blocking; not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ainur/discovery/kademlia/dht.hpp"
#include "ainur/sim/network.hpp"

namespace ainur::discovery::kademlia {

/// What an adversary does. All know each other.
enum class misdeed : std::uint8_t {
  drop,  ///< answers pings, and one lookup in four
  stray, ///< names the nearest adversaries only, and forgets records
  lie,   ///< the same, and names providers that do not exist
  ghost, ///< names peers near the key that do not exist
  sybil, ///< has made up its id to be near a key, and strays
  max_value = sybil,
};
inline constexpr std::size_t misdeeds_count = 5;
[[nodiscard]] std::string_view to_string(misdeed m) noexcept;

struct simulation_options {
  std::uint32_t nodes = 5'000;       ///< 32 .. 100,000
  std::uint32_t lookups = 1'000;     ///< half for peers, half for providers; 1 .. 1,000,000
  std::uint32_t churn_ppm = 100'000; ///< share of the honest that leave in an hour, .. 10,000,000
  std::uint32_t adversary_ppm = 0;   ///< share of the nodes, .. 900,000
  std::vector<misdeed> misdeeds{misdeed::drop, misdeed::stray, misdeed::lie, misdeed::ghost,
                                misdeed::sybil}; ///< dealt out in turn
  std::uint32_t adversary_groups = 0;    ///< IP groups that they share; 0: spread as the honest are
  duration time = std::chrono::hours{1}; ///< over which lookups are spread, after 45 min
  std::uint64_t seed = 1;
  dht_options node;
  /// Between any two; one message in a thousand is lost.
  sim::link_model link{.delay = sim::delay_model::uniform(duration{20'000}, duration{150'000}),
                       .loss_ppm = 1'000};
};

/// Of values, by rank.
struct percentiles {
  std::uint64_t p50 = 0;
  std::uint64_t p90 = 0;
  std::uint64_t p99 = 0;
  std::uint64_t max = 0;
  AINUR_FIELDS(percentiles, p50, p90, p99, max)
};

[[nodiscard]] percentiles percentiles_of(std::vector<std::uint64_t> values);

struct tally {
  std::uint64_t asked = 0;
  std::uint64_t found = 0;
  AINUR_FIELDS(tally, asked, found)
};

struct simulation_report {
  tally peers;              ///< found: the peer itself answered
  tally providers;          ///< found: one that lives is among the first 20
  tally attacked;           ///< of the providers: of keys that sybils stand around
  std::uint64_t voided = 0; ///< what was sought left meanwhile; in no tally
  percentiles hops;
  percentiles requests; ///< of a lookup
  percentiles time_ms;
  std::uint64_t messages = 0; ///< of all nodes
  std::uint64_t joined = 0;
  std::uint64_t left = 0;
  std::uint64_t republished = 0;
  std::uint64_t records = 0;             ///< kept at the end
  std::uint64_t table_mean = 0;          ///< peers in a server's table at the end
  std::uint64_t table_dead_ppm = 0;      ///< of them, who are not there
  std::uint64_t table_adversary_ppm = 0; ///< of them, adversaries
  std::uint64_t estimate_median = 0;     ///< of the servers in the network, as the nodes see it
  std::uint64_t servers = 0;
  std::uint64_t crowded = 0; ///< lookups that searched the region
  duration time{};
  std::string digest; ///< of all that happened

  [[nodiscard]] std::uint64_t success_ppm() const noexcept {
    const auto asked = peers.asked + providers.asked;
    return asked == 0 ? 0 : (peers.found + providers.found) * 1'000'000 / asked;
  }
};

/// Errors: `bad_option`, naming the one that is out of its range.
[[nodiscard]] result<simulation_report> simulate(const simulation_options& options);

} // namespace ainur::discovery::kademlia
