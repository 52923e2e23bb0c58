// The ballots seen from the candidates: who names them.
#pragma once

#include "ainur/consensus/election.hpp"

namespace ainur::consensus {

class supporters {
public:
  struct entry {
    std::uint32_t voter;
    std::uint32_t edge;
  };

  explicit supporters(const ballots& b);

  /// In the order of the voters.
  [[nodiscard]] std::span<const entry> of(std::uint32_t candidate) const noexcept {
    return {entries_.data() + first_[candidate], entries_.data() + first_[candidate + 1]};
  }

  /// The stake of all who name it; below 2^84.
  [[nodiscard]] uint128 approval(std::uint32_t candidate) const noexcept {
    return approval_[candidate];
  }

private:
  std::vector<std::uint32_t> first_; // by candidate, and one more
  std::vector<entry> entries_;
  std::vector<uint128> approval_;
};

} // namespace ainur::consensus
