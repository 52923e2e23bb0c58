#include "ainur/base/rate_bound.hpp"

#include <algorithm>

#include "ainur/base/assert.hpp"

namespace ainur {

rate_bound::rate_bound(std::uint32_t per_second_max) : per_second_max_(per_second_max) {
  AINUR_ASSERT(per_second_max > 0);
}

rate_bound::verdict rate_bound::take(std::string_view name, instant now) {
  constexpr duration second{1'000'000};
  auto at = by_name_.find(name);
  if (at == by_name_.end())
    at = by_name_.emplace(std::string{name}, passage{}).first;
  auto& p = at->second;
  if (!p.passed.empty())
    now = std::max(now, p.passed.back());
  while (!p.passed.empty() && now - p.passed.front() >= second)
    p.passed.pop_front();
  if (p.passed.size() >= per_second_max_) {
    ++p.left_out;
    return {};
  }
  p.passed.push_back(now);
  return {true, std::exchange(p.left_out, 0)};
}

std::vector<std::pair<std::string, std::uint64_t>> rate_bound::take_left_out() {
  std::vector<std::pair<std::string, std::uint64_t>> all;
  for (auto& [name, p] : by_name_)
    if (const auto count = std::exchange(p.left_out, 0); count != 0)
      all.emplace_back(name, count);
  return all;
}

} // namespace ainur
