#include "ainur/discovery/kademlia/provider_store.hpp"

#include <algorithm>

namespace ainur::discovery::kademlia {

bool provider_store::add(const key& at, const contact& provider, instant now) {
  if (provider.claims_too_much() || options_.key_records_max == 0)
    return false;
  expire(now);
  const auto until = now + options_.validity;
  const auto list = by_key_.find(at);
  if (list != by_key_.end()) {
    auto& records = list->second;
    const auto known =
        std::ranges::find(records, provider.peer(), [](auto& r) { return r.provider.peer(); });
    if (known != records.end()) {
      by_age_.erase({known->until, at, provider.peer()});
      *known = {provider, until};
      by_age_.insert({until, at, provider.peer()});
      return true;
    }
  }
  const auto held = by_peer_.find(provider.peer());
  if (held != by_peer_.end() && held->second >= options_.peer_records_max)
    return false;
  const bool list_full = list != by_key_.end() && list->second.size() >= options_.key_records_max;
  if (by_age_.size() >= options_.records_max && !list_full)
    return false;
  auto& records = by_key_[at];
  if (list_full)
    drop(at, records, to_displace(records, provider));
  records.push_back({provider, until});
  ++by_peer_[provider.peer()];
  by_age_.insert({until, at, provider.peer()});
  return true;
}

/// The oldest record of the group that would hold most.
std::size_t provider_store::to_displace(const std::vector<record>& records,
                                        const contact& newcomer) {
  std::map<ip_group, std::size_t> held;
  for (const auto& g : newcomer.groups())
    ++held[g];
  for (const auto& r : records)
    for (const auto& g : r.provider.groups())
      ++held[g];
  const auto weight = [&held](const record& r) {
    std::size_t most = 0;
    for (const auto& g : r.provider.groups())
      most = std::max(most, held[g]);
    return most;
  };
  std::size_t worst = 0;
  for (std::size_t i = 1; i < records.size(); ++i) {
    const auto [a, b] = std::pair{weight(records[i]), weight(records[worst])};
    if (a > b || (a == b && records[i].until < records[worst].until))
      worst = i;
  }
  return worst;
}

void provider_store::drop(const key& at, std::vector<record>& records, std::size_t index) {
  const auto gone = records[index];
  by_age_.erase({gone.until, at, gone.provider.peer()});
  if (const auto held = by_peer_.find(gone.provider.peer()); --held->second == 0)
    by_peer_.erase(held);
  records.erase(records.begin() + static_cast<std::ptrdiff_t>(index));
}

std::vector<contact> provider_store::find(const key& at, std::size_t count, instant now,
                                          rng& random) const {
  std::vector<contact> out;
  const auto list = by_key_.find(at);
  if (list == by_key_.end())
    return out;
  for (const auto& r : list->second)
    if (r.until > now)
      out.push_back(r.provider);
  if (out.size() > count) {
    random.shuffle(std::span{out});
    out.erase(out.begin() + static_cast<std::ptrdiff_t>(count), out.end());
  }
  return out;
}

void provider_store::expire(instant now) {
  while (!by_age_.empty() && by_age_.begin()->until <= now) {
    const auto oldest = *by_age_.begin();
    const auto list = by_key_.find(oldest.at);
    const auto gone =
        std::ranges::find(list->second, oldest.provider, [](auto& r) { return r.provider.peer(); });
    drop(oldest.at, list->second, static_cast<std::size_t>(gone - list->second.begin()));
    if (list->second.empty())
      by_key_.erase(list);
  }
}

instant provider_store::next_expiry() const noexcept {
  return by_age_.empty() ? instant::max() : by_age_.begin()->until;
}

} // namespace ainur::discovery::kademlia
