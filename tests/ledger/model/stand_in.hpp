// Which call stands in for one that has nothing to act on.
#pragma once

#include <type_traits>
#include <variant>

#include "model.hpp"

namespace ainur::test {

/// A call's place in the variant.
template <class Call, std::size_t I = 0>
constexpr std::size_t place_of() {
  if constexpr (std::is_same_v<std::variant_alternative_t<I, ledger::call>, Call>)
    return I;
  else
    return place_of<Call, I + 1>();
}

/// What it would need, one step back; the same if it can act.
[[nodiscard]] std::size_t stand_in_for(std::size_t kind, const model& m);

} // namespace ainur::test
