// The network of a scenario: one model per class of link.
#include <array>
#include <set>

#include "ainur/sim/network.hpp"
#include "scenario_actors.hpp"

namespace ainur {

namespace {

sim::delay_model delay_of(const scenario::duration_model& m) {
  using scenario::distribution;
  switch (m.kind) {
  case distribution::constant:
    return sim::delay_model::constant(m.value);
  case distribution::uniform:
    return sim::delay_model::uniform(m.min, m.max);
  case distribution::exponential:
    return sim::delay_model::exponential(m.value, m.min);
  case distribution::lognormal:
    return sim::delay_model::lognormal(m.value, m.sigma.ppm, m.min);
  }
  return sim::delay_model::constant({});
}

sim::link_model model_of(const scenario::link_config& c) {
  return {.delay = delay_of(c.latency),
          .loss_ppm = static_cast<std::uint32_t>(c.loss.ppm),
          .duplication_ppm = static_cast<std::uint32_t>(c.duplication.ppm)};
}

class market_links final : public link_model {
public:
  market_links(const scenario::network_config& c, std::uint64_t seed)
      : classes_{sim::network{rng{seed}.split("client links"), model_of(c.client)},
                 sim::network{rng{seed}.split("agent links"), model_of(c.agent)},
                 sim::network{rng{seed}.split("ledger links"), model_of(c.ledger)},
                 sim::network{rng{seed}.split("shard links"), model_of(c.shard)},
                 sim::network{rng{seed}.split("validator links"), model_of(c.validator)}} {}

  std::vector<duration> deliveries(const link_ends& over, instant now) override {
    std::erase_if(cuts_, [now](const cut& c) { return c.until <= now; });
    for (const auto& c : cuts_)
      if (c.endpoints.contains(over.from) != c.endpoints.contains(over.to))
        return {};
    const auto delays = classes_[class_of(over)].send(over.from, over.to, now);
    return {delays.begin(), delays.end()};
  }

  void cut_off(const std::vector<std::uint32_t>& endpoints, instant until) override {
    cuts_.push_back({{endpoints.begin(), endpoints.end()}, until});
  }

private:
  struct cut {
    std::set<std::uint32_t> endpoints;
    instant until{};
  };

  static std::size_t class_of(const link_ends& over) noexcept {
    if (over.from >= first_validator_endpoint || over.to >= first_validator_endpoint)
      return 4;
    const auto either = [&over](std::uint32_t endpoint) {
      return over.from == endpoint || over.to == endpoint;
    };
    if (either(ledger_endpoint))
      return 2;
    if (either(client_endpoint))
      return 0;
    return either(shard_endpoint) ? 3 : 1;
  }

  std::array<sim::network, 5> classes_;
  std::vector<cut> cuts_;
};

} // namespace

std::shared_ptr<link_model> make_links(const scenario::network_config& config, std::uint64_t seed) {
  return std::make_shared<market_links>(config, seed);
}

} // namespace ainur
