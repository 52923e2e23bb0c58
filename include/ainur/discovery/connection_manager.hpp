// Which connections to keep when there are too many.
//
// As in libp2p's connection manager: above the high water mark, those of least value are closed
// until the low one is reached. A connection in its grace period, and one that somebody protects,
// stays. A peer's value is the sum of its tags; a decaying tag loses a share of its value at each
// interval. It only decides: the caller closes what `trim` names and tells what opened and closed.
// A value; not thread-safe; bounded by `connections_max`, and 16 tags and protections a peer.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "ainur/base/time.hpp"
#include "ainur/discovery/peer_id.hpp"

namespace ainur::discovery {

struct connection_options {
  std::size_t low_water = 100;
  std::size_t high_water = 400;
  duration grace = std::chrono::seconds{60};         ///< during which a new connection stays
  duration trim_interval = std::chrono::seconds{10}; ///< at most one trim in this time
  std::size_t connections_max = 800;                 ///< further ones are refused, unless protected
};

/// How a tag loses value: at each interval this share is left, rounded towards zero.
struct tag_decay {
  duration interval = std::chrono::minutes{1};
  std::uint32_t left_ppm = 900'000;
};

class connection_manager {
public:
  static constexpr std::size_t tags_max = 16;            ///< of one peer
  static constexpr std::int64_t tag_value_max = 1 << 30; ///< values are clipped to ± this

  explicit connection_manager(const connection_options& options) : options_(options) {}

  /// A connection opened. False: close it, there are too many. A second one with the same peer
  /// counts with the first.
  bool opened(const peer_id& peer, instant now);
  /// One of the peer's connections closed; with the last its tags go, its protection stays.
  void closed(const peer_id& peer);

  /// A protected peer is never trimmed. Several may protect one, each by a name of its own. False
  /// if too many do.
  bool protect(const peer_id& peer, const std::string& by);
  /// True if somebody else still protects it.
  bool unprotect(const peer_id& peer, const std::string& by);

  /// Sets a tag of a connected peer. False for a peer that is not, or a tag too many.
  bool tag(const peer_id& peer, const std::string& name, std::int64_t value);
  void untag(const peer_id& peer, const std::string& name);
  /// Adds to a tag that decays. False as above.
  bool bump(const peer_id& peer, const std::string& name, std::int64_t delta,
            const tag_decay& decay, instant now);

  /// The peer's value now; 0 for one that is not connected.
  [[nodiscard]] std::int64_t value(const peer_id& peer, instant now) const;

  /// Peers to disconnect, least value first; of equals the one that came last. Nothing unless there
  /// are more than the high water mark, or before the interval has passed. They count until
  /// `closed` is told.
  [[nodiscard]] std::vector<peer_id> trim(instant now);

  [[nodiscard]] std::size_t size() const noexcept { return peers_.size(); }

  [[nodiscard]] bool is_connected(const peer_id& peer) const { return peers_.contains(peer); }

private:
  struct tag_value {
    std::int64_t value = 0;
    instant since{};
    tag_decay decay{duration{}, 0}; // without an interval: does not
  };

  struct connected {
    instant since{};
    std::uint32_t connections = 0;
    std::map<std::string, tag_value> tags;
  };

  [[nodiscard]] static std::int64_t now_worth(const tag_value& t, instant now) noexcept;
  [[nodiscard]] static std::int64_t sum(const connected& c, instant now) noexcept;
  tag_value* tag_of(const peer_id& peer, const std::string& name);

  connection_options options_;
  std::map<peer_id, connected> peers_;
  std::map<peer_id, std::set<std::string>> protected_;
  instant next_trim_{};
};

} // namespace ainur::discovery
