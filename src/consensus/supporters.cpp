#include "supporters.hpp"

namespace ainur::consensus {

supporters::supporters(const ballots& b)
    : first_(b.candidates + std::size_t{1}, 0), entries_(b.targets.size()),
      approval_(b.candidates, 0) {
  for (const auto c : b.targets)
    ++first_[c + 1];
  for (std::size_t c = 1; c < first_.size(); ++c)
    first_[c] += first_[c - 1];
  auto next = first_;
  for (std::uint32_t v = 0; v < b.voters(); ++v)
    for (auto e = b.first[v]; e < b.first[v + 1]; ++e) {
      entries_[next[b.targets[e]]++] = {v, e};
      approval_[b.targets[e]] += b.budgets[v];
    }
}

} // namespace ainur::consensus
