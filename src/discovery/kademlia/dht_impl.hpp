// The inside of a `dht`: one operation is a lookup and what follows from it.
#pragma once

#include "ainur/discovery/kademlia/dht.hpp"

namespace ainur::discovery::kademlia {

/// A peer's name as a key: its multihash.
[[nodiscard]] inline bytes name_of(const peer_id& peer) {
  const auto form = to_multihash(peer);
  return {form.begin(), form.end()};
}

class dht::impl {
public:
  impl(const contact& self, const dht_options& options, std::vector<contact> entries, rng random);

  /// What an operation is for. Those of the node itself have no outcome.
  enum class purpose : std::uint8_t { asked_for, own_point, walk, republish };

  /// The stages: the lookup, then perhaps lookups beside the key, then single requests.
  enum class stage : std::uint8_t { lookup, flanks, direct };

  struct operation {
    operation_kind kind = operation_kind::find_closest;
    purpose why = purpose::asked_for;
    stage at = stage::lookup;
    bytes name;
    key target;
    std::optional<peer_id> sought;
    bool reached = false; // the sought, when it was asked again
    instant began{};
    lookup main;
    std::optional<lookup> flank;
    bytes flank_name;
    region around;
    int flanks_done = 0;
    std::vector<contact> beside; // of the region, found by lookups beside the key
    std::vector<found_provider> providers;
    std::size_t waiting = 0; // for single requests
    std::size_t requests = 0;
  };

  struct pending {
    operation_id operation = 0; // 0: a ping
    contact to;
    instant deadline{};
  };

  /// As the vectors' own; g++ 12 warns of that one without cause.
  struct name_order {
    bool operator()(const bytes& a, const bytes& b) const noexcept {
      return std::ranges::lexicographical_compare(a, b, [](int x, int y) { return x < y; });
    }
  };

  struct provided {
    instant due{};
    duration interval{};
    std::vector<peer_id> keepers; // of the last time
    bool under_way = false;
  };

  step start(instant now);
  void heard(const contact& who, bool server, instant now);
  std::optional<message> answer(const contact& from, const message& asked, instant now);
  step answered(exchange_id exchange, const message& answer, instant now);
  step failed(exchange_id exchange, instant now);
  step tick(instant now);
  [[nodiscard]] instant next_wake() const noexcept;
  result<started> begin_asked(operation_kind kind, bytes name, std::optional<peer_id> sought,
                              instant now);
  result<started> provide(bytes name, instant now);

  operation_id begin(operation_kind kind, purpose why, bytes name, std::optional<peer_id> sought,
                     instant now, step& out);
  void advance(operation_id id, instant now, step& out);
  bool carry_on(operation_id id, operation& o, lookup& l, const bytes& name, message_type type,
                instant now, step& out);
  bool ask_again(operation_id id, operation& o, instant now, step& out);
  void leave_lookup(operation& o);
  void begin_flank(operation& o);
  void leave_flank(operation& o);
  void ask_directly(operation_id id, operation& o, instant now, step& out);
  void finish(operation_id id, operation& o, instant now, step& out);
  void tell_keepers(const operation& o, const std::vector<contact>& keepers, instant now,
                    step& out);
  void take_providers(operation& o, const message& m);
  void ended_own(const operation& o, instant now, step& out);
  std::optional<pending> take_exchange(exchange_id exchange);
  void no_answer(const pending& p, instant now, step& out);
  void bootstrap(instant now, step& out);
  void walk(instant now, step& out);
  void republish_due(instant now, step& out);
  exchange_id send(operation_id id, const contact& to, message what, instant now, step& out);
  std::vector<contact> seeds(const key& target) const;
  duration jittered(duration d);

  contact self;
  dht_options options;
  std::vector<contact> entries;
  rng random;
  routing_table table;
  provider_store records;
  network_size size;
  dht_counts counts;
  std::map<operation_id, operation> operations;
  std::map<exchange_id, pending> exchanges; // by age, so by deadline
  std::map<bytes, provided, name_order> provides;
  std::vector<instant> walked; // when each bucket was last refreshed
  instant bootstrap_due = instant::max();
  instant republish_next = instant::max(); // the earliest due of `provides`
  operation_id next_operation = 1;
  exchange_id next_exchange = 1;
  std::size_t asked_for = 0;   // operations of the user's
  std::size_t first_walks = 3; // when a node begins
  bool own_point_next = true;
};

} // namespace ainur::discovery::kademlia
