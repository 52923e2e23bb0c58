// A gossip mesh in virtual time, and plain flooding over the same queue and network.
#include <memory>

#include "ainur/discovery/gossip/simulation.hpp"
#include "ainur/sim/event_queue.hpp"
#include "bench.hpp"

namespace ainur::bench {

namespace {

using namespace discovery::gossip;

double seconds_since(const lap& begin) {
  return std::chrono::duration<double>(lap::now().wall - begin.wall).count();
}

/// Nodes that pass each message on to their neighbours once, and know nothing else.
class flood {
public:
  flood(const gossip_options& o, const simulation_options& like)
      : random_(rng{o.seed}.split("flood")), network_(random_.split("network"), like.link),
        queue_(random_.split("order")), neighbours_(o.nodes), seen_(o.nodes) {
    for (std::uint32_t n = 0; n < o.nodes; ++n)
      for (std::uint32_t i = 0; i < o.neighbours; ++i)
        neighbours_[n].push_back(static_cast<std::uint32_t>(random_.below(o.nodes)));
  }

  /// How many messages were handed to a node.
  std::uint64_t run(std::uint64_t messages) {
    std::uint64_t handed = 0;
    for (std::uint64_t number = 0; number < messages; ++number) {
      now_ += duration{250'000};
      const auto by = static_cast<std::uint32_t>(random_.below(neighbours_.size()));
      take(by, std::make_shared<const message>(message{{}, number, "ainur/cfp", bytes(256), {}}));
      while (auto next = queue_.pop_due(now_ + duration{250'000})) {
        ++handed;
        now_ = next->at;
        take(next->what.to, next->what.what);
      }
    }
    return handed;
  }

private:
  struct arrival {
    std::uint32_t to = 0;
    message_ptr what;
  };

  void take(std::uint32_t n, const message_ptr& m) {
    auto& seen = seen_[n];
    if (seen.size() <= m->seqno)
      seen.resize(m->seqno + 1);
    if (seen[m->seqno])
      return;
    seen[m->seqno] = true;
    for (const auto to : neighbours_[n])
      for (const auto delay : network_.send(n, to, now_))
        queue_.push(now_ + delay, {to, m});
  }

  rng random_;
  sim::network network_;
  sim::event_queue<arrival> queue_;
  std::vector<std::vector<std::uint32_t>> neighbours_;
  std::vector<std::vector<bool>> seen_;
  instant now_{};
};

} // namespace

result<gossip_figures> run_gossip(const gossip_options& options) {
  simulation_options o;
  o.nodes = options.nodes;
  o.seed = options.seed;
  o.time = std::chrono::seconds{options.seconds};
  o.attack_begins = {};
  gossip_figures out;
  auto begin = lap::now();
  const auto report = simulate(o);
  if (!report)
    return fail(report.error());
  const auto gossip_seconds = seconds_since(begin);
  if (report->reached != report->reachable)
    return fail(base_errc::unsupported, "not every message reached everybody");
  out.rpcs_per_second = static_cast<double>(report->rpcs) / gossip_seconds;
  out.copies_per_second = static_cast<double>(report->copies) / gossip_seconds;
  out.deliveries_per_second = static_cast<double>(report->reached) / gossip_seconds;
  flood reference{options, o};
  begin = lap::now();
  const auto handed = reference.run(report->messages);
  out.flood_per_second = static_cast<double>(handed) / seconds_since(begin);
  return out;
}

} // namespace ainur::bench
