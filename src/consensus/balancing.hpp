// What evens out voters' weights: exact sums, and level backings.
#pragma once

#include "ainur/consensus/election.hpp"

namespace ainur::consensus {

/// `normalise` that keeps its room from call to call.
class normaliser {
public:
  void operator()(std::span<std::uint64_t> values, std::uint64_t sum);

private:
  void raise(std::span<std::uint64_t> values, std::uint64_t missing, std::uint64_t mean);
  void lower(std::span<std::uint64_t> values, uint128 excess);

  std::vector<std::uint32_t> order_; // places of the values, the smallest first
};

/// Balances over the *open* edges, whose targets have won. What it is given it refers to; it keeps
/// backing the sums of weights.
class balancer {
public:
  balancer(const ballots& b, const std::vector<std::uint8_t>& open, std::vector<uint128>& backing,
           std::vector<std::uint64_t>& weights);

  /// Returns how many iterations it took.
  std::uint32_t run(const balancing& how);

private:
  /// An open edge of the voter at hand.
  struct basin {
    uint128 backing;     // of its target; while the stake is poured, by others only
    std::uint32_t edge;  // its place
    std::uint32_t place; // among the voter's open edges
  };

  [[nodiscard]] uint128 change_of(std::uint32_t voter) const;
  [[nodiscard]] uint128 level(std::uint32_t voter, uint128 tolerance);
  void pour(std::uint64_t budget);

  const ballots& b_;
  const std::vector<std::uint8_t>& open_;
  std::vector<uint128>& backing_;
  std::vector<std::uint64_t>& weights_;
  std::vector<basin> basins_;        // of the voter at hand, the least backed first
  std::vector<std::uint64_t> given_; // by place
  normaliser fit_;
};

} // namespace ainur::consensus
