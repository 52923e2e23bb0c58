// Keeps an agent's number the same when its directory starts anew.
//
// What is learned of the agents of a capability is kept by the number that the directory gave them.
// A restarted directory numbers in the order in which guards come back, so its snapshots are
// translated here: whoever had a number keeps it, others get numbers that nobody had. Snapshots of
// the first directory pass as they are and cost nothing. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "ainur/discovery/directory.hpp"

namespace ainur::orchestration {

class peer_numbers {
public:
  /// `fresh` with stable numbers. `in_use` is what the last call returned, null at the first.
  [[nodiscard]] discovery::snapshot_ptr translate(discovery::snapshot_ptr fresh,
                                                  const discovery::snapshot* in_use);

private:
  std::optional<std::uint32_t> life_; ///< of the only directory so far, while there was one only
  std::unordered_map<account_id, std::uint32_t> numbers_; ///< once there was another
  std::uint32_t next_ = 0;
};

} // namespace ainur::orchestration
