// Published cases of peer scores: parameters, what happens to some peers, and which score each must
// have then. They are read and played against `peer_score` (docs/discovery.md has the form).
//
// Deterministic and thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ainur/discovery/gossip/peer_score.hpp"

namespace ainur::discovery::gossip {

/// One expectation, and what was found.
struct score_check {
  std::string what; ///< "score of A", "firstMessageDeliveries of A in mytopic"
  double expected = 0;
  double computed = 0;
  bool at_least = false; ///< the expectation is a lower bound
  /// Equal to 1 part in 10^9, or at least as large as asked.
  [[nodiscard]] bool holds() const noexcept;
};

struct played_score_case {
  std::string name;
  std::vector<score_check> checks;
};

/// Reads all cases, then plays each. At most 10,000 cases and 1,000,000 deliveries in all. Errors:
/// `malformed`, naming the case, event and key, and the nearest spelling of an unknown one;
/// `too_large`.
[[nodiscard]] result<std::vector<played_score_case>> play_score_cases(std::string_view json_text);

} // namespace ainur::discovery::gossip
