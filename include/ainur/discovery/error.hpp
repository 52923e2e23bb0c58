// Errors of room `discovery`.
#pragma once

#include <cstdint>

#include "ainur/base/error.hpp"

namespace ainur::discovery {

enum class errc : std::uint16_t {
  malformed = 1, ///< not the form that was asked for
  too_large,     ///< more bytes or entries than allowed
  bad_signature, ///< the signature does not fit signer and content
  wrong_signer,  ///< signed by another peer than it speaks of
  stale,         ///< older than what is known
  bad_option,    ///< an option or a combination of options that makes no sense
  wrong_shape,   ///< a vector of another dimension or kind than the index holds
};
[[nodiscard]] error_info describe(errc code) noexcept;

} // namespace ainur::discovery
