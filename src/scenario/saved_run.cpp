// Saved runs and their comparison.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ainur/scenario/errc.hpp"
#include "ainur/scenario/metrics.hpp"
#include "ainur/scenario/read.hpp"
#include "ainur/scenario/report.hpp"
#include "toml_guard.hpp"

namespace ainur::scenario {

namespace {

using json = nlohmann::json;
constexpr std::size_t summary_size_max = 64u << 20;

const json* find(const json& root, std::string_view path) {
  const json* at = &root;
  while (at != nullptr) {
    if (!at->is_object())
      return nullptr;
    const auto dot = path.find('.');
    const auto next = at->find(std::string{path.substr(0, dot)});
    at = next == at->end() ? nullptr : &*next;
    if (dot == std::string_view::npos)
      return at;
    path.remove_prefix(dot + 1);
  }
  return nullptr;
}

std::optional<double> number_of(const json& v) {
  if (v.is_boolean())
    return v.get<bool>() ? 1.0 : 0.0;
  if (v.is_number())
    return v.get<double>();
  return std::nullopt;
}

std::string text_of(const json& root, std::string_view path) {
  const auto* v = find(root, path);
  return v != nullptr && v->is_string() ? v->get<std::string>() : std::string{};
}

std::string shown(const std::optional<double>& v) {
  if (!v)
    return "-";
  return *v == std::floor(*v) && std::abs(*v) < 1e18 ? fmt::format("{:.0f}", *v)
                                                     : fmt::format("{:.4f}", *v);
}

std::string relative(const difference& d) {
  if (!d.first || !d.second || *d.first == 0)
    return "";
  return fmt::format("{:+.1f} %", 100.0 * (*d.second - *d.first) / std::abs(*d.first));
}

std::string same(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() ? "unknown" : a == b ? "the same" : "different";
}

} // namespace

result<saved_run> parse_saved_run(std::string_view text, const std::string& name) {
  // The depth first: the parser recurses.
  if (find_too_deep(text))
    return fail(errc::invalid_run, name + ": nested too deeply");
  const auto root = json::parse(text, nullptr, false);
  if (root.is_discarded() || !root.is_object())
    return fail(errc::invalid_run, name + ": is not the JSON of a run");
  saved_run out;
  out.scenario = text_of(root, "scenario");
  out.clock = text_of(root, "clock");
  out.trace_hash = text_of(root, "trace_hash");
  out.state_hash = text_of(root, "ledger.state_hash");
  out.resolved_scenario = text_of(root, "manifest.scenario");
  if (const auto* seed = find(root, "seed"); seed != nullptr && seed->is_number_unsigned())
    out.seed = seed->get<std::uint64_t>();
  const auto flag = [&root](std::string_view path) {
    const auto* v = find(root, path);
    return v != nullptr && v->is_boolean() && v->get<bool>();
  };
  out.partial = flag("partial");
  out.resumed = flag("resumed");
  for (const auto& m : metric_catalogue()) {
    const auto* v = find(root, m.name);
    if (v == nullptr)
      continue;
    if (const auto number = number_of(*v); number && m.map_label.empty())
      out.metrics.emplace_back(m.name, *number);
    if (!m.map_label.empty() && v->is_object())
      for (const auto& [key, entry] : v->items())
        if (const auto number = number_of(entry))
          out.metrics.emplace_back(fmt::format("{}{{{}={}}}", m.name, m.map_label, key), *number);
  }
  if (out.scenario.empty() || out.metrics.empty())
    return fail(errc::invalid_run, name + ": has no metrics; was it written by `ainur run --out`?");
  return out;
}

result<saved_run> load_saved_run(const std::string& folder) {
  const auto path = folder + "/summary.json";
  const auto text = read_text_file(path, summary_size_max);
  if (!text)
    return fail(text.error());
  return parse_saved_run(*text, path);
}

std::vector<difference> compare(const saved_run& first, const saved_run& second) {
  std::vector<difference> out;
  for (const auto& [name, value] : first.metrics)
    out.push_back({name, value, std::nullopt});
  for (const auto& [name, value] : second.metrics) {
    const auto at =
        std::find_if(out.begin(), out.end(), [&n = name](const auto& d) { return d.metric == n; });
    if (at != out.end())
      at->second = value;
    else
      out.push_back({name, std::nullopt, value});
  }
  return out;
}

std::string comparison_text(const saved_run& first, const saved_run& second) {
  std::string out = fmt::format("{:<36} {:>18} {:>18} {:>18}{:>11}\n", "metric", "first", "second",
                                "difference", "");
  out += fmt::format("{:<36} {:>18.18} {:>18.18}\n", "scenario", first.scenario, second.scenario);
  out += fmt::format("{:<36} {:>18} {:>18}\n", "seed", first.seed, second.seed);
  for (const auto& d : compare(first, second)) {
    const auto delta = d.first && d.second ? std::optional{*d.second - *d.first} : std::nullopt;
    out += fmt::format("{:<36} {:>18} {:>18} {:>18}{:>11}\n", d.metric, shown(d.first),
                       shown(d.second), shown(delta), relative(d));
  }
  out += fmt::format("trace: {}; ledger state: {}\n", same(first.trace_hash, second.trace_hash),
                     same(first.state_hash, second.state_hash));
  if (first.partial || second.partial)
    out += "at least one of the runs is partial\n";
  return out;
}

std::string comparison_json(const saved_run& first, const saved_run& second) {
  using ordered = nlohmann::ordered_json;
  ordered out;
  for (const auto& [name, run] : {std::pair{"first", &first}, {"second", &second}})
    out[name] = {{"scenario", run->scenario},
                 {"seed", run->seed},
                 {"trace_hash", run->trace_hash},
                 {"state_hash", run->state_hash},
                 {"partial", run->partial}};
  out["same_trace"] = !first.trace_hash.empty() && first.trace_hash == second.trace_hash;
  out["same_state"] = !first.state_hash.empty() && first.state_hash == second.state_hash;
  out["metrics"] = ordered::array();
  const auto value = [](const std::optional<double>& v) {
    return v ? ordered(*v) : ordered(nullptr);
  };
  for (const auto& d : compare(first, second)) {
    ordered entry{{"metric", d.metric}, {"first", value(d.first)}, {"second", value(d.second)}};
    const bool both = d.first && d.second;
    entry["difference"] = both ? ordered(*d.second - *d.first) : ordered(nullptr);
    entry["relative"] = both && *d.first != 0 ? ordered((*d.second - *d.first) / std::abs(*d.first))
                                              : ordered(nullptr);
    out["metrics"].push_back(std::move(entry));
  }
  return out.dump(2, ' ', false, ordered::error_handler_t::replace) + "\n";
}

} // namespace ainur::scenario
