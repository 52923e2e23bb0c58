// Sets of validators, and the rotation of the turn to propose.
#include <map>
#include <string>

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

const json* find_case(const json& cases, std::string_view beginning) {
  for (const auto& c : cases)
    if (c.at("name").get<std::string>().starts_with(beginning))
      return &c;
  return nullptr;
}

validator_set set_from(const json& c) {
  std::vector<std::pair<account_id, std::uint64_t>> members;
  for (const auto& v : c.at("validators"))
    members.emplace_back(named(v.at(0).get<std::string>()), v.at(1).get<std::uint64_t>());
  return set_of(members);
}

} // namespace

TEST_CASE("a set refuses what cannot vote") {
  const auto refused = [](std::vector<validator> members) {
    const auto made = validator_set::make(std::move(members));
    return !made && made.error().is(consensus::errc::bad_validators);
  };
  CHECK(refused({}));
  CHECK(refused({{named("a"), {}, 0}}));
  CHECK(refused({{named("a"), {}, 1}, {named("a"), {}, 1}}));
  CHECK(refused({{named("a"), {}, total_weight_max}, {named("b"), {}, 1}}));
  CHECK(refused(std::vector<validator>(validators_max + 1, {named("a"), {}, 1})));
  CHECK(validator_set::make({{named("a"), {}, total_weight_max}}).has_value());
}

TEST_CASE("members stand in the order of their ids, and the hash covers all of them") {
  const auto set = set_of({{named("b"), 2}, {named("a"), 1}});
  CHECK(set[0].id == named("a"));
  CHECK(set.find(named("b")) == 1);
  CHECK_FALSE(set.find(named("c")));
  CHECK(set.total_weight() == 3);
  CHECK(set.hash() == set_of({{named("a"), 1}, {named("b"), 2}}).hash());
  CHECK(set.hash() != set_of({{named("a"), 2}, {named("b"), 1}}).hash());
}

TEST_CASE("a quorum is more than two thirds, and more than one third holds an honest one") {
  const auto set = set_of({{named("a"), 1}, {named("b"), 1}, {named("c"), 1}});
  CHECK_FALSE(set.is_quorum(2));
  CHECK(set.is_quorum(3));
  CHECK_FALSE(set.has_honest(1));
  CHECK(set.has_honest(2));
}

TEST_CASE("the published orders of proposers") {
  const auto path = test::shared_data("bft/proposer_selection.json");
  if (!path)
    return;
  const auto cases = test::load_json(*path).at("cases");
  int seen = 0;

  SUBCASE("three of different weight") {
    const auto* c = find_case(cases, "TestProposerSelection1");
    REQUIRE(c != nullptr);
    const auto set = set_from(*c);
    rotation turn{set};
    for (const auto& name : c->at("proposers")) {
      CAPTURE(seen);
      CHECK(set[turn.proposer()].id == named(name.get<std::string>()));
      turn.advance(1);
      ++seen;
    }
    CHECK(seen == 99);
  }
  SUBCASE("one with as much as is needed to go first") {
    for (const auto& c : cases) {
      if (!c.contains("proposer_indices"))
        continue;
      const auto set = set_from(c);
      rotation turn{set};
      for (const auto& index : c.at("proposer_indices")) {
        CHECK(turn.proposer() == index.get<validator_index>());
        turn.advance(1);
        ++seen;
      }
    }
    CHECK(seen >= 2);
  }
  SUBCASE("each as often as its weight says") {
    for (const auto& c : cases) {
      if (!c.contains("counts"))
        continue;
      const auto set = set_from(c);
      rotation turn{set};
      std::vector<int> counts(set.size());
      for (int i = 0; i < c.at("rounds").get<int>(); ++i, turn.advance(1))
        ++counts[turn.proposer()];
      CHECK(counts == c.at("counts").get<std::vector<int>>());
      ++seen;
    }
    CHECK(seen == 1);
  }
  SUBCASE("priorities are centred") {
    const auto* c = find_case(cases, "TestAveraging");
    REQUIRE(c != nullptr);
    for (const auto& row : c->at("rows")) {
      const auto start = row.at("start").get<std::vector<std::int64_t>>();
      auto priorities = start;
      for (int i = 0; i < row.at("times").get<int>(); ++i)
        centre(priorities); // again changes nothing
      for (std::size_t i = 0; i < start.size(); ++i)
        CHECK(priorities[i] == start[i] - row.at("avg").get<std::int64_t>());
      ++seen;
    }
    CHECK(seen == 3);
  }
  MESSAGE("published cases of proposer selection: " << seen);
}

TEST_CASE("over any stretch a validator proposes as often as its weight, give or take one") {
  rng random{11};
  for (int run = 0; run < 50; ++run) {
    CAPTURE(run);
    std::vector<std::pair<account_id, std::uint64_t>> members;
    const auto n = 1 + random.below(9);
    for (std::uint64_t i = 0; i < n; ++i)
      members.emplace_back(named(std::to_string(i)), 1 + random.below(20));
    const auto set = set_of(members);
    rotation turn{set};
    std::vector<std::uint64_t> counts(set.size());
    for (std::uint64_t i = 0; i < set.total_weight() * 3; ++i, turn.advance(1))
      ++counts[turn.proposer()];
    for (validator_index i = 0; i < set.size(); ++i)
      CHECK(counts[i] == 3 * set[i].weight);
  }
}

TEST_CASE("priorities stay within two totals, with weights as large as they can be") {
  const auto most = total_weight_max;
  const auto set = set_of({{named("a"), most - 2}, {named("b"), 1}, {named("c"), 1}});
  rotation turn{set};
  for (int i = 0; i < 1'000; ++i) {
    turn.advance(1);
    for (const auto p : turn.priorities())
      CHECK(std::abs(p) <= static_cast<std::int64_t>(2 * most));
    CHECK(rotation::make(set, turn.priorities(), turn.proposer()).value() == turn);
  }
  CHECK_FALSE(rotation::make(set, {0, 0}, 0));
  CHECK_FALSE(rotation::make(set, {0, 0, 0}, 3));
  CHECK_FALSE(rotation::make(set, {INT64_MAX, 0, 0}, 0));
}

TEST_CASE("whoever joins starts behind, so leaving and coming back gains no turn") {
  const auto three = set_of({{named("a"), 10}, {named("b"), 10}, {named("c"), 10}});
  const auto two = set_of({{named("a"), 10}, {named("b"), 10}});
  rotation turn{two};
  turn.advance(5);
  turn.change(two, three);
  int before_c = 0;
  for (turn.advance(1); turn.proposer() != 2; turn.advance(1))
    ++before_c;
  CHECK(before_c >= 2);
  turn.change(three, two);
  for (int i = 0; i < 10; ++i, turn.advance(1))
    CHECK(turn.proposer() < 2);
}

TEST_CASE("the proposer of a later round is that of an advanced copy") {
  const auto set = set_of({{named("a"), 3}, {named("b"), 2}, {named("c"), 1}});
  rotation turn{set};
  CHECK(turn.proposer_after(0) == turn.proposer());
  auto later = turn;
  later.advance(4);
  CHECK(turn.proposer_after(4) == later.proposer());
  CHECK(turn.hash() != later.hash());
}
