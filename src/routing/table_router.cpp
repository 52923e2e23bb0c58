// Routers with a table of one learned estimate for each destination and neighbour.
#include "ainur/routing/learned_estimate.hpp"
#include "packet_routers.hpp"

namespace ainur::routing {

namespace {

learning_rule rule_of(algorithm a) noexcept {
  switch (a) {
  case algorithm::cq:
  case algorithm::cdrq:
    return learning_rule::cq;
  case algorithm::predictive:
    return learning_rule::predictive;
  case algorithm::count:
    return learning_rule::count;
  default:
    return learning_rule::q;
  }
}

class table_router final : public packet_router {
public:
  table_router(algorithm a, const topology& net, node_index self,
               const packet_router_options& options)
      : self_(self), ports_(net, self), table_(net.size() * ports_.size()) {
    learning_.rule = rule_of(a);
    learning_.eta = options.eta;
    learning_.lambda = options.lambda;
  }

  void begin_step(std::uint64_t now, std::size_t /*queue*/) override { now_ = now; }

  void set_link(port_index port, bool up) override { ports_.set(port, up); }

  void choose(node_index destination, port_index /*from*/, rng& random,
              std::vector<port_index>& out) override {
    least_of least{random};
    for (port_index p = 0; p < ports_.size(); ++p)
      if (ports_.is_up(p))
        least.offer(p, entry(destination, p).expected(learning_, now_));
    out.clear();
    if (least.port() != no_port)
      out.push_back(least.port());
  }

  telling tell(port_index /*port*/, node_index destination) override {
    if (destination == self_)
      return {};
    const learned_estimate* best = nullptr;
    for (port_index p = 0; p < ports_.size(); ++p)
      if (const auto& e = entry(destination, p); ports_.is_up(p) && (!best || e.q < best->q))
        best = &e;
    if (best == nullptr)
      return {};
    return {.estimate = best->q,
            .confidence = learning_.rule == learning_rule::cq ? best->trust(learning_, now_) : 1};
  }

  void learn(port_index port, node_index destination, double spent, const telling& word) override {
    if (destination != self_)
      entry(destination, port).update(learning_, spent + word.estimate, word.confidence, now_);
  }

private:
  learned_estimate& entry(node_index destination, port_index port) {
    return table_[std::size_t{destination} * ports_.size() + port];
  }

  node_index self_;
  port_list ports_;
  learning_options learning_;
  std::vector<learned_estimate> table_;
  std::uint64_t now_ = 0;
};

} // namespace

std::unique_ptr<packet_router> make_table_router(algorithm a, const topology& net, node_index self,
                                                 const packet_router_options& options) {
  return std::make_unique<table_router>(a, net, self, options);
}

} // namespace ainur::routing
