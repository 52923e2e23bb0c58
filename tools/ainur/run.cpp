// ainur run, ainur replay
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>

#include <fmt/format.h>
#include <unistd.h>

#include "ainur/run_scenario.hpp"
#include "ainur/scenario/read.hpp"
#include "ainur/scenario/report.hpp"
#include "command.hpp"

namespace ainur::cli {

namespace {

std::atomic<bool> interrupted{false};

void on_signal(int) {
  interrupted.store(true);
}

struct run_arguments {
  std::string scenario;
  std::string workload;
  std::string data;
  std::string out;
  std::string log;
  std::string log_level = "warn";
  std::vector<std::string> overrides;
  std::optional<std::uint64_t> seed;
  std::uint32_t threads = 0;
  bool json = false;
  bool quiet = false;
  bool resume = false;
};

/// A bar on a terminal, a plain line now and then elsewhere; and lines of the log above it.
/// Thread-safe: the log has a thread of its own.
class progress_line {
public:
  /// Where standard error is no terminal and belongs to the log, nothing else is written there.
  progress_line(bool quiet, bool shows_log)
      : terminal_(isatty(STDERR_FILENO) != 0), quiet_(quiet || (shows_log && !terminal_)) {}

  void show(const run_progress& p) {
    const std::lock_guard lock{mutex_};
    const auto now = std::chrono::steady_clock::now();
    const auto wait = terminal_ ? std::chrono::milliseconds{100} : std::chrono::milliseconds{5'000};
    if (quiet_ || now - last_ < wait)
      return;
    last_ = now;
    const double elapsed = std::chrono::duration<double>(now - start_).count();
    const double share =
        p.total == 0 ? 1 : static_cast<double>(p.finished) / static_cast<double>(p.total);
    const double rate = elapsed > 0 ? static_cast<double>(p.finished) / elapsed : 0;
    const double left =
        rate > 0 ? static_cast<double>(p.total - std::min(p.total, p.finished)) / rate : 0;
    if (!terminal_) {
      std::fprintf(stderr, "%llu of %llu tasks, %.0f/s, %.0f s left, at %s\n",
                   static_cast<unsigned long long>(p.finished),
                   static_cast<unsigned long long>(p.total), rate, left, to_string(p.at).c_str());
      return;
    }
    std::string bar(30, ' ');
    for (std::size_t i = 0; i < bar.size(); ++i)
      if (static_cast<double>(i) < share * 30)
        bar[i] = '#';
    drawn_ = fmt::format("[{}] {:3.0f}%  {}/{}  {:.0f}/s  {:.0f} s left ", bar, share * 100,
                         p.finished, p.total, rate, left);
    std::fprintf(stderr, "\r%s\x1b[K", drawn_.c_str());
  }

  /// A whole line above the bar.
  void print(const std::string& line) {
    const std::lock_guard lock{mutex_};
    const auto text = drawn_.empty() ? line + "\n" : "\r\x1b[K" + line + "\n" + drawn_;
    std::fputs(text.c_str(), stderr);
  }

  ~progress_line() {
    if (!drawn_.empty())
      std::fputs("\r\x1b[K", stderr);
  }

  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;

private:
  bool terminal_;
  bool quiet_;
  std::mutex mutex_;
  std::string drawn_; // the bar on the screen
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_{};
};

result<void> write_file(const std::filesystem::path& path, const std::string& content) {
  std::ofstream out{path, std::ios::binary | std::ios::trunc};
  out << content;
  out.close();
  if (!out)
    return fail(base_errc::io, path.string() + ": cannot be written");
  return {};
}

/// Everything that a later `explain`, `replay` or `compare` reads.
result<void> save(const std::string& folder, const scenario::summary& s) {
  const std::filesystem::path dir{folder};
  for (const auto& [name, content] : {std::pair{"summary.json", scenario::summary_json(s)},
                                      std::pair{"series.csv", scenario::series_csv(s)},
                                      std::pair{"report.html", scenario::report_html(s)},
                                      std::pair{"scenario.toml", s.resolved_scenario}})
    if (auto ok = write_file(dir / name, content); !ok)
      return ok;
  return {};
}

int finish(const scenario::summary& s, const run_arguments& a) {
  if (!a.out.empty())
    if (auto ok = save(a.out, s); !ok)
      return internal_error(ok.error());
  if (a.json)
    std::puts(scenario::summary_json(s).c_str());
  else
    std::fputs(scenario::summary_text(s).c_str(), stdout);
  return s.passed() && !s.partial ? exit_ok : exit_failed;
}

log_options log_of(const run_arguments& a, progress_line& screen) {
  log_options log{.level = log_level_from_text(a.log_level).value_or(log_level::warn)};
  if (a.log == "-")
    log.on_record = [&screen](const log_record& r) { screen.print(to_json(r)); };
  else
    log.file = a.log;
  return log;
}

int run(const run_arguments& a) {
  auto overrides = a.overrides;
  if (a.seed)
    overrides.push_back("seed=" + std::to_string(*a.seed));
  const auto config = scenario::load_scenario(a.scenario, overrides);
  if (!config)
    return bad_input(config.error());
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  auto progress = std::make_unique<progress_line>(a.quiet || a.json, a.log == "-");
  const run_options options{
      .base_folder = std::filesystem::path{a.scenario}.parent_path().string(),
      .workload_file = a.workload.empty() ? std::nullopt : std::optional{a.workload},
      .data_directory = a.data,
      .resume = a.resume,
      .trace_file = a.out.empty() ? "" : a.out + "/trace.jsonl",
      .on_progress = [&progress](const run_progress& p) { progress->show(p); },
      .stop = &interrupted,
      .threads = a.threads,
      .log = log_of(a, *progress)};
  const auto summary = run_scenario(*config, options);
  progress.reset(); // takes the bar off the terminal
  if (!summary)
    return summary.error().is(run_errc::broken) ? internal_error(summary.error())
                                                : bad_input(summary.error());
  return finish(*summary, a);
}

int replay(const std::string& folder, const std::string& workload, bool json) {
  const auto saved = scenario::load_saved_run(folder);
  if (!saved)
    return bad_input(saved.error());
  if (saved->resumed)
    return bad_input({base_errc::unsupported,
                      folder + ": went on with an earlier run, and only whole runs replay"});
  const auto reading = scenario::read_scenario(saved->resolved_scenario, folder + "/scenario.toml");
  if (!reading.problems.empty())
    return bad_input({base_errc::malformed, scenario::to_string(reading.problems.front())});
  if (reading.value.clock != scenario::clock_kind::virtual_time)
    return bad_input({base_errc::unsupported, folder + ": only runs on the virtual clock replay"});
  const auto again = run_scenario(
      reading.value, {.workload_file = workload.empty() ? std::nullopt : std::optional{workload},
                      .stop = &interrupted});
  if (!again)
    return bad_input(again.error());
  const bool same = to_string(again->trace_hash) == saved->trace_hash &&
                    to_string(again->ledger.state_hash) == saved->state_hash;
  if (json)
    std::printf(R"({"same":%s,"trace_hash":["%s","%s"],"state_hash":["%s","%s"]})"
                "\n",
                same ? "true" : "false", saved->trace_hash.c_str(),
                to_string(again->trace_hash).c_str(), saved->state_hash.c_str(),
                to_string(again->ledger.state_hash).c_str());
  else
    std::printf("trace hash  %s\n        now %s\nstate hash  %s\n        now %s\n%s\n",
                saved->trace_hash.c_str(), to_string(again->trace_hash).c_str(),
                saved->state_hash.c_str(), to_string(again->ledger.state_hash).c_str(),
                same ? "the same run" : "NOT the same run");
  return same ? exit_ok : exit_failed;
}

} // namespace

void add_run(frame& f) {
  auto a = std::make_shared<run_arguments>();
  auto* c = f.add("run", "Run a scenario: a market with its population, workload and faults",
                  "ainur run examples/scenarios/market.toml --seed 7 --out out/market",
                  [a] { return run(*a); });
  c->add_option("scenario", a->scenario, "the scenario file (TOML)")->required();
  c->add_option("--workload", a->workload, "the trace to replay, instead of the scenario's");
  c->add_option("--data", a->data, "keep ledger and journals in this directory");
  c->add_flag("--resume", a->resume, "go on with the run in --data")->needs("--data");
  c->add_option("--out", a->out, "save summary, time series, event trace and HTML report here");
  auto* log = c->add_option("--log", a->log, "add the log to this file; - is standard error");
  c->add_option("--log-level", a->log_level, "the least grave that is logged")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
      ->capture_default_str()
      ->needs(log);
  c->add_option("--seed", a->seed, "instead of the scenario's");
  c->add_option("--set", a->overrides, "key=value, instead of the scenario's; repeatable");
  c->add_option("--threads", a->threads, "worker threads on the real clock; 0: one a core")
      ->check(CLI::Range(0u, 1'024u));
  c->add_flag("--json", a->json, "print the summary as JSON");
  c->add_flag("--quiet", a->quiet, "no progress");

  auto folder = std::make_shared<std::string>();
  auto workload = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  auto* r =
      f.add("replay", "Run a saved run again and compare the hashes", "ainur replay out/market",
            [folder, workload, json] { return replay(*folder, *workload, *json); });
  r->add_option("dir", *folder, "what --out of `ainur run` wrote")->required();
  r->add_option("--workload", *workload, "the trace, if it lies elsewhere now");
  r->add_flag("--json", *json, "print JSON");
}

} // namespace ainur::cli
