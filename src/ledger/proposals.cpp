// Proposals: making them, voting, counting, ending.
#include <algorithm>
#include <map>

#include "ainur/codec/msgpack.hpp"
#include "ainur/ledger/proposal.hpp"
#include "handlers.hpp"

namespace ainur::ledger {

namespace {

result<std::vector<call>> decode_nested(bytes_view data, const governance_parameters& bounds,
                                        std::uint32_t depth) {
  if (depth == 0)
    return fail(errc::bad_proposal, "proposals within proposals go too deep");
  auto calls = codec::decode<std::vector<call>>(
      data, {.bytes_max = bounds.calls_bytes_max, .elements_max = 4'096, .blob_max = 64u << 10});
  if (!calls)
    return calls;
  if (calls->empty() || calls->size() > bounds.calls_max)
    return fail(errc::bad_proposal,
                "1 to " + std::to_string(bounds.calls_max) + " calls are allowed");
  for (const auto& c : *calls)
    if (const auto* inner = std::get_if<propose>(&c); inner != nullptr)
      if (auto valid = decode_nested(inner->calls, bounds, depth - 1); !valid)
        return valid;
  return calls;
}

/// What counts as stake in a vote: only what is active, of the performance bond and of the stake
/// of a stash.
amount voting_stake(const book& b, const account_id& id, const account_record& r) {
  const auto* staked = b.stakes.find({id});
  return staked == nullptr ? r.bonded : r.bonded.saturating_plus(staked->active);
}

std::uint64_t root(std::uint64_t x) {
  std::uint64_t low = 0;
  std::uint64_t high = 0xffff'ffff;
  while (low < high) {
    const auto middle = low + (high - low + 1) / 2;
    if (middle * middle <= x)
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

/// True if it is known whose account it is: it has signed, or its host has for it, or it is a DAO.
bool has_acted(const book& b, const account_id& id, const account_record& r) {
  return r.nonce != 0 || r.host != 0 || find_dao(b, id) != nullptr;
}

struct voter {
  amount stake;
  std::uint16_t score = 0;
  bool by_key = false;
  std::vector<account_id> members;
};

std::uint64_t weight_of(const voter& v, vote_weighting weighting) {
  switch (weighting) {
  case vote_weighting::stake:
    return v.stake.micro();
  case vote_weighting::reputation:
    return v.score;
  case vote_weighting::equal:
    return 1;
  case vote_weighting::quadratic:
    break;
  }
  return root(v.stake.micro());
}

ballot_record make_ballot(const book& b, const dao_record& d) {
  std::map<account_id, voter> voters;
  for (const auto& id : d.members) {
    const auto* r = b.accounts.find({id});
    if (r == nullptr || !has_acted(b, id, *r))
      continue;
    const auto controller = b.controller_of(id);
    auto& v = voters[controller];
    add(v.stake, voting_stake(b, id, *r));
    v.score = std::max(v.score, b.score_of(*r));
    v.by_key = v.by_key || b.signer_of(id) == controller;
    v.members.push_back(id);
  }
  ballot_record ballot;
  for (const auto& [controller, v] : voters) {
    const auto seat = static_cast<std::uint16_t>(ballot.seats.size());
    ballot.seats.push_back({controller, weight_of(v, d.rules.weighting), v.by_key, std::nullopt});
    for (const auto& id : v.members)
      ballot.members.push_back({id, seat});
  }
  std::sort(ballot.members.begin(), ballot.members.end(),
            [](const auto& x, const auto& y) { return x.account < y.account; });
  return ballot;
}

/// `part` is at least so many millionths of `whole`.
bool reaches(std::uint64_t part, std::uint64_t whole, std::uint32_t ppm) noexcept {
  __extension__ using wide = unsigned __int128;
  return wide{part} * 1'000'000 >= wide{whole} * ppm;
}

void settle_deposit(session& s, const proposal_key& key, const proposal_record& p,
                    proposal_status status) {
  if (p.deposit.is_zero())
    return;
  take(s.b.accounts.edit({p.proposer}).reserved, p.deposit);
  if (status == proposal_status::rejected)
    credit(s, key.dao, p.deposit);
  else if (status == proposal_status::stopped)
    add(s.b.meta.treasury, p.deposit);
  else
    credit(s, p.proposer, p.deposit);
  tidy(s, p.proposer);
}

} // namespace

const ballot_member* ballot_record::member(const account_id& id) const noexcept {
  const auto it = std::lower_bound(members.begin(), members.end(), id,
                                   [](const auto& m, const auto& x) { return m.account < x; });
  return it == members.end() || it->account != id ? nullptr : &*it;
}

ballot_sums ballot_record::sums() const noexcept {
  // All weights together fit: they are shares of the issuance, or small.
  ballot_sums sum;
  for (const auto& seat : seats) {
    sum.all += seat.weight;
    if (seat.choice)
      (*seat.choice == ballot_choice::yes  ? sum.yes
       : *seat.choice == ballot_choice::no ? sum.no
                                           : sum.abstain) += seat.weight;
  }
  return sum;
}

bytes encode_calls(const std::vector<call>& calls) {
  return codec::encode(calls);
}

result<std::vector<call>> decode_calls(bytes_view data, const governance_parameters& bounds) {
  return decode_nested(data, bounds, proposal_depth_max);
}

verdict verdict_of(const dao_rules& rules, const ballot_sums& sums) noexcept {
  const auto decided = sums.yes + sums.no;
  if (!reaches(decided + sums.abstain, sums.all, rules.quorum_ppm))
    return verdict::no_quorum;
  return sums.yes > sums.no && reaches(sums.yes, decided, rules.approval_ppm) ? verdict::approved
                                                                              : verdict::rejected;
}

void count_votes(session& s, const proposal_key& key) {
  auto& p = s.b.proposals.edit(key);
  p.sums = s.b.ballots.find(key)->sums();
  s.b.ballots.erase(key);
  const auto what = verdict_of(p.rules, p.sums);
  s.emit(event::proposal_counted{key.dao, key.number, p.sums, what == verdict::approved});
  p.status = proposal_status::approved;
  if (what == verdict::approved)
    s.b.due.push({p.due(), deadline_kind::proposal, about(key.dao), key.number});
  else
    end_proposal(
        s, key, what == verdict::rejected ? proposal_status::rejected : proposal_status::no_quorum);
}

void end_proposal(session& s, const proposal_key& key, proposal_status status,
                  std::optional<std::uint16_t> failed_call, errc failure) {
  auto& p = s.b.proposals.edit(key);
  settle_deposit(s, key, p, status);
  std::erase(s.b.daos.edit({key.dao}).open, key.number);
  if (s.b.ballots.find(key) != nullptr)
    s.b.ballots.erase(key);
  p.status = status;
  p.prune_at = s.now + s.rules().retention;
  s.b.due.push({p.due(), deadline_kind::proposal, about(key.dao), key.number});
  s.emit(event::proposal_ended{key.dao, key.number, status, failed_call, failure, p.prune_at});
}

errc handle(session& s, const actor& a, const propose& c) {
  const auto* d = find_dao(s.b, c.dao);
  if (d == nullptr)
    return errc::unknown_dao;
  const auto* proposer = s.b.accounts.find({a.origin});
  if (proposer == nullptr)
    return errc::unknown_account;
  if (!std::binary_search(d->members.begin(), d->members.end(), a.origin))
    return errc::not_permitted;
  if (d->open.size() >= s.rules().governance.proposals_max)
    return errc::too_many_proposals;
  if (proposer->spendable() < d->rules.proposal_deposit)
    return errc::insufficient_funds;
  if (!decode_calls(c.calls, s.rules().governance))
    return errc::bad_proposal;

  auto ballot = make_ballot(s.b, *d);
  auto& dao = s.b.daos.edit({c.dao});
  const proposal_key key{c.dao, dao.next_proposal++};
  dao.open.push_back(key.number);
  proposal_record p;
  p.proposer = a.origin;
  p.calls = c.calls;
  p.deposit = dao.rules.proposal_deposit;
  p.rules = dao.rules;
  p.voting_until = s.now + dao.rules.voting_period;
  p.execute_from = p.voting_until + dao.rules.execution_delay;
  p.execute_until = p.execute_from + s.rules().governance.execution_window;
  auto& account = s.b.accounts.edit({a.origin});
  take(account.free, p.deposit);
  add(account.reserved, p.deposit);
  s.b.due.push({p.due(), deadline_kind::proposal, about(key.dao), key.number});
  s.emit(event::proposal_opened{key.dao, key.number, a.origin, c.calls, p.deposit, p.voting_until,
                                p.execute_from, p.execute_until, ballot.members, ballot.seats});
  s.b.proposals.insert(key, std::move(p));
  s.b.ballots.insert(key, std::move(ballot));
  return errc::ok;
}

errc handle(session& s, const actor& a, const vote_proposal& c) {
  if (find_dao(s.b, c.dao) == nullptr)
    return errc::unknown_dao;
  const proposal_key key{c.dao, c.number};
  const auto* p = s.b.proposals.find(key);
  if (p == nullptr)
    return errc::unknown_proposal;
  if (p->status != proposal_status::voting)
    return errc::wrong_state;
  if (s.now > p->voting_until)
    return errc::too_late;
  if (c.choice > ballot_choice::max_value)
    return errc::invalid_value;
  const auto* ballot = s.b.ballots.find(key);
  const auto* member = ballot->member(a.origin);
  if (member == nullptr)
    return errc::not_permitted;
  // Anyone may name a controller; where the controller's own key votes, only that counts.
  const auto index = member->seat;
  if (ballot->seats[index].by_key && a.signer != ballot->seats[index].controller)
    return errc::not_permitted;
  auto& seat = s.b.ballots.edit(key).seats[index];
  seat.choice = c.choice;
  s.emit(event::proposal_voted{c.dao, c.number, a.origin, seat.controller, seat.weight, c.choice});
  return errc::ok;
}

errc handle(session& s, const actor& a, const cancel_proposal& c) {
  if (find_dao(s.b, c.dao) == nullptr)
    return errc::unknown_dao;
  const proposal_key key{c.dao, c.number};
  const auto* p = s.b.proposals.find(key);
  if (p == nullptr)
    return errc::unknown_proposal;
  const bool council = a.origin == s.b.origin.council;
  if (!council && a.origin != p->proposer)
    return errc::not_permitted;
  if (!p->open())
    return errc::wrong_state;
  const auto* ballot = s.b.ballots.find(key);
  const bool untouched =
      ballot != nullptr && std::none_of(ballot->seats.begin(), ballot->seats.end(),
                                        [](const auto& seat) { return seat.choice.has_value(); });
  if (a.origin == p->proposer && untouched)
    end_proposal(s, key, proposal_status::cancelled);
  else if (council)
    end_proposal(s, key, proposal_status::stopped);
  else
    return errc::too_late;
  return errc::ok;
}

} // namespace ainur::ledger
