// Calls on DAOs: members, proposals that are batches of calls, votes.
//
// A DAO is an account that never signs: it acts only through calls of its proposals. It holds money
// like any account, and may be named wherever an account is, as the council too.
#pragma once

#include <cstdint>
#include <vector>

#include "ainur/base/amount.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"

namespace ainur::ledger {

/// What a vote weighs. Members of one controller are one voter, whatever the rule.
enum class vote_weighting : std::uint8_t {
  stake,      ///< the sum of what its members have bonded
  reputation, ///< the best score of its members
  equal,      ///< one controller, one vote
  quadratic,  ///< ⌊√stake⌋, stake in µAINU
  max_value = quadratic,
};

struct dao_rules {
  vote_weighting weighting = vote_weighting::equal;
  /// Yes, no and abstentions together, of the weight of all members.
  std::uint32_t quorum_ppm = 200'000;
  /// Yes of yes and no, 1 .. 1,000,000; more yes than no is needed in any case.
  std::uint32_t approval_ppm = 500'000;
  duration voting_period = std::chrono::hours{72};
  duration execution_delay = std::chrono::hours{24}; ///< from the end of the vote
  amount proposal_deposit;                           ///< reserved from the proposer
  AINUR_FIELDS(dao_rules, weighting, quorum_ppm, approval_ppm, voting_period, execution_delay,
               proposal_deposit)
};

/// Founds the DAO with the account `dao_account(origin, nonce)` and gives it money of the origin.
struct create_dao {
  std::uint64_t nonce = 0; ///< of the founder's own choice; one DAO each, for ever
  dao_rules rules;
  std::vector<account_id> members; ///< rising; at most governance.members_max
  amount endowment;                ///< at least the existential deposit
  AINUR_FIELDS(create_dao, nonce, rules, members, endowment)
};

/// Origin: a member. Puts calls to the vote; if approved, the DAO makes them. Who may vote, and
/// with which weight, is fixed now: stake that moves later votes where it was.
struct propose {
  account_id dao;
  bytes calls; ///< `encode_calls` (proposal.hpp); bounds: genesis, governance
  AINUR_FIELDS(propose, dao, calls)
};

enum class ballot_choice : std::uint8_t { yes, no, abstain, max_value = abstain };

/// Origin: a member at the time of the proposal. Its controller's vote; the last one counts. If an
/// account whose key is the controller's was among the members, only such accounts vote for it.
struct vote_proposal {
  account_id dao;
  std::uint64_t number = 0;
  ballot_choice choice = ballot_choice::yes;
  AINUR_FIELDS(vote_proposal, dao, number, choice)
};

/// Origin: anyone, once the vote and the delay are over and until the execution window is. All
/// calls succeed, or none acts and the proposal has failed.
struct execute_proposal {
  account_id dao;
  std::uint64_t number = 0;
  AINUR_FIELDS(execute_proposal, dao, number)
};

/// Origin: the proposer, before anyone has voted; or the council, before the execution.
struct cancel_proposal {
  account_id dao;
  std::uint64_t number = 0;
  AINUR_FIELDS(cancel_proposal, dao, number)
};

/// Origin: the DAO. For proposals that begin later.
struct dao_set_members {
  std::vector<account_id> members;
  AINUR_FIELDS(dao_set_members, members)
};

/// Origin: the DAO. For proposals that begin later.
struct dao_set_rules {
  dao_rules rules;
  AINUR_FIELDS(dao_set_rules, rules)
};

/// Origin: the DAO, which must have nothing reserved, bonded, locked or otherwise engaged. Its
/// other proposals end as cancelled; all its money goes to `heir`; the id is never used again.
struct dissolve_dao {
  account_id heir;
  AINUR_FIELDS(dissolve_dao, heir)
};

} // namespace ainur::ledger
