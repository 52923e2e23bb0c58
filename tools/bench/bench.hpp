// The benchmarks of docs/performance.md. Each measures raw CAF in the same run, so that ratios can
// be compared between machines.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ainur/base/error.hpp"

namespace ainur::bench {

/// Whole tasks through a market, and through the same graph of actors with empty handlers.
struct pipeline_options {
  std::uint64_t tasks = 50'000;
  std::uint64_t warm_up = 5'000; ///< tasks before the clock starts
  std::uint32_t agents = 10'000;
  std::uint32_t asked = 8;
  std::uint32_t window = 4'000; ///< tasks under way at once
  std::uint32_t orchestrators = 2;
  std::uint32_t threads = 0; ///< 0: one a core
  std::string data;          ///< folder of the durable ledger; must not hold one
};

struct pipeline_figures {
  double tasks_per_second = 0;
  double cpu_us_per_task = 0;   ///< of all threads, user and system: for machines with other work
  double messages_per_task = 0; ///< of the empty graph; counted
};

/// Real clock, durable ledger. Errors: of the store; `base_errc::unsupported` if a task did not
/// complete or the money is not conserved, since the figure would then mean nothing.
[[nodiscard]] result<pipeline_figures> run_market(const pipeline_options& options);
/// Raw CAF: as many actors and messages a task.
[[nodiscard]] result<pipeline_figures> run_empty_graph(const pipeline_options& options);

/// What a population of idle actors takes.
struct population_figures {
  double seconds = 0;
  double bytes = 0; ///< resident, of one actor
};

/// Bare event-based actors, started lazily. For a process of its own.
[[nodiscard]] result<population_figures> spawn_bare(std::uint32_t count);
/// Agents of a market, each known to its guard and shard. For a process of its own.
[[nodiscard]] result<population_figures> spawn_agents(std::uint32_t count);

/// The ledger by itself, without actors, and raw LMDB.
struct ledger_options {
  std::uint64_t accounts = 1'000'000;
  std::uint64_t blocks = 60;
  std::size_t block_calls = 10'000;
  std::uint64_t opening_blocks = 10'000;
  std::size_t opening_block_calls = 10;
  std::string data; ///< folder for the stores
};

/// Each part fills its own figures; the others stay 0.
struct ledger_figures {
  double raw_lmdb_per_second = 0; ///< transfers as two read-modify-writes in every commit
  double durable_per_second = 0;
  double memory_per_second = 0;
  double lives_per_second = 0; ///< open, award, result, release; durable
  double unsigned_per_second = 0;
  double signed_per_second = 0;
  double open_seconds = 0;
  double trie_seconds = 0; ///< the first state hash
  double proof_make_ms = 0;
  double proof_check_ms = 0;
  double proof_bytes = 0; ///< of the largest
};

/// `part`: transfers, memory, lives, signed, open, proofs. Errors: of the store;
/// `base_errc::unsupported` if a call was refused or money is not conserved.
[[nodiscard]] result<ledger_figures> run_ledger(const ledger_options& options,
                                                const std::string& part);

/// Elections as a ledger holds them at the start of an era.
struct election_options {
  std::uint32_t voters = 22'500;
  std::uint32_t targets = 16; ///< of a voter
  std::uint32_t candidates = 1'000;
  std::uint32_t seats = 297;
  std::uint64_t seed = 1;
};

/// Of sequential Phragmén by `elect_phragmen`, of its definition carried out step by step, and of
/// phragmMS by `elect_phragmms`; of the certificate of the first.
struct election_figures {
  double phragmen_seconds = 0;
  double naive_seconds = 0;
  double phragmms_seconds = 0; ///< 0 unless asked for
  double certificate_seconds = 0;
  double block_seconds = 0; ///< the whole block of a ledger that turns such an era
};

/// Errors: `base_errc::unsupported` if the two do not elect the same, since the figures would then
/// mean nothing.
[[nodiscard]] result<election_figures> run_elections(const election_options& options,
                                                     bool phragmms);

/// Validators in one process, on the real clock with durable stores, and one ledger alone.
struct consensus_options {
  std::uint32_t validators = 4;
  std::uint64_t batches = 320;      ///< a multiple of 16, the number of senders
  std::size_t batch_calls = 1'000;  ///< transfers in a signed batch
  std::uint64_t single_calls = 200; ///< one at a time, at low load
  std::uint32_t accounts = 100'000;
  std::string data; ///< folder for the stores
};

struct consensus_figures {
  double alone_per_second = 0; ///< transfers through one ledger, durable
  double final_per_second = 0; ///< through the validators, final
  double alone_wait_ms = 0;    ///< median of single calls, submission to answer
  double finality_ms = 0;
  double commit_ms = 0; ///< median of a small durable commit
};

/// Errors: of the stores; `base_errc::unsupported` if a call was refused, money is not conserved or
/// the validators do not hold the same.
[[nodiscard]] result<consensus_figures> run_consensus(const consensus_options& options);
/// Blocks that so many simulated validators agree on in a second of wall time.
[[nodiscard]] result<double> run_many_validators(std::uint32_t validators, std::uint64_t heights);

/// A simulated network with its upkeep, and the routing table of one node in it.
struct dht_bench_options {
  std::uint32_t nodes = 1'000;
  std::uint32_t lookups = 1'000;
  std::uint64_t queries = 200'000; ///< of the routing table
  std::uint64_t seed = 1;
};

struct dht_figures {
  double lookups_per_second = 0;  ///< of wall time, with the upkeep of all nodes
  double messages_per_second = 0; ///< of the same
  double table_size = 0;
  double offers_per_second = 0;  ///< newcomers taken or refused
  double closest_per_second = 0; ///< the 20 nearest to a point
  double scan_per_second = 0;    ///< the same by sorting a list of the same peers
};

/// Errors: those of the simulation; `base_errc::unsupported` if table and list find other peers.
[[nodiscard]] result<dht_figures> run_dht(const dht_bench_options& options);

/// A gossip mesh without attackers, as `ainur sim gossip` runs it.
struct gossip_options {
  std::uint32_t nodes = 1'000;
  std::uint32_t seconds = 130;  ///< virtual
  std::uint32_t neighbours = 8; ///< of flooding: about as many as a mesh has
  std::uint64_t seed = 1;
};

/// All by wall time.
struct gossip_figures {
  double rpcs_per_second = 0;       ///< handed to nodes
  double copies_per_second = 0;     ///< of messages in them
  double deliveries_per_second = 0; ///< of messages new to their receiver
  double flood_per_second = 0;      ///< messages handed to nodes that only flood
};

/// Errors: `base_errc::unsupported` if a message did not reach everybody.
[[nodiscard]] result<gossip_figures> run_gossip(const gossip_options& options);

/// An instant in wall and processor time.
struct lap {
  std::chrono::steady_clock::time_point wall{};
  double cpu_us = 0; ///< of this process

  [[nodiscard]] static lap now();
};

/// Speed from one lap to the next.
[[nodiscard]] pipeline_figures figures_of(const lap& begin, const lap& end, std::uint64_t tasks);

/// The middle value, or the mean of the two. Zero of nothing.
[[nodiscard]] double median(std::vector<double> values);

} // namespace ainur::bench
