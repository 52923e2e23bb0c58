// Keys of accounts: rotation and its grace, recovery, delegation, and that nothing acts twice.
#include "ainur/codec/msgpack.hpp"
#include "identity_world.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

constexpr duration grace = hours{7 * 24};

/// An award to an arbiter (it signs for itself, with the key of `seed`).
struct consent {
  key_world& w;
  who agent = w.arbiters[0];

  errc award(std::uint8_t seed, std::optional<std::uint32_t> version) {
    auto c = w.task_call(amount::ainu(1), w.client);
    REQUIRE(w.call(w.client, c) == errc::ok);
    return award_in(c.task, seed, version, version);
  }

  errc award_in(const task_id& task, std::uint8_t seed, std::optional<std::uint32_t> signed_version,
                std::optional<std::uint32_t> version) {
    auto a = w.award_call(task, agent, amount::ainu(1));
    auto& line = a.lines[0];
    line.agent_signature =
        sign_detached(seed_of(seed), bid_tag, bid_message(line.bid, signed_version));
    line.agent_key_version = version;
    return w.call(w.orchestrator, a);
  }
};

} // namespace

TEST_CASE("an account begins with the key that is its id") {
  world w;
  CHECK(w.s->keys(w.client.id) == key_view{.account = w.client.id,
                                           .signer = w.client.id,
                                           .version = 0,
                                           .key = w.client.id.value,
                                           .since = epoch,
                                           .stash = {},
                                           .delegate = {},
                                           .grace = {}});
  CHECK(w.s->keys(w.agent.id).signer == w.host.id);
}

TEST_CASE("after a rotation the new key signs, and the old one no more") {
  key_world w;
  const auto id = w.client.id;
  REQUIRE(w.call_by(2, w.client, w.rotation_to(50, id)) == errc::ok);
  CHECK(w.events<event::key_rotated>() ==
        std::vector<event::key_rotated>{{id, 1, key_of_seed(50), w.now + grace, false}});
  const auto keys = w.s->keys(id);
  CHECK(keys.version == 1);
  CHECK(keys.key == key_of_seed(50));
  CHECK(keys.since == w.now);
  CHECK(keys.grace == std::vector<key_view::earlier>{{0, id.value, w.now + grace}});
  CHECK(w.call_by(2, w.client, transfer{w.rival.id, amount{1}}) == errc::bad_key);
  CHECK(w.call_by(2, w.client, w.rotation_to(51, id)) == errc::bad_key);
  CHECK(w.call_by(50, w.client, transfer{w.rival.id, amount{1}}) == errc::ok);
  CHECK(w.s->nonce(id) == 2);
  CHECK(w.view(w.client).account == id);
}

TEST_CASE("the key in a batch must be current, and the signature that key's") {
  key_world w;
  const entry pay{w.client.id, {}, transfer{w.rival.id, amount{1}}, {}};
  auto named = w.signed_by(2, w.client.id, pay);
  named.batch.key = w.client.id.value; // one form only
  CHECK(w.offer(sign_batch(w.s->chain(), named.batch, seed_of(2))) == errc::bad_key);
  CHECK(w.offer(w.signed_by(50, w.client.id, pay)) == errc::bad_key);
  REQUIRE(w.call_by(2, w.client, w.rotation_to(50, w.client.id)) == errc::ok);
  auto forged = w.signed_by(51, w.client.id, pay);
  forged.batch.key = key_of_seed(50);
  CHECK_FALSE(verify_batch(w.s->chain(), forged));
  CHECK(w.offer(forged) == errc::bad_signature);
  auto unnamed = w.signed_by(50, w.client.id, pay);
  unnamed.batch.key.reset();
  CHECK(w.offer(sign_batch(w.s->chain(), unnamed.batch, seed_of(50))) == errc::bad_key);
  CHECK(verify_batch(w.s->chain(), w.signed_by(50, w.client.id, pay)));
}

