#include "adversary.hpp"

#include <algorithm>

namespace ainur::discovery::kademlia::simulation {

namespace {

constexpr std::size_t ghosts = 20'000;
constexpr std::size_t ghosts_near_a_key = 200; // from which each answer draws
constexpr std::size_t named = 20;

peer_id draw_id(rng& random) {
  peer_id id;
  for (std::size_t i = 0; i < id.value.size(); i += 8)
    for (auto [word, j] = std::pair{random.next(), std::size_t{0}}; j < 8; ++j, word >>= 8)
      id.value[i + j] = static_cast<std::uint8_t>(word);
  return id;
}

} // namespace

adversaries::adversaries(rng random) : random_(random) {
  for (std::size_t i = 0; i < ghosts; ++i)
    ghosts_.emplace_back(draw_id(random_), std::vector{multiaddr::tcp4(
                                               static_cast<std::uint32_t>(random_.next()), 4001)});
  std::ranges::sort(ghosts_, {}, [](const contact& c) { return c.at(); });
}

peer_id adversaries::make_id_near(const key& target, int bits) {
  auto id = draw_id(random_);
  while (common_prefix(point_of(id), target) < bits)
    id = draw_id(random_);
  return id;
}

std::vector<contact> adversaries::nearest_members(const key& target) const {
  std::vector<std::pair<key, const contact*>> all;
  all.reserve(members_.size());
  for (const auto& m : members_)
    all.emplace_back(distance(target, m.at()), &m);
  const auto n = std::min(named, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n), all.end(),
                    [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<contact> out;
  for (std::size_t i = 0; i < n; ++i)
    out.push_back(*all[i].second);
  return out;
}

/// Neighbours in the order of points share most of their prefix.
std::vector<contact> adversaries::ghosts_near(const key& target) {
  const auto at =
      std::ranges::lower_bound(ghosts_, target, {}, [](const contact& c) { return c.at(); });
  auto first = static_cast<std::size_t>(at - ghosts_.begin());
  first =
      std::min(first - std::min(first, ghosts_near_a_key / 2), ghosts_.size() - ghosts_near_a_key);
  std::vector<contact> out;
  for (std::size_t i = 0; i < named; ++i)
    out.push_back(ghosts_[first + random_.below(ghosts_near_a_key)]);
  return out;
}

std::optional<message> adversaries::answer(misdeed how, const message& asked,
                                           std::optional<message> honest) {
  if (!honest || asked.type == message_type::ping)
    return honest;
  const auto target = point_of(asked.key);
  honest->providers.clear();
  switch (how) {
  case misdeed::drop:
    return random_.below(4) == 0 ? honest : std::nullopt;
  case misdeed::ghost:
    honest->closer = ghosts_near(target);
    break;
  case misdeed::lie:
    if (asked.type == message_type::get_providers)
      for (std::size_t i = 0; i < named; ++i)
        honest->providers.push_back(ghosts_[random_.below(ghosts_.size())]);
    [[fallthrough]];
  case misdeed::stray:
  case misdeed::sybil:
    honest->closer = nearest_members(target);
  }
  return honest;
}

} // namespace ainur::discovery::kademlia::simulation
