// The ledger actor by itself: receipts after durability, followers with a cursor of their own,
// earlier checkpoints, and bounds.
#include "ainur/actors/ledger_service.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/signature.hpp"
#include "ainur/store/memory_store.hpp"
#include "world.hpp"

using namespace ainur;
using namespace ainur::test;
using namespace std::chrono_literals;

namespace {

byte_array<32> seed_of(std::uint8_t number) {
  return {number};
}

struct ledger_world : world {
  ledger::genesis g;
  std::shared_ptr<store::memory_store> store = std::make_shared<store::memory_store>();
  account_id host = ledger::account_of_seed(seed_of(1));
  account_id ann = ledger::account_of_seed(seed_of(2));
  account_id bob = ledger::account_of_seed(seed_of(3));
  std::optional<ledger_service> service;
  hash256 chain;

  explicit ledger_world(std::size_t waiting_max = 1'000, std::size_t recent = 256) : world(7) {
    g.time = env.utc_now() - duration{1};
    g.authority = g.council = host;
    for (const auto& id : {host, ann, bob})
      g.allocations.push_back({id, amount::ainu(1'000), {}});
    std::sort(g.allocations.begin(), g.allocations.end(),
              [](const auto& x, const auto& y) { return x.account < y.account; });
    REQUIRE(ledger::prepare_log(*store, g).has_value());
    chain = ledger::genesis_hash(g);
    ledger_service_options options{.store = store, .authority = {}, .keeper = {}, .past = {}};
    options.authority.host_seed = seed_of(1);
    options.authority.waiting_max = waiting_max;
    options.authority.checkpoint_interval = 2;
    options.recent_blocks = recent;
    service.emplace(ledger_service::start(system, env, options));
    root(service->root());
    ready();
  }

  ledger::signed_batch pay(std::uint64_t nonce, std::size_t calls = 1, bool spoilt = false) const {
    ledger::batch b{.signer = ann,
                    .key = std::nullopt,
                    .nonce = nonce,
                    .valid_until = env.utc_now() + 1h,
                    .entries = {}};
    for (std::size_t i = 0; i < calls; ++i)
      b.entries.push_back({ann, std::nullopt, ledger::transfer{bob, amount{1'000}}});
    auto made = ledger::sign_batch(chain, std::move(b), seed_of(2));
    made.signature[0] ^= spoilt ? 1 : 0;
    return made;
  }

  std::vector<ledger::batch_receipt> submit(std::vector<ledger::signed_batch> batches) {
    auto done =
        ask<msg::batch_receipts>(service->ledger(), msg::submit_batches{std::move(batches)});
    REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().to_string()));
    return std::move(done->receipts);
  }

  amount balance(std::optional<std::uint64_t> height = std::nullopt) {
    const auto seen = ask<msg::account_views>(service->ledger(), msg::ask_accounts{{bob}, height});
    REQUIRE_MESSAGE(seen.has_value(), (seen ? "" : seen.error().to_string()));
    return seen->views.at(0)->free;
  }

  std::vector<std::uint64_t> heights_after(std::uint64_t height) {
    const auto seen = ask<msg::blocks_after>(service->ledger(), msg::ask_blocks{height});
    REQUIRE_MESSAGE(seen.has_value(), (seen ? "" : seen.error().to_string()));
    std::vector<std::uint64_t> heights;
    for (const auto& b : seen->blocks)
      heights.push_back(b->height);
    return heights;
  }
};

} // namespace

TEST_CASE("ledger actor: batches are checked on several actors and answered in their order") {
  ledger_world w;
  const auto receipts = w.submit({w.pay(0), w.pay(1, 3), w.pay(2, 1, true), w.pay(2), w.pay(2)});
  REQUIRE(receipts.size() == 5);
  CHECK(receipts[0].status == ledger::errc::ok);
  CHECK(receipts[1].entries == std::vector<ledger::errc>(3, ledger::errc::ok));
  CHECK(receipts[2].status == ledger::errc::bad_signature);
  // Two of one nonce, checked on different actors: one of them acts.
  CHECK((receipts[3].status == ledger::errc::ok) != (receipts[4].status == ledger::errc::ok));
  CHECK(w.balance() == amount::ainu(1'000).saturating_plus(amount{5'000}));
  CHECK(w.submit({}).empty());
}

TEST_CASE("ledger actor: what there is no room for is answered at once and changes nothing") {
  ledger_world w{10};
  const auto receipts = w.submit({w.pay(0, 8), w.pay(1, 8)});
  REQUIRE(receipts.size() == 2);
  for (const auto& r : receipts)
    CHECK(r.status == ledger::errc::block_full);
  CHECK(w.balance() == amount::ainu(1'000));
  CHECK(w.submit({w.pay(0, 8)}).at(0).status == ledger::errc::ok);
}

TEST_CASE("ledger actor: a follower misses nothing, wherever its cursor stands") {
  ledger_world w{1'000, 2};
  for (std::uint64_t i = 0; i < 5; ++i)
    w.submit({w.pay(i)});
  CHECK(w.heights_after(0) == std::vector<std::uint64_t>{1, 2, 3, 4, 5}); // from the log
  CHECK(w.heights_after(3) == std::vector<std::uint64_t>{4, 5});          // from memory
  // Nobody waits in vain: the next block is the answer.
  std::optional<std::size_t> seen;
  w.system.spawn([&](caf::event_based_actor* self) {
    self->request(w.service->ledger(), caf::infinite, msg::ask_blocks{5})
        .then([&](const msg::blocks_after& m) { seen = m.blocks.at(0)->height; });
  });
  w.ready();
  CHECK_FALSE(seen.has_value());
  w.submit({w.pay(5)});
  w.ready();
  CHECK(seen == 6);
}

TEST_CASE("ledger actor: earlier checkpoints can be asked about as long as they are kept") {
  ledger_world w;
  for (std::uint64_t i = 0; i < 5; ++i)
    w.submit({w.pay(i)});
  CHECK(w.balance(2) == amount::ainu(1'000).saturating_plus(amount{2'000}));
  CHECK(w.balance(4) == amount::ainu(1'000).saturating_plus(amount{4'000}));
  CHECK(w.balance() == amount::ainu(1'000).saturating_plus(amount{5'000}));
  const auto missing =
      w.ask<msg::account_views>(w.service->ledger(), msg::ask_accounts{{w.bob}, 3});
  CHECK_FALSE(missing.has_value());
}

TEST_CASE("ledger actor: killed, it comes back with all that it acknowledged") {
  ledger_world w;
  w.submit({w.pay(0), w.pay(1)});
  const auto before = w.service->ledger();
  w.kill(caf::actor_cast<caf::actor>(before));
  w.pass(1s);
  REQUIRE(w.service->ledger());
  CHECK(w.service->ledger() != before);
  CHECK(w.balance() == amount::ainu(1'000).saturating_plus(amount{2'000}));
  CHECK(w.submit({w.pay(2)}).at(0).status == ledger::errc::ok);
  CHECK(w.heights_after(0).size() == w.heights_after(0).back());
}
