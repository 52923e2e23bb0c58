// Nodes with real ledgers under everything at once, each run drawn from a seed: lossy and
// reordering links, partitions, crashes between and within steps, validators that come and go,
// pruned blocks, byzantine validators. Then all is mended, and within a bound all honest nodes hold
// the same ledger with every payment in it, and all money.
//
// AINUR_SIM_SEED=17 runs that seed alone.
#include <cstdlib>

#include "node_world.hpp"
#include "support/property.hpp"

namespace ainur::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint32_t clients = 6;
constexpr duration faults_time = seconds{25};
constexpr duration mended_time = seconds{120}; // within which all must be done

/// What a seed says of a run.
struct plan {
  std::uint64_t seed = 0;
  std::uint32_t validators = 4;
  std::uint32_t observers = 0;
  std::uint32_t byzantine = 0;
  std::uint32_t down_max = 0; ///< honest nodes that are down at a time
  bool elects = false;
  bool prunes = false;
  bool parts = false;
  sim::link_model links;
};

plan drawn_plan(std::uint64_t seed) {
  rng random = rng{seed}.split("plan");
  plan p;
  p.seed = seed;
  p.validators = static_cast<std::uint32_t>(4 + random.below(4));
  p.observers = static_cast<std::uint32_t>(random.below(2));
  const auto faulty = (p.validators - 1) / 3;
  p.byzantine = static_cast<std::uint32_t>(random.below(faulty + 1));
  p.down_max = faulty - p.byzantine;
  p.elects = p.byzantine == 0 && random.below(2) == 0;
  p.prunes = random.below(2) == 0;
  p.parts = random.below(2) == 0;
  p.links.delay = random.below(2) == 0
                      ? sim::delay_model::uniform(duration{1'000}, milliseconds{40})
                      : sim::delay_model::exponential(milliseconds{20}, duration{1'000});
  if (random.below(3) != 0) {
    p.links.loss_ppm = static_cast<std::uint32_t>(random.below(200'000));
    p.links.duplication_ppm = static_cast<std::uint32_t>(random.below(200'000));
    p.links.reordering_ppm = static_cast<std::uint32_t>(random.below(300'000));
  }
  return p;
}

ledger::genesis genesis_of(const plan& p) {
  auto g = founded_genesis(p.validators);
  g.founding->agreement.checkpoint_interval = 3 + p.seed % 4;
  g.parameters.staking.slash_defer_eras = 0;
  if (p.elects) {
    g.parameters.era = seconds{static_cast<std::int64_t>(4 + p.seed % 8)};
    g.parameters.staking.seats = p.validators - 1;
  }
  return g;
}

node_options options_of(const plan& p) {
  node_options o;
  if (p.prunes) {
    o.keeper.keep_blocks = 4;
    o.keeper.keep_time = {};
    o.keeper.flush_blocks_max = 3;
    o.keeper.base_chunk_bytes = 2'000; // several chunks
  }
  return o;
}

class run {
public:
  explicit run(const plan& of)
      : p_(of), random_(rng{of.seed}.split("run")),
        w_(genesis_of(of), of.validators + of.observers, of.seed, of.links, options_of(of)) {}

  void play();

  node_world& world() { return w_; }

  [[nodiscard]] std::uint64_t chills() const noexcept { return chills_; }

private:
  struct payer {
    byte_array<32> seed{};
    account_id id;
    std::vector<ledger::batch> batches; ///< by nonce
  };

  void disturb();
  void move_sets();
  void hand_out(bool all);
  void mend();
  [[nodiscard]] bool done() const;
  [[nodiscard]] std::vector<std::uint32_t> honest() const;

  [[nodiscard]] std::uint32_t down() const {
    return static_cast<std::uint32_t>(
        std::ranges::count_if(w_.nodes, [](const auto& n) { return !n.core; }));
  }

  plan p_;
  rng random_;
  node_world w_;
  std::vector<payer> payers_;
  std::map<std::uint32_t, instant> back_at_;
  std::uint64_t chills_ = 0;
};

std::vector<std::uint32_t> run::honest() const {
  std::vector<std::uint32_t> out;
  for (const auto& n : w_.nodes)
    if (n.honest())
      out.push_back(n.number);
  return out;
}

/// What happens to the nodes in the next stretch.
void run::disturb() {
  const auto all = honest();
  for (auto at = back_at_.begin(); at != back_at_.end();)
    if (at->second <= w_.now) {
      if (!w_.nodes[at->first].core)
        w_.boot(at->first);
      at = back_at_.erase(at);
    } else {
      ++at;
    }
  for (const auto& n : w_.nodes) // stopped by its store
    if (!n.core && !back_at_.contains(n.number))
      back_at_[n.number] = w_.now + milliseconds{random_.between(10, 6'000)};
  if (down() < p_.down_max && random_.below(3) == 0) {
    const auto who = all[random_.below(all.size())];
    if (w_.nodes[who].core && !back_at_.contains(who)) {
      back_at_[who] = w_.now + milliseconds{random_.between(10, 6'000)};
      if (random_.below(2) == 0)
        w_.crash(who);
      else
        w_.crash_at_effect(who, 1 + random_.below(12));
    }
  }
  if (p_.parts && random_.below(6) == 0) {
    sim::partition cut;
    for (std::uint32_t i = 0; i < w_.nodes.size(); ++i)
      if (random_.below(2) == 0)
        (random_.below(2) == 0 ? cut.from : cut.to).push_back(i);
    if (!cut.from.empty() && !cut.to.empty()) {
      cut.begin = w_.now;
      cut.end = w_.now + milliseconds{random_.between(100, 5'000)};
      cut.both_ways = random_.below(2) == 0;
      w_.net.add_partition(cut);
    }
  }
  // An amnesiac forgets only where it restarts.
  for (const auto& n : w_.nodes)
    if (n.core && std::ranges::find(n.misdeeds, behaviour::amnesia) != n.misdeeds.end() &&
        random_.below(3) == 0) {
      w_.crash(n.number);
      w_.boot(n.number);
      ++w_.acts[static_cast<std::size_t>(behaviour::amnesia)];
    }
}

/// A validator leaves office or comes back, or has more at stake.
void run::move_sets() {
  if (!p_.elects || random_.below(4) != 0)
    return;
  auto& who = payers_[clients + random_.below(p_.validators)];
  ledger::batch b{.signer = who.id,
                  .key = std::nullopt,
                  .nonce = who.batches.size(),
                  .valid_until = node_epoch + std::chrono::hours{1000},
                  .entries = {}};
  const auto add = [&](ledger::call c) {
    b.entries.push_back({who.id, std::nullopt, std::move(c)});
  };
  if (random_.below(3) == 0 && chills_ < 2 && p_.validators > 4) {
    ++chills_;
    add(ledger::chill{});
  } else {
    add(ledger::stake_more{amount::ainu(1 + random_.below(5))});
    add(ledger::run_validator{100'000, false});
  }
  who.batches.push_back(std::move(b));
}

/// Clients give what is not final to some node, again and again: one may have crashed with it.
void run::hand_out(bool all) {
  const auto nodes = honest();
  for (auto& each : payers_) {
    std::uint64_t final_ones = 0;
    for (const auto& n : w_.nodes)
      if (n.core && n.honest())
        final_ones = std::max(final_ones, n.core->state().nonce(each.id));
    for (auto nonce = final_ones; nonce < each.batches.size() && nonce < final_ones + 3; ++nonce) {
      const auto via = nodes[random_.below(nodes.size())];
      if (w_.nodes[via].core && (all || random_.below(2) == 0))
        (void)w_.submit(
            via, prepare(genesis_hash(w_.g),
                         ledger::sign_batch(genesis_hash(w_.g), each.batches[nonce], each.seed)));
    }
  }
}

void run::mend() {
  w_.net.heal();
  w_.net.set_usual({.delay = sim::delay_model::uniform(duration{1'000}, milliseconds{20})});
  for (std::uint32_t i = 0; i < w_.nodes.size(); ++i) {
    w_.misbehave(i,
                 w_.nodes[i].honest() ? std::vector<behaviour>{} : std::vector{behaviour::silent});
    w_.nodes[i].disk->set_faults({});
    if (!w_.nodes[i].core)
      w_.boot(i);
  }
}

bool run::done() const {
  const ledger::state* first = nullptr;
  for (const auto& n : w_.nodes) {
    if (!n.honest())
      continue;
    if (!n.core)
      return false;
    const auto& s = n.core->state();
    for (const auto& each : payers_)
      if (s.nonce(each.id) < each.batches.size())
        return false;
    if (first != nullptr && (s.height() != first->height()))
      return false;
    first = first == nullptr ? &s : first;
  }
  return true;
}

void run::play() {
  for (std::uint32_t i = 0; i < clients; ++i)
    payers_.push_back({client_seed(i), client_account(i), {}});
  for (std::uint32_t i = 0; i < p_.validators; ++i)
    payers_.push_back({node_seed(i), node_account(i), {}});
  for (std::uint32_t i = 0; i < p_.byzantine; ++i) {
    std::vector<behaviour> how;
    for (std::size_t b = 0; b < behaviours_count; ++b)
      if (static_cast<behaviour>(b) != behaviour::twin && random_.below(3) == 0)
        how.push_back(static_cast<behaviour>(b));
    w_.misbehave(i, how.empty() ? std::vector{behaviour::equivocating_voter} : how);
  }
  while (w_.now.time_since_epoch() < faults_time) {
    for (std::uint32_t i = 0; i < clients; ++i)
      if (random_.below(4) == 0)
        payers_[i].batches.push_back(w_.payment(i, payers_[i].batches.size()));
    move_sets();
    hand_out(false);
    disturb();
    w_.run(milliseconds{random_.between(50, 600)});
  }
  mend();
  const auto end = w_.now + mended_time;
  while (w_.now < end && !done()) {
    hand_out(true);
    w_.run(seconds{2}, [this] { return done(); });
  }
}

std::optional<std::uint64_t> only_seed() {
  const char* text = std::getenv("AINUR_SIM_SEED");
  return text == nullptr ? std::nullopt : std::optional{std::strtoull(text, nullptr, 10)};
}

std::string replay_of(std::uint64_t seed) {
  return "again with AINUR_SIM_SEED=" + std::to_string(seed) + " node_simulation_test";
}

/// What all seeds together have reached: what is never put to the test proves nothing.
struct reached {
  std::uint64_t blocks = 0, crashes = 0, byzantine = 0, snapshots = 0, fetched = 0, eras = 0,
                chills = 0, reports = 0;
  std::array<std::uint64_t, behaviours_count> acts{};
};

void run_seed(std::uint64_t seed, reached& all) {
  INFO(replay_of(seed));
  const auto p = drawn_plan(seed);
  run r{p};
  r.play();
  auto& w = r.world();
  w.check();
  const node_world::node* first = nullptr;
  for (const auto& n : w.nodes) {
    if (!n.honest())
      continue;
    REQUIRE(n.core);
    first = first == nullptr ? &n : first;
    const auto& s = n.core->state();
    CHECK_MESSAGE(s.height() == first->core->state().height(), "node " << n.number);
    CHECK(s.state_hash() == first->core->state().state_hash());
    CHECK_MESSAGE(n.core->waiting().size() == 0, "node " << n.number);
    all.snapshots += n.blocks.size() + 3 < s.height() ? 1 : 0;
    all.fetched += n.core->counts().fetched;
  }
  all.blocks += first->core->state().height();
  all.eras += p.elects ? first->core->state().staking_era() : 0;
  all.crashes += w.crashes;
  all.byzantine += p.byzantine;
  all.chills += r.chills();
  for (const auto& b : first->blocks)
    all.reports += node_world::reported_in(b).size();
  for (std::size_t i = 0; i < behaviours_count; ++i)
    all.acts[i] += w.acts[i];
}

} // namespace

TEST_CASE("nodes under everything at once: the same ledger for all, every payment in it") {
  reached all;
  if (const auto seed = only_seed())
    return run_seed(*seed, all);
  const auto seeds = 60u * static_cast<std::uint64_t>(test::count_factor());
  for (std::uint64_t seed = 1; seed <= seeds; ++seed)
    run_seed(seed, all);
  CHECK(all.crashes > 0);
  CHECK(all.snapshots > 0);
  CHECK(all.fetched > 0);
  CHECK(all.eras > 0);
  CHECK(all.chills > 0);
  CHECK(all.reports > 0);
  for (std::size_t i = 0; i < behaviours_count; ++i)
    if (static_cast<behaviour>(i) != behaviour::twin)
      CHECK_MESSAGE(all.acts[i] > 0, to_string(static_cast<behaviour>(i)));
  MESSAGE(seeds << " runs, " << all.blocks << " blocks, " << all.crashes << " crashed stores, "
                << all.snapshots << " snapshots taken, " << all.byzantine << " byzantine, "
                << all.reports << " reported");
}

TEST_CASE("the same seed is the same run of nodes, another seed another") {
  const auto digest = [](std::uint64_t seed) {
    run r{drawn_plan(seed)};
    r.play();
    crypto::hasher h{"test/nodes"};
    for (const auto& n : r.world().nodes)
      h.add(n.core->state().block_hash()).add(n.core->counts().rounds);
    return h.finish();
  };
  for (std::uint64_t seed = 1; seed <= 3; ++seed)
    CHECK(digest(seed) == digest(seed));
  CHECK(digest(1) != digest(2));
}

} // namespace ainur::test
