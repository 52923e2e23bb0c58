#include "ainur/orchestration/peer_numbers.hpp"

#include <algorithm>

namespace ainur::orchestration {

discovery::snapshot_ptr peer_numbers::translate(discovery::snapshot_ptr fresh,
                                                const discovery::snapshot* in_use) {
  if (in_use == nullptr)
    life_ = fresh->life;
  if (life_ == fresh->life) {
    // An agent that is away when the directory is lost gets another number, but nobody else its
    // own.
    if (!fresh->agents.empty())
      next_ = std::max(next_, fresh->agents.back().index + 1);
    return fresh;
  }
  if (life_) // the second directory: until now nothing had to be kept
    for (const auto& one : in_use->agents)
      numbers_.emplace(one.agent, one.index);
  life_.reset();
  auto own = std::make_shared<discovery::snapshot>(*fresh);
  for (auto& one : own->agents) {
    const auto [at, is_new] = numbers_.try_emplace(one.agent, next_);
    next_ += is_new ? 1 : 0;
    one.index = at->second;
  }
  std::sort(own->agents.begin(), own->agents.end(),
            [](const auto& a, const auto& b) { return a.index < b.index; });
  return own;
}

} // namespace ainur::orchestration
