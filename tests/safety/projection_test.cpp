// The nearest safe action: published cases, and random problems against a slow oracle that tries
// every set of active constraints.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <optional>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "ainur/base/rng.hpp"
#include "ainur/safety/projection.hpp"
#include "support/property.hpp"
#include "support/shared_data.hpp"

using namespace ainur;
using namespace ainur::safety;

namespace {

using vec = std::vector<double>;

/// All rows a·u ≥ b, the box written out.
std::vector<half_space> rows_of(const projection_problem& p) {
  auto rows = p.constraints;
  const auto n = p.nominal.size();
  for (std::size_t i = 0; p.box && i < n; ++i) {
    vec a(n);
    a[i] = 1;
    rows.push_back({a, p.box->lower[i]});
    a[i] = -1;
    rows.push_back({a, -p.box->upper[i]});
  }
  return rows;
}

double weight(const projection_problem& p, std::size_t i) {
  return p.weights.empty() ? 1.0 : p.weights[i];
}

double distance(const projection_problem& p, const vec& u) {
  double sum = 0;
  for (std::size_t i = 0; i < u.size(); ++i)
    sum += weight(p, i) * (u[i] - p.nominal[i]) * (u[i] - p.nominal[i]);
  return sum;
}

/// Solves m x = y by elimination with full pivoting; nothing if singular.
std::optional<vec> solve(std::vector<vec> m, vec y) {
  const auto n = y.size();
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k; i < n; ++i)
      if (std::abs(m[i][k]) > std::abs(m[pivot][k]))
        pivot = i;
    if (std::abs(m[pivot][k]) < 1e-9)
      return std::nullopt;
    std::swap(m[k], m[pivot]);
    std::swap(y[k], y[pivot]);
    for (std::size_t i = k + 1; i < n; ++i) {
      const auto f = m[i][k] / m[k][k];
      for (std::size_t j = k; j < n; ++j)
        m[i][j] -= f * m[k][j];
      y[i] -= f * y[k];
    }
  }
  for (std::size_t k = n; k-- > 0;) {
    for (std::size_t j = k + 1; j < n; ++j)
      y[k] -= m[k][j] * y[j];
    y[k] /= m[k][k];
  }
  return y;
}

/// The nearest feasible point over every set of at most n rows held at equality.
std::optional<vec> oracle(const projection_problem& p) {
  const auto rows = rows_of(p);
  const auto n = p.nominal.size();
  std::optional<vec> best;
  std::vector<std::size_t> chosen;
  const auto consider = [&] {
    // u = nominal + W⁻¹ Aᵀ λ with A u = b.
    const auto k = chosen.size();
    std::vector<vec> m(k, vec(k));
    vec y(k);
    for (std::size_t i = 0; i < k; ++i) {
      y[i] = rows[chosen[i]].b;
      for (std::size_t c = 0; c < n; ++c)
        y[i] -= rows[chosen[i]].a[c] * p.nominal[c];
      for (std::size_t j = 0; j < k; ++j)
        for (std::size_t c = 0; c < n; ++c)
          m[i][j] += rows[chosen[i]].a[c] * rows[chosen[j]].a[c] / weight(p, c);
    }
    const auto lambda = solve(m, y);
    if (!lambda)
      return;
    auto u = p.nominal;
    for (std::size_t i = 0; i < k; ++i)
      for (std::size_t c = 0; c < n; ++c)
        u[c] += rows[chosen[i]].a[c] * (*lambda)[i] / weight(p, c);
    if (!first_violated(p, u, 1e-7) && (!best || distance(p, u) < distance(p, *best)))
      best = u;
  };
  const auto extend = [&](auto& self, std::size_t from) -> void {
    consider();
    if (chosen.size() == n)
      return;
    for (auto i = from; i < rows.size(); ++i) {
      chosen.push_back(i);
      self(self, i + 1);
      chosen.pop_back();
    }
  };
  extend(extend, 0);
  return best;
}

