// How many peers a network has, from how close the nearest ones to random points are.
//
// With n peers spread evenly, the i-th nearest to a point is about i/(n + 1) of the space away;
// the least-squares line through the k nearest of a lookup gives n, and the median over the last
// lookups stands (as go-libp2p-kad-dht/netsize does with a mean). Whoever wants to falsify it must
// crowd around points that only this node drew. Arithmetic is + − × ÷ on doubles. A value; not
// thread-safe.
#pragma once

#include <deque>
#include <optional>
#include <span>

#include "ainur/discovery/kademlia/contact.hpp"

namespace ainur::discovery::kademlia {

class network_size {
public:
  static constexpr std::size_t lookups_kept = 3;
  static constexpr std::size_t lookups_needed = 2;
  static constexpr std::size_t peers_needed = 5;

  /// The peers nearest to a random point, nearest first, as a lookup found them. Fewer than
  /// `peers_needed` are ignored.
  void add(const key& target, std::span<const contact> nearest);

  /// Nothing before `lookups_needed` lookups.
  [[nodiscard]] std::optional<double> estimate() const;

private:
  std::deque<double> estimates_;
};

/// What the surroundings of a point look like for a network of so many peers.
struct region {
  /// The longest prefix that about k or more peers share with the point.
  int prefix = 0;
  /// The k nearest are more than twice as close as they should be: whoever has them all may have
  /// chosen their ids to keep others from the point. By chance one point in 300.
  bool crowded = false;
};

/// `nearest`: the k nearest to `target`, nearest first; fewer are never crowded.
[[nodiscard]] region region_around(const key& target, std::span<const contact> nearest,
                                   std::size_t k, double network);

} // namespace ainur::discovery::kademlia
