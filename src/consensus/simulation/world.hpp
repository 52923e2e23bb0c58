// The simulated world: nodes, what is on its way between them, and time.
#pragma once

#include "ainur/consensus/misdeeds.hpp"
#include "ainur/sim/event_queue.hpp"
#include "rules.hpp"

namespace ainur::consensus::simulation {

/// Who validates, era by era. With fewer than a third of byzantine heads they keep less than a
/// third of the weight in every era.
class electorate {
public:
  electorate(const simulation_options& options, std::vector<account_id> ids,
             std::vector<byte_array<32>> seeds, rng random);

  [[nodiscard]] validator_set of_era(std::uint64_t era) const;

private:
  simulation_options options_;
  std::vector<validator> all_; ///< the byzantine first
  rng random_;
};

class world {
public:
  explicit world(const simulation_options& options);

  [[nodiscard]] simulation_report run();

private:
  // What happens at an instant.
  struct arrival {
    account_id from;
    node_index to = 0;
    shared_message what;
  };

  struct of_node { // belongs to one life of a node
    node_index which = 0;
    std::uint64_t generation = 0;
  };

  struct woken : of_node {};

  struct written : of_node {};

  struct asked : of_node { // a block to make
    std::uint64_t height = 0;
    round_number round = 0;
  };

  struct judged : of_node { // a block to check
    hash256 id;
  };

  struct applied : of_node { // a block to execute
    certified_block decided;
  };

  struct recovered : of_node { // a state to go on from
    position at;
    std::vector<handover> handovers;
  };

  struct restart {
    node_index which = 0;
  };

  struct trouble {}; // time for a disturbance

  struct relief { // a disturbance of one node or link ends
    disturbance what = disturbance::crash;
    node_index which = 0;
  };

  using happening = std::variant<arrival, woken, written, asked, judged, applied, recovered,
                                 restart, trouble, relief>;

  void add_node(const account_id& id, const byte_array<32>& seed, std::vector<behaviour> misdeeds);
  void happen(const arrival& a);
  void happen(const woken& w);
  void happen(const written& w);
  void happen(const asked& a);
  void happen(const judged& j);
  void happen(const applied& a);
  void happen(const recovered& r);
  void happen(const restart& r);
  void happen(const trouble&);
  void happen(const relief& r);

  void boot(node_index i);
  void crash(node_index i);
  static void end_life(node& n);
  /// Carries out effects in order, until one must wait or the node crashes.
  void carry_out(node_index i, effects what);
  void pump(node_index i);
  void carry_out_one(node_index i, effect& e);
  void store(node& n, persist&& p);
  void send(node_index from, const message& what, std::vector<node_index> to);
  void post(node_index from, const parcel& p);
  void log(const node& by, const message& what);
  [[nodiscard]] std::vector<node_index> others(node_index i) const;
  [[nodiscard]] std::vector<node_index> all_with(const account_id& id) const;
  [[nodiscard]] position execute(const node& n, const certified_block& b) const;
  void load(node_index i, const load_blocks& wanted);
  void take_snapshot(node_index i, restore&& wanted);
  void prune(node& n);
  [[nodiscard]] bool alive(const of_node& x) const;
  [[nodiscard]] node* running(const of_node& x);
  [[nodiscard]] moment moment_of(const node& n) const;

  void strike(disturbance what);
  void heal();
  [[nodiscard]] bool progress();
  void measure();
  [[nodiscard]] duration time_for(std::uint64_t heights) const;
  void note(std::uint64_t a, std::uint64_t b = 0);
  void trace(instant arrived, node_index from, node_index to, std::string what);
  [[nodiscard]] simulation_report report();

  simulation_options options_;
  rng random_;
  hash256 chain_;
  std::shared_ptr<signature_checker> checker_;
  sim::network network_;
  sim::event_queue<happening> queue_;
  std::vector<node> nodes_;
  std::optional<electorate> electorate_;
  position start_;
  consensus::misdeeds misdeeds_;
  simulation::rules rules_;
  simulation_report report_;
  instant now_{};
  std::uint64_t lowest_ = 0; // height of an honest node
  std::uint64_t highest_ = 0;
  bool healed_ = false;
  instant deadline_ = instant::max();
  std::deque<trace_entry> trace_;
};

/// Replicas in the simulation wait less than on real networks.
[[nodiscard]] replica_options simulated_replica(const simulation_options& options);

} // namespace ainur::consensus::simulation
