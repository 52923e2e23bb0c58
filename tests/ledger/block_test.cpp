// Batches, blocks, replay, snapshots.
#include "ainur/base/rng.hpp"
#include "ainur/codec/msgpack.hpp"
#include "world.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

signed_batch signed_transfer(const world& w, std::uint64_t nonce, amount value = amount{5}) {
  batch b;
  b.signer = w.client.id;
  b.nonce = nonce;
  b.valid_until = w.now + hours{1};
  b.entries.push_back({w.client.id, std::nullopt, transfer{w.rival.id, value}});
  return sign_batch(w.s->chain(), std::move(b), seed_of(2));
}

errc offer(world& w, signed_batch b) {
  w.now += duration{1};
  const auto before = w.s->state_hash();
  auto built = w.s->build(w.now, {std::move(b)});
  REQUIRE(built.has_value());
  const auto status = built->applied.batches[0].status;
  if (status != errc::ok) {
    CHECK(built->block.batches.empty());
    CHECK(w.s->state_hash() == before);
  }
  return status;
}

/// A source over records in memory.
block_source source_of(const std::vector<bytes>& log) {
  return [&log, i = std::size_t{0}]() mutable -> result<std::optional<bytes_view>> {
    if (i == log.size())
      return std::optional<bytes_view>{};
    return std::optional{bytes_view{log[i++]}};
  };
}

/// Some signed blocks, their log, and the state after them.
struct history {
  world w;
  std::vector<bytes> log;
  std::vector<bytes> snapshots;

  history() {
    w.s.emplace(std::move(*state::open(w.g)));
    for (std::uint64_t i = 0; i < 6; ++i) {
      w.now += minutes{20};
      auto built = w.s->build(w.now, {signed_transfer(w, i, amount{i + 1})});
      REQUIRE(built.has_value());
      CHECK(built->record == encode_block(built->block));
      log.push_back(built->record);
      snapshots.push_back(w.s->snapshot());
    }
  }
};

} // namespace

TEST_CASE("a batch is rejected whole, with a receipt, and changes nothing") {
  world w;
  CHECK(offer(w, signed_transfer(w, 0)) == errc::ok);
  CHECK(offer(w, signed_transfer(w, 0)) == errc::bad_nonce);
  CHECK(offer(w, signed_transfer(w, 2)) == errc::bad_nonce);
  auto forged = signed_transfer(w, 1);
  forged.signature[3] ^= 1;
  CHECK(offer(w, forged) == errc::bad_signature);
  auto changed = signed_transfer(w, 1);
  changed.batch.valid_until += hours{1};
  CHECK(offer(w, changed) == errc::bad_signature);
  auto keyed = signed_transfer(w, 1);
  keyed.batch.key = w.client.id.value;
  CHECK(offer(w, keyed) == errc::bad_key);
  auto empty = signed_transfer(w, 1);
  empty.batch.entries.clear();
  CHECK(offer(w, empty) == errc::bad_batch);
  auto late = signed_transfer(w, 1);
  w.pass(hours{2});
  CHECK(offer(w, late) == errc::expired);
  auto stranger = signed_transfer(w, 0);
  stranger.batch.signer = w.stranger.id;
  CHECK(offer(w, stranger) == errc::unknown_signer);
  auto hosted = signed_transfer(w, 0);
  hosted.batch.signer = w.agent.id;
  CHECK(offer(w, hosted) == errc::bad_key);
  CHECK(offer(w, signed_transfer(w, 1)) == errc::ok);
}

TEST_CASE("a batch acts on its own chain only") {
  world w;
  auto b = signed_transfer(w, 0).batch;
  CHECK(offer(w, sign_batch(digest("another chain"), std::move(b), seed_of(2))) ==
        errc::bad_signature);
}

