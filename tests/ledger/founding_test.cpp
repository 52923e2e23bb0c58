// A ledger that validators keep begins: the form of its genesis, what is refused, and who is in
// office first.
#include <functional>

#include "ainur/ledger/log.hpp"
#include "ainur/ledger/tables.hpp"
#include "ainur/store/memory_store.hpp"
#include "validator_world.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

struct refusal {
  std::function<void(genesis&)> change;
  std::string names; ///< what the message must say
};

void check_refused(const std::vector<refusal>& list) {
  const validator_world w;
  REQUIRE(validate(w.g));
  for (const auto& [change, names] : list) {
    auto g = w.g;
    change(g);
    INFO(names);
    const auto checked = validate(g);
    REQUIRE(!checked);
    CHECK(checked.error().is(errc::bad_genesis));
    CHECK_MESSAGE(checked.error().to_string().find(names) != std::string::npos,
                  checked.error().to_string());
    CHECK(!state::open(g, consensus::elections));
    CHECK(!decode_genesis(encode_genesis(g)));
  }
}

constexpr election_method all_methods[] = {election_method::top_stake, election_method::phragmen,
                                           election_method::phragmms};

} // namespace

TEST_CASE("a genesis without a founding has the form that it always had") {
  genesis g;
  g.time = epoch;
  g.authority = self_keyed(5).id;
  g.council = self_keyed(4).id;
  auto form = encode_genesis(g);
  CHECK(form[0] == 0x98); // eight fields
  CHECK(to_string(genesis_hash(g)) ==
        "32acfe3b3824b376e13f4f73dbfcb7a578ae2df5503550ac85c711c444691c4d");
  // The ninth may be there only if it says something.
  form[0] = 0x99;
  form.push_back(0xc0);
  CHECK(decode_genesis(form).error().is(codec::errc::not_canonical));
}

TEST_CASE("a genesis with a founding is read as it was written") {
  const validator_world w;
  const auto form = encode_genesis(w.g);
  CHECK(form[0] == 0x99);
  const auto again = decode_genesis(form);
  REQUIRE(again);
  CHECK(*again == w.g);
  CHECK(genesis_hash(*again) == w.s->chain());
  // What the state keeps of it has no lists.
  REQUIRE(w.s->founded());
  CHECK(w.s->has_validators());
  CHECK(w.s->founded()->validators.empty());
  CHECK(w.s->founded()->nominators.empty());
  CHECK(w.s->founded()->agreement == w.g.founding->agreement);
}

TEST_CASE("version and authority go with the founding") {
  check_refused({
      {[](genesis& g) { g.version = 1; }, "version 2 has a founding"},
      {[](genesis& g) { g.founding.reset(); }, "version 2 has a founding"},
      {[](genesis& g) { g.version = 3; }, "version 3 is unknown"},
      {[](genesis& g) { g.version = 0; }, "version 0 is unknown"},
      {[](genesis& g) { g.authority = self_keyed(5).id; }, "there is no authority"},
  });
}

