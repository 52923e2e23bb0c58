// Events of DAOs and their proposals.
#pragma once

#include "ainur/ledger/calls/governance.hpp"

namespace ainur::ledger {

namespace event {} // namespace event
} // namespace ainur::ledger
