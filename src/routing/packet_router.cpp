#include "ainur/routing/packet_router.hpp"

#include <algorithm>
#include <array>

#include "packet_routers.hpp"

namespace ainur::routing {

namespace {

constexpr std::array<std::string_view, algorithms_count> names{
    "q",     "full_echo", "cq",       "dual",   "cdrq",     "predictive",
    "count", "vector",    "shortest", "random", "broadcast"};

/// Learns nothing.
class fixed_router : public packet_router {
public:
  fixed_router(const topology& net, node_index self) : ports_(net, self) {}

  void begin_step(std::uint64_t /*now*/, std::size_t /*queue*/) override {}

  void set_link(port_index port, bool up) override { ports_.set(port, up); }

  telling tell(port_index /*port*/, node_index /*destination*/) override { return {}; }

  void learn(port_index /*port*/, node_index /*destination*/, double /*spent*/,
             const telling& /*word*/) override {}

protected:
  port_list ports_;
};

class shortest_router final : public fixed_router {
public:
  shortest_router(const topology& net, node_index self) : fixed_router(net, self) {
    for (port_index p = 0; p < ports_.size(); ++p)
      distances_.push_back(distances_from(net, ports_.neighbour(p)));
  }

  void choose(node_index destination, port_index /*from*/, rng& random,
              std::vector<port_index>& out) override {
    least_of least{random};
    for (port_index p = 0; p < ports_.size(); ++p)
      if (ports_.is_up(p))
        least.offer(p, distances_[p][destination]);
    out.clear();
    if (least.port() != no_port)
      out.push_back(least.port());
  }

private:
  std::vector<std::vector<std::uint32_t>> distances_; // by port
};

class random_router final : public fixed_router {
public:
  using fixed_router::fixed_router;

  void choose(node_index destination, port_index /*from*/, rng& random,
              std::vector<port_index>& out) override {
    least_of least{random};
    for (port_index p = 0; p < ports_.size(); ++p)
      if (ports_.is_up(p))
        least.offer(p, ports_.neighbour(p) == destination ? 0 : 1);
    out.clear();
    if (least.port() != no_port)
      out.push_back(least.port());
  }
};

class broadcast_router final : public fixed_router {
public:
  using fixed_router::fixed_router;

  void choose(node_index /*destination*/, port_index from, rng& /*random*/,
              std::vector<port_index>& out) override {
    out.clear();
    for (port_index p = 0; p < ports_.size(); ++p)
      if (ports_.is_up(p) && p != from)
        out.push_back(p);
  }
};

} // namespace

std::string_view to_string(algorithm a) noexcept {
  return names[static_cast<std::size_t>(a)];
}

std::optional<algorithm> algorithm_from_text(std::string_view name) noexcept {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    return std::nullopt;
  return static_cast<algorithm>(found - names.begin());
}

exchange exchange_of(algorithm a) noexcept {
  switch (a) {
  case algorithm::full_echo:
    return {.asks_all = true};
  case algorithm::q:
  case algorithm::cq:
  case algorithm::predictive:
  case algorithm::count:
    return {.answers = true};
  case algorithm::dual:
  case algorithm::cdrq:
    return {.answers = true, .comes_along = true};
  case algorithm::vector:
    return {.answers = true, .comes_along = true, .whole_rows = true};
  case algorithm::shortest:
  case algorithm::random:
  case algorithm::broadcast:
    return {};
  }
  return {};
}

std::unique_ptr<packet_router> make_packet_router(algorithm a, const topology& net, node_index self,
                                                  const packet_router_options& options) {
  switch (a) {
  case algorithm::vector:
    return make_vector_router(net, self);
  case algorithm::shortest:
    return std::make_unique<shortest_router>(net, self);
  case algorithm::random:
    return std::make_unique<random_router>(net, self);
  case algorithm::broadcast:
    return std::make_unique<broadcast_router>(net, self);
  default:
    return make_table_router(a, net, self, options);
  }
}

} // namespace ainur::routing
