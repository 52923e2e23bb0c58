// ainur bench pipeline|population: our speed, and raw CAF's in the same run.
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.hpp"
#include "bench_folder.hpp"
#include "command.hpp"

namespace ainur::cli {

namespace {

using bench::median;

struct pipeline_arguments {
  bench::pipeline_options options;
  std::string data;
  std::uint32_t runs = 5;
  bool json = false;
};

struct population_arguments {
  std::uint32_t count = 1'000'000;
  std::uint32_t runs = 5;
  bool json = false;
  std::string child; ///< set in the processes that measure
};

int pipeline(const pipeline_arguments& a) {
  std::vector<double> ours;
  std::vector<double> empty;
  std::vector<double> cpu;
  std::vector<double> empty_cpu;
  double messages = 0;
  for (std::uint32_t run = 0; run < a.runs; ++run) {
    const auto graph = bench::run_empty_graph(a.options);
    if (!graph)
      return internal_error(graph.error());
    const run_folder folder{a.data, run};
    if (folder.failure())
      return bad_input(*folder.failure());
    auto options = a.options;
    options.data = folder.path().string();
    const auto market = bench::run_market(options);
    if (!market)
      return internal_error(market.error());
    empty.push_back(graph->tasks_per_second);
    ours.push_back(market->tasks_per_second);
    cpu.push_back(market->cpu_us_per_task);
    empty_cpu.push_back(graph->cpu_us_per_task);
    messages = graph->messages_per_task;
    if (!a.json)
      std::fprintf(stderr, "run %u of %u: %.0f tasks/s, empty graph %.0f tasks/s\n", run + 1,
                   a.runs, ours.back(), empty.back());
  }
  const auto ratio = median(ours) / median(empty);
  if (a.json) {
    std::puts(nlohmann::json{{"benchmark", "pipeline"},
                             {"tasks", a.options.tasks},
                             {"agents", a.options.agents},
                             {"asked", a.options.asked},
                             {"window", a.options.window},
                             {"runs", a.runs},
                             {"tasks_per_second", median(ours)},
                             {"empty_graph_tasks_per_second", median(empty)},
                             {"empty_graph_messages_per_task", messages},
                             {"ratio", ratio},
                             {"cpu_us_per_task", median(cpu)},
                             {"empty_graph_cpu_us_per_task", median(empty_cpu)},
                             {"tasks_per_second_of_runs", ours},
                             {"empty_graph_tasks_per_second_of_runs", empty}}
                  .dump(2)
                  .c_str());
    return exit_ok;
  }
  std::printf("whole tasks, durable ledger   %10.0f /s\n", median(ours));
  std::printf("empty message graph, raw CAF  %10.0f /s   (%.1f messages a task)\n", median(empty),
              messages);
  std::printf("ratio                         %10.1f %%\n", ratio * 100);
  std::printf("processor time a task         %10.1f us  (empty graph %.1f us)\n", median(cpu),
              median(empty_cpu));
  return exit_ok;
}

/// Runs this program again for one measurement, so that memory begins at nothing.
result<bench::population_figures> measure(const std::string& what, std::uint32_t count) {
  int ends[2];
  if (pipe(ends) != 0)
    return fail(base_errc::io, "a pipe could not be made");
  const auto child = fork();
  if (child < 0)
    return fail(base_errc::io, "a process could not be started");
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    const auto number = std::to_string(count);
    execl("/proc/self/exe", "ainur", "bench", "population", "--child", what.c_str(), "--count",
          number.c_str(), static_cast<char*>(nullptr));
    _exit(exit_internal);
  }
  close(ends[1]);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> answer{fdopen(ends[0], "r"), &std::fclose};
  bench::population_figures f;
  const bool read = std::fscanf(answer.get(), "%lf %lf", &f.seconds, &f.bytes) == 2;
  int status = 0;
  waitpid(child, &status, 0);
  if (!read || !WIFEXITED(status) || WEXITSTATUS(status) != exit_ok)
    return fail(base_errc::unsupported, "the process that measures " + what + " failed");
  return f;
}

int measure_here(const population_arguments& a) {
  const auto f = a.child == "bare" ? bench::spawn_bare(a.count) : bench::spawn_agents(a.count);
  if (!f)
    return internal_error(f.error());
  std::printf("%.9f %.3f\n", f->seconds, f->bytes);
  std::fflush(stdout);
  _exit(exit_ok); // what was measured needs no orderly end
}

int population(const population_arguments& a) {
  if (!a.child.empty())
    return measure_here(a);
  std::vector<double> seconds[2];
  std::vector<double> bytes[2];
  for (std::uint32_t run = 0; run < a.runs; ++run) {
    for (int ours = 0; ours < 2; ++ours) {
      const auto f = measure(ours == 0 ? "bare" : "agents", a.count);
      if (!f)
        return internal_error(f.error());
      seconds[ours].push_back(f->seconds);
      bytes[ours].push_back(f->bytes);
    }
    if (!a.json)
      std::fprintf(stderr, "run %u of %u: agents %.2f s, %.0f bytes; bare %.2f s, %.0f bytes\n",
                   run + 1, a.runs, seconds[1].back(), bytes[1].back(), seconds[0].back(),
                   bytes[0].back());
  }
  const auto slower = median(seconds[1]) / median(seconds[0]);
  const auto larger = median(bytes[1]) / median(bytes[0]);
  if (a.json) {
    std::puts(nlohmann::json{{"benchmark", "population"},
                             {"count", a.count},
                             {"runs", a.runs},
                             {"seconds", median(seconds[1])},
                             {"bytes_per_agent", median(bytes[1])},
                             {"bare_seconds", median(seconds[0])},
                             {"bare_bytes_per_actor", median(bytes[0])},
                             {"time_ratio", slower},
                             {"memory_ratio", larger}}
                  .dump(2)
                  .c_str());
    return exit_ok;
  }
  std::printf("%-28s %10s %14s\n", "", "seconds", "bytes each");
  std::printf("%-28s %10.2f %14.0f\n", "agents, guarded and listed", median(seconds[1]),
              median(bytes[1]));
  std::printf("%-28s %10.2f %14.0f\n", "bare CAF actors", median(seconds[0]), median(bytes[0]));
  std::printf("%-28s %10.2f %14.2f\n", "ratio", slower, larger);
  return exit_ok;
}

void add_pipeline(frame& f, CLI::App* parent) {
  const auto a = std::make_shared<pipeline_arguments>();
  auto* c = f.add(
      "pipeline", "Whole tasks a second on the real clock with a durable ledger",
      "ainur bench pipeline --tasks 50000", [a] { return pipeline(*a); }, parent);
  auto& o = a->options;
  c->add_option("--tasks", o.tasks, "Tasks that are timed")
      ->check(CLI::Range(1u, 10'000'000u))
      ->capture_default_str();
  c->add_option("--warm-up", o.warm_up, "Tasks before them")
      ->check(CLI::Range(0u, 10'000'000u))
      ->capture_default_str();
  c->add_option("--agents", o.agents, "Agents")
      ->check(CLI::Range(1u, 1'000'000u))
      ->capture_default_str();
  c->add_option("--asked", o.asked, "Agents asked a task")
      ->check(CLI::Range(1u, 1'000u))
      ->capture_default_str();
  c->add_option("--window", o.window, "Tasks under way at once")
      ->check(CLI::Range(1u, 1'000'000u))
      ->capture_default_str();
  c->add_option("--orchestrators", o.orchestrators, "Orchestrators")
      ->check(CLI::Range(1u, 64u))
      ->capture_default_str();
  c->add_option("--threads", o.threads, "Worker threads; 0: one a core")
      ->check(CLI::Range(0u, 1'024u))
      ->capture_default_str();
  c->add_option("--data", a->data,
                "Folder for the ledgers; default: the system's temporary folder");
  c->add_option("--runs", a->runs, "Runs; the median counts")
      ->check(CLI::Range(1u, 100u))
      ->capture_default_str();
  c->add_flag("--json", a->json, "Print one JSON object");
}

void add_population(frame& f, CLI::App* parent) {
  const auto a = std::make_shared<population_arguments>();
  auto* c = f.add(
      "population", "Time and memory of idle agents", "ainur bench population --runs 1",
      [a] { return population(*a); }, parent);
  c->add_option("--count", a->count, "Agents")
      ->check(CLI::Range(1u, 100'000'000u))
      ->capture_default_str();
  c->add_option("--runs", a->runs, "Runs; the median counts")
      ->check(CLI::Range(1u, 100u))
      ->capture_default_str();
  c->add_flag("--json", a->json, "Print one JSON object");
  c->add_option("--child", a->child)->check(CLI::IsMember({"bare", "agents"}))->group("");
}

} // namespace

void add_bench(frame& f) {
  auto* parent = f.add("bench", "Measure speed and memory against raw CAF and raw LMDB",
                       "ainur bench pipeline", nullptr);
  parent->require_subcommand(1);
  add_pipeline(f, parent);
  add_population(f, parent);
  add_bench_ledger(f, parent);
  add_bench_election(f, parent);
  add_bench_gossip(f, parent);
  add_bench_consensus(f, parent);
  add_bench_index(f, parent);
  add_bench_dht(f, parent);
}

} // namespace ainur::cli
