// Line charts as SVG: for reports in HTML, which bring colours and fonts of their own, and as files
// of their own. Values; pure; thread-safe.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace ainur {

struct chart_line {
  std::string name;
  std::string colour;                            ///< CSS
  std::vector<std::pair<double, double>> points; ///< x rising
};

struct line_chart {
  std::string title;
  std::string x_label; ///< shown in files only
  std::string y_label; ///< shown in files only
  std::vector<chart_line> lines;
  std::function<std::string(double)> x_text; ///< of a value of x; as a short number by default
  double y_most = 0;                         ///< what is above is cut off; 0: nothing is
};

/// The svg element alone. Styles of the classes `grid` and `line` are the caller's.
[[nodiscard]] std::string draw_line_chart(const line_chart& chart);
/// A whole SVG file with title, legend and axes.
[[nodiscard]] std::string line_chart_file(const line_chart& chart);

/// Colours that are told apart, also by those who see few; again from the start after eight.
[[nodiscard]] std::string chart_colour(std::size_t index);

} // namespace ainur
