#include "ainur/ledger/channel_watcher.hpp"

#include <algorithm>

namespace ainur::ledger {

std::optional<ledger::call> channel_watcher::wanted(const watched& w, timestamp utc) {
  const auto& mine = w.newest.content;
  if (mine.is_final)
    return close_channel{w.newest};
  if (!w.on_ledger)
    return w.enforced ? std::optional<ledger::call>{register_state{w.newest}} : std::nullopt;
  if (utc >= w.on_ledger->timeout)
    return conclude_channel{mine.channel};
  if (w.on_ledger->version < mine.version)
    return register_state{w.newest};
  return std::nullopt;
}

void channel_watcher::act(watched& w, instant now, timestamp utc, calls& out) const {
  if (w.next_try && now < *w.next_try)
    return;
  auto c = wanted(w, utc);
  if (!c)
    return;
  out.push_back(std::move(*c));
  w.next_try = now + retry_;
}

channel_watcher::calls channel_watcher::hold(const signed_channel_state& newest, instant now,
                                             timestamp utc) {
  const auto [it, fresh] = watched_.try_emplace(newest.content.channel);
  auto& w = it->second;
  calls out;
  if (fresh || newest.content.version > w.newest.content.version) {
    w.newest = newest;
    w.next_try.reset();
  }
  act(w, now, utc, out);
  return out;
}

channel_watcher::calls channel_watcher::enforce(const channel_id& id, instant now, timestamp utc) {
  calls out;
  if (const auto it = watched_.find(id); it != watched_.end()) {
    it->second.enforced = true;
    act(it->second, now, utc, out);
  }
  return out;
}

channel_watcher::calls channel_watcher::see(const event::any& e, instant now, timestamp utc) {
  calls out;
  if (const auto* concluded = std::get_if<event::channel_concluded>(&e); concluded != nullptr)
    watched_.erase(concluded->channel);
  const auto* registered = std::get_if<event::channel_registered>(&e);
  if (registered == nullptr)
    return out;
  const auto it = watched_.find(registered->newest.channel);
  if (it == watched_.end())
    return out;
  it->second.on_ledger = registration{registered->newest.version, registered->timeout};
  it->second.next_try.reset();
  act(it->second, now, utc, out);
  return out;
}

channel_watcher::calls channel_watcher::look(const channel_view& v, instant now, timestamp utc) {
  calls out;
  const auto it = watched_.find(v.channel);
  if (it == watched_.end())
    return out;
  if (v.phase == channel_phase::concluded) {
    watched_.erase(it);
    return out;
  }
  auto& w = it->second;
  w.on_ledger.reset();
  if (v.phase == channel_phase::registered)
    w.on_ledger = registration{v.newest.version, v.due};
  act(w, now, utc, out);
  return out;
}

channel_watcher::calls channel_watcher::tick(instant now, timestamp utc) {
  calls out;
  for (auto& [id, w] : watched_)
    act(w, now, utc, out);
  return out;
}

std::optional<instant> channel_watcher::wake_at(instant now, timestamp utc) const {
  std::optional<instant> first;
  for (const auto& [id, w] : watched_) {
    std::optional<instant> at;
    if (wanted(w, utc))
      at = w.next_try.value_or(now);
    else if (w.on_ledger)
      at = now + (w.on_ledger->timeout - utc);
    if (at)
      first = first ? std::min(*first, *at) : *at;
  }
  return first;
}

} // namespace ainur::ledger
