// What the adversaries of a run know together, and how each of them answers.
#pragma once

#include <optional>
#include <vector>

#include "ainur/discovery/kademlia/simulation.hpp"

namespace ainur::discovery::kademlia::simulation {

class adversaries {
public:
  explicit adversaries(rng random);

  void add(const contact& who) { members_.push_back(who); }

  /// An id near a point: the first `bits` are shared at least.
  [[nodiscard]] peer_id make_id_near(const key& target, int bits);

  /// Its answer instead of `honest`, the one that the protocol asks for.
  [[nodiscard]] std::optional<message> answer(misdeed how, const message& asked,
                                              std::optional<message> honest);

private:
  [[nodiscard]] std::vector<contact> nearest_members(const key& target) const;
  [[nodiscard]] std::vector<contact> ghosts_near(const key& target);

  rng random_;
  std::vector<contact> members_;
  std::vector<contact> ghosts_; // by point
};

} // namespace ainur::discovery::kademlia::simulation
