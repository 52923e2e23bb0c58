#include "ainur/crypto/aead.hpp"

#include <sodium.h>

namespace ainur::crypto {

static_assert(crypto_aead_xchacha20poly1305_ietf_ABYTES == aead_overhead);

bytes aead_seal(const aead_key& key, const aead_nonce& nonce, bytes_view context,
                bytes_view message) {
  bytes out(message.size() + aead_overhead);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out.data(), nullptr, message.data(), message.size(),
                                             context.data(), context.size(), nullptr, nonce.data(),
                                             key.data());
  return out;
}

result<bytes> aead_open(const aead_key& key, const aead_nonce& nonce, bytes_view context,
                        bytes_view sealed) {
  if (sealed.size() < aead_overhead)
    return fail(errc::cannot_open, "shorter than its tag");
  bytes out(sealed.size() - aead_overhead);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, sealed.data(),
                                                 sealed.size(), context.data(), context.size(),
                                                 nonce.data(), key.data()) != 0)
    return fail(errc::cannot_open);
  return out;
}

} // namespace ainur::crypto
