// Every call of staking × every way in which it is refused: the answer, and that nothing changes.
#include "staking_world.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

/// v0 and v1 validate in era 1, n0 nominates v0; v2 and n1 have a stake only.
struct staking_stage : staking_world {
  who c0 = v[0].controller, idle = v[2].controller, unknown = self_keyed(222);

  explicit staking_stage(parameters rules = quick()) : staking_world(rules) {
    validates(v[0], 20'000);
    validates(v[1], 20'000);
    nominates(n[0], 1'000, {v[0]});
    stakes(v[2], 1'000);
    stakes(n[1], 50);
    REQUIRE(call(council, mint_money{authority.id, amount::ainu(1)}) == errc::ok);
    eras();
  }
};

constexpr auto pays_stash = reward_destination::stash_free;

} // namespace

TEST_CASE("refused: stake, stake_more") {
  staking_stage w;
  const auto fresh = w.n[2].stash;
  const auto controller = w.n[2].controller.id;
  w.noop(hosted_by(w.host, 77), stake{controller, amount::ainu(1), pays_stash},
         errc::unknown_account);
  w.noop(fresh, stake{account_id{}, amount::ainu(1), pays_stash}, errc::invalid_value);
  w.noop(w.v[0].stash, stake{controller, amount::ainu(1), pays_stash}, errc::already_staked);
  w.noop(fresh, stake{w.c0.id, amount::ainu(1), pays_stash}, errc::controller_taken);
  w.noop(fresh, stake{controller, amount{999'999}, pays_stash}, errc::low_stake);
  w.noop(fresh, stake{controller, amount::max(), pays_stash}, errc::insufficient_funds);
  w.noop(fresh, stake_more{amount::ainu(1)}, errc::not_staked);
  w.noop(w.v[0].stash, stake_more{amount{0}}, errc::invalid_value);
  w.noop(w.v[0].stash, stake_more{amount::max()}, errc::insufficient_funds);
  REQUIRE(w.call(w.idle, unstake{amount::ainu(1'000)}) == errc::ok);
  w.noop(w.v[2].stash, stake_more{amount{1}}, errc::low_stake);
}

TEST_CASE("refused: unstake, restake, withdraw_unstaked") {
  staking_stage w;
  w.noop(w.v[0].stash, unstake{amount{1}}, errc::not_controller);
  w.noop(w.c0, unstake{amount{0}}, errc::invalid_value);
  w.noop(w.c0, unstake{amount::max()}, errc::insufficient_funds);
  w.noop(w.c0, unstake{amount::ainu(10'001)}, errc::low_stake);
  w.noop(w.n[0].controller, unstake{amount::ainu(901)}, errc::low_stake);
  w.noop(w.idle, unstake{amount{999'999'999}}, errc::low_stake);
  w.noop(w.v[0].stash, restake{amount{1}}, errc::not_controller);
  w.noop(w.c0, restake{amount{0}}, errc::invalid_value);
  w.noop(w.c0, restake{amount{1}}, errc::insufficient_funds);
  w.noop(w.v[0].stash, withdraw_unstaked{}, errc::not_controller);
  w.noop(w.c0, withdraw_unstaked{}, errc::too_early);
  REQUIRE(w.call(w.idle, unstake{amount::ainu(1'000)}) == errc::ok);
  w.noop(w.idle, restake{amount{1}}, errc::low_stake);
  w.noop(w.idle, withdraw_unstaked{}, errc::too_early);
}

TEST_CASE("refused: one part too many") {
  auto rules = staking_world::quick();
  rules.staking.bonding_eras = 20;
  rules.staking.unlocking_chunks_max = 2;
  staking_world w{rules};
  w.stakes(w.v[0], 100);
  for (std::uint64_t era = 1; era <= 2; ++era) {
    w.follow(era);
    REQUIRE(w.call(w.v[0].controller, unstake{amount::ainu(1)}) == errc::ok);
    REQUIRE(w.call(w.v[0].controller, unstake{amount::ainu(1)}) == errc::ok);
  }
  w.follow(3);
  w.noop(w.v[0].controller, unstake{amount::ainu(1)}, errc::too_many_chunks);
}

TEST_CASE("refused: set_controller, set_payee, reap_stake") {
  staking_stage w;
  w.noop(w.c0, set_controller{w.unknown.id}, errc::not_staked);
  w.noop(w.v[0].stash, set_controller{account_id{}}, errc::invalid_value);
  w.noop(w.v[0].stash, set_controller{w.idle.id}, errc::controller_taken);
  w.noop(w.v[0].stash, set_controller{w.c0.id}, errc::controller_taken);
  w.noop(w.v[0].stash, set_payee{pays_stash}, errc::not_controller);
  w.noop(w.outsider, reap_stake{w.c0.id}, errc::not_staked);
  w.noop(w.outsider, reap_stake{w.v[2].stash.id}, errc::wrong_state);
}

TEST_CASE("refused: run_validator") {
  staking_stage w;
  w.noop(w.v[2].stash, run_validator{100'000, false}, errc::not_controller);
  w.noop(w.c0, run_validator{99'999, false}, errc::invalid_value);
  w.noop(w.c0, run_validator{200'001, false}, errc::invalid_value);
  w.noop(w.idle, run_validator{100'000, false}, errc::low_stake);
  auto rules = staking_world::quick();
  rules.staking.validators_max = 2;
  staking_stage full{rules};
  REQUIRE(full.call(full.v[2].stash, stake_more{amount::ainu(9'000)}) == errc::ok);
  full.noop(full.idle, run_validator{100'000, false}, errc::too_many_stakers);
  CHECK(full.call(full.c0, run_validator{150'000, false}) == errc::ok);
}

TEST_CASE("refused: nominate") {
  staking_stage w;
  const auto target = w.v[0].stash.id;
  w.noop(w.v[2].stash, nominate{{target}}, errc::not_controller);
  w.noop(w.idle, nominate{}, errc::invalid_value);
  w.noop(w.idle, nominate{{target, target}}, errc::invalid_value);
  w.noop(w.idle, nominate{{w.v[2].stash.id}}, errc::invalid_value);
  nominate many;
  for (std::uint8_t i = 0; i < 17; ++i)
    many.targets.push_back(self_keyed(i).id);
  w.noop(w.idle, many, errc::invalid_value);
  w.noop(w.n[1].controller, nominate{{target}}, errc::low_stake);
  w.noop(w.idle, nominate{{target, w.n[0].stash.id}}, errc::unknown_validator);
  w.noop(w.idle, nominate{{w.unknown.id}}, errc::unknown_validator);
  REQUIRE(w.call(w.c0, run_validator{100'000, true}) == errc::ok);
  w.noop(w.idle, nominate{{target}}, errc::validator_blocked);
  auto rules = staking_world::quick();
  rules.staking.nominators_max = 1;
  staking_stage full{rules};
  full.noop(full.idle, nominate{{target}}, errc::too_many_stakers);
  CHECK(full.call(full.n[0].controller, nominate{{full.v[1].stash.id}}) == errc::ok);
}

TEST_CASE("refused: chill, kick") {
  staking_stage w;
  w.noop(w.v[0].stash, chill{}, errc::not_controller);
  w.noop(w.v[0].stash, kick{{w.n[0].stash.id}}, errc::not_controller);
  w.noop(w.c0, kick{}, errc::invalid_value);
  w.noop(w.c0, kick{{w.n[0].stash.id, w.n[0].stash.id}}, errc::invalid_value);
  kick many;
  for (std::uint8_t i = 0; i < 65; ++i)
    many.nominators.push_back(self_keyed(i).id);
  w.noop(w.c0, many, errc::invalid_value);
  w.noop(w.idle, kick{{w.n[0].stash.id}}, errc::wrong_state);
  w.noop(w.c0, kick{{w.n[1].stash.id, w.unknown.id}}, errc::wrong_state);
}

TEST_CASE("refused: claim_payout") {
  staking_stage w;
  const auto validator = w.v[0].stash.id;
  w.noop(w.outsider, claim_payout{validator, 1, 0}, errc::too_early);
  REQUIRE(w.call(w.authority, note_era_points{{{validator, 1}}}) == errc::ok);
  w.eras();
  w.noop(w.outsider, claim_payout{w.v[2].stash.id, 1, 0}, errc::unknown_exposure);
  w.noop(w.outsider, claim_payout{validator, 0, 0}, errc::unknown_exposure);
  w.noop(w.outsider, claim_payout{validator, 1, 1}, errc::invalid_value);
  w.noop(w.outsider, claim_payout{w.v[1].stash.id, 1, 0}, errc::nothing_due);
  REQUIRE(w.call(w.outsider, claim_payout{validator, 1, 0}) == errc::ok);
  w.noop(w.outsider, claim_payout{validator, 1, 0}, errc::already_claimed);
  w.eras(6);
  w.noop(w.outsider, claim_payout{validator, 1, 0}, errc::too_late);
}

TEST_CASE("refused: a payout that would not fit the issuance") {
  auto rules = staking_world::quick();
  rules.staking.reward_per_6s = amount::max();
  staking_stage w{rules};
  REQUIRE(w.call(w.authority, note_era_points{{{w.v[0].stash.id, 1}}}) == errc::ok);
  w.eras();
  w.noop(w.outsider, claim_payout{w.v[0].stash.id, 1, 0}, errc::overflow);
}

TEST_CASE("refused: note_era_points") {
  staking_stage w;
  const auto validator = w.v[0].stash.id;
  w.noop(w.council, note_era_points{{{validator, 1}}}, errc::not_permitted);
  w.noop(w.authority, note_era_points{}, errc::invalid_value);
  w.noop(w.authority, note_era_points{{{validator, 0}}}, errc::invalid_value);
  w.noop(w.authority, note_era_points{{{validator, 1'000'001}}}, errc::invalid_value);
  w.noop(w.authority, note_era_points{std::vector<validator_points>(1'001, {validator, 1})},
         errc::invalid_value);
  w.noop(w.authority, note_era_points{{{validator, 1}, {w.v[2].stash.id, 1}}},
         errc::unknown_exposure);
  const note_era_points most{std::vector<validator_points>(1'000, {validator, 1'000'000})};
  for (int i = 0; i < 4; ++i)
    REQUIRE(w.call(w.authority, most) == errc::ok);
  w.noop(w.authority, most, errc::overflow);
}

TEST_CASE("refused: report_validators, cancel_deferred_slash") {
  staking_stage w;
  report_validators c{validator_offence::equivocation, 1, {w.v[0].stash.id}, {}};
  w.noop(w.outsider, c, errc::not_permitted);
  c.era = 2;
  w.noop(w.council, c, errc::too_early);
  c.era = 0;
  w.noop(w.council, c, errc::unknown_exposure);
  c.era = 1;
  c.offenders = {};
  w.noop(w.council, c, errc::invalid_value);
  c.offenders.assign(257, w.v[0].stash.id);
  w.noop(w.council, c, errc::invalid_value);
  c.offenders = {w.v[0].stash.id, w.v[2].stash.id};
  w.noop(w.council, c, errc::unknown_exposure);
  c.offenders = {w.v[0].stash.id, w.v[0].stash.id};
  REQUIRE(w.call(w.council, c) == errc::ok);
  CHECK(w.events<event::validators_reported>().at(0).together == 1);
  w.noop(w.council, c, errc::already_penalised);
  w.noop(w.outsider, cancel_deferred_slash{1}, errc::not_permitted);
  w.noop(w.council, cancel_deferred_slash{2}, errc::unknown_slash);
  w.eras(5);
  c.offenders = {w.v[1].stash.id};
  w.noop(w.council, c, errc::too_late);
}

TEST_CASE("rules of staking that make no sense are refused") {
  const auto refused = [](auto&& change) {
    world w;
    auto g = w.g;
    change(g.parameters.staking);
    CHECK_FALSE(validate(g).has_value());
  };
  refused([](auto& p) { p.seats = 0; });
  refused([](auto& p) { p.validators_max = 0; });
  refused([](auto& p) { p.nominators_max = 512 * 64 + 1; });
  refused([](auto& p) { p.nominations_max = 0; });
  refused([](auto& p) { p.exposure_page_max = 0; });
  refused([](auto& p) { p.unlocking_chunks_max = 0; });
  refused([](auto& p) { p.stake_min = amount{0}; });
  refused([](auto& p) { p.validator_stake_min = amount{1}; });
  refused([](auto& p) { p.nominator_stake_min = amount{1}; });
  refused([](auto& p) { p.commission_min_ppm = 300'000; });
  refused([](auto& p) { p.commission_max_ppm = 1'000'001; });
  refused([](auto& p) { p.author_points = 1'000'001; });
  refused([](auto& p) { p.reporter_ppm = 1'000'001; });
  refused([](auto& p) { p.bonding_eras = 0; });
  refused([](auto& p) { p.slash_defer_eras = p.bonding_eras; });
  refused([](auto& p) { p.history_eras = 0; });
  refused([](auto& p) { p.reward_curve.falloff_ppm = 9'999; });
  refused([](auto& p) { p.reward_curve.inflation_min_ppm = 100'001; });
}

TEST_CASE("staking: dust is reaped with its role, where a role needs less than an account") {
  parameters rules;
  rules.staking.stake_min = rules.staking.validator_stake_min = amount{1};
  world w{rules};
  REQUIRE(w.call(w.client, stake{w.client.id, amount{999}}) == errc::ok);
  REQUIRE(w.call(w.client, run_validator{100'000, false}) == errc::ok);
  REQUIRE(w.call(w.rival, reap_stake{w.client.id}) == errc::ok);
  CHECK(w.events<event::chilled>().size() == 1);
  CHECK(w.events<event::stake_ended>().at(0).rest == amount{999});
}
