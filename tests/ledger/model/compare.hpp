// Everything that can be asked of the ledger, against the model.
#pragma once

#include <string>

#include "generate.hpp"

namespace ainur::test {

/// What differs first; empty if nothing does.
[[nodiscard]] std::string difference(const model& m, const state& s, const memory& past);

/// The same of what only proofs show: the keys of validators.
[[nodiscard]] std::string proven_difference(const model& m, const state& s);

} // namespace ainur::test
