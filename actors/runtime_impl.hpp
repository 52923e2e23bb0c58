// The inside of a runtime: a market host, and the book that it shares with the runtime's actor.
#pragma once

#include <mutex>
#include <set>
#include <shared_mutex>

#include "ainur/runtime.hpp"
#include "market_host.hpp"
#include "runtime_book.hpp"

namespace ainur {

/// Accounts of the arbiters that the runtime itself provides.
inline constexpr std::uint64_t first_arbiter_index = 3'000'000'000;
inline constexpr std::uint64_t arbiters_provided = 3;
/// No wait and no duration in the options is longer.
inline constexpr duration wait_max = std::chrono::hours{24 * 365 * 10};

/// Spawns the actor that speaks for the host program.
[[nodiscard]] caf::actor spawn_runtime(caf::local_actor& parent, environment world,
                                       std::shared_ptr<const registry> roles,
                                       std::shared_ptr<runtime_book> book);

struct runtime::impl {
  runtime_options options;
  std::shared_ptr<runtime_book> book;
  std::unique_ptr<market_host> market;
  std::shared_mutex gate; ///< shared by every call, exclusive for the end
  std::mutex spawning;
  std::mutex names_mutex;
  std::set<std::string> agent_names;
  std::atomic<std::uint64_t> next_request{0};
  instant ended{}; ///< the time at which it was stopped
  timestamp ended_utc{};
  account_id host;
  hash256 chain;

  ~impl() { stop(); }

  [[nodiscard]] static result<std::unique_ptr<impl>> start(runtime_options options,
                                                           caf::actor_system* system);
  void stop();
  [[nodiscard]] result<std::vector<agent>> spawn(std::vector<agent_spec> specs);
  [[nodiscard]] result<client> open_client(const std::string& name, amount balance);
  [[nodiscard]] result<task_id> submit(const client& payer, task_request request);
  [[nodiscard]] result<task_report> status(const task_id& task);
  [[nodiscard]] result<task_report> await(const task_id& task, duration timeout);
  [[nodiscard]] result<void> cancel(const task_id& task);
  [[nodiscard]] result<void> watch(const task_id& task, event_handler handler);
  [[nodiscard]] result<void> run_until(instant t);
  [[nodiscard]] result<std::optional<ledger::account_view>> account(const account_id& id);
  [[nodiscard]] result<void> fund(const account_id& to, amount value);
  [[nodiscard]] result<transaction_report> transact(const ledger::signed_batch& batch,
                                                    duration timeout);
  [[nodiscard]] result<std::vector<validator_report>> validators();
  [[nodiscard]] result<void> crash_validator(std::uint32_t number);

  /// Waits; on the virtual clock by letting time pass. False if it did not come true in time.
  [[nodiscard]] result<bool> wait(const std::function<bool()>& holds, duration timeout);

private:
  struct wanted_account {
    account_id id;
    std::uint64_t index = 0;
    amount free;
    amount bonded;
    bool top_up = false; ///< if it is there already
  };

  using views = std::vector<std::optional<ledger::account_view>>;

  [[nodiscard]] result<views> provide(const std::vector<wanted_account>& accounts);
  [[nodiscard]] result<void> wait_until_up();
  [[nodiscard]] result<std::vector<ledger::entry>>
  calls_for(const std::vector<wanted_account>& accounts, const views& seen) const;
  [[nodiscard]] result<void> carry_out(std::vector<ledger::entry> calls);
  [[nodiscard]] result<std::vector<agent>> add_agents(std::vector<agent_spec>& specs);
  [[nodiscard]] group make_group(std::span<agent_spec> specs, std::span<const wanted_account> ids,
                                 std::span<const std::optional<ledger::account_view>> seen) const;
  [[nodiscard]] result<std::shared_ptr<const market::task>>
  make_task(const client& payer, task_request& request, std::uint64_t number) const;
};

/// For those who may look inside: native.cpp.
struct runtime_access {
  [[nodiscard]] static runtime make(std::unique_ptr<runtime::impl> made) {
    return runtime{std::move(made)};
  }

  [[nodiscard]] static runtime::impl& of(runtime& r) { return *r.impl_; }
};

} // namespace ainur
