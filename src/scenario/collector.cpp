#include "ainur/scenario/collector.hpp"

#include <algorithm>

#include "ainur/scenario/expectation.hpp"
#include "ainur/scenario/histogram.hpp"
#include "ainur/scenario/metrics.hpp"
#include "ainur/scenario/read.hpp"
#include "enum_names.hpp"

namespace ainur::scenario {

namespace {

constexpr std::size_t names_max = 64; // of causes and constraints
constexpr std::size_t points_max = 1'024;

std::uint64_t unsigned_micros(duration d) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, micros(d)));
}

void count_name(std::map<std::string, std::uint64_t>& names, std::string_view name,
                std::uint64_t by = 1) {
  if (name.empty())
    name = "unknown";
  std::string key{name.substr(0, 64)};
  if (names.size() >= names_max && !names.contains(key))
    key = "other";
  names[key] += by;
}

void add_to(message_counts& sum, const message_counts& x) {
  sum.calls += x.calls;
  sum.guard_hops += x.guard_hops;
  sum.bids += x.bids;
  sum.total += x.total;
}

/// What is counted over one window and one set of labels.
struct view {
  // The selection.
  std::optional<std::uint32_t> capability;
  std::optional<std::uint16_t> population;
  std::optional<bidding_strategy> strategy;
  bool impossible = false; ///< filters by a name that this run does not have
  duration from{};
  std::optional<duration> to;

  // The counts.
  task_counts tasks;
  std::array<histogram, stage_count> stages;
  outcome_counts outcomes;
  dispute_counts disputes;
  std::map<std::string, profit_summary> profit;
  std::map<std::string, std::uint64_t> faults;
  message_counts messages;
  price_summary price;
  safety_counts safety;

  [[nodiscard]] bool in_window(instant t) const {
    const auto since = t.time_since_epoch();
    return !impossible && since >= from && (!to || since < *to);
  }

  [[nodiscard]] bool matches(instant t, const labels& who) const {
    return in_window(t) && (!capability || capability == who.capability) &&
           (!population || population == who.population) && (!strategy || strategy == who.strategy);
  }

  [[nodiscard]] bool same_selection(const view& o) const {
    return capability == o.capability && population == o.population && strategy == o.strategy &&
           impossible == o.impossible && from == o.from && to == o.to;
  }

  void add(const task_final& x) {
    switch (x.state) {
    case final_state::completed:
      ++tasks.completed;
      break;
    case final_state::refunded:
      ++tasks.refunded;
      break;
    case final_state::resolved:
      ++tasks.resolved;
      break;
    case final_state::rejected:
      ++tasks.rejected;
      break;
    }
    for (std::size_t i = 0; i < stage_count; ++i)
      if (x.stages[i])
        stages[i].add(unsigned_micros(*x.stages[i]));
    if (x.paid.is_zero())
      return;
    price.paid_total = price.paid_total.saturating_plus(x.paid);
    price.budget_total = price.budget_total.saturating_plus(x.budget);
  }

  void add(const award_ended& x) {
    switch (x.outcome) {
    case award_outcome::success:
      ++outcomes.success;
      ++price.awards;
      break;
    case award_outcome::failure:
      ++outcomes.failure;
      count_name(outcomes.by_cause, x.cause);
      break;
    case award_outcome::voided:
      ++outcomes.voided;
      count_name(outcomes.by_cause, x.cause);
      break;
    }
    if (x.who.strategy) {
      auto& p = profit[std::string{to_text(*x.who.strategy)}];
      ++p.awards;
      if (__builtin_add_overflow(p.total, x.profit, &p.total))
        p.total = x.profit < 0 ? std::numeric_limits<std::int64_t>::min()
                               : std::numeric_limits<std::int64_t>::max();
    }
  }

  void add(const safety_judged& x) {
    switch (x.verdict) {
    case safety_result::passed:
      safety.passed += x.count;
      break;
    case safety_result::corrected:
      safety.corrected += x.count;
      break;
    case safety_result::refused:
      count_name(safety.refused, x.constraint);
      break;
    case safety_result::bypass:
      safety.bypass_attempts += x.count;
      break;
    }
  }

  void add(const dispute_changed& x) {
    ++(x.step == dispute_step::opened  ? disputes.opened
       : x.step == dispute_step::ruled ? disputes.ruled
                                       : disputes.defaulted);
  }

