// A second, slow ledger: the rules written down once more, as plainly as possible, from the
// documents. Nothing of the real one is used but ids, hashes and signatures, and its vocabulary
// (calls, views). Everything that can be computed is computed anew each time it is asked for:
// nothing is indexed, nothing is cached.
//
// A call is tried on a copy; what it is refused for is the *set* of all names that apply, since the
// documents do not say which one comes first.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ainur/ledger/state.hpp"

namespace ainur::test {

using namespace ainur::ledger;

/// µAINU, wide enough that no sum or product of two amounts with a rate overflows; signed, so that
/// money that is missing shows.
__extension__ using money = __int128;

[[nodiscard]] inline money of(amount a) {
  return static_cast<money>(a.micro());
}

[[nodiscard]] inline amount as_amount(money m) {
  return amount{static_cast<std::uint64_t>(m)};
}

/// ⌊value · ppm / 1,000,000⌋
[[nodiscard]] inline money ppm_of(money value, std::uint32_t ppm) {
  return value * static_cast<money>(ppm) / 1'000'000;
}

/// Names that apply. Empty: carried out.
using errors = std::set<errc>;

/// Who acts: the origin, and whose key signs for it.
struct acting {
  account_id origin;
  account_id signer;

  [[nodiscard]] bool hosted() const { return origin != signer; }
};

struct model_account {
  struct lock {
    money value = 0;
    timestamp until{};
  };

  struct chunk {
    money value = 0;
    timestamp ripe{};
  };

  money free = 0;
  money bonded = 0;
  std::map<std::uint8_t, lock> locks;
  std::vector<chunk> unbonding; // oldest first
  std::uint64_t nonce = 0;
  account_id host;     // none: it signs for itself, or has never acted
  account_id declared; // its controller, if it has named one
  bool rated = false;
  int score = 0; // as of `scored_era`
  std::uint64_t scored_era = 0;
  std::vector<bool> outcomes;                     // the last ten; true: a failure
  std::optional<std::uint64_t> failures_reported; // in which era
  std::optional<timestamp> acceptances_judged;    // up to here
};

struct model_award {
  award_line line; // as awarded
  money price = 0; // of a stream: the deposit, with what topped it up
  money paid = 0;
  timestamp finish_by{};
  timestamp due{};
  award_status status = award_status::working;
  std::optional<outcome_cause> cause;
  std::uint16_t part = 0;       // that is worked on, reviewed or disputed
  std::vector<hash256> results; // one of each part that was posted
  timestamp posted{};
  timestamp from{}; // of a stream: it flows from here
  money before = 0; // ... on top of this
  std::vector<account_id> arbiters;
  std::set<account_id> dismissed; // arbiters of the first round
  std::map<account_id, bool> votes;
  int round = 0;
  money bond = 0;
  std::optional<std::uint16_t> ruled_part; // which the last dispute was about

  [[nodiscard]] bool is_open() const {
    return status != award_status::succeeded && status != award_status::failed &&
           status != award_status::voided;
  }

  [[nodiscard]] bool is_stream() const { return line.rate != amount{}; }

  [[nodiscard]] money part_price() const {
    return line.parts.empty() ? price : of(line.parts[part]);
  }
};

struct model_task {
  open_task terms;
  account_id payer;
  money unawarded = 0;
  money topped_up = 0;
  hash256 root; // of the last award: only that one can be repeated
  bool open = true;
  bool disputed = false;
  std::map<std::uint16_t, model_award> awards; // the last of each subtask
  std::map<std::pair<std::uint16_t, account_id>, money> penalties;
  std::optional<task_end> end;
  timestamp prune{};
};

struct model_slash {
  account_id offender;
  offence kind{};
  money value = 0;
  std::optional<task_id> task;
  std::uint16_t subtask = 0;
  timestamp due{};
  int given_up = 0; // the score that it took
};

struct model_keys {
  struct earlier {
    std::uint32_t version = 0;
    byte_array<32> key{};
    timestamp until{};
  };

