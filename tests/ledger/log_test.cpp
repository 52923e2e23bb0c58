// The ledger in a store: begun once, opened from its log, and verified to the last record.
#include "ainur/codec/msgpack.hpp"
#include "ainur/ledger/authority.hpp"
#include "ainur/ledger/log.hpp"
#include "ainur/ledger/tables.hpp"
#include "ainur/store/journal.hpp"
#include "ainur/store/memory_store.hpp"
#include "world.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

genesis small_genesis() {
  genesis g;
  g.time = epoch;
  g.authority = self_keyed(5).id;
  g.council = self_keyed(4).id;
  for (const auto n : {std::uint8_t{1}, std::uint8_t{2}, std::uint8_t{3}})
    g.allocations.push_back({self_keyed(n).id, amount::ainu(1'000), {}});
  std::sort(g.allocations.begin(), g.allocations.end(),
            [](const auto& x, const auto& y) { return x.account < y.account; });
  return g;
}

/// A ledger of transfers and bonds whose blocks are signed and logged as the actor does it.
struct logged_ledger {
  store::memory_store store;
  genesis g = small_genesis();
  state s = *state::open(g);
  timestamp now = epoch;
  std::uint64_t standings = 0;

  logged_ledger() { REQUIRE(prepare_log(store, g)); }

  built block(ledger::call c) {
    now += duration{1'000};
    batch b;
    b.signer = self_keyed(1).id;
    b.nonce = s.nonce(b.signer);
    b.valid_until = now + hours{1};
    b.entries.push_back({b.signer, std::nullopt, std::move(c)});
    auto made = s.build(now, {sign_batch(s.chain(), std::move(b), seed_of(1))});
    REQUIRE(made);
    REQUIRE(made->applied.batches.front().status == errc::ok);
    return std::move(*made);
  }

  /// What the log gets; tests spoil it on the way.
  struct record {
    std::uint64_t height = 0;
    bytes block;
    std::optional<standing_record> standing;
    bool tables = false; ///< the state tables are written too
  };

  record next(ledger::call c) {
    const auto made = block(std::move(c));
    record r{.height = s.height(), .block = made.record};
    if (auto events = standing_events(made.applied.events); !events.empty())
      r.standing = standing_record{s.height(), std::move(events)};
    return r;
  }

  void log(const record& r) {
    store::write_set set;
    set.append(block_journal, r.height, r.block);
    if (r.standing)
      set.append(standing_journal, ++standings, codec::encode(*r.standing));
    if (r.tables)
      save_tables(set, s);
    REQUIRE(store.commit(set));
  }

  void run(int blocks) {
    for (int i = 0; i < blocks; ++i) {
      auto r = next(i % 3 == 0 ? ledger::call{bond{amount::ainu(100)}}
                               : ledger::call{transfer{self_keyed(2).id, amount::ainu(1)}});
      r.tables = r.height % 4 == 0;
      log(r);
    }
  }

  result<verification> verify(const block_observer& observer = {}) {
    auto view = store.open_view();
    REQUIRE(view);
    return verify_log(**view, observer);
  }

  std::string fault() {
    const auto v = verify();
    return v ? "" : v.error().to_string();
  }
};

const ledger::call a_bond = bond{amount::ainu(1)};

} // namespace

TEST_CASE("a ledger is begun once, and only with the same genesis again") {
  store::memory_store store;
  const auto g = small_genesis();
  {
    auto view = store.open_view();
    CHECK(read_genesis(**view).error().is(base_errc::not_found));
    CHECK(open_log(**view, signatures::verify).error().is(base_errc::not_found));
    CHECK(verify_log(**view).error().is(base_errc::not_found));
  }
  REQUIRE(prepare_log(store, g));
  REQUIRE(prepare_log(store, g));
  auto other = g;
  other.chain = "another";
  CHECK(prepare_log(store, other).error().is(base_errc::unsupported));
  auto view = store.open_view();
  CHECK(read_genesis(**view) == g);
  const auto opened = open_log(**view, signatures::verify);
  REQUIRE(opened);
  CHECK(opened->height() == 0);
  CHECK(opened->state_hash() == state::open(g)->state_hash());
}

TEST_CASE("a store of another format is refused, and says which") {
  store::memory_store store;
  REQUIRE(prepare_log(store, small_genesis()));
  store::write_set set;
  SUBCASE("a later one") {
    set.put(node_table, as_bytes("format"), codec::encode(std::uint16_t{3}));
  }
  SUBCASE("the first, which had no number") {
    set.erase(node_table, as_bytes("format"));
  }
  REQUIRE(store.commit(set));
  auto view = store.open_view();
  for (const auto& e : {prepare_log(store, small_genesis()).error(), read_genesis(**view).error(),
                        open_log(**view, signatures::verify).error(), verify_log(**view).error()}) {
    CHECK(e.is(base_errc::unsupported));
    CHECK(e.to_string().find("this program reads format 2") != std::string::npos);
  }
}

TEST_CASE("the log gives the state that was, from the state tables or from genesis") {
  logged_ledger l;
  l.run(11);
  auto view = l.store.open_view();
  const auto opened = open_log(**view, signatures::verify);
  REQUIRE(opened);
  CHECK(opened->block_hash() == l.s.block_hash());
  CHECK(opened->state_hash() == l.s.state_hash());
  view->reset();
  std::uint64_t seen = 0;
  const auto v = l.verify([&seen](const ledger::block& b, const applied& done) {
    CHECK(b.height == ++seen);
    CHECK(done.height == seen);
  });
  REQUIRE(v);
  CHECK(v->first_height == 0);
  CHECK(v->blocks == 11);
  CHECK(seen == 11);
  CHECK(v->batches == 11);
  CHECK(v->standing_records == 4);
  CHECK(v->tables_height == 8);
  CHECK(v->final_state.state_hash() == l.s.state_hash());
}

TEST_CASE("verify names what does not fit") {
  logged_ledger l;
  l.run(5);
  SUBCASE("a signature that is not the signer's") {
    auto r = l.next(a_bond);
    auto b = *decode_block(r.block);
    b.batches[0].signature[3] ^= 1;
    r.block = encode_block(b);
    l.log(r);
    CHECK(l.fault().starts_with("ledger.bad_signature"));
    CHECK(l.fault().find("at height 6") != std::string::npos);
  }
  SUBCASE("a block with another hash than its execution gives") {
    auto r = l.next(a_bond);
    auto b = *decode_block(r.block);
    b.hash.value[0] ^= 1;
    r.block = encode_block(b);
    l.log(r);
    CHECK(l.fault().starts_with("ledger.diverged"));
    CHECK(l.fault().find("at height 6") != std::string::npos);
  }
  SUBCASE("an earlier block in the place of a later") {
    auto r = l.next(a_bond);
    auto view = l.store.open_view();
    r.block = store::read_journal(**view, block_journal, 5)->front().content;
    view->reset();
    l.log(r);
    CHECK(l.fault().starts_with("ledger.bad_block"));
    CHECK(l.fault().find('6') != std::string::npos);
  }
  SUBCASE("a record that is no block") {
    auto r = l.next(a_bond);
    r.block.resize(r.block.size() / 2);
    l.log(r);
    CHECK(l.fault().find("at height 6") != std::string::npos);
  }
  SUBCASE("state tables that are not the state") {
    auto r = l.next(a_bond);
    store::write_set set;
    auto s = state::open(l.g);
    l.log(r);
    save_tables(set, l.s);
    const auto header = l.s.take_changes().header;
    save_tables(set, *s); // the money of genesis, at the height of now
    set.put(node_table, as_bytes("tables"), header);
    REQUIRE(l.store.commit(set));
    CHECK(l.fault().starts_with("ledger.diverged"));
    CHECK(l.fault().find("state tables at height 6") != std::string::npos);
  }
  SUBCASE("state tables of a block that is not there") {
    (void)l.next(a_bond);
    store::write_set set;
    save_tables(set, l.s);
    REQUIRE(l.store.commit(set));
    CHECK(l.fault().starts_with("ledger.diverged"));
    CHECK(l.fault().find("later than the last block") != std::string::npos);
  }
  SUBCASE("a standing record that is missing") {
    auto r = l.next(a_bond);
    REQUIRE(r.standing);
    r.standing.reset();
    l.log(r);
    CHECK(l.fault().starts_with("ledger.diverged"));
    CHECK(l.fault().find("height 6") != std::string::npos);
  }
  SUBCASE("a standing record that is another") {
    auto r = l.next(a_bond);
    std::get<event::bond_changed>(r.standing->events.front()).score = 999;
    l.log(r);
    CHECK(l.fault().starts_with("ledger.diverged"));
  }
  SUBCASE("a standing record too many") {
    auto r = l.next(transfer{self_keyed(2).id, amount::ainu(1)});
    REQUIRE(!r.standing);
    r.standing = standing_record{6, {event::bond_changed{.account = self_keyed(1).id}}};
    l.log(r);
    CHECK(l.fault().starts_with("ledger.diverged"));
    CHECK(l.fault().find("standing record 3") != std::string::npos);
  }
  SUBCASE("nothing, if nothing was spoilt") {
    l.log(l.next(a_bond));
    CHECK(l.fault().empty());
  }
}
