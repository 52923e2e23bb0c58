// Whole tasks through a market: submitted, called, awarded, worked, paid, and durably final.
#include <algorithm>
#include <chrono>
#include <future>

#include <sys/resource.h>

#include <caf/stateful_actor.hpp>

#include "bench.hpp"
#include "market_host.hpp"

namespace ainur::bench {

namespace {

constexpr std::uint32_t group_size = 999;
constexpr std::uint32_t clients = 64;

/// What the driving actor found; read when it says so.
struct tally {
  lap begin;
  lap end;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  market::cause why = market::cause::none; ///< of the first that failed
  std::promise<void> over;
};

using driver_actor = caf::typed_actor<accepts<msg::task_news>, accepts<msg::tick>>;

struct driver_state {
  pipeline_options options;
  market_host* host = nullptr;
  std::shared_ptr<tally> figures;
  node_actor node;
  std::uint64_t submitted = 0;
  std::uint64_t ended = 0;
  static inline const char* name = "bench.client";
};

using self_type = driver_actor::stateful_pointer<driver_state>;

void submit(self_type self) {
  auto& s = self->state;
  const auto now = s.host->world().now();
  const auto utc = s.host->world().to_utc(now);
  const auto client = first_client_index + s.submitted % clients;
  auto t = std::make_shared<market::task>();
  t->client = s.host->account(client);
  t->id = crypto::task_id_of(t->client, s.submitted);
  t->budget = amount::ainu(1);
  t->deadline = utc + std::chrono::minutes{20};
  t->award_by = utc + std::chrono::minutes{10};
  t->subtasks.push_back({.capability = "work", .work = duration{0}, .reserve = t->budget});
  self->send(s.node,
             msg::submit_task{{.task = std::move(t), .client_index = client, .submitted = now},
                              s.submitted});
  ++s.submitted;
}

void take_news(self_type self, const msg::task_news& m) {
  auto& s = self->state;
  auto& f = *s.figures;
  const auto total = s.options.warm_up + s.options.tasks;
  for (const auto& e : m.ends) {
    if (s.ended++ == s.options.warm_up)
      f.begin = lap::now();
    if (e.state == market::final_state::completed)
      ++f.completed;
    else if (f.failed++ == 0)
      f.why = e.why;
    if (s.submitted < total)
      submit(self);
  }
  if (s.ended < total)
    return;
  f.end = lap::now();
  f.over.set_value();
}

driver_actor::behavior_type drive(self_type self, pipeline_options options, market_host* host,
                                  std::shared_ptr<tally> figures) {
  auto& s = self->state;
  s.options = std::move(options);
  s.host = host;
  s.figures = std::move(figures);
  s.node = host->roles()->get<node_actor>(role::node);
  return {[self](const msg::task_news& m) { take_news(self, m); },
          [self](const msg::tick&) {
            const auto& o = self->state.options;
            for (std::uint64_t i = 0; i < std::min<std::uint64_t>(o.window, o.warm_up + o.tasks);
                 ++i)
              submit(self);
          }};
}

market_options options_of(const pipeline_options& o) {
  market_options m;
  m.threads_max = o.threads;
  m.data_directory = o.data;
  m.host_seed = crypto::hasher{"ainur/bench-host/v1"}.finish().value;
  m.orchestrators = o.orchestrators;
  m.orchestrator.asked = o.asked;
  m.orchestrator.call_window = std::chrono::seconds{30};
  m.orchestrator.ledger_patience = std::chrono::seconds{60};
  m.make_router = [] { return routing::make_learned_router(); };
  m.verifiers = std::make_shared<const std::map<std::string, verifier>>();
  m.intake.window = o.window;
  m.intake.queue_max = o.window + 1;
  for (std::uint32_t i = 0; i < o.agents; ++i)
    m.accounts.push_back({first_agent_index + i, amount::ainu(1), amount::ainu(1'000)});
  for (std::uint32_t i = 0; i < clients; ++i)
    m.accounts.push_back({first_client_index + i, amount::ainu(1'000'000), {}});
  return m;
}

/// Each agent and client declares whose it is.
void open_accounts(market_host& host, const pipeline_options& o) {
  std::vector<ledger::entry> calls;
  for (std::uint32_t i = 0; i < o.agents; ++i)
    calls.push_back({host.account(first_agent_index + i), first_agent_index + i,
                     ledger::open_account{host.account(first_controller_index + i)}});
  for (std::uint32_t i = 0; i < clients; ++i) {
    const auto id = host.account(first_client_index + i);
    calls.push_back({id, first_client_index + i, ledger::open_account{id}});
  }
  for (std::size_t at = 0; at < calls.size(); at += 5'000) {
    const auto last = std::min(calls.size(), at + 5'000);
    host.call_ledger(std::vector<ledger::entry>{calls.begin() + static_cast<std::ptrdiff_t>(at),
                                                calls.begin() + static_cast<std::ptrdiff_t>(last)});
    (void)host.ask_totals(); // waits for the block
  }
}

result<void> populate(market_host& host, const pipeline_options& o) {
  const auto sets = std::make_shared<const std::vector<std::vector<std::string>>>(
      std::vector<std::vector<std::string>>{{"work"}});
  const auto seeds = host.world().stream("agents");
  for (std::uint32_t first = 0; first < o.agents; first += group_size) {
    group g{.capability_sets = sets, .rules = {.slack = std::chrono::minutes{10}}};
    const auto last = std::min(first + group_size, o.agents);
    for (std::uint32_t i = first; i < last; ++i) {
      auto random = seeds.split("agent", i);
      g.members.push_back(
          {.account = host.account(first_agent_index + i),
           .controller = host.account(first_controller_index + i),
           .hosted_index = first_agent_index + i,
           .reputation = 500,
           .bonded = true,
           .stake = amount::ainu(1'000),
           .seed = random.next(),
           .terms = {.cost_fixed = amount{10'000 + random.next() % 10'000}, .capacity = 1'000}});
    }
    const auto number = host.add_group(std::move(g));
    if (auto ok = host.wait_listed(number, last - first); !ok)
      return ok;
  }
  return {};
}

} // namespace

lap lap::now() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto us = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
  };
  return {std::chrono::steady_clock::now(), us(usage.ru_utime) + us(usage.ru_stime)};
}

pipeline_figures figures_of(const lap& begin, const lap& end, std::uint64_t tasks) {
  const auto n = static_cast<double>(tasks);
  const auto seconds = std::chrono::duration<double>(end.wall - begin.wall).count();
  return {.tasks_per_second = n / seconds, .cpu_us_per_task = (end.cpu_us - begin.cpu_us) / n};
}

double median(std::vector<double> values) {
  if (values.empty())
    return 0;
  std::sort(values.begin(), values.end());
  const auto half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

result<pipeline_figures> run_market(const pipeline_options& options) {
  auto started = market_host::start(options_of(options));
  if (!started)
    return fail(std::move(started).error());
  auto& host = **started;
  if (auto ok = populate(host, options); !ok)
    return fail(std::move(ok).error());
  open_accounts(host, options);
  const auto figures = std::make_shared<tally>();
  auto over = figures->over.get_future();
  driver_actor driver;
  host.with_root(
      [&](caf::local_actor& parent) { driver = parent.spawn(drive, options, &host, figures); });
  host.roles()->set(role::task_follower + "bench", driver);
  caf::anon_send(driver, msg::tick{});
  if (over.wait_for(std::chrono::minutes{10}) != std::future_status::ready)
    return fail(base_errc::unsupported, "the tasks did not end within ten minutes");
  const auto totals = host.ask_totals();
  host.roles()->clear(role::task_follower + "bench");
  host.end(caf::actor_cast<caf::actor>(driver));
  host.stop();
  if (!totals)
    return fail(totals.error());
  if (figures->failed != 0)
    return fail(base_errc::unsupported,
                std::to_string(figures->failed) +
                    " tasks did not complete; the first: " + std::string{to_string(figures->why)});
  if (!totals->conserved)
    return fail(base_errc::unsupported, "the ledger's money is not conserved");
  return figures_of(figures->begin, figures->end, options.tasks);
}

} // namespace ainur::bench
