#include "ainur/scenario/metrics.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ainur/base/nearest.hpp"
#include "ainur/scenario/schema.hpp"

namespace ainur::scenario {

namespace {

using entry_list = std::vector<std::pair<std::string, metric_value>>;
using maybe = std::optional<metric_value>;

constexpr std::array<std::string_view, 1> by_capability{"capability"};
constexpr std::array<std::string_view, 3> by_award{"capability", "population", "strategy"};
constexpr std::array<std::string_view, 4> by_cause{"cause", "capability", "population", "strategy"};
constexpr std::array<std::string_view, 4> by_constraint{"constraint", "capability", "population",
                                                        "strategy"};
constexpr std::array<std::string_view, 1> by_kind{"kind"};

maybe share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0)
    return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

template <stage S, std::uint64_t latency_summary::*Member>
maybe latency_of(const summary& s) {
  const auto& l = s.latency[static_cast<std::size_t>(S)];
  if (l.count == 0)
    return std::nullopt;
  return static_cast<double>(l.*Member) / 1000.0;
}

template <std::uint64_t latency_summary::*Member>
maybe finality_of(const summary& s) {
  if (s.consensus.validators == 0 || s.consensus.finality.count == 0)
    return std::nullopt;
  return static_cast<double>(s.consensus.finality.*Member) / 1000.0;
}

std::uint64_t sum_of(const std::map<std::string, std::uint64_t>& m) {
  std::uint64_t sum = 0;
  for (const auto& [name, count] : m)
    sum += count;
  return sum;
}

entry_list list_of(const std::map<std::string, std::uint64_t>& m) {
  entry_list out;
  for (const auto& [name, count] : m)
    out.emplace_back(name, count);
  return out;
}

#define AINUR_COUNT(expression) [](const summary& s) -> maybe { return metric_value{expression}; }
#define AINUR_CONSENSUS(name, unit, meaning, expression)                                           \
  {                                                                                                \
    "consensus." name, unit, meaning, {}, {}, [](const summary& s) -> maybe {                      \
      if (s.consensus.validators == 0)                                                             \
        return std::nullopt;                                                                       \
      return metric_value{expression};                                                             \
    }                                                                                              \
  }
#define AINUR_LATENCY(stage_name, meaning)                                                         \
  {"latency_ms." #stage_name ".p50",                                                               \
   "ms",                                                                                           \
   meaning ": median",                                                                             \
   by_award,                                                                                       \
   {},                                                                                             \
   latency_of<stage::stage_name, &latency_summary::p50>},                                          \
      {"latency_ms." #stage_name ".p95",                                                           \
       "ms",                                                                                       \
       meaning ": 95th percentile",                                                                \
       by_award,                                                                                   \
       {},                                                                                         \
       latency_of<stage::stage_name, &latency_summary::p95>},                                      \
      {"latency_ms." #stage_name ".p99",                                                           \
       "ms",                                                                                       \
       meaning ": 99th percentile",                                                                \
       by_award,                                                                                   \
       {},                                                                                         \
       latency_of<stage::stage_name, &latency_summary::p99>},                                      \
      {"latency_ms." #stage_name ".mean",                                                          \
       "ms",                                                                                       \
       meaning ": mean",                                                                           \
       by_award,                                                                                   \
       {},                                                                                         \
       latency_of<stage::stage_name, &latency_summary::mean>},                                     \
  {                                                                                                \
    "latency_ms." #stage_name ".max", "ms", meaning ": longest", by_award, {},                     \
        latency_of<stage::stage_name, &latency_summary::max>                                       \
  }

// Order is that of the JSON and of `ainur metrics`.
const std::vector<metric_info>& table() {
  static const std::vector<metric_info> all{
      {"tasks.submitted",
       "tasks",
       "submitted by clients",
       by_capability,
       {},
       AINUR_COUNT(s.tasks.submitted)},
      {"tasks.completed",
       "tasks",
       "final state completed: done and paid",
       by_award,
       {},
       AINUR_COUNT(s.tasks.completed)},
      {"tasks.refunded",
       "tasks",
       "final state refunded: the client has its money back",
       by_award,
       {},
       AINUR_COUNT(s.tasks.refunded)},
      {"tasks.resolved",
       "tasks",
       "final state resolved: a dispute ended it",
       by_award,
       {},
       AINUR_COUNT(s.tasks.resolved)},
      {"tasks.rejected",
       "tasks",
       "final state rejected: never taken in",
       by_award,
       {},
       AINUR_COUNT(s.tasks.rejected)},
      {"tasks.completed_share",
       "",
       "completed of submitted",
       by_capability,
       {},
       [](const summary& s) { return share(s.tasks.completed, s.tasks.submitted); }},
      {"tasks.per_s",
       "tasks/s",
       "completed per second of the run's clock",
       by_award,
       {},
       [](const summary& s) -> maybe {
         if (s.virtual_s <= 0)
           return std::nullopt;
         return static_cast<double>(s.tasks.completed) / s.virtual_s;
       }},
      AINUR_LATENCY(submission, "from submission to its place on the ledger"),
      AINUR_LATENCY(discovery, "from there to the agents to ask"),
      AINUR_LATENCY(auction, "from the first call for proposals to the award"),
      AINUR_LATENCY(execution, "from the award to the posted result"),
      AINUR_LATENCY(settlement, "from the result to payment, refund or ruling"),
      AINUR_LATENCY(total, "from submission to the final state"),
      {"outcomes.success",
       "awards",
       "delivered and paid",
       by_award,
       {},
       AINUR_COUNT(s.outcomes.success)},
      {"outcomes.failure",
       "awards",
       "failed by the agent",
       by_award,
       {},
       AINUR_COUNT(s.outcomes.failure)},
      {"outcomes.void",
       "awards",
       "ended without anyone's fault",
       by_award,
       {},
       AINUR_COUNT(s.outcomes.voided)},
      {"outcomes.by_cause", "awards", "failures and voids by their cause", by_cause, "cause",
       AINUR_COUNT(sum_of(s.outcomes.by_cause)),
       [](const summary& s) { return list_of(s.outcomes.by_cause); }},
      {"outcomes.success_share",
       "",
       "success of success and failure",
       by_award,
       {},
       [](const summary& s) {
         return share(s.outcomes.success, s.outcomes.success + s.outcomes.failure);
       }},
      {"disputes.opened",
       "disputes",
       "opened by clients",
       by_award,
       {},
       AINUR_COUNT(s.disputes.opened)},
      {"disputes.ruled",
       "disputes",
       "ruled by arbiters",
       by_award,
       {},
       AINUR_COUNT(s.disputes.ruled)},
      {"disputes.defaulted",
       "disputes",
       "ended without a ruling",
       by_award,
       {},
       AINUR_COUNT(s.disputes.defaulted)},
      {"profit", "uAINU", "earned by agents less costs and slashes, by strategy", by_award,
       "strategy",
       [](const summary& s) -> maybe {
         std::int64_t sum = 0;
         for (const auto& [name, p] : s.profit)
           sum += p.total;
         return metric_value{sum};
       },
       [](const summary& s) {
         entry_list out;
         for (const auto& [name, p] : s.profit)
           out.emplace_back(name, p.total);
         return out;
       }},
      {"faults", "faults", "injected, by kind", by_kind, "kind", AINUR_COUNT(sum_of(s.faults)),
       [](const summary& s) { return list_of(s.faults); }},
      {"messages_per_task",
       "messages",
       "calls for proposals delivered to agents, per submitted task",
       {},
       {},
       [](const summary& s) { return share(s.messages.calls, s.tasks.submitted); }},
      {"messages.calls",
       "messages",
       "calls for proposals delivered to agents",
       {},
       {},
       AINUR_COUNT(s.messages.calls)},
      {"messages.guard_hops",
       "messages",
       "between orchestrators and guards",
       {},
       {},
       AINUR_COUNT(s.messages.guard_hops)},
      {"messages.bids", "messages", "bids sent by agents", {}, {}, AINUR_COUNT(s.messages.bids)},
      {"messages.total",
       "messages",
       "all messages of the market",
       {},
       {},
       AINUR_COUNT(s.messages.total)},
      {"price.paid_total",
       "uAINU",
       "paid to agents",
       by_award,
       {},
       AINUR_COUNT(s.price.paid_total.micro())},
      {"price.budget_total",
       "uAINU",
       "budgets of the tasks that were paid",
       by_award,
       {},
       AINUR_COUNT(s.price.budget_total.micro())},
      {"price.mean",
       "uAINU",
       "paid per successful award",
       by_award,
       {},
       [](const summary& s) { return share(s.price.paid_total.micro(), s.price.awards); }},
      {"price.paid_share",
       "",
       "paid of the budgets",
       by_award,
       {},
       [](const summary& s) {
         return share(s.price.paid_total.micro(), s.price.budget_total.micro());
       }},
      {"safety.passed",
       "actions",
       "passed by guards as they were",
       by_award,
       {},
       AINUR_COUNT(s.safety.passed)},
      {"safety.corrected",
       "actions",
       "moved by guards to the nearest safe action",
       by_award,
       {},
       AINUR_COUNT(s.safety.corrected)},
      {"safety.refused", "actions", "refused by guards, by constraint", by_constraint, "constraint",
       AINUR_COUNT(sum_of(s.safety.refused)),
       [](const summary& s) { return list_of(s.safety.refused); }},
      {"safety.bypass_attempts",
       "actions",
       "sent past a guard and ignored",
       by_award,
       {},
       AINUR_COUNT(s.safety.bypass_attempts)},
      {"ledger.height", "blocks", "of the ledger at the end", {}, {}, AINUR_COUNT(s.ledger.height)},
      {"ledger.issuance",
       "uAINU",
       "all money there is",
       {},
       {},
       AINUR_COUNT(s.ledger.issuance.micro())},
      {"ledger.accounts", "accounts", "at the end", {}, {}, AINUR_COUNT(s.ledger.accounts)},
      {"ledger.escrow",
       "uAINU",
       "still held in escrow at the end",
       {},
       {},
       AINUR_COUNT(s.ledger.escrow.micro())},
      {"ledger.stake", "uAINU", "bonded at the end", {}, {}, AINUR_COUNT(s.ledger.stake.micro())},
      {"ledger.treasury",
       "uAINU",
       "of the treasury at the end",
       {},
       {},
       AINUR_COUNT(s.ledger.treasury.micro())},
      {"ledger.conserved",
       "",
       "true if issuance equals everything held, at every block",
       {},
       {},
       AINUR_COUNT(s.ledger.conserved)},
      AINUR_CONSENSUS("validators", "validators",
                      "that agree on blocks; with a single authority nothing of them is measured",
                      s.consensus.validators),
      AINUR_CONSENSUS("honest", "validators", "that ran no byzantine fault", s.consensus.honest),
      AINUR_CONSENSUS("blocks", "blocks", "agreed on", s.consensus.blocks),
      AINUR_CONSENSUS("rounds", "rounds", "that agreeing on all blocks took", s.consensus.rounds),
      {"consensus.finality_ms.p50",
       "ms",
       "from the submission of a batch to its final block: median",
       {},
       {},
       finality_of<&latency_summary::p50>},
      {"consensus.finality_ms.p95",
       "ms",
       "from the submission of a batch to its final block: 95th percentile",
       {},
       {},
       finality_of<&latency_summary::p95>},
      {"consensus.finality_ms.p99",
       "ms",
       "from the submission of a batch to its final block: 99th percentile",
       {},
       {},
       finality_of<&latency_summary::p99>},
      AINUR_CONSENSUS("agreed", "",
                      "true if every honest validator that is not behind holds the same state",
                      s.consensus.agreed),
      AINUR_CONSENSUS("equivocations_found", "equivocations",
                      "two statements of a validator for one step, proven to the ledger",
                      s.consensus.equivocations_found),
      AINUR_CONSENSUS("slashed_total", "uAINU", "of the stake of validators and nominators",
                      s.consensus.slashed_total.micro()),
      AINUR_CONSENSUS("elections", "elections", "of validators", s.consensus.elections),
      AINUR_CONSENSUS("messages", "messages", "between validators", s.consensus.messages),
      {"agents", "agents", "in the run", {}, {}, AINUR_COUNT(s.agents)},
      {"wall_s", "s", "wall time of the run", {}, {}, AINUR_COUNT(s.wall_s)},
      {"virtual_s",
       "s",
       "time of the run's clock (of a window: its length)",
       {},
       {},
       AINUR_COUNT(s.virtual_s)},
      {"peak_rss_mib", "MiB", "largest memory of the process", {}, {}, AINUR_COUNT(s.peak_rss_mib)},
  };
  return all;
}

#undef AINUR_CONSENSUS
#undef AINUR_COUNT
#undef AINUR_LATENCY

std::string label_text(const metric_info& m) {
  std::string out;
  for (const auto l : m.labels)
    out.append(out.empty() ? "" : ", ").append(l);
  return out;
}

} // namespace

