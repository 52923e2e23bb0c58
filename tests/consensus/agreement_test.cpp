// Algorithm 1 line by line, and the published courses of a height.
#include <string>

#include <doctest/doctest.h>

#include "consensus/people.hpp"
#include "crypto/support.hpp"
#include "support/shared_data.hpp"

#include "ainur/consensus/agreement.hpp"

using namespace ainur;
using namespace ainur::consensus;
using ainur::test::named;
using ainur::test::set_of;

namespace {

const hash256 v{{1}};
const hash256 w{{2}};
const hash256 nil{};
constexpr auto prevote = statement_kind::prevote;
constexpr auto precommit = statement_kind::precommit;

/// Four of equal weight: any three are a quorum, any two hold an honest one. Validator 0 proposes
/// in round 0, 1 in round 1, and so on.
struct stage {
  explicit stage(validator_index self, std::uint64_t height = 1)
      : set(set_of({{named("a"), 1}, {named("b"), 1}, {named("c"), 1}, {named("d"), 1}})),
        core(height, set, rotation{set}, self) {}

  signed_statement vote(validator_index by, statement_kind kind, round_number r,
                        const hash256& value) const {
    return {{kind, core.height(), r, no_round, value}, set[by].id, {}};
  }

  agreement_actions add(validator_index by, statement_kind kind, round_number r,
                        const hash256& value) {
    return core.add(vote(by, kind, r, value), by);
  }

  /// The votes of these, of which only what the last one brought about is given.
  agreement_actions add(std::vector<validator_index> all, statement_kind kind, round_number r,
                        const hash256& value) {
    agreement_actions last;
    for (const auto by : all)
      last = add(by, kind, r, value);
    return last;
  }

  agreement_actions propose(round_number r, const hash256& value,
                            round_number valid_round = no_round, bool valid = true,
                            bool timely = true) {
    return core.propose(r, {value, valid_round, valid, timely});
  }

  agreement_action said(statement_kind kind, round_number r, const hash256& value,
                        round_number valid_round = no_round) const {
    return utter{{kind, core.height(), r, valid_round, value}};
  }

  agreement_action entered(round_number r, const std::vector<validator_index>& all,
                           statement_kind kind, round_number of, const hash256& value) const {
    enter e{r, {}};
    for (const auto by : all)
      e.votes.push_back(vote(by, kind, of, value));
    return e;
  }

  /// Locks on `value` in round 0, without deciding.
  void lock(const hash256& value) {
    (void)core.start();
    (void)propose(0, value);
    (void)add({0, 2, 3}, prevote, 0, value);
    REQUIRE(core.held().locked == value);
  }

  /// Goes to a round by what its timeouts say.
  void go_to(round_number r) {
    (void)add({0, 1, 2, 3}, precommit, r - 1, nil);
    (void)core.pass({step::precommit, r - 1});
    REQUIRE(core.round() == r);
  }

  validator_set set;
  agreement core;
};

agreement_action timer(step s, round_number r) {
  return wait{{s, r}};
}

using actions = agreement_actions;

} // namespace

TEST_CASE("lines 11 to 21: a proposer makes a value, all wait for one") {
  stage proposer{0};
  CHECK(proposer.core.start() == actions{make_value{0}, timer(step::propose, 0)});
  CHECK(proposer.core.value(0, v) == actions{proposer.said(statement_kind::proposal, 0, v)});
  stage other{1};
  CHECK(other.core.start() == actions{timer(step::propose, 0)});
}

TEST_CASE("line 16: a proposer that knows a valid value proposes it again") {
  stage s{1};
  s.lock(v);
  (void)s.add({0, 2, 3}, precommit, 0, nil);
  CHECK(s.core.pass({step::precommit, 0}) == actions{s.entered(1, {0, 2, 3}, precommit, 0, nil),
                                                     s.said(statement_kind::proposal, 1, v, 0),
                                                     timer(step::propose, 1)});
}

TEST_CASE("a value that comes too late is not proposed") {
  stage s{0};
  (void)s.core.start();
  (void)s.core.pass({step::propose, 0});
  CHECK(s.core.value(0, v).empty());
  CHECK(s.core.value(1, v).empty());
}

