// How the actors of a market are made. Each is a thin shell: what it decides stands in src/.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "ainur/actors/environment.hpp"
#include "ainur/actors/messages.hpp"
#include "ainur/actors/skill.hpp"
#include "ainur/consensus/full_node.hpp"
#include "ainur/consensus/host_client.hpp"
#include "ainur/ledger/log_keeper.hpp"
#include "ainur/routing/router.hpp"
#include "ainur/safety/guard.hpp"
#include "ainur/store/backend.hpp"

namespace ainur {

/// Endpoints of modelled links; the classes of link are told apart by these ranges.
inline constexpr std::uint32_t client_endpoint = 1;
inline constexpr std::uint32_t node_endpoint = 2;
inline constexpr std::uint32_t ledger_endpoint = 3;
inline constexpr std::uint32_t shard_endpoint = 4;
inline constexpr std::uint32_t first_orchestrator_endpoint = 100;
inline constexpr std::uint32_t first_guard_endpoint = 10'000;
/// Links with one end from here on are between validators, or from the market to them.
inline constexpr std::uint32_t first_validator_endpoint = 1'000'000;

[[nodiscard]] constexpr std::uint32_t orchestrator_endpoint(std::uint32_t number) noexcept {
  return first_orchestrator_endpoint + number;
}

[[nodiscard]] constexpr std::uint32_t guard_endpoint(std::uint32_t number) noexcept {
  return first_guard_endpoint + number;
}

/// Finds an actor by its role. Handles change with restarts, so none is kept longer than a message
/// takes; written by supervision listeners, read by everybody. Thread-safe.
class registry {
public:
  template <class Handle>
  void set(const std::string& role, Handle handle) {
    const std::lock_guard lock{mutex_};
    handles_.insert_or_assign(role, caf::actor_cast<caf::actor>(std::move(handle)));
    ++version_;
  }

  void clear(const std::string& role) {
    const std::lock_guard lock{mutex_};
    handles_.erase(role);
    ++version_;
  }

  void clear_all() {
    const std::lock_guard lock{mutex_};
    handles_.clear();
    ++version_;
  }

  /// Empty while there is none.
  template <class Handle>
  [[nodiscard]] Handle get(const std::string& role) const {
    const std::lock_guard lock{mutex_};
    const auto at = handles_.find(role);
    return at == handles_.end() ? Handle{} : caf::actor_cast<Handle>(at->second);
  }

  /// All handles whose role begins with `prefix`, in the order of their roles.
  template <class Handle>
  [[nodiscard]] std::vector<std::pair<std::string, Handle>> list(const std::string& prefix) const {
    const std::lock_guard lock{mutex_};
    std::vector<std::pair<std::string, Handle>> found;
    for (auto at = handles_.lower_bound(prefix);
         at != handles_.end() && at->first.starts_with(prefix); ++at)
      found.emplace_back(at->first, caf::actor_cast<Handle>(at->second));
    return found;
  }

