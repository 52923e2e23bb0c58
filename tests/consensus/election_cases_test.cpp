// The published cases of elections: who wins, and who gives what.
#include <doctest/doctest.h>

#include "ainur/consensus/election_text.hpp"
#include "consensus/election_support.hpp"
#include "consensus/published.hpp"

using namespace ainur;
using namespace ainur::consensus;
using ainur::test::by_ids;
using ainur::test::number;
using ainur::test::published;
using ainur::test::wide;
using ainur::test::winner_ids;
using nlohmann::json;

namespace {

/// The case as a file of its own.
election election_of(const json& c) {
  json file{{"candidates", c.at("candidates")}, {"to_elect", c.at("to_elect")}};
  for (const auto* key : {"algorithm", "balancing"})
    if (c.contains(key))
      file[key] = c.at(key);
  file["voters"] = c.contains("voters") ? c.at("voters") : json::array();
  auto read = election_from_json(file.dump());
  REQUIRE_MESSAGE(read.has_value(), (read ? "" : read.error().to_string()));
  if (c.contains("voters_rule")) { // it is stated in words
    REQUIRE(c.at("name") == "large_balance_wont_overflow");
    for (std::uint64_t i = 0; i < 1'000; ++i)
      read->election.voters.push_back({10 + i, ~std::uint64_t{0}, {1, 2, 3}});
    read->election.voters.push_back({2, ~std::uint64_t{0}, {1, 3}});
  }
  return read->election;
}

test::weights_by_voter distributions(const json& list) {
  test::weights_by_voter out;
  for (const auto& x : list)
    for (const auto& part : x.at("dist"))
      out[number(x.at("who"))][number(part[0])] = number(part[1]);
  return out;
}

void check_supports(const election& e, const ballots& b, const solution& s, const json& supports) {
  REQUIRE(s.winners.size() == supports.size());
  const auto given = by_ids(e, b, s.weights);
  for (const auto& w : s.winners) {
    const auto id = e.candidates[w.candidate];
    const auto& stated = supports.at(std::to_string(id));
    CHECK(w.backing == wide(stated.at("total")).low);
    std::size_t count = 0;
    for (const auto& [voter, targets] : given)
      count += targets.count(id);
    CHECK(count == stated.at("voters").size());
    for (const auto& part : stated.at("voters"))
      CHECK(given.at(number(part[0])).at(id) == number(part[1]));
  }
}

void check_state(const election& e, const solution& s, const json& state) {
  for (const auto& x : state) { // id, elected, round, backing
    const auto ids = winner_ids(e, s);
    const auto at = std::find(ids.begin(), ids.end(), number(x[0]));
    CHECK((at != ids.end()) == x[1].get<bool>());
    if (at == ids.end())
      continue;
    const auto round = static_cast<std::size_t>(at - ids.begin());
    CHECK(round == number(x[2]));
    CHECK(s.winners[round].backing == number(x[3]));
  }
}

/// Returns how many expectations were compared.
int check_case(const json& c) {
  const auto e = election_of(c);
  const auto b = test::ballots_of(e);
  const auto s = elect(b, e.algorithm, e.seats, e.balancing);
  CHECK(check_feasible(b, s).has_value());
  int compared = 0;
  for (const auto& [what, expected] : c.at("expected").items()) {
    CAPTURE(what);
    ++compared;
    if (what == "winners") {
      REQUIRE(s.winners.size() == expected.size());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(e.candidates[s.winners[i].candidate] == number(expected[i].at("who")));
        CHECK(uint256{0, s.winners[i].backing} == wide(expected[i].at("backed_stake")));
        CHECK(number(expected[i].at("round")) == i);
      }
    } else if (what == "winner_ids") {
      CHECK(winner_ids(e, s) == expected.get<std::vector<std::uint64_t>>());
    } else if (what == "staked") {
      CHECK(by_ids(e, b, s.weights) == distributions(expected));
    } else if (what == "perbill") {
      CHECK(by_ids(e, b, in_billionths(b, s)) == distributions(expected));
    } else if (what == "supports") {
      check_supports(e, b, s, expected);
    } else if (what == "candidates_state") {
      check_state(e, s, expected);
    } else if (what == "assignment_targets") {
      const auto given = by_ids(e, b, s.weights);
      REQUIRE(given.size() == expected.size());
      for (const auto& x : expected) {
        std::vector<std::uint64_t> targets;
        for (const auto& [id, value] : given.at(number(x[0])))
          targets.push_back(id);
        CHECK(targets == x[1].get<std::vector<std::uint64_t>>());
      }
    } else {
      FAIL("this expectation is not known");
    }
  }
  return compared;
}

/// The method with fractions in floating point, which some cases are compared with.
struct float_result {
  std::vector<std::uint64_t> winners;
  std::vector<double> weights; // by edge
};

float_result elect_in_floats(const election& e, const ballots& b) {
  std::vector<double> approval(b.candidates, 0);
  std::vector<double> loads(b.voters(), 0);
  std::vector<double> edge_loads(b.targets.size(), 0);
  std::vector<bool> won(b.candidates, false);
  for (std::uint32_t v = 0; v < b.voters(); ++v)
    for (const auto c : b.targets_of(v))
      approval[c] += static_cast<double>(b.budgets[v]);
  float_result out;
  for (std::uint32_t seat = 0; seat < e.seats; ++seat) {
    std::vector<double> scores(b.candidates, 1);
    for (std::uint32_t v = 0; v < b.voters(); ++v)
      for (const auto c : b.targets_of(v))
        scores[c] += loads[v] * static_cast<double>(b.budgets[v]);
    std::optional<std::uint32_t> best;
    for (std::uint32_t c = 0; c < b.candidates; ++c)
      if (!won[c] && approval[c] > 0 &&
          (!best || scores[c] / approval[c] < scores[*best] / approval[*best]))
        best = c;
    REQUIRE(best.has_value());
    won[*best] = true;
    out.winners.push_back(e.candidates[*best]);
    const auto score = scores[*best] / approval[*best];
    for (std::uint32_t v = 0; v < b.voters(); ++v)
      for (auto i = b.first[v]; i < b.first[v + 1]; ++i)
        if (b.targets[i] == *best) {
          edge_loads[i] = score - loads[v];
          loads[v] = score;
        }
  }
  for (std::uint32_t v = 0; v < b.voters(); ++v)
    for (auto i = b.first[v]; i < b.first[v + 1]; ++i)
      out.weights.push_back(
          loads[v] > 0 ? static_cast<double>(b.budgets[v]) * edge_loads[i] / loads[v] : 0);
  return out;
}

uint128 backing_of(const election& e, const solution& s, std::uint64_t id) {
  for (const auto& w : s.winners)
    if (e.candidates[w.candidate] == id)
      return w.backing;
  return 0;
}

const json& case_named(const json& data, const std::string& name) {
  for (const auto& c : data.at("cases"))
    if (c.at("name") == name)
      return c;
  throw std::runtime_error("no case " + name);
}

} // namespace

