// Balancing: each voter in turn pours its whole stake over the winners it names, always onto the
// least backed, as water finds its level.
#include "balancing.hpp"

#include <algorithm>

#include "ainur/base/assert.hpp"

namespace ainur::consensus {

balancer::balancer(const ballots& b, const std::vector<std::uint8_t>& open,
                   std::vector<uint128>& backing, std::vector<std::uint64_t>& weights)
    : b_(b), open_(open), backing_(backing), weights_(weights) {}

std::uint32_t balancer::run(const balancing& how) {
  for (std::uint32_t done = 0; done < how.iterations;) {
    uint128 largest = 0;
    for (std::uint32_t v = 0; v < b_.voters(); ++v)
      largest = std::max(largest, level(v, how.tolerance));
    ++done;
    if (largest <= how.tolerance)
      return done;
  }
  return how.iterations;
}

/// How far from level the voter's winners are: the most backed it gives to against the least backed
/// it names, and what it has not given.
uint128 balancer::change_of(std::uint32_t voter) const {
  uint128 given = 0;
  uint128 most = 0;
  auto least = uint128_max;
  for (const auto& x : basins_) {
    given += weights_[x.edge];
    least = std::min(least, x.backing);
    if (weights_[x.edge] != 0)
      most = std::max(most, x.backing);
  }
  return given == 0 ? b_.budgets[voter] : most - least + (b_.budgets[voter] - given);
}

/// Returns the change it made, or would have made if it is less than the tolerance.
uint128 balancer::level(std::uint32_t voter, uint128 tolerance) {
  basins_.clear();
  for (auto e = b_.first[voter]; e < b_.first[voter + 1]; ++e)
    if (open_[e] != 0)
      basins_.push_back({backing_[b_.targets[e]], e, static_cast<std::uint32_t>(basins_.size())});
  if (basins_.size() < 2)
    return 0;
  const auto change = change_of(voter);
  if (change < tolerance)
    return change;
  for (auto& x : basins_)
    x.backing -= weights_[x.edge];
  pour(b_.budgets[voter]);
  fit_(given_, b_.budgets[voter]); // what the division left over
  for (const auto& x : basins_) {
    weights_[x.edge] = given_[x.place];
    backing_[b_.targets[x.edge]] = x.backing + given_[x.place];
  }
  return change;
}

/// Finds how many of the least backed come to stand at one level, and what lifts them there.
void balancer::pour(std::uint64_t budget) {
  std::sort(basins_.begin(), basins_.end(), [](const basin& a, const basin& b) {
    return a.backing != b.backing ? a.backing < b.backing : a.edge < b.edge;
  });
  uint128 sum = 0; // of the backings of the first `count`
  std::size_t count = 0;
  for (; count < basins_.size(); ++count) {
    const auto backing = basins_[count].backing;
    if (backing * count - sum > budget) // to lift those before it to this one takes more
      break;
    sum += backing;
  }
  const auto last = basins_[count - 1].backing;
  const auto surface = last + (budget + sum - last * count) / count;
  given_.assign(basins_.size(), 0);
  for (std::size_t i = 0; i < count; ++i)
    given_[basins_[i].place] = static_cast<std::uint64_t>(surface - basins_[i].backing);
}

std::uint32_t balance(const ballots& b, solution& s, const balancing& how) {
  AINUR_ASSERT(s.weights.size() == b.targets.size());
  std::vector<uint128> backing(b.candidates, 0);
  std::vector<std::uint8_t> won(b.candidates, 0);
  for (const auto& w : s.winners) {
    won[w.candidate] = 1;
    backing[w.candidate] = w.backing;
  }
  std::vector<std::uint8_t> open(b.targets.size(), 0);
  for (std::size_t e = 0; e < open.size(); ++e)
    open[e] = won[b.targets[e]];
  const auto done = balancer{b, open, backing, s.weights}.run(how);
  for (auto& w : s.winners)
    w.backing = backing[w.candidate];
  return done;
}

} // namespace ainur::consensus