TEST_CASE("a batch acts for its signer and the accounts it hosts, and for nobody else") {
  world w;
  w.noop({w.rival.id, w.client.id, std::nullopt}, transfer{w.client.id, amount{1}},
         errc::not_hosted);
  w.noop({w.agent.id, w.client.id, 2}, transfer{w.client.id, amount{1}}, errc::not_hosted);
  w.noop({w.poor.id, w.host.id, 5}, transfer{w.client.id, amount{1}}, errc::not_hosted);
  CHECK(w.call(w.poor, transfer{w.client.id, amount{1}}) == errc::ok);
}

TEST_CASE("each: every entry stands alone; all: one failure undoes the others") {
  for (const auto mode : {batch_mode::each, batch_mode::all}) {
    world w;
    auto b = w.batch_of(*w.s, w.client, transfer{w.stranger.id, amount::ainu(1)});
    b.batch.mode = mode;
    const auto c = w.task_call(amount::ainu(5), w.client);
    b.batch.entries.push_back({w.client.id, {}, c});
    b.batch.entries.push_back({w.client.id, {}, transfer{w.rival.id, amount::max()}});
    b.batch.entries.push_back({w.client.id, {}, transfer{w.rival.id, amount{1}}});
    w.now += duration{1};
    auto built = w.s->build(w.now, {b}, signatures::trusted);
    REQUIRE(built.has_value());
    using codes = std::vector<errc>;
    const bool all = mode == batch_mode::all;
    CHECK(built->applied.batches[0].entries ==
          (all ? codes{errc::aborted, errc::aborted, errc::insufficient_funds, errc::aborted}
               : codes{errc::ok, errc::ok, errc::insufficient_funds, errc::ok}));
    CHECK(w.s->account(w.stranger.id).has_value() == !all);
    CHECK(w.s->task(c.task).has_value() == !all);
    CHECK(built->applied.events.empty() == all);
    CHECK(w.s->nonce(w.client.id) == 1);
    CHECK(w.view(w.rival).free == (all ? amount::ainu(100'000) : amount{100'000'000'001}));
    w.pass(hours{1}); // the deadline of the undone task is stale
  }
}

TEST_CASE("a block that is full leaves batches for the next") {
  parameters rules;
  rules.block_entries_max = 2;
  world w{rules};
  w.now += duration{1};
  auto built =
      w.s->build(w.now, {signed_transfer(w, 0), signed_transfer(w, 1), signed_transfer(w, 2)});
  REQUIRE(built.has_value());
  CHECK(built->block.batches.size() == 2);
  CHECK(built->applied.batches[2].status == errc::block_full);
  auto large = signed_transfer(w, 2);
  large.batch.entries.resize(3, large.batch.entries[0]);
  CHECK(offer(w, large) == errc::bad_batch);
}

TEST_CASE("blocks follow one another") {
  world w;
  const auto before = w.s->state_hash();
  CHECK(w.s->build(w.now, {}).error().is(errc::bad_block));
  block b;
  b.height = w.s->height() + 1;
  b.previous = w.s->block_hash();
  b.time = w.now + duration{1};
  b.proposer = w.authority.id;
  const auto refuse = [&w](block x, auto&& change) {
    change(x);
    const auto r = w.s->apply(x);
    REQUIRE_FALSE(r.has_value());
    CHECK(r.error().is(errc::bad_block));
  };
  refuse(b, [](block& x) { ++x.height; });
  refuse(b, [](block& x) { x.previous = digest("other"); });
  refuse(b, [&w](block& x) { x.time = w.now; });
  refuse(b, [&w](block& x) { x.proposer = w.client.id; });
  refuse(b, [](block& x) { x.time = timestamp_at(std::numeric_limits<std::int64_t>::max()); });
  CHECK(w.s->state_hash() == before);
  CHECK(w.s->apply(b).has_value());
}

