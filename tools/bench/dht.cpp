// The distributed hash table: simulated lookups, and its routing table beside a sorted scan.
#include <algorithm>

#include "ainur/base/rng.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/discovery/kademlia/simulation.hpp"
#include "bench.hpp"

namespace ainur::bench {

namespace {

using namespace discovery;
using namespace discovery::kademlia;

double seconds_between(const lap& begin, const lap& end) {
  return std::chrono::duration<double>(end.wall - begin.wall).count();
}

peer_id numbered(std::uint64_t seed, std::uint64_t n) {
  return {crypto::hasher{"ainur/bench-peer"}.add(seed).add(n).finish().value};
}

/// The `count` nearest of a list, by sorting all of it.
std::vector<contact> scan(const std::vector<contact>& all, const key& target, std::size_t count) {
  std::vector<std::pair<key, std::size_t>> order;
  order.reserve(all.size());
  for (std::size_t i = 0; i < all.size(); ++i)
    order.emplace_back(distance(target, all[i].at()), i);
  std::ranges::sort(order);
  std::vector<contact> out;
  for (std::size_t i = 0; i < std::min(count, order.size()); ++i)
    out.push_back(all[order[i].second]);
  return out;
}

/// What a table of a network of this size holds, and the same as a list.
result<void> measure_table(const dht_bench_options& o, dht_figures& f) {
  routing_table table{numbered(o.seed, 0), {.group_max = 0, .group_prefix_max = 0}};
  std::vector<contact> peers;
  for (std::uint64_t n = 1; n < o.nodes; ++n)
    peers.push_back({numbered(o.seed, n), {multiaddr::tcp4(static_cast<std::uint32_t>(n), 4001)}});
  auto begin = lap::now();
  for (const auto& p : peers)
    (void)table.add(p, instant{});
  f.offers_per_second = static_cast<double>(peers.size()) / seconds_between(begin, lap::now());
  std::vector<contact> list;
  for (const auto& b : table.buckets())
    for (const auto& e : b)
      list.push_back(e.who);
  f.table_size = static_cast<double>(list.size());
  std::vector<key> targets;
  for (std::uint64_t i = 0; i < o.queries; ++i)
    targets.push_back(point_of(numbered(o.seed + 1, i)));
  std::size_t differences = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(targets.size(), 1'000); ++i)
    differences += table.closest(targets[i], 20) == scan(list, targets[i], 20) ? 0 : 1;
  if (differences != 0)
    return fail(base_errc::unsupported, "the table and the scan find different peers");
  std::size_t found = 0;
  begin = lap::now();
  for (const auto& t : targets)
    found += table.closest(t, 20).size();
  f.closest_per_second = static_cast<double>(targets.size()) / seconds_between(begin, lap::now());
  begin = lap::now();
  for (const auto& t : targets)
    found -= scan(list, t, 20).size();
  f.scan_per_second = static_cast<double>(targets.size()) / seconds_between(begin, lap::now());
  return found == 0 ? result<void>{}
                    : fail(base_errc::unsupported, "the table and the scan differ in length");
}

} // namespace

result<dht_figures> run_dht(const dht_bench_options& options) {
  dht_figures f;
  if (auto good = measure_table(options, f); !good)
    return fail(good.error());
  const auto begin = lap::now();
  const auto report =
      simulate({.nodes = options.nodes, .lookups = options.lookups, .seed = options.seed});
  if (!report)
    return fail(report.error());
  const auto seconds = seconds_between(begin, lap::now());
  f.lookups_per_second = options.lookups / seconds;
  f.messages_per_second = static_cast<double>(report->messages) / seconds;
  return f;
}

} // namespace ainur::bench
