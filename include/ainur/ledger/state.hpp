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
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "ainur/ledger/block.hpp"
#include "ainur/ledger/checkpoint.hpp"
#include "ainur/ledger/committee.hpp"
#include "ainur/ledger/election.hpp"
#include "ainur/ledger/error.hpp"
#include "ainur/ledger/event.hpp"
#include "ainur/ledger/genesis.hpp"
#include "ainur/ledger/staking_view.hpp"
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
  /// With validators: what was written, by rising number of the table.
  std::vector<table_writes> tables;
};

/// A block made here, already applied.
struct built {
  ledger::block block;     ///< the accepted batches only
  bytes record;            ///< `block` encoded, for the log
  ledger::applied applied; ///< receipts of all batches given, the rejected ones too
};

/// A block that validators agreed on, before its execution. What it refers to outlives the call.
struct agreed_block {
  std::uint64_t height = 0;
  timestamp time{};
  account_id proposer;
  std::span<const signed_batch> batches; ///< with good signatures
  bytes_view encoded_batches;            ///< the list in canonical msgpack
  std::span<const std::uint32_t> signers;
};

struct executed {
  bytes record; ///< the block with its hash, for the log
  ledger::applied applied;
};

/// Whether batches are checked against their signatures. Nonce and expiry always are.
enum class signatures {
  verify,
  trusted, ///< the caller itself has just signed or verified every batch
};

/// Yields the chunks of a snapshot in order, and nothing at the end. An error ends the reading.
using chunk_source = std::function<result<std::optional<bytes>>()>;

struct state_proof;
struct table_changes;

class state {
public:
  /// A ledger at height 0. Errors: `bad_genesis`; `base_errc::unsupported` if its election rule is
  /// none of `elections`.
  [[nodiscard]] static result<state> open(const genesis& g,
                                          election_rules elections = basic_elections);

  state(state&&) noexcept;
  state& operator=(state&&) noexcept;
  ~state();

  /// Executes the next block. If `b.hash` is given it must be what the execution gives. Errors, all
  /// of which leave the state as it was: `bad_block`, `diverged`.
  [[nodiscard]] result<applied> apply(const block& b, signatures check = signatures::verify);

  /// Executes a block of a ledger of validators; `apply` of its record does the same. Errors:
  /// `bad_block`; then the state is as it was.
  [[nodiscard]] result<executed> execute(const agreed_block& b);

  /// Makes the next block of the local authority from `batches` and executes it. Rejected batches
  /// are left out of the block and answered in the receipts; a batch for which the block has no
  /// room
  /// (`block_entries_max`) is answered `block_full` and left out. The log must hold the block
  /// before anything of the result is shown. Errors: `bad_block` if `time` is not later than the
  /// last block's, or validators make the blocks.
  [[nodiscard]] result<built> build(timestamp time, std::vector<signed_batch> batches,
                                    signatures check = signatures::verify);

  /// Why a batch would be refused as the first of a block at `time`; ok if it would not.
  [[nodiscard]] errc admission(const signed_batch& b, timestamp time,
                               signatures check = signatures::verify) const;

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
  [[nodiscard]] std::optional<stake_view> stake_of(const account_id& stash) const;
  /// For whom a controller acts.
  [[nodiscard]] std::optional<account_id> stash_of(const account_id& controller) const;
  /// A candidate, or a validator of the running era.
  [[nodiscard]] std::optional<validator_view> validator(const account_id& stash) const;
  /// The era that staking is in: that of `time()`, unless the sweep is behind.
  [[nodiscard]] std::uint64_t staking_era() const noexcept;
  /// True if validators make the blocks: genesis has a founding.
  [[nodiscard]] bool has_validators() const noexcept;
  /// What genesis says of validators, without its lists.
  [[nodiscard]] const std::optional<founding>& founded() const noexcept;
  /// Who validates a height, from as long ago as eras are kept to two after `height()`.
  [[nodiscard]] std::optional<committee> committee_of(std::uint64_t height) const;
  /// True if the validator was reported for statements that contradict each other, in the era of
  /// the committee of that height.
  [[nodiscard]] bool has_equivocated(const account_id& validator, std::uint64_t height) const;
  /// Nothing for an era without validators, or one that was dropped.
  [[nodiscard]] std::optional<era_view> era(std::uint64_t number) const;
  /// The nominators on one page of an exposure; empty if there is no such page.
  [[nodiscard]] std::vector<stake_part>
  exposure_page(std::uint64_t era, const account_id& validator, std::uint32_t page) const;
  [[nodiscard]] std::optional<deferred_slash_view> deferred_slash(std::uint64_t number) const;

  /// Who signs for an account. One that never acted counts as signing for itself.
  [[nodiscard]] key_view keys(const account_id& id) const;
  [[nodiscard]] std::optional<document_view> document(const account_id& id) const;
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
  /// records alone. The first call builds a trie (about 3 µs and 120 bytes a record); later calls
  /// cost what was written since.
  [[nodiscard]] hash256 state_hash() const;
  /// The same, from all records anew: what tests compare with. Linear.
  [[nodiscard]] hash256 recomputed_state_hash() const;

  /// A proof of the record under a key, or that there is none (proof.hpp). Costs a `state_hash`
  /// and some µs. Errors: `invalid_value` for a table or key that cannot be; nothing while `at`
  /// looks back.
  [[nodiscard]] result<state_proof> prove(std::uint8_t table, bytes_view key) const;
  [[nodiscard]] result<state_proof> prove_account(const account_id& id) const;

  /// Names the present state. It can be asked about later, within the bounds.
  checkpoint mark_checkpoint();
  /// How much of the past is kept; by default nothing.
  void keep_past(const past_bounds& bounds);
  /// Those that `at` can go to, oldest first.
  [[nodiscard]] std::vector<checkpoint> past() const;
  /// Calls `query` with the state as it was at a checkpoint: everything that can be asked is
  /// answered as then, but `next_deadline` and proofs. Queries of everything (totals, snapshot)
  /// cost as much as now. Errors: `base_errc::not_found` if the checkpoint is not kept.
  [[nodiscard]] result<void> at(std::uint64_t height,
                                const std::function<void(const state&)>& query) const;

  /// The whole state, canonical. `restore` gives an equal state: same hashes, same future. In
  /// chunks: snapshot.hpp.
  [[nodiscard]] bytes snapshot() const;
  /// Errors: any `codec::errc`, `bad_snapshot`, `base_errc::unsupported` for another version, or
  /// an election rule that is none of `elections`.
  [[nodiscard]] static result<state> restore(bytes_view snapshot,
                                             election_rules elections = basic_elections);
  /// One chunk at a time is in memory. Errors: also the source's.
  [[nodiscard]] static result<state> restore(const chunk_source& source,
                                             election_rules elections = basic_elections);

  /// Pages of the tables that changed since `take_changes` (tables.hpp).
  [[nodiscard]] std::size_t changed_pages() const;
  /// The changed pages; they count as unchanged from now on.
  [[nodiscard]] table_changes take_changes();

private:
  friend class snapshot_writer;
  friend class table_loader;
  struct impl;
  explicit state(std::unique_ptr<impl> i) noexcept;
  std::unique_ptr<impl> impl_;
};

} // namespace ainur::ledger
