#include "ainur/scenario/workload.hpp"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "ainur/scenario/errc.hpp"
#include "enum_names.hpp"

namespace ainur::scenario {

namespace {

std::string list(const std::vector<std::string>& names, std::string_view between = "/") {
  std::string out;
  for (const auto& n : names)
    out.append(out.empty() ? "" : between).append(n);
  return out;
}

std::string rule(row_rule r, const std::string& replacement) {
  switch (r) {
  case row_rule::keep:
    return "kept";
  case row_rule::replace:
    return "replaced by " + replacement;
  case row_rule::skip:
    return "skipped";
  case row_rule::refuse:
    return "refused";
  }
  return {};
}

void explain_csv(std::vector<std::string>& out, const workload_config& w) {
  const auto& m = w.csv;
  out.push_back(fmt::format("time of submission: column {} ({})", m.time,
                            names_of<time_format>[static_cast<std::size_t>(m.format)]));
  out.push_back(m.client.empty() ? "client: one for all" : "client: " + list(m.client));
  out.push_back(m.capability.empty() ? "capability: always " + m.capability_default
                                     : "capability: " + list(m.capability));
  std::string work;
  for (const auto& t : m.work)
    work +=
        fmt::format("{}{} x {}", work.empty() ? "" : " + ", t.column, ainur::to_string(t.per_unit));
  out.push_back("work: " + (work.empty() ? "unknown" : work));
  if (!m.outcome.empty())
    out.push_back(
        fmt::format("outcome: column {}; success: {}; failure: {}; cancelled: {}; unfinished: {}",
                    m.outcome, list(m.success, ", "), list(m.failure, ", "),
                    list(m.cancelled, ", "), list(m.unfinished, ", ")));
  if (!m.size.empty())
    out.push_back("size: column " + m.size + ", in bytes");
}

void explain_swf(std::vector<std::string>& out, const workload_config& w) {
  const auto& m = w.swf;
  out.push_back("time of submission: field 2, in seconds");
  out.push_back(m.client.empty() ? "client: one for all" : "client: " + list(m.client));
  out.push_back(m.capability.empty() ? "capability: always work"
                                     : "capability: " + list(m.capability));
  out.push_back(m.work == swf_work::run_time ? "work: the run time (field 4)"
                                             : "work: the run time (field 4) times the processors");
  out.push_back(
      "outcome: status (field 11): 1 success, 0 failure, 5 cancelled, 2 to 4 parts of a job "
      "(unfinished), -1 unknown");
}

/// A trace that knows no clients is spread over those of the scenario, by the seed.
void spread_clients(const config& scenario, workload& w) {
  if (w.clients.size() != 1 || scenario.clients.count <= 1)
    return;
  auto random = rng{scenario.seed}.split("workload clients");
  w.clients.clear();
  for (std::uint64_t i = 0; i < scenario.clients.count; ++i)
    w.clients.push_back(fmt::format("client-{}", i));
  for (auto& r : w.requests)
    r.client = static_cast<std::uint32_t>(random.below(scenario.clients.count));
}

} // namespace

namespace {

/// Timers count in nanoseconds of 64 bits; a trace of more than this is in another unit anyway.
constexpr duration time_max = std::chrono::hours{24 * 365 * 100};

result<void> check_times(const workload& w, const std::string& path) {
  for (std::size_t i = 0; i < w.requests.size(); ++i) {
    const auto& r = w.requests[i];
    const auto arrives_late = r.at > time_max;
    if (!arrives_late && r.work <= time_max)
      continue;
    return fail(errc::invalid_workload,
                fmt::format("{}: request {} of {} {} {}; at most 100 years: check the unit of its "
                            "column",
                            path, i + 1, w.requests.size(), arrives_late ? "arrives at" : "takes",
                            ainur::to_string(arrives_late ? r.at : r.work)));
  }
  return {};
}

} // namespace

result<workload> load_workload(const config& scenario, const std::string& base_folder,
                               const std::optional<std::string>& file) {
  const auto& w = scenario.workload;
  if (w.source == workload_source::synthetic) {
    if (file)
      return fail(
          errc::invalid_workload,
          "the scenario makes its own tasks; set workload.source to \"csv\" or \"swf\" to read " +
              *file);
    return make_synthetic(scenario);
  }
  if (!file && w.file.empty())
    return fail(errc::no_file,
                "the scenario names no trace: give --workload FILE or set workload.file");
  const auto path = file ? std::filesystem::path{*file}
                         : std::filesystem::path{base_folder} / std::filesystem::path{w.file};
  std::ifstream in{path, std::ios::binary};
  std::error_code code;
  if (!in || std::filesystem::is_directory(path, code))
    return fail(errc::no_file, path.string() + ": check the path and its permissions");
  const byte_source next = [&in](char* buffer, std::size_t size) -> std::ptrdiff_t {
    in.read(buffer, static_cast<std::streamsize>(size));
    return in.bad() ? -1 : in.gcount();
  };
  auto loaded = w.source == workload_source::csv ? read_csv(w, path.string(), next)
                                                 : read_swf(w, path.string(), next);
  if (!loaded)
    return loaded;
  if (auto ok = check_times(*loaded, path.string()); !ok)
    return fail(std::move(ok).error());
  spread_clients(scenario, *loaded);
  return loaded;
}

std::vector<std::string> explain(const workload_config& rules, const workload& w) {
  std::vector<std::string> out;
  if (rules.source == workload_source::csv)
    explain_csv(out, rules);
  else if (rules.source == workload_source::swf)
    explain_swf(out, rules);
  const auto& c = w.counts;
  const auto default_work = ainur::to_string(rules.work_default);
  const auto line = [&](std::string_view what, std::uint64_t count, const std::string& how) {
    out.push_back(fmt::format("{}: {} ({})", what, count, how));
  };
  if (rules.source != workload_source::synthetic) {
    line("rows", c.rows, fmt::format("{} taken, {} skipped", c.taken, c.skipped));
    line("rows that cannot be read", c.malformed,
         rules.malformed_max.ppm == 0
             ? "none may be"
             : fmt::format("skipped, at most {} %",
                           static_cast<double>(rules.malformed_max.ppm) / 1e4));
    line("rows that never finished", c.unfinished, rule(rules.unfinished, "work " + default_work));
    line("rows without work", c.work_missing, rule(rules.work_missing, default_work));
    line("rows without client", c.client_missing, rule(rules.client_missing, "\"unknown\""));
    line("rows without capability", c.capability_missing,
         rule(rules.capability_missing, "\"" + rules.csv.capability_default + "\""));
    line("rows equal to the row before", c.duplicates, rule(rules.duplicates, "nothing"));
    line("rows earlier than a row before", c.out_of_order,
         rules.out_of_order == order_rule::sort   ? "sorted"
         : rules.out_of_order == order_rule::skip ? "skipped"
                                                  : "refused");
    line("rows of unknown outcome", c.outcome_unknown, "reliability and faults decide");
  }
  const auto span = w.requests.empty() ? duration{} : w.requests.back().at;
  out.push_back(fmt::format("requests: {} over {}, {} capabilities, {} clients", w.requests.size(),
                            ainur::to_string(span), w.capabilities.size(), w.clients.size()));
  if (rules.speedup.ppm != ratio::one)
    out.push_back(fmt::format("arrivals come {} times faster than recorded",
                              static_cast<double>(rules.speedup.ppm) / 1e6));
  return out;
}

} // namespace ainur::scenario
