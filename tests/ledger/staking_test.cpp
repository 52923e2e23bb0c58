// Stakes, roles, eras and rewards, by example.
#include "staking_world.hpp"

#include "ainur/ledger/staking_math.hpp"

using namespace ainur;
using namespace ainur::test;

TEST_CASE("a stake leaves the free balance of the stash and is counted as staked") {
  staking_world w;
  w.stakes(w.v[0], 20'000);
  CHECK(w.free_of(w.v[0]) == amount::ainu(30'000));
  CHECK(w.s->totals().staked == amount::ainu(20'000));
  CHECK(w.staked(w.v[0]).controller == w.v[0].controller.id);
  CHECK(w.s->stash_of(w.v[0].controller.id) == w.v[0].stash.id);
  REQUIRE(w.call(w.v[0].stash, stake_more{amount::ainu(5)}) == errc::ok);
  CHECK(w.staked(w.v[0]).active == amount::ainu(20'005));
  // A stash may be its own controller.
  REQUIRE(w.call(w.n[0].stash, stake{w.n[0].stash.id, amount::ainu(1), {}}) == errc::ok);
  CHECK(w.call(w.n[0].stash, unstake{amount::ainu(1)}) == errc::ok);
}

TEST_CASE("an account with nothing but a stake lives on") {
  staking_world w;
  REQUIRE(w.call(w.outsider, stake{w.outsider.id, amount::ainu(100), {}}) == errc::ok);
  CHECK(w.view(w.outsider).free == amount{0});
  REQUIRE(w.call(w.outsider, unstake{amount::ainu(100)}) == errc::ok);
  w.follow(4);
  REQUIRE(w.call(w.outsider, withdraw_unstaked{}) == errc::ok);
  CHECK(w.view(w.outsider).free == amount::ainu(100));
  CHECK_FALSE(w.s->stake_of(w.outsider.id).has_value());
  CHECK(w.events<event::stake_ended>().size() == 1);
}

TEST_CASE("what is locked cannot be staked") {
  staking_world w;
  REQUIRE(w.call(w.v[0].stash, lock_balance{0, amount::ainu(45'000), w.now + hours{1}}) ==
          errc::ok);
  w.noop(w.v[0].stash, stake{w.v[0].controller.id, amount::ainu(6'000), {}},
         errc::insufficient_funds);
}

TEST_CASE("unstaking takes the bonding time in eras; parts of one era are one part") {
  staking_world w;
  w.stakes(w.v[0], 1'000);
  const auto& c = w.v[0].controller;
  REQUIRE(w.call(c, unstake{amount::ainu(100)}) == errc::ok);
  REQUIRE(w.call(c, unstake{amount::ainu(50)}) == errc::ok);
  CHECK(w.staked(w.v[0]).unlocking == std::vector<unlock_chunk>{{amount::ainu(150), 4}});
  w.follow(1);
  REQUIRE(w.call(c, unstake{amount::ainu(30)}) == errc::ok);
  CHECK(w.s->totals().staked == amount::ainu(1'000));
  w.follow(3);
  w.noop(c, withdraw_unstaked{}, errc::too_early);
  w.follow(4);
  REQUIRE(w.call(c, withdraw_unstaked{}) == errc::ok);
  CHECK(w.free_of(w.v[0]) == amount::ainu(49'150));
  CHECK(w.staked(w.v[0]).unlocking == std::vector<unlock_chunk>{{amount::ainu(30), 5}});
}

TEST_CASE("restaking takes from the newest parts first") {
  staking_world w;
  w.stakes(w.v[0], 1'000);
  const auto& c = w.v[0].controller;
  for (std::uint64_t era = 0; era < 3; ++era) {
    w.follow(era);
    REQUIRE(w.call(c, unstake{amount::ainu(100)}) == errc::ok);
  }
  REQUIRE(w.call(c, restake{amount::ainu(150)}) == errc::ok);
  CHECK(w.staked(w.v[0]).active == amount::ainu(850));
  CHECK(w.staked(w.v[0]).unlocking ==
        std::vector<unlock_chunk>{{amount::ainu(100), 4}, {amount::ainu(50), 5}});
}

TEST_CASE("the stash replaces its controller; withdrawals go only to the stash") {
  staking_world w;
  w.stakes(w.v[0], 1'000);
  const auto& old = w.v[0].controller;
  REQUIRE(w.call(w.v[0].stash, set_controller{w.outsider.id}) == errc::ok);
  w.noop(old, unstake{amount::ainu(1)}, errc::not_controller);
  REQUIRE(w.call(w.outsider, unstake{amount::ainu(1'000)}) == errc::ok);
  w.follow(4);
  const auto before = w.view(w.outsider).free;
  REQUIRE(w.call(w.outsider, withdraw_unstaked{}) == errc::ok);
  CHECK(w.view(w.outsider).free == before);
  CHECK(w.free_of(w.v[0]) == amount::ainu(50'000));
  CHECK_FALSE(w.s->stash_of(w.outsider.id).has_value());
}

TEST_CASE("roles exclude each other, and chilling ends either") {
  staking_world w;
  w.validates(w.v[0], 20'000);
  w.validates(w.v[1], 20'000);
  nominate c{{w.v[1].stash.id}};
  REQUIRE(w.call(w.v[0].controller, c) == errc::ok);
  CHECK_FALSE(w.staked(w.v[0]).validator.has_value());
  REQUIRE(w.call(w.v[0].controller, run_validator{200'000, true}) == errc::ok);
  CHECK(w.staked(w.v[0]).targets.empty());
  CHECK(w.staked(w.v[0]).validator == validator_prefs{200'000, true});
  REQUIRE(w.call(w.v[0].controller, chill{}) == errc::ok);
  CHECK_FALSE(w.s->validator(w.v[0].stash.id).has_value());
  CHECK(w.call(w.v[0].controller, chill{}) == errc::ok);
}

TEST_CASE("a blocked validator keeps its nominators and takes no new ones; it can kick them") {
  staking_world w;
  w.validates(w.v[0], 20'000);
  w.validates(w.v[1], 20'000);
  w.nominates(w.n[0], 500, {w.v[0]});
  REQUIRE(w.call(w.v[0].controller, run_validator{100'000, true}) == errc::ok);
  REQUIRE(w.call(w.n[0].controller, nominate{{w.v[0].stash.id, w.v[1].stash.id}}) == errc::ok);
  w.stakes(w.n[1], 500);
  w.noop(w.n[1].controller, nominate{{w.v[0].stash.id}}, errc::validator_blocked);
  REQUIRE(w.call(w.v[0].controller, kick{{w.n[0].stash.id, w.n[1].stash.id}}) == errc::ok);
  CHECK(w.staked(w.n[0]).targets == std::vector{w.v[1].stash.id});
  REQUIRE(w.call(w.v[1].controller, kick{{w.n[0].stash.id}}) == errc::ok);
  CHECK(w.events<event::chilled>().at(0).cause == event::chill_cause::kicked);
}

TEST_CASE("an era begins with the candidates that have the most stake behind them") {
  staking_world w;
  w.validates(w.v[0], 20'000);
  w.validates(w.v[1], 15'000);
  w.validates(w.v[2], 10'000);
  w.nominates(w.n[0], 8'000, {w.v[2], w.v[0]});
  CHECK_FALSE(w.s->era(0).has_value());
  w.eras();
  const auto era = w.s->era(1);
  REQUIRE(era.has_value());
  REQUIRE(era->validators.size() == 2);
  CHECK(era->validators[0].validator == w.v[0].stash.id);
  CHECK(era->validators[0].own == amount::ainu(20'000));
  CHECK(era->validators[0].total == amount::ainu(24'000));
  CHECK(era->validators[1].validator == w.v[2].stash.id);
  CHECK(era->staked == amount::ainu(38'000));
  CHECK(w.s->exposure_page(1, w.v[2].stash.id, 0) ==
        std::vector<stake_part>{{w.n[0].stash.id, amount::ainu(4'000)}});
  CHECK(w.events<event::elected>().size() == 2);
  CHECK(w.events<event::era_started>().at(0).staked == amount::ainu(38'000));
  CHECK(w.s->validator(w.v[2].stash.id)->running.has_value());
  CHECK_FALSE(w.s->validator(w.v[1].stash.id)->running.has_value());
}

TEST_CASE("the election is the one that the state was opened with") {
  staking_world w;
  const election_rules nobody = [](election_method) -> election_rule {
    return [](const election_input&) { return std::vector<winner>{}; };
  };
  w.validates(w.v[0], 20'000);
  auto other = state::restore(w.s->snapshot(), nobody);
  REQUIRE(other.has_value());
  REQUIRE(other->build(w.now + hours{6}, {}, signatures::trusted).has_value());
  CHECK(other->staking_era() == 1);
  CHECK_FALSE(other->era(1).has_value());
  w.eras();
  CHECK(w.s->era(1).has_value());
}

TEST_CASE("while anybody is staked, the end of the era asks for a block") {
  staking_world w;
  CHECK_FALSE(w.s->next_deadline().has_value());
  w.pass(hours{100});
  w.stakes(w.v[0], 100);
  CHECK(w.s->staking_era() == 16);
  CHECK(w.s->next_deadline() == epoch + hours{6 * 17});
  w.follow(17);
  CHECK(w.now == epoch + hours{6 * 17});
}

TEST_CASE("the author of a block earns points, if it or its stash validates") {
  staking_world w;
  REQUIRE(w.call(w.v[0].stash, stake{w.authority.id, amount::ainu(20'000), {}}) == errc::ok);
  REQUIRE(w.call(w.council, mint_money{w.authority.id, amount::ainu(1)}) == errc::ok);
  REQUIRE(w.call(w.authority, run_validator{100'000, false}) == errc::ok);
  w.validates(w.v[1], 20'000);
  w.eras();
  CHECK(w.s->era(1)->points == 20);
  w.pass(seconds{1});
  CHECK(w.events<event::points_noted>().at(0).validator == w.v[0].stash.id);
  REQUIRE(w.call(w.authority, note_era_points{{{w.v[1].stash.id, 7}}}) == errc::ok);
  CHECK(w.s->era(1)->points == 67);
  CHECK(w.s->validator(w.v[1].stash.id)->running->points == 7);
}

TEST_CASE("an author that validates earns its points, whichever stake it controls besides") {
  staking_world w;
  REQUIRE(w.call(w.council, mint_money{w.authority.id, amount::ainu(20'001)}) == errc::ok);
  REQUIRE(w.call(w.authority, stake{w.v[0].controller.id, amount::ainu(20'000), {}}) == errc::ok);
  REQUIRE(w.call(w.v[0].controller, run_validator{100'000, false}) == errc::ok);
  REQUIRE(w.call(w.v[1].stash, stake{w.authority.id, amount::ainu(20'000), {}}) == errc::ok);
  w.eras();
  CHECK(w.s->validator(w.authority.id)->running->points == 20);
}

TEST_CASE("an era pays 5 AINU per 6 s by points; commission first, the rest by exposure") {
  staking_world w;
  w.validates(w.v[0], 20'000, 200'000);
  w.validates(w.v[1], 20'000);
  w.nominates(w.n[0], 20'000, {w.v[0]});
  w.eras();
  const note_era_points points{{{w.v[0].stash.id, 30}, {w.v[1].stash.id, 10}}};
  REQUIRE(w.call(w.authority, transfer{w.authority.id, amount{0}}) == errc::unknown_signer);
  REQUIRE(w.call(w.council, mint_money{w.authority.id, amount::ainu(1)}) == errc::ok);
  REQUIRE(w.call(w.authority, points) == errc::ok);
  w.noop(w.outsider, claim_payout{w.v[0].stash.id, 1, 0}, errc::too_early);
  w.eras();
  CHECK(w.events<event::era_ended>().at(0).reward == amount::ainu(18'000));
  const auto issuance = w.s->totals().issuance;
  REQUIRE(w.call(w.outsider, claim_payout{w.v[0].stash.id, 1, 0}) == errc::ok);
  // 13,500 for v0: 2,700 commission, and 5,400 for each half of the stake.
  CHECK(w.free_of(w.v[0]) == amount::ainu(30'000 + 2'700 + 5'400));
  CHECK(w.free_of(w.n[0]) == amount::ainu(30'000 + 5'400));
  CHECK(w.s->totals().issuance == *issuance.plus(amount::ainu(13'500)));
  CHECK(w.events<event::reward_paid>().size() == 2);
  const auto minted = w.events<event::issuance_changed>().at(0);
  CHECK(minted.cause == event::issuance_cause::validator_reward);
  CHECK(minted.value == amount::ainu(13'500));
  CHECK(w.s->era(1)->validators[0].claimed == std::vector<std::uint32_t>{0});
  w.noop(w.outsider, claim_payout{w.v[0].stash.id, 1, 0}, errc::already_claimed);
}

TEST_CASE("rewards go where the stash wants them") {
  staking_world w;
  w.validates(w.v[0], 20'000);
  REQUIRE(w.call(w.v[0].controller, set_payee{reward_destination::restaked}) == errc::ok);
  REQUIRE(w.call(w.council, mint_money{w.authority.id, amount::ainu(1)}) == errc::ok);
  w.eras();
  REQUIRE(w.call(w.authority, note_era_points{{{w.v[0].stash.id, 1}}}) == errc::ok);
  w.eras();
  REQUIRE(w.call(w.outsider, claim_payout{w.v[0].stash.id, 1, 0}) == errc::ok);
  CHECK(w.staked(w.v[0]).active == amount::ainu(38'000));
  CHECK(w.free_of(w.v[0]) == amount::ainu(30'000));
}

TEST_CASE("exposures come in pages; each is claimed by itself, the commission in proportion") {
  auto rules = staking_world::quick();
  rules.staking.exposure_page_max = 1;
  rules.staking.nominators_max = 64;
  staking_world w{rules};
  w.validates(w.v[0], 10'000);
  for (const auto& n : w.n)
    w.nominates(n, 10'000, {w.v[0]});
  REQUIRE(w.call(w.council, mint_money{w.authority.id, amount::ainu(1)}) == errc::ok);
  w.eras();
  CHECK(w.s->era(1)->validators[0].pages == 3);
  REQUIRE(w.call(w.authority, note_era_points{{{w.v[0].stash.id, 1}}}) == errc::ok);
  w.eras();
  const claim_payout second{w.v[0].stash.id, 1, 1};
  REQUIRE(w.call(w.outsider, second) == errc::ok);
  // 1,800 of commission, a quarter of the stake on this page; 16,200 to share.
  CHECK(w.free_of(w.v[0]) == amount::ainu(40'000 + 450));
  w.noop(w.outsider, second, errc::already_claimed);
  w.noop(w.outsider, claim_payout{w.v[0].stash.id, 1, 3}, errc::invalid_value);
  REQUIRE(w.call(w.outsider, claim_payout{w.v[0].stash.id, 1, 0}) == errc::ok);
  CHECK(w.free_of(w.v[0]) == amount::ainu(40'000 + 450 + 900 + 4'050));
  REQUIRE(w.call(w.outsider, claim_payout{w.v[0].stash.id, 1, 2}) == errc::ok);
  for (const auto& n : w.n)
    CHECK(w.free_of(n) == amount::ainu(40'000 + 4'050));
}

TEST_CASE("the reward may follow the curve instead") {
  auto rules = staking_world::quick();
  rules.staking.reward_source = reward_source::npos_curve;
  staking_world w{rules};
  w.validates(w.v[0], 20'000);
  w.eras();
  const auto staked = w.s->era(1)->staked;
  const auto issuance = w.s->totals().issuance;
  w.eras();
  const auto expected =
      reward_curve{rules.staking.reward_curve}.payout(staked.micro(), issuance.micro(), 21'600'000);
  CHECK(wide_amount{w.s->era(1)->reward.micro()} == expected);
  CHECK(w.s->era(1)->reward > amount{0});
}

TEST_CASE("eras that pass without a block pay nothing") {
  staking_world w;
  w.validates(w.v[0], 20'000);
  w.eras();
  w.eras(5);
  CHECK(w.s->era(1)->reward == amount::ainu(18'000));
  for (std::uint64_t era = 2; era < 6; ++era)
    CHECK_FALSE(w.s->era(era).has_value());
  CHECK(w.s->era(6).has_value());
}

TEST_CASE("old eras are dropped step by step, and nothing of them can be claimed") {
  auto rules = staking_world::quick();
  rules.sweep_max = 2;
  staking_world w{rules};
  w.validates(w.v[0], 20'000);
  w.validates(w.v[1], 20'000);
  REQUIRE(w.call(w.council, mint_money{w.authority.id, amount::ainu(1)}) == errc::ok);
  w.eras();
  REQUIRE(w.call(w.authority, note_era_points{{{w.v[0].stash.id, 1}}}) == errc::ok);
  for (const auto& v : {w.v[0], w.v[1]})
    REQUIRE(w.call(v.controller, chill{}) == errc::ok);
  w.follow(7);
  CHECK(w.s->era(1).has_value());
  w.follow(8);
  // The sweep of two has turned the era and dropped one validator.
  CHECK(w.s->era(1)->validators.size() == 1);
  w.noop(w.outsider, claim_payout{w.v[0].stash.id, 1, 0}, errc::too_late);
  w.pass(seconds{1});
  CHECK_FALSE(w.s->era(1).has_value());
  CHECK(w.events<event::era_dropped>().at(0).era == 1);
}
