// Free balances and bonds.
#include "world.hpp"

using namespace ainur;
using namespace ainur::test;

TEST_CASE("transfer moves free balance and creates the receiver") {
  world w;
  REQUIRE(w.call(w.client, transfer{w.stranger.id, amount{1'000}}) == errc::ok);
  CHECK(w.view(w.stranger).free == amount{1'000});
  CHECK(w.view(w.client).free == *amount::ainu(100'000).minus(amount{1'000}));
}

TEST_CASE("the existential deposit") {
  world w;
  w.noop(w.client, transfer{w.stranger.id, amount{999}}, errc::below_existential);
  REQUIRE(w.call(w.client, transfer{hosted_by(w.host, 50).id, amount{2'000}}) == errc::ok);
  const auto treasury = w.s->totals().treasury;
  REQUIRE(w.call(hosted_by(w.host, 50), transfer{w.rival.id, amount{1'500}}) == errc::ok);
  CHECK_FALSE(w.s->account(hosted_by(w.host, 50).id).has_value());
  CHECK(w.events<event::account_reaped>().at(0).dust == amount{500});
  CHECK(w.s->totals().treasury == *treasury.plus(amount{500}));
}

TEST_CASE("a reaped signer keeps its nonce, so that its batches cannot act again") {
  world w;
  REQUIRE(w.call(w.rival, transfer{w.client.id, amount::ainu(100'000)}) == errc::ok);
  CHECK(w.view(w.rival).free == amount{0});
  CHECK(w.s->nonce(w.rival.id) == 1);
  REQUIRE(w.call(w.client, transfer{w.rival.id, amount::ainu(5)}) == errc::ok);
  CHECK(w.s->nonce(w.rival.id) == 1);
}

TEST_CASE("what is reserved or bonded keeps an account alive") {
  world w;
  REQUIRE(w.call(w.poor, bond{amount::ainu(100)}) == errc::ok);
  CHECK(w.view(w.poor).free == amount{0});
  CHECK(w.view(w.poor).bonded == amount::ainu(100));
}

TEST_CASE("unbonding takes 28 days and joins parts of one block time") {
  world w;
  REQUIRE(w.call(w.agent, unbond{amount::ainu(100)}) == errc::ok);
  w.noop(w.agent, withdraw_unbonded{}, errc::too_early);
  w.pass(hours{24});
  REQUIRE(w.call(w.agent, unbond{amount::ainu(50)}) == errc::ok);
  CHECK(w.view(w.agent).unbonding == amount::ainu(150));
  w.pass(hours{24 * 27});
  REQUIRE(w.call(w.agent, withdraw_unbonded{}) == errc::ok);
  CHECK(w.view(w.agent).unbonding == amount::ainu(50));
  CHECK(w.view(w.agent).free == amount::ainu(200));
}

TEST_CASE("at most 32 parts unbond at a time") {
  world w;
  for (int i = 0; i < 32; ++i)
    REQUIRE(w.call(w.agent, unbond{amount{1}}) == errc::ok);
  w.noop(w.agent, unbond{amount{1}}, errc::too_many_chunks);
}

TEST_CASE("a controller is declared once; without one it is the host") {
  world w;
  CHECK(w.view(w.orchestrator).controller == w.orchestrator.id); // nothing signed for it yet
  REQUIRE(w.call(w.poor, bond{amount::ainu(1)}) == errc::ok);
  CHECK(w.view(w.poor).controller == w.host.id);
  CHECK(w.view(w.agent).controller == w.agent.id);
  w.noop(w.agent, open_account{w.rival.id}, errc::already_open);
  w.noop(w.client, open_account{w.rival.id}, errc::not_permitted);
  CHECK(w.view(w.client).controller == w.client.id);
}

TEST_CASE("the weight fee goes to treasury and author") {
  parameters rules;
  rules.fee_per_weight = amount{1'000};
  world w{rules};
  const auto treasury = w.s->totals().treasury;
  REQUIRE(w.call(w.client, transfer{w.authority.id, amount::ainu(1)}) == errc::ok);
  const auto author = w.view(w.authority).free;
  REQUIRE(w.call(w.client, transfer{w.rival.id, amount{1}}) == errc::ok);
  CHECK(w.view(w.authority).free == *author.plus(amount{200}));
  CHECK(w.s->totals().treasury > treasury);
  REQUIRE(w.call(w.client, transfer{w.stranger.id, amount{1'500}}) == errc::ok);
  REQUIRE(w.call(w.stranger, transfer{w.rival.id, amount{100}}) == errc::ok);
  CHECK(w.call(w.stranger, transfer{w.rival.id, amount{100}}) == errc::fee_unpaid);
}
