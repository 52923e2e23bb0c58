#include "ainur/routing/settling.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "ainur/base/assert.hpp"

namespace ainur::routing {

namespace {

constexpr double tolerance = 0.1;
constexpr double deviations = 5;
constexpr double growth = 1.5; // from one eighth to the next: diverging, or learning still
constexpr int resamples = 200;

/// Packets delivered and the time they took, in some steps of some runs.
struct tally {
  double time = 0;
  double count = 0;

  [[nodiscard]] double mean() const noexcept { return count > 0 ? time / count : 0; }
};

/// By step; of one run, or of several added up.
struct series {
  std::vector<double> time;
  std::vector<double> count;

  explicit series(std::size_t steps) : time(steps), count(steps) {}

  void add(const experiment_report& run, std::uint64_t first, double times = 1) {
    for (std::size_t s = 0; s < time.size(); ++s) {
      time[s] += times * static_cast<double>(run.time[first + s]);
      count[s] += times * run.delivered[first + s];
    }
  }

  [[nodiscard]] tally between(std::size_t first, std::size_t end) const {
    tally out;
    for (auto s = first; s < end; ++s) {
      out.time += time[s];
      out.count += count[s];
    }
    return out;
  }
};

std::vector<double> moving_average(const series& of, std::size_t window) {
  std::vector<double> out(of.time.size());
  tally sum;
  for (std::size_t s = 0; s < out.size(); ++s) {
    sum.time += of.time[s];
    sum.count += of.count[s];
    if (s >= window) {
      sum.time -= of.time[s - window];
      sum.count -= of.count[s - window];
    }
    out[s] = sum.mean();
  }
  return out;
}

/// The first step after which all values from the end of the first window on are within the band.
std::size_t settled_step(std::span<const double> average, std::size_t window, double level,
                         double band) {
  const auto from = std::min(window, average.size());
  for (auto s = average.size(); s >= from && s > 0; --s)
    if (std::abs(average[s - 1] - level) > band)
      return s;
  return 0;
}

double deviation(std::span<const double> values, double about) {
  double sum = 0;
  for (const auto v : values)
    sum += (v - about) * (v - about);
  return values.empty() ? 0 : std::sqrt(sum / static_cast<double>(values.size()));
}

class judge {
public:
  judge(std::span<const experiment_report> runs, const settling_options& options)
      : runs_(runs), first_(options.first),
        steps_((options.end == 0 ? runs.front().time.size() : options.end) - options.first),
        last_quarter_(steps_ - steps_ / 4), window_(options.window), random_(options.seed) {}

  settling_report run() {
    settling_report out;
    judge_each(out);
    series all{steps_};
    for (const auto& r : runs_)
      all.add(r, first_);
    out.curve = moving_average(all, window_);
    const bool diverges = 2 * out.settled.censored > runs_.size();
    out.settled.step.mean = diverges ? static_cast<double>(steps_) : settled_of(all);
    if (!diverges && runs_.size() > 1)
      out.settled.step.ci95 = bootstrap();
    return out;
  }

private:
  [[nodiscard]] std::uint64_t sum_of(const std::vector<std::uint32_t>& values,
                                     std::size_t from) const {
    std::uint64_t sum = 0;
    for (auto s = from; s < steps_; ++s)
      sum += values[first_ + s];
    return sum;
  }

  [[nodiscard]] bool is_unsettled(const series& run, const experiment_report& of) const {
    const auto eighth = steps_ / 8;
    const auto before = run.between(steps_ - 2 * eighth, steps_ - eighth).mean();
    const auto last = run.between(steps_ - eighth, steps_).mean();
    return sum_of(of.lost, last_quarter_) != 0 || last > growth * before || before > growth * last;
  }

  void judge_each(settling_report& out) {
    std::vector<double> levels;
    std::vector<double> stricts;
    std::vector<double> waiting;
    double sent = 0;
    double told = 0;
    for (const auto& r : runs_) {
      series one{steps_};
      one.add(r, first_);
      const auto level = one.between(last_quarter_, steps_).mean();
      const auto average = moving_average(one, window_);
      const auto strict = settled_step(average, window_, level, tolerance * level);
      const bool censored = is_unsettled(one, r);
      levels.push_back(level);
      stricts.push_back(static_cast<double>(censored ? steps_ : strict));
      out.settled.censored += censored ? 1 : 0;
      out.strict.censored += censored || strict == steps_ ? 1 : 0;
      waiting.push_back(static_cast<double>(sum_of(r.waiting, last_quarter_)) /
                        static_cast<double>(steps_ - last_quarter_));
      out.lost += sum_of(r.lost, 0);
      out.injected += r.injected;
      sent += static_cast<double>(r.sent);
      told += static_cast<double>(r.told);
    }
    out.delivery_time = interval_of(levels);
    out.strict.step = interval_of(stricts);
    out.waiting = interval_of(waiting);
    out.told_per_packet = sent > 0 ? told / sent : 0;
  }

  [[nodiscard]] double settled_of(const series& all) const {
    const auto average = moving_average(all, window_);
    const auto level = all.between(last_quarter_, steps_).mean();
    const auto moves = deviation(std::span{average}.subspan(last_quarter_), level);
    const auto band = std::max(tolerance * level, deviations * moves);
    return static_cast<double>(settled_step(average, window_, level, band));
  }

  /// From samples of the runs with replacement: half of the interval of a normal distribution whose
  /// quartiles are theirs. (A few samples always hold one run's late congestion several times.)
  double bootstrap() {
    std::vector<double> values;
    std::vector<double> times(runs_.size());
    for (int i = 0; i < resamples; ++i) {
      std::fill(times.begin(), times.end(), 0);
      for (std::size_t n = 0; n < runs_.size(); ++n)
        times[random_.below(runs_.size())] += 1;
      series sample{steps_};
      for (std::size_t n = 0; n < runs_.size(); ++n)
        if (times[n] > 0)
          sample.add(runs_[n], first_, times[n]);
      values.push_back(settled_of(sample));
    }
    std::sort(values.begin(), values.end());
    const auto quartiles = values[values.size() * 3 / 4] - values[values.size() / 4];
    return 1.960 * quartiles / 1.349;
  }

  std::span<const experiment_report> runs_;
  std::size_t first_;
  std::size_t steps_;
  std::size_t last_quarter_;
  std::size_t window_;
  rng random_;
};

} // namespace

interval interval_of(std::span<const double> values) noexcept {
  if (values.empty())
    return {};
  const auto n = static_cast<double>(values.size());
  interval out;
  for (const auto v : values)
    out.mean += v / n;
  if (values.size() < 2)
    return out;
  // Student's t for 97.5 %, by degrees of freedom.
  static constexpr std::array<double, 30> t{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                                            2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                                            2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                                            2.060,  2.056, 2.052, 2.048, 2.045, 2.042};
  const auto freedom = values.size() - 1;
  const auto factor = freedom <= t.size() ? t[freedom - 1] : 1.960;
  const auto sample = deviation(values, out.mean) * std::sqrt(n / (n - 1));
  out.ci95 = factor * sample / std::sqrt(n);
  return out;
}

settling_report judge_settling(std::span<const experiment_report> runs,
                               const settling_options& options) {
  if (runs.empty())
    return {};
  const auto steps = runs.front().time.size();
  const auto end = options.end == 0 ? steps : options.end;
  AINUR_ASSERT(options.window >= 1 && options.first < end && end <= steps);
  return judge{runs, options}.run();
}

} // namespace ainur::routing
