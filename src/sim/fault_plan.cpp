#include "ainur/sim/fault_plan.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace ainur::sim {

namespace {

constexpr std::size_t events_max = 1'000'000;
constexpr std::int64_t horizon = std::int64_t{1} << 61; // µs; sums of two stay in range
constexpr std::uint32_t ppm = 1'000'000;

/// What is wrong with a fault's numbers, or an empty view.
std::string_view contradiction(const fault& f) noexcept {
  const auto bad = [](duration d) { return d.count() < 0 || d.count() > horizon; };
  if (bad(f.at.time_since_epoch()) || bad(f.every) || bad(f.delay) || (f.lasts && bad(*f.lasts)))
    return "its times must be 0 or more and less than 70,000 years";
  if (f.target.share_ppm > ppm || f.effect_ppm > ppm)
    return "its share is above one million parts per million";
  if (f.link.loss_ppm > ppm || f.link.duplication_ppm > ppm || f.link.reordering_ppm > ppm)
    return "a rate of its link is above one million parts per million";
  if (f.repeats == 0)
    return "it is repeated 0 times";
  if (f.repeats == 1)
    return {};
  if (f.every.count() == 0)
    return "it is repeated, so 'every' must be above 0";
  if (f.every.count() > (horizon - f.at.time_since_epoch().count()) / f.repeats)
    return "its repetitions go beyond 70,000 years";
  if (f.kind != fault_kind::kill && (!f.lasts || *f.lasts > f.every))
    return "its repetitions overlap: 'lasts' must be at most 'every'";
  return {};
}

} // namespace

error_info describe(errc code) noexcept {
  switch (code) {
  case errc::bad_fault:
    return {"sim", "bad_fault", "a fault cannot be carried out as described"};
  }
  return {"sim", "unknown", "unknown error"};
}

std::string_view to_string(fault_kind kind) noexcept {
  constexpr std::string_view names[] = {"kill",   "pause",        "silent",
                                        "late",   "false_result", "false_bid",
                                        "bypass", "partition",    "link_change"};
  const auto at = static_cast<std::size_t>(kind);
  return at < std::size(names) ? names[at] : "unknown";
}

std::string_view to_string(target_kind kind) noexcept {
  constexpr std::string_view names[] = {"agents",       "guard", "supervisor",
                                        "orchestrator", "shard", "ledger",
                                        "reputation",   "store", "node"};
  const auto at = static_cast<std::size_t>(kind);
  return at < std::size(names) ? names[at] : "unknown";
}

std::vector<std::uint32_t> select(const target_selector& who, std::uint32_t population,
                                  rng& random) {
  std::vector<std::uint32_t> out;
  if (!who.indices.empty()) {
    std::copy_if(who.indices.begin(), who.indices.end(), std::back_inserter(out),
                 [&](auto i) { return i < population; });
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }
  if (population == 0)
    return out;
  std::uint64_t wanted = who.count;
  if (who.share_ppm != 0)
    wanted = std::max<std::uint64_t>(1, std::uint64_t{population} * who.share_ppm / ppm);
  wanted = std::min<std::uint64_t>(wanted, population);
  // The first `wanted` steps of a Fisher–Yates shuffle.
  std::vector<std::uint32_t> all(population);
  std::iota(all.begin(), all.end(), 0u);
  for (std::uint64_t i = 0; i < wanted; ++i)
    std::swap(all[i], all[i + random.below(population - i)]);
  out.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(wanted));
  std::sort(out.begin(), out.end());
  return out;
}

result<fault_plan> fault_plan::make(std::vector<fault> faults, rng random) {
  fault_plan plan;
  plan.random_ = random;
  std::size_t events = 0;
  for (std::uint32_t i = 0; i < faults.size(); ++i) {
    const auto& f = faults[i];
    const auto where = "fault " + std::to_string(i) + " (" + std::string{to_string(f.kind)} + "): ";
    if (const auto why = contradiction(f); !why.empty())
      return fail(errc::bad_fault, where + std::string{why});
    events += std::size_t{2} * f.repeats;
    if (events > events_max)
      return fail(errc::bad_fault, where + "more than a million events; repeat it less often");
    for (std::uint32_t n = 0; n < f.repeats; ++n) {
      const auto at = f.at + f.every * n;
      plan.timeline_.push_back({at, fault_event::edge::begin, i, n});
      if (f.lasts && f.lasts->count() > 0)
        plan.timeline_.push_back({at + *f.lasts, fault_event::edge::end, i, n});
    }
  }
  const auto order = [](const fault_event& e) {
    return std::tuple{e.at, e.what == fault_event::edge::begin, e.fault, e.occurrence};
  };
  std::sort(plan.timeline_.begin(), plan.timeline_.end(),
            [&](const auto& x, const auto& y) { return order(x) < order(y); });
  plan.faults_ = std::move(faults);
  return plan;
}

std::vector<fault_event> fault_plan::due(instant now) {
  std::vector<fault_event> out;
  for (; next_ < timeline_.size() && timeline_[next_].at <= now; ++next_)
    out.push_back(timeline_[next_]);
  return out;
}

std::optional<instant> fault_plan::next_time() const noexcept {
  return next_ < timeline_.size() ? std::optional{timeline_[next_].at} : std::nullopt;
}

std::vector<std::uint32_t> fault_plan::targets(const fault_event& event,
                                               std::uint32_t population) const {
  if (event.fault >= faults_.size())
    return {};
  auto random = random_.split("fault", std::uint64_t{event.fault} << 32 | event.occurrence);
  return select(faults_[event.fault].target, population, random);
}

} // namespace ainur::sim
