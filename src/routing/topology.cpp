#include "ainur/routing/topology.hpp"

#include <algorithm>
#include <deque>

namespace ainur::routing {

result<topology> make_topology(std::size_t nodes, std::vector<link_ends> links) {
  if (nodes < 2 || nodes > topology_nodes_max)
    return fail(nodes < 2 ? errc::malformed : errc::too_large,
                "a network has 2 to " + std::to_string(topology_nodes_max) + " nodes");
  if (links.size() > topology_links_max)
    return fail(errc::too_large,
                "a network has at most " + std::to_string(topology_links_max) + " links");
  topology net;
  net.ids.resize(nodes);
  for (std::size_t i = 0; i < nodes; ++i)
    net.ids[i] = i;
  for (auto& link : links) {
    const auto text = std::to_string(link.first) + "-" + std::to_string(link.second);
    if (link.first == link.second || link.first >= nodes || link.second >= nodes)
      return fail(errc::malformed, "a link joins two nodes of the network; " + text + " does not");
    if (link.first > link.second)
      std::swap(link.first, link.second);
  }
  std::sort(links.begin(), links.end());
  if (const auto twice = std::adjacent_find(links.begin(), links.end()); twice != links.end())
    return fail(errc::malformed, "the link " + std::to_string(twice->first) + "-" +
                                     std::to_string(twice->second) + " stands twice");
  net.neighbours.resize(nodes);
  for (const auto& [a, b] : links) {
    net.neighbours[a].push_back(b);
    net.neighbours[b].push_back(a);
  }
  for (auto& n : net.neighbours)
    std::sort(n.begin(), n.end());
  net.links = std::move(links);
  return net;
}

std::vector<std::uint32_t> distances_from(const topology& net, node_index from) {
  std::vector<std::uint32_t> out(net.size(), unreachable);
  std::deque<node_index> next{from};
  out[from] = 0;
  for (; !next.empty(); next.pop_front())
    for (const auto n : net.neighbours[next.front()])
      if (out[n] == unreachable) {
        out[n] = out[next.front()] + 1;
        next.push_back(n);
      }
  return out;
}

} // namespace ainur::routing
