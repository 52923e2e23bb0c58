// Calls on validator stake: bonds, candidacy, nomination, payouts, and slashes that wait.
#pragma once

#include <cstdint>

#include "ainur/base/amount.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"

namespace ainur::ledger {} // namespace ainur::ledger
