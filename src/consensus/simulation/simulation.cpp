#include "ainur/consensus/simulation.hpp"

#include "world.hpp"

namespace ainur::consensus {

std::string_view to_string(disturbance d) noexcept {
  constexpr std::array<std::string_view, disturbances_count> names{"crash", "partition", "loss",
                                                                   "skew", "slow_disk"};
  return names[static_cast<std::size_t>(d)];
}

result<simulation_report> simulate(const simulation_options& options) {
  const auto refuse = [](std::string what) {
    return fail(base_errc::out_of_range, std::move(what));
  };
  if (options.validators == 0 || options.validators > 1'000)
    return refuse("validators must be 1 to 1,000");
  if (options.byzantine >= options.validators)
    return refuse("at least one validator must be honest");
  if (options.byzantine != 0 && options.behaviours.empty())
    return refuse("byzantine validators need a behaviour");
  if (options.heights == 0 || options.heights > 1'000'000)
    return refuse("heights must be 1 to 1,000,000");
  return simulation::world{options}.run();
}

} // namespace ainur::consensus
