// What `full_node` hides, for the files that implement it.
#pragma once

#include <algorithm>
#include <map>
#include <utility>

#include "ainur/codec/msgpack.hpp"
#include "ainur/consensus/full_node.hpp"
#include "ainur/ledger/signature.hpp"
#include "node_records.hpp"

namespace ainur::consensus {

inline constexpr duration resend_after{2'000'000};
inline constexpr std::size_t told_at_once = 3;
inline constexpr std::size_t told_bytes_max = 16u << 20; // in a message of more than one batch
inline constexpr std::size_t own_max = 100'000;
/// What became of a block's batches stands in the next header. If nothing else asks for a next
/// block, it is made after so long, without batches.
inline constexpr duration proof_after{200'000};
inline constexpr std::size_t evidence_max = 1'000;

struct wal_key {
  std::uint64_t height = 0;
  std::uint32_t number = 0;
  AINUR_FIELDS(wal_key, height, number)
};

struct offer_key {
  std::uint64_t height = 0;
  AINUR_FIELDS(offer_key, height)
};

/// Bases are of checkpoints: only these can be proven to others.
[[nodiscard]] inline ledger::keeper_options
keeper_of(ledger::keeper_options o, const ledger::agreement_parameters& rules) noexcept {
  o.base_interval = std::max<std::uint64_t>(rules.checkpoint_interval, 1);
  return o;
}

struct full_node::parts {
  using follow = std::function<void(effects)>;

  parts(std::shared_ptr<store::backend> from, node_identity identity, const node_options& o,
        std::shared_ptr<signature_checker> c, ledger::state s, ledger::log_keeper k)
      : store(std::move(from)), who(std::move(identity)), options(o), checker(std::move(c)),
        state(std::move(s)), keeper(std::move(k)), rules(state.founded()->agreement),
        core(who.account, std::move(who.key),
             replica_options_of(*state.founded(), state.rules(), o.status_interval), checker),
        pool(o.mempool) {
    if (who.reporter_seed)
      reporter = ledger::account_of_seed(*who.reporter_seed);
  }

  // full_node.cpp
  result<void> add(const batch_ptr& b, const moment& m);
  [[nodiscard]] ledger::errc admission(const prepared_batch& b, const moment& m) const;
  void pass_on_part(std::vector<batch_ptr> batches, node_step& out);
  void pass_on(std::vector<batch_ptr> batches, node_step& out);
  void resend(const moment& m, node_step& out);
  void take(const account_id& from, const message& x, const moment& m, node_step& out);
  void take(const account_id& from, const batches_message& x, const moment& m, node_step& out);
  void carry_out(effects first, const moment& m, node_step& out);
  void do_one(broadcast& e, const moment& m, node_step& out, const follow& more);
  void do_one(send_to& e, const moment& m, node_step& out, const follow& more);
  void do_one(halt& e, const moment& m, node_step& out, const follow& more);
  void do_one(wake& e, const moment& m, node_step& out, const follow& more);
  void do_one(accuse& e, const moment& m, node_step& out, const follow& more);
  [[nodiscard]] bool wants_block(const moment& m) const;
  void end(const moment& m, node_step& out);

  // node_blocks.cpp
  void do_one(make_block& e, const moment& m, node_step& out, const follow& more);
  void do_one(check_block& e, const moment& m, node_step& out, const follow& more);
  void do_one(commit& e, const moment& m, node_step& out, const follow& more);
  [[nodiscard]] std::optional<ledger::batch> report(timestamp time) const;
  [[nodiscard]] bool fits(const prepared_batch& b) const;
  [[nodiscard]] bool is_good(const block& b) const;
  [[nodiscard]] position execute(const certified_block& decided, ledger::executed& done) const;
  void forget_settled(const certified_block& decided, const ledger::applied& done);
  void forget_refused(const ledger::batch& report, const ledger::batch_receipt& receipt);

  // node_store.cpp
  void do_one(persist& e, const moment& m, node_step& out, const follow& more);
  void do_one(load_blocks& e, const moment& m, node_step& out, const follow& more);
  [[nodiscard]] result<std::vector<certified_block>> read_blocks(std::uint64_t first,
                                                                 std::uint32_t count) const;
  void store_block(const certified_block& decided, const ledger::executed& done,
                   const position& next, store::write_set& set);
  void forget_wal(std::uint64_t height, store::write_set& set);

  // node_snapshots.cpp
  void do_one(offer_snapshot& e, const moment& m, node_step& out, const follow& more);
  void do_one(restore& e, const moment& m, node_step& out, const follow& more);
  void take(const account_id& from, const chunk_request& x, const moment& m, node_step& out);
  void take(const account_id& from, const chunk_message& x, const moment& m, node_step& out);
  void ask_chunk(const moment& m, node_step& out);
  void give_up_fetch(const moment& m, node_step& out);
  [[nodiscard]] result<void> take_over(const moment& m, node_step& out);
  void keep_offer(snapshot_offer offer, store::write_set& set);
  void forget_offers(store::write_set& set);

  std::shared_ptr<store::backend> store; // for reading
  node_identity who;                     // its key is the replica's
  node_options options;
  std::shared_ptr<signature_checker> checker;
  ledger::state state;
  ledger::log_keeper keeper;
  ledger::agreement_parameters rules;
  replica core;
  mempool pool;

  position start_at;
  std::vector<bytes> start_records;
  bool stopped = false;
  std::optional<instant> core_wake;
  std::optional<instant> proof_due; // the last block had batches
  std::uint64_t standing_sequence = 0;
  std::uint64_t blocks_made = 0;
  std::uint64_t chain_first = 1; // record of the chain journal
  std::deque<wal_key> wal;       // what is in the table
  std::vector<equivocation> evidence;
  account_id reporter; // none without a seed

  struct own_batch {
    batch_ptr batch;
    instant due{};
  };

  std::vector<own_batch> own; // of this node's clients, until they are final
  std::size_t told_next = 0;

  std::optional<consensus::header> last_header;
  std::map<std::uint64_t, snapshot_offer> offers; // by height, as stored

  struct fetch {
    account_id from;
    position at;
    snapshot_offer proof;
    std::vector<bytes> chunks;
    std::uint32_t count = 0; // of all chunks, as the first of them said
    std::size_t size_bytes = 0;
    instant due{};
  };

  std::optional<fetch> fetching;
};

} // namespace ainur::consensus
