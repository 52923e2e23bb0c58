#include <algorithm>
#include <numeric>

#include "ainur/base/assert.hpp"
#include "balancing.hpp"

namespace ainur::consensus {

// The rule hands out single units; here they go in whole steps with the same end, so that the time
// does not depend on the values.

void normaliser::operator()(std::span<std::uint64_t> values, std::uint64_t sum) {
  uint128 is = 0;
  for (const auto x : values)
    is += x;
  if (values.empty() || is == sum)
    return;
  order_.resize(values.size());
  std::iota(order_.begin(), order_.end(), 0u);
  std::sort(order_.begin(), order_.end(), [values](std::uint32_t a, std::uint32_t b) {
    return values[a] != values[b] ? values[a] < values[b] : a < b;
  });
  if (is < sum)
    raise(values, static_cast<std::uint64_t>(sum - is), sum / values.size());
  else
    lower(values, is - sum);
}

/// From the smallest up, and round again; who reaches the mean is passed on from.
void normaliser::raise(std::span<std::uint64_t> values, std::uint64_t missing, std::uint64_t mean) {
  const auto count = values.size();
  const auto share = missing / count;
  auto left = missing % count;
  std::size_t at = 0;
  const auto add = [&](std::uint64_t x) {
    auto& value = values[order_[at]];
    value += x;
    if (value >= mean)
      at = (at + 1) % count;
  };
  if (share != 0)
    for (std::size_t i = 0; i < count; ++i)
      add(share);
  while (left != 0) {
    const auto value = values[order_[at]];
    const auto step = std::min(left, value < mean ? mean - value : std::uint64_t{1});
    left -= step;
    add(step);
  }
}

/// From the largest down, and round again; who reaches what the smallest had is passed on from.
void normaliser::lower(std::span<std::uint64_t> values, uint128 excess) {
  const auto count = values.size();
  const auto least = values[order_.front()];
  const auto share = excess / count;
  auto left = excess % count;
  std::size_t at = count - 1;
  const auto pass_on = [&] { at = at == 0 ? count - 1 : at - 1; };
  const auto take = [&](std::uint64_t x) {
    auto& value = values[order_[at]];
    value -= x;
    if (value <= least)
      pass_on();
  };
  if (share != 0)
    for (std::size_t i = 0; i < count; ++i) {
      const auto value = values[order_[at]];
      const auto step = value < share ? value : static_cast<std::uint64_t>(share);
      left += share - step;
      take(step);
    }
  const auto above = [&] {
    const auto value = values[order_[at]];
    return value > least ? value - least : 0;
  };
  while (left != 0 && above() != 0) {
    const auto step = left < above() ? static_cast<std::uint64_t>(left) : above();
    left -= step;
    take(step);
  }
  // Whole rounds of one unit from each that has one.
  while (left != 0) {
    std::uint64_t smallest = 0;
    std::uint64_t holders = 0;
    for (const auto x : values)
      if (x != 0) {
        smallest = holders == 0 ? x : std::min(smallest, x);
        ++holders;
      }
    AINUR_ASSERT(holders != 0); // what shall be taken is there
    const auto rounds = std::min<uint128>(smallest, left / holders);
    for (auto& x : values)
      x -= x == 0 ? 0 : static_cast<std::uint64_t>(rounds);
    left -= rounds * holders;
    for (auto i = count; rounds == 0 && left != 0 && i != 0; --i) {
      auto& value = values[order_[at]];
      if (value != 0) {
        --value;
        --left;
      }
      pass_on();
    }
  }
}

void normalise(std::span<std::uint64_t> values, std::uint64_t sum) {
  normaliser{}(values, sum);
}

} // namespace ainur::consensus
