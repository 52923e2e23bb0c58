// What `state` hides, for the files that implement it.
#pragma once

#include <deque>

#include "ainur/ledger/state.hpp"
#include "book.hpp"
#include "trie.hpp"

namespace ainur::ledger {

/// A checkpoint, and what of the books is in no table.
struct saved_checkpoint {
  checkpoint point;
  meta_record meta;
};

struct state::impl {
  book b;
  std::optional<trie> commitments; ///< from the first state hash on
  past_bounds bounds{.checkpoints_max = 0, .bytes_max = 0};
  std::deque<saved_checkpoint> past;     ///< as many as each table keeps
  std::optional<std::size_t> looking_at; ///< inside `at`

  /// Drops checkpoints beyond the bounds.
  void bound_past();
};

/// What does not agree between the tables, or nothing.
[[nodiscard]] std::optional<std::string> find_inconsistency(const book& b);
[[nodiscard]] totals_view sum_up(const book& b);

} // namespace ainur::ledger
