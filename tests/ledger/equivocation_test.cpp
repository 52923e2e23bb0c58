// Equivocation: two statements of one validator that contradict each other, and what is no proof of
// it; the keys with which validators sign.
#include "ainur/ledger/proof.hpp"
#include "validator_world.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

constexpr statement proposal(std::uint64_t height, const hash256& value,
                             round_number valid_round = no_round, round_number round = 1) {
  return {statement_kind::proposal, height, round, valid_round, value};
}

constexpr statement vote(statement_kind kind, std::uint64_t height, const hash256& value) {
  return {kind, height, 1, no_round, value};
}

/// Three heights in, nobody has done anything wrong.
struct equivocation_world : validator_world {
  hash256 a = digest("a block"), b = digest("another block");

  explicit equivocation_world(parameters rules = quick()) : validator_world(rules) { pass(3); }

  [[nodiscard]] report_equivocation pair(const who& by, const statement& x,
                                         const statement& y) const {
    return {stated(by, x), stated(by, y)};
  }

  /// It is evidence: tried on a copy.
  void proves(const report_equivocation& c) {
    auto copy = restored(s->snapshot());
    const auto done = copy.apply(next({batch_of(copy, client, c)}), signatures::trusted);
    REQUIRE(done.has_value());
    CHECK(done->batches[0].entries == std::vector<errc>{errc::ok});
  }
};

using world_of = equivocation_world;

} // namespace

TEST_CASE("any two different statements of one height, round and kind are an equivocation") {
  world_of w;
  const auto& v = w.v[1];
  w.proves(w.pair(v, proposal(2, w.a), proposal(2, w.b)));
  w.proves(w.pair(v, proposal(2, w.a), proposal(2, w.a, 0)));
  for (const auto kind : {statement_kind::prevote, statement_kind::precommit}) {
    w.proves(w.pair(v, vote(kind, 2, w.a), vote(kind, 2, w.b)));
    w.proves(w.pair(v, vote(kind, 2, w.a), vote(kind, 2, {})));
    w.proves(w.pair(v, vote(kind, 2, {}), vote(kind, 2, w.a)));
  }
  // Of the next block too, which is being decided on.
  w.proves(w.two_votes(v, 4));
}

TEST_CASE("statements that go together prove nothing") {
  world_of w;
  const auto& v = w.v[1];
  const auto refused = [&w](const report_equivocation& c) {
    w.noop(w.client, c, errc::bad_evidence);
  };
  const auto a = vote(statement_kind::prevote, 2, w.a), b = vote(statement_kind::prevote, 2, w.b);
  const auto with = [](statement x, auto&& change) {
    change(x);
    return x;
  };
  refused(w.pair(v, a, a));
  refused(w.pair(v, a, with(b, [](auto& x) { x.kind = statement_kind::precommit; })));
  refused(w.pair(v, a, with(b, [](auto& x) { x.height = 3; })));
  refused(w.pair(v, a, with(b, [](auto& x) { x.round = 2; })));
  refused({w.stated(v, a), w.stated(w.v[2], b)});
  // What nobody may say at all.
  refused(w.pair(v, a, with(a, [](auto& x) { x.valid_round = 0; })));
  refused(w.pair(v, proposal(2, w.a), proposal(2, {})));
  refused(w.pair(v, proposal(2, w.a), proposal(2, w.b, 1)));
  refused(w.pair(v, proposal(2, w.a, -2), proposal(2, w.b)));
  refused(
      w.pair(v, with(a, [](auto& x) { x.round = -1; }), with(b, [](auto& x) { x.round = -1; })));
  const auto late = [](auto& x) { x.round = round_max + 1; };
  refused(w.pair(v, with(a, late), with(b, late)));
  const auto before = [](auto& x) { x.height = 0; };
  refused(w.pair(v, with(a, before), with(b, before)));
}