projection_problem random_problem(rng& random) {
  projection_problem p;
  const auto n = 1 + random.below(3);
  const auto small = [&] { return static_cast<double>(random.between(-6, 6)); };
  for (std::uint64_t i = 0; i < n; ++i)
    p.nominal.push_back(small());
  for (auto rows = random.below(7); rows > 0; --rows) {
    half_space h;
    for (std::uint64_t i = 0; i < n; ++i)
      h.a.push_back(static_cast<double>(random.between(-3, 3)));
    h.b = small();
    p.constraints.push_back(h);
  }
  if (random.below(2) == 0) {
    p.box.emplace();
    for (std::uint64_t i = 0; i < n; ++i) {
      p.box->lower.push_back(small());
      p.box->upper.push_back(p.box->lower.back() + static_cast<double>(random.below(8)));
    }
  }
  if (random.below(2) == 0)
    for (std::uint64_t i = 0; i < n; ++i)
      p.weights.push_back(static_cast<double>(1 + random.below(9)) / 3);
  return p;
}

} // namespace

TEST_CASE("published cases") {
  const auto path = test::shared_data("safety/cbf_qp_cases.json");
  if (!path)
    return;
  std::ifstream in(*path);
  const auto file = nlohmann::json::parse(in);
  for (const auto& c : file["cases"]) {
    INFO(c["name"].get<std::string>());
    projection_problem p{.nominal = c["u_nominal"].get<vec>(), .constraints = {}, .box = {}};
    for (const auto& h : c["constraints_a_dot_u_ge_b"])
      p.constraints.push_back({h["a"].get<vec>(), h["b"].get<double>()});
    if (!c["box"].is_null())
      p.box = box_bounds{c["box"][0].get<vec>(), c["box"][1].get<vec>()};
    const auto found = project(p);
    REQUIRE(found.has_value() == c["feasible"].get<bool>());
    if (!found)
      continue;
    const auto expected = c["u_star"].get<vec>();
    REQUIRE(found->u.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
      CHECK(std::abs(found->u[i] - expected[i]) <= 1e-9);
    CHECK(found->active == c["active"].get<std::vector<std::uint32_t>>());
  }
}

TEST_CASE("random problems agree with trying every active set") {
  test::check_property("projection oracle", 1'500, [](std::uint64_t seed) {
    rng random(seed);
    const auto p = random_problem(random);
    const auto found = project(p);
    const auto expected = oracle(p);
    if (!found)
      RC_ASSERT(found.error().is(safety::errc::infeasible));
    RC_ASSERT(found.has_value() == expected.has_value());
    if (!found)
      return;
    for (std::size_t i = 0; i < found->u.size(); ++i)
      RC_ASSERT(std::abs(found->u[i] - (*expected)[i]) < 1e-6);
    RC_ASSERT(!first_violated(p, found->u, 1e-9));
    // What is reported as active is tight, and nothing is active where the nominal is safe.
    const auto rows = rows_of(p);
    for (const auto index : found->active) {
      double sum = -rows[index].b;
      for (std::size_t i = 0; i < found->u.size(); ++i)
        sum += rows[index].a[i] * found->u[i];
      RC_ASSERT(std::abs(sum) < 1e-8);
    }
    RC_ASSERT(found->active.empty() == !first_violated(p, p.nominal));
  });
}

