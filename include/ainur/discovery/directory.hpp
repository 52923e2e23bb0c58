// The directory of one shard: which agents offer which capability, and under which guard they are
// reached. Orchestrators hold snapshots of one capability at a time, by version; a snapshot is an
// immutable value and may be shared between threads. The directory itself is not thread-safe.
//
// An agent keeps its index for as long as the directory lives, also while it is away, so routers
// may learn by index. About 120 bytes an agent.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"

namespace ainur::discovery {

/// Where an agent is reached: the guard of its group, and its place there.
struct address {
  std::uint32_t guard = 0;
  std::uint32_t slot = 0;
  AINUR_FIELDS(address, guard, slot)
};

/// One agent as others see it.
struct listing {
  account_id agent;
  account_id controller;
  address at;
  std::uint32_t index = 0; ///< the directory's number for the agent
  std::uint16_t reputation = 0;
  bool bonded = false;
  bool present = false; ///< false while its guard is down
  AINUR_FIELDS(listing, agent, controller, at, index, reputation, bonded, present)
};

/// All present agents of one capability at one version, by ascending index.
struct snapshot {
  std::string capability;
  std::uint64_t version = 0;
  std::vector<listing> agents;
  std::uint32_t life = 0; ///< of the directory; numbers of another life name other agents

  /// The listing of an index, or null.
  [[nodiscard]] const listing* find(std::uint32_t index) const noexcept;
};

using snapshot_ptr = std::shared_ptr<const snapshot>;

class directory {
public:
  /// `life` counts how often the directory was made anew; a later life's versions are newer.
  explicit directory(std::uint32_t life = 0) noexcept : life_(life) {}

  /// Lists an agent under its capabilities, or brings its listing up to date. Returns its index.
  std::uint32_t add(const account_id& agent, const account_id& controller, address at,
                    const std::vector<std::string>& capabilities);
  /// Takes all agents of a guard off the list (its group is down).
  void remove_guard(std::uint32_t guard);
  void remove(const account_id& agent);
  /// New standing of an agent; false if it was never listed. Snapshots are made anew only when the
  /// standing crosses a hundred, so that every outcome does not cost a copy of the list.
  bool update(const account_id& agent, std::uint16_t reputation, bool bonded);

  /// The present agents of a capability. The same pointer until something of it changes; version 0
  /// for one that nobody ever offered.
  [[nodiscard]] snapshot_ptr find(const std::string& capability);
  /// Capabilities changed since the last call, each once, in the order of their first listing.
  [[nodiscard]] std::vector<std::string> take_changed();
  /// Null if the agent was never listed. Valid until the next call of `add`.
  [[nodiscard]] const listing* lookup(const account_id& agent) const noexcept;

  /// How many agents are present.
  [[nodiscard]] std::size_t size() const noexcept { return present_; }

private:
  struct partition {
    std::string name;
    std::vector<std::uint32_t> members; // ascending once sorted; never shrinks
    bool sorted = true;
    std::uint64_t version = 0;
    snapshot_ptr current; // empty when stale
  };

  [[nodiscard]] std::uint32_t* probe(const account_id& agent) noexcept;
  void grow();
  static void tidy(partition& part);
  void leave_guard(std::uint32_t index);
  std::uint32_t intern_set(const std::vector<std::string>& capabilities);
  void touch(std::uint32_t index);
  void set_present(std::uint32_t index, bool present);

  static constexpr std::uint32_t empty = ~std::uint32_t{0};
  std::vector<listing> listings_;
  std::vector<std::uint32_t> set_of_;  // the capability set of each listing
  std::vector<std::uint32_t> buckets_; // open addressing over listings_, never more than half full
  std::map<std::vector<std::uint32_t>, std::uint32_t> set_numbers_;
  std::vector<std::vector<std::uint32_t>> sets_; // capability numbers of each set
  std::map<std::string, std::uint32_t> numbers_;
  std::vector<partition> partitions_;
  std::set<std::uint32_t> changed_;
  std::map<std::uint32_t, std::vector<std::uint32_t>> by_guard_;
  std::size_t present_ = 0;
  std::uint32_t life_ = 0;
};

} // namespace ainur::discovery
