// Events of identities and keys.
#pragma once

#include "ainur/ledger/calls/identity.hpp"

namespace ainur::ledger {

namespace event {} // namespace event
} // namespace ainur::ledger
