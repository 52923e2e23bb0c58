// Everything that can be asked of the ledger, against the model.
#pragma once

#include <string>

#include "generate.hpp"

namespace ainur::test {

/// What differs first; empty if nothing does.
[[nodiscard]] std::string difference(const model& m, const state& s, const memory& past);

} // namespace ainur::test
