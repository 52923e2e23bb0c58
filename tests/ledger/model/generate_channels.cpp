// What is done with channels, and the states that their parties sign.
#include <algorithm>

#include "ainur/codec/msgpack.hpp"
#include "ainur/ledger/channel.hpp"
#include "ainur/ledger/signature.hpp"
#include "reader.hpp"

namespace ainur::test {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

} // namespace

intent reader::make(const open_channel*) const {
  static constexpr std::size_t parties[] = {cast::client,    cast::rival,      cast::arbiters,
                                            cast::agent_a,   cast::agent_c,    cast::fresh,
                                            cast::fresh + 1, cast::second_host};
  const auto first = wild(7) ? anyone(1) : all.at(parties[n(1, 8)]);
  const auto second = wild(8) ? anyone(2) : all.at(parties[n(2, 8)]);
  channel_params x;
  x.first = first.id;
  x.second = second.id;
  x.first_deposit = n(3, 4) == 0 ? of_all(4, m.spendable(first.id)) : sum(3);
  x.second_deposit = amount{c.x[4] * 5'000u};
  x.challenge = std::max(duration{minutes{1}}, time(0)) - (wild(10) ? minutes{5} : minutes{0});
  x.open_by = m.now + time(4) - (wild(9) ? hours{1} : hours{0});
  x.nonce = n(0, 3);
  if (wild(12) && !m.channels.empty())
    x = m.channels.begin()->second.params;
  if (wild(16) && !m.daos.empty())
    x.second = m.daos.begin()->first;
  const auto id = channel_id_of(m.chain, x);
  if (std::find(past.channels.begin(), past.channels.end(), id) == past.channels.end())
    past.channels.push_back(id);
  const auto* by = all.find(x.first);
  auto consent = all.sign(m.key_of(x.second), channel_open_tag, id.view());
  if (wild(11))
    consent[0] ^= 1;
  return {by == nullptr || wild(14) ? anyone(0) : *by, open_channel{x, consent}};
}

signed_channel_state reader::some_state(bool final_one) const {
  signed_channel_state s;
  auto& x = s.content;
  if (m.channels.empty() || wild(19)) {
    x.channel = past.channels.empty() ? channel_id{{1}} : past.channels[n(1, past.channels.size())];
    return s;
  }
  std::vector<channel_id> open;
  for (const auto& [id, ch] : m.channels)
    if (ch.phase != channel_phase::concluded || wild(5))
      open.push_back(id);
  x.channel = open.empty() ? m.channels.begin()->first : open[n(1, open.size())];
  const auto& ch = m.channels.at(x.channel);
  const auto sum = of(ch.params.first_deposit) + of(ch.params.second_deposit);
  const std::uint64_t steps[] = {1, 2, 0, 1, 5, 1};
  x.version = ch.newest.version + steps[n(2, 6)];
  if (n(2, 12) == 11 || (x.version == 0 && !wild()))
    x = {x.channel, 0, ch.params.first_deposit, ch.params.second_deposit, {}, false};
  else {
    const auto first = sum * static_cast<money>(c.x[3]) / 255;
    const auto locked = n(4, 3) == 0 ? (sum - first) / 3 : 0;
    x.first = as_amount(first);
    x.locked = as_amount(locked);
    x.second = as_amount(sum - first - locked + (wild(9) ? 1 : 0));
    x.is_final = final_one || n(4, 7) == 6;
    if (x.is_final && !wild(6)) {
      x.second = as_amount(of(x.second) + of(x.locked));
      x.locked = {};
    }
  }
  const auto message = codec::encode(x);
  s.first_signature = all.sign(ch.first_key, channel_state_tag, message);
  s.second_signature = all.sign(ch.second_key, channel_state_tag, message);
  if (wild(10))
    s.second_signature[3] ^= 4;
  return s;
}

intent reader::make(const close_channel*) const {
  return {anyone(0), close_channel{some_state(!wild(8))}};
}

intent reader::make(const register_state*) const {
  auto s = some_state(false);
  const auto at = m.channels.find(s.content.channel);
  if (at == m.channels.end() || n(0, 2) == 0)
    return {anyone(0), register_state{s}};
  return {meant(at->second.params.first), register_state{s}};
}

intent reader::make(const conclude_channel*) const {
  std::vector<channel_id> good;
  for (const auto& [id, ch] : m.channels)
    if ((ch.phase == channel_phase::registered && ch.due <= m.now) || n(2, 3) == 0)
      good.push_back(id);
  return {anyone(0), conclude_channel{good.empty() ? channel_id{{1}} : good[n(1, good.size())]}};
}

} // namespace ainur::test
