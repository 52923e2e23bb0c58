#include "ainur/discovery/kademlia/routing_table.hpp"

#include <algorithm>

namespace ainur::discovery::kademlia {

routing_table::routing_table(const peer_id& self, const table_options& options)
    : self_(self), at_(point_of(self)), options_(options), groups_(options.group_max) {
  options_.bucket_size = std::max<std::size_t>(options_.bucket_size, 1);
}

std::size_t routing_table::bucket_of(const key& point) const noexcept {
  return std::min(static_cast<std::size_t>(common_prefix(at_, point)), buckets_.size() - 1);
}

table_entry* routing_table::entry_of(const contact& who) noexcept {
  auto& b = buckets_[bucket_of(who.at())];
  const auto at = std::ranges::find(b, who.peer(), [](auto& e) { return e.who.peer(); });
  return at == b.end() ? nullptr : &*at;
}

const table_entry* routing_table::find(const contact& who) const noexcept {
  return const_cast<routing_table*>(this)->entry_of(who);
}

group_count& routing_table::prefix_groups(const key& point) {
  const auto prefix = static_cast<std::size_t>(common_prefix(at_, point));
  while (prefix_groups_.size() <= prefix)
    prefix_groups_.emplace_back(options_.group_prefix_max);
  return prefix_groups_[prefix];
}

bool routing_table::has_room_for_group(const contact& who) {
  return groups_.has_room(who) && prefix_groups(who.at()).has_room(who);
}

routing_table::addition routing_table::add(const contact& who, instant now) {
  if (who.peer() == self_)
    return addition::self;
  if (auto* known = entry_of(who))
    return update(*known, who, now);
  auto* b = &buckets_[bucket_of(who.at())];
  auto victim = b->end();
  if (b->size() >= options_.bucket_size && b == &buckets_.back()) {
    split_last();
    b = &buckets_[bucket_of(who.at())];
  }
  if (b->size() >= options_.bucket_size) {
    victim = std::ranges::max_element(*b, {}, &table_entry::failures);
    if (victim->failures == 0)
      return addition::full;
    // The group of the one who goes may be what is in the way, so it makes room first.
    const auto gone = *victim;
    take(*b, static_cast<std::size_t>(victim - b->begin()));
    if (!has_room_for_group(who)) {
      put(*b, gone.who, gone.heard);
      b->back().failures = gone.failures;
      return addition::group_full;
    }
  } else if (!has_room_for_group(who)) {
    return addition::group_full;
  }
  put(*b, who, now);
  return addition::added;
}

routing_table::addition routing_table::update(table_entry& e, const contact& who, instant now) {
  e.heard = std::max(e.heard, now);
  e.failures = 0;
  if (e.who == who)
    return addition::known;
  const auto before = e.who;
  auto& near = prefix_groups(who.at());
  groups_.remove(before);
  near.remove(before);
  const auto& now_there = has_room_for_group(who) ? who : before;
  groups_.add(now_there);
  near.add(now_there);
  e.who = now_there;
  return addition::known;
}

bool routing_table::heard(const contact& who, instant now) {
  auto* e = entry_of(who);
  if (e == nullptr)
    return false;
  e->heard = std::max(e->heard, now);
  e->failures = 0;
  return true;
}

bool routing_table::failed(const contact& who) {
  auto* e = entry_of(who);
  if (e == nullptr || ++e->failures < options_.failures_max)
    return false;
  return remove(who);
}

bool routing_table::remove(const contact& who) {
  const auto* e = entry_of(who);
  if (e == nullptr)
    return false;
  auto& b = buckets_[bucket_of(who.at())];
  take(b, static_cast<std::size_t>(e - b.data()));
  return true;
}

void routing_table::put(bucket& b, const contact& who, instant now) {
  groups_.add(who);
  prefix_groups(who.at()).add(who);
  b.push_back({who, now, 0});
  ++size_;
}

void routing_table::take(bucket& b, std::size_t index) {
  groups_.remove(b[index].who);
  prefix_groups(b[index].who.at()).remove(b[index].who);
  b.erase(b.begin() + static_cast<std::ptrdiff_t>(index));
  --size_;
}

/// Until the last bucket has room, or all in it share every bit.
void routing_table::split_last() {
  while (buckets_.back().size() >= options_.bucket_size && buckets_.size() < key_bits) {
    const auto prefix = static_cast<int>(buckets_.size()) - 1;
    auto& last = buckets_.back();
    const auto nearer = std::stable_partition(last.begin(), last.end(), [&](const table_entry& e) {
      return common_prefix(at_, e.who.at()) == prefix;
    });
    bucket next{nearer, last.end()};
    last.erase(nearer, last.end());
    buckets_.push_back(std::move(next));
  }
}

std::vector<contact> routing_table::closest(const key& target, std::size_t count,
                                            const peer_id* except) const {
  struct near {
    bool failed;
    key distance;
    const contact* who;

    auto operator<=>(const near& o) const {
      return std::tie(failed, distance) <=> std::tie(o.failed, o.distance);
    }
  };

  std::vector<near> found;
  found.reserve(4 * options_.bucket_size);
  std::size_t answering = 0;
  const auto gather = [&](const bucket& b) {
    for (const auto& e : b)
      if (except == nullptr || e.who.peer() != *except) {
        found.push_back({e.failures != 0, distance(target, e.who.at()), &e.who});
        answering += e.failures == 0 ? 1 : 0;
      }
  };
  // Those in the target's own bucket share a bit more with it than all later buckets do, and each
  // earlier bucket shares one less.
  const auto own = bucket_of(target);
  gather(buckets_[own]);
  if (answering < count)
    for (auto i = own + 1; i < buckets_.size(); ++i)
      gather(buckets_[i]);
  for (auto i = own; i-- > 0 && answering < count;)
    gather(buckets_[i]);
  const auto n = std::min(count, found.size());
  const auto end = found.begin() + static_cast<std::ptrdiff_t>(n);
  std::partial_sort(found.begin(), end, found.end());
  std::vector<contact> out;
  out.reserve(n);
  for (auto i = found.begin(); i != end; ++i)
    out.push_back(*i->who);
  return out;
}

std::vector<contact> routing_table::silent(instant before, std::size_t count) const {
  std::vector<const table_entry*> found;
  for (const auto& b : buckets_)
    for (const auto& e : b)
      if (e.heard < before)
        found.push_back(&e);
  std::ranges::stable_sort(found, {}, &table_entry::heard);
  std::vector<contact> out;
  for (std::size_t i = 0; i < std::min(count, found.size()); ++i)
    out.push_back(found[i]->who);
  return out;
}

} // namespace ainur::discovery::kademlia
