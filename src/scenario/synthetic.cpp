// Tasks made up from a seed. Arrivals of a changing rate are drawn by thinning (Lewis & Shedler
// 1979): candidates at the largest rate, each kept with probability rate(t) / largest.
#include <algorithm>
#include <array>
#include <numeric>

#include <fmt/format.h>

#include "ainur/scenario/errc.hpp"
#include "ainur/scenario/workload.hpp"

namespace ainur::scenario {

namespace {

__extension__ using uint128 = unsigned __int128;
constexpr std::uint64_t day = 86'400'000'000;
constexpr std::uint64_t end_of_time = 100ull * 365 * day;
/// Weights of the hours of a usual day, the night low, two peaks.
constexpr std::array<std::uint64_t, 24> usual_day{3,  2,  2,  1,  1,  2,  4,  7,  10, 12, 13, 13,
                                                  11, 12, 13, 13, 12, 11, 10, 10, 9,  8,  6,  4};

/// The times of arrivals, one after another.
class arrivals {
public:
  arrivals(const synthetic_workload& s, rng random)
      : s_(s), random_(random), phases_(random.split("phases")),
        weights_(s.day_curve.empty()
                     ? std::vector<std::uint64_t>(usual_day.begin(), usual_day.end())
                     : s.day_curve),
        weight_sum_(std::accumulate(weights_.begin(), weights_.end(), std::uint64_t{0})),
        weight_max_(*std::max_element(weights_.begin(), weights_.end())) {
    phase_end_ = sample_exponential(phases_, length(s.burst_off));
  }

  /// µs since the start.
  std::uint64_t next() {
    switch (s_.arrivals) {
    case arrival_process::poisson:
      now_ += gap(s_.rate.ppm);
      break;
    case arrival_process::bursts:
      next_of_bursts();
      break;
    case arrival_process::day_curve:
      do
        now_ += gap(peak());
      while (now_ < end_of_time && random_.below(weight_max_) >= weights_[part_of_day()]);
      break;
    case arrival_process::ramp: {
      const auto top = std::max(s_.rate.ppm, s_.ramp_rate.ppm);
      do
        now_ += gap(top);
      while (now_ < end_of_time && random_.below(top) >= ramp_rate());
      break;
    }
    }
    return now_;
  }

private:
  static std::uint64_t length(duration d) { return static_cast<std::uint64_t>(micros(d)); }

  /// Exponential, for a rate in millionths of a task per second.
  std::uint64_t gap(std::uint64_t rate_ppm) {
    return std::min(
        sample_exponential(random_, 1'000'000'000'000 / std::max<std::uint64_t>(1, rate_ppm)),
        end_of_time);
  }

  /// Arrivals have no memory, so a new phase begins a new gap.
  void next_of_bursts() {
    while (now_ < end_of_time) {
      const auto step = gap(in_burst_ ? s_.burst_rate.ppm : s_.rate.ppm);
      if (now_ + step < phase_end_) {
        now_ += step;
        return;
      }
      now_ = phase_end_;
      in_burst_ = !in_burst_;
      phase_end_ += 1 + sample_exponential(phases_, length(in_burst_ ? s_.burst_on : s_.burst_off));
    }
  }

  /// The rate of the busiest part of the day, so that the mean over a day is `rate`.
  [[nodiscard]] std::uint64_t peak() const {
    const auto top = uint128{s_.rate.ppm} * weights_.size() * weight_max_ / weight_sum_;
    return static_cast<std::uint64_t>(std::min(top, uint128{1'000'000'000'000'000}));
  }

  [[nodiscard]] std::size_t part_of_day() const { return now_ % day * weights_.size() / day; }

  [[nodiscard]] std::uint64_t ramp_rate() const {
    const auto whole = length(s_.ramp_time);
    const auto done = std::min(now_, whole);
    const auto sum = uint128{s_.rate.ppm} * (whole - done) + uint128{s_.ramp_rate.ppm} * done;
    return static_cast<std::uint64_t>(sum / whole);
  }

  const synthetic_workload& s_;
  rng random_;
  rng phases_;
  std::vector<std::uint64_t> weights_;
  std::uint64_t weight_sum_;
  std::uint64_t weight_max_;
  std::uint64_t now_ = 0;
  std::uint64_t phase_end_ = 0;
  bool in_burst_ = false;
};

/// Draws an index by weights.
class weighted {
public:
  explicit weighted(const std::vector<std::uint64_t>& weights) {
    for (const auto w : weights)
      sums_.push_back((sums_.empty() ? 0 : sums_.back()) + w);
  }

  std::uint32_t draw(rng& random) const {
    const auto at = std::upper_bound(sums_.begin(), sums_.end(), random.below(sums_.back()));
    return static_cast<std::uint32_t>(at - sums_.begin());
  }

private:
  std::vector<std::uint64_t> sums_;
};

std::vector<std::string> capabilities_of(const config& c) {
  if (!c.workload.synthetic.capabilities.empty())
    return c.workload.synthetic.capabilities;
  std::vector<std::string> all;
  for (const auto& p : c.populations)
    for (const auto& name : p.capabilities)
      if (std::find(all.begin(), all.end(), name) == all.end())
        all.push_back(name);
  return all;
}

} // namespace

result<workload> make_synthetic(const config& c) {
  const auto& s = c.workload.synthetic;
  workload out;
  out.capabilities = capabilities_of(c);
  if (out.capabilities.empty())
    return fail(errc::invalid_workload,
                "no capability to ask for: set workload.synthetic.capabilities");
  const auto client_count = std::max<std::uint64_t>(1, c.clients.count);
  for (std::uint64_t i = 0; i < client_count; ++i)
    out.clients.push_back(fmt::format("client-{}", i));
  const rng root = rng{c.seed}.split("workload");
  arrivals times{s, root.split("arrivals")};
  auto works = root.split("work");
  auto choices = root.split("choices");
  const weighted pick{s.weights.empty() ? std::vector<std::uint64_t>(out.capabilities.size(), 1)
                                        : s.weights};
  const auto take = c.workload.limit == 0 ? s.tasks : std::min(s.tasks, c.workload.limit);
  out.requests.reserve(take);
  for (std::uint64_t i = 0; i < take; ++i) {
    const auto at = times.next();
    if (at >= end_of_time)
      return fail(errc::out_of_range,
                  "the tasks take more than 100 years: raise workload.synthetic.rate");
    request r;
    r.at = duration{static_cast<std::int64_t>(uint128{at} * ratio::one / c.workload.speedup.ppm)};
    r.capability = pick.draw(choices);
    r.client = static_cast<std::uint32_t>(choices.below(client_count));
    const auto scaled =
        static_cast<uint128>(micros(draw(s.work, works))) * c.workload.work_scale.ppm / ratio::one;
    r.work = duration{static_cast<std::int64_t>(std::min(scaled, uint128{end_of_time}))};
    r.subtasks =
        static_cast<std::uint16_t>(std::clamp<std::uint64_t>(draw(s.subtasks, works), 1, 64));
    r.size = static_cast<std::uint32_t>(std::min<std::uint64_t>(draw(s.size, works), 1u << 20));
    out.requests.push_back(r);
  }
  out.counts.rows = out.counts.taken = take;
  out.counts.outcome_unknown = take;
  return out;
}

} // namespace ainur::scenario
