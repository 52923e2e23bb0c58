// How journals lie in the map: one extent record each, records and snapshots by number.
#pragma once

#include "ainur/store/journal.hpp"
#include "raw.hpp"

namespace ainur::store::raw {

[[nodiscard]] bytes journal_prefix(journal_id journal);
[[nodiscard]] bytes extent_key(journal_id journal);
[[nodiscard]] bytes encode_extent(const journal_extent& extent);
/// Errors: `damaged`.
[[nodiscard]] result<journal_extent> decode_extent(journal_id journal, bytes_view payload);

} // namespace ainur::store::raw
