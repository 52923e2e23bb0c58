// A solution that a file states, by ids, as one by places.
#include <algorithm>
#include <map>

#include "ainur/consensus/election_text.hpp"
#include "ainur/consensus/error.hpp"

namespace ainur::consensus {

namespace {

using voter_places = std::map<std::uint64_t, std::uint32_t>;

/// Writes what a winner is given into the weights.
result<void> put_parts(const stated_support& stated, std::uint32_t candidate, const ballots& b,
                       const voter_places& places, std::vector<std::uint64_t>& weights) {
  for (const auto& part : stated.parts) {
    const auto wrong = [&](const char* what) {
      return fail(errc::infeasible_solution, "supports." + std::to_string(stated.candidate) +
                                                 ": voter " + std::to_string(part.voter) + " " +
                                                 what);
    };
    const auto voter = places.find(part.voter);
    if (voter == places.end())
      return wrong("is unknown");
    const auto targets = b.targets_of(voter->second);
    const auto at = std::find(targets.begin(), targets.end(), candidate);
    if (at == targets.end())
      return wrong("does not name this candidate");
    auto& weight = weights[b.first[voter->second] + static_cast<std::size_t>(at - targets.begin())];
    if (weight != 0)
      return wrong("stands twice");
    weight = part.value;
  }
  return {};
}

} // namespace

result<solution> stated_solution(const election_document& document, const ballots& b) {
  const auto& e = document.election;
  solution s;
  s.weights.assign(b.targets.size(), 0);
  voter_places places;
  for (std::uint32_t v = 0; v < b.voters(); ++v)
    places.emplace(e.voters[v].id, v);
  std::map<std::uint64_t, const stated_support*> left;
  if (document.supports)
    for (const auto& x : *document.supports)
      left.emplace(x.candidate, &x);
  for (std::uint32_t c = 0; c < b.candidates; ++c) {
    const auto found = left.find(e.candidates[c]);
    if (found == left.end())
      continue;
    if (auto put = put_parts(*found->second, c, b, places, s.weights); !put)
      return fail(put.error());
    s.winners.push_back({c, found->second->total, 0});
    left.erase(found);
  }
  if (!left.empty())
    return fail(errc::infeasible_solution,
                "supports." + std::to_string(left.begin()->first) + ": no candidate has this id");
  if (s.winners.size() > e.seats)
    return fail(errc::infeasible_solution,
                "supports: more winners than the " + std::to_string(e.seats) + " to elect");
  if (auto feasible = check_feasible(b, s); !feasible)
    return fail(feasible.error());
  return s;
}

} // namespace ainur::consensus
