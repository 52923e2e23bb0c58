// The catalogue of metrics: every number of a summary with its name, unit and meaning. `ainur
// metrics`, the JSON of a run, expectations and the reference page are all written from it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ainur/scenario/summary.hpp"

namespace ainur::scenario {

/// A number as exact as it is known.
using metric_value = std::variant<bool, std::uint64_t, std::int64_t, double>;

[[nodiscard]] double to_number(const metric_value& v) noexcept;

struct metric_info {
  std::string_view name; ///< its path in the JSON of a run
  std::string_view unit; ///< "tasks", "ms", "uAINU", ""; counts are named by what is counted
  std::string_view meaning;
  /// Labels that an expectation may filter it by.
  std::span<const std::string_view> labels;
  /// Set for a metric that has one number for each value of a label: that label.
  std::string_view map_label{};
  /// The number (of a map: the sum); nothing if nothing was observed.
  std::optional<metric_value> (*value)(const summary&) = nullptr;
  /// Of a map: its entries.
  std::vector<std::pair<std::string, metric_value>> (*entries)(const summary&) = nullptr;
};

[[nodiscard]] std::span<const metric_info> metric_catalogue();
[[nodiscard]] const metric_info* find_metric(std::string_view name);
/// The metric whose name is closest to a misspelt one, or empty.
[[nodiscard]] std::string_view nearest_metric(std::string_view name);

/// The number of a metric, with the value of its own map label if the filters name it.
[[nodiscard]] std::optional<metric_value>
measure(const metric_info& metric, const std::vector<label_filter>& filters, const summary& s);

/// The table that `ainur metrics` prints, and its Markdown form for the reference.
[[nodiscard]] std::string metrics_text();
[[nodiscard]] std::string metrics_markdown();
[[nodiscard]] std::string metrics_json();

} // namespace ainur::scenario
