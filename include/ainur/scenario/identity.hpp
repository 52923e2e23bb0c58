// Which run a data directory holds: a run may only go on as what it began as.
#pragma once

#include "ainur/base/ids.hpp"
#include "ainur/scenario/config.hpp"
#include "ainur/scenario/workload.hpp"

namespace ainur::scenario {

/// A hash over all that a run's accounts and tasks follow from: the scenario with its seed, and the
/// requests. What may change between an interruption and its resumption is left out: the name and
/// description, what is measured and expected, the limits, and the faults.
[[nodiscard]] hash256 identity_of(const config& scenario, const workload& requests);

} // namespace ainur::scenario