TEST_CASE("line 22: a new value is prevoted if it is valid, timely and no lock forbids it") {
  {
    stage s{1};
    (void)s.core.start();
    CHECK(s.propose(0, v) == actions{s.said(prevote, 0, v)});
    CHECK(s.core.step() == step::prevote);
    CHECK(s.propose(0, w).empty()); // one proposal a round
  }
  {
    stage s{1};
    (void)s.core.start();
    CHECK(s.propose(0, v, no_round, false) == actions{s.said(prevote, 0, nil)});
  }
  {
    stage s{1};
    (void)s.core.start();
    CHECK(s.propose(0, v, no_round, true, false) == actions{s.said(prevote, 0, nil)});
  }
  {
    stage s{3};
    s.lock(v);
    s.go_to(1);
    CHECK(s.propose(1, v) == actions{s.said(prevote, 1, v)}); // the value it is locked on
  }
}

TEST_CASE("line 28: an earlier value is prevoted with its polka, if the lock is not newer") {
  {
    stage s{3};
    (void)s.core.start();
    s.go_to(1);
    CHECK(s.propose(1, v, 0).empty()); // no polka known
    CHECK(s.add({0, 1}, prevote, 0, v).empty());
    CHECK(s.add(2, prevote, 0, v) == actions{s.said(prevote, 1, v)});
  }
  {
    stage s{3}; // an untimely one may be old: only line 22 asks for the time
    (void)s.core.start();
    (void)s.add({0, 1, 2}, prevote, 0, v);
    s.go_to(1);
    CHECK(s.propose(1, v, 0, true, false) == actions{s.said(prevote, 1, v)});
  }
  {
    stage s{3}; // locked in round 1, the polka of round 0 does not unlock
    (void)s.core.start();
    (void)s.add({0, 1, 2}, prevote, 0, v);
    s.go_to(1);
    (void)s.propose(1, w);
    (void)s.add({0, 1, 2}, prevote, 1, w);
    REQUIRE(s.core.held().locked == w);
    s.go_to(2);
    CHECK(s.propose(2, v, 0) == actions{s.said(prevote, 2, nil)});
  }
  {
    stage s{3}; // a polka as new as the lock unlocks
    s.lock(v);
    s.go_to(1);
    (void)s.add({0, 1, 2}, prevote, 1, w);
    s.go_to(2);
    CHECK(s.propose(2, w, 1) == actions{s.said(prevote, 2, w)});
  }
}

TEST_CASE("line 34: a quorum of prevotes for anything starts the wait, once") {
  stage s{1};
  (void)s.core.start();
  (void)s.propose(0, v);
  CHECK(s.add({1, 0}, prevote, 0, v).empty());
  CHECK(s.add(2, prevote, 0, nil) == actions{timer(step::prevote, 0)});
  CHECK(s.add(3, prevote, 0, nil).empty());
}

TEST_CASE(
    "line 36: a polka locks and precommits; line 42: after the precommit it only counts as valid") {
  {
    stage s{1};
    (void)s.core.start();
    (void)s.propose(0, v);
    (void)s.add({0, 1}, prevote, 0, v);
    const held_values held{0, v, 0, v};
    CHECK(s.add(2, prevote, 0, v) == actions{hold{held}, s.said(precommit, 0, v)});
    CHECK(s.core.step() == step::precommit);
    CHECK(s.add(3, prevote, 0, v).empty());
  }
  {
    stage s{1};
    (void)s.core.start();
    (void)s.core.pass({step::propose, 0});
    (void)s.core.pass({step::prevote, 0});
    REQUIRE(s.core.step() == step::precommit);
    (void)s.add({0, 2, 3}, prevote, 0, v);
    CHECK(s.propose(0, v) == actions{hold{{no_round, nil, 0, v}}});
  }
  {
    stage s{1}; // a polka for what is not valid here does nothing
    (void)s.core.start();
    (void)s.propose(0, v, no_round, false);
    (void)s.add({0, 2}, prevote, 0, v);
    CHECK(s.add(3, prevote, 0, v) == actions{timer(step::prevote, 0)});
  }
}

TEST_CASE("line 44: a polka for nil precommits nil") {
  stage s{1};
  (void)s.core.start();
  (void)s.core.pass({step::propose, 0});
  (void)s.add({0, 1}, prevote, 0, nil);
  CHECK(s.add(2, prevote, 0, nil) == actions{s.said(precommit, 0, nil)});
}

TEST_CASE("line 47: a quorum of precommits for anything starts the wait, in any step") {
  stage s{1};
  (void)s.core.start();
  CHECK(s.add({0, 2}, precommit, 0, nil).empty());
  CHECK(s.add(3, precommit, 0, v) == actions{timer(step::precommit, 0)});
}

