// A node's part in a gossip mesh: GossipSub v1.1 (libp2p/specs, pubsub/gossipsub) with the
// IDONTWANT of v1.2.
//
// For each topic that a node joined it keeps a few peers to which it passes on whole messages, its
// mesh. To some others it tells at each heartbeat which messages it has, and they ask for what they
// lack. Peers are scored by what they bring; those below zero leave the mesh, those below the
// graylist threshold are not heard at all.
//
//   connect, disconnect   a peer comes or goes; peers go by the slot that `connect` gives
//   join, leave           topics
//   publish               a message of one's own, signed
//   receive               an RPC that a peer sent
//   validated             answers `effects::checks`
//   heartbeat             every `router_options::heartbeat`
//
// What is to be done is appended to an `effects`, in any order to be carried out. The link to a
// peer keeps order and may lose. Every table has a bound (`usage`), and nothing that a peer sends
// fails: it is dropped, counted, and where it breaks a rule it costs the peer score. The same calls
// with the same generator give the same effects everywhere. Not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ainur/discovery/gossip/peer_score.hpp"
#include "ainur/discovery/gossip/router_options.hpp"

namespace ainur::discovery::gossip {

/// One message that waits for a verdict.
struct validation {
  message_id id;
  std::uint64_t number = 0; ///< tells messages apart that claim one id
};

enum class verdict : std::uint8_t {
  accept,        ///< well signed and good: delivered and passed on
  reject,        ///< well signed and bad: all who brought it are penalised
  ignore,        ///< well signed, of no use: nobody is
  throttled,     ///< could not be judged: nobody is
  bad_signature, ///< who brought it is penalised; another message may have its id
};

struct effects {
  struct send {
    peer_slot to = 0;
    rpc_ptr what;
  };

  /// Is it signed by its author (`verify`), and what does the application say? Answer `validated`.
  struct check {
    validation which;
    message_ptr what;
  };

  std::vector<send> sends;
  std::vector<check> checks;
  std::vector<message_ptr> deliveries; ///< for the application, each once
  std::vector<exchanged_peer> dials;   ///< worth connecting to; whoever does checks the record

  void clear() noexcept;
};

/// How a peer is connected.
struct connection {
  bool outbound = false; ///< this node dialled
  bool direct = false;   ///< by agreement: always heard, always sent to, never in a mesh
  std::vector<std::string> addresses;
  bytes record; ///< its signed peer record, to be shown to others; may be empty
};

/// What was seen and sent.
struct router_counts {
  std::uint64_t graylisted = 0; ///< RPCs not read
  std::uint64_t copies = 0;     ///< of messages that arrived
  std::uint64_t duplicates = 0; ///< of them known already
  std::uint64_t delivered = 0;  ///< messages
  std::uint64_t rejected = 0;   ///< messages, for signature or content
  std::uint64_t queue_full = 0; ///< messages dropped for want of room
  std::uint64_t asked = 0;      ///< ids
  std::uint64_t answered = 0;   ///< messages sent to those who asked
  std::uint64_t promises_broken = 0;
  std::uint64_t refused = 0; ///< parts of RPCs that broke a limit
};

/// How full a table is.
struct table_usage {
  std::string_view name;
  std::size_t bytes = 0;     ///< in use, by the sizes of its entries
  std::size_t bytes_max = 0; ///< what it can come to
};

class router {
public:
  /// Errors: `bad_option`.
  [[nodiscard]] static result<router> make(const peer_id& self, router_options options, rng random);
  ~router();
  router(router&&) noexcept;
  router& operator=(router&&) noexcept;

  /// Errors: `too_large` if there is no room, `stale` if the peer is connected already.
  [[nodiscard]] result<peer_slot> connect(const peer_id& peer, connection how, effects& out);
  /// A slot without peer is ignored here and below: its RPC was on its way.
  void disconnect(peer_slot peer, instant now);
  void set_application_score(peer_slot peer, double score);

  /// Sets how a topic is scored; topics are unscored until then.
  void score_topic(std::string_view topic, const topic_parameters& p);
  /// Errors: `too_large` for a name too long or too many topics.
  [[nodiscard]] result<void> join(std::string_view topic, instant now, effects& out);
  void leave(std::string_view topic, instant now, effects& out);

  /// A message by this node, signed. Errors: `wrong_signer`, `stale` for an id that is known,
  /// `too_large`; then nothing is changed.
  [[nodiscard]] result<void> publish(message_ptr m, instant now, effects& out);
  void receive(peer_slot from, const rpc& what, instant now, effects& out);
  /// The peer sent bytes that are no RPC.
  void malformed(peer_slot from);
  /// Not of one that is not waited for.
  void validated(const validation& which, verdict v, instant now, effects& out);
  void heartbeat(instant now, effects& out);

  /// 0 for a slot without peer.
  [[nodiscard]] double score(peer_slot peer) const noexcept;
  [[nodiscard]] std::vector<peer_slot> mesh(std::string_view topic) const;
  [[nodiscard]] const peer_score& scores() const noexcept;
  [[nodiscard]] const router_counts& counts() const noexcept;
  [[nodiscard]] std::vector<table_usage> usage() const;

private:
  struct state;
  explicit router(std::unique_ptr<state> s) noexcept;
  std::unique_ptr<state> state_;
};

} // namespace ainur::discovery::gossip
