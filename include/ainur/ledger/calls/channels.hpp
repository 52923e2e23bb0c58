// Calls on payment channels between two parties: money that both have put aside moves between them
// in states that both sign (channel.hpp), without the ledger, until one of these ends the channel.
#pragma once

#include <cstdint>

#include "ainur/base/amount.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"

namespace ainur::ledger {

/// Names a channel: H("ainur/channel/v1", chain, params), so that what is signed for it holds on
/// one chain and under these terms only.
using channel_id = byte_id<struct channel_tag, 32>;

/// The terms of a channel. They never change.
struct channel_params {
  account_id first;
  account_id second;    ///< another account than `first`
  amount first_deposit; ///< one of the deposits may be zero
  amount second_deposit;
  duration challenge{};  ///< how long a registered state waits for a newer one; bounds: genesis
  timestamp open_by{};   ///< the consent to open holds until then; bound: genesis
  std::uint64_t nonce{}; ///< tells channels of the same terms apart
  AINUR_FIELDS(channel_params, first, second, first_deposit, second_deposit, challenge, open_by,
               nonce)
};

/// How the deposits are divided: first + second + locked is their sum in every state. Version 0 is
/// the state of the opening: the deposits as they were put in.
struct channel_state {
  channel_id channel;
  std::uint64_t version = 0;
  amount first;
  amount second;
  amount locked;         ///< not decided yet; whoever ends the channel leaves each a half of it
  bool is_final = false; ///< the last state; nothing is locked in it
  AINUR_FIELDS(channel_state, channel, version, first, second, locked, is_final)
};

/// A state with the signatures of both under `channel_state_tag`.
struct signed_channel_state {
  channel_state content;
  byte_array<64> first_signature{};
  byte_array<64> second_signature{};
  AINUR_FIELDS(signed_channel_state, content, first_signature, second_signature)
};

/// Origin: one party. Takes both deposits at once from what the two may spend. The keys that both
/// have now stay those of the channel. A hosted account must have acted once before it can be the
/// other party, so that its host is known.
struct open_channel {
  channel_params params;
  byte_array<64> consent{}; ///< of the other party: over the channel's id under `channel_open_tag`
  AINUR_FIELDS(open_channel, params, consent)
};

/// Origin: anyone. Ends the channel at once by a final state that both signed, and pays out.
struct close_channel {
  signed_channel_state last;
  AINUR_FIELDS(close_channel, last)
};

/// Origin: anyone who holds a state that both signed; for version 0, which needs no signatures, a
/// party. The first registration sets the timeout: now + challenge (now, if the state is final). A
/// later one refutes it: strictly newer, before the timeout, which stays as it is.
struct register_state {
  signed_channel_state newest;
  AINUR_FIELDS(register_state, newest)
};

/// Origin: anyone, once the timeout of a registered state is reached: pays out. Blocks after the
/// timeout do so by themselves.
struct conclude_channel {
  channel_id channel;
  AINUR_FIELDS(conclude_channel, channel)
};

} // namespace ainur::ledger
