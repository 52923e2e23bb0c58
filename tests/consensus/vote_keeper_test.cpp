// Votes by weight: the published cases, bounds, and equivocations.
#include <algorithm>
#include <map>
#include <set>

#include <doctest/doctest.h>

#include "ainur/base/rng.hpp"
#include "consensus/people.hpp"
#include "crypto/support.hpp"
#include "support/shared_data.hpp"

using namespace ainur;
using namespace ainur::consensus;
using ainur::test::named;
using ainur::test::set_of;

namespace {

using json = nlohmann::json;

hash256 value_of(std::string_view text) {
  hash256 out;
  std::copy(text.begin(), text.end(), out.value.begin());
  return out;
}

std::string text_of(const std::optional<threshold>& t, std::string_view value) {
  if (!t)
    return "none";
  const auto round = std::to_string(t->round);
  const auto with_value = "(" + round + "," + std::string{value} + ")";
  switch (t->kind) {
  case threshold_kind::polka_any:
    return "polka_any(" + round + ")";
  case threshold_kind::polka_nil:
    return "polka_nil(" + round + ")";
  case threshold_kind::polka:
    return "polka_value" + with_value;
  case threshold_kind::precommit_any:
    return "precommit_any(" + round + ")";
  case threshold_kind::precommit:
    return "precommit_value" + with_value;
  case threshold_kind::skip:
    return "skip(" + round + ")";
  }
  return "?";
}

signed_statement vote(const validator_set& set, validator_index by, statement_kind kind,
                      round_number round, const hash256& value) {
  return {{kind, 1, round, no_round, value}, set[by].id, {}};
}

} // namespace

TEST_CASE("the published cases of counting votes") {
  const auto path = test::shared_data("bft/tendermint_votekeeper_and_sm.json");
  if (!path)
    return;
  int seen = 0;
  const auto data = test::load_json(*path);
  for (const auto& c : data.at("votekeeper")) {
    CAPTURE(c.at("name").get<std::string>());
    std::vector<std::pair<account_id, std::uint64_t>> members;
    for (const auto& [name, weight] : c.at("weights").items())
      members.emplace_back(named(name), weight.get<std::uint64_t>());
    const auto set = set_of(members);
    vote_keeper votes{set};
    votes.enter(c.at("current_round").get<round_number>());
    for (const auto& step : c.at("steps")) {
      const auto& v = step.at("vote");
      const auto value = v.at("value").is_null() ? "" : v.at("value").get<std::string>();
      const auto kind =
          v.at("type") == "prevote" ? statement_kind::prevote : statement_kind::precommit;
      const auto by = set.find(named(v.at("from").get<std::string>())).value();
      const auto what = text_of(
          votes.add(vote(set, by, kind, v.at("round").get<round_number>(), value_of(value)), by),
          value);
      if (step.contains("emits"))
        CHECK(what == step.at("emits").get<std::string>());
      else
        CHECK(what != step.at("must_not_emit").get<std::string>());
    }
    ++seen;
  }
  CHECK(seen == 10);
  MESSAGE("published cases of counting votes: " << seen);
}

TEST_CASE("the first vote counts, and another one is evidence") {
  const auto set = set_of({{named("a"), 1}, {named("b"), 1}, {named("c"), 1}, {named("d"), 1}});
  vote_keeper votes{set};
  const auto one = vote(set, 0, statement_kind::prevote, 0, value_of("x"));
  const auto other = vote(set, 0, statement_kind::prevote, 0, value_of("y"));
  (void)votes.add(one, 0);
  (void)votes.add(one, 0);
  CHECK(votes.take_equivocations().empty());
  (void)votes.add(other, 0);
  const auto found = votes.take_equivocations();
  REQUIRE(found.size() == 1);
  CHECK(found[0].first == one);
  CHECK(found[0].second == other);
  CHECK(votes.take_equivocations().empty());
  CHECK(votes.votes_for(statement_kind::prevote, 0, value_of("x")).votes.size() == 1);
  CHECK(votes.votes_for(statement_kind::prevote, 0, value_of("y")).votes.empty());
}

