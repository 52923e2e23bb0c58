// A ledger in a host program: durable receipts, questions, followers, and a disk that fails.
#include <filesystem>
#include <thread>

#include "ainur/ledger/local_ledger.hpp"
#include "ainur/store/memory_store.hpp"
#include "store/support.hpp"
#include "traffic.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

/// A batch of the first account, numbered by itself.
signed_batch next_batch(const state& s, timestamp now, ledger::call c) {
  batch b;
  b.signer = self_keyed(1).id;
  b.nonce = s.nonce(b.signer);
  b.valid_until = now + hours{1};
  b.entries.push_back({b.signer, std::nullopt, std::move(c)});
  return sign_batch(s.chain(), std::move(b), seed_of(1));
}

result<applied> pay(local_ledger& l, timestamp now, amount value) {
  std::optional<signed_batch> b;
  if (auto asked = l.query([&](const state& s) {
        b = next_batch(s, now, transfer{self_keyed(2).id, value});
      });
      !asked)
    return fail(asked.error());
  return l.submit({std::move(*b)}, now);
}

amount free_of(const local_ledger& l, std::uint8_t who) {
  amount out;
  REQUIRE(l.query([&](const state& s) { out = s.account(self_keyed(who).id)->free; }));
  return out;
}

std::unique_ptr<local_ledger> in_memory(const std::shared_ptr<store::memory_store>& store,
                                        const local_options& options = {}) {
  REQUIRE(prepare_log(*store, traffic{}.g));
  auto l = local_ledger::open(store, options);
  REQUIRE(l);
  return std::move(*l);
}

} // namespace

