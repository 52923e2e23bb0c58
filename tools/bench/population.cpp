// What a million idle agents take, and a million bare actors.
#include <chrono>
#include <cstdio>
#include <memory>

#include <unistd.h>

#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include "ainur/actors/system.hpp"
#include "bench.hpp"
#include "market_host.hpp"

namespace ainur::bench {

namespace {

using steady = std::chrono::steady_clock;

constexpr std::uint32_t group_size = 999;
constexpr std::uint32_t kinds = 16;

/// Of this process, in bytes; zero if the system does not tell.
double resident_bytes() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen("/proc/self/statm", "r"),
                                                             &std::fclose};
  unsigned long long all = 0;
  unsigned long long resident = 0;
  if (!file || std::fscanf(file.get(), "%llu %llu", &all, &resident) != 2)
    return 0;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// Time and memory from its making to `stop`.
struct meter {
  double bytes = resident_bytes();
  steady::time_point begin = steady::now();

  [[nodiscard]] population_figures stop(std::uint32_t count) const {
    const auto end = steady::now();
    return {std::chrono::duration<double>(end - begin).count(), (resident_bytes() - bytes) / count};
  }
};

caf::behavior idle(caf::event_based_actor* self) {
  return {[self](int) { self->quit(); }};
}

group group_of(market_host& host, std::uint32_t first, std::uint32_t last,
               const std::shared_ptr<const std::vector<std::vector<std::string>>>& sets,
               const rng& seeds) {
  group g{.capability_sets = sets};
  g.members.reserve(last - first);
  for (std::uint32_t i = first; i < last; ++i)
    g.members.push_back({.account = host.account(first_agent_index + i),
                         .controller = host.account(first_controller_index + i),
                         .hosted_index = first_agent_index + i,
                         .capabilities = i % kinds,
                         .seed = seeds.split("agent", i).next(),
                         .terms = {.cost_fixed = amount{10'000}}});
  return g;
}

} // namespace

result<population_figures> spawn_bare(std::uint32_t count) {
  caf::actor_system_config config;
  configure(config, {});
  caf::actor_system system{config};
  std::vector<caf::actor> all;
  const meter m;
  all.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i)
    all.push_back(system.spawn<caf::lazy_init>(idle));
  return m.stop(count);
}

result<population_figures> spawn_agents(std::uint32_t count) {
  market_options options;
  options.make_router = [] { return routing::make_learned_router(); };
  options.verifiers = std::make_shared<const std::map<std::string, verifier>>();
  auto started = market_host::start(std::move(options));
  if (!started)
    return fail(std::move(started).error());
  auto& host = **started;
  auto sets = std::make_shared<std::vector<std::vector<std::string>>>();
  for (std::uint32_t i = 0; i < kinds; ++i)
    sets->push_back({"kind " + std::to_string(i)});
  const auto seeds = host.world().stream("agents");
  const meter m;
  for (std::uint32_t first = 0; first < count; first += group_size)
    (void)host.add_group(group_of(host, first, std::min(first + group_size, count), sets, seeds));
  for (std::uint32_t g = 0; g < host.groups(); ++g)
    if (auto ok = host.wait_listed(g, std::min(group_size, count - g * group_size)); !ok)
      return fail(std::move(ok).error());
  const auto figures = m.stop(count);
  host.stop();
  return figures;
}

} // namespace ainur::bench
