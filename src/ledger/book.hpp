// The books: all tables of the ledger with the operations that keep them consistent, shared by the
// handlers of the calls (one file a subject). Everything here checks first and writes afterwards,
// or is undone by `roll_back`.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "ainur/ledger/election.hpp"
#include "ainur/ledger/error.hpp"
#include "ainur/ledger/event.hpp"
#include "ainur/ledger/genesis.hpp"
#include "channel_records.hpp"
#include "deadlines.hpp"
#include "governance_records.hpp"
#include "identity_records.hpp"
#include "records.hpp"
#include "staking_records.hpp"
#include "table.hpp"

namespace ainur::ledger {

/// Amounts whose sum is known to fit, since all of them are part of the issuance.
inline void add(amount& to, amount value) {
  const auto sum = to.plus(value);
  AINUR_ASSERT(sum.has_value());
  to = *sum;
}

inline void take(amount& from, amount value) {
  const auto rest = from.minus(value);
  AINUR_ASSERT(rest.has_value());
  from = *rest;
}

[[nodiscard]] inline amount share(amount of, std::uint32_t ppm) {
  return of.times(ppm, 1'000'000);
}

inline constexpr std::size_t evidence_bytes_max = 64u << 10;
inline constexpr std::uint16_t subtasks_max = 256;
inline constexpr std::size_t parts_max = 64;
inline constexpr std::size_t acceptances_max = 256;
inline constexpr std::uint16_t reputation_max = 1000;
inline constexpr duration horizon_max = std::chrono::hours{24 * 3660}; ///< ten years
inline constexpr timestamp time_max = timestamp_at(253'402'300'799'000'000);

struct book {
  genesis origin; ///< without its lists
  election_rule elect = elect_top_stake;
  std::uint64_t height = 0;
  timestamp time{};
  hash256 last_hash;

  meta_record meta;
  table<account_key, account_record> accounts;
  table<account_key, unbonding_record> unbonding;
  table<task_key, task_record> tasks;
  table<award_key, dispute_record> disputes;
  table<number_key, slash_record> slashes;
  table<pair_key, gain_record> gains;
  table<number_key, arbiter_record> arbiters;
  table<account_key, lock_record> locks;
  table<account_key, stake_record> stakes;           ///< under the stash
  table<account_key, controller_record> controllers; ///< under the controller
  table<number_key, era_record> eras;
  table<era_account_key, exposure_record> exposures; ///< under era and validator
  table<exposure_page_key, exposure_page_record> exposure_pages;
  table<place_key, elected_record> elected;                 ///< under era and rank
  table<account_key, slashing_record> slashings;            ///< under the stash
  table<place_key, deferred_slash_record> deferred_slashes; ///< under number and page
  table<account_key, key_record> keys;
  table<account_key, document_record> documents;
  table<channel_key, channel_record> channels;
  table<account_key, dao_record> daos;
  table<proposal_key, proposal_record> proposals;
  table<proposal_key, ballot_record> ballots;
  table<account_key, validator_key_record> validator_keys; ///< under the stash
  table<number_key, committee_record> committees;          ///< under the era
  table<number_key, office_record> office;                 ///< one record, if validators keep it
  deadlines due;
  std::vector<deadline> handled; ///< taken from `due` by this block, to be put back by a roll-back

  [[nodiscard]] const parameters& rules() const noexcept { return origin.parameters; }

  /// Takes the rule that genesis names. Errors: `base_errc::unsupported`.
  [[nodiscard]] result<void> choose_election(election_rules elections);

  /// Calls `visit(table_id, table)` for every table, in order of their numbers.
  template <class Visitor>
  void for_each_table(Visitor&& visit) {
    visit(table_id::accounts, accounts);
    visit(table_id::unbonding, unbonding);
    visit(table_id::tasks, tasks);
    visit(table_id::disputes, disputes);
    visit(table_id::slashes, slashes);
    visit(table_id::gains, gains);
    visit(table_id::arbiters, arbiters);
    visit(table_id::locks, locks);
    visit(table_id::stakes, stakes);
    visit(table_id::controllers, controllers);
    visit(table_id::eras, eras);
    visit(table_id::exposures, exposures);
    visit(table_id::exposure_pages, exposure_pages);
    visit(table_id::elected, elected);
    visit(table_id::slashings, slashings);
    visit(table_id::deferred_slashes, deferred_slashes);
    visit(table_id::keys, keys);
    visit(table_id::documents, documents);
    visit(table_id::channels, channels);
    visit(table_id::daos, daos);
    visit(table_id::proposals, proposals);
    visit(table_id::ballots, ballots);
    visit(table_id::validator_keys, validator_keys);
    visit(table_id::committees, committees);
    visit(table_id::office, office);
  }

  template <class Visitor>
  void for_each_table(Visitor&& visit) const {
    const_cast<book*>(this)->for_each_table( // NOLINT: the visitor sees constant tables
        [&visit](table_id id, const auto& t) { visit(id, t); });
  }

  /// A point to come back to while undo is recorded.
  struct mark {
    std::vector<std::size_t> tables;
    meta_record meta;
  };

  void record_undo(bool on);

  [[nodiscard]] bool records_undo() const noexcept { return recording_; }

  [[nodiscard]] mark here() const;
  void roll_back(const mark& m);
  void forget_undo();

  [[nodiscard]] party party_of(const account_id& id);
  [[nodiscard]] std::optional<account_id> id_of(party p) const;
  /// Whose account it is: as declared, its host, or itself.
  [[nodiscard]] account_id controller_of(const account_id& id) const;
  /// The score in the current era: what its decay has left of it.
  [[nodiscard]] std::uint16_t score_of(const account_record& r) const;
  /// Whose keys sign for it: its host's, or its own.
  [[nodiscard]] account_id signer_of(const account_id& id) const;
  /// The key that speaks for an account that signs for itself.
  [[nodiscard]] byte_array<32> current_key(const account_id& signer) const;
  /// The key under which an object of `signer` verifies: of the version it names, if that is
  /// current or within its grace at `now`; the current one if it names none.
  [[nodiscard]] std::optional<byte_array<32>>
  key_of(const account_id& signer, std::optional<std::uint32_t> version, timestamp now) const;

  /// True if the record still waits for exactly this.
  [[nodiscard]] bool live(const deadline& d) const;
  /// Refills `due` from the records.
  void index_deadlines();

  [[nodiscard]] account_form form_of(const account_id& id, const account_record& r) const;

private:
  bool recording_ = false;
  std::vector<account_id> parties_{account_id{}};
  std::unordered_map<account_id, party> party_index_;
};

/// One block at work: the books, the time, and what happened so far.
struct session {
  book& b;
  timestamp now;
  std::uint64_t height;
  account_id author;
  std::vector<event::any> events{};
  std::uint32_t depth = 0; ///< of proposals that execute proposals

  [[nodiscard]] const parameters& rules() const noexcept { return b.rules(); }

  template <class Event>
  void emit(Event e) {
    events.emplace_back(std::move(e));
  }
};

/// Who acts: the origin, and the account in whose name the batch is signed for it: itself, or its
/// host (also where the host's delegate signed).
struct actor {
  account_id origin;
  account_id signer;

  [[nodiscard]] bool hosted() const noexcept { return origin != signer; }
};

// genesis.cpp
/// What stays when allocations and stakes are in the books.
[[nodiscard]] genesis without_lists(genesis g);
/// As `validate`, without the lists.
[[nodiscard]] result<void> check_rules(const genesis& g);

// accounts.cpp
/// Adds to the free balance; an account that is not there is opened if `value` is at least the
/// existential deposit, else the treasury gets it.
void credit(session& s, const account_id& to, amount value);
/// False if the value would not stay there: too little to begin an account with.
[[nodiscard]] bool can_credit(const session& s, const account_id& to, amount value);
/// Reaps what is below the existential deposit, and removes the record if nothing refers to it.
void tidy(session& s, const account_id& id);
/// Locks that have run to their end.
void end_locks(session& s, const account_id& id);
/// Moves issuance into an account or out of it. Only the calls that are named mints and burns may.
void mint(session& s, const account_id& to, amount value);
/// A release fee: part to the author, the rest to the treasury.
void pay_fee(session& s, amount fee);

// stake.cpp
/// Takes up to `value` from the bond, first the active part, then what unlocks last. Returns what
/// was there; the caller puts it somewhere.
[[nodiscard]] amount take_stake(session& s, const account_id& id, amount value);
/// Gives back to the active bond.
void return_stake(session& s, const account_id& id, amount value);
/// Makes membership among the arbiters follow the bond.
void update_arbiter(session& s, const account_id& id, account_record& r);

// reputation.cpp
/// May this agent take an award of `price` in the task? `exposed`: what it and the others awarded
/// beside it add to the agent's exposure, if anything can.
[[nodiscard]] errc admit(const session& s, const task_record& t, const account_id& agent,
                         amount price, std::optional<amount> exposed);
/// Decay begins anew from here.
void set_score(const session& s, account_record& r, std::uint16_t score);
/// A success or failure: reputation and, for a failure, stake. Fills the outcome's fields.
void conclude(session& s, task_record& t, event::outcome& o);
/// Notes a penalty over one award; returns by how much `value` exceeds what was charged before.
[[nodiscard]] amount penalty_due(const task_record& t, std::uint16_t subtask, const account_id& who,
                                 amount value);
[[nodiscard]] amount penalty_so_far(const task_record& t, std::uint16_t subtask,
                                    const account_id& who);
void note_penalty(task_record& t, std::uint16_t subtask, const account_id& who, amount value);

// settle.cpp
/// Ends an award: moves the money, the standing, and perhaps ends the task.
void end_award(session& s, const task_id& id, std::uint16_t subtask, outcome_cause cause);
/// Frees what is not awarded and admits no more awards.
void close_awards(session& s, const task_id& id, task_record& t);
/// Ends the task if nothing of it is open.
void end_task(session& s, const task_id& id, task_record& t);
/// True for the host and for orchestrators of the host.
[[nodiscard]] bool acts_for_host(const session& s, const actor& a, const task_record& t);

// disputes.cpp, offences.cpp: what their deadlines do
void dispute_over(session& s, const task_id& id, std::uint16_t subtask);
void pay_slash(session& s, std::uint64_t number);

// staking_eras.cpp, staking_slashes.cpp: what their deadlines do
void turn_staking_era(session& s);
/// One validator of an era that is out of reach, with its pages; with the last of them, the era.
void drop_from_era(session& s, std::uint64_t era);
/// One page of a slash.
void apply_deferred_slash(session& s, std::uint64_t number);
/// The author of a block earns points, if it validates.
void note_author(session& s);
/// The first era of a ledger that was founded by validators.
void start_first_era(session& s);
/// Slashes validators of an era for what none of them was reported for yet.
void punish(session& s, validator_offence kind, std::uint64_t era,
            const std::vector<account_id>& offenders, const std::optional<account_id>& reporter);

// committees.cpp
/// Stakes and roles of genesis, and the first committee.
void found(session& s, const founding& f);
/// Notes who signed for the block before, and puts the next committee into office if its height has
/// come.
void begin_height(session& s, const std::vector<std::uint32_t>& signers);
/// The records of an era are gone.
void forget_committee(session& s, std::uint64_t era);
/// Seats the winners of an election.
void seat(session& s, std::uint64_t era, const std::vector<account_id>& winners);
/// In office at a height up to two after the last block's; null if that is not known any more.
[[nodiscard]] const committee_record* committee_at(const book& b, std::uint64_t height,
                                                   std::uint64_t* era = nullptr);
/// Errors: `bad_block`.
[[nodiscard]] result<void> check_author(const book& b, std::uint64_t height,
                                        const account_id& author,
                                        const std::vector<std::uint32_t>& signers);
// keys.cpp
/// Earlier keys whose grace is over.
void end_keys(session& s, const account_id& id);
// channels.cpp
/// Pays out what the newest registered or final state says.
void pay_out(session& s, const channel_id& id);

// proposals.cpp
/// What the votes say.
enum class verdict : std::uint8_t { approved, rejected, no_quorum };
[[nodiscard]] verdict verdict_of(const dao_rules& rules, const ballot_sums& sums) noexcept;
/// Counts the votes, which ends the proposal or makes it wait for its execution.
void count_votes(session& s, const proposal_key& key);
/// Ends a proposal and moves its deposit as the status says.
void end_proposal(session& s, const proposal_key& key, proposal_status status,
                  std::optional<std::uint16_t> failed_call = std::nullopt, errc failure = errc::ok);
/// The DAO of this account, if there is one that is not dissolved.
[[nodiscard]] const dao_record* find_dao(const book& b, const account_id& id);

// daos.cpp
[[nodiscard]] bool valid_rules(const governance_parameters& bounds, const dao_rules& r) noexcept;
[[nodiscard]] bool valid_members(const governance_parameters& bounds, const account_id& dao,
                                 const std::vector<account_id>& members) noexcept;

// sweep.cpp
/// Handles the deadlines that have passed; returns how many.
std::uint64_t sweep(session& s);

} // namespace ainur::ledger
