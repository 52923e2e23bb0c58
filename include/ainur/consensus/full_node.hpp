// A node of a ledger that validators keep: a replica with the ledger it agrees on, the batches that
// wait, and everything that must survive a crash.
//
// It joins the parts of this room: what the replica decides is executed by `ledger::state`, stored,
// and answered to it; blocks are filled from the mempool; evidence of equivocations goes into the
// node's own blocks; blocks and snapshots are read for those who lag. A node whose account is in no
// committee follows as an observer.
//
// Every input gives a `node_step`. **First its write set becomes durable, then its messages are
// sent and its blocks are told of**, and steps keep their order. Then a node that is killed at any
// instant contradicts neither itself nor its log. If a write fails, throw the node away and open it
// again from the store. Not thread-safe; belongs to one actor.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "ainur/consensus/node_message.hpp"
#include "ainur/consensus/replica.hpp"
#include "ainur/ledger/log_keeper.hpp"

namespace ainur::consensus {

/// Headers with what makes blocks final, one record each: what the block journal lacks.
inline constexpr store::journal_id chain_journal{16};
/// The write-ahead records of the height that is worked on.
inline constexpr store::table_id wal_table = 16;
/// By the heights of the ledger's bases: a `snapshot_offer` each. (17 is the market's.)
inline constexpr store::table_id offer_table = 18;
/// By the heights of their headers: every `handover` from one set of validators to the next. With
/// 0, and an empty header, to those of genesis.
inline constexpr store::table_id handover_table = 19;

/// Puts a ledger that was founded by validators into an empty store, or checks that the store's
/// began with this genesis. Errors: as `ledger::prepare_log`; `bad_genesis` without a founding.
[[nodiscard]] result<void> prepare_node(store::backend& store, const ledger::genesis& g);

/// Who the node is.
struct node_identity {
  account_id account;     ///< a validator's stash; of an observer any id
  crypto::secret_key key; ///< with which it signs statements
  /// Of an account that signs reports of equivocations and is rewarded for them; nothing: it makes
  /// none.
  std::optional<byte_array<32>> reporter_seed;
};

struct node_options {
  mempool_options mempool;
  ledger::keeper_options keeper;
  ledger::past_bounds past{.checkpoints_max = 3, .bytes_max = std::size_t{256} << 20};
  duration status_interval{500'000};
  duration chunk_timeout{5'000'000}; ///< for a piece of a snapshot
  bool forgets = false; ///< a fault: what it signed before is not looked at when it opens
};

/// What is sent: to one node, or to all others.
struct outgoing {
  std::optional<account_id> to;
  std::shared_ptr<const node_message> what;
};

/// A final block with what it did.
struct final_block {
  certified_block decided;
  ledger::applied applied;
  std::optional<hash256> state_hash; ///< at checkpoints
  std::uint64_t standing_sequence = 0;
};

struct node_step {
  store::write_set write;
  std::vector<outgoing> messages;
  std::vector<final_block> blocks;
  std::optional<instant> wake_at; ///< call `timer` then; a later one replaces an earlier
  std::optional<halt> stopped;    ///< the node does nothing any more
  bool skipped = false; ///< it stands at a later height now, by a snapshot: blocks were not told
};

class full_node {
public:
  /// From a store that `prepare_node` made. `reads` are for blocks that others lack. Errors: the
  /// store's; those of `open_log`; any `codec::errc`; `bad_record`.
  [[nodiscard]] static result<full_node> open(std::shared_ptr<store::backend> reads,
                                              node_identity who, const node_options& options,
                                              std::shared_ptr<signature_checker> checker);
  full_node(full_node&&) noexcept;
  full_node& operator=(full_node&&) noexcept;
  ~full_node();

  /// Once, before anything else.
  [[nodiscard]] result<node_step> start(const moment& m);
  [[nodiscard]] node_step receive(const account_id& from, const node_message& what,
                                  const moment& m);
  /// Batches of this node's own clients, with their signatures checked. What is taken goes to all
  /// others; what is refused is answered: the place in the list, and why (as `mempool::add`, or
  /// what the ledger would answer now).
  [[nodiscard]] node_step submit(const std::vector<batch_ptr>& batches,
                                 std::vector<std::pair<std::size_t, error>>& refused,
                                 const moment& m);
  [[nodiscard]] node_step timer(const moment& m);

  /// With blocks whose write may not be durable yet.
  [[nodiscard]] const ledger::state& state() const noexcept;
  [[nodiscard]] const position& at() const noexcept;
  [[nodiscard]] const replica_counts& counts() const noexcept;
  [[nodiscard]] const mempool& waiting() const noexcept;
  /// True if it is in the committee of the next height.
  [[nodiscard]] bool validates() const;
  /// Blocks that it made and that became final.
  [[nodiscard]] std::uint64_t blocks_made() const noexcept;

private:
  struct parts;
  explicit full_node(std::unique_ptr<parts> p) noexcept;
  std::unique_ptr<parts> parts_;
};

/// The replica's timeouts and bounds of a founding. It trusts validators of before for half the
/// time in which their stake is held.
[[nodiscard]] replica_options replica_options_of(const ledger::founding& f,
                                                 const ledger::parameters& rules,
                                                 duration status_interval);
/// A committee as validators.
[[nodiscard]] result<validator_set> validators_of(const ledger::committee& c);

} // namespace ainur::consensus
