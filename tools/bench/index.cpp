// The capability index: insertions, searches against an exact scan, filters, and after many
// changes.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <optional>
#include <span>
#include <thread>

#include "ainur/base/rng.hpp"
#include "bench.hpp"
#include "index.hpp"

namespace ainur::bench {

namespace {

using discovery::capability_index;
using discovery::index_filter;

constexpr std::uint32_t wanted = 10;
constexpr std::uint64_t price_bound = 1'000'000;
constexpr std::uint32_t rounds = 5;
constexpr std::uint32_t scans_a_round = 40;
constexpr std::size_t at_once = 50; // searches in one call

/// Centres uniform on the sphere; a vector is a centre plus normal noise of length `spread`, scaled
/// to length 1.
class generator {
public:
  explicit generator(const index_workload& o)
      : random_(o.seed), dimension_(o.index.dimension), spread_(o.spread) {
    for (std::uint32_t i = 0; i < o.clusters; ++i) {
      centres_.push_back(noise(1));
      scale(centres_.back());
    }
  }

  void draw(std::span<float> out) {
    const auto& centre = centres_[random_.below(centres_.size())];
    auto v = noise(spread_);
    for (std::size_t i = 0; i < v.size(); ++i)
      v[i] += centre[i];
    scale(v);
    std::copy(v.begin(), v.end(), out.begin());
  }

private:
  std::vector<float> noise(double length) {
    std::vector<float> out(dimension_);
    const double unit = length / std::sqrt(static_cast<double>(dimension_)) / 4294967296.0;
    for (auto& x : out)
      x = static_cast<float>(static_cast<double>(sample_normal_q32(random_)) * unit);
    return out;
  }

  static void scale(std::vector<float>& v) {
    double sum = 0;
    for (const double x : v)
      sum += x * x;
    for (auto& x : v)
      x = static_cast<float>(x / std::sqrt(sum));
  }

  rng random_;
  std::uint32_t dimension_;
  double spread_;
  std::vector<std::vector<float>> centres_;
};

/// Vectors in one piece.
struct vector_list {
  vector_list(std::size_t count, std::uint32_t dimension, generator& source)
      : dimension_(dimension), values(count * dimension) {
    for (std::size_t i = 0; i < count; ++i)
      source.draw({values.data() + i * dimension, dimension});
  }

  std::span<const float> operator[](std::size_t i) const {
    return {values.data() + i * dimension_, dimension_};
  }

  /// Several in a row, fewer at the end.
  [[nodiscard]] std::span<const float> part(std::size_t first, std::size_t count) const {
    return std::span{values}.subspan(first * dimension_,
                                     std::min(count, size() - first) * dimension_);
  }

  [[nodiscard]] std::size_t size() const { return values.size() / dimension_; }

