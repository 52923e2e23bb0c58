#include "ainur/routing/experiment.hpp"

#include <algorithm>
#include <deque>

#include "ainur/base/assert.hpp"
#include "ainur/crypto/hash.hpp"

namespace ainur::routing {

namespace {

/// Under `broadcast`: where copies of one packet have been.
struct flood {
  std::vector<bool> seen;
  std::uint32_t copies = 0;
};

using flood_index = std::uint32_t;
constexpr flood_index no_flood = ~flood_index{0};

struct packet {
  node_index source = 0;
  node_index destination = 0;
  std::uint64_t born = 0;
  std::uint64_t queued = 0;
  port_index from = no_port;
  flood_index copies = no_flood;
};

/// Places for the floods under way, used again.
class flood_table {
public:
  explicit flood_table(std::size_t nodes) : nodes_(nodes) {}

  flood_index begin() {
    flood_index at = 0;
    if (free_.empty()) {
      at = static_cast<flood_index>(floods_.size());
      floods_.emplace_back();
    } else {
      at = free_.back();
      free_.pop_back();
    }
    floods_[at].seen.assign(nodes_, false);
    floods_[at].copies = 1;
    return at;
  }

  flood& operator[](flood_index at) { return floods_[at]; }

  void drop(flood_index at) {
    if (--floods_[at].copies == 0)
      free_.push_back(at);
  }

private:
  std::size_t nodes_;
  std::vector<flood> floods_;
  std::vector<flood_index> free_;
};

class experiment {
public:
  experiment(const topology& net, const experiment_options& options)
      : net_(net), options_(options), words_(exchange_of(options.router)),
        arrivals_(rng{options.seed}.split("arrivals")),
        choices_(rng{options.seed}.split("choices")), load_ppm_(options.load_ppm),
        changes_(net.changes), queues_(net.size()), floods_(net.size()) {
    changes_.insert(changes_.end(), options.changes.begin(), options.changes.end());
    std::stable_sort(changes_.begin(), changes_.end(),
                     [](const auto& a, const auto& b) { return a.step < b.step; });
    for (node_index n = 0; n < net.size(); ++n) {
      routers_.push_back(make_packet_router(options.router, net, n, options.learning));
      auto& back = back_.emplace_back();
      for (const auto to : net.neighbours[n])
        back.push_back(port_to(to, n));
    }
  }

  experiment_report run() {
    const auto steps = options_.steps;
    report_.delivered.resize(steps);
    report_.time.resize(steps);
    report_.waiting.resize(steps);
    report_.lost.resize(steps);
    for (now_ = 0; now_ < steps; ++now_) {
      while (next_change_ < changes_.size() && changes_[next_change_].step <= now_)
        std::visit([this](const auto& what) { change(what); }, changes_[next_change_++].what);
      for (node_index n = 0; n < net_.size(); ++n)
        routers_[n]->begin_step(now_, queues_[n].size());
      inject();
      for (node_index n = 0; n < net_.size(); ++n)
        serve(n);
      arrive();
      report_.waiting[now_] = static_cast<std::uint32_t>(in_network_);
    }
    finish();
    return std::move(report_);
  }

private:
  struct in_flight {
    packet what;
    node_index to;
  };

  [[nodiscard]] port_index port_to(node_index at, node_index neighbour) const {
    const auto& all = net_.neighbours[at];
    const auto found = std::lower_bound(all.begin(), all.end(), neighbour);
    AINUR_ASSERT(found != all.end() && *found == neighbour);
    return static_cast<port_index>(found - all.begin());
  }

  void set_link(const link_ends& link, bool up) {
    routers_[link.first]->set_link(port_to(link.first, link.second), up);
    routers_[link.second]->set_link(port_to(link.second, link.first), up);
  }

  void change(const cut_link& c) { set_link(c.link, false); }

  void change(const restore_link& c) { set_link(c.link, true); }

  void change(const set_load& c) { load_ppm_ = c.load_ppm; }

  void change(const move_traffic& c) { traffic_ = c; }

  node_index draw(const std::vector<node_index>& from) {
    return from.empty() ? static_cast<node_index>(arrivals_.below(net_.size()))
                        : from[arrivals_.below(from.size())];
  }

  void inject() {
    const auto count = sample_poisson(arrivals_, load_ppm_);
    for (std::uint64_t i = 0; i < count; ++i) {
      packet p{.source = draw(traffic_.sources), .born = now_};
      do
        p.destination = draw(traffic_.destinations);
      while (p.destination == p.source && !is_sole(traffic_.destinations, p.source));
      if (p.destination == p.source)
        continue; // the only destination is the source: nothing to carry
      ++report_.injected;
      if (options_.router == algorithm::broadcast) {
        p.copies = floods_.begin();
        floods_[p.copies].seen[p.source] = true;
      }
      ++in_network_;
      enqueue(p.source, p, now_);
    }
  }

  static bool is_sole(const std::vector<node_index>& nodes, node_index only) {
    return !nodes.empty() &&
           std::all_of(nodes.begin(), nodes.end(), [&](auto n) { return n == only; });
  }

  void enqueue(node_index at, packet p, std::uint64_t when) {
    if (queues_[at].size() >= options_.queue_max) {
      ++report_.lost[now_];
      return end(p);
    }
    p.queued = when;
    queues_[at].push_back(p);
  }

  /// A packet, or a copy of one, is no longer in the network.
  void end(const packet& p) {
    if (p.copies != no_flood)
      floods_.drop(p.copies);
    --in_network_;
  }

