// A summary as a table, as JSON and as CSV.
#include "ainur/scenario/report.hpp"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ainur/scenario/metrics.hpp"
#include "enum_names.hpp"

namespace ainur::scenario {

namespace {

using json = nlohmann::ordered_json;

json to_value(const metric_value& v) {
  return std::visit([](auto x) { return json(x); }, v);
}

/// Puts a value at "a.b.c".
void put(json& root, std::string_view path, json value) {
  json* at = &root;
  for (;;) {
    const auto dot = path.find('.');
    at = &(*at)[std::string{path.substr(0, dot)}];
    if (dot == std::string_view::npos)
      break;
    path.remove_prefix(dot + 1);
  }
  *at = std::move(value);
}

std::string ms(std::uint64_t micros) {
  const auto value = static_cast<double>(micros) / 1000.0;
  return value < 100 ? fmt::format("{:.2f}", value) : fmt::format("{:.0f}", value);
}

std::string share_text(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? "-"
                    : fmt::format("{:.1f} %",
                                  100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string money(std::int64_t micro) {
  const auto size =
      micro < 0 ? 0 - static_cast<std::uint64_t>(micro) : static_cast<std::uint64_t>(micro);
  return (micro < 0 ? "-" : "") + to_string(amount{size});
}

std::string counts_text(const std::map<std::string, std::uint64_t>& counts) {
  std::string out;
  for (const auto& [name, count] : counts)
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name, count);
  return out.empty() ? "none" : out;
}

/// Whole numbers in full: money is in uAINU, and six digits would not do.
std::string measured_text(double value) {
  return value == std::floor(value) && std::abs(value) < 1e15 ? fmt::format("{:.0f}", value)
                                                              : fmt::format("{:.6g}", value);
}

void latency_row(std::string& out, std::string_view name, const latency_summary& l) {
  out += fmt::format("  {:<12}{:>10}", name, l.count);
  if (l.count != 0)
    out += fmt::format("{:>12}{:>12}{:>12}{:>12}", ms(l.p50), ms(l.p95), ms(l.p99), ms(l.max));
  out += '\n';
}

void latency_rows(std::string& out, const summary& s) {
  out += fmt::format("\n{:<14}{:>10}{:>12}{:>12}{:>12}{:>12}\n", "latency, ms", "count", "p50",
                     "p95", "p99", "max");
  for (std::size_t i = 0; i < stage_count; ++i)
    latency_row(out, to_text(static_cast<stage>(i)), s.latency[i]);
  if (s.consensus.validators != 0)
    latency_row(out, "finality", s.consensus.finality);
}

void row(std::string& out, std::string_view name, const std::string& value) {
  out += fmt::format("{:<14}{}\n", name, value);
}

void market_rows(std::string& out, const summary& s) {
  const auto calls = s.tasks.submitted == 0 ? 0.0
                                            : static_cast<double>(s.messages.calls) /
                                                  static_cast<double>(s.tasks.submitted);
  row(out, "\nprices",
      fmt::format(" paid {} of budgets {} ({}); mean {}", to_string(s.price.paid_total),
                  to_string(s.price.budget_total),
                  share_text(s.price.paid_total.micro(), s.price.budget_total.micro()),
                  s.price.awards == 0
                      ? "-"
                      : to_string(amount{s.price.paid_total.micro() / s.price.awards})));
  row(out, "messages",
      fmt::format("{:.2f} calls per task; {} to guards, {} bids, {} in all", calls,
                  s.messages.guard_hops, s.messages.bids, s.messages.total));
  row(out, "outcomes",
      fmt::format("success {}, failure {}, void {}", s.outcomes.success, s.outcomes.failure,
                  s.outcomes.voided));
  if (!s.outcomes.by_cause.empty())
    row(out, "  causes", counts_text(s.outcomes.by_cause));
  row(out, "disputes",
      fmt::format("opened {}, ruled {}, defaulted {}", s.disputes.opened, s.disputes.ruled,
                  s.disputes.defaulted));
  row(out, "safety",
      fmt::format("passed {}, corrected {}, refused: {}; bypass attempts {}", s.safety.passed,
                  s.safety.corrected, counts_text(s.safety.refused), s.safety.bypass_attempts));
  for (const auto& [name, p] : s.profit)
    row(out, "profit", fmt::format("{}: {} from {} awards", name, money(p.total), p.awards));
  row(out, "faults", counts_text(s.faults));
}

void ledger_rows(std::string& out, const summary& s) {
  const auto& l = s.ledger;
  row(out, "\nledger",
      fmt::format(" height {}, {} accounts, issuance {}", l.height, l.accounts,
                  to_string(l.issuance)));
  row(out, "",
      fmt::format("escrow {}, stake {}, treasury {}", to_string(l.escrow), to_string(l.stake),
                  to_string(l.treasury)));
  row(out, "",
      fmt::format("conserved: {}; state {}", l.conserved ? "yes" : "NO",
                  to_string(l.state_hash).substr(0, 16)));
}

void consensus_rows(std::string& out, const summary& s) {
  const auto& c = s.consensus;
  if (c.validators == 0)
    return;
  row(out, "validators",
      fmt::format("{}, {} honest; agreed: {}; {} blocks in {} rounds", c.validators, c.honest,
                  c.agreed ? "yes" : "NO", c.blocks, c.rounds));
  row(out, "",
      fmt::format("equivocations {}, slashed {}, elections {}, messages {}", c.equivocations_found,
                  to_string(c.slashed_total), c.elections, c.messages));
}

json to_value(const validator_summary& v) {
  return {{"index", v.index},
          {"height", v.height},
          {"state_hash", to_string(v.state_hash)},
          {"blocks_proposed", v.blocks_proposed},
          {"rounds", v.rounds},
          {"status", v.status}};
}

} // namespace

std::string summary_text(const summary& s) {
  std::string out;
  row(out, "scenario",
      fmt::format("{} (seed {}, {} clock, {} agents){}", s.scenario, s.seed, to_text(s.clock),
                  s.agents, s.resumed ? ", since it was resumed" : ""));
  row(out, "ended by", (s.partial ? "PARTIAL: " : "") + s.ended_by);
  row(out, "time",
      fmt::format("{} in {:.2f} s of wall time, {:.0f} MiB",
                  to_string(duration{static_cast<std::int64_t>(s.virtual_s * 1e6)}), s.wall_s,
                  s.peak_rss_mib));
  const auto& t = s.tasks;
  row(out, "\ntasks",
      fmt::format(" submitted {}, completed {} ({}), refunded {}, resolved {}, rejected {}",
                  t.submitted, t.completed, share_text(t.completed, t.submitted), t.refunded,
                  t.resolved, t.rejected));
  latency_rows(out, s);
  market_rows(out, s);
  ledger_rows(out, s);
  consensus_rows(out, s);
  row(out, "trace", to_string(s.trace_hash).substr(0, 16));
  if (s.expectations.empty())
    return out;
  out += "\nexpectations\n";
  for (const auto& v : s.expectations)
    out += fmt::format("  {:<5} {:<44} {:<14} {}\n", v.pass ? "pass" : "FAIL", v.metric, v.rule,
                       v.measured ? measured_text(v.value) : "nothing measured");
  return out;
}

std::string summary_json(const summary& s) {
  json out;
  out["scenario"] = s.scenario;
  out["seed"] = s.seed;
  out["clock"] = to_text(s.clock);
  out["partial"] = s.partial;
  out["resumed"] = s.resumed;
  out["ended_by"] = s.ended_by;
  for (const auto& m : metric_catalogue()) {
    if (!m.map_label.empty()) {
      auto entries = json::object();
      for (const auto& [name, value] : m.entries(s))
        entries[name] = to_value(value);
      put(out, m.name, std::move(entries));
    } else {
      const auto value = m.value(s);
      put(out, m.name, value ? to_value(*value) : json(nullptr));
    }
  }
  out["ledger"]["state_hash"] = to_string(s.ledger.state_hash);
  auto& views = out["consensus"]["views"] = json::array();
  for (const auto& v : s.consensus.views)
    views.push_back(to_value(v));
  out["trace_hash"] = to_string(s.trace_hash);
  out["passed"] = s.passed();
  out["expectations"] = json::array();
  for (const auto& v : s.expectations)
    out["expectations"].push_back({{"metric", v.metric},
                                   {"rule", v.rule},
                                   {"value", v.measured ? json(v.value) : json(nullptr)},
                                   {"pass", v.pass}});
  out["manifest"] = {{"version", s.version}, {"seed", s.seed}, {"scenario", s.resolved_scenario}};
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string series_csv(const summary& s) {
  std::string out =
      "at_s,submitted,completed,failed,latency_ms_p50,latency_ms_p95,price_mean_uainu,"
      "reputation_mean,escrow_uainu,stake_uainu,treasury_uainu,issuance_uainu,height\n";
  for (const auto& p : s.series)
    out += fmt::format("{:.6f},{},{},{},{:.3f},{:.3f},{},{},{},{},{},{},{}\n",
                       static_cast<double>(micros(p.at)) / 1e6, p.submitted, p.completed, p.failed,
                       static_cast<double>(p.latency_p50) / 1e3,
                       static_cast<double>(p.latency_p95) / 1e3, p.price_mean, p.reputation_mean,
                       p.escrow.micro(), p.stake.micro(), p.treasury.micro(), p.issuance.micro(),
                       p.height);
  return out;
}

} // namespace ainur::scenario
