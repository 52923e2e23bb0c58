// Expectations: "latency_ms.auction.p95{capability=nlp}" = "< 200". Parsing and judging them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ainur/base/error.hpp"
#include "ainur/scenario/config.hpp"
#include "ainur/scenario/metrics.hpp"

namespace ainur::scenario {

/// Fills metric, filters and rule of an expectation from "metric{label=value,...}" and a rule: "<
/// 200",
/// ">= 0.95", "== 1", "!= 0", "200..300" (both included), "== true".
/// Errors: `unknown_metric` (with the nearest), `invalid_scenario`.
[[nodiscard]] result<expectation> parse_expectation(std::string_view metric, std::string_view rule);

/// The metric with its filters, as written.
[[nodiscard]] std::string metric_text(const expectation& e);

/// True if `value` satisfies the rule.
[[nodiscard]] bool holds(const expectation& e, double value) noexcept;

/// The verdict on a measured value; nothing measured never passes.
[[nodiscard]] verdict judge(const expectation& e, const std::optional<metric_value>& value);

} // namespace ainur::scenario
