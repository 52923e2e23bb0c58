// Random elections against their rules, carried out plainly: Phragmén with every score from every
// edge, phragmMS with fractions of whole numbers, balancing by search for the level, normalisation
// unit by unit. A failure prints the seed and the line that replays it.
#include <numeric>

#include <doctest/doctest.h>

#include "ainur/consensus/election_score.hpp"
#include "ainur/consensus/election_text.hpp"
#include "ainur/consensus/pjr.hpp"
#include "consensus/election_support.hpp"
#include "consensus/plain_election.hpp"
#include "naive_election.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::consensus;
using ainur::test::ballots_of;

namespace {

/// Carries `check` out for each seed.
template <class Check>
void for_seeds(std::uint64_t first, int count, const char* name, Check&& check) {
  const test::seed_range seeds{first, count * test::count_factor()};
  for (auto seed = seeds.first; seed <= seeds.last; ++seed) {
    INFO(test::replay_line(seed, name));
    check(seed);
  }
}

std::vector<std::uint32_t> places(const solution& s) {
  std::vector<std::uint32_t> out;
  for (const auto& w : s.winners)
    out.push_back(w.candidate);
  return out;
}

/// The edges of each voter that carry something sum up to its budget.
std::vector<std::uint64_t> normalised(const ballots& b, std::vector<std::uint64_t> weights) {
  for (std::uint32_t v = 0; v < b.voters(); ++v) {
    std::vector<std::uint64_t> given;
    for (auto e = b.first[v]; e < b.first[v + 1]; ++e)
      if (weights[e] != 0)
        given.push_back(weights[e]);
    test::normalise_by_units(given, b.budgets[v]);
    auto next = given.begin();
    for (auto e = b.first[v]; e < b.first[v + 1]; ++e)
      if (weights[e] != 0)
        weights[e] = *next++;
  }
  return weights;
}

} // namespace

TEST_CASE("sequential Phragmen is its definition, bit by bit") {
  for_seeds(1'000, 1'500, "sequential Phragmen is its definition, bit by bit", [](auto seed) {
    const auto e = test::draw_election(seed);
    const auto b = ballots_of(e);
    const auto s = elect_seq_phragmen(b, e.seats);
    const auto naive = bench::elect_naively(b, e.seats);
    REQUIRE(places(s) == naive.winners);
    REQUIRE(s.weights == normalised(b, naive.weights));
    REQUIRE(check_feasible(b, s).has_value());
    for (std::size_t i = 1; i < s.winners.size(); ++i)
      REQUIRE(s.winners[i - 1].score <= s.winners[i].score);
  });
}

TEST_CASE("phragmMS is its definition in whole fractions") {
  for_seeds(2'000, 300, "phragmMS is its definition in whole fractions", [](auto seed) {
    const auto e = test::draw_election(seed);
    const auto b = ballots_of(e);
    const auto s = elect_phragmms(b, e.seats);
    test::plain_phragmms plain{b, {}};
    while (plain.winners.size() < e.seats && plain.elect_one())
      ;
    REQUIRE(places(s) == plain.winners);
    REQUIRE(s.weights == plain.weights);
    REQUIRE(check_feasible(b, s).has_value());
  });
}

TEST_CASE("balancing fills each voter's winners to a level") {
  for_seeds(3'000, 500, "balancing fills each voter's winners to a level", [](auto seed) {
    const auto e = test::draw_election(seed);
    const auto b = ballots_of(e);
    auto s = elect_phragmms(b, e.seats);
    auto plain = s;
    balance(b, s, {.iterations = 1});
    for (std::uint32_t v = 0; v < b.voters(); ++v)
      test::level_plainly(b, plain, v);
    REQUIRE(s.weights == plain.weights);
    REQUIRE(check_feasible(b, s).has_value());
    const auto before = score_of(s);
    balance(b, s, {.iterations = 30});
    REQUIRE(check_feasible(b, s).has_value());
    REQUIRE(score_of(s).sum_stake == before.sum_stake);
  });
}

