#include "market_host.hpp"

#include <algorithm>
#include <cstdio>
#include <set>
#include <stdexcept>
#include <tuple>

#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "ainur/base/assert.hpp"
#include "ainur/consensus/election_rules.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/crypto/key_file.hpp"
#include "ainur/ledger/block.hpp"
#include "ainur/ledger/signature.hpp"
#include "ainur/store/environment.hpp"
#include "ainur/store/journal.hpp"
#include "ainur/store/memory_store.hpp"
#include "patience.hpp"

namespace ainur {

namespace {

constexpr std::uint32_t groups_per_tier = 500;
/// Children of the root from this id on are tiers.
constexpr std::uint64_t first_tier_id = 1'000;
/// And from this one on the host program's own.
constexpr std::uint64_t first_branch_id = 1'000'000;
/// Faults are injected by the thousand, so the bounds are those of a storm, not of a mishap.
constexpr supervision::restart_intensity intensity{.restarts_max = 10'000,
                                                   .period = std::chrono::seconds{10}};
constexpr supervision::child_policy branch{.restart = supervision::restart_kind::permanent,
                                           .shutdown_timeout = supervision::infinity};

child_spec leaf(std::string name, child_factory start) {
  return {.name = std::move(name), .policy = {}, .start = std::move(start)};
}

/// The account is that of an agent, or none.
void tell_restarted(const registry& roles, const std::string& role, const account_id& agent = {}) {
  if (const auto recorder = roles.get<caf::actor>(role::recorder))
    caf::anon_send(recorder, msg::host_restarted{role, agent});
}

/// Keeps the registry at the present: each named child under its name.
supervision_listener keep_roles(std::shared_ptr<registry> roles,
                                std::map<supervision::child_id, std::vector<std::string>> names) {
  // To a supervisor that was itself started again, its children are new.
  auto met = std::make_shared<std::set<supervision::child_id>>();
  return [roles = std::move(roles), names = std::move(names),
          met = std::move(met)](const supervision_event& e) {
    const auto known = names.find(e.id);
    if (known == names.end())
      return;
    for (const auto& name : known->second) {
      if (e.kind == supervision_event::kind_type::started)
        roles->set(name, e.handle);
      else if (e.kind == supervision_event::kind_type::exited)
        roles->clear(name);
    }
    const bool up = e.kind == supervision_event::kind_type::started;
    if (up && !met->insert(e.id).second)
      tell_restarted(*roles, known->second.front());
  };
}

} // namespace

result<std::unique_ptr<market_host>> market_host::start(market_options options) {
  auto config = std::make_unique<caf::actor_system_config>();
  configure(*config, {.clock = options.clock, .threads_max = options.threads_max});
  auto system = std::make_unique<caf::actor_system>(*config);
  auto made = start_on(*system, std::move(options));
  if (!made)
    return made;
  (*made)->config_ = std::move(config);
  (*made)->own_system_ = std::move(system);
  return made;
}

result<std::unique_ptr<market_host>> market_host::start_on(caf::actor_system& system,
                                                           market_options options) {
  std::unique_ptr<market_host> h{new market_host};
  h->options_ = std::move(options);
  h->system_ = &system;
  h->host_ = ledger::account_of_seed(h->options_.host_seed);
  environment_options world{.seed = h->options_.seed,
                            .start = h->options_.start,
                            .links = h->options_.links,
                            .log = h->options_.log};
  const bool is_virtual = h->options_.clock == clock_kind::virtual_time;
  const auto make_world = [&] {
    return is_virtual ? environment::on_virtual_clock(system, world)
                      : environment::on_real_clock(world);
  };
  h->world_ = make_world();
  if (auto ok = h->open_store(); !ok) {
    h->world_->log(log_level::error, "store", "open_failed").with("error", ok.error());
    h->stopped_ = true;
    return fail(std::move(ok).error());
  }
  if (h->resumed_at_ > 0 && h->options_.elapsed)
    world.elapsed = h->options_.elapsed(h->resumed_at_);
  else if (is_virtual && h->last_block_at_ > world.start)
    world.elapsed = h->last_block_at_ - world.start; // its time goes on
  if (world.elapsed > duration::zero())
    h->world_ = make_world();
  if (is_virtual) {
    h->driver_ = std::make_unique<virtual_driver>(system, h->options_.seed);
    if (world.elapsed > duration::zero())
      h->driver_->begin_at(instant{world.elapsed});
    h->late_ = std::make_shared<late_answers>();
  }
  h->pool_ = std::make_shared<blocking_pool>(h->options_.blocking_workers);
  h->world_->log(log_level::info, "runtime", "started")
      .with("version", AINUR_VERSION)
      .with("clock", is_virtual ? "virtual" : "real")
      .with("seed", h->options_.seed)
      .with("data_directory", h->options_.data_directory)
      .with("tasks_resumed", h->resumed_tasks_);
  h->plant();
  return h;
}

result<void> market_host::open_store() {
  if (options_.data_directory.empty()) {
    store_ = std::make_shared<store::memory_store>();
  } else {
    const bool is_virtual = options_.clock == clock_kind::virtual_time;
    auto opened = store::lmdb_environment::open(
        options_.data_directory,
        {.map_bytes = is_virtual ? std::uint64_t{64} << 30 : std::uint64_t{1} << 40,
         .synced = options_.synced && !is_virtual});
    if (!opened)
      return fail(std::move(opened).error());
    store_ = std::move(*opened);
  }
  // A ledger that is there already goes on under the genesis it began with.
  auto view = store_->open_view();
  if (!view)
    return fail(std::move(view).error());
  auto known = ledger::read_genesis(**view);
  if (known)
    if (auto counted = count_resumed(**view); !counted)
      return counted;
  view->reset();
  if (known && known->founding.has_value() != options_.validators.has_value())
    return fail(base_errc::unsupported, known->founding
                                            ? "validators keep the ledger that is stored here"
                                            : "a single authority keeps the ledger stored here");
  if (options_.validators)
    validators_ = std::make_unique<validator_branch>(*options_.validators, options_.host_seed);
  auto g = known ? std::move(*known) : make_genesis();
  if (validators_ && !g.founding)
    validators_->found(g);
  chain_ = ledger::genesis_hash(g);
  if (!validators_)
    return known ? result<void>{} : ledger::prepare_log(*store_, g, consensus::elections);
  const bool is_virtual = options_.clock == clock_kind::virtual_time;
  return validators_->open_stores(g, *store_, options_.data_directory,
                                  options_.synced && !is_virtual, std::uint64_t{64} << 30);
}

namespace {

/// Height and time of the last block; nothing before the first.
result<std::pair<std::uint64_t, timestamp>> last_block(const store::view& from) {
  const auto blocks = store::extent_of(from, block_journal);
  if (!blocks)
    return fail(blocks.error());
  if (blocks->next == blocks->first)
    return std::pair{std::uint64_t{0}, timestamp{}};
  const auto records = store::read_journal(from, block_journal, blocks->last());
  if (!records)
    return fail(records.error());
  const auto block = ledger::decode_block(records->front().content);
  if (!block)
    return fail(block.error());
  return std::pair{block->height, block->time};
}

} // namespace

result<void> market_host::count_resumed(const store::view& from) {
  const auto last = last_block(from);
  if (!last)
    return fail(last.error());
  std::tie(resumed_height_, last_block_at_) = *last;
  std::set<task_id> open;
  for (std::uint64_t next = 1;;) {
    auto records = store::read_journal(from, intake_journal, next);
    if (!records)
      return fail(std::move(records).error());
    if (records->empty())
      break;
    for (const auto& record : *records) {
      auto content = codec::decode<orchestration::intake_record>(record.content);
      if (!content)
        return fail(std::move(content).error());
      if (const auto* taken = std::get_if<orchestration::task_taken>(&*content)) {
        open.insert(taken->task.id);
        resumed_at_ = std::max(resumed_at_, taken->request + 1);
      } else if (const auto* ended = std::get_if<orchestration::task_finished>(&*content)) {
        open.erase(ended->task);
      }
    }
    next = records->back().sequence + 1;
  }
  resumed_tasks_ = open.size();
  return {};
}

ledger::genesis market_host::make_genesis() const {
  ledger::genesis g;
  g.time = world_->utc_now() - duration{1};
  g.parameters = options_.economy;
  g.authority = host_;
  g.council = host_;
  g.allocations.push_back({host_, options_.host_balance, {}});
  for (std::uint32_t i = 0; i < options_.orchestrators; ++i)
    g.allocations.push_back(
        {account(first_orchestrator_index + i), amount::ainu(1), options_.orchestrator_bond});
  for (const auto& a : options_.accounts)
    g.allocations.push_back({account(a.hosted_index), a.free, a.bonded});
  std::sort(g.allocations.begin(), g.allocations.end(),
            [](const auto& a, const auto& b) { return a.account < b.account; });
  return g;
}

std::optional<key_keeping> market_host::keys_kept() const {
  if (options_.clock == clock_kind::virtual_time)
    return std::nullopt;
  return key_keeping{
      .interval = options_.key_rotation,
      .lock = crypto::hasher{"ainur/ring-lock/v1"}.add(options_.host_seed).finish().value,
      .make_key = []() -> result<crypto::secret_key> {
        const auto seed = crypto::seed_from_system();
        if (!seed)
          return fail(seed.error());
        return crypto::secret_key::from_seed(*seed);
      },
      .make_nonce = []() -> result<crypto::aead_nonce> {
        const auto fresh = crypto::key_file_salt_from_system();
        if (!fresh)
          return fail(fresh.error());
        crypto::aead_nonce nonce;
        std::copy_n(fresh->begin(), nonce.size(), nonce.begin());
        return nonce;
      }};
}

child_spec market_host::ledger_spec() const {
  if (validators_) {
    const observer_setup observer{.seat = validators_->observer(*world_, roles_, store_, host_),
                                  .client = {.host_seed = options_.host_seed,
                                             .block_interval = options_.block_interval,
                                             .calls_max = options_.calls_max}};
    return leaf("ledger",
                [observer](child_context& c) { return spawn_observer(c.parent, observer); });
  }
  const ledger_setup ledger{.world = *world_,
                            .store = store_,
                            .roles = roles_,
                            .options = {.host_seed = options_.host_seed,
                                        .rotation_interval = options_.key_rotation,
                                        .block_interval = options_.block_interval,
                                        .calls_max = options_.calls_max,
                                        .checkpoint_interval = options_.checkpoint_interval},
                            .keys = keys_kept()};
  return leaf("ledger", [ledger](child_context& c) { return spawn_ledger(c.parent, ledger); });
}

supervisor_spec market_host::storage_spec() {
  const auto world = *world_;
  const auto store = store_;
  const auto roles = roles_;
  supervisor_spec persistents{.name = "persistents", .intensity = intensity};
  persistents.children.push_back(ledger_spec());
  const reputation_setup reputation{.world = world, .store = store, .roles = roles};
  persistents.children.push_back(leaf("reputation", [reputation](child_context& c) {
    return spawn_reputation(c.parent, reputation);
  }));
  auto intake = options_.intake;
  intake.orchestrators = options_.orchestrators;
  const node_setup node{.world = world,
                        .store = store,
                        .roles = roles,
                        .options = intake,
                        .keep_notes = options_.keep_notes};
  persistents.children.push_back(
      leaf("node", [node](child_context& c) { return spawn_node(c.parent, node); }));
  persistents.listener =
      keep_roles(roles_, {{{1}, {role::ledger}},
                          {{2}, {role::reputation, role::follower_of(reputation_number)}},
                          {{3}, {role::node}}});

  supervisor_spec storage{.name = "storage",
                          .strategy = supervision::strategy_kind::rest_for_one,
                          .intensity = intensity};
  storage.children.push_back(leaf("writer", [world, store](child_context& c) {
    return caf::actor_cast<caf::actor>(spawn_store_writer(c.parent.system(), world, store));
  }));
  storage.children.push_back({.name = "persistents",
                              .policy = branch,
                              .start = std::make_shared<const supervisor_spec>(persistents)});
  storage.listener = keep_roles(roles_, {{{1}, {role::writer}}});
  return storage;
}

supervisor_spec market_host::market_spec() {
  supervisor_spec market{.name = "market", .intensity = intensity};
  std::map<supervision::child_id, std::vector<std::string>> names;
  const auto add = [&](child_spec spec, std::vector<std::string> as) {
    market.children.push_back(std::move(spec));
    names.emplace(supervision::child_id{market.children.size()}, std::move(as));
  };
  const auto world = *world_;
  const auto roles = roles_;
  if (options_.make_recorder)
    add(leaf("recorder", [make = options_.make_recorder, roles,
                          world](child_context& c) { return make(c.parent, roles, world); }),
        {role::recorder, role::follower_of(recorder_number), role::task_follower + "recorder"});
  add(leaf("shard",
           [world, roles, starts = std::make_shared<std::uint32_t>(0)](child_context& c) {
             return spawn_shard(c.parent,
                                shard_setup{.world = world, .roles = roles, .starts = (*starts)++});
           }),
      {role::shard});
  std::map<supervision::child_id, std::uint32_t> orchestrators;
  for (std::uint32_t i = 0; i < options_.orchestrators; ++i) {
    orchestrator_setup setup{.world = world,
                             .options = options_.orchestrator,
                             .make_router = options_.make_router,
                             .verifiers = options_.verifiers,
                             .roles = roles,
                             .keep_notes = options_.keep_notes};
    setup.options.number = i;
    setup.options.account = account(first_orchestrator_index + i);
    setup.options.hosted_index = first_orchestrator_index + i;
    setup.options.host = host_;
    auto starts = std::make_shared<std::uint32_t>(0);
    add(leaf("orchestrator " + std::to_string(i),
             [setup, starts](child_context& c) mutable {
               setup.options.starts = (*starts)++;
               return spawn_orchestrator(c.parent, setup);
             }),
        {role::orchestrator_of(i), role::follower_of(first_orchestrator_number + i)});
    orchestrators.emplace(supervision::child_id{market.children.size()}, i);
  }
  market.listener = [keep = keep_roles(roles_, std::move(names)), roles,
                     orchestrators](const supervision_event& e) {
    keep(e);
    const auto lost = orchestrators.find(e.id);
    // At the end of the market there is nobody left to take its tasks over.
    if (lost != orchestrators.end() && e.kind == supervision_event::kind_type::exited &&
        e.how != supervision::exit_kind::shutdown)
      if (const auto node = roles->get<node_actor>(role::node))
        caf::anon_send(node, msg::orchestrator_lost{lost->second});
  };
  return market;
}

void market_host::plant() {
  supervisor_spec root{.name = "root", .intensity = intensity};
  root.children.push_back({.name = "storage",
                           .policy = branch,
                           .start = std::make_shared<const supervisor_spec>(storage_spec())});
  root.children.push_back({.name = "market",
                           .policy = branch,
                           .start = std::make_shared<const supervisor_spec>(market_spec())});
  if (validators_)
    root.children.push_back({.name = "validators",
                             .policy = branch,
                             .start = std::make_shared<const supervisor_spec>(
                                 validators_->spec(*world_, roles_, host_))});
  root.listener = [roles = roles_](const supervision_event& e) {
    if (e.id.value < first_tier_id || e.id.value >= first_branch_id)
      return;
    const auto name = "tier/" + std::to_string(e.id.value - first_tier_id);
    if (e.kind == supervision_event::kind_type::started)
      roles->set(name, e.handle);
    else if (e.kind == supervision_event::kind_type::exited)
      roles->clear(name);
  };
  root_ = spawn_supervisor(*system_, *world_, std::move(root));
  settle();
}

std::shared_ptr<const supervisor_spec> market_host::group_spec(group_ptr g) {
  static constexpr supervision::child_id guard_id{1'000'000};
  auto spec = std::make_shared<supervisor_spec>();
  spec->name = "group " + std::to_string(g->number);
  spec->intensity = intensity;
  const auto world = *world_;
  const auto roles = roles_;
  const bool at_once = options_.report_at_once;
  const bool report = options_.keep_notes || at_once;
  spec->children.push_back(
      {.id = guard_id,
       .name = "guard",
       .start = [world, g, roles, report, at_once](child_context& c) {
         return spawn_guard(c.parent, guard_setup{world, g, roles, report, at_once});
       }});
  // Agents are numbered from 1, slots from 0.
  spec->many = child_template{.policy = {.shutdown_timeout = supervision::brutal_kill},
                              .start = [world, g, pool = pool_](child_context& c) {
                                const auto slot = static_cast<std::uint32_t>(c.id.value - 1);
                                return spawn_agent(c.parent, agent_setup{world, g, slot, pool});
                              }};
  spec->listener = [g, roles, list = rosters_->find(g->number)](const supervision_event& e) {
    using kind = supervision_event::kind_type;
    if (e.kind != kind::started && e.kind != kind::exited)
      return;
    const bool up = e.kind == kind::started;
    if (up && e.again) {
      if (e.id == guard_id)
        tell_restarted(*roles, role::guard_of(g->number));
      else
        tell_restarted(*roles, "agent", g->members[e.id.value - 1].account);
    }
    if (e.id == guard_id) {
      const auto name = role::guard_of(g->number);
      if (!up)
        return roles->clear(name);
      roles->set(name, e.handle);
      // A new guard meets the agents that are there; they report to it from now on.
      const auto guard = caf::actor_cast<guard_actor>(e.handle);
      msg::attach_agents all;
      const std::lock_guard lock{list->mutex};
      for (std::uint32_t slot = 0; slot < list->agents.size(); ++slot)
        if (list->agents[slot]) {
          all.agents.emplace_back(slot, list->agents[slot]);
          caf::anon_send(list->agents[slot], msg::new_guard{guard});
        }
      if (!all.agents.empty())
        caf::anon_send(guard, std::move(all));
      return;
    }
    const auto slot = static_cast<std::uint32_t>(e.id.value - 1);
    const std::lock_guard lock{list->mutex};
    list->agents[slot] = up ? caf::actor_cast<agent_actor>(e.handle) : agent_actor{};
    if (!up)
      return;
    const auto guard = roles->get<guard_actor>(role::guard_of(g->number));
    if (e.again) {
      caf::anon_send(guard, msg::attach_agents{{{slot, list->agents[slot]}}});
    } else if (slot + 1 == list->agents.size()) { // the whole group is up: one message
      msg::attach_agents all;
      for (std::uint32_t i = 0; i < list->agents.size(); ++i)
        if (list->agents[i])
          all.agents.emplace_back(i, list->agents[i]);
      caf::anon_send(guard, std::move(all));
    }
  };
  return spec;
}

std::uint32_t market_host::add_group(group g) {
  AINUR_ASSERT(!g.members.empty() && g.members.size() < 1'000);
  g.number = next_group_++;
  g.late = late_;
  const auto number = g.number;
  const auto size = static_cast<std::uint32_t>(g.members.size());
  auto list = std::make_shared<roster>();
  list->agents.resize(size);
  {
    const std::lock_guard lock{rosters_->mutex};
    rosters_->lists.push_back(std::move(list));
  }
  const auto spec = group_spec(std::make_shared<const group>(std::move(g)));
  const auto tier = number / groups_per_tier;
  const auto tier_role = "tier/" + std::to_string(tier);
  if (tier >= tiers_) {
    auto child = std::make_shared<child_spec>();
    child->id = supervision::child_id{first_tier_id + tier};
    child->name = "tier " + std::to_string(tier);
    child->policy = branch;
    child->start = tier_spec(child->name);
    add_below(root_, std::move(child));
    ++tiers_;
  }
  auto child = std::make_shared<child_spec>();
  child->id = supervision::child_id{number + 1};
  child->policy = branch;
  child->start = spec;
  add_below(roles_->get<supervisor_actor>(tier_role), std::move(child));
  return number;
}

void market_host::add_branch(supervisor_spec spec) {
  auto child = std::make_shared<child_spec>();
  child->id = supervision::child_id{first_branch_id + branches_++};
  child->name = spec.name;
  child->policy = branch;
  spec.intensity = intensity;
  child->start = std::make_shared<const supervisor_spec>(std::move(spec));
  add_below(root_, std::move(child));
}

std::shared_ptr<const supervisor_spec> market_host::tier_spec(const std::string& name) {
  auto spec = std::make_shared<supervisor_spec>();
  spec->name = name;
  spec->intensity = intensity;
  spec->listener = [roles = roles_, rosters = rosters_](const supervision_event& e) {
    const auto number = static_cast<std::uint32_t>(e.id.value - 1);
    const auto name_of_group = "group/" + std::to_string(number);
    if (e.kind == supervision_event::kind_type::started) {
      roles->set(name_of_group, e.handle);
      if (e.again)
        tell_restarted(*roles, name_of_group);
      // The agents of a group are not in its specification: they are added whenever it starts.
      caf::anon_send(caf::actor_cast<supervisor_actor>(e.handle),
                     add_children{{1}, rosters->size_of(number)});
    } else if (e.kind == supervision_event::kind_type::exited) {
      roles->clear(name_of_group);
      if (const auto shard = roles->get<shard_actor>(role::shard))
        caf::anon_send(shard, msg::group_lost{number});
    }
  };
  return spec;
}

void market_host::add_below(const supervisor_actor& above,
                            std::shared_ptr<const child_spec> child) {
  if (driver_) {
    caf::anon_send(above, add_child{std::move(child)});
    settle();
    return;
  }
  caf::scoped_actor self{*system_};
  self->request(above, patience_of(*world_), add_child{std::move(child)})
      .receive([](const child_found&) {},
               [](const caf::error& e) { throw std::runtime_error{to_text(e)}; });
}

void market_host::settle() {
  if (driver_)
    if (auto ok = driver_->run_ready(); !ok)
      throw std::runtime_error{ok.error().to_string()};
}

market_host::~market_host() {
  stop();
}

void market_host::stop() {
  if (std::exchange(stopped_, true))
    return;
  if (driver_) {
    const std::vector<caf::actor> roots{caf::actor_cast<caf::actor>(root_)};
    if (auto ok = driver_->stop(roots); !ok) {
      world_->log(log_level::error, "runtime", "stop_incomplete").with("error", ok.error());
      std::fprintf(stderr, "ainur: %s\n", ok.error().to_string().c_str());
    }
  } else {
    caf::scoped_actor self{*system_};
    self->send_exit(root_, caf::exit_reason::user_shutdown);
    self->wait_for(root_);
  }
  root_ = nullptr;
  roles_->clear_all();
  driver_.reset();
  pool_.reset(); // the agents have cancelled what runs; it is waited for
  world_->log(log_level::info, "runtime", "stopped");
  if (options_.log)
    options_.log->close();
}

void market_host::with_root(const std::function<void(caf::local_actor&)>& spawn) {
  caf::scoped_actor self{*system_};
  spawn(*self.ptr());
}

void market_host::end(const caf::actor& actor) {
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  settle();
}

void market_host::flush_reports() {
  for (const auto& [name, guard] : roles_->list<guard_actor>("guard/"))
    caf::anon_send(guard, msg::flush_report{});
  settle();
}

void market_host::call_ledger(std::vector<ledger::entry> calls) {
  std::vector<orchestration::outputs::request> requests;
  requests.reserve(calls.size());
  for (auto& entry : calls)
    requests.push_back({0, std::move(entry)});
  call_ledger(std::move(requests));
}

void market_host::call_ledger(std::vector<orchestration::outputs::request> calls) {
  msg::ledger_calls m{runtime_number, std::move(calls)};
  if (const auto ledger = roles_->get<ledger_actor>(role::ledger))
    caf::anon_send(ledger, std::move(m));
}

namespace {

/// Asks an actor and waits for its answer; on the virtual clock, by letting the run go on. Nothing
/// after the time that is given; without one the run's end is the bound.
template <class Answer, class Handle, class Question>
std::optional<result<Answer>> ask_within(caf::actor_system& system, virtual_driver* driver,
                                         const Handle& whom, Question question,
                                         std::optional<duration> timeout) {
  std::optional<result<Answer>> answer;
  if (!whom)
    return fail(market::errc::busy, "the actor is being restarted");
  if (driver == nullptr) {
    caf::scoped_actor self{system};
    self->request(whom, timeout.value_or(std::chrono::seconds{60}), std::move(question))
        .receive([&](Answer& a) { answer.emplace(std::move(a)); },
                 [&](const caf::error& e) {
                   if (e != caf::sec::request_timeout || !timeout)
                     answer.emplace(fail(base_errc::unsupported, to_text(e)));
                 });
    return answer;
  }
  auto shared = std::make_shared<std::optional<result<Answer>>>();
  system.spawn([=](caf::event_based_actor* self) mutable {
    // Its end is the driver's: a question that nobody will answer is `stalled`.
    self->request(whom, caf::infinite, std::move(question))
        .then([=](Answer& a) { shared->emplace(std::move(a)); },
              [=](const caf::error& e) {
                shared->emplace(fail(base_errc::unsupported, to_text(e)));
              });
  });
  const auto answered = [&] { return shared->has_value(); };
  auto ok = timeout ? driver->run_until(driver->now() + *timeout, answered)
                    : driver->run_while([&] { return !answered(); });
  if (!ok)
    return fail(std::move(ok).error());
  return std::move(*shared);
}

template <class Answer, class Handle, class Question>
result<Answer> ask(caf::actor_system& system, virtual_driver* driver, const Handle& whom,
                   Question question) {
  return *ask_within<Answer>(system, driver, whom, std::move(question), std::nullopt);
}

} // namespace

result<msg::totals> market_host::ask_totals() {
  return ask<msg::totals>(*system_, driver_.get(), roles_->get<ledger_actor>(role::ledger),
                          msg::ask_totals{});
}

result<msg::account_views> market_host::ask_accounts(std::vector<account_id> accounts) {
  return ask<msg::account_views>(*system_, driver_.get(), roles_->get<ledger_actor>(role::ledger),
                                 msg::ask_accounts{std::move(accounts)});
}

std::optional<result<msg::batch_receipts>>
market_host::submit_batch(const ledger::signed_batch& batch, duration timeout) {
  return ask_within<msg::batch_receipts>(*system_, driver_.get(),
                                         roles_->get<ledger_actor>(role::ledger),
                                         msg::submit_batches{{batch}}, timeout);
}

std::optional<result<void>> market_host::await_block_after(std::uint64_t height, duration timeout) {
  const auto blocks = ask_within<msg::blocks_after>(*system_, driver_.get(),
                                                    roles_->get<ledger_actor>(role::ledger),
                                                    msg::ask_blocks{height}, timeout);
  if (!blocks)
    return std::nullopt;
  return *blocks ? result<void>{} : fail(blocks->error());
}

result<void> market_host::wait_listed(std::uint32_t group_number, std::size_t agents) {
  auto listed = ask<done>(*system_, driver_.get(), roles_->get<shard_actor>(role::shard),
                          msg::ask_listed{group_number, agents});
  if (!listed)
    return fail(std::move(listed).error());
  return {};
}

result<orchestration::task_status> market_host::ask_status(const task_id& task) {
  return ask<orchestration::task_status>(
      *system_, driver_.get(), roles_->get<node_actor>(role::node), msg::ask_status{task});
}

result<std::vector<msg::node_view>> market_host::ask_validators() {
  std::vector<msg::node_view> views;
  if (!validators_)
    return views;
  for (std::uint32_t i = 0; i < validators_->count(); ++i) {
    const auto whom = roles_->get<validator_actor>(role::validator_of(i));
    auto view = ask<msg::node_view>(*system_, driver_.get(), whom, msg::ask_node{});
    views.push_back(view ? std::move(*view) : msg::node_view{.place = i});
  }
  auto own = ask<msg::node_view>(*system_, driver_.get(), roles_->get<observer_actor>(role::ledger),
                                 msg::ask_node{});
  if (!own)
    return fail(own.error());
  views.push_back(std::move(*own));
  return views;
}

bool market_host::befall_validator(std::uint32_t number, const msg::node_fault& what) {
  const auto whom = roles_->get<validator_actor>(role::validator_of(number));
  if (whom)
    caf::anon_send(whom, what);
  return static_cast<bool>(whom);
}

bool market_host::kill(const std::string& role) {
  const auto target = roles_->get<caf::actor>(role);
  if (!target)
    return false;
  caf::anon_send_exit(target, caf::exit_reason::kill);
  return true;
}

bool market_host::kill_agent(std::uint32_t guard, std::uint32_t slot) {
  const auto target = find_agent(guard, slot);
  if (!target)
    return false;
  caf::anon_send_exit(target, caf::exit_reason::kill);
  return true;
}

bool market_host::kill_supervisor(std::uint32_t guard) {
  return kill("group/" + std::to_string(guard));
}

agent_actor market_host::find_agent(std::uint32_t guard, std::uint32_t slot) const {
  const auto list = rosters_->find(guard);
  if (!list)
    return {};
  const std::lock_guard lock{list->mutex};
  return slot < list->agents.size() ? list->agents[slot] : agent_actor{};
}

} // namespace ainur