  std::size_t dimension_;
  std::vector<float> values;
};

/// Shares 0 .. count − 1 out among threads; false if one of the calls was.
bool in_threads(std::uint32_t threads, std::size_t count,
                const std::function<bool(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> good{true};
  const auto run = [&] {
    for (auto i = next++; i < count; i = next++)
      if (!work(i))
        good = false;
  };
  std::vector<std::thread> others;
  for (std::uint32_t i = 1; i < threads; ++i)
    others.emplace_back(run);
  run();
  for (auto& t : others)
    t.join();
  return good;
}

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// One index, and what is asked of it.
class trial {
public:
  trial(const index_workload& o, capability_index& index, const vector_list& queries)
      : options_(o), index_(index), queries_(queries) {}

  /// Seconds that it takes to put vectors first .. last − 1; nothing if one was refused.
  std::optional<double> insert(const vector_list& vectors, std::size_t first, std::size_t last) {
    bool good = false;
    const auto seconds = seconds_of([&] {
      good = in_threads(options_.threads, last - first, [&](std::size_t i) {
        const auto key = first + i;
        const auto luck = rng{key}.split("price", options_.seed).next();
        return index_.put(key, vectors[key % vectors.size()], {.price = luck % price_bound})
            .has_value();
      });
    });
    return good ? std::optional{seconds} : std::nullopt;
  }

  /// Searches and scans by turns, so that what else the machine does slows both.
  search_figures measure(const index_filter& filter) {
    search_figures f;
    std::vector<double> waits(queries_.size());
    std::vector<std::vector<discovery::match>> exact(queries_.size());
    double search_seconds = 0;
    double many_seconds = 0;
    double scan_seconds = 0;
    std::atomic<std::uint64_t> hits{0};
    std::atomic<std::uint64_t> most{0};
    in_threads(options_.threads, exact.size(), [&](std::size_t i) {
      exact[i] = index_.search_exactly(queries_[i], wanted, filter)->matches;
      const auto found = index_.search(queries_[i], wanted, filter)->matches;
      most += exact[i].size();
      for (const auto& m : found)
        hits += !exact[i].empty() && m.score >= exact[i].back().score ? 1 : 0;
      return true;
    });
    for (std::uint32_t round = 0; round < rounds; ++round) {
      scan_seconds += seconds_of([&] {
        in_threads(options_.threads, scans_a_round, [&](std::size_t i) {
          return index_.search_exactly(queries_[i % queries_.size()], wanted).has_value();
        });
      });
      search_seconds += seconds_of([&] {
        in_threads(options_.threads, queries_.size(), [&](std::size_t i) {
          const auto begin = std::chrono::steady_clock::now();
          const bool good = index_.search(queries_[i], wanted, filter).has_value();
          waits[i] =
              std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin)
                  .count();
          return good;
        });
      });
      many_seconds += seconds_of([&] {
        in_threads(options_.threads, (queries_.size() + at_once - 1) / at_once, [&](std::size_t i) {
          return index_.search_many(queries_.part(i * at_once, at_once), wanted, filter)
              .has_value();
        });
      });
    }
    std::sort(waits.begin(), waits.end());
    f.recall = most == 0 ? 1 : static_cast<double>(hits) / static_cast<double>(most);
    f.per_second = rounds * static_cast<double>(queries_.size()) / search_seconds;
    f.many_per_second = rounds * static_cast<double>(queries_.size()) / many_seconds;
    f.scans_per_second = double{rounds} * scans_a_round / scan_seconds;
    f.p50_us = waits[waits.size() / 2];
    f.p99_us = waits[waits.size() * 99 / 100];
    return f;
  }

  /// Of the vectors as they were given, in doubles: what rounding to 8 bits costs too.
  double recall_of_floats(const vector_list& vectors, std::size_t queries) {
    std::atomic<std::uint64_t> hits{0};
    in_threads(options_.threads, queries, [&](std::size_t i) {
      std::vector<std::pair<double, std::uint64_t>> all(vectors.size());
      const auto q = queries_[i];
      for (std::size_t k = 0; k < all.size(); ++k) {
        double sum = 0;
        for (std::size_t d = 0; d < q.size(); ++d)
          sum += double{q[d]} * vectors[k][d];
        all[k] = {-sum, k};
      }
      std::partial_sort(all.begin(), all.begin() + wanted, all.end());
      const auto found = index_.search(q, wanted);
      for (const auto& m : found->matches)
        hits += std::any_of(all.begin(), all.begin() + wanted,
                            [&](const auto& x) { return x.second == m.key; })
                    ? 1
                    : 0;
      return true;
    });
    return static_cast<double>(hits) / static_cast<double>(queries * wanted);
  }

private:
  const index_workload& options_;
  capability_index& index_;
  const vector_list& queries_;
};

} // namespace

result<index_figures> run_index(const index_workload& options) {
  auto index = capability_index::make(options.index);
  if (!index)
    return fail(index.error());
  const auto refused = [] { return fail(base_errc::unsupported, "the index refused a vector"); };
  const std::size_t n = options.vectors;
  generator source{options};
  const vector_list vectors{n, options.index.dimension, source};
  const vector_list queries{options.queries, options.index.dimension, source};
  trial t{options, *index, queries};
  index_figures f;
  const auto most = n - n / 10;
  if (const auto fits = index->reserve(options.vectors); !fits)
    return fail(fits.error());
  const auto begin = lap::now();
  const auto first = t.insert(vectors, 0, most);
  const auto last = t.insert(vectors, most, n);
  f.cpu_us_per_insert = (lap::now().cpu_us - begin.cpu_us) / static_cast<double>(n);
  if (!first || !last)
    return refused();
  f.inserts_per_second = static_cast<double>(n) / (*first + *last);
  f.last_inserts_per_second = static_cast<double>(n - most) / *last;
  f.bytes = static_cast<double>(index->memory_bytes()) / static_cast<double>(n);
  f.as_inserted = t.measure({});
  f.tidy_seconds = seconds_of([&] { index->tidy(); });
  f.tidied = t.measure({});
  f.filtered = t.measure({.price_max = price_bound / 100 - 1});
  f.mildly_filtered = t.measure({.price_max = price_bound / 4 - 1});
  f.recall_of_floats = t.recall_of_floats(vectors, std::min<std::size_t>(queries.size(), 100));
  const auto changed = n / 10 * 3;
  f.erase_seconds = seconds_of([&] {
    in_threads(options.threads, changed, [&](std::size_t i) {
      return index->erase(i * 10 / 3); // keys spread over all
    });
  });
  const auto again = t.insert(vectors, n, n + changed);
  if (!again)
    return refused();
  f.reinserts_per_second = static_cast<double>(changed) / *again;
  f.changed = t.measure({});
  if (const auto wrong = index->audit(); !wrong.empty() || index->size() != n)
    return fail(base_errc::unsupported, "the index is not sound: " + wrong);
  return f;
}

} // namespace ainur::bench
