// A node that stops dead before any of its write effects: it comes back, contradicts nothing that
// it ever said, catches up, and its log is whole.
#include "ainur/store/journal.hpp"
#include "node_world.hpp"
#include "support/property.hpp"

namespace ainur::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Blocks are few and everything that nodes store comes within them: checkpoints, tables, bases,
/// pruned blocks, an election.
ledger::genesis busy_genesis() {
  auto g = founded_genesis(4);
  g.founding->agreement.checkpoint_interval = 3;
  g.parameters.era = seconds{4};
  return g;
}

node_options busy_options() {
  node_options o;
  o.keeper.keep_blocks = 4;
  o.keeper.keep_time = {};
  o.keeper.flush_blocks_max = 3;
  return o;
}

constexpr std::uint32_t rounds_of_payments = 6;

bool all_paid(const node_world& w) {
  for (const auto& n : w.nodes)
    for (std::uint32_t i = 0; i < 3; ++i)
      if (!n.core || n.core->state().nonce(client_account(i)) != rounds_of_payments)
        return false;
  return true;
}

struct crash_run {
  bool crashed = false;
  std::uint64_t effects = 0; ///< of the node, if it did not crash
};

/// Payments through the other nodes, while one crashes before its so manyth effect.
crash_run run_with_crash(std::uint64_t seed, std::uint64_t effect, std::uint32_t who = 0) {
  node_world w{busy_genesis(),
               4,
               seed,
               {.delay = sim::delay_model::uniform(duration{1'000}, duration{30'000})},
               busy_options()};
  const auto first = w.nodes[who].disk->effects();
  w.crash_at_effect(who, effect);
  const auto come_back = [&] {
    if (!w.nodes[who].core)
      w.boot(who);
  };
  for (std::uint32_t round = 0; round < rounds_of_payments; ++round) {
    for (std::uint32_t i = 0; i < 3; ++i)
      w.pay(i, (who + 1 + i) % 4);
    w.run(milliseconds{700});
    if (round % 2 == 1) // now and then it stays away for longer
      come_back();
  }
  come_back();
  CHECK(w.run(seconds{60}, [&] { return all_paid(w); }));
  CHECK(w.run(seconds{20}, [&] { return w.all_at(w.nodes[1].core->state().height()); }));
  w.check();
  const auto& s = w.nodes[who].core->state();
  CHECK(s.staking_era() >= 1);
  const auto view = w.nodes[who].disk->open_view();
  if (w.crashes == 0) // what the run is to reach
    CHECK(store::extent_of(**view, ledger::block_journal)->first > 1);
  for (const auto& n : w.nodes)
    CHECK(n.core->state().state_hash() == w.nodes[0].core->state().state_hash());
  return {w.crashes > 0, w.nodes[who].disk->effects() - first};
}

} // namespace

TEST_CASE("a node that crashes before any of its write effects contradicts nothing") {
  for (std::uint64_t seed = 1; seed <= static_cast<std::uint64_t>(test::count_factor()); ++seed) {
    CAPTURE(seed);
    const auto whole = run_with_crash(seed, ~std::uint64_t{0} >> 1);
    CHECK(!whole.crashed);
    CHECK(whole.effects > 100);
    std::uint64_t crashed = 0;
    for (std::uint64_t k = 1; k <= whole.effects; ++k) {
      CAPTURE(k);
      crashed += run_with_crash(seed, k).crashed ? 1 : 0;
    }
    CHECK(crashed == whole.effects);
  }
}

} // namespace ainur::test
