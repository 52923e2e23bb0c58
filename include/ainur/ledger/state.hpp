// The ledger: accounts, escrow, settlement, reputation and disputes, changed only by blocks.
//
// A plain deterministic value: the same genesis and the same blocks give the same state, hashes,
// receipts and events on every machine. It reads no clock (the time is the block's), keeps
// everything in memory and stores nothing: whoever owns it logs the blocks first (chain.hpp replays
// them). Not thread-safe: one owner.
//
// Each block first handles deadlines that have passed (the *sweep*, oldest first), then its batches
// in order. A call that fails changes nothing. Invariant, after every block: issuance = free +
// reserved + bonded + staked + escrow + channels + treasury.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "ainur/ledger/block.hpp"
#include "ainur/ledger/error.hpp"
#include "ainur/ledger/event.hpp"
#include "ainur/ledger/genesis.hpp"
#include "ainur/ledger/view.hpp"

namespace ainur::ledger {

/// What became of one batch.
struct batch_receipt {
  account_id signer;
  std::uint64_t nonce = 0;
  errc status = errc::ok;    ///< not ok: rejected whole, it changed nothing and was not counted
  std::vector<errc> entries; ///< one each, empty if rejected
  AINUR_FIELDS(batch_receipt, signer, nonce, status, entries)
};

/// What a block did.
struct applied {
  std::uint64_t height = 0;
  timestamp time{};
  hash256 block_hash;
  std::vector<batch_receipt> batches; ///< in the order of the batches given
  std::vector<event::any> events;
  std::uint64_t swept = 0; ///< deadlines handled
};

/// A block made here, already applied.
struct built {
  ledger::block block;     ///< the accepted batches only
  bytes record;            ///< `block` encoded, for the log
  ledger::applied applied; ///< receipts of all batches given, the rejected ones too
};

/// Whether batches are checked against their signatures. Nonce and expiry always are.
enum class signatures {
  verify,
  trusted, ///< the caller itself has just signed or verified every batch
};

class state {
public:
  /// A ledger at height 0. Errors: `bad_genesis`.
  [[nodiscard]] static result<state> open(const genesis& g);

  state(state&&) noexcept;
  state& operator=(state&&) noexcept;
  ~state();

  /// Executes the next block. If `b.hash` is given it must be what the execution gives. Errors, all
  /// of which leave the state as it was: `bad_block`, `diverged`.
  [[nodiscard]] result<applied> apply(const block& b, signatures check = signatures::verify);

  /// Makes the next block of the local authority from `batches` and executes it. Rejected batches
  /// are left out of the block and answered in the receipts; a batch for which the block has no
  /// room
  /// (`block_entries_max`) is answered `block_full` and left out. The log must hold the block
  /// before anything of the result is shown. Errors: `bad_block` if `time` is not later than the
  /// last block's.
  [[nodiscard]] result<built> build(timestamp time, std::vector<signed_batch> batches,
                                    signatures check = signatures::verify);

  /// The earliest deadline that a block would handle: when to build one though no batch waits.
  [[nodiscard]] std::optional<timestamp> next_deadline() const;

  [[nodiscard]] std::uint64_t height() const noexcept;
  /// Of the last block, or of genesis.
  [[nodiscard]] timestamp time() const noexcept;
  /// Of the last block, or the genesis hash.
  [[nodiscard]] hash256 block_hash() const noexcept;
  /// The genesis hash.
  [[nodiscard]] hash256 chain() const noexcept;
  [[nodiscard]] const parameters& rules() const noexcept;

  [[nodiscard]] std::optional<account_view> account(const account_id& id) const;
  [[nodiscard]] std::optional<task_view> task(const task_id& id) const;
  [[nodiscard]] std::optional<slash_view> slash(std::uint64_t number) const;
  [[nodiscard]] std::optional<channel_view> channel(const channel_id& id) const;
  [[nodiscard]] std::optional<dao_view> dao(const account_id& id) const;
  [[nodiscard]] std::optional<proposal_view> proposal(const account_id& dao,
                                                      std::uint64_t number) const;
  /// The number of the signer's next batch; 0 for an unknown account.
  [[nodiscard]] std::uint64_t nonce(const account_id& signer) const;
  /// Sums over every account and task: linear in their number.
  [[nodiscard]] totals_view totals() const;
  /// True if the sums of `totals` agree with the stored issuance. Linear.
  [[nodiscard]] bool conserved() const;
  /// Awards still in escrow at `time()` though finish_by + `grace` is over. With the sum of the
  /// review, dispute and arbitration windows as grace this is 0, as long as a block was made
  /// whenever `next_deadline` asked for one (windows of a redraw begin at the block that draws).
  /// Linear.
  [[nodiscard]] std::uint64_t escrows_overdue(duration grace) const;

  /// Checks every sum and cross-reference between the tables. Linear. Errors: `bad_snapshot`,
  /// saying what does not agree (never, unless there is a bug).
  [[nodiscard]] result<void> audit() const;

  /// Merkle root over the canonical records of all tables (docs/ledger.md): a function of the
  /// records alone. Linear; about 2 µs a record.
  [[nodiscard]] hash256 state_hash() const;

  /// The whole state, canonical. `restore` gives an equal state: same hashes, same future.
  [[nodiscard]] bytes snapshot() const;
  /// Errors: any `codec::errc`, `bad_snapshot`.
  [[nodiscard]] static result<state> restore(bytes_view snapshot);

private:
  struct impl;
  explicit state(std::unique_ptr<impl> i) noexcept;
  std::unique_ptr<impl> impl_;
};

} // namespace ainur::ledger
