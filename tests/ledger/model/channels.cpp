// The model: payment channels.
#include "ainur/ledger/channel.hpp"
#include "ainur/ledger/signature.hpp"
#include "model.hpp"

namespace ainur::test {

errors model::on(const acting& a, const open_channel& c) {
  const auto& x = c.params;
  const auto id = channel_id_of(chain, x);
  checks wrong;
  wrong(a.origin != x.first && a.origin != x.second, errc::not_permitted);
  wrong(was_dao(x.first) || was_dao(x.second), errc::not_permitted);
  wrong(x.first == x.second || x.first.is_none() || x.second.is_none(), errc::invalid_value);
  wrong(x.challenge < p.channels.challenge_min || x.challenge > p.channels.challenge_max,
        errc::invalid_value);
  wrong(x.first_deposit == amount{} && x.second_deposit == amount{}, errc::invalid_value);
  wrong(x.open_by > now + p.channels.consent_max, errc::invalid_value);
  wrong(of(x.first_deposit) + of(x.second_deposit) > of(amount::max()), errc::overflow);
  wrong(x.open_by < now, errc::too_late);
  wrong(!exists(x.first) || !exists(x.second), errc::unknown_account);
  wrong(spendable(x.first) < of(x.first_deposit), errc::insufficient_funds);
  wrong(spendable(x.second) < of(x.second_deposit), errc::insufficient_funds);
  wrong(channels.contains(id), errc::conflict);
  const auto& other = a.origin == x.first ? x.second : x.first;
  wrong(!verify_detached({key_of(other)}, channel_open_tag, id.view(), c.consent),
        errc::bad_signature);
  if (!wrong.found.empty())
    return wrong.found;
  accounts[x.first].free -= of(x.first_deposit);
  accounts[x.second].free -= of(x.second_deposit);
  // The origin's host is known now, if it was not before.
  if (a.hosted() && accounts[a.origin].host.is_none())
    accounts[a.origin].host = a.signer;
  auto& ch = channels[id];
  ch.params = x;
  ch.first_key = key_of(x.first);
  ch.second_key = key_of(x.second);
  ch.newest = {id, 0, x.first_deposit, x.second_deposit, {}, false};
  return {};
}

errors model::check_state_of(const model_channel& ch, const signed_channel_state& s) const {
  const auto& x = s.content;
  checks wrong;
  wrong(of(x.first) + of(x.second) + of(x.locked) !=
            of(ch.params.first_deposit) + of(ch.params.second_deposit),
        errc::sum_mismatch);
  wrong(x.is_final && x.locked != amount{}, errc::invalid_value);
  if (x.version == 0)
    wrong(x.first != ch.params.first_deposit || x.second != ch.params.second_deposit ||
              x.locked != amount{} || x.is_final,
          errc::invalid_value);
  else
    wrong(!verify_both(s, ch.first_key, ch.second_key), errc::bad_signature);
  return wrong.found;
}

errors model::on(const acting&, const close_channel& c) {
  const auto at = channels.find(c.last.content.channel);
  if (at == channels.end())
    return {errc::unknown_channel};
  auto& ch = at->second;
  checks wrong{check_state_of(ch, c.last)};
  wrong(ch.phase == channel_phase::concluded, errc::wrong_state);
  wrong(!c.last.content.is_final, errc::invalid_value);
  // The registered one, final, may be closed with; an older one not.
  if (ch.phase == channel_phase::registered)
    wrong(c.last.content.version < ch.newest.version, errc::stale_version);
  if (!wrong.found.empty())
    return wrong.found;
  ch.newest = c.last.content;
  conclude(ch);
  return {};
}

errors model::on(const acting& a, const register_state& c) {
  const auto& x = c.newest.content;
  const auto at = channels.find(x.channel);
  if (at == channels.end())
    return {errc::unknown_channel};
  auto& ch = at->second;
  checks wrong{check_state_of(ch, c.newest)};
  const bool registered = ch.phase == channel_phase::registered;
  wrong(ch.phase == channel_phase::concluded, errc::too_late);
  wrong(ch.phase == channel_phase::concluded, errc::wrong_state);
  wrong(registered && now >= ch.due, errc::too_late);
  wrong(registered && x.version <= ch.newest.version, errc::stale_version);
  wrong(x.version == 0 && a.origin != ch.params.first && a.origin != ch.params.second,
        errc::not_permitted);
  if (!wrong.found.empty())
    return wrong.found;
  if (!registered)
    ch.due = now + ch.params.challenge;
  if (x.is_final)
    ch.due = now;
  ch.phase = channel_phase::registered;
  ch.newest = x;
  return {};
}

errors model::on(const acting&, const conclude_channel& c) {
  const auto at = channels.find(c.channel);
  if (at == channels.end())
    return {errc::unknown_channel};
  auto& ch = at->second;
  if (ch.phase != channel_phase::registered)
    return {errc::wrong_state};
  if (now < ch.due)
    return {errc::too_early};
  conclude(ch);
  return {};
}

void model::conclude(model_channel& ch) {
  const auto locked = of(ch.newest.locked);
  ch.phase = channel_phase::concluded;
  ch.due = std::max(ch.params.open_by, now + p.retention);
  credit(ch.params.first, of(ch.newest.first) + (locked + 1) / 2);
  credit(ch.params.second, of(ch.newest.second) + locked / 2);
}

} // namespace ainur::test
