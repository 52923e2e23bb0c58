// The rules by example, and the rules as a ledger sees them.
#include <doctest/doctest.h>

#include "ainur/consensus/election_rules.hpp"
#include "ainur/consensus/election_score.hpp"
#include "ainur/consensus/error.hpp"
#include "ainur/consensus/pjr.hpp"
#include "consensus/election_support.hpp"

using namespace ainur;
using namespace ainur::consensus;
using ainur::test::ballots_of;
using ainur::test::winner_ids;

namespace {

election two_groups() {
  return {.seats = 3, .candidates = {1, 2, 3, 4}, .voters = {{10, 60, {1, 2, 3}}, {20, 40, {4}}}};
}

account_id numbered(std::uint8_t n) {
  account_id id;
  id.value[0] = n;
  return id;
}

ledger::election_input draw_input(rng& random) {
  ledger::election_input input;
  input.seats = static_cast<std::uint32_t>(1 + random.below(6));
  for (auto count = random.below(12); count > 0; --count)
    input.candidates.push_back(
        {numbered(static_cast<std::uint8_t>(count)), amount{random.below(50) * random.below(2)}});
  for (auto count = random.below(30); count > 0 && !input.candidates.empty(); --count) {
    ledger::voter v{
        numbered(static_cast<std::uint8_t>(100 + count)), amount{1 + random.below(1'000'000)}, {}};
    for (std::uint32_t c = 0; c < input.candidates.size(); ++c)
      if (v.targets.empty() || random.below(3) == 0)
        v.targets.push_back(c);
    input.voters.push_back(std::move(v));
  }
  return input;
}

} // namespace

TEST_CASE("a group has seats in proportion to its stake, not all of them") {
  const auto e = two_groups();
  const auto b = ballots_of(e);
  CHECK(winner_ids(e, elect_seq_phragmen(b, 3)) == std::vector<std::uint64_t>{1, 4, 2});
  CHECK(winner_ids(e, elect_phragmms(b, 3)) == std::vector<std::uint64_t>{1, 4, 2});
}

TEST_CASE("of equals the first in the list wins") {
  const election e{.seats = 1, .candidates = {7, 3, 5}, .voters = {{1, 10, {5, 3, 7}}}};
  const auto b = ballots_of(e);
  CHECK(winner_ids(e, elect_seq_phragmen(b, 1)) == std::vector<std::uint64_t>{7});
  CHECK(winner_ids(e, elect_phragmms(b, 1)) == std::vector<std::uint64_t>{7});
}

TEST_CASE("exact ties are found where rounding would break them") {
  // After 1 and 2, candidate 3 has the denominator 1 + 1, and 4 has 1 + 1/3 + 1/3 + 1/3: with
  // thirds rounded down, 4 would seem to be the better one.
  const election e{.seats = 4,
                   .candidates = {1, 2, 3, 4},
                   .voters = {{1, 2, {2, 4}}, {2, 2, {2, 4}}, {3, 2, {2, 4}}, {4, 6, {1, 3}}}};
  const auto s = elect_phragmms(ballots_of(e), 4);
  CHECK(winner_ids(e, s) == std::vector<std::uint64_t>{1, 2, 3, 4});
  CHECK(s.winners[3].score == 3); // 6 / (1 + 3/3), exactly
}

TEST_CASE("a share of a winner too small for the bounds still counts") {
  // 2 and 3 have equal approval, but 2 by one unit of a voter whose other winner has 2^66.
  const auto most = ~std::uint64_t{0};
  const election e{.seats = 2,
                   .candidates = {1, 2, 3},
                   .voters = {{1, most, {1}},
                              {2, most, {1}},
                              {3, most, {1}},
                              {4, most, {1}},
                              {5, 1, {1, 2}},
                              {6, 4, {2}},
                              {7, 5, {3}}}};
  CHECK(winner_ids(e, elect_phragmms(ballots_of(e), 2)) == std::vector<std::uint64_t>{1, 3});
}

TEST_CASE("who has no stake behind it is elected last by one method, never by the other") {
  const election e{.seats = 3, .candidates = {1, 2, 3}, .voters = {{1, 0, {1}}, {2, 5, {3}}}};
  const auto b = ballots_of(e);
  const auto s = elect_seq_phragmen(b, 3);
  CHECK(winner_ids(e, s) == std::vector<std::uint64_t>{3, 1, 2});
  CHECK(s.weights == std::vector<std::uint64_t>{0, 5});
  CHECK(winner_ids(e, elect_phragmms(b, 3)) == std::vector<std::uint64_t>{3});
}