TEST_CASE("large problems satisfy the optimality conditions") {
  // No feasible point may be nearer: u* is nearest if (u* − nominal)·(x − u*) ≥ 0 for feasible x.
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    rng random(seed);
    INFO("seed " << seed);
    const auto real = [&] {
      return static_cast<double>(random.between(-1'000'000, 1'000'000)) / 1e6;
    };
    projection_problem p;
    vec inside;
    for (std::size_t i = 0; i < dimensions_max; ++i) {
      p.nominal.push_back(5 * real());
      inside.push_back(real());
    }
    for (std::size_t k = 0; k < constraints_max; ++k) { // all hold at `inside`
      half_space h;
      double at = 0;
      for (std::size_t i = 0; i < dimensions_max; ++i) {
        h.a.push_back(real());
        at += h.a[i] * inside[i];
      }
      h.b = at - (real() + 1) / 4;
      p.constraints.push_back(h);
    }
    const auto found = project(p);
    REQUIRE(found);
    CHECK_FALSE(first_violated(p, found->u, 1e-9));
    for (int tries = 0; tries < 200; ++tries) {
      vec x = inside;
      for (auto& coordinate : x)
        coordinate += real() / 4;
      if (first_violated(p, x))
        continue;
      double side = 0;
      for (std::size_t i = 0; i < x.size(); ++i)
        side += (found->u[i] - p.nominal[i]) * (x[i] - found->u[i]);
      CHECK(side >= -1e-9);
    }
  }
}

TEST_CASE("infeasible problems name a constraint that cannot be met") {
  projection_problem p{.nominal = {0, 0}, .constraints = {{{1, 0}, 3, "wall"}}, .box = {}};
  p.box = box_bounds{{-1, -1}, {2, 2}};
  const auto found = project(p);
  REQUIRE_FALSE(found);
  CHECK(found.error().is(safety::errc::infeasible));
  const bool named =
      found.error().detail().find("wall") != std::string::npos ||
      found.error().detail().find("upper bound of coordinate 0") != std::string::npos;
  CHECK(named);
  const projection_problem never{.nominal = {1}, .constraints = {{{0}, 1}}, .box = {}};
  CHECK(project(never).error().detail().find("constraint 0") == 0);
  const projection_problem crossed{.nominal = {1}, .constraints = {}, .box = box_bounds{{2}, {1}}};
  CHECK(project(crossed).error().is(safety::errc::infeasible));
}

TEST_CASE("malformed problems are refused") {
  const auto nan = std::nan("");
  const auto bad = [](const projection_problem& p) {
    return !project(p).has_value() && project(p).error().is(safety::errc::bad_problem);
  };
  CHECK(bad({{}, {}, {}}));
  CHECK(bad({vec(9), {}, {}}));
  CHECK(bad({{nan}, {}, {}}));
  CHECK(bad({{1e19}, {}, {}}));
  CHECK(bad({{0}, {{{1, 2}, 0}}, {}}));
  CHECK(bad({{0}, {{{1}, nan}}, {}}));
  CHECK(bad({{0}, std::vector<half_space>(65, {{1}, 0}), {}}));
  CHECK(bad({{0}, {}, box_bounds{{0, 0}, {1}}}));
  CHECK(bad({{0}, {}, {}, {0}}));
  CHECK(bad({{0}, {}, {}, {-1}}));
  CHECK(bad({{0}, {}, {}, {1, 1}}));
}

TEST_CASE("integer projections are safe, near, and exist where the box has room") {
  test::check_property("integer projection", 500, [](std::uint64_t seed) {
    rng random(seed);
    auto p = random_problem(random);
    for (auto& x : p.nominal)
      x += 0.5;
    const auto real = project(p);
    const auto found = project_integer(p);
    if (!real) {
      RC_ASSERT(!found.has_value());
      return;
    }
    if (!found) {
      RC_ASSERT(found.error().is(safety::errc::no_integer));
      return;
    }
    RC_ASSERT(!first_violated(p, found->u));
    for (std::size_t i = 0; i < found->u.size(); ++i) {
      RC_ASSERT(found->u[i] == std::floor(found->u[i]));
      RC_ASSERT(std::abs(found->u[i] - real->u[i]) < 1 + 1e-6);
    }
  });
  const projection_problem thin{
      .nominal = {0.5}, .constraints = {}, .box = box_bounds{{0.4}, {0.6}}};
  CHECK(project_integer(thin).error().is(safety::errc::no_integer));
}
