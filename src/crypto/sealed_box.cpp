#include "ainur/crypto/sealed_box.hpp"

#include <algorithm>

#include <sodium.h>

namespace ainur::crypto {

static_assert(crypto_box_SEALBYTES == sealed_box_overhead);

namespace {

/// X25519 keys that are wiped.
struct box_keys {
  byte_array<32> secret{};
  byte_array<32> open{};
  box_keys() = default;
  box_keys(const box_keys&) = delete;
  box_keys& operator=(const box_keys&) = delete;

  ~box_keys() { sodium_memzero(secret.data(), secret.size()); }
};

} // namespace

result<bytes> seal_for(const public_key& receiver, bytes_view message, const seed& one_time) {
  byte_array<32> to;
  if (crypto_sign_ed25519_pk_to_curve25519(to.data(), receiver.value.data()) != 0)
    return fail(errc::weak_public_key, to_string(receiver));
  box_keys from;
  crypto_box_seed_keypair(from.open.data(), from.secret.data(), one_time.view().data());
  // crypto_box_seal with the one-time key handed in: public key ‖ box, nonce = BLAKE2b-192(both
  // keys)
  byte_array<crypto_box_NONCEBYTES> nonce;
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, nonce.size());
  crypto_generichash_update(&state, from.open.data(), from.open.size());
  crypto_generichash_update(&state, to.data(), to.size());
  crypto_generichash_final(&state, nonce.data(), nonce.size());
  bytes out(message.size() + sealed_box_overhead);
  std::copy(from.open.begin(), from.open.end(), out.begin());
  if (crypto_box_easy(out.data() + from.open.size(), message.data(), message.size(), nonce.data(),
                      to.data(), from.secret.data()) != 0)
    return fail(errc::weak_public_key, to_string(receiver));
  return out;
}

result<bytes> open_sealed(const secret_key& receiver, bytes_view sealed) {
  if (sealed.size() < sealed_box_overhead)
    return fail(errc::cannot_open, "shorter than a sealed box");
  box_keys keys;
  byte_array<crypto_hash_sha512_BYTES> digest;
  // The X25519 secret of an Ed25519 key is the first half of SHA-512(seed), clamped.
  const auto secret = receiver.to_seed();
  crypto_hash_sha512(digest.data(), secret.view().data(), secret.view().size());
  std::copy_n(digest.begin(), keys.secret.size(), keys.secret.begin());
  sodium_memzero(digest.data(), digest.size());
  crypto_scalarmult_base(keys.open.data(), keys.secret.data());
  bytes out(sealed.size() - sealed_box_overhead);
  if (crypto_box_seal_open(out.data(), sealed.data(), sealed.size(), keys.open.data(),
                           keys.secret.data()) != 0)
    return fail(errc::cannot_open);
  return out;
}

result<byte_array<32>> key_agreement(const byte_array<32>& secret,
                                     const byte_array<32>& other_public) {
  byte_array<32> shared;
  if (crypto_scalarmult(shared.data(), secret.data(), other_public.data()) != 0)
    return fail(errc::weak_public_key, to_hex(other_public));
  return shared;
}

} // namespace ainur::crypto
