// ainur sim routing: how soon routers learn a network, and how quickly packets cross it then.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "ainur/base/line_chart.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/routing/settling.hpp"
#include "sim_command.hpp"

namespace ainur::cli {

namespace {

using namespace routing;

constexpr std::uint64_t run_steps_max = 100'000'000; // of all runs that are held at a time

struct options {
  std::string topology;
  std::vector<std::string> algorithms;
  std::vector<std::string> compare;
  std::vector<std::string> loads{"2.5"};
  std::vector<std::string> changes;
  std::string seeds = "20";
  experiment_options run;
  std::uint64_t window = 100;
  bool json = false;
  std::string csv;
  std::string plot;
};

/// The options, checked.
struct plan {
  topology net;
  std::vector<algorithm> algorithms;
  std::vector<std::uint64_t> loads_ppm;
  seed_range seeds;
  std::vector<std::uint64_t> segments; ///< steps at which something changes, 0 first, the end last
  experiment_options run;
};

/// One algorithm at one load.
struct outcome {
  algorithm router;
  std::uint64_t load_ppm;
  std::vector<settling_report> segments; ///< between changes
  std::uint64_t lost = 0;
  std::string digest; ///< of all runs
};

result<std::vector<algorithm>> algorithms_of(const options& o) {
  std::vector<std::string_view> known;
  for (std::size_t i = 0; i < algorithms_count; ++i)
    known.push_back(to_string(static_cast<algorithm>(i)));
  const bool compares = !o.compare.empty();
  const auto& names = compares ? o.compare : o.algorithms;
  std::vector<algorithm> out;
  for (const auto& name : names) {
    if (name == "all") {
      for (std::size_t i = 0; i < algorithms_count; ++i)
        out.push_back(static_cast<algorithm>(i));
      continue;
    }
    const auto found = algorithm_from_text(name);
    if (!found)
      return fail(errc::bad_option, std::string{compares ? "--compare" : "--algorithm"} +
                                        ": there is no \"" + name + "\"" + known_text(name, known));
    out.push_back(*found);
  }
  if (out.empty())
    out.push_back(experiment_options{}.router);
  return out;
}

result<std::uint64_t> load_of(const std::string& text) {
  double load = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), load);
  if (failed != std::errc{} || end != text.data() + text.size() || !(load > 0) || load > 1'000)
    return fail(errc::bad_option, "--load: \"" + text +
                                      "\" is not a number of packets a step, above 0 and up to "
                                      "1000");
  return static_cast<std::uint64_t>(load * 1e6 + 0.5);
}

/// "20" is that many seeds from 1 on, "5..9" those.
result<seed_range> seeds_of(const std::string& text) {
  auto range = range_of(text);
  if (range && text.find("..") == std::string::npos)
    range->first = 1;
  if (range && range->last == 0)
    return fail(errc::bad_option, "--seeds: at least one is needed");
  return range;
}

result<topology> network_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::stringstream text;
  text << in.rdbuf();
  if (!in || !text)
    return fail(base_errc::io, path + ": cannot be read");
  auto net = topology_from_json(text.str());
  if (!net)
    return fail(net.error().within(path));
  return net;
}

