// The simulated world: honest nodes, attackers, what is on its way between them, and time.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "../id_table.hpp"
#include "ainur/base/rng.hpp"
#include "ainur/discovery/gossip/simulation.hpp"
#include "ainur/sim/event_queue.hpp"

namespace ainur::discovery::gossip::simulation {

using node_number = std::uint32_t; // honest ones first, then attackers

/// One end of a connection: who is at the other, and by which slot it knows this end.
struct link_end {
  node_number other = 0;
  peer_slot other_slot = 0;
  bool open = false;
};

struct honest_node {
  explicit honest_node(router r) : core(std::move(r)) {}

  router core;
  std::vector<link_end> links; // by slot
  std::deque<effects::check> checks;
  std::uint32_t connections = 0;
};

/// What an attacker did at one honest node.
struct misdeeds {
  std::uint32_t acts = 0;
  std::optional<instant> in_mesh_since;
  bool harmful = false;
  bool graylisted = false; // now
  std::optional<instant> first_graylisted;
};

struct attacker_link : link_end {
  misdeeds done;
  bool grafted = false; // one is in the other's mesh, as far as the attacker knows
  instant graft_again{};
};

struct attacker {
  attack kind = attack::censor;
  peer_id id;
  std::vector<attacker_link> links;
  std::uint64_t seen_until = 0; // messages passed on, by number
  std::uint32_t ticks = 0;
};

/// Verdicts on messages, each found once in the process.
class judge {
public:
  [[nodiscard]] verdict of(const message_ptr& m);

  [[nodiscard]] std::uint64_t checked() const noexcept { return checked_; }

private:
  struct hash {
    std::size_t operator()(const message_id& id) const noexcept { return hash_of(id, 0); }
  };

  struct known {
    message_ptr what;
    verdict found;
  };

  std::unordered_map<message_id, std::vector<known>, hash> known_;
  std::uint64_t checked_ = 0;
};

class world {
public:
  explicit world(const simulation_options& options);

  [[nodiscard]] simulation_report run();

private:
  enum class event_kind : std::uint8_t { arrival, judged, heartbeat, publish, act, arrive, survey };

  struct event {
    event_kind kind = event_kind::arrival;
    node_number node = 0;
    peer_slot slot = 0;
    rpc_ptr what;
  };

  struct published {
    instant at{};
    node_number by = 0;
    std::uint32_t reached = 0;
  };

  void happen(const event& e);
  void arrive_at(const event& e);
  void carry_out(node_number n);
  void post(node_number from, node_number to, peer_slot to_slot, rpc_ptr what);
  [[nodiscard]] bool connect(node_number from, node_number to);
  void dial(node_number from, const exchanged_peer& to);
  void publish();
  void deliver(node_number n, const message& m);
  void survey();
  void note(std::uint64_t a, std::uint64_t b) noexcept;

  [[nodiscard]] bool is_honest(node_number n) const noexcept { return n < options_.nodes; }

  [[nodiscard]] attacker& attacker_at(node_number n) { return attackers_[n - options_.nodes]; }

  [[nodiscard]] peer_id id_of(node_number n);
  [[nodiscard]] std::vector<std::string> addresses_of(node_number n) const;

  // attackers.cpp
  void enter(node_number n);
  void act(node_number n);
  void receive(node_number n, attacker_link& link, const rpc& what);
  void pass_on(node_number n, const attacker_link& from, const message_ptr& m);
  void ask_for_mesh(node_number n, attacker_link& link);
  [[nodiscard]] bool defected(const attacker& a) const noexcept;
  [[nodiscard]] instant entry_of(const attacker& a);
  [[nodiscard]] rpc_ptr spam_of(attacker& a);
  [[nodiscard]] message_ptr bad_message();
  void watch_attackers();

  // report.cpp
  void finish(simulation_report& r);
  void measure_reach(simulation_report& r);
  void measure_links(simulation_report& r);
  void judge_rules(simulation_report& r) const;

  simulation_options options_;
  rng random_;
  sim::network network_;
  sim::event_queue<event> queue_;
  std::vector<crypto::secret_key> keys_; // of honest nodes
  std::vector<honest_node> honest_;
  std::vector<attacker> attackers_;
  std::map<peer_id, node_number> numbers_; // of honest nodes
  std::vector<published> published_;
  std::vector<std::uint32_t> latencies_us_;
  std::deque<message_id> recent_; // for those who ask again and again
  std::vector<message_ptr> bad_;  // what attackers send, a second's worth
  instant bad_made_{};
  std::uint64_t bad_number_ = 0;
  std::optional<crypto::secret_key> bad_author_;
  std::uint64_t victim_got_ = 0;
  judge judge_;
  effects effects_;
  instant now_{};
  simulation_report report_;
};

/// Data of an honest message: its number; of a bad one: a mark.
[[nodiscard]] bytes data_of(std::uint64_t number, std::size_t size);
[[nodiscard]] std::uint64_t number_in(const message& m) noexcept;
inline constexpr std::uint64_t bad_number = ~std::uint64_t{0};
inline constexpr node_number victim = 0;

} // namespace ainur::discovery::gossip::simulation
