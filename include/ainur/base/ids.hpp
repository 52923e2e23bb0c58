// Strong identifiers: each kind of id is a type of its own, so that one cannot be passed for
// another. Ids are ordered and hashable; order is that of their bytes.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "ainur/base/bytes.hpp"

namespace ainur {

/// An id of N bytes; all zero means "none".
template <class Tag, std::size_t N>
struct byte_id {
  static constexpr std::size_t size = N;
  byte_array<N> value{};

  [[nodiscard]] bool is_none() const noexcept {
    return std::all_of(value.begin(), value.end(), [](auto b) { return b == 0; });
  }

  [[nodiscard]] bytes_view view() const noexcept { return value; }

  friend auto operator<=>(const byte_id&, const byte_id&) = default;
};

/// A 64-bit number of one kind.
template <class Tag>
struct number_id {
  std::uint64_t value = 0;
  friend auto operator<=>(const number_id&, const number_id&) = default;
};

/// An account: the Ed25519 public key it began with, or a hosted id. Never changes.
using account_id = byte_id<struct account_tag, 32>;
/// A task: the first 16 bytes of BLAKE2b-256(tag, client, client's own sequence number).
using task_id = byte_id<struct task_tag, 16>;
/// A 32-byte BLAKE2b-256 digest.
using hash256 = byte_id<struct hash_tag, 32>;

/// Lower-case hexadecimal of an id.
template <class Tag, std::size_t N>
[[nodiscard]] std::string to_string(const byte_id<Tag, N>& id) {
  return to_hex(id.view());
}

/// Parses the hexadecimal form. Errors: `malformed`.
template <class Id>
[[nodiscard]] result<Id> id_from_hex(std::string_view text) {
  auto raw = from_hex(text);
  if (!raw)
    return fail(raw.error());
  if (raw->size() != Id::size)
    return fail(base_errc::malformed, "an id of " + std::to_string(Id::size) + " bytes is needed");
  Id id;
  std::copy(raw->begin(), raw->end(), id.value.begin());
  return id;
}

/// "did:ainur:<base58btc of the id>".
[[nodiscard]] std::string to_did(const account_id& id);
/// Accepts a did or 64 hexadecimal digits. Errors: `malformed`.
[[nodiscard]] result<account_id> account_from_text(std::string_view text);

} // namespace ainur

template <class Tag, std::size_t N>
struct std::hash<ainur::byte_id<Tag, N>> {
  /// Ids are digests or keys, so their first eight bytes are spread already.
  std::size_t operator()(const ainur::byte_id<Tag, N>& id) const noexcept {
    static_assert(N >= 8);
    std::size_t word = 0;
    std::memcpy(&word, id.value.data(), sizeof(word));
    return word;
  }
};

template <class Tag>
struct std::hash<ainur::number_id<Tag>> {
  std::size_t operator()(const ainur::number_id<Tag>& id) const noexcept {
    return std::hash<std::uint64_t>{}(id.value);
  }
};