result<plan> plan_of(const options& o) {
  plan p{.run = o.run};
  auto net = network_of(o.topology);
  if (!net)
    return fail(net.error());
  p.net = std::move(*net);
  auto algorithms = algorithms_of(o);
  if (!algorithms)
    return fail(algorithms.error());
  p.algorithms = std::move(*algorithms);
  for (const auto& text : o.loads) {
    const auto load = load_of(text);
    if (!load)
      return fail(load.error());
    p.loads_ppm.push_back(*load);
  }
  const auto seeds = seeds_of(o.seeds);
  if (!seeds)
    return fail(seeds.error());
  p.seeds = *seeds;
  for (const auto& text : o.changes) {
    auto change = change_from_text(p.net, text);
    if (!change)
      return fail(change.error().within("--change"));
    p.run.changes.push_back(std::move(*change));
  }
  const auto steps = p.run.steps;
  if (steps > steps_max || p.seeds.size() > run_steps_max / std::max<std::uint64_t>(steps, 1))
    return fail(errc::too_large, "--steps: at most " + std::to_string(steps_max) +
                                     ", and at most " + std::to_string(run_steps_max) +
                                     " together with --seeds");
  if (o.window == 0 || o.window > steps / 8)
    return fail(errc::bad_option, "--window: 1 to an eighth of the steps is possible");
  p.segments = {0, steps};
  for (const auto* changes : {&p.net.changes, &p.run.changes})
    for (const auto& c : *changes)
      if (c.step < steps)
        p.segments.push_back(c.step);
  std::sort(p.segments.begin(), p.segments.end());
  p.segments.erase(std::unique(p.segments.begin(), p.segments.end()), p.segments.end());
  for (std::size_t i = 1; i < p.segments.size(); ++i)
    if (p.segments[i] - p.segments[i - 1] < 8 * o.window)
      return fail(errc::bad_option, "changes: between two of them, and from the last to the end, "
                                    "eight windows (--window) must pass");
  return p;
}

result<outcome> measure(const plan& p, const options& o, algorithm router, std::uint64_t load_ppm) {
  std::vector<experiment_report> runs(p.seeds.size());
  std::mutex lock; // of failure
  std::optional<error> failure;
  for_each_in_parallel(p.seeds.size(), [&](std::uint64_t item) {
    auto run = p.run;
    run.router = router;
    run.load_ppm = load_ppm;
    run.seed = p.seeds.first + item;
    auto report = run_experiment(p.net, run);
    if (report) {
      runs[item] = std::move(*report);
      return true;
    }
    const std::lock_guard guard{lock};
    failure = report.error();
    return false;
  });
  if (failure)
    return fail(*failure);
  outcome out{.router = router, .load_ppm = load_ppm, .segments = {}, .digest = {}};
  for (std::size_t i = 0; i + 1 < p.segments.size(); ++i) {
    out.segments.push_back(judge_settling(
        runs, {.window = o.window, .first = p.segments[i], .end = p.segments[i + 1]}));
    out.lost += out.segments.back().lost;
  }
  std::string all;
  for (const auto& r : runs)
    all += to_string(r.digest);
  out.digest = to_string(crypto::hash("ainur/routing-comparison", as_bytes(all))).substr(0, 16);
  return out;
}

std::string with_interval(const interval& i, const char* form) {
  char text[64];
  std::snprintf(text, sizeof text, form, i.mean, i.ci95);
  return text;
}

void print_row(const char* name, const settling_report& s, std::uint64_t lost) {
  std::printf("  %-12s %18s %9llu %18s %10.1f %9llu %8.1f %16s\n", name,
              with_interval(s.settled.step, "%.0f ± %.0f").c_str(),
              static_cast<unsigned long long>(s.settled.censored),
              with_interval(s.delivery_time, "%.2f ± %.2f").c_str(), s.waiting.mean,
              static_cast<unsigned long long>(lost), s.told_per_packet,
              with_interval(s.strict.step, "%.0f ± %.0f").c_str());
}

void print(const plan& p, const std::vector<outcome>& all) {
  std::printf("%zu nodes, %zu links, %llu steps, %llu seed%s\n", p.net.size(), p.net.links.size(),
              static_cast<unsigned long long>(p.run.steps),
              static_cast<unsigned long long>(p.seeds.size()), p.seeds.size() == 1 ? "" : "s");
  std::uint64_t load = 0;
  for (const auto& r : all) {
    if (r.load_ppm != load) {
      load = r.load_ppm;
      std::printf("\nload %g packets a step\n  %-12s %17s %9s %17s %10s %9s %8s %15s\n",
                  static_cast<double>(load) / 1e6, "algorithm", "settled at step", "censored",
                  "delivery, steps", "under way", "lost", "told", "strict");
    }
    print_row(std::string{to_string(r.router)}.c_str(), r.segments.front(),
              r.segments.front().lost);
    for (std::size_t i = 1; i < r.segments.size(); ++i)
      print_row(("  from " + std::to_string(p.segments[i])).c_str(), r.segments[i],
                r.segments[i].lost);
  }
  std::printf(
      "\nsettled: the average of all runs stays within a tenth of its final level, or within "
      "its\nfinal movement; strict: each run by itself, a tenth. told: estimates exchanged "
      "for each\npacket over a link. ±: 95 %% confidence.\n");
}

