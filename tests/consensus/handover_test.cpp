// Validators that are all replaced while somebody sleeps, and old blocks that nobody keeps: what
// leads from the first to the last.
#include "ainur/codec/msgpack.hpp"
#include "ainur/consensus/finality_prover.hpp"
#include "ainur/consensus/snapshot_offer.hpp"
#include "node_world.hpp"

namespace ainur::test {

namespace {

using std::chrono::seconds;

/// Numbers of nodes that validate from the first height on, as a set.
std::set<std::uint32_t> validating(const node_world& w, std::uint64_t height) {
  std::set<std::uint32_t> out;
  const auto committee = w.nodes[0].core->state().committee_of(height);
  REQUIRE(committee);
  for (std::uint32_t i = 0; i < w.nodes.size(); ++i)
    for (const auto& m : committee->members)
      if (m.stash == node_account(i))
        out.insert(i);
  return out;
}

/// Eight candidates for four seats, and an observer that is down while the first four retire, two
/// at a time. Nobody keeps the blocks it lacks.
node_world replaced() {
  auto g = founded_genesis(8);
  g.parameters.era = seconds{10};
  g.parameters.staking.seats = 4;
  node_options options;
  options.keeper.keep_blocks = 20;
  options.keeper.keep_time = {};
  options.keeper.flush_blocks_max = 10;
  node_world w{g, 9, 37, {.delay = sim::delay_model::constant(duration{2'000})}, options};
  w.run(seconds{1});
  w.crash(8);
  const auto first = w.nodes[0].core->state().committee_of(1)->members;
  for (const std::size_t retiring : {0u, 2u}) {
    for (std::uint32_t i = 0; i < 8; ++i)
      if (node_account(i) == first.at(retiring).stash ||
          node_account(i) == first.at(retiring + 1).stash)
        w.act(i, ledger::chill{});
    for (std::uint32_t i = 0; i < 160; ++i) {
      w.pay(i % 10, i % 8);
      w.run(duration{150'000});
    }
  }
  w.run(seconds{5});
  return w;
}

struct stored {
  snapshot_offer offer;
  anchor genesis;
};

/// The newest offer in a node's store, with all handovers.
stored offer_of(const node_world& w, std::uint32_t node) {
  const auto view = w.nodes[node].disk->open_view();
  REQUIRE(view);
  stored out{.offer = {}, .genesis = {0, w.g.time, {}}};
  const auto offers = (*view)->visit(offer_table, {}, [&](bytes_view, bytes_view content) {
    auto one = codec::decode<snapshot_offer>(content);
    REQUIRE(one);
    out.offer = std::move(*one);
    return result<void>{};
  });
  REQUIRE(offers);
  const auto handovers = (*view)->visit(handover_table, {}, [&](bytes_view, bytes_view content) {
    auto one = codec::decode<handover>(content);
    REQUIRE(one);
    if (one->last.header.height == 0)
      out.genesis.next_validators = validator_set::make(one->next_validators).value();
    else if (one->last.header.height < out.offer.after.height)
      out.offer.handovers.push_back(std::move(*one));
    return result<void>{};
  });
  REQUIRE(handovers);
  return out;
}

TEST_CASE("who slept while all validators were replaced is led to a snapshot by their handovers") {
  auto w = replaced();
  const auto height = w.nodes[0].core->state().height();
  for (const auto gone : validating(w, 1))
    REQUIRE(!validating(w, height).contains(gone));
  w.boot(8);
  w.pay(0, *validating(w, height).begin());
  REQUIRE(w.run(seconds{60}, [&] { return w.all_at(height + 1); }));
  CHECK(w.nodes[8].blocks.size() < 100); // most of them it never saw
  w.check();

  // Each can prove its newest block to who knows nothing but genesis, though old blocks are gone.
  for (const std::uint32_t node : {0u, 8u}) {
    CAPTURE(node);
    const auto view = w.nodes[node].disk->open_view();
    REQUIRE(view);
    CHECK(prove_block(**view, 5).error().is(base_errc::not_found));
    const auto p = prove_block(**view, w.nodes[node].core->state().height());
    REQUIRE_MESSAGE(p, (p ? "" : p.error().to_string()));
    CHECK(!p->bridge.empty());
    const auto shown = check_finality(*p, {.chain = genesis_hash(w.g)}, any_age);
    CHECK_MESSAGE(shown, (shown ? "" : shown.error().to_string()));
  }

  // And it leads the next one.
  w.crash(8);
  w.boot(8);
  w.pay(1, 8);
  REQUIRE(w.run(seconds{30}, [&] { return w.all_at(height + 2); }));
  w.check();
}

TEST_CASE("a snapshot whose handovers are not all there, or not right, is refused") {
  const auto w = replaced();
  const auto [offer, genesis] = offer_of(w, 0);
  const auto believes = [&, from = genesis](const snapshot_offer& o) {
    return believe_offer(o, from, {}, std::make_shared<signature_checker>(genesis_hash(w.g)),
                         w.at().utc);
  };
  REQUIRE(offer.handovers.size() >= 2);
  const auto p = believes(offer);
  REQUIRE_MESSAGE(p, (p ? "" : p.error().to_string()));
  CHECK(p->height == offer.block.height);
  auto o = offer;
  o.handovers.clear();
  CHECK(believes(o).error().is(consensus::errc::not_trusted));
  for (std::size_t i = 0; i < offer.handovers.size(); ++i) {
    CAPTURE(i);
    o = offer;
    std::swap(o.handovers[i], o.handovers[(i + 1) % o.handovers.size()]);
    CHECK(!believes(o));
    o = offer;
    o.handovers[i].next_validators.front().weight += 1;
    CHECK(!believes(o));
    o = offer;
    o.handovers[i].last.commit.signatures.pop_back();
    o.handovers[i].last.commit.signatures.pop_back();
    CHECK(believes(o).error().is(consensus::errc::bad_certificate));
    o = offer;
    o.handovers[i].last.header.time += duration{1};
    CHECK(!believes(o));
    o = offer;
    o.handovers.push_back(o.handovers[i]);
    CHECK(!believes(o));
  }
  o = offer;
  o.handovers.resize(handovers_max + 1, o.handovers.front());
  CHECK(believes(o).error().is(consensus::errc::bad_block));
}

TEST_CASE("a node finds its place again though the ledger has forgotten who was elected") {
  auto g = founded_genesis(4);
  g.parameters.era = seconds{1};
  g.parameters.staking.bonding_eras = 1;
  g.parameters.staking.slash_defer_eras = 0;
  g.parameters.staking.history_eras = 1;
  for (auto& a : g.allocations)
    a.free = amount::ainu(1'000);
  node_world w{g, 4, 41};
  for (std::uint32_t i = 0; i < 120; ++i) {
    w.act(i % 4, ledger::stake_more{amount::ainu(1 + i % 5)}); // so that every election differs
    w.run(duration{150'000});
    if (i % 10 == 9) { // at most three eras after the stored position, never with it
      w.crash(3);
      w.boot(3);
    }
  }
  w.run(seconds{5});
  CHECK(w.nodes[0].core->state().height() > 100);
  CHECK(w.all_at(w.nodes[0].core->state().height()));
  w.check();
}

} // namespace
} // namespace ainur::test
