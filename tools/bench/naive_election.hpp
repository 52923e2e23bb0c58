// Sequential Phragmén as its definition says it: every score from every edge, for every seat. The
// tests compare the library with it, and the benchmark measures it beside the library.
#pragma once

#include <optional>

#include "ainur/consensus/election.hpp"

namespace ainur::bench {

struct naive_solution {
  std::vector<std::uint32_t> winners;
  std::vector<std::uint64_t> weights; ///< by edge, before they are made to sum up
};

/// The scores of all candidates under these loads; `uint128_max` without stake.
inline std::vector<consensus::uint128>
naive_scores(const consensus::ballots& b, const std::vector<consensus::uint128>& loads,
             const std::vector<consensus::uint128>& approval) {
  using namespace consensus;
  std::vector<uint128> scores(b.candidates, uint128_max);
  for (std::uint32_t c = 0; c < b.candidates; ++c)
    if (approval[c] != 0)
      scores[c] = uint128_max / approval[c];
  for (std::uint32_t v = 0; v < b.voters(); ++v)
    for (const auto c : b.targets_of(v))
      if (approval[c] != 0)
        scores[c] = saturating_add(scores[c], multiply_divide(loads[v], b.budgets[v], approval[c]));
  return scores;
}

inline naive_solution elect_naively(const consensus::ballots& b, std::uint32_t seats) {
  using namespace consensus;
  std::vector<uint128> approval(b.candidates, 0);
  for (std::uint32_t v = 0; v < b.voters(); ++v)
    for (const auto c : b.targets_of(v))
      approval[c] += b.budgets[v];
  std::vector<uint128> loads(b.voters(), 0);
  std::vector<uint128> edge_loads(b.targets.size(), 0);
  std::vector<bool> won(b.candidates, false);
  naive_solution out;
  while (out.winners.size() < seats && out.winners.size() < b.candidates) {
    const auto scores = naive_scores(b, loads, approval);
    std::optional<std::uint32_t> best;
    for (std::uint32_t c = 0; c < b.candidates; ++c) // those without stake come last
      if (!won[c] &&
          (!best || (approval[c] != 0 && (approval[*best] == 0 || scores[c] < scores[*best]))))
        best = c;
    won[*best] = true;
    out.winners.push_back(*best);
    for (std::uint32_t v = 0; v < b.voters(); ++v)
      for (auto e = b.first[v]; e < b.first[v + 1]; ++e)
        if (b.targets[e] == *best && approval[*best] != 0) {
          edge_loads[e] = scores[*best] - loads[v];
          loads[v] = scores[*best];
        }
  }
  for (std::uint32_t v = 0; v < b.voters(); ++v)
    for (auto e = b.first[v]; e < b.first[v + 1]; ++e)
      out.weights.push_back(loads[v] == 0 ? 0
                                          : static_cast<std::uint64_t>(multiply_divide(
                                                edge_loads[e], b.budgets[v], loads[v])));
  return out;
}

} // namespace ainur::bench
