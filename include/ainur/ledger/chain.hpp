// Replay: the state that a block log describes, with every block checked.
//
// Each record is one block in its canonical form. Checked are, for each: its form, its height and
// previous hash, every signature, and that its execution gives the hash it carries.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "ainur/ledger/state.hpp"

namespace ainur::ledger {

/// Yields the records of a log in order, and nothing at its end. The view is valid until the next
/// call. An error (the disk's) ends the replay.
using block_source = std::function<result<std::optional<bytes_view>>()>;

/// Called after each block of a replay.
using block_observer = std::function<void(const block&, const applied&)>;

/// Replays `source` on top of `start` (from genesis: `state::open`; from a snapshot:
/// `state::restore`). Records at or below the height of `start` are skipped. Errors: the source's,
/// any `codec::errc`, `bad_block`, `bad_signature`, `diverged`, with "at height N" in front.
[[nodiscard]] result<state> replay(state start, const block_source& source,
                                   signatures check = signatures::verify,
                                   const block_observer& observer = {});

} // namespace ainur::ledger
