// A validator's part in consensus: it follows the chain height by height, votes in each, keeps up
// with the others, and says what to do, in order.
//
// Around `agreement` (one height, ids only) it holds the blocks, signs and remembers what was
// signed, checks what arrives, waits for timeouts, fetches blocks that it missed and finds those
// who contradict themselves. It neither executes blocks nor makes batches: it asks.
//
//   start(...)               once; `records` are what it made durable before
//   want_block(...)          there is something to put into a block
//   receive(...)             a message from another validator
//   batches(...)             answers make_block
//   checked(...)             answers check_block
//   executed(...)            answers commit
//   timer(...)               it is the time that wake_at asked for; early calls do no harm
//
// **Effects are carried out in their order, and a `persist` is durable before the next one.** Then
// a replica that is killed between any two effects never signs two different statements for one
// height, round and kind. Whatever comes from outside is bounded and checked first; bad messages
// are dropped and counted. Not thread-safe; belongs to one actor.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "ainur/consensus/agreement.hpp"
#include "ainur/consensus/checker.hpp"
#include "ainur/consensus/message.hpp"
#include "ainur/consensus/position.hpp"

namespace ainur::consensus {

/// Timeouts are `first + round · more`: the paper's partial synchrony asks that they grow.
struct growing_timeout {
  duration first{};
  duration more{};