TEST_CASE("normalisation in whole steps ends where single units do") {
  for_seeds(4'000, 5'000, "normalisation in whole steps ends where single units do", [](auto seed) {
    rng random{seed};
    std::vector<std::uint64_t> values(1 + random.below(7));
    for (auto& x : values)
      x = random.below(random.below(2) == 0 ? 5 : 400);
    const auto sum = random.below(random.below(2) == 0 ? 6 : 2'000);
    auto plain = values;
    normalise(values, sum);
    test::normalise_by_units(plain, sum);
    REQUIRE(values == plain);
    REQUIRE(std::accumulate(values.begin(), values.end(), std::uint64_t{0}) == sum);
  });
}

TEST_CASE("normalisation of the largest values takes no longer") {
  const auto most = ~std::uint64_t{0};
  std::vector<std::uint64_t> values{1, most, most, 5, most};
  normalise(values, 3);
  CHECK(std::accumulate(values.begin(), values.end(), std::uint64_t{0}) == 3);
  values = {0, 7, 0};
  normalise(values, most);
  CHECK(std::accumulate(values.begin(), values.end(), std::uint64_t{0}) == most);
}

TEST_CASE("sequential Phragmen proves that large groups are represented") {
  for_seeds(7'000, 2'000, "sequential Phragmen proves that large groups are represented",
            [](auto seed) {
              auto e = test::draw_election(seed);
              // Of many units each: below that, whole units are too coarse for a proof.
              for (auto& v : e.voters)
                v.stake = 1'000'000'007 * (1 + v.stake % 1'000);
              const auto b = ballots_of(e);
              const auto s = elect_seq_phragmen(b, e.seats);
              if (s.winners.empty() || e.voters.empty())
                return;
              const auto certificate = certify_pjr(b, s, standard_threshold(b, s));
              REQUIRE(certificate.holds());
              // As its reader computes it: from the slack of each voter.
              for (const auto& x : certificate.unelected) {
                uint128 spare = 0;
                for (std::uint32_t v = 0; v < b.voters(); ++v)
                  for (const auto c : b.targets_of(v))
                    spare += c == x.candidate ? slack_of(b, s, v, certificate.threshold) : 0;
                REQUIRE(spare == x.value);
                REQUIRE(spare <= certificate.largest->value);
              }
            });
}

TEST_CASE("single units of stake can keep a solution from being proven, the same in many cannot") {
  for (const std::uint64_t unit : {1, 1'000'000'000}) {
    const election e{.seats = 2, .candidates = {1, 2, 3}, .voters = {{1, unit, {1, 2, 3}}}};
    const auto b = ballots_of(e);
    const auto s = elect_seq_phragmen(b, e.seats);
    CHECK(certify_pjr(b, s, standard_threshold(b, s)).holds() == (unit != 1));
  }
}

TEST_CASE("shares in billionths are whole for each who gives, and true to one part") {
  for_seeds(5'000, 500, "shares in billionths are whole for each who gives, and true to one part",
            [](auto seed) {
              const auto e = test::draw_election(seed);
              const auto b = ballots_of(e);
              const auto s = elect(b, election_algorithm::phragmms, e.seats, {.iterations = 2});
              const auto parts = in_billionths(b, s);
              for (std::uint32_t v = 0; v < b.voters(); ++v) {
                std::uint64_t sum = 0;
                for (auto i = b.first[v]; i < b.first[v + 1]; ++i) {
                  sum += parts[i];
                  if (s.weights[i] == 0)
                    REQUIRE(parts[i] == 0);
                }
                REQUIRE((sum == 0 || sum == 1'000'000'000));
              }
            });
}

TEST_CASE("what is printed reads as the same solution") {
  for_seeds(6'000, 200, "what is printed reads as the same solution", [](auto seed) {
    const auto e = test::draw_election(seed);
    const auto b = ballots_of(e);
    const auto s = elect_seq_phragmen(b, e.seats);
    const auto text = to_json_text(e, b, s, nullptr);
    const auto supports = text.substr(text.find("\"supports\""));
    std::string file = "{\"to_elect\": " + std::to_string(e.seats) + ", \"candidates\": [";
    for (const auto id : e.candidates)
      file += (file.back() == '[' ? "" : ", ") + std::to_string(id);
    file += "], \"voters\": [";
    for (const auto& v : e.voters) {
      file += (file.back() == '[' ? "[" : ", [") + std::to_string(v.id) + ", " +
              std::to_string(v.stake) + ", [";
      for (const auto id : v.targets)
        file += (file.back() == '[' ? "" : ", ") + std::to_string(id);
      file += "]]";
    }
    file += "], " + supports.substr(0, supports.find(",\n \"perbill\"")) + "}";
    const auto read = election_from_json(file);
    REQUIRE_MESSAGE(read.has_value(), (read ? "" : read.error().to_string()));
    const auto again = stated_solution(*read, b);
    REQUIRE_MESSAGE(again.has_value(), (again ? "" : again.error().to_string()));
    REQUIRE(again->weights == s.weights);
    REQUIRE(score_of(*again) == score_of(s));
  });
}
