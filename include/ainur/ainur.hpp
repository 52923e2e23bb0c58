// All that a host program needs: `ainur::runtime` and what goes in and out of it. No CAF in sight;
// who wants its handles includes ainur/actors/native.hpp too.
#pragma once

#include "ainur/base/amount.hpp"
#include "ainur/base/bytes.hpp"
#include "ainur/base/error.hpp"
#include "ainur/base/ids.hpp"
#include "ainur/base/time.hpp"
#include "ainur/run_scenario.hpp"
#include "ainur/runtime.hpp"
