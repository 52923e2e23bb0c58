#include "validation_queue.hpp"

#include <algorithm>

#include "message_cache.hpp"

namespace ainur::discovery::gossip {

waiting* validation_queue::find(const message& m) {
  const auto at = by_id_.find(m.id());
  if (at == by_id_.end())
    return nullptr;
  for (auto& w : at->second)
    if (w.what.get() == &m || *w.what == m)
      return &w;
  return nullptr;
}

const waiting& validation_queue::push(message_ptr m, std::uint32_t topic, const peer_life& from) {
  ++size_;
  bytes_ += size_of(*m);
  auto& same_id = by_id_[m->id()];
  same_id.push_back({++next_, std::move(m), topic, {from}});
  return same_id.back();
}

std::optional<waiting> validation_queue::take(const validation& which) {
  const auto at = by_id_.find(which.id);
  if (at == by_id_.end())
    return std::nullopt;
  auto& same_id = at->second;
  const auto found = std::find_if(same_id.begin(), same_id.end(),
                                  [&](const waiting& w) { return w.number == which.number; });
  if (found == same_id.end())
    return std::nullopt;
  std::optional<waiting> out{std::move(*found)};
  --size_;
  bytes_ -= size_of(*out->what);
  same_id.erase(found);
  if (same_id.empty())
    by_id_.erase(at);
  return out;
}

} // namespace ainur::discovery::gossip