  void serve(node_index at) {
    auto& queue = queues_[at];
    if (queue.empty())
      return;
    const auto p = queue.front();
    if (words_.asks_all)
      ask_all(at, p);
    routers_[at]->choose(p.destination, p.from, choices_, ports_);
    if (ports_.empty() && p.copies == no_flood)
      return; // cut off: it waits
    queue.pop_front();
    for (const auto port : ports_)
      send(at, port, p);
    if (p.copies != no_flood)
      end(p); // its copies go on
  }

  void ask_all(node_index at, const packet& p) {
    const auto& all = net_.neighbours[at];
    for (port_index port = 0; port < all.size(); ++port) {
      const auto word = routers_[all[port]]->tell(back_[at][port], p.destination);
      routers_[at]->learn(port, p.destination, spent(p), word);
      ++report_.told;
    }
  }

  [[nodiscard]] double spent(const packet& p) const {
    return static_cast<double>(now_ - p.queued) + 1;
  }

  void send(node_index at, port_index port, const packet& p) {
    const auto to = net_.neighbours[at][port];
    const auto back = back_[at][port];
    const auto size = words_.whole_rows ? net_.size() : 1;
    if (words_.answers) {
      routers_[at]->learn(port, p.destination, spent(p), routers_[to]->tell(back, p.destination));
      report_.told += size;
    }
    if (words_.comes_along) { // the way back would begin in the receiver's queue
      const auto waits = static_cast<double>(queues_[to].size()) + 1;
      routers_[to]->learn(back, p.source, waits, routers_[at]->tell(port, p.source));
      report_.told += size;
    }
    ++report_.sent;
    auto moved = p;
    moved.from = back;
    if (p.copies != no_flood) {
      ++floods_[p.copies].copies;
      ++in_network_;
    }
    flying_.push_back({moved, to});
  }

  void arrive() {
    for (const auto& [p, to] : flying_)
      receive(p, to);
    flying_.clear();
  }

  void receive(const packet& p, node_index at) {
    if (p.copies != no_flood) {
      auto& f = floods_[p.copies];
      const bool again = f.seen[at];
      f.seen[at] = true;
      if (again)
        return end(p);
    }
    if (at != p.destination)
      return enqueue(at, p, now_ + 1);
    ++report_.delivered[now_];
    report_.time[now_] += now_ + 1 - p.born;
    end(p);
  }

  void finish() {
    crypto::hasher h{"ainur/routing-experiment"};
    for (std::uint64_t s = 0; s < options_.steps; ++s)
      h.add(report_.delivered[s]).add(report_.time[s]).add(report_.waiting[s]).add(report_.lost[s]);
    h.add(report_.sent).add(report_.told);
    report_.digest = h.finish();
  }

  const topology& net_;
  const experiment_options& options_;
  exchange words_;
  rng arrivals_;
  rng choices_;
  std::uint64_t load_ppm_;
  move_traffic traffic_;
  std::vector<network_change> changes_;
  std::size_t next_change_ = 0;
  std::vector<std::deque<packet>> queues_;
  std::vector<std::unique_ptr<packet_router>> routers_;
  std::vector<std::vector<port_index>> back_; // of each port, the other end's port
  flood_table floods_;
  std::vector<in_flight> flying_;
  std::vector<port_index> ports_;
  std::uint64_t in_network_ = 0;
  std::uint64_t now_ = 0;
  experiment_report report_;
};

} // namespace

namespace {

/// Changes that a caller made himself may name anything.
bool fits(const topology& net, const network_change& change) {
  const auto is_link = [&](const link_ends& link) {
    return std::binary_search(net.links.begin(), net.links.end(), link);
  };
  const auto are_nodes = [&](const std::vector<node_index>& nodes) {
    return std::all_of(nodes.begin(), nodes.end(), [&](auto n) { return n < net.size(); });
  };
  if (const auto* cut = std::get_if<cut_link>(&change.what))
    return is_link(cut->link);
  if (const auto* restored = std::get_if<restore_link>(&change.what))
    return is_link(restored->link);
  if (const auto* load = std::get_if<set_load>(&change.what))
    return load->load_ppm <= load_max_ppm;
  const auto& moved = std::get<move_traffic>(change.what);
  return are_nodes(moved.sources) && are_nodes(moved.destinations);
}

} // namespace

result<experiment_report> run_experiment(const topology& net, const experiment_options& options) {
  if (options.steps == 0 || options.steps > steps_max)
    return fail(errc::bad_option, "steps: 1 to " + std::to_string(steps_max) + " are possible");
  if (options.queue_max == 0 || options.queue_max > 1'000'000)
    return fail(errc::bad_option, "queue_max: a queue holds 1 to 1000000 packets");
  if (options.load_ppm > load_max_ppm)
    return fail(errc::bad_option, "load: at most 1000 packets a step are possible");
  if (!(options.learning.eta > 0 && options.learning.eta <= 1))
    return fail(errc::bad_option, "eta: a number above 0 and up to 1 is needed");
  if (!(options.learning.lambda >= 0 && options.learning.lambda <= 1))
    return fail(errc::bad_option, "lambda: a number from 0 to 1 is needed");
  for (const auto& c : options.changes)
    if (!fits(net, c))
      return fail(errc::bad_option, "changes: that of step " + std::to_string(c.step) +
                                        " names what the network does not have");
  return experiment{net, options}.run();
}

} // namespace ainur::routing
