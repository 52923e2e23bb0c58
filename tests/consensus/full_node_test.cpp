// Nodes with real ledgers: agreement, catching up, crashes, elections, evidence, snapshots.
#include "node_world.hpp"

namespace ainur::test {

namespace {

using std::chrono::seconds;

TEST_CASE("four nodes agree on transfers and hold the same money") {
  node_world w{founded_genesis(4), 4, 1};
  for (std::uint32_t i = 0; i < 20; ++i)
    w.pay(i % 10, i % 4);
  REQUIRE(w.run(seconds{20}, [&w] {
    return std::ranges::all_of(
        w.nodes, [](const auto& n) { return n.core->state().nonce(client_account(9)) == 2; });
  }));
  REQUIRE(w.run(seconds{5}, [&w] { return w.all_at(w.nodes[0].core->state().height()); }));
  w.check();
  for (const auto& n : w.nodes) {
    CHECK(n.core->state().state_hash() == w.nodes[0].core->state().state_hash());
    CHECK(n.core->waiting().size() == 0);
  }
  const auto height = w.nodes[0].core->state().height();
  w.run(
      seconds{30}); // one more block tells what became of the last batches; then there is no reason
  CHECK(w.nodes[0].core->state().height() == height + 1);
  CHECK(w.nodes[0].blocks.back().decided.block->batches.empty());
}

TEST_CASE("an observer follows, and its clients' batches become final") {
  node_world w{founded_genesis(4), 5, 2};
  CHECK(!w.nodes[4].core->validates());
  for (std::uint32_t i = 0; i < 10; ++i)
    w.pay(i, 4);
  REQUIRE(w.run(seconds{20}, [&w] {
    return std::ranges::all_of(
        w.nodes, [](const auto& n) { return n.core->state().nonce(client_account(9)) == 1; });
  }));
  w.check();
  CHECK(w.nodes[4].core->blocks_made() == 0);
}

TEST_CASE("lost messages and a node that was away: all catch up") {
  const auto count = 3;
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    CAPTURE(seed);
    node_world w{founded_genesis(4),
                 5,
                 seed,
                 {.delay = sim::delay_model::uniform(duration{1'000}, duration{40'000}),
                  .loss_ppm = 100'000,
                  .duplication_ppm = 50'000,
                  .reordering_ppm = 100'000}};
    for (std::uint32_t i = 0; i < 10; ++i)
      w.pay(i, 4);
    w.run(seconds{1});
    w.crash(3);
    for (std::uint32_t i = 0; i < 10; ++i)
      w.pay(i, i % 3);
    w.run(seconds{5});
    w.boot(3);
    for (std::uint32_t i = 0; i < 10; ++i)
      w.pay(i, 3);
    REQUIRE(w.run(seconds{120}, [&w] {
      for (std::uint32_t i = 0; i < 10; ++i)
        for (const auto& n : w.nodes)
          if (n.core->state().nonce(client_account(i)) != 3)
            return false;
      return true;
    }));
    w.check();
  }
}

TEST_CASE("who was away catches up though the others have nothing to agree on") {
  node_world w{founded_genesis(4), 5, 4};
  for (const std::uint32_t away : {3u, 4u}) {
    w.crash(away);
    w.pay(0, 0);
    w.run(seconds{5});
    w.pay(1, 1);
    w.run(seconds{5});
    const auto height = w.nodes[0].core->state().height();
    CHECK(height >= 2);
    w.boot(away);
    CHECK(w.run(seconds{5}, [&] { return w.all_at(height); }));
    w.run(seconds{60});
    CHECK(w.nodes[0].core->state().height() == height);
  }
  w.check();
}

TEST_CASE("a minority cut off waits and comes back") {
  node_world w{founded_genesis(4), 4, 5};
  w.pay(0, 0);
  REQUIRE(w.run(seconds{10}, [&w] { return w.all_at(1); }));
  w.cut_off = {0};
  w.pay(1, 0); // only the one that is cut off hears of it
  w.pay(2, 1);
  w.run(seconds{10});
  CHECK(w.nodes[1].core->state().nonce(client_account(2)) == 1);
  CHECK(w.nodes[1].core->state().nonce(client_account(1)) == 0);
  CHECK(w.nodes[0].core->state().height() == 1);
  w.cut_off.clear();
  REQUIRE(w.run(seconds{30}, [&w] {
    return std::ranges::all_of(w.nodes, [](const auto& n) {
      return n.core->state().nonce(client_account(1)) == 1 &&
             n.core->state().nonce(client_account(2)) == 1;
    });
  }));
  w.check();
}

TEST_CASE("eras elect: the set changes and blocks go on") {
  auto g = founded_genesis(6);
  g.parameters.era = seconds{10};
  g.parameters.staking.seats = 4;
  node_world w{g, 6, 7};
  std::set<account_id> authors;
  for (std::uint32_t round = 0; round < 8; ++round) {
    for (std::uint32_t i = 0; i < 10; ++i)
      w.pay(i, (i + round) % 6);
    w.run(seconds{7});
  }
  w.run(seconds{10});
  REQUIRE(w.run(seconds{10}, [&w] { return w.all_at(w.nodes[0].core->state().height()); }));
  CHECK(w.nodes[0].core->state().staking_era() >= 5);
  CHECK(w.nodes[0].core->state().nonce(client_account(3)) == 8);
  w.check();
}

TEST_CASE("who votes twice is reported, slashed, and the reporter is paid") {
  auto g = founded_genesis(4);
  g.parameters.staking.slash_defer_eras = 0;
  node_world w{g, 4, 9};
  const auto key = node_key(3);
  w.tamper = [&](std::uint32_t from, outgoing& out) {
    const auto* m = std::get_if<message>(out.what.get());
    const auto* v = m == nullptr ? nullptr : std::get_if<vote_message>(m);
    if (from != 3 || v == nullptr || v->vote.statement.is_nil() ||
        w.now.time_since_epoch() > seconds{2})
      return;
    auto other = v->vote.statement;
    other.value = {};
    for (std::uint32_t to = 0; to < 3; ++to)
      (void)w.nodes[to].core->receive(node_account(3),
                                      message{vote_message{ledger::sign_statement(
                                          genesis_hash(g), other, node_account(3), key)}},
                                      w.at());
  };
  for (std::uint32_t i = 0; i < 10; ++i)
    w.pay(i, i % 3);
  REQUIRE(w.run(seconds{30},
                [&w] { return w.nodes[0].core->state().has_equivocated(node_account(3), 1); }));
  w.run(seconds{5});
  const auto& s = w.nodes[0].core->state();
  CHECK(s.stake_of(node_account(3))->active < amount::ainu(20'000));
  for (std::uint32_t i = 0; i < 3; ++i)
    CHECK(s.stake_of(node_account(i))->active == amount::ainu(20'000));
}

/// Four nodes that keep few blocks, and one of them away until the others have pruned what it
/// lacks.
node_world pruned_world(std::uint64_t seed) {
  node_options options;
  options.keeper.keep_blocks = 20;
  options.keeper.keep_time = {};
  options.keeper.flush_blocks_max = 10;
  node_world w{
      founded_genesis(4), 4, seed, {.delay = sim::delay_model::constant(duration{2'000})}, options};
  w.run(seconds{1});
  w.crash(3);
  for (std::uint32_t i = 0; w.nodes[0].core->state().height() < 120 && i < 2'000; ++i) {
    w.pay(i % 10, i % 3);
    w.run(duration{300'000});
  }
  REQUIRE(w.nodes[0].core->state().height() >= 120);
  return w;
}

TEST_CASE("a snapshot can be had from nodes that were restarted, though they make no blocks") {
  auto w = pruned_world(21);
  for (std::uint32_t i = 0; i < 3; ++i) {
    w.crash(i);
    w.boot(i);
  }
  w.run(seconds{5});
  w.crash(0); // one of four is away: the others are a quorum as soon as the last has caught up
  const auto height = w.nodes[1].core->state().height();
  w.boot(3);
  w.pay(0, 1);
  CHECK(w.run(seconds{120}, [&] { return w.all_at(height + 1); }));
  w.check();
  // And from the one that took it, in a later life.
  w.crash(3);
  w.boot(3);
  w.pay(1, 3);
  CHECK(w.run(seconds{60}, [&] { return w.all_at(height + 2); }));
  w.check();
}

TEST_CASE("a piece of a snapshot that is lost is asked for again though nothing else happens") {
  auto w = pruned_world(22);
  const auto height = w.nodes[1].core->state().height();
  bool lost = false;
  w.tamper = [&](std::uint32_t from, outgoing& out) {
    if (from == 3 && !lost && std::holds_alternative<chunk_request>(*out.what)) {
      lost = true;
      w.cut_off.insert(3);
    }
  };
  w.boot(3);
  REQUIRE(w.run(seconds{20}, [&lost] { return lost; }));
  w.run(seconds{3}); // it asks for blocks meanwhile, in vain, and the piece is due after that
  w.cut_off.clear();
  CHECK(w.run(seconds{20}, [&] { return w.nodes[3].core->state().height() >= height; }));
  w.check();
}

TEST_CASE("who is too far behind for blocks takes a snapshot") {
  auto g = founded_genesis(4);
  node_options options;
  options.keeper.keep_blocks = 20;
  options.keeper.keep_time = {};
  options.keeper.flush_blocks_max = 10;
  node_world w{g, 5, 11, {.delay = sim::delay_model::constant(duration{2'000})}, options};
  w.run(seconds{1});
  w.crash(4);
  std::uint32_t paid = 0;
  while (w.nodes[0].core->state().height() < 120 && paid < 2'000) {
    w.pay(paid % 10, paid % 4);
    ++paid;
    w.run(duration{300'000});
  }
  REQUIRE(w.nodes[0].core->state().height() >= 120);
  w.boot(4);
  const auto target = w.nodes[0].core->state().height();
  w.pay(0, 0);
  REQUIRE(w.run(seconds{60}, [&] { return w.all_at(target + 1); }));
  CHECK(w.nodes[4].blocks.size() < 60); // most of them it never saw
  w.check();
  w.crash(4);
  w.boot(4);
  w.pay(1, 4);
  REQUIRE(w.run(seconds{30}, [&] { return w.all_at(target + 2); }));
  w.check();
}

} // namespace
} // namespace ainur::test
