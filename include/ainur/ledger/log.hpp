// The ledger in a store: its genesis, its block log, and beside the log what saves replaying it.
//
// A block is durable with its record in the block journal, so the journal is the ledger. The *state
// tables* (tables.hpp) stand at some height and are written together with a block every so many
// (log_keeper.hpp); opening loads them and replays the blocks after. A *base* is a whole snapshot
// in chunks, kept where older blocks were pruned. `open_log` gives the state that a store
// describes, and `verify_log` proves that everything in it fits together. Functions over a store;
// thread-safe like it. Forms: docs/formats.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ainur/ledger/chain.hpp"
#include "ainur/store/backend.hpp"

namespace ainur::ledger {

/// The blocks, each in its canonical form; record n is the block of height n.
inline constexpr store::journal_id block_journal{1};
/// What changed standings, a `standing_record` each, for projections.
inline constexpr store::journal_id standing_journal{2};
/// Where the genesis lies, and other records of the node.
inline constexpr store::table_id node_table = 1;
/// The pages of the state tables.
inline constexpr store::table_id page_table = 2;
/// The chunks of bases.
inline constexpr store::table_id base_table = 3;

/// The format of all this; a store of another is refused.
inline constexpr std::uint16_t log_format = 2;

/// A whole snapshot in the store.
struct base_info {
  checkpoint point;
  std::uint32_t chunks = 0;
  AINUR_FIELDS(base_info, point, chunks)
};

/// Puts a new ledger into an empty store, in one commit, or checks that the store's ledger began
/// with this genesis. Errors: the store's; `bad_genesis`; `base_errc::unsupported` if it began with
/// another, or is of another format, or its election rule is none of `elections`.
[[nodiscard]] result<void> prepare_log(store::backend& store, const genesis& g,
                                       election_rules elections = basic_elections);

/// Errors: the store's; any `codec::errc`; `bad_genesis`; `base_errc::not_found` if there is no
/// ledger in the store; `base_errc::unsupported` for another format.
[[nodiscard]] result<genesis> read_genesis(const store::view& from);
/// Its canonical bytes as they are stored. Errors: as above, but `bad_genesis`.
[[nodiscard]] result<bytes> read_genesis_form(const store::view& from);

/// The state that the log describes, from the state tables and the blocks after them. Errors: the
/// store's; those of `replay` and `table_loader`; `base_errc::not_found`.
[[nodiscard]] result<state> open_log(const store::view& from, signatures check,
                                     election_rules elections = basic_elections);

/// The state at the height at which the tables stand. Errors: as `open_log`.
[[nodiscard]] result<state> load_tables(const store::view& from,
                                        election_rules elections = basic_elections);
/// Adds what changed since the last call to a write set, which brings the stored tables to the
/// height of `s`. If the set is not committed, throw the state away.
void save_tables(store::write_set& to, state& s);

/// Puts a state that came from elsewhere, with its snapshot in chunks, in the place of all that is
/// stored of the ledger but its genesis; the log goes on after it. Errors: the store's.
[[nodiscard]] result<void> replace_log(store::write_set& to, const store::view& from, state& s,
                                       const checkpoint& at, std::span<const bytes> chunks);

/// The bases that are whole, oldest first. Errors: the store's; any `codec::errc`.
[[nodiscard]] result<std::vector<base_info>> read_bases(const store::view& from);
/// One chunk of a base; nothing if it is not there (any more). Errors: the store's.
[[nodiscard]] result<std::optional<bytes>> read_chunk(const store::view& from, std::uint64_t height,
                                                      std::uint32_t number);
/// The state of a base, audited. Errors: the store's; those of `state::restore`.
[[nodiscard]] result<state> load_base(const store::view& from, const base_info& base,
                                      election_rules elections = basic_elections);

/// Executes again all blocks that are kept, from genesis or the oldest base, up to the height
/// `last`; signatures are taken as checked. `observer` sees every block with its events. Errors:
/// the store's; those of `replay`; `bad_snapshot`; `base_errc::not_found`.
[[nodiscard]] result<state> replay_log(const store::view& from, const block_observer& observer,
                                       std::uint64_t last = ~std::uint64_t{0},
                                       election_rules elections = basic_elections);

/// The state after the block of a height, from the newest of tables, bases and genesis that is not
/// later. Errors: as `replay_log`; `base_errc::not_found` for a height that is not in the log, or
/// was pruned.
[[nodiscard]] result<state> state_at(const store::view& from, std::uint64_t height,
                                     election_rules elections = basic_elections);

/// What `verify_log` has looked at.
struct verification {
  std::uint64_t first_height = 0; ///< the replay began after this block; 0: at genesis
  std::uint64_t blocks = 0;
  std::uint64_t batches = 0; ///< whose signatures fit
  std::uint64_t events = 0;
  std::uint64_t bases = 0;
  std::uint64_t tables_height = 0; ///< at which the state tables stand
  std::uint64_t standing_records = 0;
  std::uint64_t values = 0; ///< of the store, each with its hash
  state final_state;        ///< after the last block
};

/// Checks every stored value's hash, replays every block from genesis (or, where the log was
/// pruned, from the oldest base) with all signatures, and compares what is derived: later bases and
/// the state tables with the state at their height, each standing record with the events of its
/// block; at the end the sums of all money and the references between the tables. `observer` sees
/// every block. Errors: the store's; those of `replay`; `bad_snapshot`; `diverged` for a derived
/// record that is not what the blocks give; `base_errc::not_found`. Each names the record.
[[nodiscard]] result<verification> verify_log(const store::view& from,
                                              const block_observer& observer = {},
                                              election_rules elections = basic_elections);

} // namespace ainur::ledger