  std::uint32_t version = 0;
  byte_array<32> key{};
  timestamp since{};
  account_id stash;
  account_id delegate;
  std::vector<earlier> grace;
};

struct model_document {
  did_document document;
  money deposit = 0;
  timestamp registered{}, updated{};
  std::uint64_t revision = 1;
};

struct model_channel {
  channel_params params;
  byte_array<32> first_key{}, second_key{};
  channel_phase phase = channel_phase::open;
  channel_state newest;
  timestamp due{};
};

struct model_dao {
  dao_rules rules;
  std::vector<account_id> members;
  std::uint64_t next = 1;
  bool dissolved = false;
};

struct model_proposal {
  struct seat {
    money weight = 0;
    bool by_key = false;
    std::set<account_id> voters;
    std::optional<ballot_choice> choice;
  };

  account_id proposer;
  bytes calls;
  money deposit = 0;
  dao_rules rules;
  proposal_status status = proposal_status::voting;
  std::map<account_id, seat> seats; // by controller
  timestamp voting_until{}, execute_from{}, execute_until{}, prune{};

  [[nodiscard]] bool is_open() const {
    return status == proposal_status::voting || status == proposal_status::approved;
  }

  [[nodiscard]] money sum(std::optional<ballot_choice> choice) const; // none: of every seat
};

struct model_stake {
  struct chunk {
    money value = 0;
    std::uint64_t era = 0;
  };

  account_id controller;
  reward_destination payee{};
  money active = 0;
  std::vector<chunk> unlocking;
  std::optional<validator_prefs> validator;
  std::vector<account_id> targets;
  std::optional<byte_array<32>> statement_key; // if it has chosen one

  [[nodiscard]] money total() const {
    money sum = active;
    for (const auto& c : unlocking)
      sum += c.value;
    return sum;
  }
};

struct model_exposure {
  account_id validator;
  money own = 0;
  std::uint32_t commission_ppm = 0;
  std::uint64_t points = 0;
  std::vector<std::pair<account_id, money>> nominators;
  std::set<std::uint32_t> claimed;
  std::set<validator_offence> reported;
  std::optional<account_id> reporter; // the first one named

  [[nodiscard]] money total() const {
    money sum = own;
    for (const auto& n : nominators)
      sum += n.second;
    return sum;
  }
};

struct model_era {
  bool ended = false;
  money reward = 0;
  std::vector<model_exposure> validators;
};

/// A slash of stake that waits.
struct model_deferred {
  std::uint64_t apply_era = 0;
  std::optional<account_id> reporter;
};

/// What the ledger said in this block. The model reads there what it does not work out itself:
/// which arbiters were drawn, and how much a slash of stake takes.
using event_list = std::vector<event::any>;

class model {
public:
  explicit model(const genesis& g);

  /// A new block: first its deadlines, earliest first.
  void begin_block(timestamp at, const event_list& events);
  /// What a batch is refused for, whole.
  [[nodiscard]] errors admit(const batch& b) const;
  /// Nonce and fee of a batch that is admitted.
  void charge(const batch& b);
  /// One call; changes nothing if it is refused.
  errors carry_out(const account_id& signer, const entry& e);

  void end_batch() { reap(); }

  // --- what can be asked ---
  [[nodiscard]] const model_account* find(const account_id& id) const;
  [[nodiscard]] account_id host_or_self(const account_id& id) const;
  [[nodiscard]] account_id controller_of(const account_id& id) const;
  [[nodiscard]] money locked(const account_id& id) const;
  [[nodiscard]] money spendable(const account_id& id) const;
  [[nodiscard]] money reserved(const account_id& id) const;
  [[nodiscard]] money unbonding(const account_id& id) const;
  [[nodiscard]] money held(const account_id& id) const;
  [[nodiscard]] money exposure(const account_id& id) const;
  [[nodiscard]] std::uint32_t open_awards(const account_id& id) const;
  [[nodiscard]] int score(const account_id& id) const;
  [[nodiscard]] std::uint64_t era() const;

  [[nodiscard]] money fee(money paid) const { return ppm_of(paid, p.release_fee_ppm); }

  [[nodiscard]] money escrow(const model_award& a) const;
  [[nodiscard]] money flowed(const model_award& a) const;
  [[nodiscard]] byte_array<32> key_of(const account_id& id) const;
  [[nodiscard]] bool is_dao(const account_id& id) const;
  [[nodiscard]] std::optional<account_id> stash_of(const account_id& controller) const;

  /// Dissolved or not: such an id never has a key.
  [[nodiscard]] bool was_dao(const account_id& id) const { return daos.contains(id); }

