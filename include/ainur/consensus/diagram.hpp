// A message diagram of a simulated run, for people: an SVG with a line down for every validator and
// an arrow for every message, from where it was sent to where and when it arrived.
#pragma once

#include <string>
#include <vector>

#include "ainur/consensus/simulation.hpp"

namespace ainur::consensus {

/// Time goes down, one row for each instant at which something happened; hovering over an arrow
/// names its message. `lanes` are the names of the validators; entries of others are left out.
[[nodiscard]] std::string draw_diagram(const std::vector<trace_entry>& entries,
                                       const std::vector<std::string>& lanes);

} // namespace ainur::consensus
