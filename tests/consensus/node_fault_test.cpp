// Nodes that are wrong: one whose ledger differs stops by itself and says where, while the others
// go on; byzantine validators, each behaviour alone and mixed, harm nobody honest.
#include "ainur/store/key.hpp"
#include "node_world.hpp"
#include "support/property.hpp"

namespace ainur::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint32_t accounts_table = 1; // docs/ledger.md numbers them

/// Changes the free balance of an account from 1,000 AINU by 1 µAINU, in the pages of a store.
void corrupt_account(store::memory_store& disk) {
  const bytes thousand{0xce, 0x3b, 0x9a, 0xca, 0x00};
  store::write_set set;
  {
    const auto view = disk.open_view();
    REQUIRE(view);
    const auto found = (*view)->visit(
        ledger::page_table, {}, [&](bytes_view key, bytes_view content) -> result<void> {
          bytes page{content.begin(), content.end()};
          const auto at = std::ranges::search(page, thousand);
          if (!at.empty() && set.empty()) {
            at.back() = 0x01;
            set.put(ledger::page_table, bytes{key.begin(), key.end()}, page);
          }
          return {};
        });
    REQUIRE(found);
  }
  REQUIRE(!set.empty());
  REQUIRE(disk.commit({&set, 1}));
}

void pay_all(node_world& w, std::uint32_t via) {
  for (std::uint32_t i = 0; i < 10; ++i)
    w.pay(i, via);
}

bool all_have(const node_world& w, std::uint64_t nonce) {
  return std::ranges::all_of(w.nodes, [nonce](const auto& n) {
    for (std::uint32_t i = 0; i < 10; ++i)
      if (n.honest() && n.core->state().nonce(client_account(i)) < nonce)
        return false;
    return true;
  });
}

/// What the ledger says of one who was byzantine: reported and slashed at most once.
std::uint64_t times_reported(const node_world& w, std::uint32_t who) {
  std::uint64_t times = 0;
  for (const auto& n : w.nodes)
    if (n.honest() && n.blocks.size() == n.core->state().height()) {
      for (const auto& b : n.blocks)
        for (const auto& id : node_world::reported_in(b))
          times += id == node_account(who) ? 1 : 0;
      return times;
    }
  FAIL_CHECK("nobody saw all blocks");
  return 0;
}

struct byzantine_run {
  std::uint64_t reports = 0;
  std::uint64_t acts = 0;
};

