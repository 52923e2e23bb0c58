// Committees: who may make a block, what a block must say of the one before it, when those who were
// elected take office, and how long a committee is known.
#include "validator_world.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

std::vector<account_id> ids_of(const std::vector<who>& list) {
  std::vector<account_id> ids;
  for (const auto& w : list)
    ids.push_back(w.id);
  return ids;
}

/// Everybody but the last `count`.
std::vector<account_id> all_but_last(const validator_world& w, std::size_t count) {
  auto ids = ids_of(w.v);
  ids.resize(ids.size() - count);
  return ids;
}

} // namespace

TEST_CASE("the author of a block is in office, whoever of them it is") {
  validator_world w;
  for (const auto& by : w.v) {
    auto b = w.next();
    b.proposer = by.id;
    w.make(b);
  }
  for (const auto& by : {w.client, w.n[0], w.council}) {
    auto b = w.next();
    b.proposer = by.id;
    w.refuse(b, "its author is no validator in office: " + to_string(by.id));
  }
  auto b = w.next();
  b.proposer = {};
  w.refuse(b, "its author is no validator in office");
  CHECK(w.s->build(w.now + seconds{1}, {}).error().is(errc::bad_block));
}

TEST_CASE("a candidate that was not elected makes no block") {
  auto rules = validator_world::quick();
  rules.staking.seats = 3;
  validator_world w{rules, {20'000, 21'000, 22'000, 23'000, 24'000}};
  const auto seated = w.members(1);
  for (const auto& by : w.v) {
    auto b = w.next();
    b.proposer = by.id;
    if (std::ranges::find(seated, by.id) == seated.end())
      w.refuse(b, "its author is no validator in office");
    else
      w.make(b);
  }
}

TEST_CASE("the first block names no signers, every other one a quorum of them") {
  validator_world w;
  auto b = w.next();
  b.signers = {0, 1, 2, 3, 4};
  w.refuse(b, "nobody signed for what was before it");
  w.pass();
  const auto with = [&w](std::vector<std::uint32_t> signers) {
    auto x = w.next();
    x.signers = std::move(signers);
    return x;
  };
  w.refuse(with({}), "no quorum");
  w.refuse(with({0, 1, 2}), "no quorum");
  w.refuse(with({0, 1, 2, 2, 3}), "places of the committee, rising");
  w.refuse(with({0, 1, 3, 2}), "places of the committee, rising");
  w.refuse(with({1, 2, 3, 5}), "places of the committee, rising");
  w.refuse(with({1, 2, 3, ~0u}), "places of the committee, rising");
  // 20,000 and 21,000 whole AINU each: any four are more than two thirds.
  w.make(with({0, 1, 2, 3}));
  w.make(with({1, 2, 3, 4}));
}

TEST_CASE("a quorum is more than two thirds of the weight") {
  validator_world w{validator_world::quick(), {10'000, 10'000, 10'000}};
  w.g.founding->nominators.clear();
  w.begin();
  w.pass();
  auto b = w.next();
  b.signers = {0, 2}; // two thirds
  w.refuse(b, "no quorum");
  w.g.founding->validators[2].value = amount::ainu(10'001);
  w.begin();
  w.pass();
  b = w.next();
  b.signers = {0, 2};
  w.make(b);
}

TEST_CASE("signers have no place in a ledger with an authority") {
  world w;
  ledger::block b{
      w.s->height() + 1, w.s->block_hash(), w.now + seconds{1}, w.authority.id, {}, {}, {0}};
  const auto before = w.s->state_hash();
  CHECK(w.s->apply(b).error().to_string().find("there are no validators") != std::string::npos);
  CHECK(w.s->state_hash() == before);
  b.signers.clear();
  REQUIRE(w.s->apply(b));
  CHECK_FALSE(w.s->committee_of(1).has_value());
  CHECK_FALSE(w.s->has_validators());
}

TEST_CASE("an era's committee takes office two heights after the block that elected it") {
  validator_world w;
  w.pass(3);
  REQUIRE(w.call(w.v[4], chill{}) == errc::ok);
  CHECK(w.members(6) == ids_of(w.v));
  w.turn();
  const auto h = w.s->height();
  REQUIRE(w.events<event::era_started>().size() == 1);
  CHECK(w.members(h) == ids_of(w.v));
  CHECK(w.members(h + 1) == ids_of(w.v));
  CHECK(w.office(h + 1).era == 0);
  CHECK(w.members(h + 2) == all_but_last(w, 1));
  CHECK(w.office(h + 2).era == 1);
  CHECK(w.office(h + 2).first_height == h + 2);
  CHECK_FALSE(w.s->committee_of(h + 3).has_value());
  // The one who goes may still make the block at h + 1, and signs for it.
  auto b = w.next();
  b.proposer = w.v[4].id;
  w.make(b);
  b = w.next();
  CHECK(b.signers == std::vector<std::uint32_t>{0, 1, 2, 3, 4});
  b.proposer = w.v[4].id;
  w.refuse(b, "no validator in office");
  w.pass();
  b = w.next();
  CHECK(b.signers == std::vector<std::uint32_t>{0, 1, 2, 3});
  b.signers.push_back(4);
  w.refuse(b, "places of the committee, rising");
  w.pass(3);
  CHECK(w.office(1).era == 0);
  CHECK(w.office(h + 1).era == 0);
  CHECK(w.office(w.s->height() + 2).era == 1);
}

TEST_CASE("two eras that turn in consecutive blocks: one committee decides on one height") {
  validator_world w;
  w.pass(2);
  REQUIRE(w.call(w.v[4], chill{}) == errc::ok);
  // Era 1 begins, without v4; in the same block v3 steps back, for era 2 in the next.
  auto b = w.next({w.batch_of(*w.s, w.v[3], chill{})});
  b.time = epoch + w.s->rules().era;
  w.make(b);
  w.turn();
  const auto h = w.s->height(); // era 2 was elected here, era 1 at h - 1
  CHECK(w.members(h) == ids_of(w.v));
  CHECK(w.members(h + 1) == all_but_last(w, 1));
  CHECK(w.members(h + 2) == all_but_last(w, 2));
  CHECK(w.s->audit());
  CHECK(validator_world::restored(w.s->snapshot()).committee_of(h + 2) == w.office(h + 2));
  w.pass(); // h + 1, decided on by the committee of era 1
  auto x = w.next();
  CHECK(x.signers == std::vector<std::uint32_t>{0, 1, 2, 3});
  x.proposer = w.v[3].id;
  w.refuse(x, "no validator in office");
  w.pass();
  CHECK(w.next().signers == std::vector<std::uint32_t>{0, 1, 2});
  w.pass(2);
  for (const auto& [height, era] : {std::pair{h, 0u}, {h + 1, 1u}, {h + 2, 2u}, {h + 4, 2u}})
    CHECK(w.office(height).era == era);
}

TEST_CASE("an era that begins in the first block elects for the third") {
  validator_world w;
  w.turn(3);
  CHECK(w.s->height() == 1);
  CHECK(w.office(2).era == 0);
  CHECK(w.office(3).era == 3);
  w.pass(3);
}

TEST_CASE("an era that elects nobody leaves the committee before it in office") {
  validator_world w;
  for (const auto& x : w.v)
    REQUIRE(w.call(x, chill{}) == errc::ok);
  w.turn();
  CHECK(w.events<event::era_started>().empty());
  CHECK_FALSE(w.s->era(1).has_value());
  w.pass(4);
  CHECK(w.office(w.s->height() + 2).era == 0);
  REQUIRE(w.call(w.v[1], run_validator{100'000, false}) == errc::ok);
  w.turn();
  const auto h = w.s->height();
  CHECK(w.office(h + 1).era == 0);
  CHECK(w.members(h + 2) == std::vector<account_id>{w.v[1].id});
  w.pass();
  CHECK(w.next().proposer == w.v[1].id);
  w.pass(2);
}

TEST_CASE("a committee is known as long as its era is kept") {
  validator_world w;
  w.pass(2);
  std::vector<std::uint64_t> first{1}; // of each era
  for (std::uint64_t era = 1; era <= 12; ++era) {
    w.turn();
    first.push_back(w.s->height() + 2);
    w.pass(3);
    for (std::uint64_t past = 0; past <= era; ++past) {
      CAPTURE(era);
      CAPTURE(past);
      const bool kept = past + 6 >= era;
      CHECK(w.s->era(past).has_value() == kept);
      const auto c = w.s->committee_of(first[past]);
      REQUIRE(c.has_value() == kept);
      if (kept)
        CHECK(c->era == past);
      CHECK(w.s->committee_of(first[past] - 1).has_value() ==
            (kept && past > 0 && past + 5 >= era));
    }
    CHECK(w.s->audit());
  }
}

TEST_CASE("a committee that stays in office outlives its era's records, and goes with its term") {
  validator_world w;
  w.pass(2);
  for (const auto& x : w.v)
    REQUIRE(w.call(x, chill{}) == errc::ok);
  for (int era = 0; era < 9; ++era)
    w.turn();
  CHECK_FALSE(w.s->era(0).has_value());
  CHECK(w.office(1).era == 0);
  CHECK(w.office(w.s->height() + 2).era == 0);
  w.s.emplace(validator_world::restored(w.s->snapshot()));
  REQUIRE(w.call(w.v[0], run_validator{100'000, false}) == errc::ok);
  w.turn();
  const auto h = w.s->height();
  w.pass();
  CHECK(w.office(h + 1).era == 0);
  w.pass(); // h + 2: the term is over, and nobody can be reported for it any more
  CHECK(w.events<event::validators_reported>().empty());
  CHECK_FALSE(w.s->committee_of(h + 1).has_value());
  CHECK(w.office(h + 2).era == 10);
  w.pass(2);
}

TEST_CASE("a committee is forgotten even if its era was dropped before it took office") {
  validator_world w;
  w.pass(2);
  w.turn();
  const auto h = w.s->height();
  w.turn(20); // no block for twenty eras: that of the elected is dropped, and another is elected
  CHECK_FALSE(w.s->era(1).has_value());
  CHECK(w.office(h + 2).era == 1);
  CHECK(w.office(h + 3).era == 21);
  w.s.emplace(validator_world::restored(w.s->snapshot()));
  w.pass();
  CHECK(w.office(h + 2).era == 1);
  w.pass();
  CHECK_FALSE(w.s->committee_of(h + 2).has_value());
  CHECK(w.office(h + 3).era == 21);
  w.pass(2);
}

TEST_CASE("the past is asked for its own committees") {
  validator_world w;
  w.s->keep_past({});
  w.pass(2);
  const auto then = w.s->mark_checkpoint();
  REQUIRE(w.call(w.v[4], chill{}) == errc::ok);
  w.turn();
  w.pass(3);
  CHECK(w.office(w.s->height()).era == 1);
  REQUIRE(w.s->at(then.height, [&](const state& past) {
    CHECK(past.committee_of(then.height + 2)->era == 0);
    CHECK_FALSE(past.committee_of(then.height + 3).has_value());
  }));
  CHECK(w.office(w.s->height()).era == 1);
}

TEST_CASE("an author earns points in the era of its block, if it validates there") {
  validator_world w;
  const auto points = [&w](std::uint64_t era, const who& by) {
    const auto known = w.s->era(era);
    for (const auto& x : known->validators)
      if (x.validator == by.id)
        return x.points;
    return std::uint64_t{0};
  };
  const auto by = [&w](const who& author) {
    auto b = w.next();
    b.proposer = author.id;
    w.make(b);
  };
  by(w.v[1]);
  by(w.v[1]);
  by(w.v[4]);
  CHECK(points(0, w.v[1]) == 40);
  CHECK(points(0, w.v[4]) == 20);
  CHECK(w.s->era(0)->points == 60);
  REQUIRE(w.call(w.v[4], chill{}) == errc::ok);
  w.turn();
  const auto before = w.s->era(1)->points;
  by(w.v[4]); // still in office, no validator of era 1
  CHECK(w.events<event::points_noted>().empty());
  CHECK(w.s->era(1)->points == before);
  CHECK(points(0, w.v[4]) == 20);
}

TEST_CASE("points are the stash's, also if it is the controller of another") {
  validator_world w;
  REQUIRE(w.call(w.v[1], set_controller{w.client.id}) == errc::ok);
  REQUIRE(w.call(w.v[2], set_controller{w.v[1].id}) == errc::ok);
  auto b = w.next();
  b.proposer = w.v[1].id;
  w.make(b);
  CHECK(w.events<event::points_noted>().at(0).validator == w.v[1].id);
  w.refuse(
      [&] {
        auto x = w.next();
        x.proposer = w.client.id;
        return x;
      }(),
      "no validator in office");
}

TEST_CASE("nobody notes points but the blocks themselves") {
  validator_world w;
  for (const auto& x : {w.council, w.v[0]})
    w.noop(x, note_era_points{{{w.v[0].id, 5}}}, errc::not_permitted);
}

TEST_CASE("the author's share of a fee is its stash's") {
  auto rules = validator_world::quick();
  rules.fee_per_weight = amount{10'000};
  validator_world w{rules};
  const auto treasury = w.s->totals().treasury;
  auto b = w.next({w.batch_of(*w.s, w.client, transfer{w.rival.id, amount{5}})});
  b.proposer = w.v[3].id;
  w.make(b);
  CHECK(w.free_of(w.v[3]) == amount{2'000});
  CHECK(w.s->totals().treasury == *treasury.plus(amount{8'000}));
}
