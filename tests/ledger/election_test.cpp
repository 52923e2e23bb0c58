// The default election, and what any election must keep.
#include <doctest/doctest.h>

#include "ainur/base/rng.hpp"
#include "ainur/ledger/election.hpp"

using namespace ainur;
using namespace ainur::ledger;

namespace {

account_id number(std::uint8_t n) {
  account_id id;
  id.value[0] = n;
  return id;
}

election_input three_candidates() {
  return {2,
          {{number(1), amount{10}}, {number(2), amount{10}}, {number(3), amount{30}}},
          {{number(4), amount{15}, {1, 2}}, {number(5), amount{4}, {0}}}};
}

} // namespace

TEST_CASE("the most stake wins; budgets are divided evenly, odd units to the first") {
  const auto input = three_candidates();
  const auto winners = elect_top_stake(input);
  REQUIRE(winners.size() == 2);
  CHECK(winners[0].candidate == 2);
  CHECK(winners[1].candidate == 1);
  CHECK(winners[1].supports.at(0).value == amount{8});
  CHECK(winners[0].supports.at(0).value == amount{7});
  CHECK(is_consistent(input, winners));
}

TEST_CASE("of equals the first wins; without candidates nobody does") {
  election_input input{1, {{number(1), amount{5}}, {number(2), amount{5}}}, {}};
  CHECK(elect_top_stake(input).at(0).candidate == 0);
  CHECK(elect_top_stake({5, {}, {}}).empty());
}

TEST_CASE("results that break the promise are found out") {
  const auto input = three_candidates();
  CHECK(is_consistent(input, {{1, {{0, amount{15}}}}}));
  CHECK_FALSE(is_consistent(input, {{1, {{0, amount{16}}}}})); // over budget
  CHECK_FALSE(is_consistent(input, {{1, {{0, amount{8}}}}, {2, {{0, amount{8}}}}}));
  CHECK_FALSE(is_consistent(input, {{1, {{0, amount{1}}, {0, amount{1}}}}})); // twice
  CHECK_FALSE(is_consistent(input, {{1, {{0, amount{0}}}}}));                 // nothing
  CHECK_FALSE(is_consistent(input, {{1, {{1, amount{1}}}}}));                 // no target
  CHECK_FALSE(is_consistent(input, {{1, {{2, amount{1}}}}}));                 // no voter
  CHECK_FALSE(is_consistent(input, {{3, {}}}));
  CHECK_FALSE(is_consistent(input, {{1, {}}, {1, {}}}));
  CHECK_FALSE(is_consistent(input, {{0, {}}, {1, {}}, {2, {}}})); // seats
}

TEST_CASE("random elections spend every budget whole, or not at all") {
  rng random{11};
  for (int round = 0; round < 300; ++round) {
    election_input input;
    input.seats = static_cast<std::uint32_t>(1 + random.below(6));
    for (auto count = random.below(12); count > 0; --count)
      input.candidates.push_back(
          {number(static_cast<std::uint8_t>(count)), amount{random.below(50)}});
    for (auto count = random.below(30); count > 0 && !input.candidates.empty(); --count) {
      voter v{number(static_cast<std::uint8_t>(100 + count)), amount{1 + random.below(90)}, {}};
      for (std::uint32_t c = 0; c < input.candidates.size(); ++c)
        if (v.targets.empty() || random.below(3) == 0)
          v.targets.push_back(c);
      input.voters.push_back(std::move(v));
    }
    const auto winners = elect_top_stake(input);
    REQUIRE(winners.size() == std::min<std::size_t>(input.seats, input.candidates.size()));
    REQUIRE(is_consistent(input, winners));
    std::vector<std::uint64_t> given(input.voters.size(), 0);
    for (const auto& w : winners)
      for (const auto& s : w.supports)
        given[s.voter] += s.value.micro();
    for (std::size_t v = 0; v < given.size(); ++v)
      REQUIRE((given[v] == 0 || given[v] == input.voters[v].budget.micro()));
  }
}
