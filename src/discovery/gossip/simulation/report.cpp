// What came of a run, and which rules held.
#include <algorithm>
#include <cstdio>

#include "world.hpp"

namespace ainur::discovery::gossip::simulation {

namespace {

std::string percent(std::uint64_t part, std::uint64_t whole) {
  char text[48];
  std::snprintf(text, sizeof(text), "%.2f %%",
                whole == 0 ? 100.0
                           : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
  return text;
}

bool at_least_99(std::uint64_t part, std::uint64_t whole) noexcept {
  return 100 * part >= 99 * whole;
}

} // namespace

void world::finish(simulation_report& r) {
  survey();
  measure_reach(r);
  measure_links(r);
  r.signatures = judge_.checked();
  for (const auto& n : honest_) {
    const auto& c = n.core.counts();
    r.counts.graylisted += c.graylisted;
    r.counts.copies += c.copies;
    r.counts.duplicates += c.duplicates;
    r.counts.delivered += c.delivered;
    r.counts.rejected += c.rejected;
    r.counts.queue_full += c.queue_full;
    r.counts.asked += c.asked;
    r.counts.answered += c.answered;
    r.counts.promises_broken += c.promises_broken;
    r.counts.refused += c.refused;
  }
  r.duplicates = static_cast<double>(r.counts.duplicates) /
                 static_cast<double>(std::max<std::uint64_t>(1, r.counts.delivered));
  judge_rules(r);
}

void world::measure_reach(simulation_report& r) {
  const std::uint64_t all = options_.nodes;
  std::uint64_t for_victim = 0;
  for (const auto& p : published_) {
    ++r.messages;
    r.reached += p.reached;
    r.reachable += all;
    r.messages_99 += at_least_99(p.reached, all) ? 1 : 0;
    r.worst_reach =
        std::min(r.worst_reach, static_cast<double>(p.reached) / static_cast<double>(all));
    for_victim += p.by == victim ? 0 : 1;
  }
  if (std::find(options_.attacks.begin(), options_.attacks.end(), attack::eclipse) !=
      options_.attacks.end())
    r.victim_reach = static_cast<double>(victim_got_) /
                     static_cast<double>(std::max<std::uint64_t>(1, for_victim));
  std::sort(latencies_us_.begin(), latencies_us_.end());
  const std::array<std::size_t, 4> per_mille{500, 950, 990, 1'000};
  for (std::size_t i = 0; !latencies_us_.empty() && i < per_mille.size(); ++i) {
    const auto rank = std::max<std::size_t>(1, latencies_us_.size() * per_mille[i] / 1'000);
    r.latency[i] = duration{latencies_us_[rank - 1]};
  }
}

void world::measure_links(simulation_report& r) {
  std::uint64_t places = 0;
  std::uint64_t taken = 0;
  r.mesh_min = ~std::uint32_t{0};
  for (auto& n : honest_) {
    const auto mesh = n.core.mesh("ainur/cfp");
    const auto size = static_cast<std::uint32_t>(mesh.size());
    places += size;
    r.mesh_min = std::min(r.mesh_min, size);
    r.mesh_max = std::max(r.mesh_max, size);
    for (const auto p : mesh)
      taken += is_honest(n.links[p].other) ? 0 : 1;
    for (peer_slot p = 0; p < n.links.size(); ++p) {
      if (!n.links[p].open || !is_honest(n.links[p].other))
        continue;
      const auto score = n.core.score(p);
      ++r.honest_links;
      r.honest_below_zero += score < 0 ? 1 : 0;
      r.honest_graylisted += score < options_.router.thresholds.graylist ? 1 : 0;
    }
  }
  r.mesh_mean = static_cast<double>(places) / options_.nodes;
  r.mesh_attackers =
      static_cast<double>(taken) / static_cast<double>(std::max<std::uint64_t>(1, places));
  std::vector<duration> after;
  for (const auto& a : attackers_)
    for (const auto& link : a.links) {
      r.harmful_links += link.done.harmful ? 1 : 0;
      if (link.done.harmful && link.done.graylisted)
        after.push_back(*link.done.first_graylisted - (instant{} + options_.attack_begins));
    }
  r.graylisted_links = after.size();
  std::sort(after.begin(), after.end());
  if (!after.empty())
    r.graylisted_after = {after.front(), after[after.size() / 2], after.back()};
}

void world::judge_rules(simulation_report& r) const {
  const auto broken = [&](std::string rule, std::string what) {
    r.violations.push_back({std::move(rule), std::move(what)});
  };
  if (!at_least_99(r.messages_99, r.messages))
    broken("reach", "only " + percent(r.messages_99, r.messages) +
                        " of the messages reached 99 % of the honest nodes");
  if (r.victim_reach && *r.victim_reach < 0.99)
    broken("reach", "the eclipsed node got only " +
                        percent(static_cast<std::uint64_t>(*r.victim_reach * 10'000), 10'000) +
                        " of the messages");
  if (!at_least_99(r.graylisted_links, r.harmful_links))
    broken("graylist", "only " + percent(r.graylisted_links, r.harmful_links) +
                           " of the links with a misbehaving peer ended graylisted");
  if (1'000 * r.honest_graylisted > r.honest_links)
    broken("graylist", std::to_string(r.honest_graylisted) + " of " +
                           std::to_string(r.honest_links) +
                           " links between honest nodes ended graylisted");
  for (const auto& t : r.memory)
    if (t.bytes > t.bytes_max)
      broken("memory", std::string{t.name} + " took " + std::to_string(t.bytes) + " bytes of " +
                           std::to_string(t.bytes_max));
}

} // namespace ainur::discovery::gossip::simulation
