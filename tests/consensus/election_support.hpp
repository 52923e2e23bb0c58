// Elections for tests: short forms, random ones, and their rules a second time, as plainly as
// possible.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>

#include <doctest/doctest.h>

#include "ainur/base/rng.hpp"
#include "ainur/consensus/election.hpp"

namespace ainur::test {

using consensus::ballots;
using consensus::solution;
using consensus::uint128;

using weights_by_voter = std::map<std::uint64_t, std::map<std::uint64_t, std::uint64_t>>;

inline ballots ballots_of(const consensus::election& e) {
  auto b = consensus::make_ballots(e);
  REQUIRE(b.has_value());
  return *b;
}

/// What each voter gives to each target, by ids; without zeros.
inline weights_by_voter by_ids(const consensus::election& e, const ballots& b,
                               const std::vector<std::uint64_t>& values) {
  weights_by_voter out;
  for (std::uint32_t v = 0; v < b.voters(); ++v)
    for (auto i = b.first[v]; i < b.first[v + 1]; ++i)
      if (values[i] != 0)
        out[e.voters[v].id][e.candidates[b.targets[i]]] = values[i];
  return out;
}

inline std::vector<std::uint64_t> winner_ids(const consensus::election& e, const solution& s) {
  std::vector<std::uint64_t> out;
  for (const auto& w : s.winners)
    out.push_back(e.candidates[w.candidate]);
  return out;
}

/// The seeds of a random test: its own and those after it, or only the one to replay, which
/// AINUR_ELECTION_SEED names.
struct seed_range {
  std::uint64_t first;
  std::uint64_t last;

  seed_range(std::uint64_t begin, int count)
      : first(begin), last(begin + static_cast<std::uint64_t>(count) - 1) {
    if (const char* text = std::getenv("AINUR_ELECTION_SEED"); text != nullptr)
      first = last = std::strtoull(text, nullptr, 10);
  }
};

inline std::string replay_line(std::uint64_t seed, const char* name) {
  return "replay with AINUR_ELECTION_SEED=" + std::to_string(seed) + " consensus_test -tc='" +
         name + "'";
}

/// Small stakes meet ties, large ones every rounding, small beside large ones every bound; some
/// voters are without stake or targets.
inline consensus::election draw_election(std::uint64_t seed) {
  rng random{seed};
  consensus::election e;
  const auto candidates = random.below(12);
  const auto voters = random.below(40);
  const std::uint64_t stakes[] = {3, 12, 1'000, 1'000'000'007, ~std::uint64_t{0}};
  const auto stake_max = stakes[random.below(5)];
  const bool mixed = random.below(2) == 0;
  e.seats = static_cast<std::uint32_t>(1 + random.below(9));
  for (std::uint64_t c = 0; c < candidates; ++c)
    e.candidates.push_back(1'000 - c * 7);
  for (std::uint64_t v = 0; v < voters; ++v) {
    consensus::election_voter x{v, random.below(mixed ? stakes[random.below(5)] : stake_max), {}};
    for (auto count = random.below(6); count > 0; --count)
      x.targets.push_back(1'000 - random.below(13) * 7);
    e.voters.push_back(std::move(x));
  }
  return e;
}

/// The rule, unit by unit.
inline void normalise_by_units(std::vector<std::uint64_t>& values, std::uint64_t sum) {
  uint128 is = 0;
  for (const auto x : values)
    is += x;
  if (values.empty() || is == sum)
    return;
  std::vector<std::uint64_t*> order;
  for (auto& x : values)
    order.push_back(&x);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto* a, const auto* b) { return *a < *b; });
  const auto count = order.size();
  const auto least = *order.front();
  const auto mean = sum / count;
  const bool up = is < sum;
  const auto difference = up ? sum - is : is - sum;
  const auto share = static_cast<std::uint64_t>(difference / count);
  auto left = static_cast<std::uint64_t>(difference % count);
  auto at = up ? std::size_t{0} : count - 1;
  const auto change = [&](std::uint64_t x) {
    *order[at] = up ? *order[at] + x : *order[at] - x;
    if (up && *order[at] >= mean)
      at = (at + 1) % count;
    else if (!up && *order[at] <= least)
      at = (at + count - 1) % count;
  };
  for (std::size_t i = 0; i < count && share != 0; ++i) {
    const auto step = up ? share : std::min(share, *order[at]);
    left += share - step;
    change(step);
  }
  while (left != 0) {
    if (up || *order[at] != 0) {
      change(1);
      --left;
    } else {
      at = (at + count - 1) % count;
    }
  }
}

} // namespace ainur::test