double to_number(const metric_value& v) noexcept {
  return std::visit([](auto x) { return static_cast<double>(x); }, v);
}

std::span<const metric_info> metric_catalogue() {
  return table();
}

const metric_info* find_metric(std::string_view name) {
  for (const auto& m : table())
    if (m.name == name)
      return &m;
  return nullptr;
}

std::string_view nearest_metric(std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& m : table())
    names.push_back(m.name);
  return nearest(name, names);
}

std::optional<metric_value> measure(const metric_info& metric,
                                    const std::vector<label_filter>& filters, const summary& s) {
  if (!metric.map_label.empty())
    for (const auto& f : filters)
      if (f.label == metric.map_label) {
        for (const auto& [name, value] : metric.entries(s))
          if (name == f.value)
            return value;
        return metric_value{std::uint64_t{0}};
      }
  return metric.value(s);
}

std::string metrics_text() {
  std::string out = fmt::format("{:<30} {:<13} {}\n", "metric", "unit", "meaning");
  for (const auto& m : table()) {
    out += fmt::format("{:<30} {:<13} {}", m.name, m.unit.empty() ? "-" : m.unit, m.meaning);
    if (!m.labels.empty())
      out += fmt::format(" [{}]", label_text(m));
    out += '\n';
  }
  out += "\nLabels in brackets can filter a metric in an expectation: "
         "\"price.mean{capability=nlp}\" = "
         "\"< 20000\".\n";
  return out;
}

std::string metrics_markdown() {
  std::string out = "| metric | unit | meaning | labels |\n| --- | --- | --- | --- |\n";
  for (const auto& m : table())
    out += fmt::format("| `{}` | {} | {} | {} |\n", m.name, m.unit, m.meaning, label_text(m));
  return out;
}

std::string metrics_json() {
  auto out = nlohmann::ordered_json::array();
  for (const auto& m : table())
    out.push_back({{"name", m.name},
                   {"unit", m.unit},
                   {"meaning", m.meaning},
                   {"labels", std::vector<std::string>(m.labels.begin(), m.labels.end())}});
  return out.dump(2) + "\n";
}

} // namespace ainur::scenario