TEST_CASE("line 49: a quorum of precommits for a proposal of any round decides") {
  {
    stage s{1};
    (void)s.core.start();
    (void)s.propose(0, v);
    CHECK(s.add({0, 2, 3}, precommit, 0, v) == actions{decide{0, v}});
    CHECK(s.core.pass({step::precommit, 0}).empty());
    CHECK(s.add(1, precommit, 0, v).empty());
  }
  {
    stage s{1}; // of an earlier round, the proposal comes last
    (void)s.core.start();
    s.go_to(1);
    (void)s.add({0, 2, 3}, precommit, 0, v); // contradicts their nil: does not count
    CHECK_FALSE(s.core.missing());
    (void)s.add({0, 2, 3}, precommit, 1, v);
    CHECK(s.core.missing() == decide{1, v});
    CHECK(s.propose(1, v) == actions{decide{1, v}});
    CHECK_FALSE(s.core.missing());
  }
  {
    stage s{1}; // of a later round than the own
    (void)s.core.start();
    (void)s.propose(2, v);
    (void)s.add({0, 2}, precommit, 2, v);
    CHECK(s.core.round() == 2);
    CHECK(s.add(3, precommit, 2, v) == actions{decide{2, v}});
  }
}

TEST_CASE("line 55: more than a third in a later round takes this replica there") {
  stage s{1};
  (void)s.core.start();
  CHECK(s.add(0, prevote, 4, v).empty());
  CHECK(s.add(0, precommit, 4, v).empty()); // the same voice
  const actions skipped = s.add(2, precommit, 4, nil);
  const std::vector<signed_statement> reasons{s.vote(0, prevote, 4, v), s.vote(0, precommit, 4, v),
                                              s.vote(2, precommit, 4, nil)};
  CHECK(skipped == actions{enter{4, reasons}, timer(step::propose, 4)});
  CHECK(s.core.round() == 4);
}

TEST_CASE("lines 57, 61, 65: timeouts count in their round and step only") {
  stage s{1};
  (void)s.core.start();
  CHECK(s.core.pass({step::prevote, 0}).empty());
  CHECK(s.core.pass({step::propose, 1}).empty());
  CHECK(s.core.pass({step::propose, 0}) == actions{s.said(prevote, 0, nil)});
  CHECK(s.core.pass({step::propose, 0}).empty());
  CHECK(s.core.pass({step::prevote, 0}) == actions{s.said(precommit, 0, nil)});
  CHECK(s.core.pass({step::prevote, 0}).empty());
  CHECK(s.core.pass({step::precommit, 0}) ==
        actions{enter{1, {}}, make_value{1}, timer(step::propose, 1)});
}

TEST_CASE("an observer follows without a word") {
  const auto set = set_of({{named("a"), 1}});
  agreement core{1, set, rotation{set}, std::nullopt};
  CHECK(core.start() == actions{timer(step::propose, 0)});
  CHECK(core.propose(0, {v, no_round, true, true}).empty());
  CHECK(core.add({{prevote, 1, 0, no_round, v}, set[0].id, {}}, 0) == actions{hold{{0, v, 0, v}}});
  CHECK(core.add({{precommit, 1, 0, no_round, v}, set[0].id, {}}, 0) == actions{decide{0, v}});
}

