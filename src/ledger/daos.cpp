// DAOs: founding, changing, dissolving.
#include <algorithm>

#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/proposal.hpp"
#include "handlers.hpp"

namespace ainur::ledger {

account_id dao_account(const account_id& founder, std::uint64_t nonce) noexcept {
  return account_id{crypto::hasher{"ainur/dao/v1"}.add(founder).add(nonce).finish().value};
}

const dao_record* find_dao(const book& b, const account_id& id) {
  const auto* d = b.daos.find({id});
  return d == nullptr || d->dissolved ? nullptr : d;
}

bool valid_rules(const governance_parameters& bounds, const dao_rules& r) noexcept {
  return r.weighting <= vote_weighting::max_value && r.quorum_ppm <= 1'000'000 &&
         r.approval_ppm > 0 && r.approval_ppm <= 1'000'000 &&
         r.voting_period >= bounds.voting_min && r.voting_period <= bounds.voting_max &&
         r.execution_delay >= duration{0} && r.execution_delay <= bounds.voting_max;
}

bool valid_members(const governance_parameters& bounds, const account_id& dao,
                   const std::vector<account_id>& members) noexcept {
  if (members.empty() || members.size() > bounds.members_max || members.front().is_none())
    return false;
  const auto out_of_order = [](const account_id& x, const account_id& y) { return y <= x; };
  return std::adjacent_find(members.begin(), members.end(), out_of_order) == members.end() &&
         !std::binary_search(members.begin(), members.end(), dao);
}

errc handle(session& s, const actor& a, const create_dao& c) {
  const auto* founder = s.b.accounts.find({a.origin});
  if (founder == nullptr)
    return errc::unknown_account;
  const auto id = dao_account(a.origin, c.nonce);
  const auto& bounds = s.rules().governance;
  if (!valid_rules(bounds, c.rules) || !valid_members(bounds, id, c.members))
    return errc::invalid_value;
  if (s.b.daos.find({id}) != nullptr)
    return errc::conflict;
  if (c.endowment < s.rules().existential_deposit)
    return errc::below_existential;
  if (founder->spendable() < c.endowment)
    return errc::insufficient_funds;
  take(s.b.accounts.edit({a.origin}).free, c.endowment);
  credit(s, id, c.endowment);
  ++s.b.accounts.edit({id}).anchors;
  auto& d = s.b.daos.insert({id});
  d.rules = c.rules;
  d.members = c.members;
  s.emit(event::dao_created{id, a.origin, c.rules, c.members});
  tidy(s, a.origin);
  return errc::ok;
}

errc handle(session& s, const actor& a, const dao_set_members& c) {
  if (find_dao(s.b, a.origin) == nullptr)
    return errc::unknown_dao;
  if (!valid_members(s.rules().governance, a.origin, c.members))
    return errc::invalid_value;
  auto& d = s.b.daos.edit({a.origin});
  d.members = c.members;
  s.emit(event::dao_changed{a.origin, d.rules, d.members});
  return errc::ok;
}

errc handle(session& s, const actor& a, const dao_set_rules& c) {
  if (find_dao(s.b, a.origin) == nullptr)
    return errc::unknown_dao;
  if (!valid_rules(s.rules().governance, c.rules))
    return errc::invalid_value;
  auto& d = s.b.daos.edit({a.origin});
  d.rules = c.rules;
  s.emit(event::dao_changed{a.origin, d.rules, d.members});
  return errc::ok;
}

errc handle(session& s, const actor& a, const dissolve_dao& c) {
  const auto* seen = find_dao(s.b, a.origin);
  if (seen == nullptr)
    return errc::unknown_dao;
  if (c.heir.is_none() || c.heir == a.origin)
    return errc::invalid_value;
  const auto& r = *s.b.accounts.find({a.origin});
  // Nobody could ever get at what stays behind.
  if (!r.reserved.is_zero() || !r.stake().is_zero() || !r.held.is_zero() || !r.locked.is_zero() ||
      r.open_awards != 0 || r.open_tasks != 0 || r.anchors != 1)
    return errc::wrong_state;
  if (!can_credit(s, c.heir, r.free))
    return errc::below_existential;
  const auto open = seen->open;
  for (const auto number : open)
    end_proposal(s, {a.origin, number}, proposal_status::cancelled);
  auto& d = s.b.daos.edit({a.origin});
  d.members.clear();
  d.dissolved = true;
  auto& account = s.b.accounts.edit({a.origin});
  --account.anchors;
  const auto value = account.free;
  account.free = {};
  credit(s, c.heir, value);
  s.emit(event::dao_dissolved{a.origin, c.heir, value});
  tidy(s, a.origin);
  return errc::ok;
}

} // namespace ainur::ledger
