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
  for (const auto e : edges_) {
    const auto backing = backing_[b_.targets[e]];
    given += weights_[e];
    least = std::min(least, backing);
    if (weights_[e] != 0)
      most = std::max(most, backing);
  }
  return given == 0 ? b_.budgets[voter] : most - least + (b_.budgets[voter] - given);
}

/// Returns the change it made, or would have made if it is less than the tolerance.
uint128 balancer::level(std::uint32_t voter, uint128 tolerance) {
  edges_.clear();
  for (auto e = b_.first[voter]; e < b_.first[voter + 1]; ++e)
    if (open_[e] != 0)
      edges_.push_back(e);
  if (edges_.size() < 2)
    return 0;
  const auto change = change_of(voter);
  if (change < tolerance)
    return change;
  for (const auto e : edges_) {
    backing_[b_.targets[e]] -= weights_[e];
    weights_[e] = 0;
  }
  pour(b_.budgets[voter]);
  given_.clear();
  for (const auto e : edges_)
    given_.push_back(weights_[e]);
  fit_(given_, b_.budgets[voter]); // what the division left over
  auto next = given_.begin();
  for (const auto e : edges_) {
    weights_[e] = *next++;
    backing_[b_.targets[e]] += weights_[e];
  }
  return change;
}

/// Finds how many of the least backed come to stand at one level, and the weights that lift them
/// there.
void balancer::pour(std::uint64_t budget) {
  const auto backing_of = [this](std::uint32_t e) { return backing_[b_.targets[e]]; };
  order_ = edges_;
  std::sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
    const auto x = backing_of(a);
    const auto y = backing_of(b);
    return x != y ? x < y : a < b;
  });
  uint128 sum = 0; // of the backings of the first `count`
  std::size_t count = 0;
  for (; count < order_.size(); ++count) {
    const auto backing = backing_of(order_[count]);
    if (backing * count - sum > budget) // to lift those before it to this one takes more
      break;
    sum += backing;
  }
  const auto last = backing_of(order_[count - 1]);
  const auto level = last + (budget + sum - last * count) / count;
  for (std::size_t i = 0; i < count; ++i)
    weights_[order_[i]] = static_cast<std::uint64_t>(level - backing_of(order_[i]));
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
