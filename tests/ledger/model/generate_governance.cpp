// What DAOs are, and what they decide.
#include <algorithm>
#include <set>

#include "ainur/ledger/proposal.hpp"
#include "reader.hpp"

namespace ainur::test {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

} // namespace

dao_rules reader::rules() const {
  dao_rules r;
  r.weighting = static_cast<vote_weighting>(n(2, 4));
  r.quorum_ppm = n(3, 3) == 0 ? 500'000u : n(3, 3) == 1 ? 0u : 200'000u;
  r.approval_ppm = wild(15) ? 0 : n(4, 2) == 0 ? 500'000u : 700'000u;
  r.voting_period = std::max(duration{minutes{1}}, time(4)) - (wild(14) ? minutes{2} : minutes{0});
  r.execution_delay = time(3);
  r.proposal_deposit = n(1, 3) == 0 ? amount{} : amount{1'000'000u * n(1, 9)};
  return r;
}

std::vector<account_id> reader::members() const {
  static constexpr std::size_t pool[] = {
      cast::client, cast::rival,   cast::arbiters,   cast::agent_a, cast::agent_c,
      cast::host,   cast::agent_d, cast::validators, cast::fresh,   cast::orchestrator};
  std::set<account_id> some{all.at(cast::client).id};
  for (std::size_t i = 0; i < n(3, 5); ++i)
    some.insert(all.at(pool[(c.x[4] + i * i) % std::size(pool)]).id);
  if (n(2, 9) == 8 && !m.daos.empty())
    some.insert(m.daos.begin()->first);
  std::vector<account_id> list{some.begin(), some.end()};
  if (wild(12))
    std::reverse(list.begin(), list.end());
  return list;
}

intent reader::make(const create_dao*) const {
  const auto founder = n(1, 3) == 0 ? anyone(0) : all.at(cast::client);
  create_dao x{n(0, 2), rules(), members(), n(2, 4) == 0 ? sum(1) : amount::ainu(50)};
  const auto id = dao_account(founder.id, x.nonce);
  if (std::find(past.daos.begin(), past.daos.end(), id) == past.daos.end())
    past.daos.push_back(id);
  return {founder, x};
}

account_id reader::a_dao() const {
  std::vector<account_id> living;
  for (const auto& [id, d] : m.daos)
    if (!d.dissolved)
      living.push_back(id);
  if (living.empty() || wild(13))
    return past.daos.empty() ? anyone(1).id : past.daos[n(1, past.daos.size())];
  return living[n(1, living.size())];
}

ledger::call reader::decision(const account_id& dao, std::size_t which) const {
  const auto next = m.daos.contains(dao) ? m.daos.at(dao).next : 1;
  switch (which % 22) {
  case 0:
  case 1:
    return transfer{anyone(4).id, sum(3)};
  case 2:
  case 19: {
    auto list = members();
    if (n(1, 4) == 3)
      list.push_back(list[0]);
    return dao_set_members{list};
  }
  case 3:
  case 20: {
    auto next_rules = rules();
    if (n(1, 3) == 2)
      next_rules.approval_ppm = 1'000'001;
    return dao_set_rules{next_rules};
  }
  case 4:
  case 21:
    return dissolve_dao{n(3, 5) == 4 ? account_id{} : anyone(4).id};
  case 5:
    return bond{sum(3)};
  case 6:
    return lock_balance{0, sum(3), m.now + hours{200}};
  case 7:
    return mint_money{anyone(4).id, sum(3)};
  case 8:
    return vote_proposal{dao, next - 1, ballot_choice::yes};
  case 9:
    return execute_proposal{dao, next + 1 - n(3, 3)};
  case 10:
    return propose{dao, encode_calls({transfer{anyone(4).id, amount{5}}})};
  case 11:
    return create_dao{7, rules(), {all.at(cast::client).id}, amount::ainu(5)};
  case 12:
    return transfer_all{anyone(4).id, n(3, 2) == 0};
  case 13:
    return register_agent{document()};
  case 14:
    return cancel_proposal{dao, next - 1};
  case 15:
    return rotate_key{all.spare[0], {}};
  case 16:
    return set_recovery{dao, anyone(4).id};
  case 17:
    return delegate_hosting{all.at(cast::rival).id};
  default:
    return stake{dao, amount::ainu(10), reward_destination::restaked};
  }
}

intent reader::make(const propose*) const {
  const auto dao = a_dao();
  std::vector<ledger::call> calls{decision(dao, c.x[2])};
  if (n(4, 3) == 0)
    calls.push_back(decision(dao, c.x[3]));
  else if (n(4, 3) == 1 && std::holds_alternative<dissolve_dao>(calls[0])) // in vain
    calls = n(3, 2) == 0 ? std::vector<ledger::call>{bond{amount{1}}, calls[0]}
                         : std::vector<ledger::call>{transfer_all{all.at(cast::client).id, false},
                                                     dissolve_dao{account_id{{9, 9}}}};
  if (wild(15))
    calls.resize(4, calls[0]);
  auto data = encode_calls(calls);
  if (wild(12))
    data.push_back(0);
  return {member(dao), propose{dao, data}};
}

person reader::member(const account_id& dao) const {
  const auto at = m.daos.find(dao);
  if (at == m.daos.end() || at->second.members.empty())
    return anyone(0);
  return meant(at->second.members[n(0, at->second.members.size())]);
}

std::pair<account_id, std::uint64_t> reader::a_proposal(proposal_status status) const {
  std::vector<std::pair<account_id, std::uint64_t>> good, rest;
  for (const auto& [key, x] : m.proposals)
    (x.status == status ? good : rest).push_back(key);
  if (good.empty() || wild(7))
    good.insert(good.end(), rest.begin(), rest.end());
  if (good.empty() || wild(13))
    return {a_dao(), n(2, 4)};
  return good[n(1, good.size())];
}

intent reader::make(const vote_proposal*) const {
  const auto at = a_proposal(proposal_status::voting);
  return {member(at.first),
          vote_proposal{at.first, at.second,
                        n(3, 4) < 2 ? ballot_choice::yes : static_cast<ballot_choice>(n(4, 3))}};
}

intent reader::make(const execute_proposal*) const {
  const auto at = a_proposal(proposal_status::approved);
  return {anyone(0), execute_proposal{at.first, at.second}};
}

intent reader::make(const cancel_proposal*) const {
  const auto at = a_proposal(proposal_status::voting);
  const auto x = m.proposals.find(at);
  const auto by =
      x == m.proposals.end() || n(3, 3) == 0 ? meant(m.g.council) : meant(x->second.proposer);
  return {by, cancel_proposal{at.first, at.second}};
}

intent reader::make(const dao_set_members*) const {
  return {anyone(0), dao_set_members{members()}};
}

intent reader::make(const dao_set_rules*) const {
  return {anyone(0), dao_set_rules{rules()}};
}

intent reader::make(const dissolve_dao*) const {
  return {anyone(0), dissolve_dao{anyone(1).id}};
}

} // namespace ainur::test
