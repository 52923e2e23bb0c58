// What a user sees of a summary: a table for terminals, JSON for programs, the time series as CSV,
// a self-contained HTML page with plots; and the comparison of two saved runs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ainur/base/error.hpp"
#include "ainur/scenario/summary.hpp"

namespace ainur::scenario {

/// For a terminal of 80 columns; ends with the expectations.
[[nodiscard]] std::string summary_text(const summary& s);

/// One object, as `ainur run --json` prints it and DIR/summary.json keeps it. What was not measured
/// is null.
[[nodiscard]] std::string summary_json(const summary& s);

/// The time series, one line a point, with a header line.
[[nodiscard]] std::string series_csv(const summary& s);

/// A page without external resources, readable in light and dark.
[[nodiscard]] std::string report_html(const summary& s);

/// The numbers of a saved summary.
struct saved_run {
  std::string scenario{};
  std::string clock{};
  std::uint64_t seed = 0;
  std::string trace_hash{};
  std::string state_hash;
  std::string resolved_scenario{};
  bool partial = false;
  bool resumed = false;
  std::vector<std::pair<std::string, double>> metrics{}; ///< in the order of the catalogue
};

/// Errors: `invalid_run`. `name` is for messages.
[[nodiscard]] result<saved_run> parse_saved_run(std::string_view json, const std::string& name);

/// DIR/summary.json. Errors: `no_file`, `too_large`, `invalid_run`.
[[nodiscard]] result<saved_run> load_saved_run(const std::string& folder);

/// One metric of two runs; nothing where a run does not have it.
struct difference {
  std::string metric{};
  std::optional<double> first{};
  std::optional<double> second{};
};

[[nodiscard]] std::vector<difference> compare(const saved_run& first, const saved_run& second);
[[nodiscard]] std::string comparison_text(const saved_run& first, const saved_run& second);
[[nodiscard]] std::string comparison_json(const saved_run& first, const saved_run& second);

} // namespace ainur::scenario