TEST_CASE("a block that claims another hash is refused and changes nothing") {
  world w;
  const auto task = w.awarded(w.agent, amount::ainu(1), amount::ainu(1));
  auto copy = state::restore(w.s->snapshot());
  REQUIRE(copy.has_value());
  const auto later = w.now + hours{2};
  auto built = w.s->build(later, {signed_transfer(w, w.s->nonce(w.client.id))});
  w.now = later;
  REQUIRE(built.has_value());
  REQUIRE(built->applied.batches[0].status == errc::expired);
  auto wrong = built->block;
  wrong.hash = digest("wrong");
  const auto image = copy->snapshot();
  const auto r = copy->apply(wrong);
  REQUIRE_FALSE(r.has_value());
  CHECK(r.error().is(errc::diverged));
  CHECK(copy->snapshot() == image);
  // Its deadlines are still there: the right block does all of it.
  const auto done = copy->apply(built->block);
  REQUIRE(done.has_value());
  CHECK(done->swept == built->applied.swept);
  CHECK(copy->snapshot() == w.s->snapshot());
  CHECK(copy->task(task)->final_state == task_end::refunded);
}

TEST_CASE("replay from genesis and from any snapshot gives the same hashes") {
  history h;
  std::uint64_t seen = 0;
  auto again = replay(std::move(*state::open(h.w.g)), source_of(h.log), signatures::verify,
                      [&seen](const block& b, const applied& a) {
                        CHECK(b.height == ++seen);
                        CHECK(a.block_hash == b.hash);
                      });
  REQUIRE(again.has_value());
  CHECK(seen == h.log.size());
  CHECK(again->block_hash() == h.w.s->block_hash());
  CHECK(again->state_hash() == h.w.s->state_hash());
  for (const auto& image : h.snapshots) {
    auto tail = replay(std::move(*state::restore(image)), source_of(h.log));
    REQUIRE(tail.has_value());
    CHECK(tail->state_hash() == h.w.s->state_hash());
    CHECK(tail->snapshot() == h.w.s->snapshot());
  }
}

TEST_CASE("replay names the height of what is wrong") {
  history h;
  const auto replayed = [&h](const std::vector<bytes>& log) {
    auto r = replay(std::move(*state::open(h.w.g)), source_of(log));
    REQUIRE_FALSE(r.has_value());
    return r.error();
  };
  auto missing = h.log;
  missing.erase(missing.begin() + 2);
  CHECK(replayed(missing).is(errc::bad_block));
  CHECK(replayed(missing).detail().find("at height 3") != std::string::npos);
  auto truncated = h.log;
  truncated[4].pop_back();
  CHECK(replayed(truncated).is(codec::errc::truncated));
  CHECK(replayed(truncated).detail().find("at height 5") != std::string::npos);
  auto forged = h.log;
  auto b = *decode_block(forged[1]);
  b.batches[0].signature[0] ^= 1;
  forged[1] = encode_block(b);
  CHECK(replayed(forged).is(errc::bad_signature));
  b = *decode_block(h.log[3]);
  b.batches.clear();
  forged = h.log;
  forged[3] = encode_block(b);
  CHECK(replayed(forged).is(errc::diverged));
}