TEST_CASE("within one block the next batch already needs the new key") {
  key_world w;
  const entry pay{w.client.id, {}, transfer{w.rival.id, amount{1}}, {}};
  auto turn = w.signed_by(2, w.client.id, {w.client.id, {}, w.rotation_to(50, w.client.id), {}});
  turn.batch.entries.push_back(pay); // the batch was signed by the key of its beginning
  turn = sign_batch(w.s->chain(), turn.batch, seed_of(2));
  auto old_key = w.signed_by(2, w.client.id, pay);
  auto new_key = w.signed_by(50, w.client.id, pay);
  old_key.batch.nonce = new_key.batch.nonce = w.s->nonce(w.client.id) + 1;
  w.now += duration{1};
  const auto built = w.s->build(w.now, {turn, sign_batch(w.s->chain(), old_key.batch, seed_of(2)),
                                        sign_batch(w.s->chain(), new_key.batch, seed_of(50))});
  REQUIRE(built.has_value());
  CHECK(built->applied.batches[0].entries == std::vector<errc>{errc::ok, errc::ok});
  CHECK(built->applied.batches[1].status == errc::bad_key);
  CHECK(built->applied.batches[2].entries == std::vector<errc>{errc::ok});
}

TEST_CASE("a batch acts once, on one chain, in its time, under its key") {
  key_world w;
  for (const auto mode : {batch_mode::each, batch_mode::all}) {
    const auto seed = static_cast<std::uint8_t>(mode == batch_mode::each ? 2 : 50);
    auto b = w.signed_by(seed, w.client.id, {w.client.id, {}, transfer{w.rival.id, amount{1}}, {}})
                 .batch;
    b.mode = mode;
    b.entries.push_back({w.client.id, {}, transfer{w.rival.id, amount::max()}, {}});
    const auto paid = w.view(w.rival).free;
    CHECK(w.offer(sign_batch(digest("another chain"), b, seed_of(seed))) == errc::bad_signature);
    auto early = b;
    ++early.nonce;
    CHECK(w.offer(sign_batch(w.s->chain(), early, seed_of(seed))) == errc::bad_nonce);
    auto late = b;
    late.valid_until = w.now;
    CHECK(w.offer(sign_batch(w.s->chain(), late, seed_of(seed))) == errc::expired);
    const auto good = sign_batch(w.s->chain(), b, seed_of(seed));
    CHECK(w.offer(good) == (mode == batch_mode::each ? errc::ok : errc::aborted));
    CHECK(w.offer(good) == errc::bad_nonce); // all or nothing, it counts once
    CHECK(w.view(w.rival).free == paid.saturating_plus(amount{mode == batch_mode::each ? 1u : 0u}));
    const auto waiting =
        w.signed_by(seed, w.client.id, {w.client.id, {}, transfer{w.rival.id, amount{1}}, {}});
    const auto next = static_cast<std::uint8_t>(seed == 2 ? 50 : 51);
    auto turn =
        w.signed_by(seed, w.client.id, {w.client.id, {}, w.rotation_to(next, w.client.id), {}});
    REQUIRE(w.offer(turn) == errc::ok);
    CHECK(w.offer(turn) == errc::bad_key);
    CHECK(w.offer(waiting) == errc::bad_key); // its key was rotated away meanwhile
  }
}

TEST_CASE("a rotation that an all-or-nothing batch undoes leaves the old key") {
  key_world w;
  auto b = w.signed_by(2, w.client.id, {w.client.id, {}, w.rotation_to(50, w.client.id), {}}).batch;
  b.mode = batch_mode::all;
  b.entries.push_back({w.client.id, {}, transfer{w.rival.id, amount::max()}, {}});
  CHECK(w.offer(sign_batch(w.s->chain(), b, seed_of(2))) == errc::aborted);
  CHECK(w.s->keys(w.client.id).version == 0);
  CHECK(w.last.events.empty());
  CHECK(w.call_by(2, w.client, transfer{w.rival.id, amount{1}}) == errc::ok);
  w.pass(grace + hours{1}); // the deadline of the undone grace is stale
  CHECK(w.last.events.empty());
}

