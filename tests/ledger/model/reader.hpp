// How a command is read: which of its bytes says what, and the call that it comes to, by subject in
// generate_*.cpp.
#pragma once

#include <utility>

#include "generate.hpp"

namespace ainur::test {

/// Reads one command. x[5] says how wild it is.
struct reader {
  const command& c;
  const model& m;
  memory& past;
  const cast& all = cast::get();

  static constexpr byte_array<32> salt{1}; // of every result

  [[nodiscard]] std::size_t n(std::size_t i, std::size_t count) const { return c.x[i] % count; }

  [[nodiscard]] bool wild(unsigned one_in = 5) const { return c.x[5] % one_in == one_in - 1; }

  [[nodiscard]] const person& anyone(std::size_t i) const { return all.at(c.x[i]); }

  /// The one meant, or now and then anyone.
  [[nodiscard]] person meant(const account_id& id) const;
  [[nodiscard]] person meant(std::size_t who) const;
  [[nodiscard]] amount sum(std::size_t i) const;
  /// Of what there is: some of it, all, or a little more.
  [[nodiscard]] amount of_all(std::size_t i, money whole) const;
  [[nodiscard]] duration time(std::size_t i) const;

  /// One of those that fit, or now and then any.
  template <class Fits>
  [[nodiscard]] person one_of(Fits&& fits) const {
    std::vector<person> good;
    for (const auto& x : all.people)
      if (fits(x))
        good.push_back(x);
    return good.empty() || wild() ? anyone(0) : good[n(0, good.size())];
  }

  /// One of those that fit, or now and then any, or none that exists.
  template <class Fits>
  [[nodiscard]] std::pair<task_id, std::uint16_t> award_where(Fits&& fits) const {
    std::vector<std::pair<task_id, std::uint16_t>> good, rest;
    for (const auto& [id, t] : m.tasks)
      for (const auto& [subtask, a] : t.awards)
        (fits(t, a) ? good : rest).emplace_back(id, subtask);
    if (good.empty() || wild(7))
      good.insert(good.end(), rest.begin(), rest.end());
    if (wild(11) || good.empty())
      return {past.tasks.empty() ? task_id{{9, 9}} : past.tasks[n(1, past.tasks.size())],
              static_cast<std::uint16_t>(n(2, 3))};
    return good[n(1, good.size())];
  }

  [[nodiscard]] const model_task* task(const task_id& id) const;
  [[nodiscard]] const model_award* award(const std::pair<task_id, std::uint16_t>& at) const;
  [[nodiscard]] std::uint16_t part_of(const model_award* a) const;
  /// A key of the account's, as it is now, with its version if that is to be named.
  [[nodiscard]] std::optional<std::uint32_t> version(const account_id& id) const;
  [[nodiscard]] byte_array<32> key(const account_id& id, std::optional<std::uint32_t> v) const;

  // balances
  intent make(const transfer*) const;
  intent make(const transfer_all*) const;
  intent make(const lock_balance*) const;
  intent make(const mint_money*) const;
  intent make(const burn_money*) const;
  intent make(const open_account*) const;

  // reputation
  intent make(const bond*) const;
  intent make(const unbond*) const;
  intent make(const rebond*) const;
  intent make(const withdraw_unbonded*) const;
  intent make(const report_offence*) const;
  intent make(const cancel_slash*) const;
  [[nodiscard]] bytes delivery(const std::pair<task_id, std::uint16_t>& at,
                               const model_award& a) const;
  [[nodiscard]] bytes acceptances(const std::pair<task_id, std::uint16_t>& at,
                                  const model_award& a) const;

  // escrow
  intent make(const open_task*) const;
  intent make(const award_task*) const;
  intent make(const post_result*) const;
  intent make(const give_up*) const;
  intent make(const release*) const;
  intent make(const void_award*) const;
  intent make(const close_task*) const;
  intent make(const open_dispute*) const;
  intent make(const vote_dispute*) const;
  intent make(const draw_stream*) const;
  intent make(const top_up_stream*) const;
  intent make(const stop_stream*) const;
  [[nodiscard]] bool fits(const model_task& t, const account_id& id) const;
  [[nodiscard]] award_line line(const person& by, const model_task* t, std::uint16_t subtask,
                                std::size_t i) const;
  [[nodiscard]] person payer_side(const task_id& id) const;
  [[nodiscard]] std::pair<task_id, std::uint16_t> stream() const;

  // staking
  intent make(const stake*) const;
  intent make(const stake_more*) const;
  intent make(const unstake*) const;
  intent make(const restake*) const;
  intent make(const withdraw_unstaked*) const;
  intent make(const run_validator*) const;
  intent make(const nominate*) const;
  intent make(const chill*) const;
  intent make(const kick*) const;
  intent make(const set_controller*) const;
  intent make(const set_payee*) const;
  intent make(const reap_stake*) const;
  intent make(const claim_payout*) const;
  intent make(const note_era_points*) const;
  intent make(const report_validators*) const;
  intent make(const cancel_deferred_slash*) const;
  intent make(const set_validator_key*) const;
  intent make(const report_equivocation*) const;
  [[nodiscard]] person stash() const;
  [[nodiscard]] person controller() const;

  /// Mostly of one that fits, if there is one.
  template <class Fits>
  [[nodiscard]] person controller_where(Fits&& fits) const {
    std::vector<account_id> good;
    for (const auto& [id, s] : m.stakes)
      if (fits(s))
        good.push_back(s.controller);
    return good.empty() || n(4, 3) == 2 ? controller() : meant(good[n(0, good.size())]);
  }

  [[nodiscard]] money staked(bool active) const;
  [[nodiscard]] account_id a_controller(const account_id& own) const;
  [[nodiscard]] std::vector<account_id> some_stashes(bool candidates) const;
  /// A validator of an era, if there is one.
  [[nodiscard]] std::pair<std::uint64_t, account_id> exposed() const;

  // identity
  intent make(const register_agent*) const;
  intent make(const update_document*) const;
  intent make(const deregister_agent*) const;
  intent make(const rotate_key*) const;
  intent make(const set_recovery*) const;
  intent make(const recover_account*) const;
  intent make(const revoke_key*) const;
  intent make(const delegate_hosting*) const;
  intent make(const revoke_delegation*) const;
  [[nodiscard]] did_document document() const;
  [[nodiscard]] person documented() const;
  [[nodiscard]] person keyed() const;
  [[nodiscard]] std::pair<byte_array<32>, byte_array<64>> new_key(const account_id& id) const;

  // channels
  intent make(const open_channel*) const;
  intent make(const close_channel*) const;
  intent make(const register_state*) const;
  intent make(const conclude_channel*) const;
  [[nodiscard]] signed_channel_state some_state(bool final_one) const;

  // governance
  intent make(const create_dao*) const;
  intent make(const propose*) const;
  intent make(const vote_proposal*) const;
  intent make(const execute_proposal*) const;
  intent make(const cancel_proposal*) const;
  intent make(const dao_set_members*) const;
  intent make(const dao_set_rules*) const;
  intent make(const dissolve_dao*) const;
  [[nodiscard]] dao_rules rules() const;
  [[nodiscard]] std::vector<account_id> members() const;
  [[nodiscard]] account_id a_dao() const;
  /// What a DAO may decide.
  [[nodiscard]] ledger::call decision(const account_id& dao, std::size_t which) const;
  [[nodiscard]] person member(const account_id& dao) const;
  [[nodiscard]] std::pair<account_id, std::uint64_t> a_proposal(proposal_status status) const;
};

} // namespace ainur::test
