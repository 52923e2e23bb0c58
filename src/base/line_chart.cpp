#include "ainur/base/line_chart.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "ainur/base/xml_text.hpp"

namespace ainur {

namespace {

constexpr double width = 900;
constexpr double height = 240;
constexpr double left = 60;
constexpr double right = 10;
constexpr double bottom = 24;
constexpr double top = 10;
constexpr std::size_t points_max = 900; // of a line; more do not show

/// A round number at or above `x`: 1, 2 or 5 times a power of ten.
double round_up(double x) {
  double step = 1e-6;
  for (;;)
    for (const double factor : {1.0, 2.0, 5.0, 10.0}) {
      if (step * factor >= x)
        return step * factor;
      if (factor == 10.0)
        step *= 10;
    }
}

std::string short_number(double x) {
  if (x >= 1e9)
    return fmt::format("{:g}G", x / 1e9);
  if (x >= 1e6)
    return fmt::format("{:g}M", x / 1e6);
  return x >= 1e4 ? fmt::format("{:g}k", x / 1e3) : fmt::format("{:.4g}", x);
}

/// What stands inside the svg element.
std::string content(const line_chart& chart) {
  double most = 0;
  double end = 1e-6;
  for (const auto& l : chart.lines)
    for (const auto& [px, py] : l.points) {
      most = std::max(most, py);
      end = std::max(end, px);
    }
  most = chart.y_most > 0 ? chart.y_most : round_up(std::max(most, 1e-6));
  const auto x = [&](double v) { return left + (width - left - right) * v / end; };
  const auto y = [&](double v) {
    return height - bottom - (height - bottom - top) * std::min(v, most) / most;
  };
  std::string out;
  for (int i = 0; i <= 4; ++i) {
    const double v = most * i / 4;
    out += fmt::format("<line class=\"grid\" x1=\"{:g}\" x2=\"{:g}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
                       "<text x=\"{:g}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
                       left, width - right, y(v), y(v), left - 6, y(v) + 4, short_number(v));
    const double at = end * i / 4;
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:g}\" text-anchor=\"{}\">{}</text>\n", x(at),
                       height - 6, i == 4 ? "end" : "middle",
                       chart.x_text ? chart.x_text(at) : short_number(at));
  }
  for (const auto& l : chart.lines) {
    out += fmt::format("<polyline class=\"line\" fill=\"none\" stroke=\"{}\" points=\"", l.colour);
    const auto every = l.points.size() / points_max + 1;
    for (std::size_t i = 0; i < l.points.size(); i += every)
      out += fmt::format("{:.1f},{:.1f} ", x(l.points[i].first), y(l.points[i].second));
    out += "\"/>\n";
  }
  return out;
}

} // namespace

std::string draw_line_chart(const line_chart& chart) {
  return fmt::format("<svg viewBox=\"0 0 {:g} {:g}\" role=\"img\" aria-label=\"{}\">\n", width,
                     height, xml_escaped(chart.title)) +
         content(chart) + "</svg>\n";
}

std::string line_chart_file(const line_chart& chart) {
  constexpr double head = 46;
  constexpr double foot = 20;
  auto out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:g} {1:g}\" width=\"{0:g}\" "
      "height=\"{1:g}\" font-family=\"sans-serif\" font-size=\"11\">\n"
      "<style>.grid {{ stroke: #dddddd }} .line {{ stroke-width: 1.5 }}</style>\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
      "<text x=\"{2:g}\" y=\"18\" font-size=\"14\">{3}</text>\n",
      width, height + head + foot, left, xml_escaped(chart.title));
  double at = left;
  for (const auto& l : chart.lines) {
    out += fmt::format("<line x1=\"{0:g}\" x2=\"{1:g}\" y1=\"32\" y2=\"32\" stroke=\"{2}\" "
                       "stroke-width=\"3\"/><text x=\"{3:g}\" y=\"36\">{4}</text>\n",
                       at, at + 18, l.colour, at + 23, xml_escaped(l.name));
    at += 40 + 6.5 * static_cast<double>(l.name.size());
  }
  out += fmt::format("<g transform=\"translate(0 {:g})\">\n", head) + content(chart) + "</g>\n";
  out += fmt::format("<text x=\"{:g}\" y=\"{:g}\" text-anchor=\"middle\">{}</text>\n",
                     (left + width) / 2, height + head + foot - 6, xml_escaped(chart.x_label));
  out += fmt::format("<text transform=\"translate(14 {:g}) rotate(-90)\" "
                     "text-anchor=\"middle\">{}</text>\n",
                     head + height / 2, xml_escaped(chart.y_label));
  return out + "</svg>\n";
}

std::string chart_colour(std::size_t index) {
  static constexpr std::array colours{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                      "#56b4e9", "#e69f00", "#000000", "#999999"};
  return colours[index % colours.size()];
}

} // namespace ainur
