#include "ainur/discovery/kademlia/contact.hpp"

namespace ainur::discovery::kademlia {

contact::contact(const peer_id& peer, std::vector<multiaddr> addresses) {
  auto d = std::make_shared<data>();
  d->peer = peer;
  d->at = point_of(peer);
  if (addresses.size() > addresses_max)
    addresses.resize(addresses_max);
  d->addresses = std::move(addresses);
  const auto claim = [&d](const ip_group& g) {
    const auto end = d->groups.begin() + d->groups_count;
    if (std::find(d->groups.begin(), end, g) != end)
      return;
    if (d->groups_count == groups_max)
      d->too_many = true;
    else
      d->groups[d->groups_count++] = g;
  };
  for (const auto& a : d->addresses)
    claim(group_of(a));
  if (d->addresses.empty())
    claim({});
  data_ = std::move(d);
}

void group_count::add(const contact& who) {
  if (limit_ == 0)
    return;
  for (const auto& g : who.groups()) {
    const auto at = find(g);
    if (at != counts_.end() && at->of == g)
      ++counts_[static_cast<std::size_t>(at - counts_.begin())].count;
    else
      counts_.insert(at, {g, 1});
  }
}

void group_count::remove(const contact& who) noexcept {
  if (limit_ == 0)
    return;
  for (const auto& g : who.groups()) {
    const auto at = counts_.begin() + (find(g) - counts_.cbegin());
    if (at != counts_.end() && at->of == g && --at->count == 0)
      counts_.erase(at);
  }
}

} // namespace ainur::discovery::kademlia