TEST_CASE("without candidates, voters or seats there is nothing to elect") {
  const election nobody{.seats = 4, .candidates = {}, .voters = {{1, 5, {9}}}};
  CHECK(elect_seq_phragmen(ballots_of(nobody), 4).winners.empty());
  const election unvoted{.seats = 1, .candidates = {1, 2}, .voters = {}};
  CHECK(elect_seq_phragmen(ballots_of(unvoted), 1).winners.size() == 1);
  CHECK(elect_phragmms(ballots_of(unvoted), 1).winners.empty());
  CHECK(elect_seq_phragmen(ballots_of(two_groups()), 0).winners.empty());
  CHECK(score_of({}) == election_score{});
}

TEST_CASE("a stake that cannot be divided goes whole to the one elected first") {
  // Both loads are as large as a number can be: the second adds nothing to the first.
  const election e{.seats = 2, .candidates = {1, 2}, .voters = {{1, 1, {1, 2}}}};
  const auto s = elect_seq_phragmen(ballots_of(e), 2);
  REQUIRE(s.winners.size() == 2);
  CHECK(s.weights == std::vector<std::uint64_t>{1, 0});
}

TEST_CASE("repeated and unknown targets count for nothing") {
  const election e{.seats = 1, .candidates = {1, 2}, .voters = {{1, 3, {2, 9, 2, 1, 2}}}};
  const auto b = ballots_of(e);
  CHECK(b.targets == std::vector<std::uint32_t>{1, 0});
  CHECK(elect_seq_phragmen(b, 1).winners[0].candidate == 0);
}

