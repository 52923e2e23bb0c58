// A node's part in the distributed hash table: it answers others, finds peers and providers, tells
// who offers what, and keeps its table fresh.
//
//   heard(...)       a peer was identified; only servers enter the table
//   answer(...)      another node's request; what to send back
//   answered(...)    the answer to a request of this node; `failed(...)` if there is none
//   tick(...)        it is the time that `next_wake` asked for; early calls do no harm
//   find_peer(...), find_closest(...), provide(...), find_providers(...)
//
// Each returns requests to send and what has come to its end. A request that is neither answered
// nor failed in `query_timeout` counts as failed. Messages travel in libp2p's form (message.hpp);
// an exchange is one stream, whose other end the transport has authenticated.
//
// Where a key is kept: at the k peers nearest to it. If those stand too close for the size of the
// network, as they do when somebody made up ids around the key, the peers of the whole region are
// found by lookups beside the key, and are told and asked as well (after the
// region-based queries of Sridhar et al., "Content Censorship in the InterPlanetary File System",
// NDSS 2024). Pure; not thread-safe; every table and list is bounded.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "ainur/base/fields.hpp"
#include "ainur/base/rng.hpp"
#include "ainur/base/time.hpp"
#include "ainur/discovery/kademlia/lookup.hpp"
#include "ainur/discovery/kademlia/message.hpp"
#include "ainur/discovery/kademlia/network_size.hpp"
#include "ainur/discovery/kademlia/provider_store.hpp"
#include "ainur/discovery/kademlia/routing_table.hpp"

namespace ainur::discovery::kademlia {

struct dht_options {
  table_options table;
  lookup_options lookups;
  provider_options providers;
  bool server = true; ///< false: asks, but answers nobody and is in no table
  duration query_timeout = std::chrono::seconds{10};
  duration bootstrap_interval = std::chrono::minutes{10}; ///< up to a tenth less, by draw
  duration silence_max = std::chrono::minutes{30};        ///< then a peer of the table is pinged
  std::size_t pings_max = 20;                             ///< at each bootstrap
  /// Own records are told again after this time; sooner, but not before `republish_min`, while
  /// their keepers change quickly.
  duration republish_max = std::chrono::hours{22};
  duration republish_min = std::chrono::hours{1};
  bool region_checks = true;
  std::size_t region_max = 40;     ///< peers of a region besides the k nearest
  std::size_t operations_max = 64; ///< that the user began and that have not ended
  std::size_t provided_max = 1'000;
  std::size_t answer_providers_max = 20; ///< in one answer, told and taken
  std::size_t found_providers_max = 256;
};

using exchange_id = std::uint64_t;
using operation_id = std::uint64_t;

/// Send this. Its answer, or that there is none, is told by the number.
struct request {
  exchange_id exchange = 0;
  contact to;
  message what;
  bool expects_answer = true; ///< false: nothing must be told
};

enum class operation_kind : std::uint8_t { find_peer, find_closest, provide, find_providers };

struct found_provider {
  contact who;
  std::uint32_t named_by = 0; ///< peers
};

/// What an operation came to.
struct outcome {
  operation_id operation = 0;
  operation_kind kind = operation_kind::find_closest;
  bytes name;                            ///< the key that was looked for
  std::optional<contact> peer;           ///< of find_peer: it answered itself
  std::vector<contact> closest;          ///< nearest first; of provide: those who were told
  std::vector<found_provider> providers; ///< by how many named them
  bool crowded = false;                  ///< the region was searched as well
  std::size_t requests = 0;
  std::uint32_t hops = 0;
  duration took{};
};

struct step {
  std::vector<request> requests;
  std::vector<outcome> outcomes;
};

struct started {
  operation_id operation = 0;
  step first;
};

struct dht_counts {
  std::uint64_t requests = 0; ///< sent
  std::uint64_t failures = 0; ///< of them
  std::uint64_t answered = 0; ///< of others
  std::uint64_t refused = 0;
  std::uint64_t republished = 0;
  AINUR_FIELDS(dht_counts, requests, failures, answered, refused, republished)
};

class dht {
public:
  /// `self` holds the addresses that others are told. `entries` are asked when nobody is known.
  dht(const contact& self, const dht_options& options, std::vector<contact> entries, rng random);
  ~dht();
  dht(dht&&) noexcept;
  dht& operator=(dht&&) noexcept;

  /// Begins with a lookup of the own point and three random walks.
  [[nodiscard]] step start(instant now);

  void heard(const contact& who, bool server, instant now);
  /// Nothing: end the stream without an answer; that is right for add_provider, and refuses
  /// others.
  [[nodiscard]] std::optional<message> answer(const contact& from, const message& asked,
                                              instant now);
  [[nodiscard]] step answered(exchange_id exchange, const message& answer, instant now);
  [[nodiscard]] step failed(exchange_id exchange, instant now);
  [[nodiscard]] step tick(instant now);
  [[nodiscard]] instant next_wake() const noexcept;

  /// Errors of all: `too_large` for a key or too many at once.
  [[nodiscard]] result<started> find_peer(const peer_id& peer, instant now);
  [[nodiscard]] result<started> find_closest(bytes name, instant now);
  /// Tells the keepers of the key that this node offers it, now and again until `withdraw`.
  [[nodiscard]] result<started> provide(bytes name, instant now);
  [[nodiscard]] result<started> find_providers(bytes name, instant now);
  /// Stops telling; the records expire. False if it was not provided.
  bool withdraw(const bytes& name);

  [[nodiscard]] const routing_table& table() const noexcept;
  [[nodiscard]] const provider_store& records() const noexcept;
  [[nodiscard]] std::optional<double> network_estimate() const;
  [[nodiscard]] const dht_counts& counts() const noexcept;
  [[nodiscard]] const contact& self() const noexcept;

private:
  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace ainur::discovery::kademlia
