#include "ainur/discovery/kademlia/lookup.hpp"

#include <algorithm>

namespace ainur::discovery::kademlia {

lookup::lookup(const key& target, const peer_id& self, const lookup_options& options,
               std::span<const contact> seeds)
    : target_(target), self_(self), options_(options) {
  options_.k = std::max<std::size_t>(options_.k, 1);
  options_.paths = std::clamp<std::size_t>(options_.paths, 1, 255);
  options_.alpha = std::max(options_.alpha, options_.paths);
  paths_.resize(options_.paths);
  for (std::size_t n = 0; n < seeds.size(); ++n) {
    const auto i = intern(seeds[n], nobody);
    if (i != nobody)
      insert(paths_[n % paths_.size()], i);
  }
}

lookup::index lookup::intern(const contact& who, index named_by) {
  if (who.peer() == self_)
    return nobody;
  if (const auto at = numbers_.find(who.peer()); at != numbers_.end()) {
    auto& c = candidates_[at->second];
    c.confirmed = c.confirmed || c.named_by != named_by;
    return at->second;
  }
  if (candidates_.size() >= options_.candidates_max)
    return nobody;
  const auto i = static_cast<index>(candidates_.size());
  candidate c{.who = who, .distance = distance(target_, who.at())};
  c.confirmed = named_by == nobody;
  c.named_by = named_by;
  c.hop = named_by == nobody ? 1 : candidates_[named_by].hop + 1;
  candidates_.push_back(std::move(c));
  numbers_.emplace(who.peer(), i);
  return i;
}

void lookup::insert(path& p, index i) {
  const auto nearer = [this](index a, index b) {
    return candidates_[a].distance < candidates_[b].distance;
  };
  const auto at = std::lower_bound(p.nearest.begin(), p.nearest.end(), i, nearer);
  if (at == p.nearest.end() || *at != i)
    p.nearest.insert(at, i);
}

bool lookup::doubted(const candidate& c) const noexcept {
  return !c.confirmed && options_.credit != 0 &&
         candidates_[c.named_by].lost_credit >= options_.credit;
}

/// The nearest not yet asked among the k nearest of a path that have not failed.
lookup::index lookup::next_on(const path& p) const {
  group_count groups{options_.group_max};
  std::size_t counted = 0;
  for (const auto i : p.nearest) {
    const auto& c = candidates_[i];
    if (c.is == state::failed || (c.is == state::fresh && doubted(c)) || !groups.admit(c.who))
      continue;
    if (c.is == state::fresh)
      return i;
    if (++counted == options_.k)
      break;
  }
  return nobody;
}

std::vector<contact> lookup::next() {
  std::vector<contact> out;
  const auto share = options_.alpha / paths_.size();
  for (std::size_t n = 0; n < paths_.size(); ++n) {
    auto& p = paths_[n];
    while (p.waiting < share && requests_ < options_.requests_max) {
      const auto i = next_on(p);
      if (i == nobody)
        break;
      auto& c = candidates_[i];
      c.is = state::waiting;
      c.path = static_cast<std::uint8_t>(n);
      ++p.waiting;
      ++waiting_;
      ++requests_;
      out.push_back(c.who);
    }
  }
  return out;
}

void lookup::answered(const peer_id& from, std::span<const contact> closer) {
  const auto at = numbers_.find(from);
  if (at == numbers_.end() || candidates_[at->second].is != state::waiting)
    return;
  const auto source = at->second;
  candidates_[source].is = state::answered;
  auto& p = paths_[candidates_[source].path];
  --p.waiting;
  --waiting_;
  for (const auto& who : closer.first(std::min(closer.size(), options_.referrals_max)))
    if (const auto i = intern(who, source); i != nobody)
      insert(p, i);
}

void lookup::failed(const peer_id& peer) {
  const auto at = numbers_.find(peer);
  if (at == numbers_.end() || candidates_[at->second].is != state::waiting)
    return;
  auto& c = candidates_[at->second];
  c.is = state::failed;
  --paths_[c.path].waiting;
  --waiting_;
  if (c.named_by != nobody)
    ++candidates_[c.named_by].lost_credit;
}

bool lookup::finished() const noexcept {
  if (waiting_ != 0)
    return false;
  return requests_ >= options_.requests_max ||
         std::ranges::all_of(paths_, [this](const path& p) { return next_on(p) == nobody; });
}

std::vector<contact> lookup::all_answered() const {
  std::vector<const candidate*> found;
  for (const auto& c : candidates_)
    if (c.is == state::answered)
      found.push_back(&c);
  std::ranges::sort(found, {}, [](const candidate* c) { return c->distance; });
  std::vector<contact> out;
  out.reserve(found.size());
  for (const auto* c : found)
    out.push_back(c->who);
  return out;
}

std::vector<contact> lookup::closest(std::size_t count) const {
  group_count groups{options_.group_max};
  std::vector<contact> out;
  for (auto& who : all_answered())
    if (out.size() < count && groups.admit(who))
      out.push_back(std::move(who));
  return out;
}

const contact* lookup::find(const peer_id& peer) const noexcept {
  const auto at = numbers_.find(peer);
  return at == numbers_.end() ? nullptr : &candidates_[at->second].who;
}

bool lookup::has_answered(const peer_id& peer) const noexcept {
  const auto at = numbers_.find(peer);
  return at != numbers_.end() && candidates_[at->second].is == state::answered;
}

std::uint32_t lookup::hops() const {
  std::uint32_t most = 0;
  for (const auto& who : closest(options_.k))
    most = std::max(most, candidates_[numbers_.at(who.peer())].hop);
  return most;
}

} // namespace ainur::discovery::kademlia