TEST_CASE("published: elections") {
  const auto data = published();
  if (!data)
    return;
  int compared = 0;
  for (const auto& c : data->at("cases")) {
    CAPTURE(c.at("name").get<std::string>());
    const auto here = check_case(c);
    CHECK(here > 0);
    compared += here;
  }
  CHECK(data->at("cases").size() >= 9);
  MESSAGE("ran " << data->at("cases").size() << " elections, " << compared << " results compared");
}

TEST_CASE("published: the steps of phragmMS") {
  const auto data = published();
  if (!data)
    return;
  const auto& steps = data->at("phragmms_manual_steps");
  const auto e = election_of(case_named(*data, "basic_election_works"));
  const auto b = test::ballots_of(e);
  int compared = 0;
  const auto check_edges = [&](const solution& s, const json& voters) {
    auto given = by_ids(e, b, s.weights);
    for (const auto& [voter, edges] : voters.items())
      for (const auto& edge : edges) {
        CHECK(given[std::stoull(voter)][number(edge[0])] == number(edge[1]));
        ++compared;
      }
  };
  for (std::uint32_t round = 0; round < 2; ++round) {
    const auto& step = steps.at("round" + std::to_string(round));
    auto s = elect_phragmms(b, round + 1);
    CHECK(e.candidates[s.winners.back().candidate] == number(step.at("winner")));
    CHECK(s.winners.back().score == number(step.at("score")));
    check_edges(s, step.at("edges_after_apply"));
    compared += 2;
    if (!step.contains("edges_after_balance_10_iter"))
      continue;
    balance(b, s, {.iterations = 10});
    check_edges(s, step.at("edges_after_balance_10_iter"));
  }
  MESSAGE("ran 2 steps, " << compared << " values compared");
}

TEST_CASE("published: the case in floating point") {
  const auto data = published();
  if (!data)
    return;
  const auto& c = data->at("float_case"); // its input is that of the first case, in words
  const auto e = election_of(data->at("cases")[0]);
  const auto b = test::ballots_of(e);
  auto s = elect_seq_phragmen(b, e.seats);
  for (const auto& x : c.at("winners_with_approval_stake")) {
    uint128 approval = 0;
    for (const auto& v : e.voters)
      approval += std::count(v.targets.begin(), v.targets.end(), number(x[0])) != 0 ? v.stake : 0;
    CHECK(approval == number(x[1]));
    CHECK(backing_of(e, s, number(x[0])) != 0);
  }
  for (const auto& [id, backing] : c.at("supports_before_equalize").items())
    CHECK(static_cast<double>(backing_of(e, s, std::stoull(id))) == backing.get<double>());
  balance(b, s, {.iterations = 2});
  for (const auto& [id, backing] : c.at("supports_after_equalize_tolerance0_iter2").items())
    CHECK(static_cast<double>(backing_of(e, s, std::stoull(id))) == backing.get<double>());
  MESSAGE("ran 1 case");
}

TEST_CASE("published: elections to compare with floating point") {
  const auto data = published();
  if (!data)
    return;
  for (const auto& c : data->at("compare_only_cases")) {
    CAPTURE(c.at("name").get<std::string>());
    const auto e = election_of(c);
    const auto b = test::ballots_of(e);
    const auto s = elect_seq_phragmen(b, e.seats);
    const auto floats = elect_in_floats(e, b);
    CHECK(winner_ids(e, s) == floats.winners);
    const auto parts = in_billionths(b, s);
    for (std::uint32_t v = 0; v < b.voters(); ++v)
      for (auto i = b.first[v]; i < b.first[v + 1]; ++i) {
        const auto wanted = floats.weights[i] / static_cast<double>(b.budgets[v]) * 1e9;
        CHECK(static_cast<double>(parts[i]) >= wanted - 1);
        CHECK(static_cast<double>(parts[i]) <= wanted + 1);
      }
  }
  CHECK(data->at("compare_only_cases").size() >= 3);
  MESSAGE("ran " << data->at("compare_only_cases").size() << " cases");
}