TEST_CASE("founders that the rules do not admit are refused by name") {
  const validator_world w;
  const auto& v = w.v;
  const auto validator = [&](std::size_t i) { return "validator " + to_string(v[i].id); };
  const auto nominator = [&](std::size_t i) { return "nominator " + to_string(w.n[i].id); };
  using list = std::vector<refusal>;
  check_refused(list{
      {[](genesis& g) { g.founding->validators.clear(); }, "there must be a validator"},
      {[](genesis& g) { g.parameters.staking.validators_max = 4; }, "more than 4 validators"},
      {[](genesis& g) { g.parameters.staking.nominators_max = 1; }, "more than 1 nominators"},
      {[](genesis& g) { g.founding->validators[0].stash = {}; }, "means none"},
      {[](genesis& g) { g.founding->nominators[0].stash = {}; }, "means none"},
      {[](genesis& g) { std::swap(g.founding->validators[1], g.founding->validators[2]); },
       validator(1) + ": founders must stand in increasing order"},
      {[](genesis& g) { g.founding->validators[3] = g.founding->validators[2]; },
       validator(2) + ": founders must stand in increasing order"},
      {[](genesis& g) { std::swap(g.founding->nominators[0], g.founding->nominators[1]); },
       nominator(0) + ": founders must stand in increasing order"},
      {[](genesis& g) { g.founding->validators[4].value = amount{9'999'999'999}; },
       validator(4) + ": stakes less than 10000 AINU"},
      {[](genesis& g) { g.founding->nominators[1].value = amount{99'999'999}; },
       nominator(1) + ": stakes less than 100 AINU"},
      {[](genesis& g) { g.founding->validators[2].value = amount::max(); },
       validator(2) + ": all money together does not fit"},
      {[](genesis& g) { g.founding->nominators[1].value = amount::max(); },
       nominator(1) + ": all money together does not fit"},
      {[](genesis& g) { g.founding->validators[1].key = {}; }, validator(1) + ": its key"},
      {[](genesis& g) { g.founding->validators[1].commission_ppm = 99'999; },
       validator(1) + ": its commission"},
      {[](genesis& g) { g.founding->validators[1].commission_ppm = 200'001; },
       validator(1) + ": its commission"},
      {[&](genesis& g) {
         g.founding->nominators[1].stash = v[4].id;
         std::ranges::sort(g.founding->nominators, {}, &founding_nominator::stash);
       },
       "nominator " + to_string(v[4].id) + ": is a validator too"},
      {[](genesis& g) { g.founding->nominators[0].targets.clear(); },
       nominator(0) + ": names no targets"},
      {[](genesis& g) { g.parameters.staking.nominations_max = 1; },
       nominator(0) + ": names no targets, or more than the rules admit"},
      {[&](genesis& g) {
         g.founding->nominators[0].targets = {v[1].id, v[0].id, v[1].id};
       },
       nominator(0) + ": names a target twice"},
      {[&](genesis& g) { g.founding->nominators[0].targets = {w.client.id}; },
       nominator(0) + ": names no validator of the founding: " + to_string(w.client.id)},
  });
}

TEST_CASE("numbers of the agreement are refused by name, just outside their ranges") {
  using p = agreement_parameters;

  struct time_field {
    std::string name;
    duration p::*field;
    duration least;
  };

  const time_field times[] = {{"propose_first", &p::propose_first, duration{1}},
                              {"propose_more", &p::propose_more, duration{0}},
                              {"vote_first", &p::vote_first, duration{1}},
                              {"vote_more", &p::vote_more, duration{0}},
                              {"precision", &p::precision, duration{0}},
                              {"message_delay", &p::message_delay, duration{1}},
                              {"empty_interval", &p::empty_interval, duration{0}}};
  std::vector<refusal> list;
  validator_world w;
  for (const auto& [name, field, least] : times) {
    const auto set = [field = field](duration value) {
      return [field, value](genesis& g) { g.founding->agreement.*field = value; };
    };
    list.push_back({set(least - duration{1}), "founding.agreement." + name});
    list.push_back({set(hours{24} + duration{1}), "founding.agreement." + name});
    w.g.founding->agreement.*field = least;
    CHECK(validate(w.g));
    w.g.founding->agreement.*field = hours{24};
    CHECK(validate(w.g));
  }
  for (const auto size : {1'023u, (32u << 20) + 1})
    list.push_back({[size](genesis& g) { g.founding->agreement.block_bytes_max = size; },
                    "founding.agreement.block_bytes_max"});
  check_refused(list);
}

TEST_CASE("founding stakes are part of the issuance, and their stashes act for themselves") {
  validator_world w;
  const auto t = w.s->totals();
  CHECK(t.staked == amount::ainu(5 * 20'000 + 2 * 1'000));
  CHECK(t.issuance == amount::ainu(1'000 + 300'000 + 102'000));
  CHECK(w.s->conserved());
  CHECK(w.s->audit());
  const auto one = w.staked(w.v[2]);
  CHECK(one.controller == w.v[2].id);
  CHECK(one.payee == reward_destination::restaked);
  CHECK(one.active == amount::ainu(20'000));
  CHECK(one.validator == validator_prefs{100'000, false});
  CHECK(w.staked(w.n[1]).targets == std::vector<account_id>{w.v[4].id});
  CHECK(w.s->stash_of(w.n[0].id) == w.n[0].id);
  // A stash without free balance signs, too.
  CHECK(w.free_of(w.v[2]) == amount{});
  CHECK(w.call(w.v[2], chill{}) == errc::ok);
  CHECK_FALSE(w.staked(w.v[2]).validator);
}

TEST_CASE("a founder keeps what it is allocated besides its stake") {
  validator_world w;
  w.g.allocations.push_back({w.v[0].id, amount::ainu(7), {}});
  w.g.allocations.push_back({w.v[1].id, {}, amount::ainu(200)});
  std::ranges::sort(w.g.allocations, {}, &allocation::account);
  w.begin();
  CHECK(w.s->audit());
  CHECK(w.free_of(w.v[0]) == amount::ainu(7));
  CHECK(w.s->account(w.v[1].id)->bonded == amount::ainu(200));
  CHECK(w.call(w.v[0], transfer_all{w.client.id, false}) == errc::ok);
  CHECK(w.staked(w.v[0]).active == amount::ainu(20'000));
}

TEST_CASE("the founders are elected by the rule that genesis names, weighed by whole AINU") {
  for (const auto method : all_methods) {
    INFO(std::string{to_string(method)});
    auto rules = validator_world::quick();
    rules.staking.seats = 3;
    validator_world w{rules, {20'000, 10'000, 30'000, 15'000, 15'000}, method};
    w.g.founding->nominators[0].value = amount{1'234'567'890};
    w.begin();
    // The same election, from the founding alone.
    election_input input;
    input.seats = 3;
    for (const auto& x : w.g.founding->validators)
      input.candidates.push_back({x.stash, x.value});
    input.voters = {{w.n[0].id, amount{1'234'567'890}, {0, 1}},
                    {w.n[1].id, amount::ainu(1'000), {4}}};
    const auto winners = consensus::elections(method)(input);
    REQUIRE(winners.size() == 3);
    std::map<account_id, std::uint64_t> expected;
    for (const auto& x : winners) {
      auto behind = input.candidates[x.candidate].self_stake;
      for (const auto& part : x.supports)
        behind = *behind.plus(part.value);
      expected[input.candidates[x.candidate].stash] = behind.micro() / 1'000'000;
    }
    const auto first = w.office(1);
    CHECK(first.era == 0);
    CHECK(first.first_height == 1);
    REQUIRE(first.members.size() == 3);
    CHECK(std::ranges::is_sorted(first.members, {}, &committee_member::stash));
    for (const auto& m : first.members) {
      CHECK(m.weight == expected.at(m.stash));
      CHECK(m.key == key_of_seed(w.seeds.at(m.stash)).public_part().value);
    }
    CHECK(w.office(2) == first);
    CHECK_FALSE(w.s->committee_of(0).has_value());
    CHECK_FALSE(w.s->committee_of(3).has_value());
  }
}

TEST_CASE("a member with less than one AINU behind it weighs one") {
  auto rules = validator_world::quick();
  rules.staking.stake_min = rules.staking.validator_stake_min = amount{1};
  validator_world w{rules};
  w.g.founding->validators[0].value = amount{1};
  w.g.founding->validators[1].value = amount{1'999'999};
  w.g.founding->validators[2].value = amount{2'000'000};
  w.g.founding->nominators.clear();
  w.begin();
  std::vector<std::uint64_t> weights;
  for (const auto& m : w.office(1).members)
    weights.push_back(m.weight);
  CHECK(weights == std::vector<std::uint64_t>{1, 1, 2, 20'000, 20'000});
}

TEST_CASE("a rule of election that a program was not given is unsupported, and named") {
  for (const auto method : {election_method::phragmen, election_method::phragmms}) {
    validator_world w{validator_world::quick(), {20'000, 20'000}, method};
    const auto named = [method](const auto& r) {
      REQUIRE(!r);
      CHECK(r.error().is(base_errc::unsupported));
      CHECK(r.error().to_string().find(to_string(method)) != std::string::npos);
    };
    named(state::open(w.g));
    named(state::restore(w.s->snapshot()));
    named(table_loader::begin(w.s->take_changes().header));
    store::memory_store store;
    named(prepare_log(store, w.g));
    REQUIRE(prepare_log(store, w.g, consensus::elections));
    const auto view = store.open_view();
    named(open_log(**view, signatures::verify));
    named(verify_log(**view));
    CHECK(open_log(**view, signatures::verify, consensus::elections));
  }
  validator_world w{validator_world::quick(), {20'000, 20'000}, election_method::top_stake};
  CHECK(state::open(w.g));
}
