// The nearest safe action: the point u* that minimises Σ w_i (u*_i − u_i)² subject to a·u* ≥ b for
// every constraint and lower ≤ u* ≤ upper.
//
// Solved exactly (to rounding) by the dual active-set method of Goldfarb & Idnani (Math.
// Programming 27, 1983), which also tells when no point exists. Only + − * / and sqrt on doubles,
// in a fixed order: the same result on every machine. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ainur/safety/error.hpp"

namespace ainur::safety {

inline constexpr std::size_t dimensions_max = 8;
inline constexpr std::size_t constraints_max = 64;
/// Numbers beyond this magnitude are refused.
inline constexpr double magnitude_max = 1e18;

/// a·u ≥ b. `name` is used in errors; without one it is "constraint <index>".
struct half_space {
  std::vector<double> a;
  double b = 0;
  std::string name = {};
};

struct box_bounds {
  std::vector<double> lower;
  std::vector<double> upper;
};

struct projection_problem {
  std::vector<double> nominal;         ///< the proposed action, 1 .. 8 coordinates
  std::vector<half_space> constraints; ///< at most 64
  std::optional<box_bounds> box;
  std::vector<double> weights = {}; ///< of the axes, > 0; empty: all 1
};

struct projection {
  std::vector<double> u;
  /// Constraints that hold the point back, ascending: constraints first, then for each coordinate
  /// its lower and its upper bound. Empty exactly if the nominal action is safe.
  std::vector<std::uint32_t> active;
};

/// Errors: `bad_problem`, `infeasible`, `no_convergence`.
[[nodiscard]] result<projection> project(const projection_problem& problem);

/// The nearest of the integer points around the projection that satisfies every constraint exactly
/// (checked again after rounding). Errors: as `project`, and `no_integer`.
[[nodiscard]] result<projection> project_integer(const projection_problem& problem);

/// "constraint 2", its own name, or "upper bound of coordinate 0", by the index used in `active`.
[[nodiscard]] std::string constraint_name(const projection_problem& problem, std::uint32_t index);

/// The index of the first constraint or bound that `u` violates by more than `tolerance`.
[[nodiscard]] std::optional<std::uint32_t> first_violated(const projection_problem& problem,
                                                          const std::vector<double>& u,
                                                          double tolerance = 0);

} // namespace ainur::safety
