#include "ainur/ledger/channel_party.hpp"

#include "ainur/codec/msgpack.hpp"

namespace ainur::ledger {

namespace {

constexpr codec::limits message_limits{.bytes_max = 1u << 10, .elements_max = 16, .blob_max = 64};

/// Twice what a state gives to one side: its balance and half of what is locked.
auto claim_of(const channel_state& s, channel_side side) noexcept {
  __extension__ using wide = unsigned __int128;
  const auto balance = side == channel_side::first ? s.first : s.second;
  return wide{balance.micro()} * 2 + s.locked.micro();
}

constexpr channel_side other(channel_side side) noexcept {
  return side == channel_side::first ? channel_side::second : channel_side::first;
}

} // namespace

result<channel_message> decode_channel_message(bytes_view data) {
  return codec::decode<channel_message>(data, message_limits);
}

channel_party::channel_party(const channel_setup& setup)
    : setup_(setup), id_(channel_id_of(setup.chain, setup.params)) {
  memory_.newest.content = opening_state(id_, setup.params);
}

result<channel_party> channel_party::resume(const channel_setup& setup, channel_memory m) {
  channel_party p{setup};
  const bool is_first = setup.side == channel_side::first;
  const auto& newest = m.newest.content;
  const bool sound =
      newest.channel == p.id_ &&
      check_state(newest, setup.params.first_deposit, setup.params.second_deposit) == errc::ok &&
      (newest.version == 0 || verify_both(m.newest, setup.first_key, setup.second_key));
  const auto follows = [&newest](const channel_state& x) {
    return x.channel == newest.channel && x.version == newest.version + 1;
  };
  if (!sound || (m.proposed && (!is_first || !follows(m.proposed->next))) ||
      (m.wished && (is_first || !follows(m.wished->wanted))))
    return fail(errc::wrong_state,
                "what was saved is not of channel " + to_string(p.id_) + " and this side of it");
  p.memory_ = std::move(m);
  return p;
}

errc channel_party::check_next(const channel_state& next) const {
  if (next.channel != id_)
    return errc::unknown_channel;
  if (memory_.frozen || memory_.newest.content.is_final)
    return errc::channel_ending;
  if (next.version != memory_.newest.content.version + 1)
    return errc::stale_version;
  return check_state(next, setup_.params.first_deposit, setup_.params.second_deposit);
}

bool channel_party::leaves_less(const channel_state& next, channel_side whom) const noexcept {
  return claim_of(next, whom) < claim_of(memory_.newest.content, whom);
}

channel_outputs channel_party::propose(const channel_state& next, instant now) {
  memory_.proposed = {next, sign_state(setup_.seed, channel_state_tag, next)};
  retry_at_ = now + setup_.retry;
  channel_outputs out;
  out.save = memory_;
  out.send.emplace_back(*memory_.proposed);
  return out;
}

result<channel_outputs> channel_party::start(channel_state next, instant now) {
  if (in_flight())
    return fail(errc::update_in_flight);
  next.channel = id_;
  next.version = memory_.newest.content.version + 1;
  if (const auto code = check_next(next); code != errc::ok)
    return fail(code);
  if (leaves_less(next, other(setup_.side)))
    return fail(errc::not_permitted, "the update would leave the other party less");
  if (setup_.side == channel_side::first)
    return propose(next, now);
  memory_.wished = {next, sign_state(setup_.seed, channel_wish_tag, next)};
  retry_at_ = now + setup_.retry;
  channel_outputs out;
  out.save = memory_;
  out.send.emplace_back(*memory_.wished);
  return out;
}

result<channel_outputs> channel_party::pay(amount value, instant now) {
  auto next = memory_.newest.content;
  const bool is_first = setup_.side == channel_side::first;
  auto& own = is_first ? next.first : next.second;
  auto& others = is_first ? next.second : next.first;
  const auto rest = own.minus(value);
  if (!rest)
    return fail(errc::insufficient_funds);
  if (value.is_zero())
    return fail(errc::invalid_value);
  own = *rest;
  others = others.saturating_plus(value); // fits: the sum is that of the deposits
  return start(next, now);
}

result<channel_outputs> channel_party::update(amount first, amount second, amount locked,
                                              instant now) {
  return start({.first = first, .second = second, .locked = locked}, now);
}

result<channel_outputs> channel_party::close(instant now) {
  auto last = memory_.newest.content;
  last.is_final = true;
  return start(last, now);
}

result<channel_outputs> channel_party::receive(const channel_message& m, instant now) {
  return std::visit([this, now](const auto& x) { return on(x, now); }, m);
}

result<channel_outputs> channel_party::on(const channel_wish& m, instant now) {
  if (m.wanted.channel != id_)
    return fail(errc::unknown_channel);
  if (setup_.side != channel_side::first)
    return fail(errc::not_permitted, "only the second party asks");
  if (!verify_state(setup_.second_key, channel_wish_tag, m.wanted, m.signature))
    return fail(errc::bad_signature);
  if (memory_.proposed && !memory_.frozen) {
    if (memory_.proposed->next != m.wanted)
      return fail(errc::update_in_flight);
    channel_outputs again;
    again.send.emplace_back(*memory_.proposed);
    return again;
  }
  if (const auto code = check_next(m.wanted); code != errc::ok)
    return fail(code);
  if (leaves_less(m.wanted, channel_side::first))
    return fail(errc::not_permitted, "the update would leave this party less");
  return propose(m.wanted, now);
}

result<channel_outputs> channel_party::on(const channel_proposal& m, instant) {
  if (m.next.channel != id_)
    return fail(errc::unknown_channel);
  if (setup_.side != channel_side::second)
    return fail(errc::not_permitted, "only the first party proposes");
  if (!verify_state(setup_.first_key, channel_state_tag, m.next, m.signature))
    return fail(errc::bad_signature);
  auto& newest = memory_.newest;
  channel_outputs out;
  if (m.next == newest.content) { // the agreement was lost on its way
    out.send.emplace_back(channel_agreement{newest});
    return out;
  }
  if (const auto code = check_next(m.next); code != errc::ok)
    return fail(code);
  const bool asked = memory_.wished && memory_.wished->wanted == m.next;
  if (!asked && leaves_less(m.next, channel_side::second))
    return fail(errc::not_permitted, "the update would leave this party less");
  if (memory_.wished && !asked)
    out.lost = memory_.wished->wanted;
  memory_.wished.reset();
  newest = {m.next, m.signature, sign_state(setup_.seed, channel_state_tag, m.next)};
  out.save = memory_;
  out.agreed = newest;
  out.send.emplace_back(channel_agreement{newest});
  return out;
}

result<channel_outputs> channel_party::on(const channel_agreement& m, instant) {
  const auto& agreed = m.agreed.content;
  if (agreed.channel != id_)
    return fail(errc::unknown_channel);
  if (setup_.side != channel_side::first)
    return fail(errc::not_permitted, "only the second party agrees");
  if (agreed == memory_.newest.content)
    return channel_outputs{};
  // Even when the ledger is ending the channel: the state may serve to refute an older one.
  if (!memory_.proposed || memory_.proposed->next != agreed)
    return fail(errc::stale_version, "this party has not proposed that state");
  if (!verify_state(setup_.second_key, channel_state_tag, agreed, m.agreed.second_signature))
    return fail(errc::bad_signature);
  memory_.newest = {agreed, memory_.proposed->signature, m.agreed.second_signature};
  memory_.proposed.reset();
  channel_outputs out;
  out.save = memory_;
  out.agreed = memory_.newest;
  return out;
}

channel_outputs channel_party::see(const event::any& e) {
  const auto* registered = std::get_if<event::channel_registered>(&e);
  const auto* concluded = std::get_if<event::channel_concluded>(&e);
  channel_outputs out;
  if (!memory_.frozen && ((registered != nullptr && registered->newest.channel == id_) ||
                          (concluded != nullptr && concluded->channel == id_))) {
    memory_.frozen = true;
    out.save = memory_;
  }
  return out;
}

channel_outputs channel_party::tick(instant now) {
  channel_outputs out;
  if (const auto due = wake_at(); !due || now < *due)
    return out;
  retry_at_ = now + setup_.retry;
  if (memory_.proposed)
    out.send.emplace_back(*memory_.proposed);
  else
    out.send.emplace_back(*memory_.wished);
  return out;
}

std::optional<instant> channel_party::wake_at() const noexcept {
  return in_flight() && !memory_.frozen ? std::optional{retry_at_} : std::nullopt;
}

} // namespace ainur::ledger
