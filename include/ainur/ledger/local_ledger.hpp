// A ledger inside a host program, without actors: opened in a directory or a store, fed with signed
// batches, asked, and followed.
//
//   auto l = ledger::local_ledger::create("data/store", genesis);
//   auto receipts = (*l)->submit({ledger::sign_batch(chain, batch, seed)}, now);
//   (*l)->query([&](const ledger::state& s) { balance = s.account(id)->free; });
//
// Every member may be called by any thread; calls wait for each other, a submit for the disk.
// Queries run under the lock: keep them short, and do not call back into the ledger. Destroying it
// closes it; what was answered is durable. If the disk refuses a block (`disk_full`), nothing of
// the block is kept, the ledger goes back to its last durable block, can be asked, and takes
// batches again once there is room.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ainur/ledger/log_keeper.hpp"
#include "ainur/ledger/proof.hpp"
#include "ainur/ledger/touches.hpp"

namespace ainur::ledger {

struct local_options {
  keeper_options keeper;
  past_bounds past;                          ///< for `query_at`
  std::uint64_t checkpoint_interval = 1'000; ///< blocks; 0: no checkpoints
  std::size_t recent_blocks = 256;           ///< whose events stay in memory for those who follow
  election_rules elections = basic_elections;
};

/// A durable block with what it did.
struct followed_block {
  ledger::block block;
  ledger::applied applied;
};

class local_ledger {
public:
  /// Begins a ledger in a new directory, or opens the one that is there if it began with this
  /// genesis. Errors: the store's; `bad_genesis`; `base_errc::unsupported`.
  [[nodiscard]] static result<std::unique_ptr<local_ledger>>
  create(const std::string& directory, const genesis& g, const local_options& options = {});
  /// Errors: the store's; those of `open_log`.
  [[nodiscard]] static result<std::unique_ptr<local_ledger>>
  open(const std::string& directory, const local_options& options = {});
  /// The same in any store; the ledger must be there (`prepare_log`).
  [[nodiscard]] static result<std::unique_ptr<local_ledger>>
  open(std::shared_ptr<store::backend> store, const local_options& options = {});
  ~local_ledger();
  local_ledger(const local_ledger&) = delete;
  local_ledger& operator=(const local_ledger&) = delete;

  /// Executes the batches in one block and returns once it is durable: a receipt for each, the
  /// refused ones too. If there is none, or all are refused, a block is made only if a deadline has
  /// passed; if not, nothing changes. `now` is moved on to be later than the last block. Errors:
  /// the store's; then nothing has happened. `bad_block` for a time beyond the year 9999.
  [[nodiscard]] result<applied> submit(std::vector<signed_batch> batches, timestamp now);
  /// When to call `submit` though there is no batch.
  [[nodiscard]] std::optional<timestamp> next_deadline() const;

  /// Errors: only if the store failed and could not be read again.
  result<void> query(const std::function<void(const state&)>& question) const;
  /// At an earlier checkpoint (`state::past`). Errors: also `base_errc::not_found`.
  result<void> query_at(std::uint64_t height,
                        const std::function<void(const state&)>& question) const;
  /// A proof of an account in the newest state. Errors: as `query`.
  [[nodiscard]] result<state_proof> prove_account(const account_id& id) const;

  /// The blocks after a height, at most `count_max`, with their events: the height of the last one
  /// is the next cursor. Recent ones come from memory, earlier ones from a replay of all that is
  /// kept. Errors: `base_errc::not_found` if they were pruned; as `replay_log`.
  [[nodiscard]] result<std::vector<followed_block>> follow(std::uint64_t after,
                                                           std::size_t count_max) const;
  /// The newest `limit` calls and events that touched an account, oldest first: a replay. Errors:
  /// as `replay_log`.
  [[nodiscard]] result<std::vector<touch>> history(const account_id& who, std::uint64_t from,
                                                   std::size_t limit) const;
  /// A copy of the last durable state of the store, while it goes on. Errors: those of
  /// `lmdb_environment::backup`; `base_errc::unsupported` for another kind of store.
  [[nodiscard]] result<void> backup(const std::string& target_directory) const;

private:
  struct parts;
  explicit local_ledger(std::unique_ptr<parts> p) noexcept;
  std::unique_ptr<parts> parts_;
};

} // namespace ainur::ledger
