// One node's market: the actor system or a part of the host's, the supervision tree, and the
// handles by which it is driven from outside. The public runtime and the scenario runner are built
// on it.
//
//   storage (rest for one)            writer ─ persistents: ledger, reputation, node
//   market (one for one)              shard, recorder, orchestrators, tiers of groups
//   group                             guard, and up to 999 agents
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ainur/actors/store_writer.hpp"
#include "ainur/actors/supervisor.hpp"
#include "ainur/actors/system.hpp"
#include "ainur/crypto/hash.hpp"
#include "logger.hpp"
#include "market_actors.hpp"
#include "validator_branch.hpp"

namespace ainur {

/// An account that exists from the start.
struct funded_account {
  std::uint64_t hosted_index = 0;
  amount free;
  amount bonded;
};

struct market_options {
  clock_kind clock = clock_kind::real_time;
  std::uint64_t seed = 1;
  std::uint32_t threads_max = 0;
  timestamp start = timestamp_at(1'700'000'000'000'000); ///< virtual clock only
  std::shared_ptr<link_model> links;                     ///< virtual clock only
  std::shared_ptr<logger> log;                           ///< closed when the market has ended
  std::string data_directory;                            ///< empty: in memory
  bool synced = true;
  byte_array<32> host_seed{};
  duration key_rotation{}; ///< the age at which the host's key is replaced; 0: never
  ledger::parameters economy;
  std::vector<funded_account> accounts;
  amount host_balance = amount::ainu(1'000'000'000);
  amount orchestrator_bond = amount::ainu(1'000);
  duration block_interval{100'000};
  std::size_t calls_max = 10'000;
  std::uint64_t checkpoint_interval = 1'000;
  /// Validators keep the ledger; none: the host alone does.
  std::optional<validator_options> validators;
  std::uint32_t orchestrators = 2;
  orchestration::orchestrator_options orchestrator; ///< number, account and host are filled in
  std::function<std::unique_ptr<routing::router>()> make_router;
  std::shared_ptr<const std::map<std::string, verifier>> verifiers;
  orchestration::intake_options intake;
  std::size_t blocking_workers = 4;
  bool keep_notes = false;
  /// Guards tell the recorder at once of every action that they stop.
  bool report_at_once = false;
  /// Makes the recorder; null: none. It is told of every restart.
  std::function<caf::actor(caf::local_actor& parent, const std::shared_ptr<const registry>&,
                           const environment&)>
      make_recorder;
  /// Of a store that held tasks: how much of the run is over, by the number of its next request.
  /// None: the virtual clock goes on where the last block was made.
  std::function<duration(std::uint64_t resumed_at)> elapsed;
};

/// Indices of hosted accounts, apart from each other.
inline constexpr std::uint64_t first_orchestrator_index = 1;
inline constexpr std::uint64_t first_client_index = 1'000'000'000;
inline constexpr std::uint64_t first_controller_index = 2'000'000'000;
inline constexpr std::uint64_t first_agent_index = 10'000'000'000;

class market_host {
public:
  /// On a system of its own. Errors: of the store, the ledger, or its data directory.
  [[nodiscard]] static result<std::unique_ptr<market_host>> start(market_options options);
  /// On the host's system, which must have been configured for the clock in the options.
  [[nodiscard]] static result<std::unique_ptr<market_host>> start_on(caf::actor_system& system,
                                                                     market_options options);
  ~market_host();
  market_host(const market_host&) = delete;
  market_host& operator=(const market_host&) = delete;

  /// Adds a group of at most 999 agents; its number is filled in.
  std::uint32_t add_group(group g);
  /// Adds a supervisor of the host program's own actors; it ends with the market.
  void add_branch(supervisor_spec spec);
  /// Waits until so many agents of a group are known to those who may ask them.
  [[nodiscard]] result<void> wait_listed(std::uint32_t group, std::size_t agents);

  /// On the virtual clock: takes what skills of other threads have answered.
  void drain_late() {
    if (late_)
      late_->drain();
  }

  /// Ends everything in order. The destructor does it too.
  void stop();

  [[nodiscard]] caf::actor_system& system() noexcept { return *system_; }

  [[nodiscard]] const environment& world() const noexcept { return *world_; }

  [[nodiscard]] virtual_driver* driver() noexcept { return driver_.get(); }

  [[nodiscard]] const std::shared_ptr<registry>& roles() const noexcept { return roles_; }

  [[nodiscard]] const account_id& host() const noexcept { return host_; }

  /// The hash of the ledger's genesis.
  [[nodiscard]] const hash256& chain() const noexcept { return chain_; }

  /// The account of a validator; their numbers begin with 0.
  [[nodiscard]] const account_id& stash_of(std::uint32_t validator) const {
    return validators_->stash(validator);
  }

  [[nodiscard]] store::backend& store() noexcept { return *store_; }

  [[nodiscard]] const market_options& options() const noexcept { return options_; }

  [[nodiscard]] account_id account(std::uint64_t hosted_index) const noexcept {
    return crypto::hosted_account(host_, hosted_index);
  }

  /// Spawns actors that nobody supervises; `end` them before `stop`.
  void with_root(const std::function<void(caf::local_actor&)>& spawn);
  void end(const caf::actor& actor);
  /// Guards tell the recorder what they have counted.
  void flush_reports();

  /// Of a store that held tasks: how many went on, and the number of the next request.
  [[nodiscard]] std::uint64_t resumed_tasks() const noexcept { return resumed_tasks_; }

  [[nodiscard]] std::uint64_t resumed_at() const noexcept { return resumed_at_; }

  /// Of the last block of an earlier life; 0: there was none.
  [[nodiscard]] std::uint64_t resumed_height() const noexcept { return resumed_height_; }

  /// Calls of hosted accounts for the next block, without waiting for their answers.
  void call_ledger(std::vector<ledger::entry> calls);
  /// The same with a number for each, by which its answer is found in a published block.
  void call_ledger(std::vector<orchestration::outputs::request> calls);
  /// As of the last durable block. On the virtual clock time may pass meanwhile.
  [[nodiscard]] result<msg::totals> ask_totals();
  [[nodiscard]] result<msg::account_views> ask_accounts(std::vector<account_id> accounts);
  /// Hands in a signed batch; nothing if it is not answered in time. On the virtual clock time
  /// passes meanwhile.
  [[nodiscard]] std::optional<result<msg::batch_receipts>>
  submit_batch(const ledger::signed_batch& batch, duration timeout);
  /// Waits for a block after this height; nothing if there is none in time.
  [[nodiscard]] std::optional<result<void>> await_block_after(std::uint64_t height,
                                                              duration timeout);
  [[nodiscard]] result<orchestration::task_status> ask_status(const task_id& task);
  /// Where the validators stand, and last the market's own node; empty without validators.
  [[nodiscard]] result<std::vector<msg::node_view>> ask_validators();
  /// Lets everything that is ready run; nothing to do on the real clock.
  void settle();

  /// For faults and tests: the supervisor of a role, and the id of its child there.
  [[nodiscard]] bool kill(const std::string& role);
  [[nodiscard]] bool kill_agent(std::uint32_t guard, std::uint32_t slot);
  [[nodiscard]] bool kill_supervisor(std::uint32_t guard);
  /// Something befalls a validator. False if it is not running.
  [[nodiscard]] bool befall_validator(std::uint32_t number, const msg::node_fault& what);
  /// An agent of this moment; empty if it is not running.
  [[nodiscard]] agent_actor find_agent(std::uint32_t guard, std::uint32_t slot) const;

  [[nodiscard]] std::uint32_t groups() const noexcept { return next_group_; }

private:
  market_host() = default;
  result<void> open_store();
  result<void> count_resumed(const store::view& from);
  ledger::genesis make_genesis() const;
  void plant();
  [[nodiscard]] std::optional<key_keeping> keys_kept() const;
  supervisor_spec storage_spec();
  child_spec ledger_spec() const;
  supervisor_spec market_spec();
  std::shared_ptr<const supervisor_spec> group_spec(group_ptr g);

  std::shared_ptr<const supervisor_spec> tier_spec(const std::string& name);
  void add_below(const supervisor_actor& above, std::shared_ptr<const child_spec> child);

  /// The agents of a group at this moment, written by its supervisor's listener.
  struct roster {
    mutable std::mutex mutex;
    std::vector<agent_actor> agents;
  };

  struct roster_list {
    mutable std::mutex mutex;
    std::vector<std::shared_ptr<roster>> lists; // by group

    [[nodiscard]] std::shared_ptr<roster> find(std::uint32_t group_number) const {
      const std::lock_guard lock{mutex};
      return group_number < lists.size() ? lists[group_number] : nullptr;
    }

    [[nodiscard]] std::uint32_t size_of(std::uint32_t group_number) const {
      const auto list = find(group_number);
      return list ? static_cast<std::uint32_t>(list->agents.size()) : 0;
    }
  };

  market_options options_;
  std::unique_ptr<caf::actor_system_config> config_;
  std::unique_ptr<caf::actor_system> own_system_;
  caf::actor_system* system_ = nullptr;
  std::optional<environment> world_;
  std::unique_ptr<virtual_driver> driver_;
  std::shared_ptr<store::backend> store_;
  std::unique_ptr<validator_branch> validators_;
  std::shared_ptr<registry> roles_ = std::make_shared<registry>();
  std::shared_ptr<blocking_pool> pool_;
  std::shared_ptr<late_answers> late_; // virtual clock
  account_id host_;
  hash256 chain_;
  supervisor_actor root_;
  std::shared_ptr<roster_list> rosters_ = std::make_shared<roster_list>();
  std::uint32_t next_group_ = 0;
  std::uint32_t tiers_ = 0;
  std::uint64_t branches_ = 0;
  std::uint64_t resumed_tasks_ = 0;
  std::uint64_t resumed_at_ = 0;
  timestamp last_block_at_{};
  std::uint64_t resumed_height_ = 0;
  bool stopped_ = false;
};

} // namespace ainur
