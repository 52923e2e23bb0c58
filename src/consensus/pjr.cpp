#include "ainur/consensus/pjr.hpp"

#include <algorithm>

#include "ainur/base/assert.hpp"

namespace ainur::consensus {

namespace {

constexpr std::uint32_t one = 1'000'000'000;
constexpr auto not_elected = ~std::uint32_t{0};

/// By candidate: which parts of 10^9 of its weights keep it at the threshold.
std::vector<std::uint32_t> kept_parts(const ballots& b, const solution& s, uint128 threshold) {
  std::vector<std::uint32_t> parts(b.candidates, not_elected);
  for (const auto& w : s.winners)
    parts[w.candidate] =
        threshold >= w.backing ? one : static_cast<std::uint32_t>(threshold * one / w.backing);
  return parts;
}

std::uint64_t slack_of(const ballots& b, const solution& s, std::uint32_t voter,
                       const std::vector<std::uint32_t>& parts) {
  uint128 kept = 0;
  for (auto e = b.first[voter]; e < b.first[voter + 1]; ++e)
    if (const auto p = parts[b.targets[e]]; p != not_elected) {
      const auto product = uint128{s.weights[e]} * p;
      kept += product / one + (product % one > one / 2 ? 1 : 0);
    }
  AINUR_ASSERT(kept <= b.budgets[voter]); // feasible, and no weight grows by rounding
  return b.budgets[voter] - static_cast<std::uint64_t>(kept);
}

bool names(const ballots& b, std::uint32_t voter, std::uint32_t candidate) {
  const auto targets = b.targets_of(voter);
  return std::find(targets.begin(), targets.end(), candidate) != targets.end();
}

} // namespace

uint128 standard_threshold(const ballots& b, const solution& s) {
  uint128 stake = 0;
  for (const auto budget : b.budgets)
    stake += budget;
  return stake / std::max<std::size_t>(s.winners.size(), 1);
}

std::uint64_t slack_of(const ballots& b, const solution& s, std::uint32_t voter,
                       uint128 threshold) {
  return slack_of(b, s, voter, kept_parts(b, s, threshold));
}

pjr_certificate certify_pjr(const ballots& b, const solution& s, uint128 threshold) {
  const auto parts = kept_parts(b, s, threshold);
  std::vector<uint128> spare(b.candidates, 0);
  for (std::uint32_t v = 0; v < b.voters(); ++v)
    if (const auto slack = slack_of(b, s, v, parts); slack != 0)
      for (const auto c : b.targets_of(v))
        spare[c] += slack;
  pjr_certificate out;
  out.threshold = threshold;
  for (std::uint32_t c = 0; c < b.candidates; ++c)
    if (parts[c] == not_elected) {
      out.unelected.push_back({c, spare[c]});
      if (!out.largest || spare[c] > out.largest->value)
        out.largest = out.unelected.back();
    }
  if (!out.holds())
    for (std::uint32_t v = 0; v < b.voters(); ++v)
      if (names(b, v, out.largest->candidate))
        if (const auto slack = slack_of(b, s, v, parts); slack != 0)
          out.objectors.push_back({v, slack});
  return out;
}

} // namespace ainur::consensus
