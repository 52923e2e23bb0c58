// ainur bench index: the capability index against an exact scan.
#include <cstdio>
#include <memory>
#include <vector>

#include <nlohmann/json.hpp>

#include "bench.hpp"
#include "command.hpp"
#include "index.hpp"

namespace ainur::cli {

namespace {

struct arguments {
  bench::index_workload options;
  std::uint32_t runs = 1;
  bool floats = false;
  bool json = false;
};

using figures = std::vector<bench::index_figures>;

template <class Get>
double middle(const figures& runs, const Get& get) {
  std::vector<double> all;
  for (const auto& r : runs)
    all.push_back(get(r));
  return bench::median(all);
}

struct named_search {
  const char* name; ///< in JSON
  const char* text;
  bench::search_figures bench::index_figures::*part;
};

constexpr named_search searches[] = {
    {"search", "as inserted", &bench::index_figures::as_inserted},
    {"tidied", "tidied", &bench::index_figures::tidied},
    {"filter_1_percent", "1 % pass a filter", &bench::index_figures::filtered},
    {"filter_25_percent", "25 % pass a filter", &bench::index_figures::mildly_filtered},
    {"changed", "30 % replaced", &bench::index_figures::changed},
};

struct named_figure {
  const char* name;
  const char* text;
  double bench::index_figures::*value;
};

constexpr named_figure others[] = {
    {"inserts_per_second", "insertions a second", &bench::index_figures::inserts_per_second},
    {"cpu_us_per_insert", "processor time of one, us", &bench::index_figures::cpu_us_per_insert},
    {"last_inserts_per_second", "the last tenth of them",
     &bench::index_figures::last_inserts_per_second},
    {"reinserts_per_second", "into freed slots", &bench::index_figures::reinserts_per_second},
    {"erase_seconds", "seconds to take 30 % out", &bench::index_figures::erase_seconds},
    {"tidy_seconds", "seconds to tidy", &bench::index_figures::tidy_seconds},
    {"bytes_per_vector", "bytes a vector", &bench::index_figures::bytes},
    {"recall_of_floats", "recall, of unrounded vectors", &bench::index_figures::recall_of_floats},
};

/// The middle of each figure of one kind of search, and of the ratio in each run.
nlohmann::ordered_json search_of(const figures& runs, const named_search& s) {
  const auto of = [&](double bench::search_figures::*value) {
    return middle(runs, [&](const auto& r) { return r.*s.part.*value; });
  };
  const auto ratio = [&](double bench::search_figures::*value) {
    return middle(runs, [&](const auto& r) {
      const auto& f = r.*s.part;
      return f.*value / f.scans_per_second;
    });
  };
  return {{"recall", of(&bench::search_figures::recall)},
          {"per_second", of(&bench::search_figures::per_second)},
          {"many_per_second", of(&bench::search_figures::many_per_second)},
          {"scans_per_second", of(&bench::search_figures::scans_per_second)},
          {"ratio", ratio(&bench::search_figures::per_second)},
          {"many_ratio", ratio(&bench::search_figures::many_per_second)},
          {"p50_us", of(&bench::search_figures::p50_us)},
          {"p99_us", of(&bench::search_figures::p99_us)}};
}

int report(const arguments& a, const figures& runs) {
  const auto& o = a.options;
  nlohmann::ordered_json out{
      {"benchmark", "index"},   {"vectors", o.vectors}, {"dimension", o.index.dimension},
      {"clusters", o.clusters}, {"threads", o.threads}, {"search_width", o.index.search_width},
      {"runs", a.runs}};
  for (const auto& f : others)
    out[f.name] = middle(runs, [&](const auto& r) { return r.*f.value; });
  for (const auto& s : searches)
    out[s.name] = search_of(runs, s);
  if (a.json) {
    std::puts(out.dump(2).c_str());
    return exit_ok;
  }
  for (const auto& f : others)
    std::printf("%-30s %14.3f\n", f.text, out[f.name].get<double>());
  std::printf("\n%-18s %7s %10s %10s %8s %7s %7s %7s %7s\n", "searches for 10", "recall",
              "one by one", "50 a call", "scans/s", "ratio", "ratio", "p50 us", "p99 us");
  for (const auto& s : searches) {
    const auto& f = out[s.name];
    const auto number = [&](const char* name) { return f[name].get<double>(); };
    std::printf("%-18s %7.4f %10.0f %10.0f %8.1f %7.1f %7.1f %7.1f %7.1f\n", s.text,
                number("recall"), number("per_second"), number("many_per_second"),
                number("scans_per_second"), number("ratio"), number("many_ratio"), number("p50_us"),
                number("p99_us"));
  }
  return exit_ok;
}

int run(arguments& a) {
  a.options.index.kind = a.floats ? discovery::scalar::float32 : discovery::scalar::int8;
  a.options.clusters = std::min(a.options.clusters, a.options.vectors);
  if (const auto fits = discovery::check(a.options.index); !fits)
    return bad_input(fits.error());
  figures runs;
  for (std::uint32_t i = 0; i < a.runs; ++i) {
    const auto f = bench::run_index(a.options);
    if (!f)
      return internal_error(f.error());
    runs.push_back(*f);
    if (!a.json)
      std::fprintf(stderr, "run %u of %u: %.0f insertions/s, recall %.4f, %.0f searches/s\n", i + 1,
                   a.runs, f->inserts_per_second, f->as_inserted.recall, f->as_inserted.per_second);
  }
  return report(a, runs);
}

} // namespace

void add_bench_index(frame& f, CLI::App* group) {
  const auto a = std::make_shared<arguments>();
  auto* c = f.add(
      "index", "The index of capabilities against an exact scan",
      "ainur bench index --vectors 100000 --clusters 100", [a] { return run(*a); }, group);
  auto& o = a->options;
  c->add_option("--vectors", o.vectors, "Vectors")
      ->check(CLI::Range(100u, 100'000'000u))
      ->capture_default_str();
  c->add_option("--dimension", o.index.dimension, "Of a vector")
      ->check(CLI::Range(1u, 1'024u))
      ->capture_default_str();
  c->add_option("--clusters", o.clusters, "Clusters that they lie in")
      ->check(CLI::Range(1u, 1'000'000u))
      ->capture_default_str();
  c->add_option("--spread", o.spread, "Length of the noise around a cluster's centre")
      ->check(CLI::Range(0.0, 1000.0))
      ->capture_default_str();
  c->add_option("--queries", o.queries, "Different queries")
      ->check(CLI::Range(1u, 1'000'000u))
      ->capture_default_str();
  c->add_option("--threads", o.threads, "Threads that insert, and that search")
      ->check(CLI::Range(1u, 256u))
      ->capture_default_str();
  c->add_option("--links", o.index.links, "Links of a new vector")->capture_default_str();
  c->add_option("--build-width", o.index.build_width, "Candidates for links")
      ->capture_default_str();
  c->add_option("--search-width", o.index.search_width, "Candidates kept by a search")
      ->capture_default_str();
  c->add_flag("--float32", a->floats, "Store floats instead of 8-bit integers");
  c->add_option("--seed", o.seed, "Of the vectors")->capture_default_str();
  c->add_option("--runs", a->runs, "Runs; the median counts")
      ->check(CLI::Range(1u, 100u))
      ->capture_default_str();
  c->add_flag("--json", a->json, "Print one JSON object");
}

} // namespace ainur::cli
