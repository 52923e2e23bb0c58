// Batches that wait: order, bounds, and what a block takes away; against a slow list.
#include <algorithm>
#include <map>

#include <doctest/doctest.h>

#include "ainur/base/rng.hpp"
#include "ainur/consensus/mempool.hpp"
#include "consensus/people.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::consensus;
using ainur::test::named;

namespace {

const timestamp now = timestamp_at(1'000'000);

batch_ptr make(const account_id& signer, std::uint64_t nonce, std::uint64_t weight = 10,
               std::size_t size = 100, timestamp until = timestamp_at(2'000'000)) {
  static std::uint64_t made = 0;
  auto b = std::make_shared<prepared_batch>();
  b->content.batch.signer = signer;
  b->content.batch.nonce = nonce;
  b->content.batch.valid_until = until;
  b->content.batch.entries.resize(1);
  b->weight = weight;
  b->size_bytes = size;
  b->good = true;
  ++made;
  for (int i = 0; i < 8; ++i)
    b->id.value[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(made >> 8 * i);
  return b;
}

bool refused(const result<void>& r, consensus::errc code) {
  return !r && r.error().is(code);
}

const account_id ann = named("ann");
const account_id bob = named("bob");

} // namespace

TEST_CASE("a batch is prepared once: its id, size, weight and signature") {
  const auto key = test::secret_of(1);
  const hash256 chain{{3}};
  ledger::batch b;
  b.signer = account_id{key.public_part().value};
  b.valid_until = now;
  b.entries.push_back({b.signer, {}, ledger::transfer{named("x"), amount{1}}});
  const auto good = ledger::sign_batch(chain, b, test::seed_of(1));
  const auto p = prepare(chain, good);
  CHECK(p->good);
  CHECK(p->weight == ledger::weight_of(b.entries[0].call));
  CHECK(p->size_bytes > 100);
  CHECK(prepare(chain, good)->id == p->id);
  auto bad = good;
  bad.signature[0] ^= 1;
  CHECK_FALSE(prepare(chain, bad)->good);
  CHECK(prepare(chain, bad)->id != p->id);
  CHECK_FALSE(prepare(hash256{{4}}, good)->good); // another chain
}

TEST_CASE("each refusal has its name and changes nothing") {
  mempool_options o;
  o.sender_batches_max = 3;
  o.batch_bytes_max = 1'000;
  o.batches_max = 4;
  mempool m{o};
  const auto first = make(ann, 5);
  REQUIRE(m.add(first, 5, now));
  const auto refuses = [&](const batch_ptr& b, std::uint64_t nonce, consensus::errc code) {
    const bool as_named = refused(m.add(b, nonce, now), code);
    return as_named && m.size() == 1 && m.size_bytes() == 100;
  };
  CHECK(refuses(first, 5, consensus::errc::known_batch));
  CHECK(refuses(make(ann, 5), 5, consensus::errc::known_batch));
  CHECK(refuses(make(bob, 4), 5, consensus::errc::nonce_over));
  CHECK(refuses(make(bob, 8), 5, consensus::errc::nonce_over));
  CHECK(refuses(make(bob, 5, 1, 1'001), 5, consensus::errc::bad_batch));
  CHECK(refuses(make(bob, 5, 1, 100, now - duration{1}), 5, consensus::errc::bad_batch));
  auto forged = std::make_shared<prepared_batch>(*make(bob, 5));
  forged->good = false;
  CHECK(refuses(forged, 5, consensus::errc::bad_batch));
}

TEST_CASE("what is taken is passed on once") {
  mempool m;
  const auto a = make(ann, 0);
  REQUIRE(m.add(a, 0, now));
  CHECK(m.take_fresh() == std::vector{a});
  CHECK(m.take_fresh().empty());
  m.committed({{ann, 1}}, now);
  CHECK(m.size() == 0);
  CHECK(refused(m.add(a, 0, now), consensus::errc::known_batch)); // a late copy from a neighbour
  CHECK(m.take_fresh().empty());
}

TEST_CASE("what nobody passes on does not pile up") {
  mempool_options o;
  o.batches_max = 2;
  mempool m{o};
  batch_ptr last;
  for (std::uint64_t n = 0; n < 5; ++n) {
    last = make(ann, n);
    REQUIRE(m.add(last, n, now));
    m.committed({{ann, n + 1}}, now);
  }
  const auto fresh = m.take_fresh();
  CHECK(fresh.size() == 2);
  CHECK(fresh.back() == last);
}

TEST_CASE("nonces in order, then the dearer byte, then the earlier") {
  mempool m;
  const auto a1 = make(ann, 1, 90); // dear, but behind a cheap one
  const auto a0 = make(ann, 0, 10);
  const auto b0 = make(bob, 0, 20);
  const auto c0 = make(named("cat"), 0, 20);
  const auto d2 = make(named("dan"), 2, 99); // its nonce 0 is missing
  REQUIRE(m.add(a1, 0, now));
  REQUIRE(m.add(a0, 0, now));
  REQUIRE(m.add(b0, 0, now));
  REQUIRE(m.add(c0, 0, now));
  REQUIRE(m.add(d2, 0, now));
  CHECK(m.choose(10, 10'000, now) == std::vector{b0, c0, a0, a1});
  CHECK(m.choose(2, 10'000, now) == std::vector{b0, c0});
  CHECK(m.choose(10, 250, now) == std::vector{b0, c0});
  CHECK(m.choose(10, 10'000, timestamp_at(2'000'001)).empty());
  CHECK(m.size() == 5); // they stay until a block has them
}

TEST_CASE("when it is full, cheaper last batches make room, and may come again") {
  mempool_options o;
  o.batches_max = 3;
  mempool m{o};
  const auto cheap = make(ann, 1, 5);
  REQUIRE(m.add(make(ann, 0, 50), 0, now));
  REQUIRE(m.add(cheap, 0, now));
  REQUIRE(m.add(make(bob, 0, 20), 0, now));
  CHECK(refused(m.add(make(named("cat"), 0, 5), 0, now), consensus::errc::mempool_full));
  CHECK(refused(m.add(make(ann, 2, 99), 0, now), consensus::errc::mempool_full)); // its own
  REQUIRE(m.add(make(named("cat"), 0, 30), 0, now));
  CHECK(m.size() == 3);
  m.committed({{bob, 1}}, now);
  CHECK(m.add(cheap, 0, now));
}

TEST_CASE("a block takes away used nonces and what has expired, and nothing else") {
  mempool m;
  const auto late = make(bob, 0, 10, 100, timestamp_at(1'500'000));
  REQUIRE(m.add(make(ann, 0), 0, now));
  REQUIRE(m.add(make(ann, 1), 0, now));
  REQUIRE(m.add(make(ann, 2), 0, now));
  REQUIRE(m.add(late, 0, now));
  m.committed({{ann, 2}, {named("else"), 7}}, timestamp_at(1'500'000));
  CHECK(m.size() == 2);
  CHECK(m.choose(10, 10'000, now).size() == 2);
  m.committed({}, timestamp_at(1'500'001));
  CHECK(m.size() == 1);
  CHECK(m.size_bytes() == 100);
}

TEST_CASE("what waits too long makes room, and may come again") {
  mempool m{{.wait_max = duration{1'000}}};
  const auto b = make(ann, 3, 10, 100, timestamp::max());
  REQUIRE(m.add(b, 0, now));
  CHECK(m.holds(*b));
  CHECK_FALSE(m.holds(*make(ann, 2)));
  CHECK_FALSE(m.holds(*make(bob, 3)));
  m.committed({}, now + duration{1'000});
  CHECK(m.size() == 1);
  m.committed({}, now + duration{1'001});
  CHECK(m.size() == 0);
  CHECK(m.size_bytes() == 0);
  CHECK_FALSE(m.holds(*b));
  CHECK(m.add(b, 0, now + duration{1'001}));
  CHECK(m.holds(*b));
}

TEST_CASE("what is ready carries its signer's next number") {
  mempool m;
  CHECK_FALSE(m.is_ready());
  CHECK(m.signers().empty());
  const auto a3 = make(ann, 3);
  const auto b0 = make(bob, 0);
  const auto b1 = make(bob, 1);
  REQUIRE(m.add(a3, 2, now));
  CHECK_FALSE(m.is_ready()); // number 2 is missing
  REQUIRE(m.add(b0, 0, now));
  REQUIRE(m.add(b1, 0, now));
  CHECK(m.ready() == std::vector{b0});
  CHECK(m.signers() == std::vector{ann, bob});
  m.committed({{bob, 1}, {ann, 3}}, now);
  CHECK(m.ready() == std::vector{a3, b1});
  m.committed({{bob, 2}, {ann, 4}}, now);
  CHECK_FALSE(m.is_ready());
  CHECK(m.signers().empty());
}

TEST_CASE("what is removed leaves the others, and may come again") {
  mempool m;
  const auto a0 = make(ann, 0);
  const auto a1 = make(ann, 1);
  const auto a2 = make(ann, 2);
  for (const auto& b : {a0, a1, a2})
    REQUIRE(m.add(b, 0, now));
  m.remove(ann, 1);
  m.remove(ann, 7); // is not there
  m.remove(bob, 0);
  CHECK(m.size() == 2);
  CHECK(m.size_bytes() == 200);
  CHECK(m.choose(10, 10'000, now) == std::vector{a0}); // number 1 is missing
  m.remove(ann, 0);
  CHECK_FALSE(m.is_ready());
  CHECK(m.choose(10, 10'000, now).empty());
  REQUIRE(m.add(a1, 0, now));
  REQUIRE(m.add(a0, 0, now));
  CHECK(m.choose(10, 10'000, now) == std::vector{a0, a1, a2});
  m.committed({}, timestamp_at(2'000'001)); // all have expired, the removed ones too
  CHECK(m.size() == 0);
  CHECK(m.size_bytes() == 0);
}

TEST_CASE("random courses agree with a slow list") {
  for (std::uint64_t seed = 1; seed <= 200u * static_cast<unsigned>(test::count_factor()); ++seed) {
    CAPTURE(seed);
    rng random{seed};
    mempool_options o;
    o.sender_batches_max = 4;
    o.batches_max = 12;
    o.bytes_max = 2'000;
    mempool m{o};
    std::map<account_id, std::uint64_t> next;
    std::vector<batch_ptr> list; // in order of arrival
    const auto forget = [&list](const auto& gone) { std::erase_if(list, gone); };
    for (int step = 0; step < 120; ++step) {
      const auto who = named(std::string(1, static_cast<char>('a' + random.below(5))));
      if (!list.empty() && random.below(16) == 0) {
        const auto& b = list[random.below(list.size())]->content.batch;
        const auto signer = b.signer;
        const auto nonce = b.nonce;
        m.remove(signer, nonce);
        forget([&](const auto& x) {
          return x->content.batch.signer == signer && x->content.batch.nonce == nonce;
        });
      } else if (random.below(8) == 0) {
        auto chosen = m.choose(random.below(6), random.below(1'000), now);
        std::size_t bytes = 0;
        for (const auto& b : chosen) {
          CHECK(b->content.batch.nonce == next[b->content.batch.signer]++);
          bytes += b->size_bytes;
        }
        CHECK(bytes < 1'000);
        std::vector<std::pair<account_id, std::uint64_t>> moved(next.begin(), next.end());
        m.committed(moved, now);
        forget(
            [&](const auto& b) { return b->content.batch.nonce < next[b->content.batch.signer]; });
      } else {
        const auto b =
            make(who, next[who] + random.below(5), 1 + random.below(50), 50 + random.below(300));
        const auto before = m.size_bytes();
        if (m.add(b, next[who], now)) {
          list.push_back(b);
          // What made room is cheaper than what came, and the last of its sender.
          std::size_t kept = 0;
          for (const auto& x : list)
            kept += x->size_bytes;
          while (kept > m.size_bytes() || list.size() > m.size()) {
            const auto cheapest =
                std::min_element(list.begin(), list.end() - 1, [&](const auto& x, const auto& y) {
                  const auto tail = [&](const auto& z) {
                    return std::none_of(list.begin(), list.end(), [&](const auto& other) {
                      return other->content.batch.signer == z->content.batch.signer &&
                             other->content.batch.nonce > z->content.batch.nonce;
                    });
                  };
                  if (tail(x) != tail(y))
                    return tail(x);
                  return x->weight * y->size_bytes < y->weight * x->size_bytes ||
                         (x->weight * y->size_bytes == y->weight * x->size_bytes &&
                          std::find(list.begin(), list.end(), x) >
                              std::find(list.begin(), list.end(), y));
                });
            CHECK((*cheapest)->weight * b->size_bytes <= b->weight * (*cheapest)->size_bytes);
            kept -= (*cheapest)->size_bytes;
            list.erase(cheapest);
          }
        } else {
          CHECK(m.size_bytes() == before);
        }
      }
      std::size_t bytes = 0;
      for (const auto& x : list)
        bytes += x->size_bytes;
      REQUIRE(m.size() == list.size());
      REQUIRE(m.size_bytes() == bytes);
      CHECK(m.size() <= o.batches_max);
      CHECK(m.size_bytes() <= o.bytes_max);
      // What is chosen first is the dearest that may act.
      const auto chosen = m.choose(100, 100'000, now);
      batch_ptr best;
      for (const auto& x : list)
        if (x->content.batch.nonce == next[x->content.batch.signer] &&
            (!best || x->weight * best->size_bytes > best->weight * x->size_bytes))
          best = x;
      CHECK((chosen.empty() ? nullptr : chosen.front()) == best);
      CHECK(m.is_ready() == (best != nullptr));
    }
  }
}
