// What the fuzzers share: a check that is always on, and the input as text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ainur/base/bytes.hpp"

namespace ainur::fuzz {

/// Ends the fuzzer, which keeps the input.
inline void require(bool holds) {
  if (!holds)
    std::abort();
}

[[nodiscard]] inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

} // namespace ainur::fuzz
