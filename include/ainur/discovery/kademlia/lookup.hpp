// An iterative lookup: whom to ask next on the way to a point, until the k nearest peers seen have
// answered (Maymounkov and Mazières 2002, 2.3; libp2p/specs, kad-dht, "Peer routing").
//
// The lookup begins with peers of the own table, asks at most α at a time, and learns nearer peers
// from the answers. Against peers that answer in bad faith:
//
// - *Disjoint paths* (S/Kademlia, Baumgart and Mies 2007, 4.4): the first peers are dealt out to d
//   paths, each has its own list, and no peer is asked on two of them, so that one that leads
//   astray spoils one path.
// - *Groups*: of the k nearest that must answer, at most a few may be of one IP group.
// - *Credit*: when several of the peers that somebody named do not answer, the others that only he
//   named are asked no more.
//
// It is told about answers and failures; what it wants asked, `next` says. Bounded in candidates
// and requests. A value; not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "ainur/base/ids.hpp"
#include "ainur/discovery/kademlia/contact.hpp"

namespace ainur::discovery::kademlia {

struct lookup_options {
  std::size_t k = 20;
  std::size_t alpha = 10;         ///< requests at a time, all paths together; at least one a path
  std::size_t paths = 2;          ///< d, at least 1
  std::size_t group_max = 3;      ///< of one IP group among the k nearest; 0: any number
  std::size_t referrals_max = 20; ///< peers taken from one answer: its first
  std::size_t credit = 4;         ///< failures among those whom one peer named; 0: never counted
  std::size_t requests_max = 200;
  std::size_t candidates_max = 1'000;
};

class lookup {
public:
  /// `seeds` are the nearest that are known, nearest first; `self` is never asked.
  lookup(const key& target, const peer_id& self, const lookup_options& options,
         std::span<const contact> seeds);

  /// Peers to ask now. Each comes once; its answer or failure must be told.
  [[nodiscard]] std::vector<contact> next();
  /// A peer that was to be asked has answered with these. Others are ignored.
  void answered(const peer_id& from, std::span<const contact> closer);
  void failed(const peer_id& peer);

  /// Nothing is on its way and nobody left to be asked.
  [[nodiscard]] bool finished() const noexcept;

  /// Those who answered, nearest first, of each IP group only so many: at most `count`.
  [[nodiscard]] std::vector<contact> closest(std::size_t count) const;
  /// The same without regard to groups.
  [[nodiscard]] std::vector<contact> all_answered() const;
  /// The contact of a peer if anybody named it.
  [[nodiscard]] const contact* find(const peer_id& peer) const noexcept;
  [[nodiscard]] bool has_answered(const peer_id& peer) const noexcept;

  [[nodiscard]] std::size_t requests() const noexcept { return requests_; }

  /// Steps from the own table to the farthest of those who answered and count as nearest.
  [[nodiscard]] std::uint32_t hops() const;

private:
  enum class state : std::uint8_t { fresh, waiting, answered, failed };
  using index = std::uint32_t;
  static constexpr index nobody = ~index{0};

  struct candidate {
    contact who;
    key distance;
    state is = state::fresh;
    std::uint8_t path = 0;  ///< on which it was asked
    bool confirmed = false; ///< known before, or named by two
    index named_by = nobody;
    std::uint32_t hop = 0;
    std::uint32_t lost_credit = 0; ///< failures among those whom it named
  };

  struct path {
    std::vector<index> nearest; ///< by distance
    std::size_t waiting = 0;
  };

  index intern(const contact& who, index named_by);
  void insert(path& p, index i);
  [[nodiscard]] bool doubted(const candidate& c) const noexcept;
  [[nodiscard]] index next_on(const path& p) const;

  key target_;
  peer_id self_;
  lookup_options options_;
  std::vector<candidate> candidates_;
  std::unordered_map<peer_id, index> numbers_; // never iterated
  std::vector<path> paths_;
  std::size_t requests_ = 0;
  std::size_t waiting_ = 0;
};

} // namespace ainur::discovery::kademlia
