// Byte strings and their text forms: hexadecimal and base58btc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ainur/base/error.hpp"

namespace ainur {

using bytes = std::vector<std::uint8_t>;
using bytes_view = std::span<const std::uint8_t>;

template <std::size_t N>
using byte_array = std::array<std::uint8_t, N>;

/// The bytes of a string, without a copy.
[[nodiscard]] inline bytes_view as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Lower-case hexadecimal, two digits a byte.
[[nodiscard]] std::string to_hex(bytes_view data);
/// Accepts upper and lower case. Errors: `malformed` for an odd length or another character.
[[nodiscard]] result<bytes> from_hex(std::string_view text);

/// base58btc, without a multibase prefix.
[[nodiscard]] std::string to_base58(bytes_view data);
/// Accepts at most 128 characters. Errors: `malformed`.
[[nodiscard]] result<bytes> from_base58(std::string_view text);

} // namespace ainur