TEST_CASE("balancing levels what can be levelled, and stops when nothing changes") {
  const election e{
      .seats = 2, .candidates = {1, 2}, .voters = {{1, 100, {1, 2}}, {2, 10, {1}}, {3, 30, {2}}}};
  const auto b = ballots_of(e);
  auto s = elect_seq_phragmen(b, 2);
  CHECK(balance(b, s, {.iterations = 0}) == 0);
  CHECK(balance(b, s, {.iterations = 50}) <= 2);
  CHECK(s.winners[0].backing == 70);
  CHECK(s.winners[1].backing == 70);
  CHECK(check_feasible(b, s).has_value());
  auto rough = elect_seq_phragmen(b, 2);
  const auto before = rough.weights;
  CHECK(balance(b, rough, {.iterations = 50, .tolerance = 1'000}) == 1);
  CHECK(rough.weights == before);
}

TEST_CASE("elections beyond the bounds and ids that stand twice are refused") {
  const auto refused = [](const election& e, errc code, const char* what) {
    const auto b = make_ballots(e);
    REQUIRE_FALSE(b.has_value());
    CHECK(b.error().is(code));
    CHECK(b.error().detail().find(what) != std::string::npos);
  };
  refused({.candidates = {1, 2, 1}}, errc::malformed_election, "candidate 1");
  refused({.candidates = {1}, .voters = {{7, 1, {1}}, {7, 1, {1}}}}, errc::malformed_election,
          "voter 7");
  refused({.candidates = {1}, .voters = {{7, 1, std::vector<std::uint64_t>(targets_max + 1, 1)}}},
          errc::election_too_large, "voter 7");
  election many;
  many.candidates.resize(candidates_max + 1);
  refused(many, errc::election_too_large, "candidates");
  election crowd;
  crowd.voters.resize(voters_max + 1);
  refused(crowd, errc::election_too_large, "voters");
  election wide;
  for (std::uint64_t c = 0; c < targets_max; ++c)
    wide.candidates.push_back(c);
  for (std::uint64_t v = 0; v <= targets_total / targets_max; ++v)
    wide.voters.push_back({v, 1, wide.candidates});
  refused(wide, errc::election_too_large, "targets");
}

TEST_CASE("solutions that break the rules are found out") {
  const election e{.seats = 2, .candidates = {1, 2}, .voters = {{1, 10, {1, 2}}, {2, 5, {2}}}};
  const auto b = ballots_of(e);
  const auto refused = [&b](const solution& s) {
    const auto checked = check_feasible(b, s);
    return !checked && checked.error().is(errc::infeasible_solution);
  };
  CHECK_FALSE(refused({{{0, 4, 0}, {1, 11, 0}}, {4, 6, 5}}));
  CHECK(refused({{{0, 4, 0}, {1, 12, 0}}, {4, 7, 5}})); // over budget
  CHECK(refused({{{0, 4, 0}, {1, 12, 0}}, {4, 6, 5}})); // another backing
  CHECK(refused({{{0, 4, 0}}, {4, 6, 0}}));             // to one who did not win
  CHECK(refused({{{0, 4, 0}, {0, 4, 0}}, {4, 0, 0}}));  // wins twice
  CHECK(refused({{{2, 0, 0}}, {0, 0, 0}}));             // unknown
  CHECK(refused({{{0, 4, 0}}, {4}}));                   // another number of weights
}

TEST_CASE("a certificate that fails names the candidate and its voters") {
  const election e{.seats = 1,
                   .candidates = {1, 2, 3},
                   .voters = {{10, 30, {2, 3}}, {20, 5, {1}}, {30, 40, {2}}}};
  const auto b = ballots_of(e);
  solution s{{{0, 5, 0}}, std::vector<std::uint64_t>(b.targets.size(), 0)};
  s.weights[2] = 5;
  const auto t = standard_threshold(b, s);
  CHECK(t == 75);
  CHECK(certify_pjr(b, s, t).holds()); // 70 < 75
  const auto failed = certify_pjr(b, s, 70);
  CHECK_FALSE(failed.holds());
  REQUIRE(failed.unelected.size() == 2);
  CHECK(failed.unelected[0].value == 70);
  CHECK(failed.unelected[1].value == 30);
  CHECK(failed.largest->candidate == 1);
  REQUIRE(failed.objectors.size() == 2);
  CHECK(failed.objectors[0].voter == 0);
  CHECK(failed.objectors[0].slack == 30);
  CHECK(failed.objectors[1].voter == 2);
  CHECK(failed.objectors[1].slack == 40);
  CHECK(slack_of(b, s, 1, 70) == 0);
}

TEST_CASE("everyone elected is everyone represented") {
  const auto e = two_groups();
  const auto b = ballots_of(e);
  const auto s = elect_seq_phragmen(b, 9);
  REQUIRE(s.winners.size() == 4);
  const auto certificate = certify_pjr(b, s, 0);
  CHECK(certificate.holds());
  CHECK_FALSE(certificate.largest.has_value());
}

TEST_CASE("a score squares backings of more than 64 bits without overflow") {
  const uint128 large = uint128{1} << 83;
  const solution s{{{0, large, 0}, {1, large, 0}}, {}};
  CHECK(score_of(s).sum_stake_squared == uint256{uint128{1} << 39, 0});
}

TEST_CASE("as a ledger's rule: own stake counts for oneself, and is not among the supports") {
  const ledger::election_input input{
      2,
      {{numbered(1), amount{10}}, {numbered(2), amount{60}}, {numbered(3), amount{0}}},
      {{numbered(7), amount{100}, {0, 2}}, {numbered(8), amount{9}, {2}}}};
  const auto winners = elect_phragmen(input);
  REQUIRE(winners.size() == 2);
  CHECK(winners[0].candidate == 0); // 110 behind it
  CHECK(winners[1].candidate == 1); // the third would share 100 with the first
  REQUIRE(winners[0].supports.size() == 1);
  CHECK(winners[0].supports[0].voter == 0);
  CHECK(winners[0].supports[0].value == amount{100});
  CHECK(winners[1].supports.empty());
}

TEST_CASE("as a ledger's rule: random elections keep its promises and give budgets whole") {
  rng random{12};
  for (int round = 0; round < 500; ++round) {
    CAPTURE(round);
    const auto input = draw_input(random);
    for (const ledger::election_rule rule : {static_cast<ledger::election_rule>(&elect_phragmen),
                                             static_cast<ledger::election_rule>(&elect_phragmms)}) {
      const auto winners = rule(input);
      REQUIRE(ledger::is_consistent(input, winners));
      std::vector<std::uint64_t> given(input.voters.size(), 0);
      for (const auto& w : winners)
        for (const auto& s : w.supports)
          given[s.voter] += s.value.micro();
      for (std::size_t v = 0; v < given.size(); ++v)
        REQUIRE((given[v] == 0 || given[v] == input.voters[v].budget.micro()));
    }
    REQUIRE(elect_phragmen(input).size() ==
            std::min<std::size_t>(input.seats, input.candidates.size()));
  }
}
