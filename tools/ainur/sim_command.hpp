// What the simulations of `ainur sim` share: ranges of seeds, and names with their nearest
// spelling.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <unistd.h>

#include "command.hpp"

namespace ainur::cli {

struct seed_range {
  std::uint64_t first = 1;
  std::uint64_t last = 1;

  [[nodiscard]] std::uint64_t size() const noexcept { return last - first + 1; }
};

/// "7" or "1..1000". Errors: `malformed`.
[[nodiscard]] result<seed_range> range_of(const std::string& text);

/// The range if one is given, else the one seed. Errors: `malformed`.
[[nodiscard]] result<seed_range> seeds_of(std::uint64_t one, const std::string& range);

/// `; did you mean "x"?`, or the list of what there is.
[[nodiscard]] std::string known_text(const std::string& name,
                                     const std::vector<std::string_view>& known);

/// Calls `run(item)` for 0 .. count − 1 from as many threads as there are processors, in any order.
/// Once a call returns false no further one is begun.
template <class Run>
void for_each_in_parallel(std::uint64_t count, const Run& run) {
  std::atomic<std::uint64_t> next{0};
  const auto work = [&] {
    for (auto item = next++; item < count; item = next++)
      if (!run(item))
        next = count;
  };
  const auto threads =
      std::min<std::uint64_t>(std::max(1u, std::thread::hardware_concurrency()), count);
  std::vector<std::thread> others;
  for (std::uint64_t i = 1; i < threads; ++i)
    others.emplace_back(work);
  work();
  for (auto& t : others)
    t.join();
}

/// Runs `simulate(seed)` for every seed, as many at a time as there are processors, and hands each
/// report to `add(report, seed)`, one at a time. Shows on a terminal how far it is. Errors: the
/// first of `simulate`.
template <class Simulate, class Add>
[[nodiscard]] result<void> run_seeds(const seed_range& seeds, Simulate&& simulate, Add&& add) {
  std::mutex lock; // of all below
  std::optional<error> failure;
  std::uint64_t done = 0;
  const bool shows = isatty(STDERR_FILENO) != 0 && seeds.size() > 1;
  for_each_in_parallel(seeds.size(), [&](std::uint64_t item) {
    const auto seed = seeds.first + item;
    auto report = simulate(seed);
    const std::lock_guard guard{lock};
    if (!report) {
      failure = report.error();
      return false;
    }
    add(std::move(*report), seed);
    if (shows && ++done % 16 == 0)
      std::fprintf(stderr, "\r%llu of %llu runs", static_cast<unsigned long long>(done),
                   static_cast<unsigned long long>(seeds.size()));
    return true;
  });
  if (shows)
    std::fprintf(stderr, "\r%60s\r", "");
  if (failure)
    return fail(*failure);
  return {};
}

// One per file.
void add_sim_consensus(frame& f, CLI::App* group);
void add_sim_routing(frame& f, CLI::App* group);
void add_sim_dht(frame& f, CLI::App* group);
void add_sim_gossip(frame& f, CLI::App* group);
void add_sim_gossip_score(frame& f, CLI::App* group);

} // namespace ainur::cli
