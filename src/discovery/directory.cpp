#include "ainur/discovery/directory.hpp"

#include <algorithm>

namespace ainur::discovery {

const listing* snapshot::find(std::uint32_t index) const noexcept {
  if (index < agents.size() && agents[index].index == index)
    return &agents[index]; // no smaller number is missing: the most frequent case
  const auto at = std::lower_bound(agents.begin(), agents.end(), index,
                                   [](const listing& l, std::uint32_t i) { return l.index < i; });
  return at == agents.end() || at->index != index ? nullptr : &*at;
}

std::uint32_t* directory::probe(const account_id& agent) noexcept {
  const auto mask = buckets_.size() - 1;
  for (auto at = std::hash<account_id>{}(agent)&mask;; at = (at + 1) & mask)
    if (buckets_[at] == empty || listings_[buckets_[at]].agent == agent)
      return &buckets_[at];
}

void directory::grow() {
  if (buckets_.size() >= 2 * (listings_.size() + 1))
    return;
  buckets_.assign(std::max<std::size_t>(16, buckets_.size() * 2), empty);
  for (std::uint32_t i = 0; i < listings_.size(); ++i)
    *probe(listings_[i].agent) = i;
}

std::uint32_t directory::intern_set(const std::vector<std::string>& capabilities) {
  std::vector<std::uint32_t> set;
  for (const auto& name : capabilities) {
    const auto [at, fresh] = numbers_.emplace(name, static_cast<std::uint32_t>(partitions_.size()));
    if (fresh)
      partitions_.push_back(
          {.name = name, .members = {}, .version = std::uint64_t{life_} << 32, .current = {}});
    set.push_back(at->second);
  }
  std::sort(set.begin(), set.end());
  set.erase(std::unique(set.begin(), set.end()), set.end());
  const auto [at, fresh] = set_numbers_.emplace(set, static_cast<std::uint32_t>(sets_.size()));
  if (fresh)
    sets_.push_back(set);
  return at->second;
}

void directory::touch(std::uint32_t index) {
  for (const auto number : sets_[set_of_[index]]) {
    partitions_[number].current.reset();
    changed_.insert(number);
  }
}

void directory::set_present(std::uint32_t index, bool present) {
  auto& shown = listings_[index];
  if (shown.present != present)
    present ? ++present_ : --present_;
  shown.present = present;
  touch(index);
}

std::uint32_t directory::add(const account_id& agent, const account_id& controller, address at,
                             const std::vector<std::string>& capabilities) {
  grow();
  auto* bucket = probe(agent);
  const auto set = intern_set(capabilities);
  const bool fresh = *bucket == empty;
  if (fresh) {
    *bucket = static_cast<std::uint32_t>(listings_.size());
    listings_.push_back({.agent = agent, .controller = controller, .at = at, .index = *bucket});
    set_of_.push_back(set);
  }
  const auto index = *bucket;
  bool set_changed = false;
  if (fresh || set_of_[index] != set) {
    if (!fresh)
      touch(index); // leaves its old capabilities
    for (const auto number : sets_[set]) {
      auto& members = partitions_[number].members;
      // An agent that changes to and fro stands here more than once until the list is tidied.
      if (members.size() > 2 * listings_.size())
        tidy(partitions_[number]);
      partitions_[number].sorted =
          partitions_[number].sorted && (members.empty() || members.back() < index);
      members.push_back(index);
    }
    set_of_[index] = set;
    set_changed = true;
  }
  auto& shown = listings_[index];
  if (!set_changed && shown.present && shown.controller == controller && shown.at == at)
    return index; // listed so already
  if (shown.present && shown.at.guard != at.guard)
    leave_guard(index);
  if (!shown.present || shown.at.guard != at.guard)
    by_guard_[at.guard].push_back(index);
  shown.controller = controller;
  shown.at = at;
  set_present(index, true);
  return index;
}

void directory::tidy(partition& part) {
  if (part.sorted)
    return;
  std::sort(part.members.begin(), part.members.end());
  part.members.erase(std::unique(part.members.begin(), part.members.end()), part.members.end());
  part.sorted = true;
}

/// Linear in the group, which has at most some 1,000.
void directory::leave_guard(std::uint32_t index) {
  const auto group = by_guard_.find(listings_[index].at.guard);
  if (group == by_guard_.end())
    return;
  std::erase(group->second, index);
  if (group->second.empty())
    by_guard_.erase(group);
}

void directory::remove_guard(std::uint32_t guard) {
  const auto group = by_guard_.find(guard);
  if (group == by_guard_.end())
    return;
  for (const auto index : group->second)
    if (listings_[index].at.guard == guard && listings_[index].present)
      set_present(index, false);
  by_guard_.erase(group);
}

void directory::remove(const account_id& agent) {
  if (buckets_.empty())
    return;
  if (const auto index = *probe(agent); index != empty && listings_[index].present) {
    leave_guard(index);
    set_present(index, false);
  }
}

bool directory::update(const account_id& agent, std::uint16_t reputation, bool bonded) {
  if (buckets_.empty())
    return false;
  const auto index = *probe(agent);
  if (index == empty)
    return false;
  auto& shown = listings_[index];
  if (shown.reputation == reputation && shown.bonded == bonded)
    return true;
  // A snapshot shows the standing of a hundred points: finer changes do not make a new version.
  const bool visible = shown.bonded != bonded || shown.reputation / 100 != reputation / 100;
  shown.reputation = reputation;
  shown.bonded = bonded;
  if (visible && shown.present)
    touch(index);
  return true;
}

snapshot_ptr directory::find(const std::string& capability) {
  const auto number = numbers_.find(capability);
  if (number == numbers_.end())
    return std::make_shared<const snapshot>(snapshot{capability, 0, {}, life_});
  auto& part = partitions_[number->second];
  if (part.current)
    return part.current;
  tidy(part);
  auto made = std::make_shared<snapshot>();
  made->capability = capability;
  made->version = ++part.version;
  made->life = life_;
  for (const auto index : part.members) {
    const auto& set = sets_[set_of_[index]];
    if (listings_[index].present && std::binary_search(set.begin(), set.end(), number->second))
      made->agents.push_back(listings_[index]);
  }
  part.current = std::move(made);
  return part.current;
}

std::vector<std::string> directory::take_changed() {
  std::vector<std::string> names;
  names.reserve(changed_.size());
  for (const auto number : changed_)
    names.push_back(partitions_[number].name);
  changed_.clear();
  return names;
}

const listing* directory::lookup(const account_id& agent) const noexcept {
  if (buckets_.empty())
    return nullptr;
  const auto index = *const_cast<directory*>(this)->probe(agent); // probe itself changes nothing
  return index == empty ? nullptr : &listings_[index];
}

} // namespace ainur::discovery
