// A ledger as actors of the host's own system: a store_writer and a ledger under a supervisor, for
// programs that want neither a market nor a thread of their own for it.
//
//   auto service = ainur::ledger_service::start(system, world, {.store = store, ...});
//   self->request(service->ledger(), 60s, ainur::msg::submit_batches{...}).then(...)
//
// Senders are slowed by the answers: what there is no room for is answered `block_full` at once,
// everything else once it is durable. After a failure of the store the ledger is started again from
// its log and has another handle, so ask `ledger()` for each request; a request to the one before
// ends at its deadline, and nothing of it was acknowledged. Followers ask for blocks (`ask_blocks`)
// after the height that they keep with their own results, so none is missed or seen twice.
#pragma once

#include <memory>

#include "ainur/actors/environment.hpp"
#include "ainur/actors/messages.hpp"
#include "ainur/actors/supervisor.hpp"
#include "ainur/ledger/log_keeper.hpp"
#include "ainur/store/backend.hpp"

namespace ainur {

struct ledger_service_options {
  std::shared_ptr<store::backend> store; ///< which holds the ledger (`ledger::prepare_log`)
  ledger::authority_options authority;
  ledger::keeper_options keeper;
  ledger::past_bounds past;           ///< for questions about earlier checkpoints
  std::size_t signature_checkers = 2; ///< actors among which signatures are spread; at least 1
  std::size_t recent_blocks = 256;    ///< in memory for followers; at least 1
};

class ledger_service {
public:
  /// The system must outlive the service; on the virtual clock its driver must run.
  [[nodiscard]] static ledger_service start(caf::actor_system& system, const environment& world,
                                            ledger_service_options options);

  /// The ledger as it is now; none while it is being started again. Thread-safe.
  [[nodiscard]] ledger_actor ledger() const;

  /// Send it `caf::exit_reason::user_shutdown` to stop everything in order, before the system ends.
  [[nodiscard]] const supervisor_actor& root() const noexcept { return root_; }

private:
  struct roles;

  ledger_service(std::shared_ptr<const roles> known, supervisor_actor root) noexcept
      : roles_(std::move(known)), root_(std::move(root)) {}

  std::shared_ptr<const roles> roles_;
  supervisor_actor root_;
};

} // namespace ainur
