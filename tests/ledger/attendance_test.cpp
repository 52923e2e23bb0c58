// Attendance: whoever signed fewer than half of the blocks of its term is unresponsive.
#include "ainur/ledger/staking_math.hpp"
#include "validator_world.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

/// Two light validators, whose absence leaves a quorum: v3 with nothing, v4 with 1,000 behind it.
const std::vector<std::uint64_t> two_light{50'000, 50'000, 50'000, 10'000, 10'000};

/// A term of eight blocks: the first of the next era is the seventh. `v3` and `v4` sign for the
/// last so many of them.
void term(validator_world& w, std::size_t signed_by_3, std::size_t signed_by_4) {
  const auto absent = [&](std::size_t left) { // blocks left in the term, with the one named now
    std::vector<who> list;
    if (left > signed_by_3)
      list.push_back(w.v[3]);
    if (left > signed_by_4)
      list.push_back(w.v[4]);
    return list;
  };
  w.pass(); // the first block; the next eight name its signers and those of seven more
  for (std::size_t left = 8; left > 3; --left)
    w.pass(1, absent(left));
  w.turn(1, absent(3));
  w.pass(1, absent(2));
  CHECK(w.office(w.s->height() + 1).era == 1);
  w.pass(1, absent(1));
}

} // namespace

