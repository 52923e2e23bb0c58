// Random elections against their rules, carried out plainly: Phragmén with every score from every
// edge, phragmMS with fractions of whole numbers, balancing by search for the level, normalisation
// unit by unit. A failure prints the seed and the line that replays it.
#include <numeric>

#include <doctest/doctest.h>

#include "ainur/consensus/election_score.hpp"
#include "ainur/consensus/election_text.hpp"
#include "ainur/consensus/pjr.hpp"
#include "consensus/big.hpp"
#include "consensus/election_support.hpp"
#include "naive_election.hpp"
#include "support/property.hpp"

using namespace ainur;
using namespace ainur::consensus;
using ainur::test::ballots_of;
using ainur::test::big;

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

/// phragmMS, unbalanced, with every score a fraction of whole numbers.
struct plain_phragmms {
  struct fraction {
    big numerator;
    big denominator{1};
  };

  const ballots& b;
  std::vector<std::uint32_t> winners;
  std::vector<std::uint64_t> weights = std::vector<std::uint64_t>(b.targets.size(), 0);

  [[nodiscard]] big backing(std::uint32_t c) const {
    big sum;
    for (std::size_t e = 0; e < b.targets.size(); ++e)
      if (b.targets[e] == c)
        sum = sum + big{weights[e]};
    return sum;
  }

  [[nodiscard]] bool names(std::uint32_t v, std::uint32_t c) const {
    const auto targets = b.targets_of(v);
    return std::find(targets.begin(), targets.end(), c) != targets.end();
  }

  [[nodiscard]] fraction score(std::uint32_t c) const {
    fraction d{1};
    big approval;
    for (std::uint32_t v = 0; v < b.voters(); ++v) {
      if (!names(v, c))
        continue;
      approval = approval + big{b.budgets[v]};
      for (auto e = b.first[v]; e < b.first[v + 1]; ++e)
        if (weights[e] != 0) {
          const auto backed = backing(b.targets[e]);
          d.numerator = d.numerator * backed + big{weights[e]} * d.denominator;
          d.denominator = d.denominator * backed;
        }
    }
    return {approval * d.denominator, d.numerator};
  }

  bool elect_one() {
    fraction best{};
    std::optional<std::uint32_t> found;
    for (std::uint32_t c = 0; c < b.candidates; ++c) {
      if (std::find(winners.begin(), winners.end(), c) != winners.end())
        continue;
      auto x = score(c);
      if (best.numerator * x.denominator < x.numerator * best.denominator) {
        best = std::move(x);
        found = c;
      }
    }
    if (!found)
      return false;
    const auto cutoff = divide(best.numerator, best.denominator).first;
    for (std::uint32_t v = 0; v < b.voters(); ++v)
      if (names(v, *found))
        move_to(*found, v, cutoff);
    winners.push_back(*found);
    return true;
  }

  /// What `move_to` gives before the seat is taken counts for nobody's backing but the winner's.
  void move_to(std::uint32_t c, std::uint32_t v, const big& cutoff) {
    std::uint64_t left = b.budgets[v];
    for (auto e = b.first[v]; e < b.first[v + 1]; ++e)
      left -= weights[e];
    std::size_t own = 0;
    for (auto e = b.first[v]; e < b.first[v + 1]; ++e) {
      if (b.targets[e] == c)
        own = e;
      const auto backed = backing(b.targets[e]);
      if (b.targets[e] == c || weights[e] == 0 || !(cutoff < backed))
        continue;
      const auto moved = divide(big{weights[e]} * cutoff, backed).first;
      std::uint64_t units = 0; // as a number: the largest that is not more
      for (auto bit = std::uint64_t{1} << 63; bit != 0; bit >>= 1)
        if (!(moved < big{units | bit}))
          units |= bit;
      weights[e] -= units;
      left += units;
    }
    weights[own] = left;
  }
};

/// One voter's stake on the least backed of its winners: the highest level that it can fill.
void level_plainly(const ballots& b, solution& s, std::uint32_t v) {
  std::vector<std::size_t> edges;
  const auto winner = [&](std::size_t e) -> elected* {
    for (auto& w : s.winners)
      if (w.candidate == b.targets[e])
        return &w;
    return nullptr;
  };
  for (std::size_t e = b.first[v]; e < b.first[v + 1]; ++e)
    if (winner(e) != nullptr)
      edges.push_back(e);
  if (edges.size() < 2)
    return;
  for (const auto e : edges)
    winner(e)->backing -= s.weights[e];
  const auto needed = [&](uint128 level) {
    uint128 sum = 0;
    for (const auto e : edges)
      sum += level > winner(e)->backing ? level - winner(e)->backing : 0;
    return sum;
  };
  uint128 level = 0;
  for (auto bit = uint128{1} << 100; bit != 0; bit >>= 1)
    if (needed(level | bit) <= b.budgets[v])
      level |= bit;
  std::vector<std::uint64_t> given;
  for (const auto e : edges)
    given.push_back(
        level > winner(e)->backing ? static_cast<std::uint64_t>(level - winner(e)->backing) : 0);
  test::normalise_by_units(given, b.budgets[v]);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    s.weights[edges[i]] = given[i];
    winner(edges[i])->backing += given[i];
  }
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
    plain_phragmms plain{b, {}};
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
      level_plainly(b, plain, v);
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
    std::string file = "{\"to_elect\": 1, \"candidates\": [";
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
