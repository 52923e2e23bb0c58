// BLAKE2b-256, with a tag that separates what is hashed for different purposes.
#pragma once

#include <cstdint>
#include <string_view>

#include "ainur/base/bytes.hpp"
#include "ainur/base/ids.hpp"

namespace ainur::crypto {

/// Hashes `tag` and `data`: BLAKE2b-256 of len(tag) as one byte, tag, data. Tags have at most 255
/// bytes.
[[nodiscard]] hash256 hash(std::string_view tag, bytes_view data) noexcept;

/// The same in pieces. A value; not thread-safe.
class hasher {
public:
  explicit hasher(std::string_view tag) noexcept;
  hasher& add(bytes_view data) noexcept;
  /// Eight bytes, big-endian.
  hasher& add(std::uint64_t number) noexcept;

  template <class Tag, std::size_t N>
  hasher& add(const byte_id<Tag, N>& id) noexcept {
    return add(id.view());
  }

  /// Ends the computation; the hasher must not be used again.
  [[nodiscard]] hash256 finish() noexcept;

private:
  alignas(64) unsigned char state_[384];
};

/// The account that `host` controls under `index`: BLAKE2b-256(tag, host, index). It survives the
/// host's key rotations.
[[nodiscard]] account_id hosted_account(const account_id& host, std::uint64_t index) noexcept;

/// The id of the `sequence`-th task of `client`.
[[nodiscard]] task_id task_id_of(const account_id& client, std::uint64_t sequence) noexcept;

} // namespace ainur::crypto