TEST_CASE("refused: rotate_key") {
  key_world w;
  const auto id = w.client.id;
  const auto good = w.rotation_to(50, id);
  w.noop_by(1, w.agent, w.rotation_to(50, w.agent.id), errc::not_permitted);
  const auto bad = [&](rotate_key c, errc expected) { w.noop_by(2, w.client, c, expected); };
  bad({key_of_seed(2), prove_key(w.s->chain(), id, 1, seed_of(2))}, errc::key_in_use);
  bad({key_of_seed(50), {}}, errc::bad_key_proof);
  bad({key_of_seed(51), good.proof}, errc::bad_key_proof);
  bad({key_of_seed(50), prove_key(w.s->chain(), id, 2, seed_of(50))}, errc::bad_key_proof);
  bad({key_of_seed(50), prove_key(w.s->chain(), w.rival.id, 1, seed_of(50))}, errc::bad_key_proof);
  bad({key_of_seed(50), prove_key(digest("other"), id, 1, seed_of(50))}, errc::bad_key_proof);
  bad({byte_array<32>{}, good.proof}, errc::bad_key_proof);
  REQUIRE(w.call_by(2, w.client, good) == errc::ok);
  const auto again = [&](std::uint8_t seed, errc expected) {
    w.noop_by(50, w.client, w.rotation_to(seed, id), expected);
  };
  again(50, errc::key_in_use);
  again(2, errc::key_in_use);
  w.pass(grace + seconds{1});
  again(2, errc::key_in_use); // the first key never speaks again
}

TEST_CASE("in its grace an old key verifies only what names its version") {
  key_world w;
  consent c{w};
  CHECK(c.award(20, std::nullopt) == errc::ok);
  CHECK(c.award(20, 0) == errc::ok);
  CHECK(c.award(20, 1) == errc::bad_signature);
  auto open = w.task_call(amount::ainu(1), w.client);
  REQUIRE(w.call(w.client, open) == errc::ok);
  // The version is part of what is signed.
  CHECK(c.award_in(open.task, 20, std::nullopt, 0) == errc::bad_signature);
  CHECK(c.award_in(open.task, 20, 0, std::nullopt) == errc::bad_signature);

  REQUIRE(w.call_by(20, c.agent, w.rotation_to(60, c.agent.id)) == errc::ok);
  const auto turned = w.now;
  CHECK(c.award(60, std::nullopt) == errc::ok);
  CHECK(c.award(60, 1) == errc::ok);
  CHECK(c.award(20, std::nullopt) == errc::bad_signature);
  CHECK(c.award(20, 0) == errc::ok);
  CHECK(c.award(60, 0) == errc::bad_signature);
  w.now = turned + grace - seconds{1};
  CHECK(c.award(20, 0) == errc::ok);
  w.now = turned + grace;
  CHECK(c.award(20, 0) == errc::bad_signature);
  w.pass(hours{1});
  CHECK(w.s->keys(c.agent.id).grace.empty());
}

TEST_CASE("the sweep ends the grace, and says so") {
  key_world w;
  REQUIRE(w.call_by(2, w.client, w.rotation_to(50, w.client.id)) == errc::ok);
  const auto first = w.now;
  CHECK(w.s->next_deadline() == first + grace + duration{1});
  w.now += hours{1};
  REQUIRE(w.call_by(50, w.client, w.rotation_to(51, w.client.id)) == errc::ok);
  w.now = first;
  w.pass(grace);
  CHECK(w.last.events.empty());
  w.pass(duration{1});
  CHECK(w.events<event::key_ended>() == std::vector<event::key_ended>{{w.client.id, 0}});
  CHECK(w.s->keys(w.client.id).grace.size() == 1);
  w.pass(hours{2});
  CHECK(w.events<event::key_ended>() == std::vector<event::key_ended>{{w.client.id, 1}});
  CHECK_FALSE(w.s->next_deadline());
}

