// Events of DAOs and their proposals.
#pragma once

#include <optional>

#include "ainur/ledger/calls/governance.hpp"
#include "ainur/ledger/error.hpp"

namespace ainur::ledger {

/// One voter of a proposal: a controller.
struct ballot_seat {
  account_id controller;
  std::uint64_t weight = 0;
  bool by_key = false; ///< a member signs with the controller's own key: only such members vote
  std::optional<ballot_choice> choice;
  AINUR_FIELDS(ballot_seat, controller, weight, by_key, choice)
};

/// Which seat an account votes for.
struct ballot_member {
  account_id account;
  std::uint16_t seat = 0;
  AINUR_FIELDS(ballot_member, account, seat)
};

struct ballot_sums {
  std::uint64_t yes = 0;
  std::uint64_t no = 0;
  std::uint64_t abstain = 0;
  std::uint64_t all = 0; ///< of every seat
  AINUR_FIELDS(ballot_sums, yes, no, abstain, all)
};

enum class proposal_status : std::uint8_t {
  voting,
  approved,  ///< waits for its execution
  rejected,  ///< the votes against it kept it down: the deposit is the DAO's
  no_quorum, ///< the deposit goes back, here and in the following
  executed,
  failed, ///< approved, but one of its calls was refused
  cancelled,
  stopped, ///< cancelled by the council: the deposit goes to the treasury
  expired, ///< approved, but executed by nobody in time
  max_value = expired,
};

namespace event {

struct dao_created {
  account_id dao;
  account_id founder;
  dao_rules rules;
  std::vector<account_id> members;
  AINUR_FIELDS(dao_created, dao, founder, rules, members)
};

/// As they are from now on.
struct dao_changed {
  account_id dao;
  dao_rules rules;
  std::vector<account_id> members;
  AINUR_FIELDS(dao_changed, dao, rules, members)
};

struct dao_dissolved {
  account_id dao;
  account_id heir;
  amount value;
  AINUR_FIELDS(dao_dissolved, dao, heir, value)
};

struct proposal_opened {
  account_id dao;
  std::uint64_t number = 0;
  account_id proposer;
  bytes calls;
  amount deposit;
  timestamp voting_until{};
  timestamp execute_from{};
  timestamp execute_until{};
  std::vector<ballot_member> members;
  std::vector<ballot_seat> seats;
  AINUR_FIELDS(proposal_opened, dao, number, proposer, calls, deposit, voting_until, execute_from,
               execute_until, members, seats)
};

struct proposal_voted {
  account_id dao;
  std::uint64_t number = 0;
  account_id voter;
  account_id controller;
  std::uint64_t weight = 0;
  ballot_choice choice = ballot_choice::yes;
  AINUR_FIELDS(proposal_voted, dao, number, voter, controller, weight, choice)
};

/// The vote is over, and this is what it said.
struct proposal_counted {
  account_id dao;
  std::uint64_t number = 0;
  ballot_sums sums;
  bool approved = false;
  AINUR_FIELDS(proposal_counted, dao, number, sums, approved)
};

struct proposal_ended {
  account_id dao;
  std::uint64_t number = 0;
  proposal_status status = proposal_status::rejected;
  std::optional<std::uint16_t> failed_call; ///< which one was refused, from 0
  errc failure = errc::ok;                  ///< and why
  timestamp kept_until{};
  AINUR_FIELDS(proposal_ended, dao, number, status, failed_call, failure, kept_until)
};

} // namespace event
} // namespace ainur::ledger
