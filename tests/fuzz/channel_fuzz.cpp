// A message between the parties of a channel has one form, and whatever arrives, a party neither
// breaks nor ends up with a state that the two have not signed.
#include <algorithm>

#include "ainur/codec/msgpack.hpp"
#include "ainur/ledger/channel_party.hpp"
#include "ainur/ledger/signature.hpp"
#include "input.hpp"

namespace {

using namespace ainur;
using namespace ainur::ledger;

channel_setup setup_of(channel_side side) {
  const byte_array<32> first{1};
  const byte_array<32> second{2};
  channel_setup s;
  s.params.first = account_of_seed(first);
  s.params.second = account_of_seed(second);
  s.params.first_deposit = amount{60};
  s.params.second_deposit = amount{40};
  s.first_key = s.params.first.value;
  s.second_key = s.params.second.value;
  s.side = side;
  s.seed = side == channel_side::first ? first : second;
  return s;
}

/// The message, as if the other party had signed it.
channel_message signed_by_other(channel_message m, const channel_id& id) {
  const byte_array<32> first{1};
  const byte_array<32> second{2};
  if (auto* w = std::get_if<channel_wish>(&m)) {
    w->wanted.channel = id;
    w->signature = sign_state(second, channel_wish_tag, w->wanted);
  } else if (auto* p = std::get_if<channel_proposal>(&m)) {
    p->next.channel = id;
    p->signature = sign_state(first, channel_state_tag, p->next);
  } else if (auto* a = std::get_if<channel_agreement>(&m)) {
    a->agreed.content.channel = id;
    a->agreed.second_signature = sign_state(second, channel_state_tag, a->agreed.content);
  }
  return m;
}

void feed(channel_side side, const channel_message& m) {
  const auto setup = setup_of(side);
  channel_party p{setup};
  (void)p.receive(m, instant{});
  const auto out = p.receive(signed_by_other(m, p.id()), instant{});
  if (out && out->save)
    fuzz::require(channel_party::resume(setup, *out->save).has_value());
  const auto& newest = p.newest();
  fuzz::require(check_state(newest.content, amount{60}, amount{40}) == errc::ok);
  fuzz::require(newest.content.version == 0 ||
                verify_both(newest, setup.first_key, setup.second_key));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bytes_view in{data, size};
  if (const auto m = decode_channel_message(in)) {
    fuzz::require(std::ranges::equal(codec::encode(*m), in));
    feed(channel_side::first, *m);
    feed(channel_side::second, *m);
  }
  return 0;
}
