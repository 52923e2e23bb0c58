#include "ainur/discovery/presence.hpp"

#include <algorithm>

#include "ainur/codec/msgpack.hpp"

namespace ainur::discovery {

namespace {

constexpr codec::limits announcement_limits{
    .bytes_max = 1'024, .elements_max = 16, .blob_max = 512, .depth_max = 4};

} // namespace

std::string presence_topic(std::string_view capability) {
  return "/ainur/v1/global/l3_aether/presence/" + std::string{capability};
}

publication presence_announcer::make(const own& who, bool leaves, timestamp utc) {
  // Also after a restart the numbers grow, as long as the clock does.
  sequence_ =
      std::max(sequence_ + 1, static_cast<std::uint64_t>(std::max<std::int64_t>(micros(utc), 0)));
  const presence_announcement a{who.first, who.second, peer_of(key_.public_part()),
                                sequence_, leaves,     utc};
  return {presence_topic(who.first), codec::encode(crypto::sign(a, key_))};
}

result<publication> presence_announcer::join(const std::string& capability, const account_id& agent,
                                             instant now, timestamp utc) {
  if (capability.empty() || capability.size() > presence_announcement::capability_max)
    return fail(errc::too_large, "a capability's name has 1 to 128 bytes");
  const own who{capability, agent};
  if (!due_.contains(who) && due_.size() >= options_.own_max)
    return fail(errc::too_large,
                std::to_string(due_.size()) + " agents are announced already; own_max says so");
  due_[who] = now + options_.heartbeat;
  return make(who, false, utc);
}

std::vector<publication> presence_announcer::leave(const std::string& capability,
                                                   const account_id& agent, timestamp utc) {
  const own who{capability, agent};
  if (due_.erase(who) == 0)
    return {};
  return {make(who, true, utc)};
}

std::vector<publication> presence_announcer::tick(instant now, timestamp utc) {
  std::vector<publication> out;
  for (auto& [who, due] : due_)
    if (due <= now) {
      due = now + options_.heartbeat;
      out.push_back(make(who, false, utc));
    }
  return out;
}

instant presence_announcer::next_wake() const noexcept {
  auto at = instant::max();
  for (const auto& [who, due] : due_)
    at = std::min(at, due);
  return at;
}

std::size_t presence_announcer::count(const std::string& capability) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      due_, [&](const auto& entry) { return entry.first.first == capability; }));
}

result<presence_table::change> presence_table::receive(std::string_view capability, bytes_view data,
                                                       instant now, timestamp utc) {
  const auto sealed =
      codec::decode<crypto::signed_<presence_announcement>>(data, announcement_limits);
  if (!sealed)
    return fail(sealed.error());
  const auto a = crypto::verify(*sealed, announcement_limits);
  if (!a)
    return fail(a.error());
  if (a->peer != peer_of(sealed->signer))
    return fail(errc::wrong_signer, "presence through " + to_text(a->peer) + " signed by " +
                                        to_text(peer_of(sealed->signer)));
  if (a->capability != capability || capability.size() > presence_announcement::capability_max)
    return fail(errc::malformed, "an announcement of another capability than its topic's");
  // A sender's time is any number: differences only after both ends are known to be near.
  if (a->at > utc + options_.skew || a->at <= utc - options_.life)
    return fail(errc::stale, "an announcement made at " + to_string(a->at));
  const place where{a->capability, a->agent, a->peer};
  auto known = entries_.find(where);
  if (known != entries_.end() && known->second.sequence >= a->sequence)
    return fail(errc::stale, "announcement " + std::to_string(a->sequence) + ", known is " +
                                 std::to_string(known->second.sequence));
  const bool was_there =
      known != entries_.end() && !known->second.left && known->second.until > now;
  if (known == entries_.end()) {
    const auto held = by_peer_.find(a->peer);
    if (entries_.size() >= options_.agents_max ||
        (held != by_peer_.end() && held->second >= options_.peer_agents_max))
      return fail(errc::too_large, "more agents are announced than the table holds");
    known = entries_.emplace(where, entry{}).first;
    ++by_peer_[a->peer];
  } else {
    by_expiry_.erase({known->second.until, where});
  }
  const auto life = std::min(options_.life, options_.life + (a->at - utc));
  known->second = {a->sequence, now + life, a->leaves};
  by_expiry_.insert({now + life, where});
  if (a->leaves)
    return change::left;
  return was_there ? change::stayed : change::came;
}

std::vector<presence_table::present> presence_table::find(std::string_view capability,
                                                          instant now) const {
  std::vector<present> out;
  const place first{std::string{capability}, {}, {}};
  for (auto at = entries_.lower_bound(first);
       at != entries_.end() && std::get<0>(at->first) == capability; ++at)
    if (!at->second.left && at->second.until > now)
      out.push_back({std::get<1>(at->first), std::get<2>(at->first)});
  return out;
}

std::vector<std::pair<std::string, presence_table::present>> presence_table::expire(instant now) {
  std::vector<std::pair<std::string, present>> gone;
  while (!by_expiry_.empty() && by_expiry_.begin()->first <= now) {
    const auto at = entries_.find(by_expiry_.begin()->second);
    const auto& [capability, agent, peer] = at->first;
    if (!at->second.left)
      gone.push_back({capability, {agent, peer}});
    by_expiry_.erase(by_expiry_.begin());
    if (const auto held = by_peer_.find(peer); --held->second == 0)
      by_peer_.erase(held);
    entries_.erase(at);
  }
  return gone;
}

instant presence_table::next_expiry() const noexcept {
  return by_expiry_.empty() ? instant::max() : by_expiry_.begin()->first;
}

} // namespace ainur::discovery