  /// How many arbiters a dispute about this award must get now.
  [[nodiscard]] std::set<account_id> related_to(const model_task& t, const model_award& a) const;
  [[nodiscard]] std::size_t arbiters_due(const model_task& t, const model_award& a) const;

  genesis g;
  parameters p;
  hash256 chain;
  timestamp now{};
  money issuance = 0, treasury = 0;
  std::map<account_id, model_account> accounts;
  std::map<task_id, model_task> tasks;
  std::map<std::uint64_t, model_slash> slashes;
  std::uint64_t next_slash = 1;
  std::map<std::pair<account_id, account_id>, std::pair<std::uint64_t, std::uint32_t>> gains;
  std::map<account_id, model_keys> keys;
  std::map<account_id, model_document> documents;
  std::map<channel_id, model_channel> channels;
  std::map<account_id, model_dao> daos;
  std::map<std::pair<account_id, std::uint64_t>, model_proposal> proposals;
  std::map<account_id, model_stake> stakes;
  std::map<std::uint64_t, model_era> eras;
  std::map<std::uint64_t, model_deferred> deferred;
  std::uint64_t staking_era = 0;
  int depth = 0;                     // of executions
  std::string complaint;             // what the model found wrong with what was drawn
  const event_list* ahead = nullptr; // of this block
  std::set<std::size_t> used;        // of them, those of draws

private:
  friend struct deadline_list;

  // balances
  errors on(const acting& a, const transfer& c);
  errors on(const acting& a, const transfer_all& c);
  errors on(const acting& a, const lock_balance& c);
  errors on(const acting& a, const mint_money& c);
  errors on(const acting& a, const burn_money& c);
  errors on(const acting& a, const open_account& c);
  errors move_free(const account_id& from, const account_id& to, money value);
  void credit(const account_id& to, money value);
  [[nodiscard]] bool can_credit(const account_id& to, money value) const;
  void pay_fee(money value);
  /// Reaps every account that holds too little and is needed for nothing.
  void reap(const account_id* spared = nullptr);
  [[nodiscard]] bool is_needed(const account_id& id) const;

  // reputation
  errors on(const acting& a, const bond& c);
  errors on(const acting& a, const unbond& c);
  errors on(const acting& a, const rebond& c);
  errors on(const acting& a, const withdraw_unbonded& c);
  errors on(const acting& a, const report_offence& c);
  errors on(const acting& a, const cancel_slash& c);
  void rate(model_account& r);
  void note_outcome(const account_id& agent, bool failure);
  void succeed(const model_task& t, const account_id& agent);
  void fail(model_task& t, std::uint16_t subtask, const account_id& agent);
  money take_stake(const account_id& id, money value); // to whoever gets it
  money penalise(model_task& t, std::uint16_t subtask, const account_id& id, std::uint32_t ppm);
  [[nodiscard]] money stake_of(const account_id& id) const;
  errors check_evidence(const acting& a, const report_offence& c, timestamp& begun) const;

  // escrow
  errors on(const acting& a, const open_task& c);
  errors on(const acting& a, const award_task& c);
  errors on(const acting& a, const post_result& c);
  errors on(const acting& a, const give_up& c);
  errors on(const acting& a, const release& c);
  errors on(const acting& a, const void_award& c);
  errors on(const acting& a, const close_task& c);
  errors on(const acting& a, const open_dispute& c);
  errors on(const acting& a, const vote_dispute& c);
  errors on(const acting& a, const draw_stream& c);
  errors on(const acting& a, const top_up_stream& c);
  errors on(const acting& a, const stop_stream& c);
  model_award* award_of(const task_id& task, std::uint16_t subtask, errors& e);
  [[nodiscard]] bool is_orchestrator(const acting& a, const model_task& t) const;
  [[nodiscard]] bool is_payer_side(const acting& a, const model_task& t) const;
  void check_line(const acting& a, const model_task& t, const award_line& l, money sum_before,
                  errors& e) const;
  [[nodiscard]] bool consents(const acting& a, const award_line& l) const;
  void pay(model_task& t, model_award& a, money value);
  void end_award(model_task& t, std::uint16_t subtask, outcome_cause cause);
  void release_part(model_task& t, std::uint16_t subtask, outcome_cause cause);
  void end_stream(model_task& t, std::uint16_t subtask, outcome_cause cause);
  void stop_awards(model_task& t);
  void finish_task(model_task& t);
  void draw(const task_id& task, std::uint16_t subtask, model_task& t, model_award& a);
  void rule(model_task& t, std::uint16_t subtask, bool for_agent);
  void dispute_over(const task_id& task, model_task& t, std::uint16_t subtask);
  void award_due(const task_id& task, model_task& t, std::uint16_t subtask);
  void flow_on(model_award& a);

