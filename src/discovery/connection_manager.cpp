#include "ainur/discovery/connection_manager.hpp"

#include <algorithm>
#include <tuple>

namespace ainur::discovery {

namespace {

constexpr std::size_t protected_max = 1'024; // peers
constexpr std::int64_t decays_max = 1'000;   // a tag not touched for so many intervals is worth 0

std::int64_t clipped(std::int64_t value) noexcept {
  return std::clamp(value, -connection_manager::tag_value_max, connection_manager::tag_value_max);
}

} // namespace

bool connection_manager::opened(const peer_id& peer, instant now) {
  const auto known = peers_.find(peer);
  if (known != peers_.end()) {
    ++known->second.connections;
    return true;
  }
  if (peers_.size() >= options_.connections_max && !protected_.contains(peer))
    return false;
  peers_.emplace(peer, connected{.since = now, .connections = 1, .tags = {}});
  return true;
}

void connection_manager::closed(const peer_id& peer) {
  const auto known = peers_.find(peer);
  if (known != peers_.end() && --known->second.connections == 0)
    peers_.erase(known);
}

bool connection_manager::protect(const peer_id& peer, const std::string& by) {
  const auto known = protected_.find(peer);
  if (known == protected_.end() && protected_.size() >= protected_max)
    return false;
  if (known != protected_.end() && known->second.size() >= tags_max && !known->second.contains(by))
    return false;
  protected_[peer].insert(by);
  return true;
}

bool connection_manager::unprotect(const peer_id& peer, const std::string& by) {
  const auto known = protected_.find(peer);
  if (known == protected_.end())
    return false;
  known->second.erase(by);
  if (!known->second.empty())
    return true;
  protected_.erase(known);
  return false;
}

connection_manager::tag_value* connection_manager::tag_of(const peer_id& peer,
                                                          const std::string& name) {
  const auto known = peers_.find(peer);
  if (known == peers_.end())
    return nullptr;
  auto& tags = known->second.tags;
  if (tags.size() >= tags_max && !tags.contains(name))
    return nullptr;
  return &tags[name];
}

bool connection_manager::tag(const peer_id& peer, const std::string& name, std::int64_t value) {
  auto* t = tag_of(peer, name);
  if (t != nullptr)
    *t = {.value = clipped(value)};
  return t != nullptr;
}

void connection_manager::untag(const peer_id& peer, const std::string& name) {
  if (const auto known = peers_.find(peer); known != peers_.end())
    known->second.tags.erase(name);
}

bool connection_manager::bump(const peer_id& peer, const std::string& name, std::int64_t delta,
                              const tag_decay& decay, instant now) {
  auto* t = tag_of(peer, name);
  if (t == nullptr)
    return false;
  *t = {clipped(now_worth(*t, now) + clipped(delta)), now, decay};
  return true;
}

std::int64_t connection_manager::now_worth(const tag_value& t, instant now) noexcept {
  auto value = t.value;
  if (t.decay.interval <= duration{} || now <= t.since)
    return value;
  const auto left = std::int64_t{std::min(t.decay.left_ppm, 1'000'000u)};
  const auto decays = (now - t.since) / t.decay.interval;
  if (decays > decays_max)
    return 0;
  for (auto n = decays; n > 0 && value != 0; --n)
    value = value * left / 1'000'000;
  return value;
}

std::int64_t connection_manager::sum(const connected& c, instant now) noexcept {
  std::int64_t all = 0;
  for (const auto& [name, t] : c.tags)
    all += now_worth(t, now);
  return all;
}

std::int64_t connection_manager::value(const peer_id& peer, instant now) const {
  const auto known = peers_.find(peer);
  return known == peers_.end() ? 0 : sum(known->second, now);
}

std::vector<peer_id> connection_manager::trim(instant now) {
  if (peers_.size() <= options_.high_water || now < next_trim_)
    return {};
  next_trim_ = now + options_.trim_interval;
  std::vector<std::tuple<std::int64_t, std::int64_t, peer_id>> idle; // value, age, peer
  for (const auto& [peer, c] : peers_)
    if (now - c.since >= options_.grace && !protected_.contains(peer))
      idle.emplace_back(sum(c, now), micros(now - c.since), peer);
  std::ranges::sort(idle);
  std::vector<peer_id> out;
  for (const auto& [worth, age, peer] : idle) {
    if (peers_.size() - out.size() <= options_.low_water)
      break;
    out.push_back(peer);
  }
  return out;
}

} // namespace ainur::discovery
