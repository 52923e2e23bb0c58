// The vector router: with every packet and every answer a node tells its estimates for all
// destinations and how many packets wait at it.
//
// Each node keeps its neighbours' last words. Its own estimate for a destination d is, over its
// ports p but the one towards whom it tells,
//
//   row(d) = min_p (1 + far_weight · mean queue of p + p's row(d))
//
// with smoothed queues, since what waits there now will have moved on before a packet from afar
// comes. A packet is sent where 1 + near_weight · queue + row(d) is least, with the queue as last
// heard, which fades to the mean as the word ages. Queues weigh more than their wait: a packet
// that joins a queue delays those behind it too, and at equal delays the emptier way is worth
// keeping open (the marginal delay of Gallager 1977).
#include <algorithm>

#include "ainur/routing/update_rules.hpp"
#include "packet_routers.hpp"

namespace ainur::routing {

namespace {

constexpr double queue_rate = 0.01; // how fast the smoothed queue follows
constexpr double word_fade = 0.95;  // per step, of what is left of a word's queue
constexpr double far_weight = 3;
constexpr double near_weight = 2;
constexpr double far_away = 1e9;

class vector_router final : public packet_router {
public:
  vector_router(const topology& net, node_index self)
      : self_(self), ports_(net, self), heard_(ports_.size()), row_(net.size()) {
    for (auto& h : heard_)
      h.row.assign(net.size(), 0);
  }

  void begin_step(std::uint64_t now, std::size_t queue) override {
    now_ = now;
    queue_ = static_cast<double>(queue);
    queue_mean_ += queue_rate * (queue_ - queue_mean_);
  }

  void set_link(port_index port, bool up) override { ports_.set(port, up); }

  void choose(node_index destination, port_index /*from*/, rng& random,
              std::vector<port_index>& out) override {
    least_of least{random};
    for (port_index p = 0; p < ports_.size(); ++p)
      if (ports_.is_up(p))
        least.offer(p, ports_.neighbour(p) == destination ? 0 : near_cost(p, destination));
    out.clear();
    if (least.port() != no_port)
      out.push_back(least.port());
  }

  telling tell(port_index port, node_index destination) override {
    for (node_index d = 0; d < row_.size(); ++d)
      row_[d] = d == self_ ? 0 : row(d, port);
    return {.estimate = row_[destination], .queue = queue_, .queue_mean = queue_mean_, .row = row_};
  }

  void learn(port_index port, node_index /*destination*/, double /*spent*/,
             const telling& word) override {
    auto& h = heard_[port];
    std::copy(word.row.begin(), word.row.end(), h.row.begin());
    h.queue = word.queue;
    h.queue_mean = word.queue_mean;
    h.at = now_;
  }

private:
  struct heard {
    std::vector<double> row;
    double queue = 0;
    double queue_mean = 0;
    std::uint64_t at = 0;
  };

  [[nodiscard]] double near_cost(port_index port, node_index destination) const {
    const auto& h = heard_[port];
    const auto left = cq_decay(1, word_fade, now_ - h.at);
    return 1 + near_weight * (left * h.queue + (1 - left) * h.queue_mean) + h.row[destination];
  }

  [[nodiscard]] double row(node_index destination, port_index except) const {
    auto least = far_away;
    for (port_index p = 0; p < ports_.size(); ++p) {
      if (p == except || !ports_.is_up(p))
        continue;
      if (ports_.neighbour(p) == destination)
        return 1;
      const auto& h = heard_[p];
      least = std::min(least, 1 + far_weight * h.queue_mean + h.row[destination]);
    }
    return least;
  }

  node_index self_;
  port_list ports_;
  std::vector<heard> heard_; // by port
  std::vector<double> row_;  // what was told last
  double queue_ = 0;
  double queue_mean_ = 0;
  std::uint64_t now_ = 0;
};

} // namespace

std::unique_ptr<packet_router> make_vector_router(const topology& net, node_index self) {
  return std::make_unique<vector_router>(net, self);
}

} // namespace ainur::routing