  // identity
  errors on(const acting& a, const register_agent& c);
  errors on(const acting& a, const update_document& c);
  errors on(const acting& a, const deregister_agent& c);
  errors on(const acting& a, const rotate_key& c);
  errors on(const acting& a, const set_recovery& c);
  errors on(const acting& a, const recover_account& c);
  errors on(const acting& a, const revoke_key& c);
  errors on(const acting& a, const delegate_hosting& c);
  errors on(const acting& a, const revoke_delegation& c);
  [[nodiscard]] money deposit_of(const did_document& d) const;
  [[nodiscard]] const model_keys* keys_of(const account_id& id) const;
  model_keys& edit_keys(const account_id& id);
  [[nodiscard]] errors check_new_key(const account_id& id, const byte_array<32>& key,
                                     const byte_array<64>& proof) const;
  [[nodiscard]] std::optional<byte_array<32>> key_for(const account_id& id,
                                                      std::optional<std::uint32_t> version) const;

  // channels
  errors on(const acting& a, const open_channel& c);
  errors on(const acting& a, const close_channel& c);
  errors on(const acting& a, const register_state& c);
  errors on(const acting& a, const conclude_channel& c);
  [[nodiscard]] errors check_state_of(const model_channel& ch, const signed_channel_state& s) const;
  void conclude(model_channel& ch);

  // governance
  errors on(const acting& a, const create_dao& c);
  errors on(const acting& a, const propose& c);
  errors on(const acting& a, const vote_proposal& c);
  errors on(const acting& a, const execute_proposal& c);
  errors on(const acting& a, const cancel_proposal& c);
  errors on(const acting& a, const dao_set_members& c);
  errors on(const acting& a, const dao_set_rules& c);
  errors on(const acting& a, const dissolve_dao& c);
  model_dao* living_dao(const account_id& id);
  [[nodiscard]] bool good_rules(const dao_rules& r) const;
  [[nodiscard]] bool good_members(const account_id& dao, const std::vector<account_id>& m) const;
  void count(const account_id& dao, model_proposal& x);
  void end_proposal(model_proposal& x, proposal_status status);
  void proposal_due(const account_id& dao, model_proposal& x);

  // staking
  errors on(const acting& a, const stake& c);
  errors on(const acting& a, const stake_more& c);
  errors on(const acting& a, const unstake& c);
  errors on(const acting& a, const restake& c);
  errors on(const acting& a, const withdraw_unstaked& c);
  errors on(const acting& a, const run_validator& c);
  errors on(const acting& a, const nominate& c);
  errors on(const acting& a, const chill& c);
  errors on(const acting& a, const kick& c);
  errors on(const acting& a, const set_controller& c);
  errors on(const acting& a, const set_payee& c);
  errors on(const acting& a, const reap_stake& c);
  errors on(const acting& a, const claim_payout& c);
  errors on(const acting& a, const note_era_points& c);
  errors on(const acting& a, const report_validators& c);
  errors on(const acting& a, const cancel_deferred_slash& c);
  errors on(const acting& a, const set_validator_key& c);
  errors on(const acting& a, const report_equivocation& c);
  [[nodiscard]] money role_min(const model_stake& s) const;
  model_exposure* exposed(std::uint64_t era, const account_id& validator);
  void turn_era();
  void elect(std::uint64_t era);
  void note_author();
  void apply_stake_slash(std::uint64_t number, const std::optional<account_id>& reporter);

  [[nodiscard]] bool exists(const account_id& id) const { return find(id) != nullptr; }

  /// The earliest deadline that has passed, and what it does.
  [[nodiscard]] std::function<void()> next_due();
};

/// Gathers the names that apply.
struct checks {
  errors found;

  void operator()(bool wrong, errc name) {
    if (wrong)
      found.insert(name);
  }
};

} // namespace ainur::test