  [[nodiscard]] duration of(round_number r) const noexcept { return first + more * r; }
};

struct replica_options {
  growing_timeout propose{duration{1'000'000}, duration{500'000}};
  growing_timeout prevote{duration{500'000}, duration{250'000}};
  growing_timeout precommit{duration{500'000}, duration{250'000}};
  /// Clocks of honest validators differ by at most so much.
  duration precision{500'000};
  /// A proposal reaches all honest validators within this time; a tenth more is granted each round.
  duration message_delay{1'000'000};
  /// A block without batches is made after so long without one; 0: never.
  duration empty_interval{};
  /// Without progress for so long, others are told where this replica stands; a few times also
  /// where there is nothing to agree on but it may lag.
  duration status_interval{500'000};
  std::size_t recent_blocks = 64; ///< kept in memory for those who lag
  light_options trust;            ///< in whom proves a snapshot
};

/// The two clocks: one for timeouts, one for what is signed.
struct moment {
  instant now{};
  timestamp utc{};
};

/// Make this durable before going on. It belongs to a height; what belongs to earlier heights may
/// be forgotten.
struct persist {
  std::uint64_t height = 0;
  bytes record;
};

/// To all other validators.
struct broadcast {
  message what;
};

struct send_to {
  account_id to;
  message what;
};

/// Choose batches for a block and answer `batches`.
struct make_block {
  std::uint64_t height = 0;
  round_number round = 0;
};

/// May the batches of this block act, in the state after the block before? All honest replicas must
/// find the same. Answer `checked`.
struct check_block {
  hash256 id;
  block_ptr block;
};

/// Final. Execute it, store it with its certificate, and answer `executed`.
struct commit {
  certified_block decided;
};

/// Send these blocks, if they are kept, in `blocks_message`s.
struct load_blocks {
  account_id to;
  std::uint64_t first = 0;
  std::uint32_t count = 0;
};

/// Send the `snapshot_offer` of the newest snapshot that is kept, if there is one, with the
/// handovers after this height.
struct offer_snapshot {
  account_id to;
  std::uint64_t height = 0; ///< where it stands
};

/// This replica is too far behind for blocks, and the chain is proven to have stood at this
/// position: get the state of it from there, see that it has the state hash of `at.execution`,
/// store both, and tell `restored`.
struct restore {
  account_id from;
  position at;
  snapshot_offer proof; ///< of it, for others
};

/// Somebody contradicted themselves: report it to the ledger.
struct accuse {
  equivocation evidence;
};

/// This replica's execution differs from what a quorum found: it must stop. Always the last.
struct halt {
  std::uint64_t height = 0; ///< of the block whose execution differs
  std::string why;
};

/// Call `timer` then. A later one replaces an earlier.
struct wake {
  instant at{};
};

using effect = std::variant<persist, broadcast, send_to, make_block, check_block, commit,
                            load_blocks, offer_snapshot, restore, accuse, halt, wake>;
using effects = std::vector<effect>;

/// What it has seen.
struct replica_counts {
  std::uint64_t blocks = 0;
  std::uint64_t rounds = 0;  ///< begun
  std::uint64_t refused = 0; ///< messages that were malformed, badly signed or out of bounds
  std::uint64_t equivocations = 0;
  std::uint64_t fetched = 0; ///< blocks that came certified instead of being voted on here
  AINUR_FIELDS(replica_counts, blocks, rounds, refused, equivocations, fetched)
};

class replica {
public:
  /// `key` is the one under which `self` stands in the sets; an account that does not is
  /// an observer for as long. `checker` is shared by all replicas of a process.
  replica(const account_id& self, crypto::secret_key key, const replica_options& options,
          std::shared_ptr<signature_checker> checker);

  /// `records`: all that was persisted for the height after `at`, in order. Errors: `bad_record`.
  [[nodiscard]] result<effects> start(position at, const std::vector<bytes>& records,
                                      const moment& m);

  [[nodiscard]] effects want_block(const moment& m);
  [[nodiscard]] effects receive(const account_id& from, const message& what, const moment& m);
  [[nodiscard]] effects batches(std::uint64_t height, round_number round,
                                std::vector<ledger::signed_batch> chosen, const moment& m);
  [[nodiscard]] effects checked(const hash256& id, bool good, const moment& m);
  /// `next` is the position after the committed block.
  [[nodiscard]] effects executed(position next, const moment& m);
  /// The state of a position that `restore` named is stored: this replica stands there now. One
  /// that it has passed meanwhile is ignored.
  [[nodiscard]] effects restored(position at, const moment& m);
  /// That state could not be got: others are asked.
  [[nodiscard]] effects not_restored(const moment& m);
  [[nodiscard]] effects timer(const moment& m);

  /// The oldest block that `load_blocks` can give; others are told.
  void keeps_from(std::uint64_t height) noexcept { first_block_ = height; }

  [[nodiscard]] const position& at() const noexcept { return at_; }

  /// The round it is in; `no_round` while it waits for something to agree on.
  [[nodiscard]] round_number round() const noexcept {
    return agreement_ ? agreement_->round() : no_round;
  }

  [[nodiscard]] const replica_counts& counts() const noexcept { return counts_; }

  [[nodiscard]] bool halted() const noexcept { return halted_; }

private:
  struct known_block {
    block_ptr block;
    std::optional<bool> good; ///< nothing: still being checked
    bool stored = false;      ///< its body is among the persisted records
  };

  struct waiting_proposal {
    signed_statement statement;
    bool timely = true;
  };

  struct pending_timeout {
    consensus::timeout timeout;
    instant due{};
  };

  using own_key = std::pair<round_number, statement_kind>;

  void begin_height(const moment& m, effects& out);
  void begin_agreement(const moment& m, effects& out);
  void make_agreement(const moment& m);
  [[nodiscard]] result<void> recover(const std::vector<bytes>& records, const moment& m,
                                     effects& out);
  void resume(round_number round, const held_values& held, std::vector<signed_statement> votes,
              const moment& m, effects& out);
  void carry_out(agreement_actions actions, const moment& m, effects& out);
  void utter_own(const statement& s, const moment& m, effects& out);
  void take_own(const signed_statement& s, const moment& m, effects& out);
  [[nodiscard]] message message_of(const signed_statement& s) const;
  void hold_values(const held_values& values, effects& out);
  void decided(const decide& d, effects& out);
  void commit_block(certified_block decided, effects& out);
  [[nodiscard]] certificate full_commit() const;
  [[nodiscard]] std::optional<instant> empty_block_due() const;
  void finish(effects& out);

  void take(const account_id& from, const proposal_message& p, const moment& m, effects& out);
  void take(const account_id& from, const vote_message& v, const moment& m, effects& out);
  void take(const account_id& from, const status_message& s, const moment& m, effects& out);
  void take(const account_id& from, const blocks_request& r, const moment& m, effects& out);
  void take(const account_id& from, const blocks_message& b, const moment& m, effects& out);
  void take(const account_id& from, const snapshot_request& r, const moment& m, effects& out);
  void take(const account_id& from, const snapshot_offer& o, const moment& m, effects& out);
  void refuse() noexcept;
  void keep_for_later(const account_id& from, std::uint64_t height, const message& what,
                      const moment& m);
  [[nodiscard]] std::optional<validator_index> check_statement(const signed_statement& s);
  void take_vote(const signed_statement& s, const moment& m, effects& out);
  void take_late_precommit(const signed_statement& s, effects& out);
  void take_polka(const proposal_message& p, const moment& m, effects& out);
  void add_block(const hash256& id, const block_ptr& b, effects& out);
  void compare_commit(const certificate& c, effects& out);
  void offer_proposals(const moment& m, effects& out);
  [[nodiscard]] bool is_timely(const header& h, round_number r, const moment& m) const noexcept;
  void accuse_of(equivocation e, effects& out);
  void look_for_difference(effects& out);
  void stop_at(const block& b, effects& out);

  [[nodiscard]] status_message status() const;
  void suspect_lag(const moment& m);
  void report_status(const moment& m, effects& out);
  [[nodiscard]] bool may_help(const account_id& peer, instant now);
  void help(const account_id& peer, const status_message& s, effects& out);
  void fetch(const account_id& from, const status_message& s, const moment& m, effects& out);
  void take_fetched(const moment& m, effects& out);

  account_id self_;
  crypto::secret_key key_;
  replica_options options_;
  std::shared_ptr<signature_checker> checker_;
  replica_counts counts_;

  position at_;
  std::unique_ptr<agreement> agreement_; // nothing before there is something to agree on
  bool executing_ = false;               // decided, and `executed` has not come
  bool halted_ = false;

  // Of the height that is being worked on:
  std::map<hash256, known_block> blocks_;
  std::map<round_number, waiting_proposal> proposals_; // until their block is checked
  std::map<round_number, signed_statement> proposed_;  // the first by each round's proposer
  std::map<own_key, signed_statement> own_;            // what was signed here
  std::set<account_id> accused_;
  std::vector<pending_timeout> timeouts_;
  instant height_began_{};
  std::map<account_id, instant> helped_; // when each was last told what it may have missed

  std::vector<signed_statement> heard_; // precommits of the last block's round, as they came here
  std::vector<signed_statement> late_;  // precommits of the last height after its decision
  std::map<account_id, std::vector<message>> early_; // of the next height
  std::size_t early_bytes_ = 0;                      // of the blocks in it
  std::deque<certified_block> recent_;
  std::uint64_t first_block_ = 1;
  std::optional<instant> status_due_;
  std::uint32_t questions_ = 0; // how often to ask without anything to agree on
  std::optional<instant> fetching_until_;
  std::optional<account_id> fetched_from_;
  std::deque<certified_block> fetched_;
};

} // namespace ainur::consensus