TEST_CASE("half of the blocks of a term is enough, one fewer is unresponsive") {
  {
    validator_world w{validator_world::quick(), two_light};
    term(w, 4, 4);
    CHECK(w.events<event::validators_reported>().empty());
  }
  {
    validator_world w{validator_world::quick(), two_light};
    term(w, 3, 4);
    const auto reported = w.events<event::validators_reported>();
    REQUIRE(reported.size() == 1);
    CHECK(reported[0] ==
          event::validators_reported{validator_offence::unresponsive, 0, {w.v[3].id}, 1, 0});
    // One of five: below the threshold, so it costs nothing and nobody is chilled.
    CHECK(w.staked(w.v[3]).active == amount::ainu(10'000));
    CHECK(w.staked(w.v[3]).validator.has_value());
    CHECK(w.events<event::stake_slash_deferred>().empty());
  }
}

TEST_CASE("one of three is less than half, two are not; nor is there a half of one") {
  for (const auto absences : {1u, 2u}) {
    CAPTURE(absences);
    validator_world w{validator_world::quick(), two_light};
    w.pass();
    w.turn(1, {w.v[3]}); // the second block: the term has three
    w.pass(1, absences == 1 ? std::vector<who>{} : std::vector<who>{w.v[3]});
    w.pass();
    CHECK(w.office(w.s->height()).era == 1);
    CHECK(w.events<event::validators_reported>().size() == absences - 1);
  }
  validator_world w{validator_world::quick(), two_light};
  w.turn();
  w.turn(); // the committee of era 1 decides on the third block alone
  w.pass();
  CHECK(w.events<event::validators_reported>().empty());
  w.pass(1, {w.v[4]});
  REQUIRE(w.events<event::validators_reported>().size() == 1);
  CHECK(w.events<event::validators_reported>()[0].era == 1);
  CHECK(w.events<event::validators_reported>()[0].offenders == std::vector<account_id>{w.v[4].id});
}

TEST_CASE("who is absent pays by how many were, and with it those who back it") {
  validator_world w{validator_world::quick(), two_light};
  const auto treasury = w.s->totals().treasury;
  term(w, 0, 3);
  const auto reported = w.events<event::validators_reported>();
  REQUIRE(reported.size() == 1);
  CHECK(reported[0].offenders == std::vector<account_id>{w.v[3].id, w.v[4].id});
  CHECK(reported[0].era == 0);
  CHECK(reported[0].together == 2);
  // 3 · (2 − 1) / 5 of 7 %.
  CHECK(reported[0].fraction_ppb == 42'000'000);
  CHECK(w.staked(w.v[3]).active == amount::ainu(10'000 - 420));
  CHECK(w.staked(w.v[4]).active == amount::ainu(10'000 - 420));
  CHECK(w.staked(w.n[1]).active == amount::ainu(1'000 - 42));
  CHECK(w.staked(w.n[0]).active == amount::ainu(1'000));
  for (const auto* x : {&w.v[3], &w.v[4]})
    CHECK_FALSE(w.staked(*x).validator.has_value());
  CHECK(w.staked(w.v[0]).validator.has_value());
  // Nobody reported it, so all of it is the treasury's.
  CHECK(w.s->totals().treasury == *treasury.plus(amount::ainu(2 * 420 + 42)));
  // They stay in office for what they were elected, and are not elected again.
  CHECK(w.members(w.s->height()).size() == 5);
  w.turn();
  CHECK(w.members(w.s->height() + 2).size() == 3);
}

TEST_CASE("absence is slashed as long after its era as any offence") {
  auto rules = validator_world::quick();
  rules.staking.slash_defer_eras = 3;
  validator_world w{rules, two_light};
  term(w, 0, 0);
  const auto deferred = w.events<event::stake_slash_deferred>();
  REQUIRE(deferred.size() == 2);
  for (const auto& x : deferred) {
    CHECK(x.apply_era == 3);
    CHECK_FALSE(w.s->deferred_slash(x.slash)->reporter.has_value());
  }
  // In the order in which they were elected: v4 has a nominator.
  REQUIRE(deferred[0].validator == w.v[4].id);
  REQUIRE(deferred[1].validator == w.v[3].id);
  for (const auto* x : {&w.v[3], &w.v[4]})
    CHECK(w.staked(*x).active == amount::ainu(10'000));
  REQUIRE(w.call(w.council, cancel_deferred_slash{deferred[0].slash}) == errc::ok);
  w.turn();
  CHECK(w.staked(w.v[3]).active == amount::ainu(10'000));
  w.turn();
  CHECK(w.staked(w.v[3]).active == amount::ainu(9'580));
  CHECK(w.staked(w.v[4]).active == amount::ainu(10'000));
}

TEST_CASE("each term is counted by itself") {
  validator_world w{validator_world::quick(), two_light};
  term(w, 8, 8);
  // v3 and v4 do nothing in the second term until its end, then everything in the third.
  const std::vector<who> both{w.v[3], w.v[4]};
  w.pass(3, both);
  w.turn(1, both);
  w.pass(1, both);
  CHECK(w.events<event::validators_reported>().empty());
  w.pass(1, both);
  REQUIRE(w.events<event::validators_reported>().size() == 1);
  CHECK(w.events<event::validators_reported>()[0].era == 1);
  CHECK(w.office(w.s->height()).era == 2);
  w.pass(3);
  w.turn();
  w.pass(2);
  CHECK(w.events<event::validators_reported>().empty());
  CHECK(w.office(w.s->height()).era == 3);
}

TEST_CASE("a term that goes on over eras that elect nobody is counted as one") {
  validator_world w{validator_world::quick(), two_light};
  const std::vector<who> both{w.v[3], w.v[4]};
  w.pass();
  for (const auto& x : w.v)
    REQUIRE(w.call(x, chill{}) == errc::ok); // they sign for these five
  for (int era = 0; era < 3; ++era) {
    w.turn(1, both);
    w.pass(2, both);
  }
  REQUIRE(w.call(w.v[0], run_validator{100'000, false}) == errc::ok);
  w.turn();
  w.pass(2); // eighteen blocks, of which they signed for nine
  CHECK(w.office(w.s->height()).era == 4);
  CHECK(w.s->height() == 19);
  CHECK(w.events<event::validators_reported>().empty());
}

TEST_CASE("absence is told once, and raises what those pay whom the council has reported") {
  validator_world w{validator_world::quick(), two_light};
  w.pass();
  REQUIRE(w.call(w.council, report_validators{
                                validator_offence::unresponsive, 0, {w.v[0].id}, {}}) == errc::ok);
  CHECK(w.events<event::validators_reported>().at(0).fraction_ppb == 0);
  REQUIRE(w.call(w.council, report_validators{
                                validator_offence::unresponsive, 0, {w.v[3].id}, {}}) == errc::ok);
  const std::vector<who> both{w.v[3], w.v[4]};
  w.pass(3, both);
  w.turn(1, both);
  w.pass(2, both);
  const auto reported = w.events<event::validators_reported>();
  REQUIRE(reported.size() == 1);
  CHECK(reported[0].offenders == std::vector<account_id>{w.v[4].id});
  CHECK(reported[0].together == 3);
  CHECK(reported[0].fraction_ppb == unresponsive_ppb(3, 5));
  CHECK(reported[0].fraction_ppb == 70'000'000);
  for (const auto* x : {&w.v[3], &w.v[4]})
    CHECK(w.staked(*x).active == amount::ainu(9'300));
  CHECK(w.staked(w.v[0]).active == amount::ainu(46'500));
}
