// Messages that wait for a verdict, bounded in number and bytes, of a peer and in all. Two messages
// may claim one id, of which at most one can be well signed: both wait.
#pragma once

#include <map>
#include <vector>

#include "ainur/discovery/gossip/router.hpp"

namespace ainur::discovery::gossip {

/// A peer during one connection: who gets its slot later is another.
struct peer_life {
  peer_slot slot = 0;
  std::uint32_t life = 0;
  friend bool operator==(const peer_life&, const peer_life&) = default;
};

struct waiting {
  std::uint64_t number = 0;
  message_ptr what;
  std::uint32_t topic = 0;
  std::vector<peer_life> senders; ///< the first pays for the place
};

class validation_queue {
public:
  /// The same message if it waits already; else null.
  [[nodiscard]] waiting* find(const message& m);

  [[nodiscard]] bool holds(const message_id& id) const { return by_id_.contains(id); }

  const waiting& push(message_ptr m, std::uint32_t topic, const peer_life& from);
  /// Nothing if it does not wait.
  [[nodiscard]] std::optional<waiting> take(const validation& which);

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
  std::map<message_id, std::vector<waiting>> by_id_;
  std::uint64_t next_ = 0;
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace ainur::discovery::gossip