TEST_CASE("the state hash does not depend on batching") {
  world one;
  world many;
  const auto base = one.s->state_hash();
  REQUIRE(base == many.s->state_hash());
  std::vector<signed_batch> together;
  for (std::uint64_t i = 0; i < 5; ++i) {
    together.push_back(signed_transfer(one, i, amount{i * 1'000 + 7}));
    REQUIRE(many.s->build(many.now + duration{static_cast<std::int64_t>(i) + 1}, {together.back()})
                .has_value());
  }
  REQUIRE(one.s->build(one.now + duration{9}, together).has_value());
  CHECK(one.s->state_hash() == many.s->state_hash());
  CHECK(one.s->block_hash() != many.s->block_hash());
  CHECK(one.s->state_hash() != base);
}

TEST_CASE("a changed snapshot is refused") {
  world w;
  w.disputed(w.agent, amount::ainu(3));
  const auto image = w.s->snapshot();
  REQUIRE(state::restore(image).has_value());
  CHECK(state::restore(image)->state_hash() == w.s->state_hash());
  CHECK(state::restore(image)->next_deadline() == w.s->next_deadline());
  for (std::size_t i = 0; i < image.size(); i += 11) {
    auto changed = image;
    changed[i] ^= 0x40;
    CHECK_FALSE(state::restore(changed).has_value());
    CHECK_FALSE(state::restore(bytes_view{image}.first(i)).has_value());
  }
}

TEST_CASE("a snapshot with a right digest but wrong content is refused or consistent") {
  world w;
  const auto disputed = w.disputed(w.agent, amount::ainu(3));
  const auto dry = w.streaming(w.agent, amount{10}, amount{10});
  w.pass(seconds{2});
  const auto flowing = w.streaming(w.agent, amount::ainu(20), amount{10});
  const auto in_parts = w.in_parts(w.agent);
  REQUIRE(w.call(w.agent, post_result{in_parts, 0, digest("1")}) == errc::ok);
  REQUIRE(w.call(w.client, release{in_parts, 0}) == errc::ok);
  REQUIRE(w.call(w.agent, post_result{in_parts, 0, digest("2"), 1}) == errc::ok);
  REQUIRE(w.call(w.agent, unbond{amount::ainu(5)}) == errc::ok);
  const auto image = w.s->snapshot();
  rng random{77};
  for (int i = 0; i < 6'000; ++i) {
    bytes body{image.begin(), image.end() - 32};
    for (auto flips = 1 + random.below(2); flips > 0; --flips)
      body[random.below(body.size())] = static_cast<std::uint8_t>(random.next());
    const auto sum = crypto::hash("ainur/snapshot/v1", body);
    body.insert(body.end(), sum.value.begin(), sum.value.end());
    auto restored = state::restore(body);
    if (!restored)
      continue;
    CHECK(restored->snapshot() == body);
    CHECK(restored->conserved());
    // Whatever was accepted can go on.
    const std::pair<const who*, ledger::call> calls[] = {
        {&w.agent, draw_stream{flowing, 0}},
        {&w.client, top_up_stream{dry, 0, amount{100}}},
        {&w.client, top_up_stream{flowing, 0, amount::ainu(25)}},
        {&w.client, release{in_parts, 0, 1}},
        {&w.agent, post_result{in_parts, 0, digest("3"), 2}},
        {&w.agent, rebond{amount::ainu(1)}},
        {&w.arbiters[0], vote_dispute{disputed, 0, true}},
        {&w.client, stop_stream{flowing, 0}}};
    for (const auto& [from, c] : calls)
      CHECK(restored
                ->build(restored->time() + seconds{1}, {w.batch_of(*restored, *from, c)},
                        signatures::trusted)
                .has_value());
    CHECK(restored->build(restored->time() + hours{24 * 40}, {}).has_value());
    CHECK(restored->audit().has_value());
  }
}

TEST_CASE("mutated block bytes never crash and are accepted only in canonical form") {
  history h;
  rng random{4711};
  for (int i = 0; i < 20'000; ++i) {
    auto data = h.log[random.below(h.log.size())];
    for (auto edits = 1 + random.below(3); edits > 0; --edits)
      switch (random.below(4)) {
      case 0:
        data[random.below(data.size())] = static_cast<std::uint8_t>(random.next());
        break;
      case 1:
        data.resize(1 + random.below(data.size()));
        break;
      case 2:
        data.push_back(static_cast<std::uint8_t>(random.next()));
        break;
      default:
        data.insert(data.begin() + static_cast<std::ptrdiff_t>(random.below(data.size())),
                    static_cast<std::uint8_t>(random.next()));
      }
    if (const auto b = decode_block(data); b)
      CHECK(encode_block(*b) == data);
  }
}
