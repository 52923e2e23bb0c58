// When the authority cuts a block, whom it answers, and that its log gives the same state again.
#include <algorithm>
#include <map>

#include <doctest/doctest.h>

#include "ainur/crypto/hash.hpp"
#include "ainur/ledger/authority.hpp"
#include "ainur/ledger/signature.hpp"

using namespace ainur;
using namespace ainur::ledger;
using namespace std::chrono_literals;

namespace {

byte_array<32> seed_of(std::uint8_t number) {
  byte_array<32> seed{};
  seed.fill(number);
  return seed;
}

struct authority_world {
  genesis g;
  authority_options options;
  account_id host, client, stranger;
  std::optional<authority> core;
  std::vector<bytes> log;
  timestamp utc = timestamp_at(1'700'000'000'000'000);

  explicit authority_world(std::size_t calls_max = 4, std::size_t waiting_max = 20) {
    options.host_seed = seed_of(1);
    options.calls_max = calls_max;
    options.waiting_max = waiting_max;
    options.checkpoint_interval = 2;
    host = account_of_seed(options.host_seed);
    client = crypto::hosted_account(host, 5);
    stranger = account_of_seed(seed_of(2));
    g.time = timestamp_at(1'600'000'000'000'000);
    g.authority = g.council = host;
    for (const auto& id : {host, client, stranger})
      g.allocations.push_back({id, amount::ainu(1'000), {}});
    std::sort(g.allocations.begin(), g.allocations.end(),
              [](const auto& a, const auto& b) { return a.account < b.account; });
    core.emplace(state::open(g).value(), options);
  }

  entry pay(amount value) const { return {client, 5, transfer{stranger, value}}; }

  checked_batch foreign(std::uint64_t nonce, std::size_t entries = 1, bool spoilt = false) const {
    const auto until = std::max(utc, core->working().time()) + 1h; // the clock may jump back
    batch b{.signer = stranger, .nonce = nonce, .valid_until = until};
    for (std::size_t i = 0; i < entries; ++i)
      b.entries.push_back({stranger, std::nullopt, transfer{client, amount{5'000}}});
    auto made = sign_batch(core->working().chain(), std::move(b), seed_of(2));
    made.signature[3] ^= spoilt ? 1 : 0;
    return check(core->working().chain(), std::move(made));
  }

  std::shared_ptr<const published> block(instant now, bool idle = true) {
    auto record = core->cut(now, utc, idle);
    REQUIRE(record.has_value());
    log.push_back(std::move(*record));
    return core->durable(0);
  }

  void check_replay() const {
    auto again = state::open(g).value();
    for (const auto& record : log)
      REQUIRE(again.apply(decode_block(record).value()).has_value());
    CHECK(again.state_hash() == core->working().state_hash());
    CHECK(again.block_hash() == core->working().block_hash());
    CHECK(again.conserved());
  }
};

} // namespace

TEST_CASE("a block is cut after the interval, at the count, or when nothing more comes") {
  authority_world w;
  CHECK_FALSE(w.core->cut(instant_at(0), w.utc, true)); // no empty blocks
  CHECK_FALSE(w.core->wake_at(instant_at(0), w.utc));
  REQUIRE(w.core->add({1, 1}, w.pay(amount{5'000}), instant_at(10)));
  CHECK(w.core->wake_at(instant_at(20), w.utc) == instant_at(100'010));
  CHECK_FALSE(w.core->cut(instant_at(100'009), w.utc, false));
  SUBCASE("interval") {
    CHECK(w.block(instant_at(100'010), false)->answers.size() == 1);
  }
  SUBCASE("idle") {
    CHECK(w.block(instant_at(11), true)->answers.size() == 1);
  }
  SUBCASE("count") {
    for (std::uint64_t i = 2; i <= 6; ++i)
      REQUIRE(w.core->add({1, i}, w.pay(amount{5'000}), instant_at(10)));
    CHECK(w.core->wake_at(instant_at(20), w.utc) == instant_at(20));
    CHECK(w.block(instant_at(20), false)->answers.size() == 4);
    CHECK(w.core->waiting() == 2);
    CHECK_FALSE(w.core->cut(instant_at(21), w.utc, false));
    CHECK(w.block(instant_at(100'020), false)->answers.size() == 2);
  }
  w.check_replay();
}

TEST_CASE("a deadline of the ledger cuts a block though nobody calls") {
  authority_world w;
  open_task t{
      .budget = amount::ainu(1), .host = w.host, .award_by = w.utc + 10s, .deadline = w.utc + 20s};
  t.task.value.fill(3);
  REQUIRE(w.core->add({1, 1}, {w.client, 5, t}, instant_at(0)));
  CHECK(w.block(instant_at(0))->answers.at(0).how == errc::ok);
  const auto wake = w.core->wake_at(instant_at(0), w.utc).value();
  CHECK(wake - instant_at(0) <= 10s + 10us);
  CHECK_FALSE(w.core->cut(instant_at(0) + 9s, w.utc + 9s, true));
  w.utc += wake - instant_at(0);
  const auto swept = w.block(wake, false);
  CHECK(swept->answers.empty());
  CHECK(w.core->working().task(t.task)->final_state == task_end::refunded);
  w.check_replay();
}

TEST_CASE("one block is out at a time and answers go to those who asked") {
  authority_world w;
  REQUIRE(w.core->add({7, 70}, w.pay(amount{5'000}), instant_at(0)));
  REQUIRE(w.core->add({8, 80}, w.pay(amount::max()), instant_at(0)));
  auto record = w.core->cut(instant_at(0), w.utc, true);
  REQUIRE(record);
  w.log.push_back(*record);
  CHECK(w.core->block_is_out());
  REQUIRE(w.core->add({9, 90}, w.pay(amount{5'000}), instant_at(1)));
  CHECK_FALSE(w.core->cut(instant_at(500'000), w.utc, true));
  CHECK_FALSE(w.core->wake_at(instant_at(500'000), w.utc));
  const auto first = w.core->durable(0);
  CHECK(first->answers ==
        std::vector<call_answer>{{{7, 70}, errc::ok}, {{8, 80}, errc::insufficient_funds}});
  CHECK_FALSE(first->state_hash);
  const auto second = w.block(instant_at(500'000));
  CHECK(second->answers == std::vector<call_answer>{{{9, 90}, errc::ok}});
  CHECK(second->height == 2);
  CHECK(second->state_hash == w.core->working().state_hash()); // a checkpoint
  w.check_replay();
}

TEST_CASE("others sign for themselves: a bad one is answered and the block goes on") {
  authority_world w{10};
  REQUIRE(w.core->add({1, 1}, w.pay(amount{5'000}), instant_at(0)));
  REQUIRE(w.core->add({2, 2}, w.foreign(0, 1, true), instant_at(0)));
  REQUIRE(w.core->add({3, 3}, w.foreign(0), instant_at(0)));
  REQUIRE(w.core->add({4, 4}, w.foreign(0), instant_at(0))); // the same once more
  const auto block = w.block(instant_at(0));
  std::map<std::uint32_t, errc> how;
  for (const auto& a : block->answers)
    CHECK(how.emplace(a.to.who, a.how).second);
  for (const auto& a : block->batch_answers)
    CHECK(how.emplace(a.to.who, a.receipt.status).second);
  CHECK(how == std::map<std::uint32_t, errc>{
                   {1, errc::ok}, {2, errc::bad_signature}, {3, errc::ok}, {4, errc::bad_nonce}});
  CHECK(w.core->working().nonce(w.stranger) == 1);
  w.check_replay();
}

TEST_CASE("a batch larger than a block's usual count is neither stuck nor starved") {
  authority_world w{4, 20'000};
  REQUIRE(w.core->add({2, 2}, w.foreign(0, 9), instant_at(0))); // calls_max is 4
  for (std::uint64_t i = 0; i < 6; ++i)
    REQUIRE(w.core->add({1, i}, w.pay(amount{5'000}), instant_at(0)));
  const auto first = w.block(instant_at(0));
  CHECK(first->answers.size() == 4);
  REQUIRE(first->batch_answers.size() == 1);
  CHECK(first->batch_answers.front().receipt.entries == std::vector<errc>(9, errc::ok));
  CHECK(w.block(instant_at(1))->answers.size() == 2);
  CHECK(w.core->waiting() == 0);
  REQUIRE(w.core->add({2, 3}, w.foreign(1, 10'001), instant_at(2)));
  const auto refused = w.block(instant_at(2));
  REQUIRE(refused->batch_answers.size() == 1);
  CHECK(refused->batch_answers.front().to == requester{2, 3});
  CHECK(refused->batch_answers.front().receipt.status == errc::bad_batch);
  CHECK_FALSE(w.core->cut(instant_at(500'000), w.utc, true));
  w.check_replay();
}

TEST_CASE("time goes on though the clock jumps back, and the queue is bounded") {
  authority_world w{10};
  std::optional<timestamp> last;
  for (const auto jump : {0s, -3600s, 10s, -86'400s}) {
    w.utc += jump;
    REQUIRE(w.core->add({1, 1}, w.pay(amount{5'000}), instant_at(0)));
    const auto block = w.block(instant_at(0));
    CHECK(block->answers.at(0).how == errc::ok);
    CHECK((!last || *last < block->time));
    last = block->time;
  }
  for (int i = 0; i < 20; ++i)
    REQUIRE(w.core->add({1, 1}, w.pay(amount{5'000}), instant_at(0)));
  CHECK_FALSE(w.core->add({1, 1}, w.pay(amount{5'000}), instant_at(0)));
  CHECK_FALSE(w.core->add({1, 1}, w.foreign(0), instant_at(0)));
  CHECK(w.core->waiting() == 20);
  (void)w.block(instant_at(0));
  CHECK_FALSE(w.core->add({1, 1}, w.foreign(0, 11), instant_at(0))); // 10 wait still
  CHECK(w.core->add({1, 1}, w.foreign(0, 10), instant_at(0)));
  (void)w.block(instant_at(0)); // the oldest batch of others always finds its place
  CHECK(w.core->waiting() == 0);
  w.check_replay();
}
