// Indexes to try, and what is asked of them.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "discovery/clusters.hpp"

#include "ainur/discovery/capability_index.hpp"

namespace ainur::test {

using namespace discovery;

inline capability_index make_index(const index_options& options) {
  auto made = capability_index::make(options);
  REQUIRE(made);
  return std::move(*made);
}

inline index_options small_index(std::uint32_t dimension = 16) {
  index_options o;
  o.dimension = dimension;
  o.exact_below = 0; // the graph, however few there are
  return o;
}

inline attributes drawn(rng& random) {
  return {random.below(1'000'000), static_cast<std::uint32_t>(random.below(1'000'001)),
          static_cast<std::uint16_t>(random.below(1'000)),
          static_cast<std::uint16_t>(random.below(regions_max))};
}

inline std::vector<match> matches(result<search_result> r) {
  REQUIRE(r);
  return std::move(r->matches);
}

inline void fill(capability_index& index, clusters& source, std::uint64_t first,
                 std::uint64_t count) {
  for (auto key = first; key < first + count; ++key) {
    const auto v = source.draw();
    const auto a = drawn(source.random());
    REQUIRE(index.put(key, v, a));
  }
}

/// The share of the exact search's matches that the search has too. Equal scores count as equal.
inline double recall(const capability_index& index, clusters& source, std::uint32_t count,
                     std::uint32_t queries, const index_filter& filter = {},
                     std::uint32_t width = 0) {
  std::uint64_t found = 0;
  std::uint64_t all = 0;
  for (std::uint32_t i = 0; i < queries; ++i) {
    const auto q = source.draw();
    const auto near = index.search(q, count, filter, width).value().matches;
    const auto exact = index.search_exactly(q, count, filter).value().matches;
    all += exact.size();
    if (!exact.empty())
      found += static_cast<std::uint64_t>(std::count_if(
          near.begin(), near.end(), [&](const match& m) { return m.score >= exact.back().score; }));
  }
  return all == 0 ? 1 : static_cast<double>(found) / static_cast<double>(all);
}

} // namespace ainur::test