TEST_CASE("a grace that is over counts for nothing, though the bounded sweep has not come") {
  parameters rules;
  rules.sweep_max = 1;
  rules.identity.grace_keys_max = 1;
  key_world w{rules};
  for (int i = 0; i < 8; ++i)
    REQUIRE(w.call(w.rival, w.task_call(amount::ainu(1), w.rival)) == errc::ok);
  consent c{w};
  REQUIRE(w.call_by(20, c.agent, w.rotation_to(60, c.agent.id)) == errc::ok);
  w.now += grace + hours{1};
  auto open = w.task_call(amount::ainu(1), w.client);
  REQUIRE(w.call(w.client, open) == errc::ok);
  CHECK(c.award_in(open.task, 20, 0, 0) == errc::bad_signature);
  CHECK(w.s->keys(c.agent.id).grace.size() == 1);
  w.noop_by(60, c.agent, revoke_key{0}, errc::unknown_key);
  // Nor does it count against the most that may be within grace.
  CHECK(w.call_by(60, c.agent, w.rotation_to(61, c.agent.id)) == errc::ok);
  CHECK(w.events<event::key_ended>() == std::vector<event::key_ended>{{c.agent.id, 0}});
}

TEST_CASE("so many earlier keys and no more are within grace; one can be revoked at once") {
  parameters rules;
  rules.identity.grace_keys_max = 2;
  key_world w{rules};
  consent c{w};
  const auto id = c.agent.id;
  REQUIRE(w.call_by(20, c.agent, w.rotation_to(60, id)) == errc::ok);
  REQUIRE(w.call_by(60, c.agent, w.rotation_to(61, id)) == errc::ok);
  w.noop_by(61, c.agent, w.rotation_to(62, id), errc::too_many_keys);
  w.noop_by(61, c.agent, w.rotation_to(60, id), errc::key_in_use);
  w.noop_by(61, c.agent, revoke_key{2}, errc::unknown_key);
  w.noop_by(61, c.agent, revoke_key{3}, errc::unknown_key);
  w.noop_by(2, w.client, revoke_key{0}, errc::unknown_key);
  w.noop_by(1, w.agent, revoke_key{0}, errc::not_permitted);
  CHECK(c.award(20, 0) == errc::ok);
  REQUIRE(w.call_by(61, c.agent, revoke_key{0}) == errc::ok);
  CHECK(w.events<event::key_ended>() == std::vector<event::key_ended>{{id, 0}});
  CHECK(c.award(20, 0) == errc::bad_signature);
  CHECK(c.award(60, 1) == errc::ok);
  w.noop_by(61, c.agent, revoke_key{0}, errc::unknown_key);
  CHECK(w.call_by(61, c.agent, w.rotation_to(62, id)) == errc::ok);
}

TEST_CASE("without a grace period the old key ends with the rotation") {
  parameters rules;
  rules.identity.rotation_grace = {};
  key_world w{rules};
  consent c{w};
  REQUIRE(w.call_by(20, c.agent, w.rotation_to(60, c.agent.id)) == errc::ok);
  CHECK(w.events<event::key_rotated>().at(0).grace_until == w.now);
  CHECK(w.s->keys(c.agent.id).grace.empty());
  CHECK(c.award(20, 0) == errc::bad_signature);
  CHECK(c.award(60, 1) == errc::ok);
}

