// Events of payment channels.
#pragma once

#include "ainur/ledger/calls/channels.hpp"

namespace ainur::ledger {

namespace event {} // namespace event
} // namespace ainur::ledger
