// Who is there: agents that offer a capability say so now and again, and are forgotten soon after
// they fall silent.
//
// A node announces each of its agents in two ways: by a provider record in the hash table under
// `capability_key`, which lets strangers find the node within a lookup, and by gossip on
// `presence_topic`, every `heartbeat`, which keeps those who listen up to date. An announcement is
// a `signed_` value in canonical msgpack, by the key of the node's peer id; its word about its own
// agents, which proves nothing about accounts: those are checked where money moves. A higher
// sequence number replaces a lower; the last one may say that the agent leaves.
//
// With the defaults an agent is forgotten 30 s after its last announcement was made, or at once
// when it leaves. Pure; classes are not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"
#include "ainur/crypto/signed.hpp"
#include "ainur/discovery/peer_id.hpp"

namespace ainur::discovery {

/// "/ainur/v1/global/l3_aether/presence/<capability>".
[[nodiscard]] std::string presence_topic(std::string_view capability);

struct presence_announcement {
  static constexpr std::string_view signature_domain = "ainur/presence/v1";
  static constexpr std::size_t capability_max = 128; ///< bytes

  std::string capability;
  account_id agent;
  peer_id peer; ///< through which the agent is reached; it signs
  std::uint64_t sequence = 0;
  bool leaves = false;
  timestamp at{};
  AINUR_FIELDS(presence_announcement, capability, agent, peer, sequence, leaves, at)
};

struct presence_options {
  duration heartbeat = std::chrono::seconds{10};
  duration life = std::chrono::seconds{30}; ///< of an announcement, from when it was made
  duration skew = std::chrono::seconds{5};  ///< by which a clock may be ahead
  std::size_t own_max = 1'024;              ///< agents that a node announces, with each capability
  std::size_t agents_max = 16'384;          ///< in the table, with those who have left just now
  std::size_t peer_agents_max = 256;        ///< of one peer, with each capability
};

/// Publish this.
struct publication {
  std::string topic;
  bytes data;
};

/// What a node says about its own agents.
class presence_announcer {
public:
  presence_announcer(crypto::secret_key key, const presence_options& options)
      : key_(std::move(key)), options_(options) {}

  /// An agent offers a capability from now on. Also call `dht::provide`. Errors: `too_large`.
  [[nodiscard]] result<publication> join(const std::string& capability, const account_id& agent,
                                         instant now, timestamp utc);
  /// It does no longer; nothing if it never did. Also call `dht::withdraw` after the last.
  [[nodiscard]] std::vector<publication> leave(const std::string& capability,
                                               const account_id& agent, timestamp utc);
  /// What is due.
  [[nodiscard]] std::vector<publication> tick(instant now, timestamp utc);
  [[nodiscard]] instant next_wake() const noexcept;

  /// How many agents it announces under a capability.
  [[nodiscard]] std::size_t count(const std::string& capability) const;

private:
  using own = std::pair<std::string, account_id>;

  [[nodiscard]] publication make(const own& who, bool leaves, timestamp utc);

  crypto::secret_key key_;
  presence_options options_;
  std::map<own, instant> due_;
  std::uint64_t sequence_ = 0;
};

/// Who is there, as announcements tell.
class presence_table {
public:
  explicit presence_table(const presence_options& options) : options_(options) {}

  enum class change : std::uint8_t { came, stayed, left };

  /// An announcement that came on the topic of a capability. Errors: `malformed` (also another
  /// capability), `too_large` (also a bound of the table), `bad_signature`, `wrong_signer`, `stale`
  /// (too old, made in the future, or no newer than what is known). Then nothing changes.
  result<change> receive(std::string_view capability, bytes_view data, instant now, timestamp utc);

  struct present {
    account_id agent;
    peer_id peer;
    friend bool operator==(const present&, const present&) = default;
  };

  /// By agent and peer. What has expired is no longer shown.
  [[nodiscard]] std::vector<present> find(std::string_view capability, instant now) const;
  /// Forgets what has expired, and says who is gone without a word.
  std::vector<std::pair<std::string, present>> expire(instant now);
  /// `instant::max()` if nothing expires.
  [[nodiscard]] instant next_expiry() const noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

private:
  using place = std::tuple<std::string, account_id, peer_id>;

  struct entry {
    std::uint64_t sequence = 0;
    instant until{};
    bool left = false; // remembered so that an older word does not bring it back
  };

  presence_options options_;
  std::map<place, entry> entries_;
  std::set<std::pair<instant, place>> by_expiry_;
  std::map<peer_id, std::size_t> by_peer_;
};

} // namespace ainur::discovery
