// Key files: one signing key on disk, locked by a passphrase.
//
// The file is canonical msgpack: [ "ainur-key", version, body, checksum ]. The body of version 1 is
// [ memory_kib, passes, salt, nonce, public key, sealed seed ]: the seed under XChaCha20-Poly1305
// with a key that Argon2id makes from the passphrase; all other fields are covered by its tag. The
// checksum (16 bytes of BLAKE2b-256 over what precedes it) tells damage from a wrong passphrase.
// Files are written at once or not at all, with mode 0600, and are not read if others could.
#pragma once

#include <cstdint>
#include <string>

#include "ainur/crypto/keys.hpp"

namespace ainur::crypto {

/// The cost of Argon2id. What a file asks for must be inside these ranges before it is used.
struct key_file_cost {
  std::uint32_t memory_kib = 256 * 1024; ///< 8 .. 1,048,576
  std::uint32_t passes = 3;              ///< 1 .. 16
};

/// 40 bytes that must be fresh for every file (salt and nonce).
using key_file_salt = byte_array<40>;

inline constexpr std::size_t passphrase_bytes_max = 1024;

/// The encrypted form of `key`. Errors: `bad_passphrase`, `parameters_refused`, `unavailable` (not
/// enough memory).
[[nodiscard]] result<bytes> lock_key(const secret_key& key, bytes_view passphrase,
                                     const key_file_salt& salt, key_file_cost cost = {});
/// The key of such bytes. Errors: `wrong_passphrase`, `damaged`, `not_a_key_file`,
/// `unsupported_version`, `parameters_refused`, `bad_passphrase`, `unavailable`.
[[nodiscard]] result<secret_key> unlock_key(bytes_view file, bytes_view passphrase);

/// Whose key it is, without the passphrase. Not proven until it is unlocked.
[[nodiscard]] result<public_key> locked_public_key(bytes_view file);

/// Writes `file` (from `lock_key`) to `path`: a temporary file beside it, synced, then put in its
/// place. Errors: `already_exists` unless `replace`, `io`.
[[nodiscard]] result<void> write_key_file(const std::string& path, bytes_view file,
                                          bool replace = false);
/// Puts the key file at `path`.next in the place of `path`, which stays as `path`.old. A crash
/// leaves `path` whole, as it was or as it becomes. Errors: `io`.
[[nodiscard]] result<void> advance_key_file(const std::string& path);
/// The bytes of a key file. Errors: `not_found`, `readable_by_others`, `not_a_key_file` (not a
/// regular file, or too large), `io`.
[[nodiscard]] result<bytes> read_key_file(const std::string& path);

/// Fresh salt from the operating system; for the outermost layer only. Errors: `unavailable`.
[[nodiscard]] result<key_file_salt> key_file_salt_from_system();

} // namespace ainur::crypto