TEST_CASE("a delivery under an earlier key proves fraud while its version is within grace") {
  key_world w;
  const auto& agent = w.arbiters[0];
  auto open = w.task_call(amount::ainu(10), w.client);
  REQUIRE(w.call(w.client, open) == errc::ok);
  auto award = w.award_call(open.task, agent, amount::ainu(10));
  award.lines[0].agent_signature =
      sign_detached(seed_of(20), bid_tag, bid_message(award.lines[0].bid, std::nullopt));
  REQUIRE(w.call(w.orchestrator, award) == errc::ok);
  const byte_array<32> salt{1};
  REQUIRE(w.call(agent, post_result{open.task, 0,
                                    result_commitment(open.task, 0, salt, digest("promised"))}) ==
          errc::ok);
  REQUIRE(w.call_by(20, agent, w.rotation_to(60, agent.id)) == errc::ok);
  const auto report = [&](std::optional<std::uint32_t> version) {
    result_evidence e{salt, digest("delivered"), {}, 0, version};
    e.signature =
        sign_detached(seed_of(20), delivery_tag,
                      delivery_message(open.task, 0, e.salt, e.digest, std::nullopt, version));
    report_offence r;
    r.offender = agent.id;
    r.kind = offence::fraudulent_result;
    r.task = open.task;
    r.evidence = codec::encode(e);
    return r;
  };
  w.noop(w.rival, report(std::nullopt), errc::bad_evidence);
  w.noop(w.rival, report(1), errc::bad_evidence);
  CHECK(w.call(w.rival, report(0)) == errc::ok);
}

TEST_CASE("hosted ids survive the host's rotation, and its new key signs for them") {
  key_world w;
  REQUIRE(w.call_by(1, w.host, w.rotation_to(50, w.host.id)) == errc::ok);
  CHECK(w.s->keys(w.agent.id).key == key_of_seed(50));
  CHECK(w.s->keys(w.agent.id).version == 1);
  CHECK(w.call_by(50, w.agent, bond{amount::ainu(1)}) == errc::ok);
  CHECK(w.call_by(50, hosted_by(w.host, 99), transfer{w.rival.id, amount{0}}) ==
        errc::unknown_account);
  CHECK(w.call_by(1, w.agent, bond{amount::ainu(1)}) == errc::bad_key);
}

TEST_CASE("the stash recovers at once: no earlier key verifies anything any more") {
  key_world w;
  consent c{w};
  const auto id = c.agent.id;
  const auto stash = self_keyed(21);
  REQUIRE(w.call_by(20, c.agent, set_recovery{id, stash.id}) == errc::ok);
  CHECK(w.events<event::recovery_set>() == std::vector<event::recovery_set>{{id, stash.id}});
  REQUIRE(w.call_by(20, c.agent, w.rotation_to(60, id)) == errc::ok);
  REQUIRE(w.call_by(60, c.agent, delegate_hosting{w.rival.id}) == errc::ok);
  // A thief of the key can neither rid the account of its stash nor keep it.
  w.noop_by(60, c.agent, set_recovery{id, w.rival.id}, errc::not_permitted);
  w.noop_by(60, c.agent, set_recovery{id, std::nullopt}, errc::not_permitted);
  REQUIRE(w.call_by(60, c.agent, w.rotation_to(66, id)) == errc::ok);
  const auto waiting = w.signed_by(66, id, {id, {}, transfer{w.rival.id, amount::ainu(1)}, {}});

  REQUIRE(w.call_by(21, stash, w.recovery_to(61, id)) == errc::ok);
  CHECK(w.events<event::key_rotated>() ==
        std::vector<event::key_rotated>{{id, 3, key_of_seed(61), w.now, true}});
  CHECK(w.events<event::key_ended>() == std::vector<event::key_ended>{{id, 0}, {id, 1}});
  CHECK(w.events<event::hosting_delegated>() ==
        std::vector<event::hosting_delegated>{{id, account_id{}}});
  const auto keys = w.s->keys(id);
  CHECK(keys.grace.empty());
  CHECK(keys.version == 3);
  CHECK(keys.stash == stash.id);
  CHECK(keys.delegate.is_none());
  CHECK(w.offer(waiting) == errc::bad_key);
  CHECK(c.award(66, 2) == errc::bad_signature);
  CHECK(c.award(60, 1) == errc::bad_signature);
  CHECK(c.award(20, 0) == errc::bad_signature);
  CHECK(c.award(61, 3) == errc::ok);
  CHECK(w.call_by(61, c.agent, transfer{w.rival.id, amount{1}}) == errc::ok);
}

