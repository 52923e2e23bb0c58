// When has a network settled? Statistics over the runs of one algorithm at one load.
//
// The *moving average* at a step is the mean delivery time of what was delivered in the `window`
// steps up to it; the *final level* is that of the last quarter. The network has settled with the
// first step after which the moving average stays within a tenth of the final level.
//
// In a single run that step says little once packets queue: the moving average of a settled network
// leaves that band again and again, until the very end. So it is measured twice:
//
//   strict   of each run by itself, to the letter
//   settled  of the average over all runs; the band is as wide as the average's own movement in the
//            last quarter (five standard deviations) where that is wider than a tenth. Its
//            interval comes from bootstrap samples of the runs
//
// A run that has not settled by its end is *censored*: it counts as settled at its last step. It
// lost packets in its last quarter, or the mean times of the last two eighths differ by half.
// Where more than half of the runs are censored, so is the whole. Pure; thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ainur/routing/experiment.hpp"

namespace ainur::routing {

/// A mean, and half the width of its 95 % confidence interval.
struct interval {
  double mean = 0;
  double ci95 = 0;
};

/// Of independent values: Student's t. No values: 0.
[[nodiscard]] interval interval_of(std::span<const double> values) noexcept;

struct settling {
  interval step;
  std::uint64_t censored = 0; ///< runs
};

struct settling_report {
  settling settled;
  settling strict;
  interval delivery_time; ///< steps; the final level of each run
  interval waiting;       ///< packets in the network, mean of the last quarter
  std::uint64_t lost = 0;
  std::uint64_t injected = 0;
  double told_per_packet = 0; ///< estimates told for each packet sent over a link
  std::vector<double> curve;  ///< by step: the moving average over all runs; 0 before the first
};

struct settling_options {
  std::uint64_t window = 100; ///< steps, at least 1
  std::uint64_t first = 0;    ///< settling is looked for from this step,
  std::uint64_t end = 0;      ///< … up to this one; 0: the end of the runs
  std::uint64_t seed = 1;     ///< of the bootstrap
};

/// `runs` have the same number of steps. Empty runs give an empty report.
[[nodiscard]] settling_report judge_settling(std::span<const experiment_report> runs,
                                             const settling_options& options = {});

} // namespace ainur::routing