TEST_CASE("the published courses of a height") {
  const auto path = test::shared_data("bft/tendermint_votekeeper_and_sm.json");
  if (!path)
    return;
  const auto cases = test::load_json(*path).at("consensus_state_machine");
  // The inputs are sentences; this table says which call each of them is.
  std::optional<stage> s;
  actions out;
  const auto input = [&](const std::string& text) {
    const auto has = [&text](std::string_view x) { return text.find(x) != std::string::npos; };
    const auto round = s->core.round();
    if (text == "NewRound(0) as proposer" || text == "NewRound(0) not proposer")
      out = s->core.start();
    else if (has("NewRound"))
      out = {timer(step::propose, round)}; // begun by the timeout before
    else if (text == "ProposeValue nextBlock")
      out = s->core.value(0, v);
    else if (has("invalid Proposal"))
      out = s->propose(round, w, no_round, false);
    else if (text == "Proposal+Polka block, valid")
      out = s->add({0, 1, 2}, prevote, 0, v);
    else if (has("2f+1 Precommit block"))
      out = s->add({0, 1, 2}, precommit, 0, v);
    else if (has("2f+1 prevotes for anything")) {
      (void)s->add({1, 0}, prevote, round, v);
      out = s->add({2}, prevote, round, nil);
    } else if (has("2f+1 prevote nil"))
      out = s->add({0, 1, 2}, prevote, round, nil);
    else if (has("2f+1 precommits for anything"))
      out = s->add({0, 1, 2}, precommit, round, nil);
    else if (has("ProposeTimeout"))
      out = s->core.pass({step::propose, round});
    else if (has("PrevoteTimeout"))
      out = s->core.pass({step::prevote, round});
    else if (has("PrecommitTimeout"))
      out = s->core.pass({step::precommit, round});
    else if (has("Proposal round 0"))
      out = s->propose(0, v);
    else
      FAIL("an input that the table does not know: " << text);
  };
  const auto expected = [&](const std::string& text) -> actions {
    const auto has = [&text](std::string_view x) { return text.find(x) != std::string::npos; };
    const auto round = s->core.round();
    if (text.starts_with("getValue and schedule ProposeTimeout"))
      return {make_value{0}, timer(step::propose, 0)};
    if (has("schedule ProposeTimeout"))
      return {timer(step::propose, round)};
    if (has("schedule PrevoteTimeout"))
      return {timer(step::prevote, round)};
    if (has("schedule PrecommitTimeout"))
      return {timer(step::precommit, round)};
    if (text.starts_with("Proposal("))
      return {s->said(statement_kind::proposal, 0, v)};
    if (text == "Prevote block" || text == "Prevote nextBlock")
      return {s->said(prevote, 0, v)};
    if (text == "Prevote nil")
      return {s->said(prevote, round, nil)};
    if (text == "Precommit nil")
      return {s->said(precommit, round, nil)};
    if (text == "Precommit block")
      return {hold{{0, v, 0, v}}, s->said(precommit, 0, v)};
    if (text.starts_with("Decide"))
      return {decide{0, v}};
    if (text.starts_with("go to round"))
      return {timer(step::propose, round)};
    FAIL("an output that the table does not know: " << text);
    return {};
  };
  int seen = 0;
  for (const auto& c : cases) {
    const auto name = c.at("name").get<std::string>();
    CAPTURE(name);
    if (c.contains("steps")) {
      const bool proposes = c.at("steps").at(0).at("input") == "NewRound(0) as proposer";
      s.emplace(proposes ? validator_index{0} : validator_index{3},
                c.at("height").get<std::uint64_t>());
      for (const auto& one : c.at("steps")) {
        CAPTURE(one.at("input").get<std::string>());
        input(one.at("input").get<std::string>());
        const auto want = expected(one.at("output").get<std::string>());
        std::erase_if(out, [](const auto& a) { return std::holds_alternative<enter>(a); });
        CHECK(out == want);
        if (one.contains("state")) {
          const auto& state = one.at("state");
          const auto& held = s->core.held();
          CHECK(held.locked_round == state.at("lockedRound").get<round_number>());
          CHECK(held.valid_round == state.at("validRound").get<round_number>());
          CHECK(held.locked == v);
          CHECK(held.valid == v);
        }
        if (one.contains("step") && one.at("step") != "unstarted")
          CHECK((s->core.step() == step::prevote) == (one.at("step") == "prevote"));
      }
    } else if (name.starts_with("line26")) {
      s.emplace(3u);
      s->lock(v);
      s->go_to(1);
      CHECK(s->propose(1, w) == actions{s->said(prevote, 1, nil)});
      CHECK(c.at("outcome") == "Prevote nil in round 1");
    } else if (name.starts_with("line28")) {
      s.emplace(3u);
      s->lock(v);
      s->go_to(1);
      CHECK(s->propose(1, v, 0) == actions{s->said(prevote, 1, v)});
      CHECK(c.at("outcome") == "Prevote that value in round 1");
    } else if (name.starts_with("line32")) {
      s.emplace(3u);
      (void)s->core.start();
      (void)s->add({0, 1, 2}, prevote, 0, v);
      s->go_to(1);
      CHECK(s->propose(1, v, 0, false) == actions{s->said(prevote, 1, nil)});
      CHECK(c.at("outcome") == "Prevote nil in round 1");
    } else {
      REQUIRE(name.starts_with("line42"));
      s.emplace(3u);
      (void)s->core.start();
      (void)s->core.pass({step::propose, 0});
      (void)s->core.pass({step::prevote, 0});
      (void)s->add({0, 1, 2}, prevote, 0, v);
      (void)s->propose(0, v);
      CHECK(s->core.held() == held_values{no_round, nil, 0, v});
      CHECK(c.at("outcome").at("validRound") == 0);
      CHECK(c.at("outcome").at("lockedRound") == -1);
    }
    ++seen;
  }
  CHECK(seen == 6);
  MESSAGE("published courses of a height: " << seen);
}
