// Who offers what, as a server keeps it for others: provider records, which expire.
//
// A record says that a peer offers a key; only the peer itself may say so (the caller checks that
// the sender is the provider). All tables are bounded. When the list of a key is full, a newcomer
// takes the place of the oldest record of the IP group that would hold most of it, so that a flood
// from few networks displaces itself. A value; not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "ainur/base/rng.hpp"
#include "ainur/base/time.hpp"
#include "ainur/discovery/kademlia/contact.hpp"

namespace ainur::discovery::kademlia {

struct provider_options {
  duration validity = std::chrono::hours{48};
  std::size_t key_records_max = 64;
  std::size_t peer_records_max = 1'000; ///< keys of one provider
  std::size_t records_max = 100'000;
};

class provider_store {
public:
  explicit provider_store(const provider_options& options) : options_(options) {}

  /// Takes a record, or renews one. False if it is refused for a bound.
  bool add(const key& at, const contact& provider, instant now);
  /// Up to `count` providers whose records are valid; of more, a random choice.
  [[nodiscard]] std::vector<contact> find(const key& at, std::size_t count, instant now,
                                          rng& random) const;
  /// Drops what has expired.
  void expire(instant now);

  /// When the next record expires; `instant::max()` without any.
  [[nodiscard]] instant next_expiry() const noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return by_age_.size(); }

private:
  struct record {
    contact provider;
    instant until{};
  };

  struct age {
    instant until{};
    key at;
    peer_id provider;
    friend auto operator<=>(const age&, const age&) = default;
  };

  [[nodiscard]] static std::size_t to_displace(const std::vector<record>& records,
                                               const contact& newcomer);
  void drop(const key& at, std::vector<record>& records, std::size_t index);

  provider_options options_;
  std::map<key, std::vector<record>> by_key_;
  std::map<peer_id, std::size_t> by_peer_; // how many
  std::set<age> by_age_;
};

} // namespace ainur::discovery::kademlia
