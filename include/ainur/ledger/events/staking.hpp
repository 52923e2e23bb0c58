// Events of validator stake, eras and rewards.
#pragma once

#include "ainur/ledger/calls/staking.hpp"

namespace ainur::ledger {

namespace event {} // namespace event
} // namespace ainur::ledger
