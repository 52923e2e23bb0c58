// DAOs: every rule and every refusal.
#include "governance_world.hpp"

using namespace ainur;
using namespace ainur::test;

TEST_CASE("governance: a DAO holds money and never signs") {
  governance_world w;
  w.found();
  CHECK(w.s->account(w.dao)->free == amount::ainu(1'000));
  CHECK(w.s->dao(w.dao)->members.size() == 3);
  CHECK(w.call(w.dao_itself(), transfer{w.client.id, amount::ainu(1)}) == errc::bad_key);
  const auto number = w.approved({transfer{w.stranger.id, amount::ainu(5)}});
  CHECK(w.executed(number) == proposal_status::executed);
  CHECK(w.view(w.stranger).free == amount::ainu(5));
  CHECK(w.view(w.client).reserved == amount{0}); // the deposit is back
  CHECK(w.view(w.client).free == amount::ainu(100'000 - 1'000));
}

TEST_CASE("governance: refused foundings") {
  governance_world w;
  const auto with = [&w](auto&& change) {
    auto c = w.founding();
    change(c);
    return c;
  };
  w.noop(hosted_by(w.host, 77), w.founding(), errc::unknown_account);
  w.noop(w.client, with([](auto& c) { c.members.clear(); }), errc::invalid_value);
  w.noop(w.client, with([](auto& c) { std::swap(c.members[0], c.members[1]); }),
         errc::invalid_value);
  w.noop(w.client, with([](auto& c) { c.members[0] = {}; }), errc::invalid_value);
  w.noop(w.client, with([&w](auto& c) { c.members = {w.dao}; }), errc::invalid_value);
  w.noop(w.client, with([](auto& c) {
           c.members.clear();
           for (std::uint8_t i = 0; i < 2; ++i)
             for (std::uint8_t k = 1; k < 200; ++k)
               c.members.push_back(account_id{{i, k}});
         }),
         errc::invalid_value);
  w.noop(w.client, with([](auto& c) { c.rules.quorum_ppm = 1'000'001; }), errc::invalid_value);
  w.noop(w.client, with([](auto& c) { c.rules.approval_ppm = 0; }), errc::invalid_value);
  w.noop(w.client, with([](auto& c) { c.rules.approval_ppm = 1'000'001; }), errc::invalid_value);
  w.noop(w.client, with([](auto& c) { c.rules.voting_period = seconds{59}; }), errc::invalid_value);
  w.noop(w.client, with([](auto& c) { c.rules.voting_period = hours{24 * 91}; }),
         errc::invalid_value);
  w.noop(w.client, with([](auto& c) { c.rules.execution_delay = duration{-1}; }),
         errc::invalid_value);
  w.noop(w.client, with([](auto& c) { c.endowment = amount{999}; }), errc::below_existential);
  w.noop(w.client, with([](auto& c) { c.endowment = amount::ainu(100'001); }),
         errc::insufficient_funds);
  w.found();
  w.noop(w.client, w.founding(), errc::conflict);
}

TEST_CASE("governance and channels: parameters that a genesis may not have") {
  world w;
  const auto refused = [&w](auto&& change) {
    auto g = w.g;
    change(g.parameters);
    CHECK_FALSE(validate(g).has_value());
  };
  REQUIRE(validate(w.g).has_value());
  refused([](auto& p) { p.governance.members_max = 0; });
  refused([](auto& p) { p.governance.members_max = 1'025; });
  refused([](auto& p) { p.governance.proposals_max = 257; });
  refused([](auto& p) { p.governance.calls_max = 257; });
  refused([](auto& p) { p.governance.calls_bytes_max = 65'537; });
  refused([](auto& p) { p.governance.voting_min = duration{0}; });
  refused([](auto& p) { p.governance.voting_max = seconds{1}; });
  refused([](auto& p) { p.governance.execution_window = duration{0}; });
  refused([](auto& p) { p.channels.challenge_min = duration{0}; });
  refused([](auto& p) { p.channels.challenge_max = seconds{1}; });
  refused([](auto& p) { p.channels.consent_max = duration{-1}; });
}

TEST_CASE("governance: refused proposals") {
  governance_world w;
  const auto calls = encode_calls({transfer{w.host.id, amount{1}}});
  w.noop(w.client, propose{w.dao, calls}, errc::unknown_dao);
  w.found();
  w.noop(hosted_by(w.host, 77), propose{w.dao, calls}, errc::unknown_account);
  w.noop(w.host, propose{w.dao, calls}, errc::not_permitted);
  w.noop(w.client, propose{w.dao, {}}, errc::bad_proposal);
  w.noop(w.client, propose{w.dao, encode_calls({})}, errc::bad_proposal);
  w.noop(w.client, propose{w.dao, bytes{0x91, 0x92, 0x7f, 0x90}}, errc::bad_proposal);
  auto longer = calls;
  longer.push_back(0);
  w.noop(w.client, propose{w.dao, longer}, errc::bad_proposal);
  const std::vector<ledger::call> many(17, transfer{w.host.id, amount{1}});
  w.noop(w.client, propose{w.dao, encode_calls(many)}, errc::bad_proposal);
  report_offence big;
  big.evidence.resize(17'000);
  w.noop(w.client, propose{w.dao, encode_calls({big})}, errc::bad_proposal);
  // Proposals within proposals: four levels, and the innermost must be sound too.
  auto nested = calls;
  for (int i = 0; i < 3; ++i)
    nested = encode_calls({propose{w.dao, nested}});
  CHECK(decode_calls(nested, w.s->rules().governance).has_value());
  nested = encode_calls({propose{w.dao, nested}});
  w.noop(w.client, propose{w.dao, nested}, errc::bad_proposal);
  w.noop(w.client, propose{w.dao, encode_calls({propose{w.dao, {1}}})}, errc::bad_proposal);
  REQUIRE(w.call(w.arbiters[0], transfer{w.client.id, amount{1}}) == errc::ok);
  w.noop(w.arbiters[0], propose{w.dao, calls}, errc::insufficient_funds);
  for (int i = 0; i < 16; ++i)
    (void)w.proposed({transfer{w.host.id, amount{1}}});
  w.noop(w.client, propose{w.dao, calls}, errc::too_many_proposals);
}

TEST_CASE("governance: votes can be changed until the end, and then are counted by the sweep") {
  governance_world w;
  w.found();
  const auto n = w.proposed({transfer{w.host.id, amount::ainu(1)}});
  w.noop(w.host, vote_proposal{w.dao, n, ballot_choice::yes}, errc::not_permitted);
  w.noop(w.client, vote_proposal{w.client.id, n, ballot_choice::yes}, errc::unknown_dao);
  w.noop(w.client, vote_proposal{w.dao, n + 1, ballot_choice::yes}, errc::unknown_proposal);
  REQUIRE(w.vote(w.client, n, ballot_choice::yes) == errc::ok);
  REQUIRE(w.vote(w.rival, n, ballot_choice::yes) == errc::ok);
  REQUIRE(w.vote(w.rival, n, ballot_choice::no) == errc::ok);
  REQUIRE(w.vote(w.arbiters[0], n, ballot_choice::abstain) == errc::ok);
  const auto sums = w.s->proposal(w.dao, n)->sums;
  CHECK(sums == ballot_sums{1, 1, 1, 3});
  w.noop(w.host, execute_proposal{w.dao, n}, errc::too_early);
  const auto dao_money = w.s->account(w.dao)->free;
  w.pass(hours{10} + seconds{1});
  // As many no as yes: rejected, and the deposit is the DAO's.
  CHECK(w.status(n) == proposal_status::rejected);
  CHECK(w.s->account(w.dao)->free == *dao_money.plus(amount::ainu(10)));
  CHECK(w.view(w.client).reserved == amount{0});
  w.noop(w.client, vote_proposal{w.dao, n, ballot_choice::yes}, errc::wrong_state);
  w.noop(w.host, execute_proposal{w.dao, n}, errc::wrong_state);
  w.noop(w.client, cancel_proposal{w.dao, n}, errc::wrong_state);
  w.pass(hours{25});
  CHECK_FALSE(w.s->proposal(w.dao, n).has_value()); // pruned
}

TEST_CASE("governance: a vote that the bounded sweep has not counted yet is over all the same") {
  parameters p;
  p.sweep_max = 1;
  governance_world w{vote_weighting::equal, p};
  w.rules.execution_delay = duration{0};
  w.found();
  // Deadlines that come before, to keep the sweep busy.
  for (int i = 0; i < 20; ++i)
    REQUIRE(w.call(w.client, w.task_call(amount::ainu(1), w.client)) == errc::ok);
  const auto n = w.proposed({transfer{w.stranger.id, amount::ainu(1)}});
  const auto m = w.proposed({transfer{w.stranger.id, amount::ainu(1)}});
  const auto forgotten = w.proposed({transfer{w.stranger.id, amount::ainu(1)}});
  REQUIRE(w.vote(w.client, n, ballot_choice::yes) == errc::ok);
  REQUIRE(w.vote(w.client, forgotten, ballot_choice::yes) == errc::ok);
  w.noop(w.client, vote_proposal{w.dao, n, static_cast<ballot_choice>(3)}, errc::invalid_value);
  w.now += hours{11};
  w.noop(w.rival, vote_proposal{w.dao, n, ballot_choice::no}, errc::too_late);
  w.noop(w.host, execute_proposal{w.dao, m}, errc::wrong_state);
  CHECK(w.executed(n) == proposal_status::executed);
  CHECK(w.events<event::proposal_counted>().size() == 1); // by the execution
  CHECK(w.view(w.stranger).free == amount::ainu(1));
  w.now += p.governance.execution_window;
  w.noop(w.host, execute_proposal{w.dao, forgotten}, errc::too_late);
}

TEST_CASE("governance: proposals that execute each other go four deep") {
  governance_world w;
  w.found();
  std::vector<std::uint64_t> chain;
  for (std::uint64_t i = 1; i <= 4; ++i)
    chain.push_back(w.proposed({execute_proposal{w.dao, w.s->dao(w.dao)->next_proposal + 1}}));
  chain.push_back(w.proposed({transfer{w.stranger.id, amount::ainu(1)}}));
  for (const auto n : chain)
    for (const auto& m : w.members)
      REQUIRE(w.vote(m, n, ballot_choice::yes) == errc::ok);
  w.pass(hours{15} + seconds{1});
  CHECK(w.executed(chain[0]) == proposal_status::executed);
  CHECK(w.events<event::proposal_ended>().back().number == chain[3]);
  CHECK(w.events<event::proposal_ended>().back().failure == errc::nested_too_deep);
  CHECK(w.status(chain[2]) == proposal_status::executed);
  CHECK(w.status(chain[3]) == proposal_status::failed);
  CHECK(w.status(chain[4]) == proposal_status::approved); // for a call of its own
}

TEST_CASE("governance: too few votes, and nobody at all") {
  governance_world w;
  w.rules.quorum_ppm = 500'000;
  w.found();
  const auto n = w.proposed({transfer{w.host.id, amount::ainu(1)}});
  REQUIRE(w.vote(w.client, n, ballot_choice::yes) == errc::ok);
  w.pass(hours{10} + seconds{1});
  CHECK(w.status(n) == proposal_status::no_quorum);
  CHECK(w.view(w.client).reserved == amount{0});
  CHECK(w.view(w.client).free == amount::ainu(100'000 - 1'000));
  // Without a quorum, silence still approves nothing.
  governance_world z;
  z.rules.quorum_ppm = 0;
  z.found();
  const auto silent = z.proposed({transfer{z.host.id, amount::ainu(1)}});
  z.pass(hours{10} + seconds{1});
  CHECK(z.status(silent) == proposal_status::rejected);
}

TEST_CASE("governance: execution waits for the delay and does not wait for ever") {
  governance_world w;
  w.found();
  const auto n = w.proposed({transfer{w.host.id, amount::ainu(1)}});
  REQUIRE(w.vote(w.client, n, ballot_choice::yes) == errc::ok);
  w.pass(hours{11});
  CHECK(w.status(n) == proposal_status::approved);
  CHECK(w.events<event::proposal_counted>().at(0).approved);
  w.noop(w.host, execute_proposal{w.dao, n}, errc::too_early);
  w.noop(w.host, execute_proposal{w.client.id, n}, errc::unknown_dao);
  w.noop(w.host, execute_proposal{w.dao, 9}, errc::unknown_proposal);
  w.noop(w.client, cancel_proposal{w.dao, n}, errc::too_late);
  w.pass(hours{5 + 24 * 7});
  CHECK(w.status(n) == proposal_status::expired);
  CHECK(w.view(w.client).reserved == amount{0});
}

TEST_CASE("governance: all calls of a proposal act, or none") {
  governance_world w;
  w.found();
  const auto n = w.approved(
      {transfer{w.stranger.id, amount::ainu(5)}, transfer{w.stranger.id, amount::ainu(5'000)}});
  const auto free = w.s->account(w.dao)->free;
  CHECK(w.executed(n) == proposal_status::failed);
  const auto ended = w.events<event::proposal_ended>();
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].failed_call == 1);
  CHECK(ended[0].failure == errc::insufficient_funds);
  CHECK_FALSE(w.s->account(w.stranger.id).has_value());
  CHECK(w.s->account(w.dao)->free == free);
  CHECK(w.view(w.client).reserved == amount{0}); // the deposit is back
  w.noop(w.host, execute_proposal{w.dao, n}, errc::wrong_state);
}

TEST_CASE("governance: execution inside a batch of all or nothing is undone with it") {
  governance_world w;
  w.found();
  const auto n = w.approved({transfer{w.stranger.id, amount::ainu(5)}});
  auto x = w.batch_of(*w.s, w.client, execute_proposal{w.dao, n});
  x.batch.entries.push_back({w.client.id, std::nullopt, transfer{w.rival.id, amount::max()}});
  x.batch.mode = batch_mode::all;
  w.now += duration{1};
  auto built = w.s->build(w.now, {x}, signatures::trusted);
  REQUIRE(built.has_value());
  CHECK(built->applied.batches[0].entries[0] == errc::aborted);
  CHECK(w.status(n) == proposal_status::approved);
  // A replica that checks the claimed hash undoes by the same means.
  auto replica = state::restore(w.s->snapshot());
  REQUIRE(replica.has_value());
  w.now += duration{1};
  auto made = w.s->build(w.now, {w.batch_of(*w.s, w.client, execute_proposal{w.dao, n})},
                         signatures::trusted);
  REQUIRE(made.has_value());
  CHECK(w.status(n) == proposal_status::executed);
  auto wrong = made->block;
  wrong.hash.value[0] ^= 1;
  CHECK_FALSE(replica->apply(wrong, signatures::trusted).has_value());
  CHECK(replica->apply(made->block, signatures::trusted).has_value());
  CHECK(replica->state_hash() == w.s->state_hash());
}

TEST_CASE("governance: cancelling") {
  governance_world w;
  w.found();
  const auto n = w.proposed({transfer{w.host.id, amount::ainu(1)}});
  w.noop(w.rival, cancel_proposal{w.dao, n}, errc::not_permitted);
  w.noop(w.client, cancel_proposal{w.client.id, n}, errc::unknown_dao);
  w.noop(w.client, cancel_proposal{w.dao, 9}, errc::unknown_proposal);
  REQUIRE(w.call(w.client, cancel_proposal{w.dao, n}) == errc::ok);
  CHECK(w.status(n) == proposal_status::cancelled);
  CHECK(w.view(w.client).reserved == amount{0});
  const auto m = w.proposed({transfer{w.host.id, amount::ainu(1)}});
  REQUIRE(w.vote(w.rival, m, ballot_choice::no) == errc::ok);
  w.noop(w.client, cancel_proposal{w.dao, m}, errc::too_late);
  const auto treasury = w.s->totals().treasury;
  REQUIRE(w.call(w.council, cancel_proposal{w.dao, m}) == errc::ok);
  CHECK(w.status(m) == proposal_status::stopped);
  CHECK(w.s->totals().treasury == *treasury.plus(amount::ainu(10)));
}

TEST_CASE("governance: what votes weigh") {
  const auto sums_of = [](vote_weighting weighting) {
    governance_world w{weighting};
    // agent (1,000, score 500) and other (500) are of controllers of their own; the arbiter has
    // 200.
    w.members = {w.agent, w.other, w.arbiters[0], w.client};
    REQUIRE(w.call(w.agent, transfer{w.agent.id, amount{0}}) == errc::ok);
    w.found();
    const auto n = w.proposed({transfer{w.host.id, amount::ainu(1)}});
    REQUIRE(w.vote(w.agent, n, ballot_choice::yes) == errc::ok);
    REQUIRE(w.vote(w.arbiters[0], n, ballot_choice::no) == errc::ok);
    return w.s->proposal(w.dao, n)->sums;
  };
  CHECK(sums_of(vote_weighting::equal) == ballot_sums{1, 1, 0, 4});
  CHECK(sums_of(vote_weighting::stake) ==
        ballot_sums{1'000'000'000, 200'000'000, 0, 1'700'000'000});
  CHECK(sums_of(vote_weighting::reputation) == ballot_sums{500, 500, 0, 1'500});
  // ⌊√10^9⌋, ⌊√(2·10^8)⌋, ⌊√(5·10^8)⌋
  CHECK(sums_of(vote_weighting::quadratic) ==
        ballot_sums{31'622, 14'142, 0, 31'622 + 14'142 + 22'360});
}

TEST_CASE("governance: accounts of one controller are one vote; stake that moves votes once") {
  governance_world w{vote_weighting::quadratic};
  // Both hosted, no controller declared: the host's.
  w.members = {w.client, w.orchestrator, w.poor};
  REQUIRE(w.call(w.orchestrator, transfer{w.orchestrator.id, amount{0}}) == errc::ok);
  REQUIRE(w.call(w.poor, bond{amount::ainu(24)}) == errc::ok);
  REQUIRE(w.call(w.client, bond{amount::ainu(100)}) == errc::ok);
  w.found();
  const auto n = w.proposed({transfer{w.host.id, amount::ainu(1)}});
  const auto seats = w.s->proposal(w.dao, n)->seats;
  REQUIRE(seats.size() == 2);
  const auto& hosted = seats[0].controller == w.host.id ? seats[0] : seats[1];
  CHECK(hosted.weight == 32'000); // ⌊√(1,024 · 10^6)⌋: of the sum
  REQUIRE(w.vote(w.orchestrator, n, ballot_choice::yes) == errc::ok);
  REQUIRE(w.vote(w.poor, n, ballot_choice::no) == errc::ok);
  CHECK(w.s->proposal(w.dao, n)->sums == ballot_sums{0, 32'000, 0, 42'000});
  // Weights are those of the proposal's time: what is bonded later does not vote on it.
  REQUIRE(w.call(w.client, bond{amount::ainu(10'000)}) == errc::ok);
  REQUIRE(w.call(w.orchestrator, unbond{amount::ainu(1'000)}) == errc::ok);
  CHECK(w.s->proposal(w.dao, n)->sums.all == 42'000);
}

TEST_CASE("governance: naming a controller does not take its vote over") {
  governance_world w;
  w.members = {w.rival, w.poor};
  REQUIRE(w.call(w.poor, open_account{w.rival.id}) == errc::ok);
  w.found();
  const auto n = w.s->dao(w.dao)->next_proposal;
  REQUIRE(w.call(w.rival, propose{w.dao, encode_calls({transfer{w.host.id, amount::ainu(1)}})}) ==
          errc::ok);
  REQUIRE(w.s->proposal(w.dao, n)->seats.size() == 1);
  w.noop(w.poor, vote_proposal{w.dao, n, ballot_choice::no}, errc::not_permitted);
  CHECK(w.vote(w.rival, n, ballot_choice::yes) == errc::ok);
}

TEST_CASE(
    "governance: a member that has never acted has no vote, since it is not known whose it is") {
  governance_world w;
  w.members = {w.client, hosted_by(w.host, 60), hosted_by(w.host, 61)};
  REQUIRE(w.call(w.client, transfer{w.members[1].id, amount::ainu(20)}) == errc::ok);
  REQUIRE(w.call(w.client, transfer{w.members[2].id, amount::ainu(20)}) == errc::ok);
  w.found();
  const auto n = w.proposed({transfer{w.host.id, amount::ainu(1)}});
  CHECK(w.s->proposal(w.dao, n)->sums.all == 1);
  w.noop(w.members[1], vote_proposal{w.dao, n, ballot_choice::no}, errc::not_permitted);
}

TEST_CASE("governance: members and rules change by proposal only, for later proposals") {
  governance_world w;
  w.found();
  w.noop(w.client, dao_set_members{{w.client.id}}, errc::unknown_dao);
  w.noop(w.client, dao_set_rules{w.rules}, errc::unknown_dao);
  w.noop(w.client, dissolve_dao{w.client.id}, errc::unknown_dao);
  const auto running = w.proposed({transfer{w.host.id, amount::ainu(1)}});
  auto strict = w.rules;
  strict.approval_ppm = 1'000'000;
  const auto n = w.proposed({dao_set_members{{w.client.id}}, dao_set_rules{strict}});
  REQUIRE(w.vote(w.client, n, ballot_choice::yes) == errc::ok);
  w.pass(hours{15} + seconds{1});
  REQUIRE(w.executed(n) == proposal_status::executed);
  CHECK(w.s->dao(w.dao)->members.size() == 1);
  CHECK(w.s->dao(w.dao)->rules == strict);
  CHECK(w.status(running) == proposal_status::no_quorum);
  w.noop(w.rival, propose{w.dao, encode_calls({transfer{w.host.id, amount{1}}})},
         errc::not_permitted);
  const auto bad = w.proposed({dao_set_members{{}}});
  REQUIRE(w.vote(w.client, bad, ballot_choice::yes) == errc::ok);
  auto senseless = strict;
  senseless.approval_ppm = 0;
  const auto worse = w.proposed({dao_set_rules{senseless}});
  REQUIRE(w.vote(w.client, worse, ballot_choice::yes) == errc::ok);
  w.pass(hours{15} + seconds{1});
  CHECK(w.executed(bad) == proposal_status::failed);
  CHECK(w.executed(worse) == proposal_status::failed);
}

TEST_CASE("governance: dissolving ends what is open and pays the heir, for ever") {
  governance_world w;
  w.found();
  const auto last = w.approved({dissolve_dao{w.stranger.id}});
  const auto open = w.proposed({transfer{w.host.id, amount::ainu(1)}});
  REQUIRE(w.executed(last) == proposal_status::executed);
  CHECK(w.status(open) == proposal_status::cancelled);
  CHECK(w.view(w.stranger).free == amount::ainu(1'000));
  CHECK(w.view(w.client).reserved == amount{0});
  CHECK_FALSE(w.s->account(w.dao).has_value());
  CHECK(w.s->dao(w.dao)->dissolved);
  w.noop(w.client, w.founding(), errc::conflict);
  w.noop(w.client, propose{w.dao, encode_calls({transfer{w.host.id, amount{1}}})},
         errc::unknown_dao);
  w.noop(w.client, execute_proposal{w.dao, open}, errc::unknown_dao);
}

TEST_CASE("governance: a DAO has no key to rotate, to recover or to host with") {
  governance_world w;
  w.found();
  w.noop(w.client, delegate_hosting{w.dao}, errc::invalid_value); // it can sign for nobody
  for (const ledger::call& c : {ledger::call{rotate_key{w.client.id.value, {}}},
                                ledger::call{set_recovery{w.dao, w.host.id}},
                                ledger::call{delegate_hosting{w.client.id}}}) {
    const auto number = w.approved({c});
    CHECK(w.executed(number) == proposal_status::failed);
    CHECK(state::restore(w.s->snapshot()).has_value());
  }
}

TEST_CASE("governance: a DAO that is engaged elsewhere cannot be dissolved") {
  const auto how = [](const std::vector<ledger::call>& calls) {
    governance_world w;
    w.found();
    const auto n = w.approved(calls);
    REQUIRE(w.executed(n) == proposal_status::failed);
    return w.events<event::proposal_ended>().at(0).failure;
  };
  governance_world w;
  CHECK(how({bond{amount::ainu(1)}, dissolve_dao{w.client.id}}) == errc::wrong_state);
  CHECK(how({lock_balance{0, amount::ainu(1), w.now + hours{100}}, dissolve_dao{w.client.id}}) ==
        errc::wrong_state);
  CHECK(how({dissolve_dao{w.dao}}) == errc::invalid_value);
  CHECK(how({dissolve_dao{}}) == errc::invalid_value);
  CHECK(how({transfer_all{w.client.id, false}, dissolve_dao{w.stranger.id}}) ==
        errc::below_existential);
  CHECK(how({dissolve_dao{w.client.id}, transfer{w.client.id, amount{1}}}) ==
        errc::unknown_account);
}

TEST_CASE("governance: DAOs within DAOs") {
  governance_world w;
  w.found();
  // The DAO founds another, of which it is a member, and votes there by proposals of its own.
  const auto child = dao_account(w.dao, 5);
  auto free_of_charge = w.rules;
  free_of_charge.proposal_deposit = {};
  const auto n =
      w.approved({create_dao{5, free_of_charge, {w.dao}, amount::ainu(100)},
                  propose{child, encode_calls({transfer{w.stranger.id, amount::ainu(7)}})},
                  vote_proposal{child, 1, ballot_choice::yes}});
  REQUIRE(w.executed(n) == proposal_status::executed);
  w.pass(hours{15} + seconds{1});
  // And executes there by one too: an execution within an execution.
  const auto m = w.approved({execute_proposal{child, 1}});
  REQUIRE(w.executed(m) == proposal_status::executed);
  CHECK(w.view(w.stranger).free == amount::ainu(7));
}

TEST_CASE("governance: a proposal cannot execute itself, and executions nest at most four deep") {
  governance_world w;
  w.found();
  const auto self = w.approved({execute_proposal{w.dao, 1}});
  REQUIRE(w.executed(self) == proposal_status::failed);
  CHECK(w.events<event::proposal_ended>().at(0).failure == errc::wrong_state);
  std::vector<std::uint64_t> chain;
  for (std::uint64_t i = 0; i < 6; ++i) {
    const auto next = w.s->dao(w.dao)->next_proposal;
    chain.push_back(w.proposed({execute_proposal{w.dao, next + 1}}));
    REQUIRE(w.vote(w.client, next, ballot_choice::yes) == errc::ok);
  }
  w.pass(hours{15} + seconds{1});
  REQUIRE(w.executed(chain[0]) == proposal_status::executed);
  CHECK(w.status(chain[2]) == proposal_status::executed);
  CHECK(w.status(chain[3]) == proposal_status::failed); // its call went too deep
  CHECK(w.status(chain[4]) == proposal_status::approved);
}

TEST_CASE("governance: the council may be a DAO") {
  governance_world w{vote_weighting::equal, {}, true};
  REQUIRE(w.s->account(w.dao) == std::nullopt);
  w.found();
  const auto issuance = w.s->totals().issuance;
  REQUIRE(w.call(w.client, bond{amount::ainu(500)}) == errc::ok);
  REQUIRE(w.call(w.client, unbond{amount::ainu(1)}) == errc::ok);
  report_offence report;
  report.offender = w.arbiters[3].id;
  report.kind = offence::protocol_violation;
  auto n = w.approved({mint_money{w.stranger.id, amount::ainu(77)}, report});
  CHECK(w.executed(n) == proposal_status::executed);
  CHECK(w.view(w.stranger).free == amount::ainu(77));
  CHECK(w.s->totals().issuance == *issuance.plus(amount::ainu(77)));
  REQUIRE(w.s->slash(1).has_value());
  n = w.approved({cancel_slash{w.arbiters[3].id, 1}});
  CHECK(w.executed(n) == proposal_status::executed);
  CHECK_FALSE(w.s->slash(1).has_value());
  // And it stops proposals, of itself as well.
  const auto bad = w.proposed({mint_money{w.rival.id, amount::ainu(1'000)}}, &w.rival);
  n = w.proposed({cancel_proposal{w.dao, bad}});
  for (const auto& m : w.members)
    REQUIRE(w.vote(m, n, ballot_choice::yes) == errc::ok);
  REQUIRE(w.vote(w.rival, bad, ballot_choice::yes) == errc::ok);
  w.pass(hours{15} + seconds{1});
  CHECK(w.executed(n) == proposal_status::executed);
  CHECK(w.status(bad) == proposal_status::stopped);
}

TEST_CASE("governance: a DAO cannot be a party of a channel, for it could sign no state") {
  governance_world w;
  w.found();
  channel_params p;
  p.first = w.dao;
  p.second = w.client.id;
  p.first_deposit = amount::ainu(1);
  p.challenge = hours{1};
  p.open_by = w.now + hours{24};
  const auto n = w.approved({open_channel{p, {}}});
  CHECK(w.executed(n) == proposal_status::failed);
  CHECK(w.events<event::proposal_ended>().at(0).failure == errc::not_permitted);
}
