// Vectors as those of a market lie: in clusters, each around a direction of its own.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "ainur/base/rng.hpp"

namespace ainur::test {

/// Centres are uniform on the sphere; a vector is a centre plus normal noise of length `spread`.
class clusters {
public:
  clusters(std::uint64_t seed, std::size_t count, std::size_t dimension, double spread)
      : random_(seed), dimension_(dimension), spread_(spread) {
    for (std::size_t i = 0; i < count; ++i)
      centres_.push_back(noise(1));
  }

  std::vector<float> draw() {
    const auto& centre = centres_[random_.below(centres_.size())];
    auto out = noise(spread_);
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] += centre[i];
    return out;
  }

  rng& random() { return random_; }

private:
  std::vector<float> noise(double length) {
    std::vector<float> out(dimension_);
    const double unit = length / std::sqrt(static_cast<double>(dimension_)) / 4294967296.0;
    for (auto& x : out)
      x = static_cast<float>(static_cast<double>(sample_normal_q32(random_)) * unit);
    return out;
  }

  rng random_;
  std::size_t dimension_;
  double spread_;
  std::vector<std::vector<float>> centres_;
};

} // namespace ainur::test