TEST_CASE("a receipt means that the block is there after closing and opening again") {
  const test::scratch dir;
  const auto path = dir.path("store");
  const auto g = traffic{}.g;
  hash256 last;
  {
    auto l = local_ledger::create(path, g);
    REQUIRE_MESSAGE(l, (l ? "" : l.error().to_string()));
    CHECK(local_ledger::open(path).error().is(store::errc::in_use));
    for (int i = 1; i <= 5; ++i) {
      const auto done = pay(**l, epoch + minutes{i}, amount::ainu(1));
      REQUIRE(done);
      CHECK(done->height == static_cast<std::uint64_t>(i));
      CHECK(done->batches.front().entries == std::vector{errc::ok});
      last = done->block_hash;
    }
    REQUIRE((*l)->backup(dir.path("copy")));
  }
  for (const auto& place : {path, dir.path("copy")}) {
    auto l = local_ledger::open(place);
    REQUIRE(l);
    CHECK(free_of(**l, 2) == amount::ainu(10'005));
    REQUIRE((*l)->query([&](const state& s) { CHECK(s.block_hash() == last); }));
  }
  auto other = g;
  other.chain = "another";
  CHECK(local_ledger::create(path, other).error().is(base_errc::unsupported));
  CHECK(local_ledger::open(dir.path("nothing")).error().is(store::errc::not_found));
}

TEST_CASE("a refused batch has a receipt; without batch or deadline there is no block") {
  auto l = in_memory(std::make_shared<store::memory_store>());
  const auto none = l->submit({}, epoch + minutes{1});
  REQUIRE(none);
  CHECK(none->height == 0);
  std::optional<signed_batch> b;
  REQUIRE(l->query([&](const state& s) {
    b = next_batch(s, epoch, transfer{self_keyed(2).id, amount{1}});
  }));
  b->signature[0] ^= 1;
  const auto refused = l->submit({*b}, epoch + minutes{1});
  REQUIRE(refused);
  CHECK(refused->batches.front().status == errc::bad_signature);
  CHECK(free_of(*l, 2) == amount::ainu(10'000));
}

TEST_CASE("batches that are all refused make no block and leave the clock alone") {
  const auto l = in_memory(std::make_shared<store::memory_store>());
  REQUIRE(pay(*l, epoch + minutes{1}, amount::ainu(1)));
  std::optional<signed_batch> forged;
  REQUIRE(l->query([&](const state& s) {
    forged = next_batch(s, epoch + hours{9}, transfer{self_keyed(2).id, amount{1}});
  }));
  auto stranger = *forged;
  stranger.batch.signer = account_id{{9, 9}};
  forged->signature[0] ^= 1;
  const auto refused = l->submit({*forged, stranger, *forged}, epoch + minutes{2});
  REQUIRE(refused);
  CHECK(refused->height == 1);
  CHECK(refused->time == epoch + minutes{1});
  REQUIRE(refused->batches.size() == 3);
  CHECK(refused->batches[0].status == errc::bad_signature);
  CHECK(refused->batches[1].status == errc::unknown_signer);
  CHECK(l->follow(0, 10)->size() == 1);
  // One that acts takes the others along, in one block.
  std::optional<signed_batch> good;
  REQUIRE(l->query([&](const state& s) {
    good = next_batch(s, epoch + minutes{3}, transfer{self_keyed(2).id, amount{1}});
  }));
  const auto mixed = l->submit({stranger, *good}, epoch + minutes{3});
  REQUIRE(mixed);
  CHECK(mixed->height == 2);
  CHECK(mixed->batches[0].status == errc::unknown_signer);
  CHECK(mixed->batches[1].status == errc::ok);
}

TEST_CASE("followers get every block once, from memory or from the log") {
  auto store = std::make_shared<store::memory_store>();
  local_options options;
  options.recent_blocks = 3;
  auto l = in_memory(store, options);
  for (int i = 1; i <= 12; ++i)
    REQUIRE(pay(*l, epoch + minutes{i}, amount::ainu(1)));
  std::uint64_t cursor = 0;
  while (true) {
    const auto part = l->follow(cursor, 5);
    REQUIRE(part);
    if (part->empty())
      break;
    for (const auto& b : *part) {
      CHECK(b.block.height == ++cursor);
      CHECK(b.applied.block_hash == b.block.hash);
    }
  }
  CHECK(cursor == 12);
  CHECK(l->follow(11, 5)->size() == 1);
  const auto touched = l->history(self_keyed(2).id, 3, 4);
  REQUIRE(touched);
  REQUIRE(touched->size() == 4);
  CHECK(touched->front().height == 9);
  CHECK(touched->back().height == 12);
  CHECK(l->history(self_keyed(77).id, 0, 4)->empty());
}

TEST_CASE("questions about checkpoints, and proofs") {
  local_options options;
  options.checkpoint_interval = 4;
  auto l = in_memory(std::make_shared<store::memory_store>(), options);
  for (int i = 1; i <= 10; ++i)
    REQUIRE(pay(*l, epoch + minutes{i}, amount::ainu(1)));
  REQUIRE(l->query_at(
      4, [](const state& s) { CHECK(s.account(self_keyed(2).id)->free == amount::ainu(10'004)); }));
  CHECK(l->query_at(5, [](const state&) {}).error().is(base_errc::not_found));
  const auto p = l->prove_account(self_keyed(2).id);
  REQUIRE(p);
  REQUIRE(check_proof(*p));
  CHECK((*account_of(*p))->free == amount::ainu(10'010));
}

TEST_CASE(
    "after a full disk nothing of the block is kept, questions are answered, and it goes on") {
  auto store = std::make_shared<store::memory_store>();
  auto l = in_memory(store);
  REQUIRE(pay(*l, epoch + minutes{1}, amount::ainu(1)));
  store->set_bytes_max(100);
  for (int i = 0; i < 3; ++i) {
    const auto refused = pay(*l, epoch + minutes{2}, amount::ainu(1));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().is(store::errc::disk_full));
    CHECK(free_of(*l, 2) == amount::ainu(10'001));
  }
  store->set_bytes_max(~std::uint64_t{0});
  const auto done = pay(*l, epoch + minutes{3}, amount::ainu(1));
  REQUIRE(done);
  CHECK(done->height == 2);
  CHECK(free_of(*l, 2) == amount::ainu(10'002));
  auto view = store->open_view();
  CHECK(verify_log(**view).has_value());
}

TEST_CASE("a store that cannot be read answers with its error until it can") {
  store::memory_options kept;
  kept.keeps_crash_state = true;
  auto store = std::make_shared<store::memory_store>(kept);
  auto l = in_memory(store);
  REQUIRE(pay(*l, epoch + minutes{1}, amount::ainu(1)));
  store->crash();
  CHECK(l->submit({}, epoch + minutes{2}).has_value()); // nothing to write
  CHECK(pay(*l, epoch + minutes{2}, amount::ainu(1)).error().is(store::errc::crashed));
  CHECK(l->query([](const state&) {}).error().is(store::errc::crashed));
  CHECK(l->prove_account(self_keyed(2).id).error().is(store::errc::crashed));
  store->restart();
  CHECK(free_of(*l, 2) == amount::ainu(10'001));
}

TEST_CASE("threads may submit, ask and follow at the same time") {
  auto l = in_memory(std::make_shared<store::memory_store>());
  std::vector<std::thread> threads;
  for (std::uint8_t n = 1; n <= 3; ++n)
    threads.emplace_back([&l, n] {
      for (int i = 0; i < 20; ++i) {
        batch b;
        hash256 chain;
        (void)l->query([&](const state& s) {
          chain = s.chain();
          b.nonce = s.nonce(self_keyed(n).id);
        });
        b.signer = self_keyed(n).id;
        b.valid_until = epoch + hours{24};
        b.entries.push_back({b.signer, std::nullopt, transfer{self_keyed(2).id, amount{1}}});
        (void)l->submit({sign_batch(chain, std::move(b), seed_of(n))}, epoch + minutes{i});
        (void)l->follow(0, 100);
      }
    });
  for (auto& t : threads)
    t.join();
  REQUIRE(l->query([](const state& s) {
    CHECK(s.height() == 60);
    CHECK(s.conserved());
  }));
}
