#include "ainur/safety/projection.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "dual_active_set.hpp"

namespace ainur::safety {

namespace {

bool is_number(double x) noexcept {
  return x >= -magnitude_max && x <= magnitude_max; // false for NaN
}

bool all_numbers(const std::vector<double>& v) noexcept {
  return std::all_of(v.begin(), v.end(), is_number);
}

/// What is wrong with the problem's form, or nothing.
std::optional<std::string> malformed(const projection_problem& p) {
  const auto n = p.nominal.size();
  if (n == 0 || n > dimensions_max)
    return "an action has 1 to 8 coordinates, this one has " + std::to_string(n);
  if (!all_numbers(p.nominal))
    return "every coordinate of the nominal action must be a number of at most 1e18";
  if (p.constraints.size() > constraints_max)
    return "at most 64 constraints are accepted, there are " + std::to_string(p.constraints.size());
  for (std::size_t i = 0; i < p.constraints.size(); ++i) {
    const auto name = constraint_name(p, static_cast<std::uint32_t>(i));
    if (p.constraints[i].a.size() != n)
      return name + ": 'a' must have as many coordinates as the action";
    if (!all_numbers(p.constraints[i].a) || !is_number(p.constraints[i].b))
      return name + ": 'a' and 'b' must be numbers of at most 1e18";
  }
  if (p.box && (p.box->lower.size() != n || p.box->upper.size() != n ||
                !all_numbers(p.box->lower) || !all_numbers(p.box->upper)))
    return "the box needs a lower and an upper bound of at most 1e18 for each coordinate";
  if (!p.weights.empty() && p.weights.size() != n)
    return "there must be as many weights as coordinates";
  for (const auto w : p.weights)
    if (!(w > 1e-36 && w <= 1e36))
      return "every weight must be above 0 and at most 1e36";
  return std::nullopt;
}

/// a·u − b of the constraint or bound of this index.
double slack(const projection_problem& p, std::uint32_t index, const std::vector<double>& u) {
  if (index < p.constraints.size()) {
    const auto& c = p.constraints[index];
    double sum = 0;
    for (std::size_t i = 0; i < u.size(); ++i)
      sum += c.a[i] * u[i];
    return sum - c.b;
  }
  const auto bound = index - static_cast<std::uint32_t>(p.constraints.size());
  const auto i = bound / 2;
  return bound % 2 == 0 ? u[i] - p.box->lower[i] : p.box->upper[i] - u[i];
}

std::uint32_t count_of(const projection_problem& p) {
  return static_cast<std::uint32_t>(p.constraints.size() + (p.box ? 2 * p.nominal.size() : 0));
}

/// The problem in coordinates v_i = √w_i · (u_i − nominal_i), where it is to find the point nearest
/// to the origin, and with unit normals.
detail::nearest_point scaled(const projection_problem& p, const std::vector<double>& axis) {
  const auto n = p.nominal.size();
  detail::nearest_point out(n);
  const auto add = [&](const detail::point& a, double b) {
    detail::point normal{};
    double square = 0;
    for (std::size_t i = 0; i < n; ++i) {
      normal[i] = a[i] / axis[i];
      square += normal[i] * normal[i];
    }
    const auto length = std::sqrt(square);
    out.add(normal, b, length);
  };
  for (const auto& c : p.constraints) {
    detail::point a{};
    double at_nominal = 0;
    for (std::size_t i = 0; i < n; ++i) {
      a[i] = c.a[i];
      at_nominal += c.a[i] * p.nominal[i];
    }
    add(a, c.b - at_nominal);
  }
  if (!p.box)
    return out;
  for (std::size_t i = 0; i < n; ++i) {
    detail::point a{};
    a[i] = 1;
    add(a, p.box->lower[i] - p.nominal[i]);
    a[i] = -1;
    add(a, p.nominal[i] - p.box->upper[i]);
  }
  return out;
}

/// The integers beside a coordinate: two, or three where rounding hides on which side it lies.
struct integer_range {
  double first = 0;
  double last = 0;
};

integer_range integers_around(double x) noexcept {
  const auto doubt = 1e-9 + 1e-15 * (x < 0 ? -x : x);
  return {std::floor(x - doubt), std::ceil(x + doubt)};
}

double distance(const projection_problem& p, const std::vector<double>& u) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < u.size(); ++i) {
    const auto step = u[i] - p.nominal[i];
    sum += (p.weights.empty() ? 1.0 : p.weights[i]) * step * step;
  }
  return sum;
}

} // namespace

