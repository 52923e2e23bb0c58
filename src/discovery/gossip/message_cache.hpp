// The messages of the last heartbeats: what peers are told of, and may ask for. Bounded in number
// and bytes; beyond a bound the oldest go first.
#pragma once

#include <vector>

#include "id_table.hpp"

namespace ainur::discovery::gossip {

/// What a message takes in memory.
[[nodiscard]] inline std::size_t size_of(const message& m) noexcept {
  return sizeof(message) + m.data.size() + m.topic.size();
}

class message_cache {
  struct request {
    std::uint64_t peer = 0;
    std::uint32_t count = 0;
  };

  struct cached {
    message_ptr what;
    std::uint32_t topic = 0;
    std::uint64_t tick = 0;
    std::vector<request> requests;
  };

public:
  /// Of a message beside its own bytes.
  static constexpr std::size_t entry_bytes = id_table<cached>::entry_bytes;

  message_cache(std::uint64_t hash_key, std::size_t messages_max, std::size_t bytes_max) noexcept
      : messages_(hash_key), messages_max_(messages_max), bytes_max_(bytes_max) {}

  void put(message_ptr m, std::uint32_t topic, std::uint64_t tick);
  /// Forgets what came at `tick` or before.
  void forget_until(std::uint64_t tick);

  /// Null if it is not there.
  [[nodiscard]] const message_ptr* find(const message_id& id) const noexcept;
  /// Counts a request of `peer`; how many it has made of this message, which must be there.
  [[nodiscard]] std::uint32_t count_request(const message_id& id, std::uint64_t peer);
  /// Ids of a topic's messages that came at `tick` or later, the newest first, at most so many.
  [[nodiscard]] std::vector<message_id> ids_since(std::uint64_t tick, std::uint32_t topic,
                                                  std::size_t count_max) const;

  [[nodiscard]] std::size_t size() const noexcept { return messages_.size(); }

  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
  void drop_front();

  id_table<cached> messages_;
  std::size_t messages_max_;
  std::size_t bytes_max_;
  std::size_t bytes_ = 0; // of messages and requests
};

} // namespace ainur::discovery::gossip
