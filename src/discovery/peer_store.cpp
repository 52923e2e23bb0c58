#include "ainur/discovery/peer_store.hpp"

#include <algorithm>
#include <tuple>

#include "ainur/codec/msgpack.hpp"

namespace ainur::discovery {

namespace {

constexpr std::uint8_t version = 1;

struct saved_peer {
  peer_id peer;
  std::vector<bytes> addresses;
  timestamp seen{};
  std::uint32_t failures = 0;
  AINUR_FIELDS(saved_peer, peer, addresses, seen, failures)
};

struct saved_peers {
  std::uint8_t form = version;
  std::vector<saved_peer> peers;
  AINUR_FIELDS(saved_peers, form, peers)
};

} // namespace

void peer_store::learn(known& k, const std::vector<multiaddr>& addresses) const {
  auto all = addresses;
  all.insert(all.end(), k.addresses.begin(), k.addresses.end());
  k.addresses.clear();
  for (auto& a : all)
    if (k.addresses.size() < options_.addresses_max &&
        std::ranges::find(k.addresses, a) == k.addresses.end())
      k.addresses.push_back(std::move(a));
}

/// The peer's place, made if need be. Nothing if there is no room for it.
peer_store::known* peer_store::place_for(const peer_id& peer) {
  if (const auto at = peers_.find(peer); at != peers_.end())
    return &at->second;
  if (options_.peers_max == 0)
    return nullptr;
  if (peers_.size() >= options_.peers_max) {
    const auto worst = std::ranges::max_element(peers_, [](const auto& a, const auto& b) {
      return std::tie(a.second.failures, b.second.seen) <
             std::tie(b.second.failures, a.second.seen);
    });
    peers_.erase(worst);
  }
  return &peers_[peer];
}

void peer_store::seen(const peer_id& peer, const std::vector<multiaddr>& addresses, timestamp utc) {
  auto* k = place_for(peer);
  if (k == nullptr)
    return;
  learn(*k, addresses);
  k->seen = std::max(k->seen, utc);
  k->failures = 0;
  k->dial_after = instant::min();
}

void peer_store::heard_of(const peer_id& peer, const std::vector<multiaddr>& addresses) {
  const bool room = peers_.size() < options_.peers_max;
  if (!room && !peers_.contains(peer))
    return; // hearsay displaces nobody
  auto& k = peers_[peer];
  for (const auto& a : addresses)
    if (k.addresses.size() < options_.addresses_max &&
        std::ranges::find(k.addresses, a) == k.addresses.end())
      k.addresses.push_back(a);
}

void peer_store::dial_failed(const peer_id& peer, instant now, rng& random) {
  const auto at = peers_.find(peer);
  if (at == peers_.end())
    return;
  auto& k = at->second;
  auto wait = options_.backoff_first;
  for (std::uint32_t i = 0; i < k.failures && wait < options_.backoff_max; ++i)
    wait *= 2;
  wait = std::min(wait, options_.backoff_max);
  const auto half = std::max<std::int64_t>(wait.count() / 2, 0);
  k.dial_after = now + duration{wait.count() - half + random.between(0, half)};
  k.failures += k.failures < ~std::uint32_t{0} ? 1 : 0;
}

std::vector<peer_id> peer_store::to_dial(std::size_t count, instant now) const {
  std::vector<std::tuple<std::uint32_t, std::int64_t, peer_id>> due;
  for (const auto& [peer, k] : peers_)
    if (k.dial_after <= now)
      due.emplace_back(k.failures, -micros(k.seen), peer);
  std::ranges::sort(due);
  std::vector<peer_id> out;
  for (std::size_t i = 0; i < std::min(count, due.size()); ++i)
    out.push_back(std::get<2>(due[i]));
  return out;
}

instant peer_store::next_dial() const noexcept {
  auto at = instant::max();
  for (const auto& [peer, k] : peers_)
    at = std::min(at, k.dial_after);
  return at;
}

const std::vector<multiaddr>* peer_store::addresses(const peer_id& peer) const {
  const auto at = peers_.find(peer);
  return at == peers_.end() ? nullptr : &at->second.addresses;
}

std::uint32_t peer_store::failures(const peer_id& peer) const {
  const auto at = peers_.find(peer);
  return at == peers_.end() ? 0 : at->second.failures;
}

bytes peer_store::encode() const {
  saved_peers all;
  for (const auto& [peer, k] : peers_) {
    auto& p = all.peers.emplace_back(saved_peer{peer, {}, k.seen, k.failures});
    for (const auto& a : k.addresses)
      p.addresses.push_back(a.binary());
  }
  return codec::encode(all);
}

result<peer_store> peer_store::decode(bytes_view in, const peer_store_options& options) {
  const auto all = codec::decode<saved_peers>(
      in, {.elements_max = std::max(options.peers_max, options.addresses_max),
           .blob_max = multiaddr::size_max,
           .depth_max = 8});
  if (!all)
    return fail(all.error());
  if (all->form != version)
    return fail(errc::malformed, "stored peers of version " + std::to_string(all->form) +
                                     "; this program reads version " + std::to_string(version));
  peer_store out{options};
  for (const auto& p : all->peers) {
    if (p.addresses.size() > options.addresses_max || out.peers_.size() >= options.peers_max)
      return fail(errc::too_large, "stored peers beyond the bounds");
    if (p.seen < timestamp{})
      return fail(errc::malformed, "a stored peer was seen before 1970");
    if (!out.peers_.empty() && !(out.peers_.rbegin()->first < p.peer))
      return fail(errc::malformed, "stored peers are not in order");
    auto& k = out.peers_[p.peer];
    k.seen = p.seen;
    k.failures = p.failures;
    for (const auto& a : p.addresses) {
      auto address = multiaddr::from_binary(a);
      if (!address)
        return fail(address.error());
      k.addresses.push_back(std::move(*address));
    }
  }
  return out;
}

} // namespace ainur::discovery