TEST_CASE("a validator is not to blame for what others signed in its name") {
  world_of w;
  const auto& v = w.v[1];
  const auto good = w.two_votes(v, 2);
  const auto refused = [&w](const report_equivocation& c) {
    w.noop(w.client, c, errc::bad_evidence);
  };
  for (const bool second : {false, true}) {
    auto c = good;
    auto& forged = second ? c.second : c.first;
    // By another validator, by the key of the stash, for another chain, changed by a bit.
    forged =
        sign_statement(w.s->chain(), forged.statement, v.id, key_of_seed(w.seeds.at(w.v[2].id)));
    refused(c);
    forged = sign_statement(w.s->chain(), forged.statement, v.id, key_of_seed(w.account_seed(v)));
    refused(c);
    forged = sign_statement(digest("chain"), forged.statement, v.id, key_of_seed(w.seeds.at(v.id)));
    refused(c);
    c = good;
    forged.signature[5] ^= 1;
    refused(c);
  }
  // Two votes of another, told of this one.
  auto c = w.two_votes(w.v[2], 2);
  c.first.signer = c.second.signer = v.id;
  refused(c);
  CHECK(w.staked(v).active == amount::ainu(20'000));
  CHECK(w.staked(v).validator.has_value());
}

TEST_CASE("validators that share a key answer for their own statements only") {
  world_of w;
  const auto key = w.g.founding->validators[1].key;
  w.g.founding->validators[2].key = key;
  w.seeds[w.v[2].id] = w.seeds.at(w.v[1].id);
  w.begin();
  w.pass(3);
  // Each signed once; of these two votes nobody signed both.
  auto c = report_equivocation{w.stated(w.v[1], vote(statement_kind::prevote, 2, w.a)),
                               w.stated(w.v[2], vote(statement_kind::prevote, 2, {}))};
  w.noop(w.client, c, errc::bad_evidence);
  c.second.signer = w.v[1].id;
  w.noop(w.client, c, errc::bad_evidence);
  w.proves(w.two_votes(w.v[2], 2));
}

TEST_CASE("only members of the committee of that height can be reported") {
  auto rules = validator_world::quick();
  rules.staking.seats = 4;
  equivocation_world w{rules};
  const auto in_office = w.members(1);
  for (const auto& x : w.v) {
    const bool member = std::ranges::find(in_office, x.id) != in_office.end();
    if (member)
      w.proves(w.two_votes(x, 2));
    else
      w.noop(w.client, w.two_votes(x, 2), errc::unknown_exposure);
  }
  w.seeds[w.client.id] = seed_of(2);
  w.noop(w.client, w.two_votes(w.client, 2), errc::unknown_exposure);
}

TEST_CASE("statements of heights that nobody decides on yet are no evidence") {
  world_of w;
  // Block 4 is being executed: who decides on 5 is known, on 6 not.
  w.proves(w.two_votes(w.v[1], 5));
  w.noop(w.client, w.two_votes(w.v[1], 6), errc::unknown_exposure);
  w.noop(w.client, w.two_votes(w.v[1], ~std::uint64_t{0}), errc::unknown_exposure);
}

TEST_CASE("the reporter is whoever brings the proof, the offender pays by how many there are") {
  world_of w;
  const auto treasury = w.s->totals().treasury;
  const auto [client, rival] = std::pair{w.free_of(w.client), w.free_of(w.rival)};
  REQUIRE(w.call(w.client, w.two_votes(w.v[2], 2)) == errc::ok);
  const auto first = w.events<event::validators_reported>();
  REQUIRE(first.size() == 1);
  // (3 · 1 / 5)².
  CHECK(first[0] == event::validators_reported{
                        validator_offence::equivocation, 0, {w.v[2].id}, 1, 360'000'000});
  CHECK(w.staked(w.v[2]).active == amount::ainu(20'000 - 7'200));
  CHECK_FALSE(w.staked(w.v[2]).validator.has_value());
  // Half of a tenth.
  CHECK(w.free_of(w.client) == *client.plus(amount::ainu(360)));
  CHECK(w.s->totals().treasury == *treasury.plus(amount::ainu(6'840)));
  for (const auto i : {0u, 1u, 3u, 4u})
    CHECK(w.staked(w.v[i]).active == amount::ainu(20'000));

  // A second one: min(1, 3 · 2 / 5)², and the first pays the difference.
  REQUIRE(w.call(w.rival, w.two_votes(w.v[3], 3)) == errc::ok);
  const auto second = w.events<event::validators_reported>();
  REQUIRE(second.size() == 1);
  CHECK(second[0].offenders == std::vector<account_id>{w.v[3].id});
  CHECK(second[0].together == 2);
  CHECK(second[0].fraction_ppb == 1'000'000'000);
  CHECK(w.staked(w.v[2]).active == amount{});
  CHECK(w.staked(w.v[3]).active == amount{});
  // Who reported the first gets half of what is left of its tenth.
  CHECK(w.free_of(w.client) == *client.plus(amount::ainu(360 + 820)));
  CHECK(w.free_of(w.rival) == *rival.plus(amount::ainu(1'000)));
}

TEST_CASE("nominators of an equivocator pay with it; the slash waits and can be cancelled") {
  auto rules = validator_world::quick();
  rules.staking.slash_defer_eras = 3;
  world_of w{rules};
  REQUIRE(w.call(w.client, w.two_votes(w.v[4], 1)) == errc::ok);
  const auto waiting = w.events<event::stake_slash_deferred>();
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].apply_era == 3);
  CHECK(waiting[0].value == amount::ainu(7'200 + 360));
  CHECK(w.s->deferred_slash(waiting[0].slash)->reporter == w.client.id);
  CHECK(w.staked(w.v[4]).active == amount::ainu(20'000));
  w.turn(3);
  CHECK(w.staked(w.v[4]).active == amount::ainu(12'800));
  CHECK(w.staked(w.n[1]).active == amount::ainu(640));
  CHECK(w.staked(w.n[0]).active == amount::ainu(1'000));
}

TEST_CASE("an equivocator is reported once an era, by whomever") {
  world_of w;
  REQUIRE(w.call(w.client, w.two_votes(w.v[2], 2)) == errc::ok);
  w.noop(w.rival, w.two_votes(w.v[2], 2), errc::already_penalised);
  w.noop(w.rival, w.two_votes(w.v[2], 3), errc::already_penalised);
  w.noop(w.council, report_validators{validator_offence::equivocation, 0, {w.v[2].id}, {}},
         errc::already_penalised);
  REQUIRE(w.call(w.council, report_validators{
                                validator_offence::equivocation, 0, {w.v[0].id}, {}}) == errc::ok);
  w.noop(w.rival, w.two_votes(w.v[0], 2), errc::already_penalised);
}

TEST_CASE("each era has its own equivocators") {
  world_of w;
  w.turn();
  w.pass(3);
  REQUIRE(w.call(w.client, w.two_votes(w.v[2], 2)) == errc::ok);
  CHECK(w.events<event::validators_reported>()[0].era == 0);
  const auto height = w.s->height();
  CHECK(w.office(height).era == 1);
  REQUIRE(w.call(w.client, w.two_votes(w.v[3], height)) == errc::ok);
  CHECK(w.events<event::validators_reported>()[0].era == 1);
  CHECK(w.events<event::validators_reported>()[0].together == 1);
  // The offence of an earlier era does not free from a later one, though it costs no more.
  REQUIRE(w.call(w.client, w.two_votes(w.v[2], height)) == errc::ok);
  CHECK(w.events<event::validators_reported>()[0].together == 2);
}

TEST_CASE("evidence is good for as many eras as stake is bonded, then too late, then unknown") {
  world_of w;
  const auto evidence = w.two_votes(w.v[2], 2);
  for (std::uint64_t era = 1; era <= 8; ++era) {
    w.turn();
    w.pass(3);
    CAPTURE(era);
    if (era <= 4)
      w.proves(evidence);
    else
      w.noop(w.client, evidence, era <= 6 ? errc::too_late : errc::unknown_exposure);
  }
}

TEST_CASE("where a single authority makes the blocks nobody was ever in office") {
  world w;
  const auto key = key_of_seed(seed_of(150));
  const statement x{statement_kind::prevote, 1, 0, no_round, digest("a block")};
  auto y = x;
  y.value = {};
  w.noop(w.client,
         report_equivocation{sign_statement(w.s->chain(), x, w.rival.id, key),
                             sign_statement(w.s->chain(), y, w.rival.id, key)},
         errc::unknown_exposure);
}

TEST_CASE("a new key speaks from the next election on, the old one for what was before") {
  world_of w;
  const auto& v = w.v[1];
  const auto old = w.seeds.at(v.id);
  const auto fresh = seed_of(200);
  REQUIRE(w.call(v, w.new_key(v, fresh)) == errc::ok);
  const auto key = key_of_seed(fresh).public_part().value;
  CHECK(w.events<event::validator_key_set>() == std::vector<event::validator_key_set>{{v.id, key}});
  const auto key_at = [&](std::uint64_t height) { return w.office(height).members[1].key; };
  CHECK(key_at(w.s->height() + 2) == key_of_seed(old).public_part().value);
  w.turn();
  const auto h = w.s->height() + 2;
  CHECK(key_at(h - 1) == key_of_seed(old).public_part().value);
  CHECK(key_at(h) == key);
  w.pass(3);
  const auto votes = [&](std::uint64_t height, const byte_array<32>& seed) {
    w.seeds[v.id] = seed;
    return w.two_votes(v, height);
  };
  w.proves(votes(2, old));
  w.proves(votes(h - 1, old));
  w.proves(votes(h, fresh));
  w.noop(w.client, votes(2, fresh), errc::bad_evidence);
  w.noop(w.client, votes(h - 1, fresh), errc::bad_evidence);
  w.noop(w.client, votes(h, old), errc::bad_evidence);
}

TEST_CASE("a key is set by the controller, with a proof of its own for this stash and chain") {
  world_of w;
  const auto& v = w.v[1];
  const auto seed = seed_of(200);
  w.noop(w.client, w.new_key(v, seed), errc::not_controller);
  w.noop(v, w.new_key(w.v[2], seed), errc::bad_key_proof);
  auto c = w.new_key(v, seed);
  c.proof = prove_validator_key(digest("chain"), v.id, key_of_seed(seed));
  w.noop(v, c, errc::bad_key_proof);
  c = w.new_key(v, seed);
  c.key = key_of_seed(seed_of(201)).public_part().value;
  w.noop(v, c, errc::bad_key_proof);
  w.noop(v, set_validator_key{}, errc::bad_key_proof);
  // With another controller it is that one's to say, of the stash.
  REQUIRE(w.call(v, set_controller{w.client.id}) == errc::ok);
  w.noop(v, w.new_key(v, seed), errc::not_controller);
  w.noop(w.client, w.new_key(w.client, seed), errc::bad_key_proof);
  REQUIRE(w.call(w.client, w.new_key(v, seed)) == errc::ok);
  CHECK(w.events<event::validator_key_set>().at(0).validator == v.id);
  REQUIRE(w.call(w.client, w.new_key(v, seed)) == errc::ok);
}

TEST_CASE("without a key of its own a validator signs with its controller's, as it is then") {
  validator_world w;
  const auto controller = w.rival;
  REQUIRE(w.call(w.client, stake{controller.id, amount::ainu(30'000), {}}) == errc::ok);
  REQUIRE(w.call(controller, run_validator{100'000, false}) == errc::ok);
  const auto key_of_client = [&w] {
    const auto all = w.office(w.s->height() + 2).members;
    const auto at = std::ranges::find(all, w.client.id, &committee_member::stash);
    REQUIRE(at != all.end());
    return at->key;
  };
  w.turn();
  CHECK(key_of_client() == controller.id.value);
  w.pass(2);
  const auto rotated = seed_of(210);
  REQUIRE(w.call(controller, rotate_key{account_of_seed(rotated).value,
                                        prove_key(w.s->chain(), controller.id, 1, rotated)}) ==
          errc::ok);
  CHECK(key_of_client() == controller.id.value);
  w.turn();
  CHECK(key_of_client() == account_of_seed(rotated).value);
  w.seeds[w.client.id] = rotated;
  w.pass(3);
  REQUIRE(w.call(w.council, w.two_votes(w.client, w.s->height())) == errc::ok);
  CHECK(w.events<event::validators_reported>()[0].offenders ==
        std::vector<account_id>{w.client.id});
}

TEST_CASE("a key goes with its stake") {
  validator_world w;
  const auto& v = w.v[1];
  const auto has_key = [&] { return w.s->prove(33, v.id.view())->record.has_value(); };
  CHECK(has_key());
  REQUIRE(w.call(v, chill{}) == errc::ok);
  REQUIRE(w.call(v, unstake{amount::ainu(20'000)}) == errc::ok);
  w.turn(4);
  CHECK(has_key());
  REQUIRE(w.call(v, withdraw_unstaked{}) == errc::ok);
  CHECK_FALSE(w.s->stake_of(v.id).has_value());
  CHECK_FALSE(has_key());
  // Staked anew it signs with its controller's key, until it says otherwise.
  REQUIRE(w.call(v, stake{v.id, amount::ainu(20'000), {}}) == errc::ok);
  REQUIRE(w.call(v, run_validator{100'000, false}) == errc::ok);
  w.turn();
  const auto all = w.office(w.s->height() + 2).members;
  const auto at = std::ranges::find(all, v.id, &committee_member::stash);
  REQUIRE(at != all.end());
  CHECK(at->key == v.id.value);
}

TEST_CASE("stake that unlocks is slashed as long as evidence is good") {
  world_of w;
  const auto& v = w.v[2];
  const auto evidence = w.two_votes(v, 2);
  REQUIRE(w.call(v, chill{}) == errc::ok);
  REQUIRE(w.call(v, unstake{amount::ainu(20'000)}) == errc::ok);
  w.turn(4);
  w.pass(3);
  auto copy = validator_world::restored(w.s->snapshot());
  REQUIRE(w.call(w.client, evidence) == errc::ok);
  CHECK(w.events<event::stake_slashed>().at(0).value == amount::ainu(7'200));
  REQUIRE(w.call(v, withdraw_unstaked{}) == errc::ok);
  CHECK(w.free_of(v) == amount::ainu(12'800));
  // Taken out in time, in the era in which it unlocks, it is out of reach.
  w.s.emplace(std::move(copy));
  w.now = w.s->time();
  REQUIRE(w.call(v, withdraw_unstaked{}) == errc::ok);
  REQUIRE(w.call(w.client, evidence) == errc::ok);
  CHECK(w.events<event::validators_reported>().size() == 1);
  CHECK(w.events<event::stake_slash_deferred>().empty());
  CHECK(w.free_of(v) == amount::ainu(20'000));
}