TEST_CASE("the stash may be replaced or given up, by the stash alone; it may be hosted") {
  key_world w;
  const auto id = w.client.id;
  REQUIRE(w.call_by(2, w.client, set_recovery{id, w.agent.id}) == errc::ok);
  REQUIRE(w.call_by(1, w.agent, set_recovery{id, w.rival.id}) == errc::ok);
  w.noop_by(1, w.agent, set_recovery{id, w.agent.id}, errc::not_permitted);
  w.noop_by(1, w.agent, w.recovery_to(50, id), errc::not_permitted);
  REQUIRE(w.call_by(3, w.rival, set_recovery{id, std::nullopt}) == errc::ok);
  CHECK(w.s->keys(id).stash.is_none());
  w.noop_by(3, w.rival, w.recovery_to(50, id), errc::not_permitted);
  REQUIRE(w.call_by(2, w.client, set_recovery{id, w.rival.id}) == errc::ok);
}

TEST_CASE("refused: recovery") {
  key_world w;
  const auto id = w.client.id;
  w.noop_by(3, w.rival, w.recovery_to(50, id), errc::not_permitted);
  w.noop_by(2, w.client, set_recovery{id, id}, errc::invalid_value);
  w.noop_by(2, w.client, set_recovery{id, account_id{}}, errc::invalid_value);
  w.noop_by(2, w.client, set_recovery{id, std::nullopt}, errc::invalid_value);
  w.noop_by(2, w.client, set_recovery{w.rival.id, id}, errc::not_permitted);
  w.noop_by(1, w.host, set_recovery{w.host.id, w.agent.id}, errc::invalid_value); // hosted by it
  w.noop_by(1, w.agent, set_recovery{w.agent.id, w.client.id}, errc::not_permitted);
  REQUIRE(w.call_by(2, w.client, set_recovery{id, w.rival.id}) == errc::ok);
  w.noop_by(2, w.client, w.recovery_to(50, id), errc::not_permitted);
  auto c = w.recovery_to(50, id);
  c.proof[0] ^= 1;
  w.noop_by(3, w.rival, c, errc::bad_key_proof);
  w.noop_by(3, w.rival, w.recovery_to(2, id), errc::key_in_use);
}

