#include "ainur/scenario/expectation.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "ainur/scenario/errc.hpp"

namespace ainur::scenario {

namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

constexpr std::string_view rule_help =
    "a rule is like \"< 200\", \">= 0.95\", \"== 1\", \"!= 0\", \"== true\" or \"200..300\"";

result<double> number_of(std::string_view text) {
  text = trim(text);
  if (text == "true" || text == "false")
    return text == "true" ? 1.0 : 0.0;
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
    return fail(errc::invalid_scenario, std::string{rule_help});
  return value;
}

struct op_name {
  std::string_view text;
  comparison op;
};

// The longer spelling first, so that "<=" is not read as "<".
constexpr std::array<op_name, 7> ops{{{"<=", comparison::less_equal},
                                      {">=", comparison::greater_equal},
                                      {"==", comparison::equal},
                                      {"!=", comparison::not_equal},
                                      {"<", comparison::less},
                                      {">", comparison::greater},
                                      {"=", comparison::equal}}};

result<void> parse_rule(std::string_view rule, expectation& out) {
  rule = trim(rule);
  out.rule = rule;
  const auto number_into = [](std::string_view text, double& to) -> result<void> {
    const auto n = number_of(text);
    if (!n)
      return fail(n.error());
    to = *n;
    return {};
  };
  for (const auto& [text, op] : ops)
    if (rule.starts_with(text)) {
      out.op = op;
      return number_into(rule.substr(text.size()), out.bound);
    }
  const auto dots = rule.find("..");
  if (dots == std::string_view::npos)
    return fail(errc::invalid_scenario, std::string{rule_help});
  out.op = comparison::range;
  if (auto low = number_into(rule.substr(0, dots), out.bound); !low)
    return low;
  if (auto high = number_into(rule.substr(dots + 2), out.bound_high); !high)
    return high;
  if (out.bound > out.bound_high)
    return fail(errc::invalid_scenario, "the range ends before it begins");
  return {};
}

result<void> parse_filters(std::string_view text, const metric_info& metric, expectation& out) {
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto part = trim(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    const auto equals = part.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == part.size())
      return fail(errc::invalid_scenario, "a filter is like {capability=nlp}");
    const auto label = trim(part.substr(0, equals));
    if (std::find(metric.labels.begin(), metric.labels.end(), label) == metric.labels.end()) {
      std::string valid;
      for (const auto l : metric.labels)
        valid.append(valid.empty() ? "" : ", ").append(l);
      return fail(errc::invalid_scenario,
                  std::string{metric.name} + " has no label \"" + std::string{label.substr(0, 64)} +
                      "\" (" + (valid.empty() ? "it has none" : "it has " + valid) + ")");
    }
    for (const auto& f : out.filters)
      if (f.label == label)
        return fail(errc::invalid_scenario, "the label " + f.label + " is given twice");
    out.filters.push_back({std::string{label}, std::string{trim(part.substr(equals + 1))}});
  }
  return {};
}

} // namespace

result<expectation> parse_expectation(std::string_view metric, std::string_view rule) {
  expectation out;
  const auto brace = metric.find('{');
  const auto name = trim(metric.substr(0, brace));
  const auto* info = find_metric(name);
  if (info == nullptr) {
    const auto close = nearest_metric(name);
    return fail(errc::unknown_metric,
                "there is no metric \"" + std::string{name.substr(0, 128)} + "\"" +
                    (close.empty() ? "; see `ainur metrics`"
                                   : "; did you mean \"" + std::string{close} + "\"?"));
  }
  out.metric = name;
  if (brace != std::string_view::npos) {
    const auto tail = trim(metric.substr(brace));
    if (tail.size() < 2 || tail.back() != '}')
      return fail(errc::invalid_scenario, "a filter ends with }");
    if (auto filters = parse_filters(tail.substr(1, tail.size() - 2), *info, out); !filters)
      return fail(filters.error());
  }
  if (auto parsed = parse_rule(rule, out); !parsed)
    return fail(parsed.error());
  return out;
}

std::string metric_text(const expectation& e) {
  std::string out = e.metric;
  for (std::size_t i = 0; i < e.filters.size(); ++i)
    out.append(i == 0 ? "{" : ",")
        .append(e.filters[i].label)
        .append("=")
        .append(e.filters[i].value);
  return e.filters.empty() ? out : out + "}";
}

bool holds(const expectation& e, double value) noexcept {
  switch (e.op) {
  case comparison::less:
    return value < e.bound;
  case comparison::less_equal:
    return value <= e.bound;
  case comparison::greater:
    return value > e.bound;
  case comparison::greater_equal:
    return value >= e.bound;
  case comparison::equal:
    return value == e.bound;
  case comparison::not_equal:
    return value != e.bound;
  case comparison::range:
    return value >= e.bound && value <= e.bound_high;
  }
  return false;
}

verdict judge(const expectation& e, const std::optional<metric_value>& value) {
  verdict v{.metric = metric_text(e), .rule = e.rule};
  v.measured = value.has_value();
  v.value = value ? to_number(*value) : 0;
  v.pass = v.measured && holds(e, v.value);
  return v;
}

} // namespace ainur::scenario