TEST_CASE("a vote that contradicts an earlier one counts for a value that others vote for") {
  const auto set = set_of({{named("a"), 1}, {named("b"), 1}, {named("c"), 1}, {named("d"), 1}});
  vote_keeper votes{set};
  (void)votes.add(vote(set, 0, statement_kind::prevote, 0, {}), 0);
  (void)votes.add(vote(set, 1, statement_kind::prevote, 0, value_of("y")), 1);
  (void)votes.add(vote(set, 2, statement_kind::prevote, 0, value_of("y")), 2);
  CHECK_FALSE(votes.has_polka(0, value_of("y")));
  const auto other = vote(set, 0, statement_kind::prevote, 0, value_of("y"));
  const auto made = votes.add(other, 0);
  CHECK(made == threshold{threshold_kind::polka, 0, value_of("y")});
  CHECK(votes.knows(other.statement, 0));
  CHECK_FALSE(votes.add(other, 0)); // once
  CHECK(votes.has_polka(0, value_of("y")));
  CHECK(votes.votes_for(statement_kind::prevote, 0, value_of("y")).votes.size() == 3);
  CHECK_FALSE(votes.has_polka(0, {}));
  (void)votes.add(vote(set, 3, statement_kind::prevote, 0, {}), 3);
  CHECK_FALSE(votes.has_polka(0, {})); // nor twice for anything
}

TEST_CASE("of the rounds to come only each validator's newest two are kept") {
  const auto set = set_of({{named("a"), 1}, {named("b"), 1}, {named("c"), 1}, {named("d"), 1}});
  vote_keeper votes{set};
  for (round_number r = 1; r < 1'000; ++r)
    (void)votes.add(vote(set, 0, statement_kind::prevote, r, value_of("x")), 0);
  CHECK(votes.rounds() == std::vector<round_number>{998, 999});
  (void)votes.add(vote(set, 0, statement_kind::prevote, 5, value_of("x")), 0);
  CHECK(votes.vote_of(statement_kind::prevote, 5, 0) == nullptr);
  CHECK_FALSE(votes.round_to_skip_to());
  (void)votes.add(vote(set, 1, statement_kind::precommit, 998, {}), 1);
  CHECK(votes.round_to_skip_to() == 998);
  votes.enter(999);
  CHECK_FALSE(votes.round_to_skip_to());
  CHECK(votes.vote_of(statement_kind::prevote, 998, 0) != nullptr);
}

TEST_CASE("counts agree with counting everything anew") {
  rng random{5};
  for (int run = 0; run < 200; ++run) {
    CAPTURE(run);
    std::vector<std::pair<account_id, std::uint64_t>> members;
    const auto n = 1 + random.below(7);
    for (std::uint64_t i = 0; i < n; ++i)
      members.emplace_back(named(std::to_string(i)), 1 + random.below(5));
    const auto set = set_of(members);
    vote_keeper votes{set};
    votes.enter(3);
    using key = std::tuple<int, round_number, validator_index>;
    std::map<key, hash256> first;
    std::map<key, std::set<hash256>> counted; // the others only for values that are known
    for (int i = 0; i < 60; ++i) {
      const auto by = static_cast<validator_index>(random.below(n));
      const auto kind = random.below(2) == 0 ? statement_kind::prevote : statement_kind::precommit;
      const auto round = static_cast<round_number>(random.below(4));
      const auto value = random.below(3) == 0 ? hash256{} : value_of(random.below(2) ? "x" : "y");
      (void)votes.add(vote(set, by, kind, round, value), by);
      const bool is_known = std::any_of(first.begin(), first.end(), [&](const auto& x) {
        return std::get<0>(x.first) == static_cast<int>(kind) && std::get<1>(x.first) == round &&
               x.second == value;
      });
      const key k{static_cast<int>(kind), round, by};
      if (first.try_emplace(k, value).second || is_known)
        counted[k].insert(value);
    }
    for (round_number r = 0; r < 4; ++r) {
      const auto weight = [&](statement_kind kind, std::optional<hash256> value) {
        std::uint64_t sum = 0;
        for (const auto& [k, values] : counted)
          if (std::get<0>(k) == static_cast<int>(kind) && std::get<1>(k) == r &&
              (!value || values.contains(*value)))
            sum += set[std::get<2>(k)].weight;
        return sum;
      };
      for (const auto& value : {hash256{}, value_of("x"), value_of("y")}) {
        CHECK(votes.has_polka(r, value) == set.is_quorum(weight(statement_kind::prevote, value)));
        if (!value.is_none() && set.is_quorum(weight(statement_kind::precommit, value)))
          CHECK(set.is_quorum(weight(statement_kind::precommit, votes.precommitted(r).value())));
      }
      CHECK(votes.has_polka_any(r) == set.is_quorum(weight(statement_kind::prevote, {})));
      CHECK(votes.has_precommit_any(r) == set.is_quorum(weight(statement_kind::precommit, {})));
    }
  }
}
