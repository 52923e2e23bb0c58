// The peers that a node knows: many near its own point, few far away.
//
// As in libp2p (go-libp2p-kbucket), the table begins with one bucket and splits its last one when
// that is full: bucket i holds peers that share exactly i first bits with the owner's point, the
// last one all that share more. Peers that answer keep their place, however old (Maymounkov and
// Mazières 2002, 2.2); one that failed to answer is no longer told to others, gives way to the next
// newcomer, and leaves at its second failure in a row. At most a few peers of one IP group are
// taken (go-libp2p-kad-dht: 3, and 2 of one common prefix length).
//
// Only servers belong here. A value; not thread-safe; at most 256 · `bucket_size` peers.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ainur/base/time.hpp"
#include "ainur/discovery/kademlia/contact.hpp"

namespace ainur::discovery::kademlia {

struct table_options {
  std::size_t bucket_size = 20;     ///< k
  std::size_t group_max = 3;        ///< peers of one IP group in the table; 0: any number
  std::size_t group_prefix_max = 2; ///< of one common prefix length; 0: any number
  std::uint32_t failures_max = 2;   ///< in a row, then the peer leaves
};

struct table_entry {
  contact who;
  instant heard{};            ///< when it last answered or asked
  std::uint32_t failures = 0; ///< requests in a row that it did not answer
};

class routing_table {
public:
  enum class addition : std::uint8_t {
    added,
    known,      ///< and heard from now; a changed contact replaces the old one if its groups allow
    full,       ///< all of its bucket answer
    group_full, ///< enough of its IP group are here
    self,
  };

  routing_table(const peer_id& self, const table_options& options);

  /// A server was heard from.
  addition add(const contact& who, instant now);
  /// A peer answered. False if it is not in the table.
  bool heard(const contact& who, instant now);
  /// A peer did not answer. True if it left the table.
  bool failed(const contact& who);
  bool remove(const contact& who);

  /// The `count` peers nearest to a point, nearest first, without `except`; of those who failed
  /// only as many as it takes.
  [[nodiscard]] std::vector<contact> closest(const key& target, std::size_t count,
                                             const peer_id* except = nullptr) const;
  /// Up to `count` peers not heard from since `before`, longest silent first.
  [[nodiscard]] std::vector<contact> silent(instant before, std::size_t count) const;

  [[nodiscard]] const table_entry* find(const contact& who) const noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  [[nodiscard]] const std::vector<std::vector<table_entry>>& buckets() const noexcept {
    return buckets_;
  }

  [[nodiscard]] const key& at() const noexcept { return at_; }

private:
  using bucket = std::vector<table_entry>;

  [[nodiscard]] std::size_t bucket_of(const key& point) const noexcept;
  [[nodiscard]] table_entry* entry_of(const contact& who) noexcept;
  [[nodiscard]] group_count& prefix_groups(const key& point);
  [[nodiscard]] bool has_room_for_group(const contact& who);
  addition update(table_entry& e, const contact& who, instant now);
  void put(bucket& b, const contact& who, instant now);
  void take(bucket& b, std::size_t index);
  void split_last();

  peer_id self_;
  key at_;
  table_options options_;
  std::vector<bucket> buckets_{1};
  group_count groups_;
  std::vector<group_count> prefix_groups_; // by common prefix length
  std::size_t size_ = 0;
};

} // namespace ainur::discovery::kademlia
