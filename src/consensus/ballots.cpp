// From ids to places, and what holds of every solution.
#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "ainur/consensus/election.hpp"
#include "ainur/consensus/error.hpp"

namespace ainur::consensus {

namespace {

using place_of = std::unordered_map<std::uint64_t, std::uint32_t>; // looked up, never walked

result<place_of> place_candidates(const std::vector<std::uint64_t>& candidates) {
  if (candidates.size() > candidates_max)
    return fail(errc::election_too_large,
                "more than " + std::to_string(candidates_max) + " candidates");
  place_of place;
  place.reserve(candidates.size());
  for (const auto id : candidates)
    if (!place.emplace(id, static_cast<std::uint32_t>(place.size())).second)
      return fail(errc::malformed_election, "candidate " + std::to_string(id) + " stands twice");
  return place;
}

} // namespace

result<ballots> make_ballots(const election& e) {
  const auto place = place_candidates(e.candidates);
  if (!place)
    return fail(place.error());
  if (e.voters.size() > voters_max)
    return fail(errc::election_too_large, "more than " + std::to_string(voters_max) + " voters");
  ballots b;
  b.candidates = static_cast<std::uint32_t>(e.candidates.size());
  b.budgets.reserve(e.voters.size());
  b.first.reserve(e.voters.size() + 1);
  b.first.push_back(0);
  std::unordered_set<std::uint64_t> known;
  std::vector<std::uint32_t> last_voter(b.candidates, 0); // 1 + the last that named it
  for (const auto& v : e.voters) {
    if (!known.insert(v.id).second)
      return fail(errc::malformed_election, "voter " + std::to_string(v.id) + " stands twice");
    if (v.targets.size() > targets_max)
      return fail(errc::election_too_large, "voter " + std::to_string(v.id) + " names more than " +
                                                std::to_string(targets_max) + " targets");
    b.budgets.push_back(v.stake);
    for (const auto id : v.targets) {
      const auto found = place->find(id);
      if (found == place->end() || last_voter[found->second] == b.voters())
        continue;
      last_voter[found->second] = b.voters();
      b.targets.push_back(found->second);
    }
    if (b.targets.size() > targets_total)
      return fail(errc::election_too_large,
                  "more than " + std::to_string(targets_total) + " targets together");
    b.first.push_back(static_cast<std::uint32_t>(b.targets.size()));
  }
  return b;
}

solution elect(const ballots& b, election_algorithm algorithm, std::uint32_t seats,
               const balancing& how) {
  return algorithm == election_algorithm::phragmms ? elect_phragmms(b, seats, how)
                                                   : elect_seq_phragmen(b, seats, how);
}

std::vector<std::uint64_t> in_billionths(const ballots& b, const solution& s) {
  constexpr std::uint64_t one = 1'000'000'000;
  std::vector<std::uint64_t> parts(s.weights.size(), 0);
  std::vector<std::uint64_t> given;
  for (std::uint32_t v = 0; v < b.voters(); ++v) {
    given.clear();
    for (auto e = b.first[v]; e < b.first[v + 1]; ++e) {
      parts[e] = s.weights[e] == 0
                     ? 0
                     : static_cast<std::uint64_t>(uint128{s.weights[e]} * one / b.budgets[v]);
      if (parts[e] != 0)
        given.push_back(parts[e]);
    }
    normalise(given, one);
    auto next = given.begin();
    for (auto e = b.first[v]; e < b.first[v + 1]; ++e)
      if (parts[e] != 0)
        parts[e] = *next++;
  }
  return parts;
}

result<void> check_feasible(const ballots& b, const solution& s) {
  const auto wrong = [](const char* whose, std::uint32_t place, const char* what) {
    return fail(errc::infeasible_solution,
                std::string{whose} + " at place " + std::to_string(place) + " " + what);
  };
  if (s.weights.size() != b.targets.size())
    return fail(errc::infeasible_solution, "there is not a weight for each target");
  std::vector<bool> won(b.candidates, false);
  std::vector<uint128> backing(b.candidates, 0);
  for (const auto& w : s.winners) {
    if (w.candidate >= b.candidates || won[w.candidate])
      return wrong("the winner", w.candidate, "is unknown, or wins twice");
    won[w.candidate] = true;
  }
  for (std::uint32_t v = 0; v < b.voters(); ++v) {
    uint128 given = 0;
    for (auto e = b.first[v]; e < b.first[v + 1]; ++e) {
      if (s.weights[e] != 0 && !won[b.targets[e]])
        return wrong("the voter", v, "gives to one who did not win");
      given += s.weights[e];
      backing[b.targets[e]] += s.weights[e];
    }
    if (given > b.budgets[v])
      return wrong("the voter", v, "gives more than its stake");
  }
  for (const auto& w : s.winners)
    if (w.backing != backing[w.candidate])
      return wrong("the winner", w.candidate, "is not backed by what the voters give");
  return {};
}

} // namespace ainur::consensus
