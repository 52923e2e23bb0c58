#include "message_cache.hpp"

#include <algorithm>

namespace ainur::discovery::gossip {

void message_cache::put(message_ptr m, std::uint32_t topic, std::uint64_t tick) {
  const auto id = m->id();
  if (messages_.find(id) != nullptr)
    return;
  bytes_ += size_of(*m);
  messages_.push(id, {std::move(m), topic, tick, {}});
  while (messages_.size() > messages_max_ || bytes_ > bytes_max_)
    drop_front();
}

void message_cache::drop_front() {
  const auto& oldest = messages_.front().value;
  bytes_ -= size_of(*oldest.what) + oldest.requests.size() * sizeof(request);
  messages_.pop_front();
}

void message_cache::forget_until(std::uint64_t tick) {
  while (!messages_.empty() && messages_.front().value.tick <= tick)
    drop_front();
}

const message_ptr* message_cache::find(const message_id& id) const noexcept {
  const auto* found = messages_.find(id);
  return found == nullptr ? nullptr : &found->what;
}

std::uint32_t message_cache::count_request(const message_id& id, std::uint64_t peer) {
  auto& all = messages_.find(id)->requests;
  const auto known =
      std::find_if(all.begin(), all.end(), [&](const request& r) { return r.peer == peer; });
  if (known != all.end())
    return ++known->count;
  all.push_back({peer, 1});
  bytes_ += sizeof(request);
  return 1;
}

std::vector<message_id> message_cache::ids_since(std::uint64_t tick, std::uint32_t topic,
                                                 std::size_t count_max) const {
  std::vector<message_id> out;
  const auto& all = messages_.entries();
  for (auto at = all.rbegin(); at != all.rend() && at->value.tick >= tick; ++at)
    if (at->value.topic == topic && out.size() < count_max)
      out.push_back(at->id);
  return out;
}

} // namespace ainur::discovery::gossip
