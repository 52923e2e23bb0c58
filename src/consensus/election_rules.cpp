#include "ainur/consensus/election_rules.hpp"

#include "ainur/base/assert.hpp"
#include "ainur/consensus/election.hpp"

namespace ainur::consensus {

namespace {

constexpr balancing phragmms_balancing{.iterations = 4};

/// The candidates' own stakes come first, in their order; then the voters.
ballots gather(const ledger::election_input& input) {
  ballots b;
  b.candidates = static_cast<std::uint32_t>(input.candidates.size());
  std::size_t edges = input.candidates.size();
  for (const auto& v : input.voters)
    edges += v.targets.size();
  AINUR_ASSERT(edges < ~std::uint32_t{0});
  b.budgets.reserve(input.candidates.size() + input.voters.size());
  b.first.reserve(input.candidates.size() + input.voters.size() + 1);
  b.targets.reserve(edges);
  b.first.push_back(0);
  const auto close = [&b](amount budget) {
    b.budgets.push_back(budget.micro());
    b.first.push_back(static_cast<std::uint32_t>(b.targets.size()));
  };
  for (std::uint32_t c = 0; c < b.candidates; ++c) {
    b.targets.push_back(c);
    close(input.candidates[c].self_stake);
  }
  for (const auto& v : input.voters) {
    b.targets.insert(b.targets.end(), v.targets.begin(), v.targets.end());
    close(v.budget);
  }
  return b;
}

std::vector<ledger::winner> winners_of(const ballots& b, const solution& s) {
  std::vector<ledger::winner> out(s.winners.size());
  std::vector<std::uint32_t> rank(b.candidates, ~std::uint32_t{0});
  for (std::uint32_t i = 0; i < out.size(); ++i) {
    out[i].candidate = s.winners[i].candidate;
    rank[s.winners[i].candidate] = i;
  }
  for (auto v = b.candidates; v < b.voters(); ++v)
    for (auto e = b.first[v]; e < b.first[v + 1]; ++e)
      if (s.weights[e] != 0)
        out[rank[b.targets[e]]].supports.push_back({v - b.candidates, amount{s.weights[e]}});
  return out;
}

} // namespace

std::vector<ledger::winner> elect_phragmen(const ledger::election_input& input) {
  const auto b = gather(input);
  return winners_of(b, elect_seq_phragmen(b, input.seats));
}

std::vector<ledger::winner> elect_phragmms(const ledger::election_input& input) {
  const auto b = gather(input);
  return winners_of(b, elect_phragmms(b, input.seats, phragmms_balancing));
}

ledger::election_rule elections(ledger::election_method method) noexcept {
  switch (method) {
  case ledger::election_method::top_stake:
    return ledger::elect_top_stake;
  case ledger::election_method::phragmen:
    return elect_phragmen;
  case ledger::election_method::phragmms:
    return elect_phragmms;
  }
  return nullptr;
}

} // namespace ainur::consensus