  /// Changes with every `set` and `clear`.
  [[nodiscard]] std::uint64_t version() const noexcept { return version_.load(); }

private:
  mutable std::mutex mutex_;
  std::map<std::string, caf::actor> handles_;
  std::atomic<std::uint64_t> version_{0};
};

namespace role {
inline const std::string ledger = "ledger";
inline const std::string writer = "writer";
inline const std::string shard = "shard";
inline const std::string node = "node";
inline const std::string recorder = "recorder";
inline const std::string reputation = "reputation";
/// Followers of the ledger; the number after it marks the answers to the follower's own calls.
inline const std::string follower = "follower/";

[[nodiscard]] inline std::string follower_of(std::uint32_t number) {
  const auto digits = std::to_string(number);
  return follower + std::string(6 - std::min<std::size_t>(6, digits.size()), '0') + digits;
}

/// Followers of the tasks' ends.
inline const std::string task_follower = "tasks/";

[[nodiscard]] inline std::string orchestrator_of(std::uint32_t number) {
  return "orchestrator/" + std::to_string(number);
}

[[nodiscard]] inline std::string guard_of(std::uint32_t number) {
  return "guard/" + std::to_string(number);
}
} // namespace role

namespace role {
[[nodiscard]] inline std::string validator_of(std::uint32_t number) {
  return "validator/" + std::to_string(number);
}

[[nodiscard]] inline std::string writer_of_validator(std::uint32_t number) {
  return "validator-writer/" + std::to_string(number);
}
} // namespace role

/// Numbers by which answers of the ledger find back.
inline constexpr std::uint32_t guards_number = 1; ///< guards post results and need no answer
inline constexpr std::uint32_t recorder_number = 2;
inline constexpr std::uint32_t reputation_number = 3;
inline constexpr std::uint32_t runtime_number = 4;
inline constexpr std::uint32_t first_orchestrator_number = 16;

// --- ledger
// ---------------------------------------------------------------------------------------

/// Journals of the node's store.
using ledger::block_journal;
using ledger::standing_journal;
inline constexpr store::journal_id intake_journal{3};
/// Tables of the node's store.
using ledger::node_table;

/// The host's keys on the real clock: made fresh, and kept in the store under a lock.
struct key_keeping {
  duration interval{}; ///< the age at which a key is replaced
  crypto::aead_key lock{};
  std::function<result<crypto::secret_key>()> make_key;
  std::function<result<crypto::aead_nonce>()> make_nonce;
};

struct ledger_setup {
  environment world;
  std::shared_ptr<store::backend> store;
  std::shared_ptr<const registry> roles;
  ledger::authority_options options;
  ledger::keeper_options keeper;
  /// What is kept for questions about earlier checkpoints.
  ledger::past_bounds past{.checkpoints_max = 2};
  std::size_t signature_checkers = 2; ///< at least 1
  std::size_t recent_blocks = 256;    ///< in memory for those who follow; at least 1
  /// None: they are derived from the host's seed.
  std::optional<key_keeping> keys;
};

[[nodiscard]] caf::actor spawn_ledger(caf::local_actor& parent, ledger_setup setup);

// --- validators
// -----------------------------------------------------------------------------------

/// Where a node of the ledger is found.
struct node_address {
  account_id id;
  std::uint32_t endpoint = 0; ///< of modelled links
  std::string role;           ///< in the registry
};

/// A node of a ledger that validators keep; its store was prepared (consensus::prepare_node).
struct seat_setup {
  environment world;
  std::shared_ptr<store::backend> store;
  std::shared_ptr<const registry> roles;
  std::string writer_role; ///< of the store's writer
  std::shared_ptr<const std::vector<node_address>> nodes;
  std::uint32_t place = 0; ///< its own among them
  consensus::node_options options;
  std::shared_ptr<consensus::signature_checker> checker; ///< shared by all of a process
  byte_array<32> statement_seed{};
  std::optional<byte_array<32>> reporter_seed; ///< of the account that reports equivocations
};

[[nodiscard]] caf::actor spawn_validator(caf::local_actor& parent, seat_setup setup);

struct observer_setup {
  seat_setup seat;
  consensus::host_client_options client;
  std::size_t signature_checkers = 2; ///< at least 1
  std::size_t recent_blocks = 256;    ///< in memory for those who follow; at least 1
};

/// The ledger actor of a market whose ledger validators keep.
[[nodiscard]] caf::actor spawn_observer(caf::local_actor& parent, observer_setup setup);

// --- reputation
// -----------------------------------------------------------------------------------

struct reputation_setup {
  environment world;
  std::shared_ptr<store::backend> store;
  std::shared_ptr<const registry> roles;
  std::uint64_t snapshot_interval = 1'000; ///< blocks
};

[[nodiscard]] caf::actor spawn_reputation(caf::local_actor& parent, reputation_setup setup);

// --- shard
// ----------------------------------------------------------------------------------------

struct shard_setup {
  environment world;
  std::shared_ptr<const registry> roles;
  std::uint32_t starts = 0; ///< how often it has started: later lists are newer
  duration publish_interval{100'000};
};

[[nodiscard]] caf::actor spawn_shard(caf::local_actor& parent, shard_setup setup);

// --- orchestrator
// ---------------------------------------------------------------------------------

/// Judges a result; a function of the host program. Must be quick and thread-safe.
using verifier =
    std::function<bool(const market::task&, std::uint16_t subtask, const bytes& content)>;

struct orchestrator_setup {
  environment world;
  orchestration::orchestrator_options options;
  std::function<std::unique_ptr<routing::router>()> make_router;
  std::shared_ptr<const std::map<std::string, verifier>> verifiers;
  std::shared_ptr<const registry> roles;
  bool keep_notes = false;
};

[[nodiscard]] caf::actor spawn_orchestrator(caf::local_actor& parent, orchestrator_setup setup);

// --- guard and agents
// -----------------------------------------------------------------------------

/// Answers of asynchronous skills that come from other threads while one thread drives the virtual
/// clock: they wait for that thread. Thread-safe.
class late_answers {
public:
  /// Carries `answer` out now if the calling thread drives the run, else at the next `drain`.
  void add(std::function<void()> answer) {
    if (std::this_thread::get_id() == driver_)
      return answer();
    const std::lock_guard lock{mutex_};
    waiting_.push_back(std::move(answer));
    any_.store(true, std::memory_order_release);
  }

