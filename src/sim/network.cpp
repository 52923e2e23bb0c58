#include "ainur/sim/network.hpp"

#include <algorithm>

namespace ainur::sim {

namespace {

constexpr std::uint64_t longest = std::uint64_t{1} << 62;

std::uint64_t clipped(duration d) noexcept {
  return d.count() < 0 ? 0 : std::min(static_cast<std::uint64_t>(d.count()), longest);
}

bool contains(const std::vector<node_index>& nodes, node_index n) noexcept {
  return nodes.empty() || std::find(nodes.begin(), nodes.end(), n) != nodes.end();
}

} // namespace

delay_model delay_model::constant(duration value) {
  return {.shape = kind::constant, .mean = value};
}

delay_model delay_model::uniform(duration low, duration high) {
  return {.shape = kind::uniform, .low = low, .high = high};
}

delay_model delay_model::exponential(duration mean, duration low) {
  return {.shape = kind::exponential, .mean = mean, .low = low};
}

delay_model delay_model::lognormal(duration median, std::uint64_t sigma_ppm, duration low) {
  return {.shape = kind::lognormal, .mean = median, .low = low, .sigma_ppm = sigma_ppm};
}

duration sample(const delay_model& model, rng& random) noexcept {
  const auto low = clipped(model.low);
  const auto mean = clipped(model.mean);
  std::uint64_t drawn = 0;
  switch (model.shape) {
  case delay_model::kind::constant:
    drawn = mean;
    break;
  case delay_model::kind::uniform: {
    const auto high = std::max(low, clipped(model.high));
    drawn = low + random.below(high - low + 1);
    break;
  }
  case delay_model::kind::exponential:
    drawn = low + std::min(sample_exponential(random, mean), longest);
    break;
  case delay_model::kind::lognormal:
    drawn = low + std::min(sample_lognormal(random, mean, model.sigma_ppm), longest);
    break;
  }
  return duration{static_cast<std::int64_t>(std::min(drawn, longest))};
}

network::network(rng random, link_model usual) : random_(random), usual_(std::move(usual)) {}

deliveries network::send(node_index from, node_index to, instant now) {
  deliveries out;
  ++counts_.sent;
  if (from == to) {
    out.push(duration{});
    return out;
  }
  const auto id = key(from, to);
  auto& way = links_.try_emplace(id, random_.split("link", id)).first->second;
  const auto own = models_.find(id);
  const auto& model = own == models_.end() ? usual_ : own->second;
  // Every draw is made whatever the state of the network, so that a partition does not change the
  // fate of the messages after it.
  const bool lost = way.random.chance_ppm(model.loss_ppm);
  const bool doubled = way.random.chance_ppm(model.duplication_ppm);
  const bool held_back = way.random.chance_ppm(model.reordering_ppm);
  auto delay = sample(model.delay, way.random);
  const auto extra = sample(model.delay, way.random);
  if (is_cut(from, to, now)) {
    ++counts_.cut;
    return out;
  }
  if (lost) {
    ++counts_.lost;
    return out;
  }
  if (held_back) {
    ++counts_.held_back;
    delay = duration{std::min(delay.count() + extra.count(), static_cast<std::int64_t>(longest))};
  } else if (model.in_order) {
    way.last_arrival = std::max(way.last_arrival, now + delay);
    delay = way.last_arrival - now;
  }
  out.push(delay);
  if (doubled) {
    ++counts_.duplicated;
    out.push(extra);
  }
  return out;
}

void network::set_link(node_index from, node_index to, const link_model& model) {
  models_.insert_or_assign(key(from, to), model);
}

void network::reset_link(node_index from, node_index to) {
  models_.erase(key(from, to));
}

void network::add_partition(partition p) {
  partitions_.push_back(std::move(p));
}

bool network::is_cut(node_index from, node_index to, instant now) const noexcept {
  return std::any_of(partitions_.begin(), partitions_.end(), [&](const partition& p) {
    if (now < p.begin || now >= p.end)
      return false;
    return (contains(p.from, from) && contains(p.to, to)) ||
           (p.both_ways && contains(p.from, to) && contains(p.to, from));
  });
}

} // namespace ainur::sim
