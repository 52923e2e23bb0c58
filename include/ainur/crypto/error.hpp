// Errors of room `crypto`, and the start of the cryptographic library behind it.
#pragma once

#include <cstdint>

#include "ainur/base/error.hpp"

namespace ainur::crypto {

enum class errc : std::uint16_t {
  unavailable = 1,     ///< the cryptographic library cannot start
  bad_signature,       ///< the signature does not fit signer, domain and bytes
  wrong_signer,        ///< signed by another key than the one expected
  cannot_open,         ///< a sealed message is not for this key, or was altered
  weak_public_key,     ///< a key agreement with this public key would give a known secret
  bad_passphrase,      ///< empty, or longer than allowed
  wrong_passphrase,    ///< the key file is whole, but another passphrase locks it
  damaged,             ///< the key file's checksum does not fit: bytes were altered or are missing
  not_a_key_file,      ///< the file has another format
  unsupported_version, ///< the key file was written by a later version
  parameters_refused,  ///< the key file asks for more memory or passes than allowed
  readable_by_others,  ///< group or others have access to the key file, or another user owns it
  already_exists,      ///< a file of this name exists and replacing was not asked for
  not_found,           ///< there is no such file
  io,                  ///< the operating system refused
};
[[nodiscard]] error_info describe(errc code) noexcept;

/// Starts libsodium, once per process; later calls return what the first did. Every entry point of
/// a program (runtime, node, tool, test) calls it before it uses this room. Thread-safe. Errors:
/// `unavailable`.
[[nodiscard]] result<void> initialise();

} // namespace ainur::crypto
