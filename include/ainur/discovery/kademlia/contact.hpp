// A peer and where it is reached, as tables, lookups and messages pass it around: an immutable
// value, cheap to copy, which knows its point in the key space and its groups of networks.
// Thread-safe as a value.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "ainur/base/ids.hpp"
#include "ainur/discovery/address.hpp"
#include "ainur/discovery/kademlia/key.hpp"

namespace ainur::discovery::kademlia {

class contact {
public:
  static constexpr std::size_t addresses_max = 8;
  static constexpr std::size_t groups_max = 4;

  /// Addresses beyond the bound are left out.
  contact(const peer_id& peer, std::vector<multiaddr> addresses);

  [[nodiscard]] const peer_id& peer() const noexcept { return data_->peer; }

  [[nodiscard]] const std::vector<multiaddr>& addresses() const noexcept {
    return data_->addresses;
  }

  /// Its point.
  [[nodiscard]] const key& at() const noexcept { return data_->at; }

  /// The groups of its addresses, each once. A peer without addresses is in the group of those
  /// without an IP.
  [[nodiscard]] std::span<const ip_group> groups() const noexcept {
    return {data_->groups.data(), data_->groups_count};
  }

  /// It claims more groups than `groups_max`: nobody can say where it is, and no table takes it.
  [[nodiscard]] bool claims_too_much() const noexcept { return data_->too_many; }

  /// Same peer and addresses.
  friend bool operator==(const contact& a, const contact& b) noexcept {
    return a.data_ == b.data_ || (a.peer() == b.peer() && a.addresses() == b.addresses());
  }

private:
  struct data {
    peer_id peer;
    key at;
    std::vector<multiaddr> addresses;
    std::array<ip_group, groups_max> groups{};
    std::uint8_t groups_count = 0;
    bool too_many = false;
  };

  std::shared_ptr<const data> data_;
};

/// How many peers of each group are in a set, up to a limit.
class group_count {
public:
  /// `limit` 0 admits everybody.
  explicit group_count(std::size_t limit = 0) noexcept : limit_(limit) {}

  [[nodiscard]] bool has_room(const contact& who) const noexcept {
    return limit_ == 0 ||
           (!who.claims_too_much() && std::ranges::all_of(who.groups(), [this](const auto& g) {
             const auto at = find(g);
             return at == counts_.end() || at->of != g || at->count < limit_;
           }));
  }

  void add(const contact& who);
  void remove(const contact& who) noexcept;

  /// Counts it if there is room.
  bool admit(const contact& who) {
    if (!has_room(who))
      return false;
    add(who);
    return true;
  }

private:
  struct entry {
    ip_group of;
    std::uint32_t count = 0;
  };

  [[nodiscard]] std::vector<entry>::const_iterator find(const ip_group& g) const noexcept {
    return std::ranges::lower_bound(counts_, g, {}, &entry::of);
  }

  std::size_t limit_;
  std::vector<entry> counts_; // by group
};

} // namespace ainur::discovery::kademlia