  void write(summary& s, duration end) const {
    s.tasks = tasks;
    for (std::size_t i = 0; i < stage_count; ++i) {
      const auto& h = stages[i];
      s.latency[i] = {
          h.count(), h.percentile(500'000), h.percentile(950'000), h.percentile(990'000), h.mean(),
          h.max()};
    }
    s.outcomes = outcomes;
    s.disputes = disputes;
    s.profit = profit;
    s.faults = faults;
    s.messages = messages;
    s.price = price;
    s.safety = safety;
    const auto length = std::min(to.value_or(end), end) - from;
    s.virtual_s = static_cast<double>(unsigned_micros(length)) / 1e6;
  }
};

/// One interval of the time series.
struct bucket {
  series_point point;
  histogram latency{3};
  std::uint64_t awards = 0;
  std::uint64_t paid = 0;
  bool has_ledger = false;

  void merge(const bucket& later) {
    point.submitted += later.point.submitted;
    point.completed += later.point.completed;
    point.failed += later.point.failed;
    awards += later.awards;
    paid += later.paid;
    latency.merge(later.latency);
    if (!later.has_ledger)
      return;
    has_ledger = true;
    point.reputation_mean = later.point.reputation_mean;
    point.escrow = later.point.escrow;
    point.stake = later.point.stake;
    point.treasury = later.point.treasury;
    point.issuance = later.point.issuance;
    point.height = later.point.height;
  }
};

/// Points of equal length; when there are too many, neighbours are joined.
class series {
public:
  explicit series(duration interval) : interval_(std::max<std::int64_t>(1, micros(interval))) {}

  bucket& at(instant t) {
    const auto since = std::max<std::int64_t>(0, micros(t));
    while (static_cast<std::size_t>(since / interval_) >= points_max)
      halve();
    const auto i = static_cast<std::size_t>(since / interval_);
    if (i >= buckets_.size())
      buckets_.resize(i + 1);
    return buckets_[i];
  }

  [[nodiscard]] std::vector<series_point> points() const {
    std::vector<series_point> out;
    bucket last;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      auto b = buckets_[i];
      if (!b.has_ledger) { // the ledger stands still where no block was cut
        const auto counts = b.point;
        b.point = last.point;
        b.point.submitted = counts.submitted;
        b.point.completed = counts.completed;
        b.point.failed = counts.failed;
      }
      last = b;
      b.point.at = duration{static_cast<std::int64_t>(i) * interval_};
      b.point.latency_p50 = b.latency.percentile(500'000);
      b.point.latency_p95 = b.latency.percentile(950'000);
      b.point.price_mean = b.awards == 0 ? 0 : b.paid / b.awards;
      out.push_back(b.point);
    }
    return out;
  }

private:
  void halve() {
    for (std::size_t i = 0; i < buckets_.size(); i += 2) {
      if (i != 0)
        buckets_[i / 2] = std::move(buckets_[i]);
      if (i + 1 < buckets_.size())
        buckets_[i / 2].merge(buckets_[i + 1]);
    }
    buckets_.resize((buckets_.size() + 1) / 2);
    interval_ *= 2;
  }

  std::int64_t interval_;
  std::vector<bucket> buckets_;
};

duration series_interval(const config& c, duration expected_end) {
  if (c.measure.interval != duration{})
    return c.measure.interval;
  return std::max(duration{1'000}, expected_end / 200);
}

} // namespace

struct collector::state {
  config scenario;
  std::vector<std::string> capabilities;
  std::vector<view> views;          ///< the first is the whole run
  std::vector<std::size_t> view_of; ///< by expectation
  series points;
  ledger_totals ledger;
  bool conserved = true;
  consensus_summary consensus;

  state(const config& c, std::vector<std::string> names, duration expected_end)
      : scenario(c), capabilities(std::move(names)), views(1),
        points(series_interval(c, expected_end)) {
    for (const auto& e : c.expectations)
      view_of.push_back(view_for(e));
  }

  template <class List>
  static std::optional<std::size_t> index_in(const List& names, std::string_view name) {
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i] == name)
        return i;
    return std::nullopt;
  }

  std::size_t view_for(const expectation& e) {
    view v;
    v.from = std::max(e.from.value_or(duration{}), e.warm_up.value_or(scenario.measure.warm_up));
    v.to = e.to;
    for (const auto& f : e.filters) {
      std::optional<std::size_t> found = 0;
      if (f.label == "capability") {
        found = index_in(capabilities, f.value);
        v.capability = static_cast<std::uint32_t>(found.value_or(0));
      } else if (f.label == "strategy") {
        found = index_in(names_of<bidding_strategy>, f.value);
        v.strategy = static_cast<bidding_strategy>(found.value_or(0));
      } else if (f.label == "population") {
        std::vector<std::string> names;
        for (const auto& p : scenario.populations)
          names.push_back(p.name);
        found = index_in(names, f.value);
        v.population = static_cast<std::uint16_t>(found.value_or(0));
      } // labels of maps choose an entry of the view, not what is counted
      v.impossible = v.impossible || !found;
    }
    for (std::size_t i = 0; i < views.size(); ++i)
      if (views[i].same_selection(v))
        return i;
    views.push_back(std::move(v));
    return views.size() - 1;
  }