  /// By the driving thread. Cheap if there is nothing.
  void drain() {
    if (!any_.load(std::memory_order_acquire))
      return;
    std::vector<std::function<void()>> now;
    {
      const std::lock_guard lock{mutex_};
      now.swap(waiting_);
      any_.store(false, std::memory_order_release);
    }
    for (const auto& answer : now)
      answer();
  }

private:
  std::thread::id driver_ = std::this_thread::get_id();
  std::atomic<bool> any_{false};
  std::mutex mutex_;
  std::vector<std::function<void()>> waiting_;
};

/// One agent of a group, as it was made.
struct member {
  account_id account;
  account_id controller;
  std::optional<std::uint64_t> hosted_index;
  std::uint32_t capabilities = 0; ///< index into group::capability_sets
  std::uint16_t reputation = 0;
  bool bonded = false;
  amount stake;
  std::uint64_t seed = 0;
  orchestration::worker_terms terms;
};

/// A group of at most 1,000 agents under one supervisor and one guard. Immutable once made.
struct group {
  std::uint32_t number = 0;
  std::vector<member> members; ///< by slot
  std::shared_ptr<const std::vector<std::vector<std::string>>> capability_sets;
  std::shared_ptr<const skill> does;                ///< null: simulated work
  std::vector<std::shared_ptr<const skill>> skills; ///< by slot, where they differ; else empty
  orchestration::worker_rules rules;
  duration heartbeat{5'000'000};
  std::vector<safety::barrier> barriers;
  std::uint32_t exposure_share_ppm = 500'000;
  bool paid_at_result = false;
  std::size_t result_size_max = 1u << 20;
  std::shared_ptr<late_answers> late; ///< virtual clock; filled in by the market's host

  [[nodiscard]] const skill* skill_of(std::uint32_t slot) const noexcept {
    return skills.empty() ? does.get() : skills[slot].get();
  }
};

using group_ptr = std::shared_ptr<const group>;

struct guard_setup {
  environment world;
  group_ptr agents;
  std::shared_ptr<const registry> roles;
  bool report = false;         ///< tells the recorder
  bool report_at_once = false; ///< of each action that it stops or corrects
};

[[nodiscard]] caf::actor spawn_guard(caf::local_actor& parent, guard_setup setup);

struct agent_setup {
  environment world;
  group_ptr agents;
  std::uint32_t slot = 0;
  std::shared_ptr<blocking_pool> pool; ///< for blocking skills
};

/// Started at its first message: an idle agent costs little.
[[nodiscard]] caf::actor spawn_agent(caf::local_actor& parent, agent_setup setup);

// --- node
// -----------------------------------------------------------------------------------------

/// What was acknowledged, line by line (orchestration/acks.hpp), after it became durable.
class ack_file {
public:
  /// Appends to the file. Errors: `base_errc::io`.
  [[nodiscard]] static result<std::shared_ptr<ack_file>> open(const std::string& path);
  ~ack_file();
  ack_file(const ack_file&) = delete;
  ack_file& operator=(const ack_file&) = delete;
  void submitted(const task_id& task);
  void ended(const task_id& task, market::final_state state, amount paid);
  /// Hands the lines to the operating system.
  void flush();

private:
  explicit ack_file(int descriptor) noexcept : descriptor_(descriptor) {}

  int descriptor_;
  std::string lines_;
};

struct node_setup {
  environment world;
  std::shared_ptr<store::backend> store;
  std::shared_ptr<const registry> roles;
  orchestration::intake_options options;
  bool keep_notes = false; ///< tells the recorder which tasks moved
};

[[nodiscard]] caf::actor spawn_node(caf::local_actor& parent, node_setup setup);

} // namespace ainur
