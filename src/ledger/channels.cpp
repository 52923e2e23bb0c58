// Payment channels on the ledger: opening, registering, concluding (the rules of Perun's
// adjudicator, for channels of two without an app).
#include <algorithm>

#include "ainur/ledger/channel.hpp"
#include "handlers.hpp"

namespace ainur::ledger {

namespace {

errc check_terms(const session& s, const channel_params& p) {
  const auto& rules = s.rules().channels;
  if (p.first == p.second || p.challenge < rules.challenge_min || p.challenge > rules.challenge_max)
    return errc::invalid_value;
  const auto total = p.first_deposit.plus(p.second_deposit);
  if (!total)
    return errc::overflow;
  if (total->is_zero() || p.open_by > s.now + rules.consent_max)
    return errc::invalid_value;
  return p.open_by < s.now ? errc::too_late : errc::ok;
}

/// Both deposits are there, and neither party is a DAO, which could sign no state.
errc check_parties(const session& s, const channel_params& p) {
  for (const auto& [id, deposit] :
       {std::pair{p.first, p.first_deposit}, std::pair{p.second, p.second_deposit}}) {
    const auto* r = s.b.accounts.find({id});
    if (r == nullptr)
      return errc::unknown_account;
    if (s.b.daos.find({id}) != nullptr)
      return errc::not_permitted;
    if (r->spendable() < deposit)
      return errc::insufficient_funds;
  }
  return errc::ok;
}

/// A state of this channel that both signed, or that of the opening if `a` is a party.
errc check_signed(const actor& a, const channel_record& r, const signed_channel_state& x) {
  const auto& p = r.params;
  if (const auto code = check_state(x.content, p.first_deposit, p.second_deposit); code != errc::ok)
    return code;
  if (x.content.version == 0)
    return a.origin == p.first || a.origin == p.second ? errc::ok : errc::not_permitted;
  return verify_both(x, r.first_key, r.second_key) ? errc::ok : errc::bad_signature;
}

void leave(session& s, const account_id& id, amount paid) {
  credit(s, id, paid);
  --s.b.accounts.edit({id}).anchors;
  tidy(s, id);
}

} // namespace

void pay_out(session& s, const channel_id& id) {
  auto& r = s.b.channels.edit({id});
  const auto paid = payout_of(r.newest);
  r.phase = channel_phase::concluded;
  r.due = std::max(r.params.open_by, s.now + s.rules().retention);
  s.b.due.push({r.due, deadline_kind::channel, about(id), 0});
  leave(s, r.params.first, paid.first);
  leave(s, r.params.second, paid.second);
  s.emit(event::channel_concluded{id, r.newest.version, paid.first, paid.second, r.due});
}

errc handle(session& s, const actor& a, const open_channel& c) {
  const auto& p = c.params;
  if (a.origin != p.first && a.origin != p.second)
    return errc::not_permitted;
  if (const auto code = check_terms(s, p); code != errc::ok)
    return code;
  const auto id = channel_id_of(s.b.meta.chain, p);
  if (s.b.channels.find({id}) != nullptr)
    return errc::conflict;
  if (const auto code = check_parties(s, p); code != errc::ok)
    return code;
  const bool by_first = a.origin == p.first;
  const auto own_key = s.b.current_key(a.signer);
  const auto other_key = s.b.current_key(s.b.signer_of(by_first ? p.second : p.first));
  if (!verify_opening(other_key, id, c.consent))
    return errc::bad_signature;

  auto& r = s.b.channels.insert({id});
  r.params = p;
  r.first_key = by_first ? own_key : other_key;
  r.second_key = by_first ? other_key : own_key;
  r.newest = opening_state(id, p);
  for (const auto& [who, deposit] :
       {std::pair{p.first, p.first_deposit}, std::pair{p.second, p.second_deposit}}) {
    auto& account = s.b.accounts.edit({who});
    take(account.free, deposit);
    ++account.anchors;
  }
  s.emit(event::channel_opened{id, p, r.first_key, r.second_key});
  return errc::ok;
}

errc handle(session& s, const actor& a, const close_channel& c) {
  const auto& last = c.last.content;
  const auto* seen = s.b.channels.find({last.channel});
  if (seen == nullptr)
    return errc::unknown_channel;
  if (!seen->holds_money())
    return errc::wrong_state;
  if (!last.is_final)
    return errc::invalid_value;
  if (last.version < seen->newest.version)
    return errc::stale_version;
  if (const auto code = check_signed(a, *seen, c.last); code != errc::ok)
    return code;
  s.b.channels.edit({last.channel}).newest = last;
  pay_out(s, last.channel);
  return errc::ok;
}

errc handle(session& s, const actor& a, const register_state& c) {
  const auto& x = c.newest.content;
  const auto* seen = s.b.channels.find({x.channel});
  if (seen == nullptr)
    return errc::unknown_channel;
  const bool refutes = seen->phase == channel_phase::registered;
  if (!seen->holds_money() || (refutes && s.now >= seen->due))
    return errc::too_late;
  if (refutes && x.version <= seen->newest.version)
    return errc::stale_version;
  if (const auto code = check_signed(a, *seen, c.newest); code != errc::ok)
    return code;
  auto& r = s.b.channels.edit({x.channel});
  r.newest = x;
  r.phase = channel_phase::registered;
  // A refutation leaves the timeout as it is; a final state has nothing to wait for.
  if (!refutes || x.is_final) {
    r.due = x.is_final ? s.now : s.now + r.params.challenge;
    s.b.due.push({r.due, deadline_kind::channel, about(x.channel), 0});
  }
  s.emit(event::channel_registered{x, r.due, a.origin});
  return errc::ok;
}

errc handle(session& s, const actor&, const conclude_channel& c) {
  const auto* seen = s.b.channels.find({c.channel});
  if (seen == nullptr)
    return errc::unknown_channel;
  if (seen->phase != channel_phase::registered)
    return errc::wrong_state;
  if (s.now < seen->due)
    return errc::too_early;
  pay_out(s, c.channel);
  return errc::ok;
}

} // namespace ainur::ledger
