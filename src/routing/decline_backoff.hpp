// Who declined lately is left alone for a while.
//
// A peer that is asked and makes no offer is most often busy: asking it again at once wastes one of
// the few places of a call. It rests for `first`, twice as long for each further decline in a row,
// up to `longest` (truncated exponential backoff); an offer, or the end of work it did, ends the
// rest. Only a hint: with nobody else to ask, a resting peer may be asked.
//
// Peers are known by the small numbers of one candidate list; 16 bytes for each up to the highest
// that declined. A value without clock. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "ainur/base/time.hpp"
#include "candidate_list.hpp"

namespace ainur::routing {

struct decline_backoff_options {
  duration first{1'000'000};
  duration longest{16'000'000};
};

class decline_backoff {
public:
  explicit decline_backoff(decline_backoff_options options = {}) noexcept : options_(options) {
    options_.longest = std::max(options_.longest, options_.first);
  }

  void declined(slot_index peer, instant now) {
    if (peer >= rests_.size())
      rests_.resize(peer + std::size_t{1});
    auto& r = rests_[peer];
    r.length =
        r.length == duration{} ? options_.first : std::min(r.length + r.length, options_.longest);
    r.until = now + r.length;
  }

  /// The peer has made an offer, or has become free.
  void available(slot_index peer) noexcept {
    if (peer < rests_.size())
      rests_[peer] = {};
  }

  [[nodiscard]] bool is_resting(slot_index peer, instant now) const noexcept {
    return peer < rests_.size() && now < rests_[peer].until;
  }

private:
  struct rest {
    instant until{};
    duration length{};
  };

  decline_backoff_options options_;
  std::vector<rest> rests_;
};

} // namespace ainur::routing
