// Errors of room `routing`.
#pragma once

#include <cstdint>

#include "ainur/base/error.hpp"

namespace ainur::routing {

enum class errc : std::uint16_t {
  malformed = 1, ///< not the form that was asked for
  too_large,     ///< more nodes, links, steps or runs than allowed
  bad_option,    ///< an option or a combination of options that makes no sense
};
[[nodiscard]] error_info describe(errc code) noexcept;

} // namespace ainur::routing
