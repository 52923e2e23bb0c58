// Errors of room `store`.
#pragma once

#include <cstdint>

#include "ainur/base/error.hpp"

namespace ainur::store {

enum class errc : std::uint16_t {
  damaged = 1,        ///< a stored value is not what was written: its hash does not fit
  disk_full,          ///< no room on the disk or in the map; what is stored stays readable
  in_use,             ///< another process (or another handle) has the environment open
  already_exists,     ///< the target of a backup exists
  not_found,          ///< there is no environment, or no record of this number
  unsupported_format, ///< written by a later version
  bad_key,            ///< a key is empty or too long, or its table is reserved
  bad_value,          ///< a value is too large, or stored bytes are not of the table's type
  sequence_gap,       ///< a journal's record, snapshot or prune does not fit what is there
  full,               ///< the bound on waiting work is reached; try again later
  writer_failed,      ///< an earlier write of the same writer failed; it must recover first
  must_recover,       ///< a write failed: working state is ahead of the journal
  too_old,            ///< the command lies before its sender's window
  crashed,            ///< a simulated crash happened; restart first
  io,                 ///< the operating system refused
};
[[nodiscard]] error_info describe(errc code) noexcept;

} // namespace ainur::store