nlohmann::ordered_json json_of(const interval& i) {
  return {{"mean", i.mean}, {"ci95", i.ci95}};
}

nlohmann::ordered_json json_of(const settling& s) {
  auto j = json_of(s.step);
  j["censored"] = s.censored;
  return j;
}

void add_segment(nlohmann::ordered_json& j, const settling_report& s) {
  j["settled_step"] = json_of(s.settled);
  j["settled_step_strict"] = json_of(s.strict);
  j["delivery_time"] = json_of(s.delivery_time);
  j["under_way"] = json_of(s.waiting);
}

nlohmann::ordered_json json_of(const plan& p, const std::vector<outcome>& all) {
  nlohmann::ordered_json j;
  j["nodes"] = p.net.size();
  j["links"] = p.net.links.size();
  j["steps"] = p.run.steps;
  j["seeds"] = {{"first", p.seeds.first}, {"last", p.seeds.last}};
  auto& results = j["results"] = nlohmann::ordered_json::array();
  for (const auto& r : all) {
    nlohmann::ordered_json one;
    one["algorithm"] = to_string(r.router);
    one["load"] = static_cast<double>(r.load_ppm) / 1e6;
    add_segment(one, r.segments.front());
    one["lost"] = r.lost;
    one["told_per_packet"] = r.segments.front().told_per_packet;
    auto& after = one["after_changes"] = nlohmann::ordered_json::array();
    for (std::size_t i = 1; i < r.segments.size(); ++i) {
      nlohmann::ordered_json part{{"step", p.segments[i]}};
      add_segment(part, r.segments[i]);
      part["lost"] = r.segments[i].lost;
      after.push_back(std::move(part));
    }
    one["digest"] = r.digest;
    results.push_back(std::move(one));
  }
  return j;
}

bool write_file(const std::string& path, const std::string& text) {
  std::ofstream out{path, std::ios::trunc | std::ios::binary};
  out << text;
  out.close();
  return static_cast<bool>(out);
}

std::string csv_of(const plan& p, const std::vector<outcome>& all) {
  std::ostringstream out;
  out << "algorithm,load,from_step,settled_step,settled_ci95,censored,strict_step,strict_ci95,"
         "delivery_time,delivery_ci95,under_way,lost,told_per_packet\n";
  for (const auto& r : all)
    for (std::size_t i = 0; i < r.segments.size(); ++i) {
      const auto& s = r.segments[i];
      out << to_string(r.router) << ',' << static_cast<double>(r.load_ppm) / 1e6 << ','
          << p.segments[i] << ',' << s.settled.step.mean << ',' << s.settled.step.ci95 << ','
          << s.settled.censored << ',' << s.strict.step.mean << ',' << s.strict.step.ci95 << ','
          << s.delivery_time.mean << ',' << s.delivery_time.ci95 << ',' << s.waiting.mean << ','
          << s.lost << ',' << s.told_per_packet << '\n';
    }
  return out.str();
}

