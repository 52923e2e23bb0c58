// The ledger in a store: its genesis, its block log and the snapshots beside it.
//
// A block is durable with its record in the block journal, so the journal is the ledger; a snapshot
// only saves replaying from the start. `open_log` gives the state that a store describes, and
// `verify_log` proves that everything in it fits together. Functions over a store; thread-safe like
// it.
#pragma once

#include <cstdint>

#include "ainur/ledger/chain.hpp"
#include "ainur/store/backend.hpp"

namespace ainur::ledger {

/// The blocks, each in its canonical form; record n is the block of height n.
inline constexpr store::journal_id block_journal{1};
/// What changed standings, a `standing_record` each, for projections.
inline constexpr store::journal_id standing_journal{2};
/// Where the genesis lies, and other records of the node.
inline constexpr store::table_id node_table = 1;

/// Puts a new ledger into an empty store, or checks that the store's ledger began with this
/// genesis. Errors: the store's; `bad_genesis`; `base_errc::unsupported` if it began with another.
[[nodiscard]] result<void> prepare_log(store::backend& store, const genesis& g);

/// Errors: the store's; any `codec::errc`; `bad_genesis`; `base_errc::not_found` if there is no
/// ledger in the store.
[[nodiscard]] result<genesis> read_genesis(const store::view& from);

/// The state that the log describes, from the newest snapshot and the blocks after it. Errors: the
/// store's; those of `replay` and `state::restore`; `base_errc::not_found`.
[[nodiscard]] result<state> open_log(const store::view& from, signatures check,
                                     election_rule elect = elect_top_stake);

/// What `verify_log` has looked at.
struct verification {
  std::uint64_t first_height = 0; ///< the replay began after this block; 0: at genesis
  std::uint64_t blocks = 0;
  std::uint64_t batches = 0; ///< whose signatures fit
  std::uint64_t events = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t standing_records = 0;
  std::uint64_t values = 0; ///< of the store, each with its hash
  state final_state;        ///< after the last block
};

/// Checks every stored value's hash, replays every block from genesis (or, where the log was
/// pruned, from the oldest snapshot kept) with all signatures, and compares what is derived: each
/// later snapshot with the state at its height, each standing record with the events of its block;
/// at the end the sums of all money and the references between the tables. `observer` sees every
/// block. Errors: the store's; those of `replay`; `bad_snapshot`; `diverged` for a derived record
/// that is not what the blocks give; `base_errc::not_found`. Each names the record.
[[nodiscard]] result<verification> verify_log(const store::view& from,
                                              const block_observer& observer = {},
                                              election_rule elect = elect_top_stake);

} // namespace ainur::ledger
