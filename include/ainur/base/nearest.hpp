// The word that was meant: for errors that name a wrong spelling and its nearest valid one.
#pragma once

#include <span>
#include <string_view>

namespace ainur {

/// The closest of `candidates` to `word`, if close enough to be a slip; else empty. Thread-safe.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       std::span<const std::string_view> candidates);

} // namespace ainur
