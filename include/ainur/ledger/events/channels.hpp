// Events of payment channels.
#pragma once

#include "ainur/ledger/calls/channels.hpp"

namespace ainur::ledger {

namespace event {

/// Both deposits are in the channel; these keys sign its states.
struct channel_opened {
  channel_id channel;
  channel_params params;
  byte_array<32> first_key{};
  byte_array<32> second_key{};
  AINUR_FIELDS(channel_opened, channel, params, first_key, second_key)
};

/// Unless a newer one comes before the timeout, this state is paid out.
struct channel_registered {
  channel_state newest;
  timestamp timeout{};
  account_id by;
  AINUR_FIELDS(channel_registered, newest, timeout, by)
};

/// Paid out; the channel stays readable until `kept_until`.
struct channel_concluded {
  channel_id channel;
  std::uint64_t version = 0; ///< of the state that counted
  amount first_paid;
  amount second_paid;
  timestamp kept_until{};
  AINUR_FIELDS(channel_concluded, channel, version, first_paid, second_paid, kept_until)
};

} // namespace event
} // namespace ainur::ledger
