// One run: the nodes, the network between them, and what happens next.
#pragma once

#include <unordered_map>
#include <variant>

#include "adversary.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/discovery/kademlia/simulation.hpp"
#include "ainur/sim/event_queue.hpp"

namespace ainur::discovery::kademlia::simulation {

using node_number = std::uint32_t;

struct member {
  std::optional<dht> node; // nothing: has not joined
  std::optional<misdeed> bad;
  bool server = true;
  std::vector<std::uint32_t> offers; // capabilities
  std::uint32_t life = 0;            // how many were here before
  instant wake = instant::max();     // the next tick on its way
};

class world {
public:
  explicit world(const simulation_options& options);
  simulation_report run();

private:
  struct join {
    node_number who;
    std::uint32_t life;
  };

  struct announce {
    node_number who;
    std::uint32_t life;
  };

  struct wake_up {
    node_number who;
    std::uint32_t life;
  };

  /// A request, or the answer to one.
  struct delivery {
    node_number from, to;
    std::uint32_t from_life, to_life;
    exchange_id exchange;
    bool is_answer;
    message what;
  };

  struct leave {};

  struct ask {
    std::uint32_t number;
  };

  using event = std::variant<join, announce, wake_up, delivery, leave, ask>;

  struct question {
    std::optional<node_number> peer; // or a capability
    std::uint32_t peer_life = 0;
    std::uint32_t capability = 0;
  };

  void happen(const join& e);
  void happen(const announce& e);
  void happen(const wake_up& e);
  void happen(const delivery& e);
  void happen(const leave& e);
  void happen(const ask& e);

  void populate();
  [[nodiscard]] contact identity(node_number who);
  [[nodiscard]] std::uint32_t draw_ip(bool bad);
  [[nodiscard]] std::vector<contact> draw_entries();
  [[nodiscard]] node_number draw_honest(bool server);
  [[nodiscard]] bool lives(node_number who, std::uint32_t life) const;
  void carry_out(node_number who, step s);
  void settle(node_number who);
  void send(node_number from, node_number to, exchange_id exchange, bool is_answer, message what);
  void judge(const question& q, const outcome& o);
  [[nodiscard]] bool is_offered(std::uint32_t capability) const;
  [[nodiscard]] bool offers(const contact& who, std::uint32_t capability) const;
  void schedule_leave();
  [[nodiscard]] simulation_report report();

  simulation_options options_;
  rng random_;
  sim::network network_;
  sim::event_queue<event> queue_;
  instant now_{};
  std::vector<member> members_;
  std::unordered_map<peer_id, node_number> numbers_; // of who is there; never iterated
  std::vector<bytes> capabilities_;
  std::vector<std::vector<node_number>> providers_; // of each capability
  std::uint32_t attacked_ = 0;                      // the first so many capabilities
  adversaries adversaries_;
  std::unordered_map<std::uint64_t, question> asked_; // by node and operation; never iterated
  std::uint64_t open_ = 0;
  std::uint32_t adversary_count_ = 0;
  simulation_report report_;
  std::vector<std::uint64_t> hops_, requests_, times_;
  crypto::hasher digest_{"ainur/simulated-dht"};
};

} // namespace ainur::discovery::kademlia::simulation
