// Calls on payment channels between two parties.
#pragma once

#include <cstdint>

#include "ainur/base/amount.hpp"
#include "ainur/base/fields.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"

namespace ainur::ledger {} // namespace ainur::ledger