std::string plot_of(const plan& p, const std::vector<outcome>& all) {
  line_chart chart{.title = "Delivery time while routers learn",
                   .x_label = "step",
                   .y_label = "delivery time, moving average",
                   .lines = {},
                   .x_text = {}};
  double most = 0;
  for (const auto& r : all) {
    std::string name{to_string(r.router)};
    if (p.loads_ppm.size() > 1) {
      std::ostringstream load;
      load << static_cast<double>(r.load_ppm) / 1e6;
      name += " at " + load.str();
    }
    auto& line = chart.lines.emplace_back(
        chart_line{.name = name, .colour = chart_colour(chart.lines.size()), .points = {}});
    for (std::size_t i = 0; i < r.segments.size(); ++i) {
      const auto& curve = r.segments[i].curve;
      for (std::size_t s = 0; s < curve.size(); ++s)
        line.points.emplace_back(static_cast<double>(p.segments[i] + s), curve[s]);
      most = std::max(most, r.segments[i].delivery_time.mean);
    }
  }
  chart.y_most = std::max(1.0, 5 * std::min(most, 20.0)); // the start of Q would hide the rest
  return line_chart_file(chart);
}

int simulate_routing(const options& o) {
  const auto p = plan_of(o);
  if (!p)
    return bad_input(p.error());
  const bool shows = isatty(STDERR_FILENO) != 0;
  std::vector<outcome> all;
  const auto total = p->loads_ppm.size() * p->algorithms.size();
  for (const auto load : p->loads_ppm)
    for (const auto router : p->algorithms) {
      if (shows)
        std::fprintf(stderr, "\r%zu of %zu: %-12s", all.size() + 1, total,
                     std::string{to_string(router)}.c_str());
      auto one = measure(*p, o, router, load);
      if (!one)
        return bad_input(one.error());
      all.push_back(std::move(*one));
    }
  if (shows)
    std::fprintf(stderr, "\r%40s\r", "");
  if (o.json)
    std::printf("%s\n", json_of(*p, all).dump(2).c_str());
  else
    print(*p, all);
  for (const auto& [path, text] : {std::pair{o.csv, o.csv.empty() ? "" : csv_of(*p, all)},
                                   std::pair{o.plot, o.plot.empty() ? "" : plot_of(*p, all)}})
    if (!path.empty() && !write_file(path, text))
      return bad_input({base_errc::io, path + ": cannot be written"});
  return exit_ok;
}

} // namespace

void add_sim_routing(frame& f, CLI::App* group) {
  const auto o = std::make_shared<options>();
  auto* c = f.add(
      "routing", "Packets cross a network whose routers learn the way",
      "ainur sim routing --topology examples/networks/bridges.json "
      "--compare q,cdrq,vector --load 1.5 --steps 10000 --seeds 5",
      [o] { return simulate_routing(*o); }, group);
  c->add_option("--topology", o->topology, "The network, a JSON file (docs/routing.md)")
      ->required();
  auto* one = c->add_option("--algorithm", o->algorithms,
                            "q, full_echo, cq, dual, cdrq, predictive, count, vector, shortest, "
                            "random, broadcast or all; by default vector")
                  ->delimiter(',');
  c->add_option("--compare", o->compare, "Several algorithms, side by side")
      ->delimiter(',')
      ->excludes(one);
  c->add_option("--load", o->loads, "Packets injected per step; several are tried in turn")
      ->delimiter(',')
      ->capture_default_str();
  c->add_option("--steps", o->run.steps, "Of each run")->capture_default_str();
  c->add_option("--seeds", o->seeds, "How many runs, or the seeds themselves, as 5..9")
      ->capture_default_str();
  c->add_option("--change", o->changes,
                "What changes in mid-run: STEP:cut:A-B, STEP:restore:A-B, STEP:load:L or "
                "STEP:traffic:A,B>C,D; may be repeated");
  c->add_option("--window", o->window, "Steps of the moving average")->capture_default_str();
  c->add_option("--queue", o->run.queue_max, "Packets that wait at a node; more are lost")
      ->capture_default_str();
  c->add_option("--eta", o->run.learning.eta, "Learning rate of q, full_echo, dual and count")
      ->capture_default_str();
  c->add_option("--lambda", o->run.learning.lambda, "Decay of confidences of cq and cdrq")
      ->capture_default_str();
  c->add_flag("--json", o->json, "Print a JSON document");
  c->add_option("--csv", o->csv, "Write the table to a file");
  c->add_option("--plot", o->plot, "Draw delivery time over steps (SVG)");
}

} // namespace ainur::cli
