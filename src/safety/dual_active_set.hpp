// The point nearest to the origin in an intersection of half spaces, by the dual active-set method
// of Goldfarb & Idnani (1983) with the identity as Hessian. Internal to the room.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ainur/safety/projection.hpp"

namespace ainur::safety::detail {

using point = std::array<double, dimensions_max>;

class nearest_point {
public:
  enum class status : std::uint8_t { solved, infeasible, stalled };

  struct answer {
    status how = status::solved;
    point v{};
    std::vector<std::uint32_t> active; ///< ascending
    std::uint32_t constraint = 0;      ///< the one that cannot be met, if not solved
  };

  explicit nearest_point(std::size_t dimensions) : n_(dimensions) {}

  /// normal·v ≥ b, before division by `length`, the normal's length.
  void add(const point& normal, double b, double length);
  [[nodiscard]] answer solve();

private:
  struct half {
    point normal{}; // of length 1, or 0
    double b = 0;
  };

  /// One constraint being met: its multiplier, and how far it is from being satisfied.
  enum class step : std::uint8_t { added, dropped, impossible };

  [[nodiscard]] double dot(const point& x, const point& y) const noexcept;
  [[nodiscard]] double tolerance(std::size_t index) const noexcept;
  [[nodiscard]] std::uint32_t most_violated() const noexcept;
  [[nodiscard]] bool is_active(std::uint32_t index) const noexcept;
  step meet(std::uint32_t entering, double& multiplier);
  void orthogonalise();
  void drop(std::size_t place);
  void polish();

  std::size_t n_;
  std::vector<half> halves_;
  point v_{};
  std::array<std::uint32_t, dimensions_max> active_{}; // in the order of entering
  std::array<double, dimensions_max> multipliers_{};
  std::size_t count_ = 0;
  // N = Q R of the active normals: orthonormal columns and an upper triangle.
  std::array<point, dimensions_max> q_{};
  std::array<point, dimensions_max> r_{}; // r_[column][row]
};

} // namespace ainur::safety::detail
