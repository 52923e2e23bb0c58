// Offences of validators: fractions, deferral, spans, and where the stake is taken.
#include "staking_world.hpp"

#include "ainur/ledger/staking_math.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

/// v0 and v1 validate in era 1, each with 10,000 of n0 (20,000 in all) behind it.
struct slash_world : staking_world {
  explicit slash_world(parameters rules = quick()) : staking_world(rules) {
    validates(v[0], 20'000);
    validates(v[1], 20'000);
    nominates(n[0], 20'000, {v[0], v[1]});
    eras();
  }

  [[nodiscard]] std::uint64_t slash_number() const {
    const auto seen = events<event::stake_slash_deferred>();
    REQUIRE(!seen.empty());
    return seen.back().slash;
  }
};

} // namespace

TEST_CASE("a slash waits for its era and is taken before the era's election") {
  slash_world w;
  const auto treasury = w.s->totals().treasury;
  REQUIRE(w.report(1, {w.v[0]}) == errc::ok); // 1 of 2: everything
  CHECK(w.events<event::validators_reported>().at(0).fraction_ppb == ppb_one);
  CHECK(w.events<event::chilled>().at(0).stash == w.v[0].stash.id);
  const auto waiting = w.s->deferred_slash(w.slash_number());
  REQUIRE(waiting.has_value());
  CHECK(waiting->own == amount::ainu(20'000));
  CHECK(waiting->nominators == std::vector<stake_part>{{w.n[0].stash.id, amount::ainu(10'000)}});
  CHECK(waiting->apply_era == 4);
  w.follow(3);
  CHECK(w.staked(w.v[0]).active == amount::ainu(20'000));
  w.follow(4);
  CHECK(w.staked(w.v[0]).active == amount{0});
  CHECK(w.staked(w.n[0]).active == amount::ainu(10'000));
  CHECK(w.s->totals().treasury == *treasury.plus(amount::ainu(30'000)));
  CHECK(w.s->era(4)->staked == amount::ainu(30'000));
  CHECK(w.events<event::stake_slash_settled>().at(0).slash == 1);
}

TEST_CASE("the council can cancel a slash until it is applied") {
  slash_world w;
  REQUIRE(w.report(1, {w.v[0]}) == errc::ok);
  const auto number = w.slash_number();
  w.noop(w.outsider, cancel_deferred_slash{number}, errc::not_permitted);
  REQUIRE(w.call(w.council, cancel_deferred_slash{number}) == errc::ok);
  CHECK(w.events<event::stake_slash_settled>().at(0).cancelled);
  w.noop(w.council, cancel_deferred_slash{number}, errc::unknown_slash);
  w.follow(5);
  CHECK(w.staked(w.v[0]).active == amount::ainu(20'000));
}

TEST_CASE("unlocking stake is slashed too, in proportion") {
  slash_world w;
  REQUIRE(w.call(w.n[0].controller, unstake{amount::ainu(15'000)}) == errc::ok);
  REQUIRE(w.report(1, {w.v[0]}) == errc::ok);
  w.follow(4);
  CHECK(w.staked(w.n[0]).active == amount::ainu(2'500));
  CHECK(w.staked(w.n[0]).unlocking == std::vector<unlock_chunk>{{amount::ainu(7'500), 5}});
  w.follow(5);
  REQUIRE(w.call(w.n[0].controller, withdraw_unstaked{}) == errc::ok);
  CHECK(w.free_of(w.n[0]) == amount::ainu(37'500));
}

TEST_CASE("stake that began to unlock before the offence is taken last") {
  auto rules = staking_world::quick();
  rules.staking.slash_defer_eras = 0;
  slash_world w{rules};
  REQUIRE(w.call(w.n[0].controller, unstake{amount::ainu(10'000)}) == errc::ok); // era 5
  w.follow(3);
  // In era 3 the nominator backs with 5,000 each; then it takes all out but 1,000.
  REQUIRE(w.call(w.n[0].controller, unstake{amount::ainu(9'000)}) == errc::ok); // era 7
  REQUIRE(w.report(3, {w.v[0]}) == errc::ok);
  CHECK(w.staked(w.n[0]).active == amount::ainu(500));
  CHECK(w.staked(w.n[0]).unlocking ==
        std::vector<unlock_chunk>{{amount::ainu(10'000), 5}, {amount::ainu(4'500), 7}});
}

TEST_CASE("without deferral a slash is taken at once; the reporter gets half of its proportion") {
  auto rules = staking_world::quick();
  rules.staking.slash_defer_eras = 0;
  slash_world w{rules};
  const auto treasury = w.s->totals().treasury;
  REQUIRE(w.report(1, {w.v[0]}, w.outsider.id) == errc::ok);
  CHECK(w.staked(w.v[0]).active == amount{0});
  CHECK(w.view(w.outsider).free == amount::ainu(100 + 1'500));
  CHECK(w.s->totals().treasury == *treasury.plus(amount::ainu(28'500)));
}

TEST_CASE("offenders of one era count together, and the first pay the difference") {
  auto rules = staking_world::quick();
  rules.staking.seats = 100;
  rules.staking.slash_defer_eras = 0;
  staking_world w{rules};
  std::vector<staking_world::staker> all;
  for (std::uint8_t i = 0; i < 20; ++i) {
    const auto x = self_keyed(static_cast<std::uint8_t>(150 + i));
    REQUIRE(w.call(w.council, mint_money{x.id, amount::ainu(10'100)}) == errc::ok);
    all.push_back({x, x});
    w.validates(all.back(), 10'000);
  }
  w.eras();
  REQUIRE(w.report(1, {all[0]}) == errc::ok); // (3/20)² = 2.25 %
  CHECK(w.staked(all[0]).active == amount::ainu(9'775));
  REQUIRE(w.report(1, {all[0], all[1]}) == errc::ok); // (6/20)² = 9 %
  CHECK(w.staked(all[0]).active == amount::ainu(9'100));
  CHECK(w.staked(all[1]).active == amount::ainu(9'100));
  w.noop(w.council, report_validators{validator_offence::equivocation, 1, {all[0].stash.id}, {}},
         errc::already_penalised);
  // Up to a tenth of the validators may be unresponsive: 3 of 20 are the threshold.
  for (std::size_t i = 5; i < 8; ++i)
    REQUIRE(w.report(1, {all[i]}, {}, validator_offence::unresponsive) == errc::ok);
  CHECK(w.staked(all[5]).active == amount::ainu(10'000));
  CHECK(w.staked(all[5]).validator.has_value());
  REQUIRE(w.report(1, {all[8], all[9]}, {}, validator_offence::unresponsive) == errc::ok);
  CHECK(w.events<event::validators_reported>().at(0).fraction_ppb == 21'000'000);
  CHECK(w.staked(all[5]).active == amount::ainu(9'790));
  CHECK_FALSE(w.staked(all[5]).validator.has_value());
}

TEST_CASE("within one span only the largest slash counts") {
  auto rules = staking_world::quick();
  rules.staking.slash_defer_eras = 0;
  slash_world w{rules};
  // Both validators of the nominator: its slashes of one era add up.
  REQUIRE(w.report(1, {w.v[0]}) == errc::ok);
  REQUIRE(w.report(1, {w.v[1]}) == errc::ok);
  CHECK(w.staked(w.n[0]).active == amount{0});
}

TEST_CASE("an offence in an earlier era of a span costs only what exceeds the largest") {
  auto rules = staking_world::quick();
  rules.staking.slash_defer_eras = 0;
  slash_world w{rules};
  w.follow(2);
  REQUIRE(w.report(2, {w.v[0]}) == errc::ok);
  CHECK(w.staked(w.n[0]).active == amount::ainu(10'000));
  REQUIRE(w.call(w.n[0].stash, stake_more{amount::ainu(10'000)}) == errc::ok);
  // Era 1 lies in the span that era 2 has ended: as large, and so nothing more.
  REQUIRE(w.report(1, {w.v[0]}) == errc::ok);
  CHECK(w.events<event::stake_slash_deferred>().empty());
  CHECK(w.staked(w.n[0]).active == amount::ainu(20'000));
}

TEST_CASE("a slash comes in pages, one for each handled deadline") {
  auto rules = staking_world::quick();
  rules.staking.exposure_page_max = 1;
  rules.staking.nominators_max = 64;
  rules.sweep_max = 1;
  staking_world w{rules};
  w.validates(w.v[0], 20'000);
  for (const auto& x : w.n)
    w.nominates(x, 1'000, {w.v[0]});
  w.eras();
  REQUIRE(w.report(1, {w.v[0]}) == errc::ok);
  while (w.now < epoch + hours{24})
    w.pass(hours{1});
  for (int left = 2; left >= 0; --left) {
    int slashed = 0;
    for (const auto& x : w.n)
      slashed += w.staked(x).active.is_zero() ? 1 : 0;
    CHECK(slashed == 3 - left);
    CHECK(w.staked(w.v[0]).active.is_zero() == (left == 0));
    CHECK(w.s->staking_era() == 3);
    w.pass(seconds{1});
  }
  CHECK(w.s->staking_era() == 4);
}

TEST_CASE("a slashed staker may be reaped when almost nothing is left") {
  auto rules = staking_world::quick();
  rules.staking.slash_defer_eras = 0;
  slash_world w{rules};
  w.noop(w.outsider, reap_stake{w.v[0].stash.id}, errc::wrong_state);
  REQUIRE(w.report(1, {w.v[0]}) == errc::ok);
  REQUIRE(w.call(w.outsider, reap_stake{w.v[0].stash.id}) == errc::ok);
  CHECK_FALSE(w.s->stake_of(w.v[0].stash.id).has_value());
  CHECK_FALSE(w.s->stash_of(w.v[0].controller.id).has_value());
  CHECK(w.free_of(w.v[0]) == amount::ainu(30'000));
}

TEST_CASE("a nominator left with less than its role needs is chilled") {
  auto rules = staking_world::quick();
  rules.staking.slash_defer_eras = 0;
  rules.staking.nominator_stake_min = amount::ainu(15'000);
  slash_world w{rules};
  REQUIRE(w.report(1, {w.v[0]}) == errc::ok);
  CHECK(w.staked(w.n[0]).active == amount::ainu(10'000));
  CHECK(w.staked(w.n[0]).targets.empty());
}

TEST_CASE("slashes due in eras without a block come before the next election") {
  slash_world w;
  REQUIRE(w.report(1, {w.v[0]}) == errc::ok);
  w.eras(6);
  CHECK(w.staked(w.n[0]).active == amount::ainu(10'000));
  CHECK(w.s->era(7)->staked == amount::ainu(30'000));
}
