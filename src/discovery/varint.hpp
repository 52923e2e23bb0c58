// The unsigned varint of multiformats: seven bits a byte, the lowest first, at most nine bytes,
// never longer than needed.
#pragma once

#include <cstdint>
#include <optional>

#include "ainur/base/bytes.hpp"

namespace ainur::discovery {

inline void put_varint(bytes& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}

/// Takes a number off the front of `in`; nothing, and `in` is untouched, if none stands there.
[[nodiscard]] inline std::optional<std::uint64_t> take_varint(bytes_view& in) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < in.size() && i < 9; ++i) {
    value |= std::uint64_t{in[i] & 0x7fu} << (7 * i);
    if (in[i] >= 0x80)
      continue;
    if (in[i] == 0 && i > 0)
      return std::nullopt;
    in = in.subspan(i + 1);
    return value;
  }
  return std::nullopt;
}

} // namespace ainur::discovery
