// Networks for experiments with routing: nodes, links between them, and what changes in mid-run.
//
// As JSON: {"nodes": [{"id": 0, "x": 0.1, "y": 0.1}, …], "edges": [[0, 1], …], "changes": […]}.
// An id is any whole number from 0 to 2^53; x and y are optional and not used; links carry packets
// both ways. A change is {"step": 8000, and one of "cut": [20, 21], "restore": [20, 21],
// "load": 3.0, "traffic": {"sources": […], "destinations": […]}} (an empty list: every node).
// Other keys are left alone. Values; functions are pure and thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ainur/routing/error.hpp"

namespace ainur::routing {

using node_index = std::uint32_t; ///< place of a node in `topology::ids`
using link_ends = std::pair<node_index, node_index>;

struct cut_link {
  link_ends link;
};

struct restore_link {
  link_ends link;
};

/// Packets injected per step from now on, in millionths.
struct set_load {
  std::uint64_t load_ppm = 0;
};

/// Where packets come from and go to from now on; empty: every node.
struct move_traffic {
  std::vector<node_index> sources;
  std::vector<node_index> destinations;
};

struct network_change {
  std::uint64_t step = 0;
  std::variant<cut_link, restore_link, set_load, move_traffic> what;
};

struct topology {
  std::vector<std::uint64_t> ids;                  ///< as the file names the nodes, distinct
  std::vector<link_ends> links;                    ///< each once, first < second, ascending
  std::vector<std::vector<node_index>> neighbours; ///< of each node, ascending; a place is a port
  std::vector<network_change> changes;             ///< by step

  [[nodiscard]] std::size_t size() const noexcept { return ids.size(); }
};

inline constexpr std::size_t topology_nodes_max = 4'096;
inline constexpr std::size_t topology_links_max = 65'536;
inline constexpr std::size_t topology_changes_max = 1'000;
inline constexpr std::uint64_t load_max_ppm = 1'000'000'000; ///< 1,000 packets a step

/// Errors: `malformed`, `too_large`, naming the place in the text.
[[nodiscard]] result<topology> topology_from_json(std::string_view text);
/// "8000:cut:20-21", "8000:restore:20-21", "8000:load:3.0", "8000:traffic:0,1,2>33,34" (either side
/// may be empty: every node). Errors: `malformed`.
[[nodiscard]] result<network_change> change_from_text(const topology& net, std::string_view text);
/// From nodes and links alone; the links' ends are places below `nodes`. Errors: `malformed` for a
/// link to itself, one that stands twice, or one to a node that is not there.
[[nodiscard]] result<topology> make_topology(std::size_t nodes, std::vector<link_ends> links);

inline constexpr std::uint32_t unreachable = ~std::uint32_t{0};
/// Links of the shortest way from `from` to every node.
[[nodiscard]] std::vector<std::uint32_t> distances_from(const topology& net, node_index from);

} // namespace ainur::routing
