// The kinds of packet routers, made by `make_packet_router`.
#pragma once

#include "ainur/routing/packet_router.hpp"

namespace ainur::routing {

/// Picks the least of some costs, each of equals with the same chance.
class least_of {
public:
  explicit least_of(rng& random) noexcept : random_(random) {}

  void offer(port_index port, double cost) noexcept {
    if (port_ != no_port && cost > cost_)
      return;
    ties_ = port_ == no_port || cost < cost_ ? 1 : ties_ + 1;
    if (ties_ == 1 || random_.below(ties_) == 0)
      port_ = port;
    cost_ = cost;
  }

  /// `no_port` if none was offered.
  [[nodiscard]] port_index port() const noexcept { return port_; }

private:
  rng& random_;
  port_index port_ = no_port;
  double cost_ = 0;
  std::uint64_t ties_ = 0;
};

/// The ports of one node, and which of them are down.
class port_list {
public:
  port_list(const topology& net, node_index self)
      : neighbours_(net.neighbours[self]), up_(neighbours_.size(), true) {}

  [[nodiscard]] port_index size() const noexcept {
    return static_cast<port_index>(neighbours_.size());
  }

  [[nodiscard]] node_index neighbour(port_index port) const { return neighbours_[port]; }

  [[nodiscard]] bool is_up(port_index port) const { return up_[port]; }

  void set(port_index port, bool up) { up_[port] = up; }

private:
  const std::vector<node_index>& neighbours_;
  std::vector<bool> up_;
};

[[nodiscard]] std::unique_ptr<packet_router>
make_table_router(algorithm a, const topology& net, node_index self,
                  const packet_router_options& options);
[[nodiscard]] std::unique_ptr<packet_router> make_vector_router(const topology& net,
                                                                node_index self);

} // namespace ainur::routing