  template <class Observation>
  void add(const Observation& x, instant window_time) {
    for (auto& v : views)
      if (v.matches(window_time, x.who))
        v.add(x);
  }
};

collector::collector(const config& scenario, std::vector<std::string> capabilities,
                     duration expected_end)
    : state_(std::make_unique<state>(scenario, std::move(capabilities), expected_end)) {}

collector::~collector() = default;
collector::collector(collector&&) noexcept = default;
collector& collector::operator=(collector&&) noexcept = default;

void collector::add(const task_submitted& x) {
  for (auto& v : state_->views)
    if (v.matches(x.at, x.who))
      ++v.tasks.submitted;
  ++state_->points.at(x.at).point.submitted;
}

void collector::add(const task_final& x) {
  state_->add(x, x.submitted);
  auto& b = state_->points.at(x.at);
  ++(x.state == final_state::completed ? b.point.completed : b.point.failed);
  if (const auto& total = x.stages[static_cast<std::size_t>(stage::total)])
    b.latency.add(unsigned_micros(*total));
}

void collector::add(const award_ended& x) {
  state_->add(x, x.submitted);
  if (x.outcome != award_outcome::success)
    return;
  auto& b = state_->points.at(x.at);
  ++b.awards;
  b.paid = amount{b.paid}.saturating_plus(x.price).micro();
}

void collector::add(const safety_judged& x) {
  state_->add(x, x.at);
}

void collector::add(const dispute_changed& x) {
  state_->add(x, x.at);
}

void collector::add(const messages_sent& x) {
  for (auto& v : state_->views)
    if (v.in_window(x.at))
      add_to(v.messages, x.counts);
}

void collector::add(const fault_injected& x) {
  for (auto& v : state_->views)
    if (v.in_window(x.at))
      count_name(v.faults, to_text(x.kind), x.targets);
}

void collector::add(const ledger_observed& x) {
  state_->conserved = state_->conserved && x.totals.conserved;
  state_->ledger = x.totals;
  state_->ledger.conserved = state_->conserved;
  auto& b = state_->points.at(x.at);
  b.has_ledger = true;
  b.point.reputation_mean = x.reputation_mean;
  b.point.escrow = x.totals.escrow;
  b.point.stake = x.totals.stake;
  b.point.treasury = x.totals.treasury;
  b.point.issuance = x.totals.issuance;
  b.point.height = x.totals.height;
}

void collector::set(consensus_summary x) {
  state_->consensus = std::move(x);
}

const task_counts& collector::tasks() const noexcept {
  return state_->views.front().tasks;
}

summary collector::finish(const run_facts& facts) const {
  const auto& c = state_->scenario;
  summary base;
  base.scenario = c.name;
  base.version = facts.version;
  base.seed = c.seed;
  base.clock = c.clock;
  base.partial = facts.partial;
  base.resumed = facts.resumed;
  base.ended_by = facts.ended_by;
  base.ledger = state_->ledger;
  base.consensus = state_->consensus;
  base.trace_hash = facts.trace_hash;
  base.agents = facts.agents;
  base.wall_s = facts.wall_s;
  base.peak_rss_mib = facts.peak_rss_mib;
  const auto end = facts.end.time_since_epoch();
  summary out = base;
  state_->views.front().write(out, end);
  // Every strategy and kind of the scenario shows, with zero if nothing happened.
  for (const auto& p : c.populations)
    out.profit.try_emplace(std::string{to_text(p.strategy)});
  for (const auto& f : c.faults)
    out.faults.try_emplace(std::string{to_text(f.kind)});
  for (std::size_t i = 0; i < c.expectations.size() && !facts.nothing_left; ++i) {
    summary part = base;
    state_->views[state_->view_of[i]].write(part, end);
    const auto& e = c.expectations[i];
    const auto* metric = find_metric(e.metric);
    out.expectations.push_back(
        judge(e, metric == nullptr ? std::nullopt : measure(*metric, e.filters, part)));
  }
  out.series = state_->points.points();
  out.resolved_scenario = to_toml(c);
  return out;
}

} // namespace ainur::scenario
