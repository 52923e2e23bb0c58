// Routers of packets: one stands at each node of a network, chooses the neighbour to which a packet
// goes on, and learns from what neighbours tell it. No router sees more than its own queue, the
// packets that pass, and words of neighbours that travel with packets and their answers.
//
// With Q_x(d, y) the time that node x expects a packet to d to take by way of neighbour y, w_x the
// time that it waited in x's queue and 1 step for the link:
//
//   q           Q_x(d, y) += η (w_x + 1 + min_z Q_y(d, z) − Q_x(d, y)); Boyan & Littman, NIPS 1993
//   full_echo   the same, for all neighbours before each choice (the original program's default)
//   cq          with a confidence in each Q; Kumar & Miikkulainen 1998
//   dual        q, and each packet teaches its receiver the way back to its origin
//   cdrq        cq, both ways
//   predictive  remembers the best and how fast a way recovers; Choi & Yeung, NIPS 1996
//   count       η falls with the number of updates; kept to be compared
//   vector      packets and answers carry their sender's estimates for all destinations and its
//               queue: a distance-vector protocol whose distances are delays; ours
//   shortest    knows the shortest ways of the uncut network; queues do not matter to it
//   random      any neighbour
//   broadcast   every neighbour but the one from which the packet came; nodes drop repetitions
//
// Only + − × ÷ on doubles, so that runs are the same on every machine. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ainur/base/rng.hpp"
#include "ainur/routing/topology.hpp"

namespace ainur::routing {

enum class algorithm : std::uint8_t {
  q,
  full_echo,
  cq,
  dual,
  cdrq,
  predictive,
  count,
  vector,
  shortest,
  random,
  broadcast,
  max_value = broadcast,
};
inline constexpr std::size_t algorithms_count = static_cast<std::size_t>(algorithm::max_value) + 1;
[[nodiscard]] std::string_view to_string(algorithm a) noexcept;
[[nodiscard]] std::optional<algorithm> algorithm_from_text(std::string_view name) noexcept;

using port_index = std::uint32_t; ///< place of a neighbour in `topology::neighbours`
inline constexpr port_index no_port = ~port_index{0};

/// What a node tells a neighbour with a packet or in answer to one.
struct telling {
  double estimate = 0;         ///< steps to the destination in question, least over its ports
  double confidence = 1;       ///< in that, 0 .. 1
  double queue = 0;            ///< packets waiting there
  double queue_mean = 0;       ///< the same, smoothed
  std::span<const double> row; ///< estimates for every destination; empty if it tells of one only
};

/// Which words an algorithm exchanges.
struct exchange {
  bool asks_all = false;    ///< every neighbour tells its estimate before a choice
  bool answers = false;     ///< the receiver of a packet tells its sender
  bool comes_along = false; ///< the sender of a packet tells its receiver
  bool whole_rows = false;  ///< words carry all destinations
};

[[nodiscard]] exchange exchange_of(algorithm a) noexcept;

class packet_router {
public:
  virtual ~packet_router() = default;

  /// Once a step, before anything else in it; `queue` packets wait at this node.
  virtual void begin_step(std::uint64_t now, std::size_t queue) = 0;
  /// A link went down or came up again.
  virtual void set_link(port_index port, bool up) = 0;
  /// Replaces `out` by the ports to which a packet goes: one, none if no link is up, several for
  /// `broadcast`. `from` is where it came in, `no_port` if here.
  virtual void choose(node_index destination, port_index from, rng& random,
                      std::vector<port_index>& out) = 0;
  /// What the neighbour at `port` is told about a destination. Valid until the next call.
  [[nodiscard]] virtual telling tell(port_index port, node_index destination) = 0;
  /// Learns a word of the neighbour at `port` about a destination; `spent` is the time waited here
  /// and on the link.
  virtual void learn(port_index port, node_index destination, double spent,
                     const telling& word) = 0;
};

struct packet_router_options {
  double eta = 0.7;     ///< learning rate of `q`, `full_echo`, `dual`; α₀ of `count`
  double lambda = 0.95; ///< decay of confidences per step, of `cq` and `cdrq`
};

/// The router of one node. `net` must outlive it.
[[nodiscard]] std::unique_ptr<packet_router>
make_packet_router(algorithm a, const topology& net, node_index self,
                   const packet_router_options& options = {});

} // namespace ainur::routing
