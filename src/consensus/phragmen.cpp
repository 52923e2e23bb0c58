// Sequential Phragmén in fixed point.
#include <algorithm>
#include <optional>

#include "ainur/base/assert.hpp"
#include "balancing.hpp"
#include "supporters.hpp"

namespace ainur::consensus {

namespace {

/// A candidate's score is a function of the loads of the voters who name it. So after each seat
/// only the scores of the targets of the winner's voters can differ, each by the difference of
/// these voters' terms: kept up to date so, the scores are those of the definition, bit by bit.
class phragmen_seats {
public:
  explicit phragmen_seats(const ballots& b)
      : b_(b), named_by_(b), loads_(b.voters(), 0), part_(b.targets.size(), 0),
        terms_(b.candidates, 0), empty_score_(b.candidates, 0), won_(b.candidates, 0) {
    for (std::uint32_t c = 0; c < b.candidates; ++c)
      if (named_by_.approval(c) != 0)
        empty_score_[c] = uint128_max / named_by_.approval(c);
  }

  /// The first of those with the smallest score; of those without stake if there are no others.
  [[nodiscard]] std::optional<elected> best() const {
    std::optional<elected> found;
    std::optional<std::uint32_t> unbacked;
    for (std::uint32_t c = 0; c < b_.candidates; ++c) {
      if (won_[c] != 0)
        continue;
      if (named_by_.approval(c) == 0) {
        unbacked = unbacked.value_or(c);
        continue;
      }
      const auto score = saturating_add(empty_score_[c], terms_[c]);
      if (!found || score < found->score)
        found = elected{c, 0, score};
    }
    if (!found && unbacked)
      found = elected{*unbacked, 0, uint128_max};
    return found;
  }

  void take(const elected& winner) {
    won_[winner.candidate] = 1;
    if (named_by_.approval(winner.candidate) == 0)
      return; // its voters have nothing to bear a load with
    for (const auto& [voter, edge] : named_by_.of(winner.candidate)) {
      AINUR_ASSERT(loads_[voter] <= winner.score); // loads never fall, so neither do least scores
      part_[edge] = winner.score - loads_[voter];
      loads_[voter] = winner.score;
      for (auto e = b_.first[voter]; e < b_.first[voter + 1]; ++e)
        if (won_[b_.targets[e]] == 0)
          update(e, voter);
    }
  }

  /// By edge: the share of the voter's load that the target has, of its budget; sums are exact.
  [[nodiscard]] std::vector<std::uint64_t> weights() const {
    std::vector<std::uint64_t> out(b_.targets.size(), 0);
    normaliser fit;
    std::vector<std::uint64_t> given;
    for (std::uint32_t v = 0; v < b_.voters(); ++v) {
      if (loads_[v] == 0)
        continue;
      given.clear();
      for (auto e = b_.first[v]; e < b_.first[v + 1]; ++e)
        if (won_[b_.targets[e]] != 0) {
          out[e] = static_cast<std::uint64_t>(multiply_divide(part_[e], b_.budgets[v], loads_[v]));
          if (out[e] != 0)
            given.push_back(out[e]);
        }
      fit(given, b_.budgets[v]);
      auto next = given.begin();
      for (auto e = b_.first[v]; e < b_.first[v + 1]; ++e)
        if (out[e] != 0)
          out[e] = *next++;
    }
    return out;
  }

private:
  void update(std::uint32_t edge, std::uint32_t voter) {
    const auto c = b_.targets[edge];
    const auto approval = named_by_.approval(c);
    if (approval == 0)
      return;
    // At most the load, as the budget is part of the approval; so the terms sum up to at most the
    // largest load.
    const auto term = multiply_divide(loads_[voter], b_.budgets[voter], approval);
    terms_[c] += term - part_[edge];
    part_[edge] = term;
  }

  const ballots& b_;
  supporters named_by_;
  std::vector<uint128> loads_;       // by voter
  std::vector<uint128> part_;        // by edge: its term of the score; once won, its load
  std::vector<uint128> terms_;       // by candidate: the sum of its edges' terms
  std::vector<uint128> empty_score_; // by candidate: the score without loads
  std::vector<std::uint8_t> won_;    // by candidate
};

} // namespace

solution elect_seq_phragmen(const ballots& b, std::uint32_t seats, const balancing& after) {
  phragmen_seats state{b};
  solution s;
  s.winners.reserve(std::min(seats, b.candidates));
  while (s.winners.size() < seats) {
    const auto winner = state.best();
    if (!winner)
      break;
    state.take(*winner);
    s.winners.push_back(*winner);
  }
  s.weights = state.weights();
  std::vector<uint128> backing(b.candidates, 0);
  std::vector<std::uint8_t> open(b.targets.size(), 0);
  for (std::size_t e = 0; e < b.targets.size(); ++e) {
    backing[b.targets[e]] += s.weights[e];
    open[e] = s.weights[e] != 0; // what carries nothing is no edge to balance either
  }
  balancer{b, open, backing, s.weights}.run(after);
  for (auto& w : s.winners)
    w.backing = backing[w.candidate];
  return s;
}

} // namespace ainur::consensus