TEST_CASE("a delegate signs for all that a host hosts, and not for the host") {
  key_world w;
  const entry agent_bonds{w.agent.id, 2, bond{amount::ainu(1)}, w.host.id};
  CHECK(w.offer(w.signed_by(3, w.rival.id, agent_bonds)) == errc::not_delegated);
  REQUIRE(w.call_by(1, w.host, delegate_hosting{w.rival.id}) == errc::ok);
  CHECK(w.events<event::hosting_delegated>() ==
        std::vector<event::hosting_delegated>{{w.host.id, w.rival.id}});
  CHECK(w.s->keys(w.agent.id).delegate == w.rival.id);
  const auto nonce = w.s->nonce(w.rival.id);
  CHECK(w.offer(w.signed_by(3, w.rival.id, agent_bonds)) == errc::ok);
  CHECK(w.s->nonce(w.rival.id) == nonce + 1);
  CHECK(w.view(w.agent).host == w.host.id);
  // One that has never acted becomes the host's, not the delegate's.
  CHECK(w.offer(w.signed_by(3, w.rival.id, {w.poor.id, 4, bond{amount::ainu(1)}, w.host.id})) ==
        errc::ok);
  CHECK(w.view(w.poor).host == w.host.id);
  // The host still signs for them itself.
  CHECK(w.call_by(1, w.agent, bond{amount::ainu(1)}) == errc::ok);

  const auto refused = [&w](entry e, errc expected) {
    CHECK(w.offer(w.signed_by(3, w.rival.id, std::move(e))) == expected);
  };
  const ledger::call pay = transfer{w.rival.id, amount{1}};
  refused({w.host.id, {}, pay, w.host.id}, errc::not_hosted);
  refused({w.host.id, {}, pay, {}}, errc::not_hosted);
  refused({w.host.id, 2, pay, w.host.id}, errc::not_hosted);
  refused({w.agent.id, 2, pay, {}}, errc::not_hosted);
  refused({w.agent.id, 2, pay, w.client.id}, errc::not_delegated);
  refused({w.rival.id, {}, pay, w.rival.id}, errc::not_hosted);
  refused({hosted_by(w.host, 9).id, 8, pay, w.host.id}, errc::not_hosted);
  refused({hosted_by(w.rival, 9).id, 9, pay, w.rival.id}, errc::not_delegated); // one form
  refused({w.agent.id, 2, w.rotation_to(50, w.agent.id), w.host.id}, errc::not_permitted);
  refused({w.agent.id, 2, delegate_hosting{w.client.id}, w.host.id}, errc::not_permitted);
  refused({w.agent.id, 2, revoke_delegation{}, w.host.id}, errc::unknown_delegation);

  REQUIRE(w.call_by(1, w.host, revoke_delegation{}) == errc::ok);
  CHECK(w.events<event::hosting_delegated>() ==
        std::vector<event::hosting_delegated>{{w.host.id, account_id{}}});
  refused(agent_bonds, errc::not_delegated);
}

TEST_CASE("a delegate awards to the host's agents without their signature") {
  key_world w;
  REQUIRE(w.call_by(1, w.host, delegate_hosting{w.rival.id}) == errc::ok);
  const auto c = w.task_call(amount::ainu(1), w.client);
  REQUIRE(w.call(w.client, c) == errc::ok);
  CHECK(w.offer(w.signed_by(3, w.rival.id,
                            {w.orchestrator.id, 1, w.award_call(c.task, w.agent, amount::ainu(1)),
                             w.host.id})) == errc::ok);
}

TEST_CASE("refused: delegation") {
  key_world w;
  w.noop_by(1, w.host, delegate_hosting{account_id{}}, errc::invalid_value);
  w.noop_by(1, w.host, delegate_hosting{w.host.id}, errc::invalid_value);
  w.noop_by(1, w.host, delegate_hosting{w.agent.id}, errc::invalid_value); // hosted
  w.noop_by(1, w.agent, delegate_hosting{w.rival.id}, errc::not_permitted);
  w.noop_by(1, w.host, revoke_delegation{}, errc::unknown_delegation);
  REQUIRE(w.call_by(1, w.host, delegate_hosting{w.rival.id}) == errc::ok);
  REQUIRE(w.call_by(1, w.host, delegate_hosting{w.client.id}) == errc::ok); // replaces
  CHECK(w.offer(w.signed_by(3, w.rival.id, {w.agent.id, 2, bond{amount{1}}, w.host.id})) ==
        errc::not_delegated);
}

TEST_CASE("a record that says only what no record says is not kept") {
  key_world w;
  const auto before = w.s->state_hash();
  const auto image = w.s->snapshot();
  REQUIRE(w.call_by(1, w.host, delegate_hosting{w.rival.id}) == errc::ok);
  CHECK(w.s->state_hash() != before);
  REQUIRE(w.call_by(1, w.host, revoke_delegation{}) == errc::ok);
  const auto after = w.s->state_hash();
  w.s.emplace(std::move(*state::restore(image)));
  for (int i = 0; i < 2; ++i)
    REQUIRE(w.call_by(1, w.host, transfer{w.host.id, amount{0}}) == errc::ok);
  CHECK(w.s->state_hash() == after);
}
