// A world with a DAO of three members, which may be the council of the genesis.
#pragma once

#include "ainur/ledger/proposal.hpp"
#include "world.hpp"

namespace ainur::test {

struct governance_world : world {
  account_id dao = dao_account(client.id, 1);
  std::vector<who> members;
  dao_rules rules;

  explicit governance_world(vote_weighting weighting = vote_weighting::equal, parameters p = {},
                            bool as_council = false)
      : world(p) {
    if (as_council) {
      // The same world, but with the DAO-to-be as its council.
      g.council = dao;
      auto made = state::open(g);
      REQUIRE(made.has_value());
      s.emplace(std::move(*made));
    }
    members = {client, rival, arbiters[0]};
    for (const auto& m : members) // so that it is known whose they are
      REQUIRE(call(m, transfer{m.id, amount{0}}) == errc::ok);
    rules.weighting = weighting;
    rules.voting_period = hours{10};
    rules.execution_delay = hours{5};
    rules.proposal_deposit = amount::ainu(10);
  }

  [[nodiscard]] create_dao founding() const {
    create_dao c{1, rules, {}, amount::ainu(1'000)};
    for (const auto& m : members)
      c.members.push_back(m.id);
    std::sort(c.members.begin(), c.members.end());
    return c;
  }

  void found() { REQUIRE(call(client, founding()) == errc::ok); }

  std::uint64_t proposed(const std::vector<ledger::call>& calls, const who* by = nullptr) {
    const auto number = s->dao(dao)->next_proposal;
    REQUIRE(call(by == nullptr ? client : *by, propose{dao, encode_calls(calls)}) == errc::ok);
    return number;
  }

  errc vote(const who& w, std::uint64_t number, ballot_choice choice) {
    return call(w, vote_proposal{dao, number, choice});
  }

  /// Voted for by all, and past its delay.
  std::uint64_t approved(const std::vector<ledger::call>& calls) {
    const auto number = proposed(calls);
    for (const auto& m : members)
      REQUIRE(vote(m, number, ballot_choice::yes) == errc::ok);
    pass(hours{15} + seconds{1});
    REQUIRE(s->proposal(dao, number)->status == proposal_status::approved);
    return number;
  }

  /// How it ends when somebody executes it.
  proposal_status executed(std::uint64_t number) {
    REQUIRE(call(host, execute_proposal{dao, number}) == errc::ok);
    return status(number);
  }

  [[nodiscard]] proposal_status status(std::uint64_t number) const {
    const auto v = s->proposal(dao, number);
    REQUIRE(v.has_value());
    return v->status;
  }

  [[nodiscard]] who dao_itself() const { return {dao, dao, std::nullopt}; }
};

} // namespace ainur::test