/// `byzantine` of the validators do these things for a while, then they are honest again.
byzantine_run run_with(const std::vector<behaviour>& how, std::uint32_t validators,
                       std::uint32_t byzantine, std::uint64_t seed) {
  auto g = founded_genesis(validators);
  g.parameters.staking.slash_defer_eras = 0;
  node_world w{
      g, validators, seed, {.delay = sim::delay_model::uniform(duration{1'000}, duration{30'000})}};
  const auto honest = [&](std::uint32_t i) { return byzantine + i % (validators - byzantine); };
  for (std::uint32_t i = 0; i < byzantine; ++i)
    w.misbehave(i, how);
  rng random{seed};
  for (std::uint32_t round = 0; round < 12; ++round) {
    w.pay(round % 10, honest(round));
    w.run(milliseconds{700});
    if (std::ranges::find(how, behaviour::amnesia) != how.end())
      for (std::uint32_t i = 0; i < byzantine; ++i)
        if (random.below(2) == 0) {
          w.crash(i);
          w.boot(i);
        }
  }
  for (std::uint32_t i = 0; i < byzantine; ++i)
    w.misbehave(i, {});
  pay_all(w, honest(0));
  const auto nonce = [](std::uint32_t client) { return client < 2 ? 3u : 2u; };
  CHECK(w.run(seconds{90}, [&] {
    return std::ranges::all_of(w.nodes, [&](const auto& n) {
      for (std::uint32_t i = 0; i < 10; ++i)
        if (n.honest() && n.core->state().nonce(client_account(i)) != nonce(i))
          return false;
      return true;
    });
  }));
  w.run(seconds{10});
  w.check();
  byzantine_run out;
  for (const auto n : w.acts)
    out.acts += n;
  const auto& s = w.nodes[validators - 1].core->state();
  for (std::uint32_t i = 0; i < validators; ++i) {
    const auto times = times_reported(w, i);
    CHECK(times <= (i < byzantine ? 1u : 0u));
    CHECK((s.stake_of(node_account(i))->active < amount::ainu(20'000)) == (times > 0));
    out.reports += times;
  }
  return out;
}

} // namespace

TEST_CASE("a node whose ledger differs stops, and says at which height and in which table") {
  for (const std::uint32_t wrong : {3u, 4u}) { // a validator, an observer
    CAPTURE(wrong);
    node_world w{founded_genesis(4), 5, 31 + wrong};
    auto& n = w.nodes[wrong];
    bool stopped_once = false;
    std::vector<statement> signed_after; // what it says then
    w.tamper = [&](std::uint32_t from, outgoing& out) {
      const auto* plain = std::get_if<message>(out.what.get());
      if (from != wrong || plain == nullptr || !stopped_once)
        return;
      if (const auto* p = std::get_if<proposal_message>(plain))
        signed_after.push_back(p->proposal.statement);
      else if (const auto* v = std::get_if<vote_message>(plain))
        signed_after.push_back(v->vote.statement);
    };
    w.run(seconds{1});
    w.crash(wrong);
    corrupt_account(*n.disk);
    w.boot(wrong);
    n.lied = true; // is not to be asked any more
    pay_all(w, 0); // the first block with a payment of that account: the next one tells
    CHECK(w.run(seconds{30}, [&] { return all_have(w, 1); }));
    pay_all(w, 1);
    CHECK(w.run(seconds{30}, [&] { return n.stopped.has_value(); }));
    REQUIRE(n.stopped);
    stopped_once = true;
    CHECK(w.run(seconds{30}, [&] { return all_have(w, 2); }));
    w.check();
    const auto stop = *n.stopped;
    const auto others = w.nodes[0].blocks.at(stop.height - 1).applied;
    CHECK(stop.height == n.core->state().height());
    CHECK(n.core->state().block_hash() != others.block_hash);
    CHECK(stop.why == "other writes to table " + std::to_string(accounts_table));
    // The others go on, without a word of it.
    const auto before = n.blocks.size();
    for (std::uint64_t nonce = 3; nonce <= 4; ++nonce) {
      pay_all(w, 1);
      CHECK(w.run(seconds{30}, [&] { return all_have(w, nonce); }));
    }
    CHECK(n.blocks.size() == before);
    CHECK(signed_after.empty());
    // Nor does it come on in another life: it may say that it finds no block good, and stops again.
    w.crash(wrong);
    n.stopped.reset();
    w.boot(wrong);
    pay_all(w, 2);
    CHECK(w.run(seconds{30}, [&] { return n.stopped.has_value() && all_have(w, 5); }));
    REQUIRE(n.stopped);
    CHECK(n.stopped->height == stop.height);
    CHECK(n.stopped->why == stop.why);
    CHECK(n.blocks.size() == before);
    CHECK(std::ranges::all_of(signed_after, [](const auto& s) { return s.value.is_none(); }));
    w.check();
    // And its own log says so.
    const auto view = n.disk->open_view();
    CHECK(!ledger::verify_log(**view, {}, elections));
  }
}

TEST_CASE("what differs without being written to is found at the next checkpoint") {
  auto g = founded_genesis(4);
  g.founding->agreement.checkpoint_interval = 3;
  node_world w{g, 4, 41};
  w.run(seconds{1});
  w.crash(3);
  corrupt_account(*w.nodes[3].disk);
  w.boot(3);
  w.nodes[3].lied = true;
  // Pays and is paid: only clients whose balances are as they were in genesis elsewhere.
  for (std::uint32_t round = 0; round < 8 && !w.nodes[3].stopped; ++round) {
    auto b = w.payment(0, w.nonces[0]++);
    b.signer = node_account(0);
    b.entries[0].origin = b.signer;
    std::get<ledger::transfer>(b.entries[0].call) = {node_account(1), amount{1}};
    CHECK(!w.submit(
        0, prepare(genesis_hash(g), ledger::sign_batch(genesis_hash(g), b, node_seed(0)))));
    w.run(seconds{3});
  }
  w.check();
  REQUIRE(w.nodes[3].stopped);
  CHECK(w.nodes[3].stopped->height == 3);
  CHECK(w.nodes[3].stopped->why.find("state hash") != std::string::npos);
}

TEST_CASE("each behaviour alone harms nobody honest") {
  for (std::size_t b = 0; b < behaviours_count; ++b) {
    const auto how = static_cast<behaviour>(b);
    if (how == behaviour::twin)
      continue; // of two nodes with one key; see simulation_test.cpp
    std::uint64_t reports = 0;
    for (std::uint64_t seed = 1; seed <= 3u * static_cast<unsigned>(test::count_factor()); ++seed) {
      CAPTURE(to_string(how));
      CAPTURE(seed);
      const auto done = run_with({how}, 4, 1, seed);
      reports += done.reports;
      CHECK((done.acts > 0) == (how != behaviour::amnesia));
    }
    CAPTURE(to_string(how));
    // Whom a vote of a far round contradicts later is as guilty as one with two faces.
    const bool two_faced = how == behaviour::equivocating_voter || how == behaviour::amnesia ||
                           how == behaviour::equivocating_proposer || how == behaviour::flooding;
    if (how == behaviour::equivocating_voter)
      CHECK(reports > 0);
    else if (!two_faced)
      CHECK(reports == 0);
  }
}

TEST_CASE("two of seven do everything at once") {
  std::uint64_t reports = 0;
  for (std::uint64_t seed = 1; seed <= 4u * static_cast<unsigned>(test::count_factor()); ++seed) {
    CAPTURE(seed);
    reports += run_with({behaviour::equivocating_proposer, behaviour::equivocating_voter,
                         behaviour::stale_view, behaviour::bad_signatures,
                         behaviour::withheld_proposal, behaviour::flooding, behaviour::amnesia},
                        7, 2, seed)
                   .reports;
  }
  CHECK(reports > 0);
}

} // namespace ainur::test
