// Four validators in one process against one ledger alone: the same signed batches, each durable
// (and with validators final) before it is answered.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <set>
#include <thread>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/stateful_actor.hpp>

#include "ainur/actors/ledger_service.hpp"
#include "ainur/actors/store_writer.hpp"
#include "ainur/actors/system.hpp"
#include "ainur/base/rng.hpp"
#include "ainur/consensus/simulation.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/signature.hpp"
#include "ainur/store/environment.hpp"
#include "bench.hpp"
#include "validator_branch.hpp"

namespace ainur::bench {

namespace {

using steady = std::chrono::steady_clock;
constexpr std::uint32_t senders = 16;
constexpr std::uint32_t under_way = 4; ///< batches of a sender
constexpr std::uint64_t map_bytes = std::uint64_t{64} << 30;

double seconds_since(steady::time_point begin) {
  return std::chrono::duration<double>(steady::now() - begin).count();
}

tl::unexpected<error> wrong(std::string what) {
  return fail(base_errc::unsupported, std::move(what));
}

byte_array<32> seed_of(std::string_view what, std::uint64_t number) {
  return crypto::hasher{"ainur/bench-consensus"}.add(as_bytes(what)).add(number).finish().value;
}

ledger::genesis genesis_of(const consensus_options& o) {
  ledger::genesis g;
  g.time = timestamp_at(1'700'000'000'000'000);
  g.authority = ledger::account_of_seed(seed_of("host", 0));
  g.council = g.authority;
  g.allocations.push_back({g.authority, amount::ainu(1'000), {}});
  for (std::uint32_t i = 0; i < senders; ++i)
    g.allocations.push_back(
        {ledger::account_of_seed(seed_of("sender", i)), amount::ainu(1'000'000), {}});
  for (std::uint32_t i = 0; i < o.accounts; ++i) {
    g.allocations.push_back({account_id{seed_of("account", i)}, amount::ainu(1), {}});
  }
  std::ranges::sort(g.allocations, {}, &ledger::allocation::account);
  return g;
}

using batch_list = std::vector<ledger::signed_batch>;

/// What one sender has to submit, signed before the clock starts.
batch_list transfers(const ledger::genesis& g, std::uint32_t sender, std::uint64_t batches,
                     std::size_t calls, std::uint64_t first_nonce) {
  const auto seed = seed_of("sender", sender);
  const auto from = ledger::account_of_seed(seed);
  const auto chain = ledger::genesis_hash(g);
  rng random{sender + 1};
  batch_list out;
  for (std::uint64_t i = 0; i < batches; ++i) {
    ledger::batch b{.signer = from,
                    .key = std::nullopt,
                    .nonce = first_nonce + i,
                    .valid_until = timestamp_at(4'000'000'000'000'000),
                    .entries = {}};
    for (std::size_t k = 0; k < calls; ++k)
      b.entries.push_back(
          {from, std::nullopt,
           ledger::transfer{g.allocations[random.below(g.allocations.size())].account, amount{1}}});
    out.push_back(ledger::sign_batch(chain, std::move(b), seed));
  }
  return out;
}

struct tally {
  std::atomic<std::uint64_t> left{0};
  std::atomic<std::uint64_t> refused{0};
  std::promise<void> over;
};

struct sender_state {
  batch_list batches;
  std::size_t next = 0;
};

using submitting = caf::typed_actor<accepts<msg::tick>>;

/// Keeps so many batches under way until all are answered.
submitting::behavior_type sender(submitting::stateful_pointer<sender_state> self,
                                 ledger_actor ledger, batch_list batches, tally* all) {
  self->state.batches = std::move(batches);
  const auto go_on = [self, ledger, all](auto& again) -> void {
    auto& s = self->state;
    if (s.next == s.batches.size())
      return;
    self->request(ledger, caf::infinite, msg::submit_batches{{std::move(s.batches[s.next++])}})
        .then(
            [all, again](const msg::batch_receipts& r) {
              for (const auto& one : r.receipts)
                all->refused +=
                    one.status != ledger::errc::ok ||
                            std::ranges::any_of(one.entries,
                                                [](auto e) { return e != ledger::errc::ok; })
                        ? 1
                        : 0;
              if (--all->left == 0)
                all->over.set_value();
              again(again);
            },
            [all](const caf::error&) {
              ++all->refused;
              if (--all->left == 0)
                all->over.set_value();
            });
  };
  return {[go_on](const msg::tick&) { go_on(go_on); }};
}

/// Submits all and waits for the last answer; calls a second.
result<double> rate_of(caf::actor_system& system, const ledger_actor& ledger,
                       std::vector<batch_list> lists, std::size_t calls) {
  tally all;
  std::uint64_t count = 0;
  for (const auto& l : lists)
    count += l.size();
  all.left = count;
  std::vector<submitting> actors;
  for (auto& l : lists)
    actors.push_back(system.spawn(sender, ledger, std::move(l), &all));
  const auto begin = steady::now();
  for (const auto& a : actors)
    for (std::uint32_t i = 0; i < under_way; ++i)
      caf::anon_send(a, msg::tick{});
  all.over.get_future().wait();
  const auto seconds = seconds_since(begin);
  for (const auto& a : actors)
    caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
  if (all.refused != 0)
    return wrong(std::to_string(all.refused) + " batches were refused");
  return static_cast<double>(count * calls) / seconds;
}

/// One call at a time: how long each waits for its answer, in ms.
result<std::vector<double>> waits_of(caf::actor_system& system, const ledger_actor& ledger,
                                     batch_list batches) {
  std::vector<double> out;
  caf::scoped_actor self{system};
  for (auto& b : batches) {
    const auto begin = steady::now();
    bool good = false;
    self->request(ledger, std::chrono::seconds{60}, msg::submit_batches{{std::move(b)}})
        .receive(
            [&good](const msg::batch_receipts& r) {
              good = r.receipts.at(0).status == ledger::errc::ok;
            },
            [](const caf::error&) {});
    if (!good)
      return wrong("a call was refused");
    out.push_back(1e3 * seconds_since(begin));
  }
  return out;
}

/// Durable commits of a record as small as a vote's, in ms.
result<std::vector<double>> commits_of(const std::string& folder, std::uint64_t count) {
  auto store = store::lmdb_environment::open(folder + "/commits");
  if (!store)
    return fail(store.error());
  std::vector<double> out;
  const bytes record(300, std::uint8_t{7});
  for (std::uint64_t i = 0; i < count; ++i) {
    store::write_set set;
    set.append(store::journal_id{1}, i + 1, record);
    const auto begin = steady::now();
    if (auto done = (*store)->commit(set); !done)
      return fail(done.error());
    out.push_back(1e3 * seconds_since(begin));
  }
  return out;
}

/// The ledger as an actor, with or without validators behind it.
class served_ledger {
public:
  static result<std::unique_ptr<served_ledger>> start(const consensus_options& o, bool validated) {
    std::unique_ptr<served_ledger> s{new served_ledger};
    s->g_ = genesis_of(o);
    configure(s->config_, {.clock = clock_kind::real_time});
    s->system_.emplace(s->config_);
    s->world_ = environment::on_real_clock({});
    auto store = store::lmdb_environment::open(o.data + (validated ? "/validated" : "/alone"),
                                               {.map_bytes = map_bytes});
    if (!store)
      return fail(store.error());
    std::shared_ptr<store::backend> shared{std::move(*store)};
    const auto ready = validated ? s->validate(o, shared) : s->serve_alone(shared);
    if (!ready)
      return fail(ready.error());
    s->await_open();
    return s;
  }

  ~served_ledger() {
    caf::scoped_actor self{*system_};
    for (const auto& root : {service_ ? service_->root() : root_, validators_})
      if (root) {
        self->send_exit(root, caf::exit_reason::user_shutdown);
        self->wait_for(root);
      }
  }

  served_ledger(const served_ledger&) = delete;
  served_ledger& operator=(const served_ledger&) = delete;

  [[nodiscard]] caf::actor_system& system() { return *system_; }

  [[nodiscard]] const ledger::genesis& genesis() const { return g_; }

  [[nodiscard]] ledger_actor ledger() const {
    for (;;) { // it opens in a moment
      if (auto l = service_ ? service_->ledger() : roles_->get<ledger_actor>(role::ledger))
        return l;
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
  }

  /// All nodes hold the same, and no money is lost.
  [[nodiscard]] result<void> check(std::uint32_t validators) {
    caf::scoped_actor self{*system_};
    std::optional<hash256> known;
    for (std::uint32_t tries = 0; tries < 600; ++tries) {
      std::set<hash256> hashes;
      bool conserved = true;
      for (std::uint32_t i = 0; i < validators; ++i)
        self->request(roles_->get<validator_actor>(role::validator_of(i)), std::chrono::seconds{60},
                      msg::ask_node{})
            .receive(
                [&](const msg::node_view& v) {
                  hashes.insert(v.state_hash);
                  conserved = conserved && v.conserved;
                },
                [](const caf::error&) {});
      if (hashes.size() == 1)
        return conserved ? result<void>{} : wrong("money is not conserved");
      std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
    return wrong("the validators do not hold the same");
  }

private:
  served_ledger() = default;

  /// While it opens, batches are refused; a question waits.
  void await_open() {
    caf::scoped_actor self{*system_};
    self->request(ledger(), std::chrono::seconds{60}, msg::ask_totals{})
        .receive([](const msg::totals&) {}, [](const caf::error&) {});
  }

  result<void> serve_alone(const std::shared_ptr<store::backend>& store) {
    if (auto ready = ledger::prepare_log(*store, g_); !ready)
      return ready;
    ledger_service_options options{.store = store, .authority = {}, .keeper = {}, .past = {}};
    options.authority.host_seed = seed_of("host", 0);
    options.authority.checkpoint_interval = 0;
    service_.emplace(ledger_service::start(*system_, *world_, options));
    return {};
  }

  result<void> validate(const consensus_options& o, const std::shared_ptr<store::backend>& store) {
    validator_options v;
    v.stakes.assign(o.validators, amount::ainu(20'000));
    v.agreement.checkpoint_interval = 0;
    branch_.emplace(v, seed_of("validators", 0));
    branch_->found(g_);
    if (auto ready = branch_->open_stores(g_, *store, o.data, true, map_bytes); !ready)
      return ready;
    const auto host = ledger::account_of_seed(seed_of("host", 0));
    supervisor_spec spec{.name = "ledger", .strategy = supervision::strategy_kind::rest_for_one};
    spec.children.push_back({.name = "writer", .start = [w = *world_, store](child_context& c) {
                               return caf::actor_cast<caf::actor>(
                                   spawn_store_writer(c.parent.system(), w, store));
                             }});
    const observer_setup observer{.seat = branch_->observer(*world_, roles_, store, host),
                                  .client = {.host_seed = seed_of("host", 0)}};
    spec.children.push_back({.name = "ledger", .start = [observer](child_context& c) {
                               return spawn_observer(c.parent, observer);
                             }});
    spec.listener = [roles = roles_](const supervision_event& e) {
      const auto name = e.id.value == 1 ? role::writer : role::ledger;
      if (e.kind == supervision_event::kind_type::started)
        roles->set(name, e.handle);
    };
    validators_ = spawn_supervisor(*system_, *world_, branch_->spec(*world_, roles_, host));
    root_ = spawn_supervisor(*system_, *world_, std::move(spec));
    return {};
  }

  ledger::genesis g_;
  caf::actor_system_config config_;
  std::optional<caf::actor_system> system_;
  std::optional<environment> world_;
  std::shared_ptr<registry> roles_ = std::make_shared<registry>();
  std::optional<ledger_service> service_;
  std::optional<validator_branch> branch_;
  supervisor_actor root_;
  supervisor_actor validators_;
};

result<double> measured_rate(served_ledger& s, const consensus_options& o) {
  std::vector<batch_list> lists;
  for (std::uint32_t i = 0; i < senders; ++i)
    lists.push_back(transfers(s.genesis(), i, o.batches / senders, o.batch_calls, 0));
  return rate_of(s.system(), s.ledger(), std::move(lists), o.batch_calls);
}

result<double> measured_wait(served_ledger& s, const consensus_options& o) {
  auto waits = waits_of(s.system(), s.ledger(),
                        transfers(s.genesis(), 0, o.single_calls, 1, o.batches / senders));
  return waits ? result<double>{median(std::move(*waits))} : fail(waits.error());
}

} // namespace

result<consensus_figures> run_consensus(const consensus_options& o) {
  consensus_figures f;
  {
    auto alone = served_ledger::start(o, false);
    if (!alone)
      return fail(alone.error());
    const auto rate = measured_rate(**alone, o);
    const auto wait = rate ? measured_wait(**alone, o) : result<double>{0};
    if (!rate || !wait)
      return fail(!rate ? rate.error() : wait.error());
    f.alone_per_second = *rate;
    f.alone_wait_ms = *wait;
  }
  {
    auto validated = served_ledger::start(o, true);
    if (!validated)
      return fail(validated.error());
    const auto rate = measured_rate(**validated, o);
    const auto wait = rate ? measured_wait(**validated, o) : result<double>{0};
    if (!rate || !wait)
      return fail(!rate ? rate.error() : wait.error());
    if (auto same = (*validated)->check(o.validators); !same)
      return fail(same.error());
    f.final_per_second = *rate;
    f.finality_ms = *wait;
  }
  auto commits = commits_of(o.data, o.single_calls);
  if (!commits)
    return fail(commits.error());
  f.commit_ms = median(std::move(*commits));
  return f;
}

result<double> run_many_validators(std::uint32_t validators, std::uint64_t heights) {
  consensus::simulation_options o;
  o.validators = validators;
  o.heights = heights;
  const auto begin = steady::now();
  const auto report = consensus::simulate(o);
  if (!report)
    return fail(report.error());
  if (!report->violations.empty())
    return wrong(report->violations.front().what);
  return static_cast<double>(report->blocks) / seconds_since(begin);
}

} // namespace ainur::bench
