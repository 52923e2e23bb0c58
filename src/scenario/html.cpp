// The report page: one file, plots as inline SVG, no scripts and nothing from elsewhere.
#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "ainur/base/line_chart.hpp"
#include "ainur/base/xml_text.hpp"
#include "ainur/scenario/report.hpp"

namespace ainur::scenario {

namespace {

constexpr std::string_view style = R"(<style>
:root { color-scheme: light dark; --ink: #1c1f24; --paper: #fff; --faint: #d9dce1; --soft: #6a717c;
  --a: #1f6feb; --b: #d1602b; --c: #2b8a4b; --d: #8957c9; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --paper: #14171b; --faint: #343a42;
  --soft: #9aa2ad; --a: #6ea8ff; --b: #f0966a; --c: #6fcf8f; --d: #bb9af0; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; } td, th { padding: .2rem .8rem .2rem 0; text-align: left;
  border-bottom: 1px solid var(--faint); } td.fail { color: var(--b); font-weight: 600; }
pre { overflow-x: auto; border: 1px solid var(--faint); padding: .8rem; font-size: 13px; }
svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: var(--soft); }
.grid { stroke: var(--faint); stroke-width: 1; } .line { fill: none; stroke-width: 1.8; }
.key { margin-right: 1.2rem; } .key::before { content: ""; display: inline-block; width: .9em;
  height: .25em; margin-right: .4em; vertical-align: middle; background: var(--key); }
</style>
)";

struct line {
  std::string name;
  std::string colour;
  std::function<double(const series_point&)> value;
};

std::string time_text(double seconds) {
  if (seconds >= 2 * 86'400)
    return fmt::format("{:.3g} d", seconds / 86'400);
  if (seconds >= 2 * 3'600)
    return fmt::format("{:.3g} h", seconds / 3'600);
  return seconds >= 120 ? fmt::format("{:.3g} min", seconds / 60)
                        : fmt::format("{:.3g} s", seconds);
}

std::string plot(const std::string& title, const std::string& unit,
                 const std::vector<series_point>& points, const std::vector<line>& lines) {
  auto out = fmt::format("<h2>{}{}</h2>\n<p>", xml_escaped(title),
                         unit.empty() ? "" : ", " + xml_escaped(unit));
  for (const auto& l : lines)
    out += fmt::format("<span class=\"key\" style=\"--key: var(--{})\">{}</span>", l.colour,
                       xml_escaped(l.name));
  line_chart chart{.title = title, .x_text = time_text};
  for (const auto& l : lines) {
    auto& drawn = chart.lines.emplace_back(
        chart_line{.name = l.name, .colour = fmt::format("var(--{})", l.colour)});
    for (const auto& p : points)
      drawn.points.emplace_back(static_cast<double>(micros(p.at)) / 1e6, l.value(p));
  }
  return out + "</p>\n" + draw_line_chart(chart);
}

std::string plots(const summary& s) {
  const auto& points = s.series;
  if (points.size() < 2)
    return "<p>The run was too short for plots.</p>\n";
  const double interval = static_cast<double>(micros(points[1].at - points[0].at)) / 1e6;
  const auto rate = [interval](std::uint64_t series_point::*m) {
    return [interval, m](const series_point& p) { return static_cast<double>(p.*m) / interval; };
  };
  const auto scaled = [](std::uint64_t series_point::*m, double by) {
    return [m, by](const series_point& p) { return static_cast<double>(p.*m) / by; };
  };
  const auto ainu = [](amount series_point::*m) {
    return [m](const series_point& p) { return static_cast<double>((p.*m).micro()) / 1e6; };
  };
  using p = series_point;
  std::string out = plot("Throughput", "tasks per second", points,
                         {{"submitted", "a", rate(&p::submitted)},
                          {"completed", "c", rate(&p::completed)},
                          {"not completed", "b", rate(&p::failed)}});
  out += plot("Latency from submission to the final state", "seconds", points,
              {{"median", "a", scaled(&p::latency_p50, 1e6)},
               {"95th percentile", "b", scaled(&p::latency_p95, 1e6)}});
  out +=
      plot("Mean price of an award", "AINU", points, {{"price", "d", scaled(&p::price_mean, 1e6)}});
  out += plot("Mean reputation of bonded agents", "", points,
              {{"reputation", "c", scaled(&p::reputation_mean, 1)}});
  out += plot("Ledger: escrow and treasury", "AINU", points,
              {{"escrow", "a", ainu(&p::escrow)}, {"treasury", "d", ainu(&p::treasury)}});
  out += plot("Ledger: issuance and stake", "AINU", points,
              {{"issuance", "c", ainu(&p::issuance)}, {"stake", "b", ainu(&p::stake)}});
  return out;
}

/// What each validator came to; nothing if there are none.
std::string validators_table(const consensus_summary& c) {
  if (c.views.empty())
    return {};
  std::string out = "<h2>Validators</h2>\n<table>\n<tr><th>validator</th><th>status</th>"
                    "<th>height</th><th>state</th><th>blocks proposed</th><th>rounds</th></tr>\n";
  for (const auto& v : c.views)
    out += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>"
                       "</tr>\n",
                       v.index, xml_escaped(v.status), v.height,
                       to_string(v.state_hash).substr(0, 16), v.blocks_proposed, v.rounds);
  return out + "</table>\n";
}

} // namespace

std::string report_html(const summary& s) {
  auto out =
      fmt::format("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<title>{0}</title>\n{1}</head>\n<body>\n<h1>{0}{2}</h1>\n",
                  xml_escaped(s.scenario), style,
                  s.partial ? " (partial: " + xml_escaped(s.ended_by) + ")" : "");
  out += fmt::format("<p>Seed {}, {} clock, {} agents, {} of {} tasks completed.</p>\n", s.seed,
                     to_text(s.clock), s.agents, s.tasks.completed, s.tasks.submitted);
  if (!s.expectations.empty()) {
    out += "<h2>Expectations</h2>\n<table>\n<tr><th>metric</th><th>rule</th><th>value</th><th></"
           "th></tr>\n";
    for (const auto& v : s.expectations)
      out += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"{}\">{}</td></tr>\n",
                         xml_escaped(v.metric), xml_escaped(v.rule),
                         v.measured ? fmt::format("{:.6g}", v.value) : "nothing measured",
                         v.pass ? "pass" : "fail", v.pass ? "pass" : "FAIL");
    out += "</table>\n";
  }
  out += plots(s);
  out += validators_table(s.consensus);
  out += "<h2>Summary</h2>\n<pre>" + xml_escaped(summary_text(s)) + "</pre>\n";
  out += "<details><summary>Resolved scenario</summary>\n<pre>" + xml_escaped(s.resolved_scenario) +
         "</pre></details>\n";
  return out + "</body>\n</html>\n";
}

} // namespace ainur::scenario
