// The candidates of one capability and how they are numbered: a peer keeps its slot for good,
// present or not, so that what was learned about it waits for its return.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ainur/routing/router.hpp"

namespace ainur::routing {

using slot_index = std::uint32_t;

/// A set of slots with O(1) membership, insertion, removal and uniform sampling.
class slot_set {
public:
  [[nodiscard]] bool contains(slot_index slot) const {
    return slot < places_.size() && places_[slot] != absent;
  }

  /// In no particular but reproducible order.
  [[nodiscard]] std::span<const slot_index> items() const noexcept { return items_; }

  void set(slot_index slot, bool member) {
    if (member == contains(slot))
      return;
    if (member) {
      if (slot >= places_.size())
        places_.resize(slot + std::size_t{1}, absent);
      places_[slot] = static_cast<std::uint32_t>(items_.size());
      items_.push_back(slot);
      return;
    }
    const auto place = places_[slot];
    items_[place] = items_.back();
    places_[items_[place]] = place;
    items_.pop_back();
    places_[slot] = absent;
  }

private:
  static constexpr std::uint32_t absent = ~std::uint32_t{0};
  std::vector<slot_index> items_;
  std::vector<std::uint32_t> places_; // by slot: where it stands in items_
};

class candidate_list {
public:
  static constexpr slot_index none = ~slot_index{0};

  /// The slot of a peer, which is added if it was never here.
  slot_index intern(peer_index peer) {
    const auto [at, fresh] = slots_.try_emplace(peer, static_cast<slot_index>(peers_.size()));
    if (fresh)
      peers_.push_back(peer);
    return at->second;
  }

  /// `none` if the peer was never here.
  [[nodiscard]] slot_index find(peer_index peer) const {
    const auto at = slots_.find(peer);
    return at == slots_.end() ? none : at->second;
  }

  [[nodiscard]] peer_index peer(slot_index slot) const { return peers_[slot]; }

  [[nodiscard]] std::size_t slots() const noexcept { return peers_.size(); }

  [[nodiscard]] bool is_present(slot_index slot) const { return present_.contains(slot); }

  [[nodiscard]] std::span<const slot_index> present() const noexcept { return present_.items(); }

  void set_present(slot_index slot, bool present) { present_.set(slot, present); }

private:
  std::vector<peer_index> peers_; // by slot
  slot_set present_;
  std::unordered_map<peer_index, slot_index> slots_; // never iterated
};

/// Numbers names in the order of their first mention.
class name_table {
public:
  /// The number of a name, and whether it is new.
  std::pair<capability_index, bool> intern(std::string_view name) {
    if (const auto at = numbers_.find(name); at != numbers_.end())
      return {at->second, false};
    const auto number = static_cast<capability_index>(numbers_.size());
    numbers_.emplace(name, number);
    return {number, true};
  }

private:
  std::map<std::string, capability_index, std::less<>> numbers_;
};

/// Makes exactly `peers` present and calls `changed(slot, present)` for each change.
template <class Changed>
void assign_candidates(candidate_list& list, std::span<const peer_index> peers, Changed changed) {
  std::vector<bool> wanted(list.slots());
  for (const auto peer : peers) {
    const auto slot = list.intern(peer);
    if (slot >= wanted.size())
      wanted.resize(slot + std::size_t{1});
    wanted[slot] = true;
  }
  for (slot_index slot = 0; slot < list.slots(); ++slot) { // in the order of slots, not of `peers`
    if (wanted[slot] == list.is_present(slot))
      continue;
    list.set_present(slot, wanted[slot]);
    changed(slot, static_cast<bool>(wanted[slot]));
  }
}

} // namespace ainur::routing