error_info describe(errc code) noexcept {
  switch (code) {
  case errc::bad_problem:
    return {"safety", "bad_problem", "the problem is not of the expected form"};
  case errc::infeasible:
    return {"safety", "infeasible", "no action satisfies all constraints"};
  case errc::no_integer:
    return {"safety", "no_integer", "no integer action near the nearest safe one is safe"};
  case errc::no_convergence:
    return {"safety", "no_convergence", "the constraints are too ill-conditioned to be decided"};
  }
  return {"safety", "unknown", "unknown error"};
}

std::string constraint_name(const projection_problem& p, std::uint32_t index) {
  if (index < p.constraints.size())
    return p.constraints[index].name.empty() ? "constraint " + std::to_string(index)
                                             : p.constraints[index].name;
  const auto bound = index - p.constraints.size();
  return std::string{bound % 2 == 0 ? "lower" : "upper"} + " bound of coordinate " +
         std::to_string(bound / 2);
}

std::optional<std::uint32_t> first_violated(const projection_problem& p,
                                            const std::vector<double>& u, double tolerance) {
  for (std::uint32_t i = 0; i < count_of(p); ++i)
    if (!(slack(p, i, u) >= -tolerance))
      return i;
  return std::nullopt;
}

result<projection> project(const projection_problem& p) {
  if (auto why = malformed(p))
    return fail(errc::bad_problem, std::move(*why));
  const auto n = p.nominal.size();
  if (!first_violated(p, p.nominal))
    return projection{p.nominal, {}};
  std::vector<double> axis(n, 1.0);
  for (std::size_t i = 0; i < p.weights.size(); ++i)
    axis[i] = std::sqrt(p.weights[i]);

  auto solver = scaled(p, axis);
  const auto found = solver.solve();
  switch (found.how) {
  case detail::nearest_point::status::infeasible:
    return fail(errc::infeasible,
                constraint_name(p, found.constraint) + " cannot be met together with the others");
  case detail::nearest_point::status::stalled:
    return fail(errc::no_convergence,
                constraint_name(p, found.constraint) + " could not be settled; scale the axes");
  case detail::nearest_point::status::solved:
    break;
  }
  projection out{p.nominal, found.active};
  for (std::size_t i = 0; i < n; ++i)
    out.u[i] += found.v[i] / axis[i];
  // A coordinate held at its own bound is exactly there.
  for (const auto index : out.active) {
    if (index < p.constraints.size())
      continue;
    const auto bound = index - p.constraints.size();
    out.u[bound / 2] = bound % 2 == 0 ? p.box->lower[bound / 2] : p.box->upper[bound / 2];
  }
  return out;
}

result<projection> project_integer(const projection_problem& p) {
  auto real = project(p);
  if (!real)
    return real;
  const auto n = p.nominal.size();
  std::array<integer_range, dimensions_max> around{};
  std::vector<double> corner(n);
  for (std::size_t i = 0; i < n; ++i) {
    around[i] = integers_around(real->u[i]);
    corner[i] = around[i].first;
  }
  std::optional<std::vector<double>> best;
  double best_distance = std::numeric_limits<double>::infinity();
  for (std::size_t axis = 0; axis < n;) { // counts through all corners, the first axis fastest
    const auto far = distance(p, corner);
    if (far < best_distance && !first_violated(p, corner)) {
      best = corner;
      best_distance = far;
    }
    for (axis = 0; axis < n; ++axis) {
      corner[axis] += 1;
      if (corner[axis] <= around[axis].last)
        break;
      corner[axis] = around[axis].first;
    }
  }
  if (!best)
    return fail(errc::no_integer, real->active.empty()
                                      ? std::string{"the nominal action is safe but not an integer"}
                                      : constraint_name(p, real->active.front()) +
                                            " leaves no safe integer point beside it");
  return projection{std::move(*best), std::move(real->active)};
}

} // namespace ainur::safety
