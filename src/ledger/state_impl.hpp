// What `state` hides, for the files that implement it.
#pragma once

#include "ainur/ledger/state.hpp"
#include "book.hpp"

namespace ainur::ledger {

struct state::impl {
  book b;
};

/// What does not agree between the tables, or nothing.
[[nodiscard]] std::optional<std::string> find_inconsistency(const book& b);
[[nodiscard]] totals_view sum_up(const book& b);

} // namespace ainur::ledger
