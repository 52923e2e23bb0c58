// phragmMS and balancing a second time, as plainly as possible.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "consensus/big.hpp"
#include "consensus/election_support.hpp"

namespace ainur::test {

/// phragmMS, unbalanced, with every score a fraction of whole numbers.
struct plain_phragmms {
  struct fraction {
    big numerator;
    big denominator{1};
  };

  const ballots& b;
  std::vector<std::uint32_t> winners;
  std::vector<std::uint64_t> weights = std::vector<std::uint64_t>(b.targets.size(), 0);

  [[nodiscard]] big backing(std::uint32_t c) const {
    big sum;
    for (std::size_t e = 0; e < b.targets.size(); ++e)
      if (b.targets[e] == c)
        sum = sum + big{weights[e]};
    return sum;
  }

  [[nodiscard]] bool names(std::uint32_t v, std::uint32_t c) const {
    const auto targets = b.targets_of(v);
    return std::find(targets.begin(), targets.end(), c) != targets.end();
  }

  [[nodiscard]] fraction score(std::uint32_t c) const {
    fraction d{1};
    big approval;
    for (std::uint32_t v = 0; v < b.voters(); ++v) {
      if (!names(v, c))
        continue;
      approval = approval + big{b.budgets[v]};
      for (auto e = b.first[v]; e < b.first[v + 1]; ++e)
        if (weights[e] != 0) {
          const auto backed = backing(b.targets[e]);
          d.numerator = d.numerator * backed + big{weights[e]} * d.denominator;
          d.denominator = d.denominator * backed;
        }
    }
    return {approval * d.denominator, d.numerator};
  }

  bool elect_one() {
    fraction best{};
    std::optional<std::uint32_t> found;
    for (std::uint32_t c = 0; c < b.candidates; ++c) {
      if (std::find(winners.begin(), winners.end(), c) != winners.end())
        continue;
      auto x = score(c);
      if (best.numerator * x.denominator < x.numerator * best.denominator) {
        best = std::move(x);
        found = c;
      }
    }
    if (!found)
      return false;
    const auto cutoff = divide(best.numerator, best.denominator).first;
    for (std::uint32_t v = 0; v < b.voters(); ++v)
      if (names(v, *found))
        move_to(*found, v, cutoff);
    winners.push_back(*found);
    return true;
  }

  /// What `move_to` gives before the seat is taken counts for nobody's backing but the winner's.
  void move_to(std::uint32_t c, std::uint32_t v, const big& cutoff) {
    std::uint64_t left = b.budgets[v];
    for (auto e = b.first[v]; e < b.first[v + 1]; ++e)
      left -= weights[e];
    std::size_t own = 0;
    for (auto e = b.first[v]; e < b.first[v + 1]; ++e) {
      if (b.targets[e] == c)
        own = e;
      const auto backed = backing(b.targets[e]);
      if (b.targets[e] == c || weights[e] == 0 || !(cutoff < backed))
        continue;
      const auto moved = divide(big{weights[e]} * cutoff, backed).first;
      std::uint64_t units = 0; // as a number: the largest that is not more
      for (auto bit = std::uint64_t{1} << 63; bit != 0; bit >>= 1)
        if (!(moved < big{units | bit}))
          units |= bit;
      weights[e] -= units;
      left += units;
    }
    weights[own] = left;
  }
};

/// One voter's stake on the least backed of its winners: the highest level that it can fill.
inline void level_plainly(const ballots& b, solution& s, std::uint32_t v) {
  std::vector<std::size_t> edges;
  const auto winner = [&](std::size_t e) -> consensus::elected* {
    for (auto& w : s.winners)
      if (w.candidate == b.targets[e])
        return &w;
    return nullptr;
  };
  for (std::size_t e = b.first[v]; e < b.first[v + 1]; ++e)
    if (winner(e) != nullptr)
      edges.push_back(e);
  if (edges.size() < 2)
    return;
  for (const auto e : edges)
    winner(e)->backing -= s.weights[e];
  const auto needed = [&](uint128 level) {
    uint128 sum = 0;
    for (const auto e : edges)
      sum += level > winner(e)->backing ? level - winner(e)->backing : 0;
    return sum;
  };
  uint128 level = 0;
  for (auto bit = uint128{1} << 100; bit != 0; bit >>= 1)
    if (needed(level | bit) <= b.budgets[v])
      level |= bit;
  std::vector<std::uint64_t> given;
  for (const auto e : edges)
    given.push_back(
        level > winner(e)->backing ? static_cast<std::uint64_t>(level - winner(e)->backing) : 0);
  normalise_by_units(given, b.budgets[v]);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    s.weights[edges[i]] = given[i];
    winner(edges[i])->backing += given[i];
  }
}

} // namespace ainur::test
