#include "ainur/discovery/kademlia/network_size.hpp"

#include <algorithm>
#include <vector>

namespace ainur::discovery::kademlia {

void network_size::add(const key& target, std::span<const contact> nearest) {
  if (nearest.size() < peers_needed)
    return;
  double squares = 0;
  double products = 0;
  for (std::size_t i = 0; i < nearest.size(); ++i) {
    const auto rank = static_cast<double>(i + 1);
    squares += rank * rank;
    products += rank * share_of_space(distance(target, nearest[i].at()));
  }
  if (products <= 0)
    return;
  if (estimates_.size() == lookups_kept)
    estimates_.pop_front();
  estimates_.push_back(std::max(squares / products - 1, 1.0));
}

std::optional<double> network_size::estimate() const {
  if (estimates_.size() < lookups_needed)
    return std::nullopt;
  std::vector<double> sorted{estimates_.begin(), estimates_.end()};
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

region region_around(const key& target, std::span<const contact> nearest, std::size_t k,
                     double network) {
  region r;
  for (auto peers = network / 2; peers >= static_cast<double>(k) && r.prefix < walk_prefix_max;
       peers /= 2)
    ++r.prefix;
  r.crowded =
      nearest.size() >= k &&
      share_of_space(distance(target, nearest[k - 1].at())) * network * 2 < static_cast<double>(k);
  return r;
}

} // namespace ainur::discovery::kademlia
