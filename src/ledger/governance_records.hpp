// Records of DAOs, their proposals and the votes on them.
#pragma once

#include "records.hpp"

namespace ainur::ledger {

struct proposal_key {
  account_id dao;
  std::uint64_t number = 0;

  [[nodiscard]] std::uint64_t spread() const noexcept {
    return spread_bytes(dao.value.data(), 32) + number * 0x9e3779b97f4a7c15u;
  }

  friend auto operator<=>(const proposal_key&, const proposal_key&) = default;
  AINUR_FIELDS(proposal_key, dao, number)
};

/// Stays when the DAO is dissolved, so that nobody can found it again.
struct dao_record {
  dao_rules rules;
  std::vector<account_id> members; ///< rising
  std::vector<std::uint64_t> open; ///< its proposals that are voted on or approved, rising
  std::uint64_t next_proposal = 1;
  bool dissolved = false;
  AINUR_FIELDS(dao_record, rules, members, open, next_proposal, dissolved)
};

struct proposal_record {
  account_id proposer;
  bytes calls;
  dao_rules rules; ///< as they were when it was made
  amount deposit;  ///< reserved by the proposer while the proposal is open
  proposal_status status = proposal_status::voting;
  ballot_sums sums; ///< once counted
  timestamp voting_until{};
  timestamp execute_from{};
  timestamp execute_until{};
  timestamp prune_at{}; ///< once ended
  AINUR_FIELDS(proposal_record, proposer, calls, rules, deposit, status, sums, voting_until,
               execute_from, execute_until, prune_at)

  [[nodiscard]] bool open() const noexcept { return status <= proposal_status::approved; }

  /// When the sweep has to do with it.
  [[nodiscard]] timestamp due() const noexcept {
    if (status == proposal_status::voting)
      return voting_until;
    return status == proposal_status::approved ? execute_until : prune_at;
  }
};

/// Who votes on a proposal and how; there while it is voted on. Apart from the proposal, since
/// every vote writes it.
struct ballot_record {
  std::vector<ballot_member> members; ///< in order of account
  std::vector<ballot_seat> seats;     ///< in order of controller
  AINUR_FIELDS(ballot_record, members, seats)

  [[nodiscard]] const ballot_member* member(const account_id& id) const noexcept;
  [[nodiscard]] ballot_sums sums() const noexcept;
};

} // namespace ainur::ledger
