// The model: DAOs, proposals and votes.
#include <algorithm>

#include "ainur/ledger/proposal.hpp"
#include "model.hpp"

namespace ainur::test {

bool model::is_dao(const account_id& id) const {
  const auto at = daos.find(id);
  return at != daos.end() && !at->second.dissolved;
}

model_dao* model::living_dao(const account_id& id) {
  return is_dao(id) ? &daos[id] : nullptr;
}

money model_proposal::sum(std::optional<ballot_choice> choice) const {
  money total = 0;
  for (const auto& [controller, s] : seats)
    if (!choice || s.choice == choice)
      total += s.weight;
  return total;
}

bool model::good_rules(const dao_rules& r) const {
  const auto& b = p.governance;
  return r.quorum_ppm <= 1'000'000 && r.approval_ppm >= 1 && r.approval_ppm <= 1'000'000 &&
         r.voting_period >= b.voting_min && r.voting_period <= b.voting_max &&
         r.execution_delay >= duration{0} && r.execution_delay <= b.voting_max;
}

bool model::good_members(const account_id& dao, const std::vector<account_id>& m) const {
  if (m.empty() || m.size() > p.governance.members_max)
    return false;
  for (std::size_t i = 0; i < m.size(); ++i)
    if (m[i].is_none() || m[i] == dao || (i > 0 && m[i] <= m[i - 1]))
      return false;
  return true;
}

errors model::on(const acting& a, const create_dao& c) {
  const auto id = dao_account(a.origin, c.nonce);
  checks wrong;
  wrong(!exists(a.origin), errc::unknown_account);
  wrong(!good_rules(c.rules) || !good_members(id, c.members), errc::invalid_value);
  wrong(c.endowment < p.existential_deposit, errc::below_existential);
  wrong(spendable(a.origin) < of(c.endowment), errc::insufficient_funds);
  wrong(daos.contains(id), errc::conflict);
  if (!wrong.found.empty())
    return wrong.found;
  accounts[a.origin].free -= of(c.endowment);
  accounts[id].free += of(c.endowment);
  daos[id] = {c.rules, c.members, 1, false};
  return {};
}

namespace {

money root_of(money x) {
  money low = 0, high = money{1} << 33;
  while (low + 1 < high) {
    const auto middle = (low + high) / 2;
    (middle * middle <= x ? low : high) = middle;
  }
  return low;
}

} // namespace

errors model::on(const acting& a, const propose& c) {
  checks wrong;
  wrong(!exists(a.origin), errc::unknown_account);
  auto* dao = living_dao(c.dao);
  if (dao == nullptr) {
    wrong(true, errc::unknown_dao);
    return wrong.found;
  }
  const auto& members = dao->members;
  wrong(std::find(members.begin(), members.end(), a.origin) == members.end(), errc::not_permitted);
  wrong(!decode_calls(c.calls, p.governance), errc::bad_proposal);
  std::size_t open = 0;
  for (const auto& [key, x] : proposals)
    open += key.first == c.dao && x.is_open() ? 1 : 0;
  wrong(open >= p.governance.proposals_max, errc::too_many_proposals);
  wrong(spendable(a.origin) < of(dao->rules.proposal_deposit), errc::insufficient_funds);
  if (!wrong.found.empty())
    return wrong.found;
  accounts[a.origin].free -= of(dao->rules.proposal_deposit);
  model_proposal x;
  x.proposer = a.origin;
  x.calls = c.calls;
  x.deposit = of(dao->rules.proposal_deposit);
  x.rules = dao->rules;
  x.voting_until = now + x.rules.voting_period;
  x.execute_from = x.voting_until + x.rules.execution_delay;
  x.execute_until = x.execute_from + p.governance.execution_window;
  for (const auto& m : members) {
    const auto* r = find(m);
    // One that has never acted has no vote.
    if (r == nullptr || (r->host.is_none() && r->nonce == 0 && !is_dao(m)))
      continue;
    const auto controller = controller_of(m);
    auto& s = x.seats[controller];
    const bool by_key = host_or_self(m) == controller;
    if (by_key && !s.by_key)
      s.voters.clear();
    s.by_key = s.by_key || by_key;
    if (by_key == s.by_key)
      s.voters.insert(m);
    if (x.rules.weighting == vote_weighting::reputation) {
      s.weight = std::max(s.weight, money{score(m)});
    } else if (x.rules.weighting == vote_weighting::equal) {
      s.weight = 1;
    } else {
      const auto at = stakes.find(m);
      s.weight += r->bonded + (at == stakes.end() ? 0 : at->second.active);
    }
  }
  if (x.rules.weighting == vote_weighting::quadratic)
    for (auto& [controller, s] : x.seats)
      s.weight = root_of(s.weight);
  proposals[{c.dao, dao->next++}] = std::move(x);
  return {};
}

errors model::on(const acting& a, const vote_proposal& c) {
  if (!is_dao(c.dao))
    return {errc::unknown_dao};
  const auto at = proposals.find({c.dao, c.number});
  if (at == proposals.end())
    return {errc::unknown_proposal};
  auto& x = at->second;
  if (x.status != proposal_status::voting)
    return {errc::wrong_state, errc::not_permitted};
  checks wrong;
  wrong(x.voting_until < now, errc::too_late);
  model_proposal::seat* seat = nullptr;
  for (auto& [controller, s] : x.seats)
    if (s.voters.contains(a.origin)) {
      seat = &s;
      wrong(s.by_key && a.signer != controller, errc::not_permitted);
    }
  wrong(seat == nullptr, errc::not_permitted);
  if (wrong.found.empty())
    seat->choice = c.choice;
  return wrong.found;
}

void model::end_proposal(model_proposal& x, proposal_status status) {
  x.status = status;
  x.prune = now + p.retention;
}

void model::count(const account_id& dao, model_proposal& x) {
  const auto yes = x.sum(ballot_choice::yes), no = x.sum(ballot_choice::no);
  const auto voted = yes + no + x.sum(ballot_choice::abstain);
  const money million = 1'000'000;
  if (voted * million < x.sum(std::nullopt) * static_cast<money>(x.rules.quorum_ppm)) {
    accounts[x.proposer].free += x.deposit;
    end_proposal(x, proposal_status::no_quorum);
  } else if (yes > no && yes * million >= (yes + no) * static_cast<money>(x.rules.approval_ppm)) {
    x.status = proposal_status::approved;
  } else {
    end_proposal(x, proposal_status::rejected);
    credit(dao, x.deposit);
  }
}

void model::proposal_due(const account_id& dao, model_proposal& x) {
  if (x.status == proposal_status::voting)
    return count(dao, x);
  accounts[x.proposer].free += x.deposit;
  end_proposal(x, proposal_status::expired);
}

errors model::on(const acting&, const execute_proposal& c) {
  if (!is_dao(c.dao))
    return {errc::unknown_dao};
  const auto at = proposals.find({c.dao, c.number});
  if (at == proposals.end())
    return {errc::unknown_proposal};
  auto& x = at->second;
  checks wrong;
  wrong(depth >= static_cast<int>(proposal_depth_max), errc::nested_too_deep);
  wrong(x.is_open() && (now < x.execute_from || now <= x.voting_until), errc::too_early);
  wrong(x.status != proposal_status::approved && (!x.is_open() || now > x.voting_until),
        errc::wrong_state);
  if (!wrong.found.empty())
    return wrong.found;
  accounts[x.proposer].free += x.deposit;
  end_proposal(x, proposal_status::executed);
  const auto calls = decode_calls(x.calls, p.governance);
  const auto before = *this;
  ++depth;
  bool failed = false;
  for (const auto& call : *calls) {
    const acting dao{c.dao, c.dao};
    const auto found = std::visit([this, &dao](const auto& y) { return on(dao, y); }, call);
    if (found.empty()) {
      reap();
      continue;
    }
    failed = true;
    break;
  }
  if (failed) {
    *this = before;
    proposals[{c.dao, c.number}].status = proposal_status::failed;
  } else {
    --depth;
  }
  return {};
}

errors model::on(const acting& a, const cancel_proposal& c) {
  if (!is_dao(c.dao))
    return {errc::unknown_dao};
  const auto at = proposals.find({c.dao, c.number});
  if (at == proposals.end())
    return {errc::unknown_proposal};
  auto& x = at->second;
  const bool voted = std::any_of(x.seats.begin(), x.seats.end(),
                                 [](const auto& s) { return s.second.choice.has_value(); });
  const bool own = a.origin == x.proposer && x.status == proposal_status::voting && !voted;
  checks wrong;
  wrong(!x.is_open(), errc::wrong_state);
  wrong(a.origin != x.proposer && a.origin != g.council, errc::not_permitted);
  wrong(a.origin == x.proposer && a.origin != g.council && x.is_open() && !own, errc::too_late);
  if (!wrong.found.empty())
    return wrong.found;
  if (a.origin == g.council) {
    treasury += x.deposit;
    end_proposal(x, proposal_status::stopped);
  } else {
    accounts[x.proposer].free += x.deposit;
    end_proposal(x, proposal_status::cancelled);
  }
  return {};
}

errors model::on(const acting& a, const dao_set_members& c) {
  auto* dao = living_dao(a.origin);
  if (dao == nullptr)
    return {errc::unknown_dao};
  if (!good_members(a.origin, c.members))
    return {errc::invalid_value};
  dao->members = c.members;
  return {};
}

errors model::on(const acting& a, const dao_set_rules& c) {
  auto* dao = living_dao(a.origin);
  if (dao == nullptr)
    return {errc::unknown_dao};
  if (!good_rules(c.rules))
    return {errc::invalid_value};
  dao->rules = c.rules;
  return {};
}

errors model::on(const acting& a, const dissolve_dao& c) {
  auto* dao = living_dao(a.origin);
  if (dao == nullptr)
    return {errc::unknown_dao};
  const auto before = *this;
  for (auto& [key, x] : proposals)
    if (key.first == a.origin && x.is_open()) {
      accounts[x.proposer].free += x.deposit;
      end_proposal(x, proposal_status::cancelled);
    }
  dao->dissolved = true;
  const auto& r = accounts[a.origin];
  checks wrong;
  wrong(c.heir.is_none() || c.heir == a.origin, errc::invalid_value);
  wrong(is_needed(a.origin), errc::wrong_state);
  wrong(!can_credit(c.heir, r.free), errc::below_existential);
  if (!wrong.found.empty()) {
    *this = before;
    return wrong.found;
  }
  credit(c.heir, r.free);
  accounts[a.origin].free = 0;
  return {};
}

} // namespace ainur::test
