// What the two parties of a payment channel sign, for the ledger and for each other.
//
//   id       H("ainur/channel/v1", chain, params)
//   consent  signature over the id under `channel_open_tag`
//   state    two signatures over its canonical msgpack under `channel_state_tag`
//
// `channel_party` (channel_party.hpp) makes states between the two, `channel_watcher`
// (channel_watcher.hpp) defends the newest one on the ledger. Pure functions; thread-safe.
#pragma once

#include <string_view>

#include "ainur/base/bytes.hpp"
#include "ainur/ledger/calls/channels.hpp"
#include "ainur/ledger/error.hpp"

namespace ainur::ledger {

inline constexpr std::string_view channel_open_tag = "ainur/channel-open/v1";
inline constexpr std::string_view channel_state_tag = "ainur/channel-state/v1";
/// Of a state that the second party asks the first to sign (channel_party.hpp): binds nobody.
inline constexpr std::string_view channel_wish_tag = "ainur/channel-wish/v1";

/// `chain` is the genesis hash.
[[nodiscard]] channel_id channel_id_of(const hash256& chain, const channel_params& p);

/// Version 0.
[[nodiscard]] channel_state opening_state(const channel_id& id, const channel_params& p);

/// What a state gives each party if the channel ends with it: its balance and half of what is
/// locked (the odd µAINU goes to the first). The state's sum must fit (`check_state`).
struct channel_payout {
  amount first;
  amount second;
  friend bool operator==(const channel_payout&, const channel_payout&) = default;
};

[[nodiscard]] channel_payout payout_of(const channel_state& s) noexcept;

/// `ok`, or what is wrong with a state of a channel with these deposits: `sum_mismatch`,
/// `invalid_value` (final with something locked; version 0 that is not the opening).
[[nodiscard]] errc check_state(const channel_state& s, amount first_deposit, amount second_deposit);

[[nodiscard]] byte_array<64> sign_opening(const byte_array<32>& seed, const channel_id& id);
[[nodiscard]] bool verify_opening(const byte_array<32>& key, const channel_id& id,
                                  const byte_array<64>& signature);

/// `tag` is `channel_state_tag` or `channel_wish_tag`.
[[nodiscard]] byte_array<64> sign_state(const byte_array<32>& seed, std::string_view tag,
                                        const channel_state& s);
[[nodiscard]] bool verify_state(const byte_array<32>& key, std::string_view tag,
                                const channel_state& s, const byte_array<64>& signature);
/// True if both signed it.
[[nodiscard]] bool verify_both(const signed_channel_state& s, const byte_array<32>& first_key,
                               const byte_array<32>& second_key);

} // namespace ainur::ledger
