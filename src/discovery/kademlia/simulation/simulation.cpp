#include "ainur/discovery/kademlia/simulation.hpp"

#include <algorithm>

#include "world.hpp"

namespace ainur::discovery::kademlia {

std::string_view to_string(misdeed m) noexcept {
  switch (m) {
  case misdeed::drop:
    return "drop";
  case misdeed::stray:
    return "stray";
  case misdeed::lie:
    return "lie";
  case misdeed::ghost:
    return "ghost";
  case misdeed::sybil:
    return "sybil";
  }
  return "unknown";
}

percentiles percentiles_of(std::vector<std::uint64_t> values) {
  if (values.empty())
    return {};
  std::ranges::sort(values);
  const auto at = [&values](std::size_t percent) {
    return values[(values.size() - 1) * percent / 100];
  };
  return {at(50), at(90), at(99), values.back()};
}

result<simulation_report> simulate(const simulation_options& o) {
  const auto outside = [](const std::string& name, const std::string& range) {
    return fail(errc::bad_option, name + " must be " + range);
  };
  if (o.nodes < 32 || o.nodes > 100'000)
    return outside("nodes", "32 to 100,000");
  if (o.lookups < 1 || o.lookups > 1'000'000)
    return outside("lookups", "1 to 1,000,000");
  if (o.churn_ppm > 10'000'000)
    return outside("churn", "0 to 10 an hour");
  if (o.adversary_ppm > 900'000)
    return outside("adversary", "0 to 0.9");
  if (o.misdeeds.empty())
    return outside("misdeeds", "one at least");
  if (o.time < std::chrono::minutes{1} || o.time > std::chrono::hours{24 * 30})
    return outside("time", "1 minute to 30 days");
  return simulation::world{o}.run();
}

} // namespace ainur::discovery::kademlia
