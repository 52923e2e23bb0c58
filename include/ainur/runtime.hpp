// A market inside a host program: agents with the program's own functions as their skills, clients
// that pay, a ledger, and the actors that bring them together.
//
//   auto market = ainur::runtime::start({}).value();
//   market.spawn({.name = "counter", .capabilities = {"count"}, .does = ainur::inline_skill(f)});
//   auto client = market.open_client("me", ainur::amount::ainu(1'000)).value();
//   auto task = market.submit(client, {.subtasks = {{"count", input}}, .budget = ...}).value();
//   auto report = market.await(task, std::chrono::seconds{10}).value();   // results and costs
//
// On the real clock the actors work on threads of their own, and every method may be called from
// any thread. On the virtual clock nothing happens but while the host is inside a method: `run_for`
// and `run_until` let time pass, and what must wait for an answer lets as much pass as it takes;
// all calls come from one thread, and the same calls with the same seed give the same run to the
// byte, as long as skills are functions of their input.
//
// Nothing here throws; what can fail for a reason outside returns a `result`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ainur/ledger/error.hpp"
#include "ainur/runtime_types.hpp"

namespace ainur {

/// Errors of the runtime itself; those of the ledger, the store and the market come through.
enum class runtime_errc : std::uint16_t {
  bad_option = 1, ///< an option, an agent or a request is not as it must be
  stopped,        ///< the runtime has been stopped
  timed_out,      ///< the awaited did not happen in time
  from_callback,  ///< this may not be called from an event handler
  name_taken,     ///< an agent or client of this name is there already
  wrong_system,   ///< the actor system was not configured for the clock in the options
};
[[nodiscard]] error_info describe(runtime_errc code) noexcept;

/// Movable. Must be stopped (or destroyed) before an actor system of the host is.
class runtime {
public:
  struct impl; ///< of no use outside

  /// On an actor system of its own. Errors: `bad_option`; the store's; the ledger's.
  [[nodiscard]] static result<runtime> start(runtime_options options);

  runtime(runtime&&) noexcept;
  runtime& operator=(runtime&&) noexcept;
  /// Stops.
  ~runtime();

  /// Ends everything in order: cancels running skills, waits for blocking ones, closes the store.
  /// Waiting calls of other threads return `stopped`. Tasks without a final state go on at the next
  /// start on the same data. Not from an event handler.
  void stop();

  /// Opens, funds and bonds an account from the host's balance, and lists the agent; returns when
  /// it can be asked. Errors: `bad_option`, `name_taken`, `timed_out`; the ledger's, if the host's
  /// balance is too small.
  [[nodiscard]] result<agent> spawn(agent_spec spec);
  /// Many at once, in groups of at most 999 under a supervisor and a guard each. All or none.
  [[nodiscard]] result<std::vector<agent>> spawn_many(std::vector<agent_spec> specs);

  /// An account with at least this free balance. Errors: as above.
  [[nodiscard]] result<client> open_client(const std::string& name, amount balance);

  /// Hands a task in. Whether the client can pay is known later: one that cannot ends as
  /// `rejected`. Errors: `market::errc::bad_task`, `no_verifier`, `busy`; `bad_option` for an
  /// unknown client.
  [[nodiscard]] result<task_id> submit(const client& payer, task_request request);
  /// Errors: `market::errc::unknown_task`, also when the result is no longer kept.
  [[nodiscard]] result<task_report> status(const task_id& task);
  /// Waits for the final state. Errors: `timed_out`, `market::errc::unknown_task`, `stopped`.
  [[nodiscard]] result<task_report> await(const task_id& task, duration timeout);
  /// Asks to stop it: what is not awarded is not paid, what is not delivered is void. The final
  /// state tells what became of it. Errors: `market::errc::too_late` for a final task,
  /// `market::errc::unknown_task`.
  result<void> cancel(const task_id& task);
  /// Calls the handler with every further event of the task, the last one being `task_finished`;
  /// at once if it is final. Errors: `market::errc::unknown_task`.
  result<void> watch(const task_id& task, event_handler handler);
  /// Calls the handler with every further event. There is no end to it but `stop`.
  result<void> on_event(event_handler handler);

  /// Since the start.
  [[nodiscard]] instant now() const;
  /// UTC by the runtime's clock.
  [[nodiscard]] timestamp utc_now() const;
  /// Lets everything happen up to `t`; then it is `t`. On the real clock it waits.
  result<void> run_until(instant t);
  result<void> run_for(duration d);

  /// Of the last durable block. Linear in the number of accounts and tasks.
  [[nodiscard]] result<ledger_report> ledger_totals();
  /// Errors: `base_errc::not_found`.
  [[nodiscard]] result<ledger::account_view> account(const account_id& id);
  /// The account that all others are hosted by.
  [[nodiscard]] account_id host() const;

  /// Moves money from the host's balance to an account, which need not be there yet: one of a key
  /// of yours, say. Errors: the ledger's; `timed_out`.
  result<void> fund(const account_id& to, amount value);
  /// The hash of the ledger's genesis, for which transactions are signed (`ledger::sign_batch`) and
  /// from which proofs begin.
  [[nodiscard]] hash256 chain() const;
  /// Hands in a batch that somebody has signed for themselves, and waits until its block is final;
  /// where there are validators, also for the next block, which certifies what became of it. A call
  /// that is refused is no error: the receipt tells. Errors: the ledger's if it does not take
  /// the batch (`bad_signature`, `bad_nonce`, `unknown_signer`, `block_full`: later, ...);
  /// `timed_out`: it may still become final, so hand in the same batch again (`bad_nonce` then says
  /// that it, or another with its number, is).
  [[nodiscard]] result<transaction_report> transact(const ledger::signed_batch& batch,
                                                    duration timeout);

  /// Where each validator stands, by their numbers; empty without validators.
  [[nodiscard]] result<std::vector<validator_report>> validators();
  /// Kills a validator as a fault would; it is started again from its store. For tests of host
  /// programs. Errors: `base_errc::not_found` if there is none of that number, or it is not
  /// running.
  result<void> crash_validator(std::uint32_t number);

  /// Kills an agent as a fault would; it is started again. For tests of host programs. Errors:
  /// `base_errc::not_found` if it is not running.
  result<void> crash(const agent& who);

private:
  friend struct runtime_access;
  explicit runtime(std::unique_ptr<impl> made) noexcept;
  std::unique_ptr<impl> impl_;
};

} // namespace ainur
