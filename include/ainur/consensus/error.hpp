// Errors of room `consensus`.
#pragma once

#include <cstdint>

#include "ainur/base/error.hpp"

namespace ainur::consensus {

enum class errc : std::uint16_t {
  malformed_election = 1, ///< the text or the parts of an election are not of the stated form
  election_too_large,     ///< more candidates, voters or targets than an election may have
  infeasible_solution,    ///< someone gives more than they have, or to whom they did not name
};
[[nodiscard]] error_info describe(errc code) noexcept;

} // namespace ainur::consensus
