// A ledger of validators in snapshots, in a store and on replicas: equal states everywhere, and a
// block that is refused late leaves nothing.
#include "ainur/ledger/log.hpp"
#include "ainur/ledger/proof.hpp"
#include "ainur/ledger/snapshot.hpp"
#include "ainur/ledger/tables.hpp"
#include "ainur/store/memory_store.hpp"
#include "validator_world.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

/// Some eras with all that committees know: absences, keys, candidates that come and go, and an
/// equivocator.
struct lived : validator_world {
  lived() : validator_world(quick(), {50'000, 50'000, 50'000, 10'000, 10'000}) {
    pass(2);
    REQUIRE(call(v[1], new_key(v[1], seed_of(200))) == errc::ok);
    turn(1, {v[3]});
    pass(2, {v[3], v[4]});
    REQUIRE(call(v[4], chill{}) == errc::ok);
    turn();
    turn();
    REQUIRE(call(client, two_votes(v[0], 2)) == errc::ok);
    REQUIRE(call(v[4], run_validator{100'000, false}) == errc::ok);
    pass(1, {v[3]});
    turn();
  }
};

void check_equal(const state& x, const state& y) {
  CHECK(x.height() == y.height());
  CHECK(x.block_hash() == y.block_hash());
  CHECK(x.state_hash() == y.state_hash());
  CHECK(x.snapshot() == y.snapshot());
  CHECK(x.next_deadline() == y.next_deadline());
  CHECK(x.founded() == y.founded());
  for (std::uint64_t height = 0; height <= x.height() + 3; ++height)
    CHECK(x.committee_of(height) == y.committee_of(height));
  CHECK(y.audit());
}

/// A snapshot whose header says `change` did it; the digest is right.
template <class Change>
bytes with_header(bytes image, Change&& change) {
  const auto size = std::size_t{image[2]} << 8 | image[3];
  REQUIRE(image[0] + image[1] == 0);
  bytes header{image.begin() + 4, image.begin() + 4 + static_cast<std::ptrdiff_t>(size)};
  change(header);
  bytes out{0, 0, static_cast<std::uint8_t>(header.size() >> 8),
            static_cast<std::uint8_t>(header.size())};
  out.insert(out.end(), header.begin(), header.end());
  out.insert(out.end(), image.begin() + 4 + static_cast<std::ptrdiff_t>(size),
             image.end() - hash256::size);
  const auto digest = crypto::hash("ainur/snapshot/v1", out);
  out.insert(out.end(), digest.value.begin(), digest.value.end());
  return out;
}

/// One more count at the end of the list that ends the header; it has 16 to 65,535.
void count_one_more(bytes& header, std::uint8_t counts) {
  const bytes list{0xdc, 0, counts};
  const auto at = std::find_end(header.begin(), header.end(), list.begin(), list.end());
  REQUIRE(at != header.end());
  *(at + 2) = static_cast<std::uint8_t>(counts + 1);
  header.push_back(0);
}

void check_inconsistent(const error& e) {
  CHECK(e.is(errc::bad_snapshot));
  CHECK_MESSAGE(e.to_string().find("its header is not consistent") != std::string::npos,
                e.to_string());
}

} // namespace

TEST_CASE("a restored ledger has the same committees and goes on alike") {
  lived w;
  auto other = validator_world::restored(w.s->snapshot());
  check_equal(*w.s, other);
  const auto from = w.blocks.size();
  w.pass(3, {w.v[3]});
  w.turn();
  w.pass(3);
  for (auto i = from; i < w.blocks.size(); ++i)
    REQUIRE(other.apply(w.blocks[i], signatures::trusted));
  check_equal(*w.s, other);
}

TEST_CASE("the log gives the same ledger, from genesis or from tables stored at any height") {
  lived w;
  for (const auto interval : {1u, 3u, 100u}) {
    store::memory_store store;
    REQUIRE(prepare_log(store, w.g, consensus::elections));
    auto writer = *state::open(w.g, consensus::elections);
    for (const auto& b : w.blocks) {
      REQUIRE(writer.apply(b, signatures::trusted));
      store::write_set set;
      set.append(block_journal, b.height, encode_block(b));
      if (b.height % interval == 0)
        save_tables(set, writer);
      REQUIRE(store.commit(set));
    }
    const auto view = store.open_view();
    const auto opened = open_log(**view, signatures::trusted, consensus::elections);
    REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().to_string()));
    check_equal(*w.s, *opened);
  }
}

TEST_CASE("a block is read from the log as it was made, with its signers") {
  lived w;
  for (const auto& b : w.blocks) {
    const auto form = encode_block(b);
    CHECK(form[0] == (b.signers.empty() ? 0x96 : 0x97));
    const auto again = decode_block(form);
    REQUIRE(again);
    CHECK(*again == b);
  }
  // Nobody may write down that there are none.
  auto form = encode_block(w.blocks[0]);
  form[0] = 0x97;
  form.push_back(0x90);
  CHECK(decode_block(form).error().is(codec::errc::not_canonical));
}

TEST_CASE("tables without records that came later are left out of headers, and only so") {
  {
    world w; // an authority's: twenty-two tables
    const auto image = w.s->snapshot();
    REQUIRE(state::restore(with_header(image, [](bytes&) {})));
    const auto more =
        state::restore(with_header(image, [](bytes& header) { count_one_more(header, 22); }));
    REQUIRE(!more);
    check_inconsistent(more.error());
    auto header = w.s->take_changes().header;
    REQUIRE(table_loader::begin(header));
    count_one_more(header, 22);
    check_inconsistent(table_loader::begin(header).error());
  }
  lived w; // all twenty-five
  const auto image = w.s->snapshot();
  const auto more = state::restore(
      with_header(image, [](bytes& header) { count_one_more(header, 25); }), consensus::elections);
  REQUIRE(!more);
  check_inconsistent(more.error());
}

TEST_CASE("a header with founders in it is refused") {
  validator_world w;
  const auto image = with_header(w.s->snapshot(), [&](bytes& header) {
    // The two empty lists at the end of the genesis become that of one nominator.
    auto g = w.g;
    g.allocations.clear();
    g.founding->validators.clear();
    auto without = g;
    without.founding->nominators.clear();
    const auto old_form = encode_genesis(without);
    const auto at = std::search(header.begin(), header.end(), old_form.begin(), old_form.end());
    REQUIRE(at != header.end());
    const auto new_form = encode_genesis(g);
    const auto place = at - header.begin();
    header.erase(at, at + static_cast<std::ptrdiff_t>(old_form.size()));
    header.insert(header.begin() + place, new_form.begin(), new_form.end());
  });
  const auto refused = state::restore(image, consensus::elections);
  REQUIRE(!refused);
  check_inconsistent(refused.error());
}

TEST_CASE("a block that claims a wrong hash is rolled back whole") {
  validator_world w{validator_world::quick(), {50'000, 50'000, 50'000, 10'000, 10'000}};
  auto replica = *state::open(w.g, consensus::elections);
  const auto follow = [&] {
    auto wrong = w.blocks.back();
    wrong.hash.value[7] ^= 1;
    const auto before = replica.snapshot();
    const auto hash = replica.state_hash();
    const auto deadline = replica.next_deadline();
    const auto office = replica.committee_of(replica.height() + 2);
    const auto refused = replica.apply(wrong, signatures::trusted);
    REQUIRE(!refused);
    CHECK(refused.error().is(errc::diverged));
    CHECK(replica.snapshot() == before);
    CHECK(replica.state_hash() == hash);
    CHECK(replica.next_deadline() == deadline);
    CHECK(replica.committee_of(replica.height() + 2) == office);
    const auto done = replica.apply(w.blocks.back(), signatures::trusted);
    REQUIRE_MESSAGE(done, (done ? "" : done.error().to_string()));
    CHECK(done->events == w.last.events);
    CHECK(done->tables == w.last.tables);
    check_equal(*w.s, replica);
  };
  const std::vector<who> both{w.v[3], w.v[4]};
  for (int i = 0; i < 3; ++i) { // attendance
    w.pass(1, both);
    follow();
  }
  w.turn(1, both); // an election
  follow();
  w.pass(1, both);
  follow();
  w.pass(1, both); // a term ends, with slashes
  CHECK(w.events<event::stake_slashed>().size() == 3);
  follow();
  REQUIRE(w.call(w.v[1], w.new_key(w.v[1], seed_of(200))) == errc::ok);
  follow();
  REQUIRE(w.call(w.client, w.two_votes(w.v[1], 2)) == errc::ok);
  follow();
  w.turn(9); // records are dropped
  follow();
  w.pass();
  follow();
  w.pass();
  follow();
}

TEST_CASE("replicas that execute the same blocks say the same of every table") {
  lived w;
  auto checking = *state::open(w.g, consensus::elections); // what the block claims
  auto deciding = *state::open(w.g, consensus::elections); // before anybody has executed it
  for (const auto& b : w.blocks) {
    const auto x = checking.apply(b, signatures::trusted);
    REQUIRE(x);
    const auto encoded = codec::encode(b.batches);
    const auto y = deciding.execute({b.height, b.time, b.proposer, b.batches, encoded, b.signers});
    REQUIRE(y);
    CHECK(y->record == encode_block(b));
    CHECK(y->applied.block_hash == x->block_hash);
    CHECK(y->applied.tables == x->tables);
    CHECK(y->applied.events == x->events);
    REQUIRE(!x->tables.empty());
    CHECK(x->tables[0].table == 0);
    CHECK(std::ranges::adjacent_find(x->tables, std::ranges::greater_equal{},
                                     &table_writes::table) == x->tables.end());
  }
  check_equal(checking, deciding);
  // With an authority there is one hash for all.
  world other;
  other.pass(seconds{1});
  CHECK(other.last.tables.empty());
}

TEST_CASE("the hash of a block follows from those of its tables and from its signers") {
  validator_world w;
  w.pass(3);
  for (const auto& absent : {std::vector<who>{}, std::vector<who>{w.v[2]}}) {
    auto b = w.next({w.batch_of(*w.s, w.client, transfer{w.rival.id, amount{1}})});
    b.signers = w.signers(w.s->height(), absent);
    const auto previous = w.s->block_hash();
    w.make(b);
    crypto::hasher expected{"ainur/block/v1"};
    expected.add(b.height)
        .add(previous)
        .add(static_cast<std::uint64_t>(micros(b.time)))
        .add(b.proposer)
        .add(crypto::hash("ainur/batches/v1", codec::encode(b.batches)))
        .add(crypto::hash("ainur/writes/v2", codec::encode(w.last.tables)))
        .add(codec::encode(b.signers));
    CHECK(w.last.block_hash == expected.finish());
  }
}

TEST_CASE("a record that differs changes the hash of its own table alone") {
  validator_world w;
  w.pass(3);
  REQUIRE(w.call(w.client, stake{w.client.id, amount::ainu(20'000), {}}) == errc::ok);
  const auto image = w.s->snapshot();
  const auto tables_of = [&](const ledger::call& c, const who& by,
                             const std::vector<who>& absent = {}) {
    auto copy = validator_world::restored(image);
    auto b = w.next({w.batch_of(copy, by, c)});
    b.signers = w.signers(w.s->height(), absent);
    const auto done = copy.apply(b, signatures::trusted);
    REQUIRE(done);
    REQUIRE(done->batches[0].entries[0] == errc::ok);
    return done->tables;
  };
  const auto differ = [](const std::vector<table_writes>& x, const std::vector<table_writes>& y) {
    std::vector<int> tables;
    for (int table = 0; table < 64; ++table) {
      const auto in = [table](const auto& list) {
        const auto at = std::ranges::find(list, table, &table_writes::table);
        return at == list.end() ? hash256{} : at->hash;
      };
      if (in(x) != in(y))
        tables.push_back(table);
    }
    return tables;
  };
  using list = std::vector<int>;
  const auto pay = [&](std::uint64_t micro) { return transfer{w.rival.id, amount{micro}}; };
  CHECK(differ(tables_of(pay(1), w.client), tables_of(pay(1), w.client)).empty());
  CHECK(differ(tables_of(pay(1), w.client), tables_of(pay(2), w.client)) == list{1});
  CHECK(differ(tables_of(burn_money{amount{1}}, w.council),
               tables_of(burn_money{amount{2}}, w.council)) == list{0, 1});
  CHECK(differ(tables_of(set_payee{reward_destination::restaked}, w.client),
               tables_of(set_payee{reward_destination::stash_free}, w.client)) == list{16});
  CHECK(differ(tables_of(w.new_key(w.client, seed_of(201)), w.client),
               tables_of(w.new_key(w.client, seed_of(202)), w.client)) == list{33});
  // Who signed is counted in the office.
  CHECK(differ(tables_of(pay(1), w.client), tables_of(pay(1), w.client, {w.v[0]})) == list{35});
  // A table that only one of them wrote to.
  CHECK(differ(tables_of(pay(1), w.client),
               tables_of(w.new_key(w.client, seed_of(201)), w.client)) == list{1, 33});
}

TEST_CASE("every record of committees can be proven") {
  lived w;
  const auto shown = [&](std::uint8_t table, const bytes& key) {
    const auto p = w.s->prove(table, key);
    REQUIRE(p);
    REQUIRE(check_proof(*p));
    return p->record.has_value();
  };
  CHECK(shown(33, bytes{w.v[1].id.value.begin(), w.v[1].id.value.end()}));
  CHECK_FALSE(shown(33, bytes{w.client.id.value.begin(), w.client.id.value.end()}));
  CHECK(shown(34, bytes(8)));
  CHECK(shown(35, bytes(8)));
  auto later = bytes(8);
  later[7] = 99;
  CHECK_FALSE(shown(34, later));
  CHECK(w.s->recomputed_state_hash() == w.s->state_hash());
}
