#include "ainur/ledger/channel.hpp"

#include "ainur/codec/msgpack.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/signature.hpp"

namespace ainur::ledger {

channel_id channel_id_of(const hash256& chain, const channel_params& p) {
  const auto digest = crypto::hasher{"ainur/channel/v1"}.add(chain).add(codec::encode(p)).finish();
  return channel_id{digest.value};
}

channel_state opening_state(const channel_id& id, const channel_params& p) {
  return {id, 0, p.first_deposit, p.second_deposit, {}, false};
}

channel_payout payout_of(const channel_state& s) noexcept {
  const amount half{s.locked.micro() / 2};
  const amount odd{s.locked.micro() % 2};
  return {s.first.saturating_plus(half).saturating_plus(odd), s.second.saturating_plus(half)};
}

errc check_state(const channel_state& s, amount first_deposit, amount second_deposit) {
  const auto total = first_deposit.plus(second_deposit);
  const auto balances = s.first.plus(s.second);
  const auto sum = balances ? balances->plus(s.locked) : std::nullopt;
  if (!sum || sum != total)
    return errc::sum_mismatch;
  if (s.is_final && !s.locked.is_zero())
    return errc::invalid_value;
  if (s.version == 0 && (s.first != first_deposit || !s.locked.is_zero() || s.is_final))
    return errc::invalid_value;
  return errc::ok;
}

byte_array<64> sign_opening(const byte_array<32>& seed, const channel_id& id) {
  return sign_detached(seed, channel_open_tag, id.view());
}

bool verify_opening(const byte_array<32>& key, const channel_id& id,
                    const byte_array<64>& signature) {
  return verify_detached(account_id{key}, channel_open_tag, id.view(), signature);
}

byte_array<64> sign_state(const byte_array<32>& seed, std::string_view tag,
                          const channel_state& s) {
  return sign_detached(seed, tag, codec::encode(s));
}

bool verify_state(const byte_array<32>& key, std::string_view tag, const channel_state& s,
                  const byte_array<64>& signature) {
  return verify_detached(account_id{key}, tag, codec::encode(s), signature);
}

bool verify_both(const signed_channel_state& s, const byte_array<32>& first_key,
                 const byte_array<32>& second_key) {
  return verify_state(first_key, channel_state_tag, s.content, s.first_signature) &&
         verify_state(second_key, channel_state_tag, s.content, s.second_signature);
}

} // namespace ainur::ledger
