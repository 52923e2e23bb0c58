// The benchmark of the capability index.
#pragma once

#include <cstdint>

#include "ainur/discovery/capability_index.hpp"

namespace ainur::bench {

/// The capability index over vectors in clusters: centres uniform on the sphere, around each normal
/// noise of length `spread`, all scaled to length 1; queries are drawn likewise.
struct index_workload {
  std::uint32_t vectors = 1'000'000;
  std::uint32_t clusters = 1'000;
  double spread = 0.5;
  std::uint32_t queries = 2'000;
  std::uint32_t threads = 2;
  std::uint64_t seed = 1;
  discovery::index_options index;
};

/// Searches for ten matches, and scans of all vectors by the same instructions, in as many threads.
struct search_figures {
  double recall = 0; ///< of what the exact search over the stored vectors finds
  double per_second = 0;
  double many_per_second = 0; ///< fifty in a call
  double scans_per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
};

struct index_figures {
  double inserts_per_second = 0;
  double cpu_us_per_insert = 0;       ///< of all threads: for machines with other work
  double last_inserts_per_second = 0; ///< of the last tenth
  double bytes = 0;                   ///< of a vector, by the arrays' sizes
  double tidy_seconds = 0;
  double recall_of_floats = 0; ///< of an exact search over the vectors before rounding
  search_figures as_inserted;
  search_figures tidied;
  search_figures filtered;        ///< by a price that 1 % has
  search_figures mildly_filtered; ///< by one that 25 % has
  double erase_seconds = 0;       ///< of 30 %
  double reinserts_per_second = 0;
  search_figures changed; ///< after 30 % were taken out and as many put in
};

/// Errors: `bad_option`; `base_errc::unsupported` if the index is not sound afterwards.
[[nodiscard]] result<index_figures> run_index(const index_workload& workload);

} // namespace ainur::bench
