#include "runtime_impl.hpp"

#include <algorithm>
#include <filesystem>

#include "ainur/sim/network.hpp"

namespace ainur {

namespace {

constexpr duration ledger_patience{60'000'000}; ///< real; or virtual, on that clock
constexpr std::size_t name_length_max = 256;

tl::unexpected<error> bad(std::string detail) {
  return fail(runtime_errc::bad_option, std::move(detail));
}

/// A hosted account of its own for each name, the same in every run.
std::uint64_t index_of(std::string_view kind, std::string_view name) {
  const auto digest =
      crypto::hasher{"ainur/runtime-account/v1"}.add(as_bytes(kind)).add(as_bytes(name)).finish();
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i)
    number = number << 8 | digest.value[i];
  return number >> 2 | std::uint64_t{1} << 62; // apart from all that are numbered
}

/// One network for all links.
class even_links final : public link_model {
public:
  even_links(const modelled_network& n, std::uint64_t seed)
      : network_(rng{seed}.split("runtime links"),
                 sim::link_model{.delay = sim::delay_model::uniform(n.latency_min, n.latency_max),
                                 .loss_ppm = n.loss_ppm,
                                 .duplication_ppm = n.duplication_ppm}) {}

  std::vector<duration> deliveries(const link_ends& over, instant now) override {
    const auto delays = network_.send(over.from, over.to, now);
    return {delays.begin(), delays.end()};
  }

private:
  sim::network network_;
};

result<void> check(const modelled_network& n) {
  if (n.latency_min < duration::zero() || n.latency_max < n.latency_min ||
      n.latency_max > std::chrono::hours{1})
    return bad("network: 0 <= latency_min <= latency_max <= 1h is needed");
  if (n.loss_ppm > 1'000'000 || n.duplication_ppm > 1'000'000)
    return bad("network: loss and duplication are at most 1,000,000 ppm");
  return {};
}

/// What the founding itself does not check.
result<void> check(const validator_options& v, const ledger::staking_parameters& rules) {
  if (v.stakes.empty() || v.stakes.size() > rules.validators_max)
    return bad("validators: 1 to " + std::to_string(rules.validators_max) + " stakes");
  if (v.keep_blocks != 0 && v.agreement.checkpoint_interval == 0)
    return bad("validators: without checkpoints (agreement.checkpoint_interval) no snapshot can be "
               "proven, so keep_blocks must be 0: all");
  for (const auto& n : v.nominators) {
    auto targets = n.targets;
    std::ranges::sort(targets);
    if (targets.empty() || std::ranges::adjacent_find(targets) != targets.end() ||
        targets.back() >= v.stakes.size())
      return bad("validators: a nominator's targets are numbers below " +
                 std::to_string(v.stakes.size()) + ", at least one, each once");
  }
  return {};
}

result<void> check(const runtime_options& o) {
  const auto within = [](auto value, auto least, auto most) {
    return value >= least && value <= most;
  };
  if (!within(o.orchestrators, 1u, 1'000u))
    return bad("orchestrators: 1 to 1000");
  if (o.threads > threads_limit)
    return bad("threads: at most " + std::to_string(threads_limit));
  if (o.asked == 0 || o.call_rounds == 0)
    return bad("asked and call_rounds are at least 1");
  if (!within(o.blocking_workers, std::size_t{1}, std::size_t{1'024}))
    return bad("blocking_workers: 1 to 1024");
  if (o.tasks_open_max == 0)
    return bad("tasks_open_max is at least 1");
  if (o.call_window <= duration::zero() || o.call_window > wait_max)
    return bad("call_window is longer than nothing");
  if (!within(o.block_interval, duration{1}, duration{60'000'000}))
    return bad("block_interval: 1us to 60s");
  if (!within(o.key_rotation, duration{}, wait_max))
    return bad("key_rotation is between 0 and ten years");
  if (o.validators && o.key_rotation != duration{})
    return bad("key_rotation: where validators keep the ledger the host's key stays");
  if (o.validators)
    if (auto ok = check(*o.validators, o.economy.staking); !ok)
      return ok;
  if (!within(o.promise_slack, duration{}, wait_max) ||
      !within(o.result_retention, duration{}, wait_max))
    return bad("promise_slack and result_retention are not negative");
  if (o.result_size_max > market::input_size_max * 16)
    return bad("result_size_max is at most 16 MiB");
  safety::guard_core guard;
  for (const auto& b : o.barriers)
    if (auto ok = guard.add_barrier(b); !ok)
      return fail(ok.error().within("barrier " + b.name));
  for (const auto& [name, run] : o.verifiers)
    if (name.empty() || !run)
      return bad("a verifier needs a name and a function");
  if (o.network && o.clock != clock_kind::virtual_time)
    return bad("network: only the virtual clock has modelled links");
  return o.network ? check(*o.network) : result<void>{};
}

result<void> check(const agent_spec& s) {
  const auto of = [&s](std::string_view what) {
    return bad("agent " + s.name.substr(0, name_length_max) + ": " + std::string{what});
  };
  if (s.name.empty() || s.name.size() > name_length_max)
    return of("a name has 1 to 256 bytes");
  if (s.capabilities.empty() || s.capabilities.size() > 1'000)
    return of("it needs 1 to 1000 capabilities");
  for (const auto& c : s.capabilities)
    if (c.empty() || c.size() > market::capability_length_max)
      return of("a capability has 1 to 128 bytes");
  if (s.speed_ppm == 0 || s.capacity == 0)
    return of("speed and capacity are at least 1");
  if (s.reliability_ppm > 1'000'000)
    return of("reliability is at most 1,000,000 ppm");
  if (!s.bond.plus(s.balance))
    return of("bond and balance do not fit an amount");
  if (!s.does)
    return {};
  const auto& how = s.does->how;
  if (const auto* quick = std::get_if<skill::inline_work>(&how); quick != nullptr && !quick->run)
    return of("its skill has no function");
  if (const auto* slow = std::get_if<skill::blocking_work>(&how); slow != nullptr && !slow->run)
    return of("its skill has no function");
  if (const auto* async = std::get_if<skill::async_work>(&how); async != nullptr && !async->start)
    return of("its skill has no function");
  return {};
}

std::map<std::string, verifier> guarded(const std::map<std::string, result_verifier>& verifiers) {
  std::map<std::string, verifier> safe;
  for (const auto& [name, run] : verifiers)
    safe.emplace(name, [run](const market::task& t, std::uint16_t subtask, const bytes& content) {
      try {
        return run(t, subtask, content);
      } catch (...) { // a host's function may throw: the result is rejected
        return false;
      }
    });
  return safe;
}

market_options market_of(const runtime_options& o, const std::shared_ptr<runtime_book>& book) {
  market_options m;
  m.clock = o.clock;
  m.seed = o.seed;
  m.threads_max = o.threads;
  m.start = o.start;
  if (o.network)
    m.links = std::make_shared<even_links>(*o.network, o.seed);
  m.data_directory = o.data_directory;
  m.synced = o.synced;
  m.host_seed =
      o.host_key ? *o.host_key : crypto::hasher{"ainur/runtime-host/v1"}.add(o.seed).finish().value;
  m.key_rotation = o.key_rotation;
  m.validators = o.validators;
  m.economy = o.economy;
  m.host_balance = o.host_balance;
  m.orchestrator_bond = o.economy.orchestrator_bond_min;
  m.block_interval = o.block_interval;
  m.orchestrators = o.orchestrators;
  m.orchestrator.how = o.mechanism;
  m.orchestrator.quality = o.weigh_reputation;
  m.orchestrator.asked = o.asked;
  m.orchestrator.rounds_max = o.call_rounds;
  m.orchestrator.call_window = o.call_window;
  m.make_router = [] { return routing::make_learned_router(); };
  m.verifiers = std::make_shared<const std::map<std::string, verifier>>(guarded(o.verifiers));
  m.intake.window = std::min<std::size_t>(o.tasks_open_max, 10'000);
  m.intake.queue_max = o.tasks_open_max;
  m.intake.retention = o.result_retention;
  m.intake.results_bytes_max = o.results_bytes_max;
  m.blocking_workers = o.blocking_workers;
  m.report_at_once = true;
  for (std::uint64_t i = 0; i < arbiters_provided; ++i)
    m.accounts.push_back(
        {first_arbiter_index + i, o.economy.existential_deposit, o.economy.bond_min});
  m.make_recorder = [book](caf::local_actor& parent, const std::shared_ptr<const registry>& roles,
                           const environment& world) {
    return spawn_runtime(parent, world, roles, book);
  };
  return m;
}

} // namespace

result<std::unique_ptr<runtime::impl>> runtime::impl::start(runtime_options options,
                                                            caf::actor_system* system) {
  if (auto ok = check(options); !ok)
    return fail(std::move(ok).error());
  try {
    auto target = options.log;
    target.on_record = runtime_book::as_handler(std::move(target.on_record));
    auto log = logger::open(target, options.clock);
    if (!log)
      return fail(std::move(log).error());
    if (!options.data_directory.empty()) {
      std::error_code refused;
      std::filesystem::create_directories(options.data_directory, refused);
      if (refused)
        return fail(base_errc::io, options.data_directory + ": " + refused.message());
    }
    auto made = std::make_unique<impl>();
    made->book = std::make_shared<runtime_book>(options.result_retention);
    auto market = market_of(options, made->book);
    market.log = std::move(*log);
    auto started = system == nullptr ? market_host::start(std::move(market))
                                     : market_host::start_on(*system, std::move(market));
    if (!started)
      return fail(std::move(started).error());
    made->options = std::move(options);
    made->market = std::move(*started);
    made->host = made->market->host();
    made->chain = made->market->chain();
    made->next_request = made->market->resumed_at();
    if (auto ok = made->wait_until_up(); !ok)
      return fail(std::move(ok).error());
    std::vector<wanted_account> arbiters;
    for (std::uint64_t i = 0; i < arbiters_provided; ++i) {
      const auto index = first_arbiter_index + i;
      arbiters.push_back({made->market->account(index), index, {}, {}});
      made->book->host_account(arbiters.back().id, index);
    }
    if (auto ok = made->provide(arbiters); !ok)
      return fail(std::move(ok).error());
    return made;
  } catch (const std::exception& e) {
    return fail(base_errc::unsupported, std::string{"the runtime cannot start: "} + e.what());
  }
}

/// The actors of a market start one after the other; on the real clock beside us.
result<void> runtime::impl::wait_until_up() {
  const auto& roles = *market->roles();
  const auto is_up = [&] {
    for (const auto& name :
         {role::writer, role::ledger, role::reputation, role::node, role::recorder, role::shard})
      if (!roles.get<caf::actor>(name))
        return false;
    return roles.list<caf::actor>("orchestrator/").size() == options.orchestrators;
  };
  const auto until = std::chrono::steady_clock::now() + ledger_patience;
  while (!is_up()) {
    if (market->driver() != nullptr || std::chrono::steady_clock::now() > until)
      return fail(runtime_errc::timed_out, "an actor of the market has not started");
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  // The ledger answers once it has read its log.
  if (auto totals = market->ask_totals(); !totals)
    return fail(std::move(totals).error());
  return {};
}

void runtime::impl::stop() {
  if (!book)
    return;
  book->stop();
  const std::unique_lock lock{gate};
  if (!market)
    return;
  ended = market->world().now();
  ended_utc = market->world().utc_now();
  market->stop();
  market.reset();
}

result<bool> runtime::impl::wait(const std::function<bool()>& holds, duration timeout) {
  auto* driver = market->driver();
  if (driver == nullptr)
    return book->wait(holds, timeout);
  const auto limit = driver->now() + std::clamp(timeout, duration{}, wait_max);
  auto ok = driver->run_until(limit, [&] {
    market->drain_late();
    return holds();
  });
  if (!ok)
    return fail(std::move(ok).error());
  return holds();
}

result<void> runtime::impl::run_until(instant t) {
  if (t - instant{} > wait_max * 10)
    return bad("run_until: the time is too far away");
  if (auto* driver = market->driver()) {
    market->drain_late();
    return driver->run_until(t, [this] {
      market->drain_late();
      return false;
    });
  }
  (void)book->wait([] { return false; }, t - market->world().now());
  return book->stopping() ? result<void>{fail(runtime_errc::stopped)} : result<void>{};
}

result<void> runtime::impl::carry_out(std::vector<ledger::entry> calls) {
  const auto count = calls.size();
  if (count == 0)
    return {};
  const auto first = book->expect(count);
  std::vector<orchestration::outputs::request> requests;
  requests.reserve(count);
  for (auto& entry : calls)
    requests.push_back({first + requests.size(), std::move(entry)});
  market->call_ledger(std::move(requests));
  // The last answer comes last: only then the others are looked through.
  auto answered =
      wait([&] { return book->answer(first + count - 1, 1).has_value(); }, ledger_patience);
  const auto how = book->answer(first, count);
  book->drop(first, count);
  if (!answered)
    return fail(std::move(answered).error());
  if (book->stopping())
    return fail(runtime_errc::stopped);
  if (!how)
    return fail(runtime_errc::timed_out, "the ledger has not answered");
  if (*how != ledger::errc::ok)
    return fail(*how);
  return {};
}

/// Makes what is missing of these accounts, and shows all of them. What a restart of the ledger
/// lost is still missing at the next try.
result<runtime::impl::views> runtime::impl::provide(const std::vector<wanted_account>& accounts) {
  constexpr int tries_max = 3;
  std::vector<account_id> ids{host};
  for (const auto& a : accounts)
    ids.push_back(a.id);
  for (int tried = 1;; ++tried) {
    auto seen = market->ask_accounts(ids);
    if (!seen)
      return fail(std::move(seen).error());
    auto missing = calls_for(accounts, seen->views);
    if (!missing)
      return fail(std::move(missing).error());
    if (missing->empty())
      return views{std::make_move_iterator(seen->views.begin() + 1),
                   std::make_move_iterator(seen->views.end())};
    auto ok = carry_out(std::move(*missing));
    if (!ok && !ok.error().is(runtime_errc::timed_out))
      return fail(std::move(ok).error());
    if (tried == tries_max)
      return fail(runtime_errc::timed_out, "the ledger has not opened the accounts");
  }
}

/// `seen` begins with the host.
result<std::vector<ledger::entry>>
runtime::impl::calls_for(const std::vector<wanted_account>& accounts, const views& seen) const {
  std::vector<ledger::entry> calls;
  amount sum;
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const auto& a = accounts[i];
    const auto& there = seen[i + 1];
    amount given;
    if (!there)
      given = a.free.saturating_plus(a.bonded);
    else if (a.top_up)
      given = a.free.saturating_minus(there->free);
    if (!given.is_zero())
      calls.push_back({host, std::nullopt, ledger::transfer{a.id, given}});
    sum = sum.saturating_plus(given);
    // One that has never acted is not known as hosted, and could not be told from a stranger.
    if (there ? there->host.is_none() || there->controller == host : !given.is_zero())
      calls.push_back({a.id, a.index, ledger::open_account{a.id}});
    if (!a.bonded.is_zero() && (!there || (there->bonded.is_zero() && !there->rated)))
      calls.push_back({a.id, a.index, ledger::bond{a.bonded}});
  }
  const auto& purse = seen.front();
  if (!sum.is_zero() && (!purse || purse->free < sum))
    return fail(ledger::errc::insufficient_funds, "the host's balance does not cover " +
                                                      to_string(sum) +
                                                      "; give the runtime a larger host_balance");
  return calls;
}

result<std::vector<agent>> runtime::impl::spawn(std::vector<agent_spec> specs) {
  if (specs.empty())
    return std::vector<agent>{};
  for (const auto& s : specs)
    if (auto ok = check(s); !ok)
      return fail(std::move(ok).error());
  std::vector<std::string> taken;
  const auto release = [&] {
    const std::lock_guard lock{names_mutex};
    for (const auto& name : taken)
      agent_names.erase(name);
  };
  {
    std::unique_lock lock{names_mutex};
    for (const auto& s : specs) {
      if (!agent_names.insert(s.name).second) {
        lock.unlock();
        release();
        return fail(runtime_errc::name_taken, "an agent called " + s.name + " is there already");
      }
      taken.push_back(s.name);
    }
  }
  auto made = add_agents(specs);
  if (!made)
    release();
  return made;
}

result<std::vector<agent>> runtime::impl::add_agents(std::vector<agent_spec>& specs) {
  constexpr std::size_t group_size_max = 999;
  constexpr std::size_t accounts_at_once = 3'000; // a block holds 10,000 calls
  const std::lock_guard lock{spawning};
  std::vector<wanted_account> wanted;
  for (const auto& s : specs) {
    const auto index = index_of("agent", s.name);
    const auto sum = s.bond.saturating_plus(s.balance);
    if (!sum.is_zero() && sum < options.economy.existential_deposit)
      return bad("agent " + s.name + ": bond and balance are below the existential deposit");
    wanted.push_back({market->account(index), index, s.balance, s.bond});
  }
  views seen;
  for (std::size_t first = 0; first < wanted.size(); first += accounts_at_once) {
    const auto last = std::min(first + accounts_at_once, wanted.size());
    auto some = provide({wanted.begin() + static_cast<std::ptrdiff_t>(first),
                         wanted.begin() + static_cast<std::ptrdiff_t>(last)});
    if (!some)
      return fail(std::move(some).error());
    std::move(some->begin(), some->end(), std::back_inserter(seen));
  }
  std::vector<agent> made;
  std::vector<std::pair<std::uint32_t, std::size_t>> groups;
  for (std::size_t first = 0; first < specs.size(); first += group_size_max) {
    const auto size = std::min(group_size_max, specs.size() - first);
    const auto number = market->add_group(make_group(
        std::span{specs}.subspan(first, size),
        std::span<const wanted_account>{wanted}.subspan(first, size),
        std::span<const std::optional<ledger::account_view>>{seen}.subspan(first, size)));
    groups.emplace_back(number, size);
    for (std::size_t i = 0; i < size; ++i) {
      book->host_account(wanted[first + i].id, wanted[first + i].index);
      made.push_back(
          {wanted[first + i].id, specs[first + i].name, number, static_cast<std::uint32_t>(i)});
    }
  }
  for (const auto& [number, size] : groups)
    if (auto ok = market->wait_listed(number, size); !ok)
      return fail(std::move(ok).error());
  return made;
}

group runtime::impl::make_group(std::span<agent_spec> specs, std::span<const wanted_account> ids,
                                std::span<const std::optional<ledger::account_view>> seen) const {
  auto sets = std::make_shared<std::vector<std::vector<std::string>>>();
  std::map<std::vector<std::string>, std::uint32_t> numbers;
  group g;
  g.rules.slack = options.promise_slack;
  g.barriers = options.barriers;
  g.exposure_share_ppm = options.economy.exposure_share_ppm;
  g.result_size_max = options.result_size_max;
  const auto seeds = market->world().stream("agents");
  for (std::size_t i = 0; i < specs.size(); ++i) {
    auto& s = specs[i];
    const auto [set, is_new] =
        numbers.try_emplace(s.capabilities, static_cast<std::uint32_t>(sets->size()));
    if (is_new)
      sets->push_back(s.capabilities);
    const auto& account = seen[i];
    const auto stake = account ? account->bonded : amount{};
    g.members.push_back({.account = ids[i].id,
                         .controller = account ? account->controller : host,
                         .hosted_index = ids[i].index,
                         .capabilities = set->second,
                         .reputation = account ? account->score : std::uint16_t{0},
                         .bonded = stake >= options.economy.bond_min,
                         .stake = stake,
                         .seed = seeds.split("agent", ids[i].index).next(),
                         .terms = {.cost_per_second = s.cost_per_second,
                                   .cost_fixed = s.cost_fixed,
                                   .posted_per_second = s.price_per_second,
                                   .speed_ppm = s.speed_ppm,
                                   .reliability_ppm = s.reliability_ppm,
                                   .margin_ppm = s.margin_ppm,
                                   .capacity = s.capacity,
                                   .bids = s.bids}});
    g.skills.push_back(s.does ? std::make_shared<const skill>(std::move(*s.does)) : nullptr);
  }
  g.capability_sets = std::move(sets);
  return g;
}

result<client> runtime::impl::open_client(const std::string& name, amount balance) {
  if (name.empty() || name.size() > name_length_max)
    return bad("the name of a client has 1 to 256 bytes");
  if (balance < options.economy.existential_deposit)
    return bad("client " + name + ": the balance is below the existential deposit");
  const std::lock_guard lock{spawning};
  const auto index = index_of("client", name);
  const auto id = market->account(index);
  auto seen = provide({{.id = id, .index = index, .free = balance, .bonded = {}, .top_up = true}});
  if (!seen)
    return fail(std::move(seen).error());
  return client{id, index, name};
}

result<std::shared_ptr<const market::task>>
runtime::impl::make_task(const client& payer, task_request& request, std::uint64_t number) const {
  if (request.deadline <= duration::zero() || request.award_within <= duration::zero() ||
      request.deadline > wait_max || request.award_within > wait_max)
    return bad("deadline and award_within are longer than nothing, and at most ten years");
  auto t = std::make_shared<market::task>();
  const auto utc = market->world().utc_now();
  t->id = crypto::task_id_of(payer.account, number);
  t->client = payer.account;
  t->budget = request.budget;
  t->value_per_second = request.value_per_second;
  t->deadline = utc + request.deadline;
  t->award_by = std::min(t->deadline, utc + request.award_within);
  t->reputation_min = request.reputation_min;
  if (!request.verifier.empty()) {
    t->judged_by = market::verification::verifier;
    t->verifier = request.verifier;
  }
  amount given;
  std::uint64_t open = 0;
  for (const auto& part : request.subtasks) {
    given = given.saturating_plus(part.reserve);
    open += part.reserve.is_zero() ? 1 : 0;
  }
  const auto rest = request.budget.saturating_minus(given);
  for (auto& part : request.subtasks)
    t->subtasks.push_back(
        {.capability = std::move(part.capability),
         .work = part.work,
         .reserve = part.reserve.is_zero() ? amount{rest.micro() / open} : part.reserve,
         .needs = std::move(part.needs),
         .input = std::move(part.input)});
  if (auto ok = market::validate(*t); !ok)
    return fail(std::move(ok).error());
  return t;
}

result<task_id> runtime::impl::submit(const client& payer, task_request request) {
  if (market->account(payer.hosted_index) != payer.account)
    return bad("the client is not of this runtime; open it with open_client");
  if (!request.verifier.empty() && !options.verifiers.contains(request.verifier))
    return fail(market::errc::no_verifier, request.verifier);
  const auto number = next_request.fetch_add(1);
  auto made = make_task(payer, request, number);
  if (!made)
    return fail(std::move(made).error());
  const auto id = (*made)->id;
  const auto self = market->roles()->get<runtime_actor>(role::recorder);
  if (!self || !book->add(id, (*made)->subtasks.size(), options.tasks_open_max))
    return fail(market::errc::busy, std::to_string(options.tasks_open_max) + " tasks are open");
  caf::anon_send(self, msg::host_submits{{.task = std::move(*made),
                                          .client_index = payer.hosted_index,
                                          .submitted = market->world().now()},
                                         number});
  return id;
}

result<task_report> runtime::impl::status(const task_id& task) {
  constexpr int tries_max = 100; // while the node restarts
  for (int tried = 0;; ++tried) {
    auto status = market->ask_status(task);
    if (status) {
      auto report = book->find(task).value_or(task_report{});
      report.task = task;
      report.phase = std::max(report.phase, status->phase);
      if (status->phase == orchestration::task_phase::final_) {
        report.state = status->state;
        report.why = status->why;
        report.paid = status->paid;
        report.results = std::move(status->results);
      }
      return report;
    }
    // Handed in, and not heard of yet.
    if (book->is_open(task))
      return *book->find(task);
    if (status.error().detail().starts_with("market.unknown_task"))
      return fail(market::errc::unknown_task, to_string(task));
    if (tried == tries_max || book->stopping())
      return fail(std::move(status).error());
    if (auto ok = wait([] { return false; }, duration{50'000}); !ok)
      return fail(std::move(ok).error());
  }
}

result<task_report> runtime::impl::await(const task_id& task, duration timeout) {
  if (!book->is_open(task)) {
    auto known = status(task);
    if (!known || known->is_final())
      return known;
    book->adopt(task); // of an earlier life of the store
    known = status(task);
    if (!known || known->is_final()) {
      book->forget(task);
      return known;
    }
  }
  auto done = wait([&] { return !book->is_open(task); }, timeout);
  if (!done)
    return fail(std::move(done).error());
  if (*done)
    return status(task);
  if (book->stopping())
    return fail(runtime_errc::stopped);
  return fail(runtime_errc::timed_out,
              "task " + to_string(task) + " has no final state after " + to_string(timeout));
}

result<void> runtime::impl::cancel(const task_id& task) {
  if (book->is_final(task))
    return fail(market::errc::too_late, "task " + to_string(task) + " is final");
  if (!book->is_open(task))
    return fail(market::errc::unknown_task, to_string(task));
  if (const auto self = market->roles()->get<runtime_actor>(role::recorder))
    caf::anon_send(self, msg::cancel_task{task});
  return {};
}

result<void> runtime::impl::watch(const task_id& task, event_handler handler) {
  if (!handler)
    return bad("the handler is empty");
  if (book->watch(task, handler))
    return {};
  auto known = status(task);
  if (!known)
    return fail(std::move(known).error());
  if (!known->is_final()) {
    book->adopt(task);
    if (book->watch(task, handler))
      return {};
    known = status(task);
    if (!known)
      return fail(std::move(known).error());
  }
  runtime_book::call(handler, {market->world().now(), events::task_finished{std::move(*known)}});
  return {};
}

} // namespace ainur
