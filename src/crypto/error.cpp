#include "ainur/crypto/error.hpp"

#include <sodium.h>

namespace ainur::crypto {

error_info describe(errc code) noexcept {
  switch (code) {
  case errc::unavailable:
    return {"crypto", "unavailable", "the cryptographic library or the system refused to serve"};
  case errc::bad_signature:
    return {"crypto", "bad_signature", "the signature does not fit its signer and content"};
  case errc::wrong_signer:
    return {"crypto", "wrong_signer", "another key than the expected one has signed"};
  case errc::cannot_open:
    return {"crypto", "cannot_open", "the message is not sealed for this key, or was altered"};
  case errc::weak_public_key:
    return {"crypto", "weak_public_key", "the public key is not a point of full order"};
  case errc::bad_passphrase:
    return {"crypto", "bad_passphrase", "a passphrase has 1 to 1024 bytes"};
  case errc::wrong_passphrase:
    return {"crypto", "wrong_passphrase", "another passphrase locks this key file"};
  case errc::damaged:
    return {"crypto", "damaged", "the key file was altered or cut; restore it from a copy"};
  case errc::not_a_key_file:
    return {"crypto", "not_a_key_file", "this is not a key file"};
  case errc::unsupported_version:
    return {"crypto", "unsupported_version", "a later version of ainur wrote this key file"};
  case errc::parameters_refused:
    return {"crypto", "parameters_refused", "the cost of unlocking is outside what is allowed"};
  case errc::readable_by_others:
    return {"crypto", "readable_by_others", "others can reach the key file; use chmod 600"};
  case errc::already_exists:
    return {"crypto", "already_exists", "a file of this name exists"};
  case errc::not_found:
    return {"crypto", "not_found", "there is no such file"};
  case errc::io:
    return {"crypto", "io", "the operating system refused"};
  }
  return {"crypto", "unknown", "unknown"};
}

result<void> initialise() {
  static const int started = sodium_init(); // 0: now, 1: already, −1: failed
  if (started < 0)
    return fail(errc::unavailable, "libsodium does not start");
  return {};
}

} // namespace ainur::crypto
