// What the tests of the gossip mesh share: numbered peers, messages and instants.
#pragma once

#include "ainur/base/time.hpp"
#include "ainur/discovery/gossip/message.hpp"

namespace ainur::test {

inline discovery::peer_id peer_numbered(std::uint32_t n) {
  discovery::peer_id id;
  id.value.back() = 1; // all zeroes mean none
  for (std::size_t i = 0; i < 4; ++i)
    id.value[i] = static_cast<std::uint8_t>(n >> (8 * i));
  return id;
}

inline discovery::gossip::message_id number_of(std::uint64_t n) {
  return {peer_numbered(77), n};
}

inline duration seconds(std::int64_t n) {
  return std::chrono::seconds{n};
}

inline instant seconds_at(std::int64_t n) {
  return instant{seconds(n)};
}

} // namespace ainur::test
