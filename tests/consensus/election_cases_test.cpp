// The published cases of elections, all of them.
#include <fstream>
#include <regex>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "ainur/consensus/election_score.hpp"
#include "ainur/consensus/election_text.hpp"
#include "consensus/election_support.hpp"
#include "support/shared_data.hpp"

using namespace ainur;
using namespace ainur::consensus;
using ainur::test::by_ids;
using ainur::test::winner_ids;
using nlohmann::json;

namespace {

/// Numbers of 20 digits and more become texts, since the parser would round them.
std::optional<json> published() {
  const auto path = test::shared_data("npos/phragmen_cases.json");
  if (!path)
    return std::nullopt;
  std::ifstream in(*path);
  const std::regex wide(R"(^(\s*(?:"\w+": )?)([0-9]{20,})(,?)$)");
  std::string text;
  for (std::string line; std::getline(in, line);)
    text += std::regex_replace(line, wide, "$1\"$2\"$3") + "\n";
  return json::parse(text);
}

uint256 wide(const json& x) {
  return x.is_string() ? *uint256_from_text(x.get_ref<const std::string&>())
                       : uint256{0, x.get<std::uint64_t>()};
}

std::uint64_t number(const json& x) {
  return static_cast<std::uint64_t>(wide(x).low);
}

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

TEST_CASE("published: normalisation") {
  const auto data = published();
  if (!data)
    return;
  const auto& cases = data->at("normalize").at("cases");
  for (const auto& c : cases) {
    CAPTURE(c.dump());
    auto values = c[0].get<std::vector<std::uint64_t>>();
    normalise(values, number(c[1]));
    CHECK(values == c[2].get<std::vector<std::uint64_t>>());
  }
  CHECK(cases.size() >= 17);
  MESSAGE("ran " << cases.size() << " cases");
}

TEST_CASE("published: which of two scores is better") {
  const auto data = published();
  if (!data)
    return;
  const auto& cases = data->at("score_compare").at("cases");
  const auto score = [](const json& x) {
    return election_score{wide(x[0]).low, wide(x[1]).low, wide(x[2])};
  };
  for (const auto& c : cases) {
    CAPTURE(c.dump());
    CHECK(is_better(score(c.at("this")), score(c.at("that")),
                    c.at("epsilon_parts_per_1e9").get<std::uint32_t>()) ==
          c.at("better").get<bool>());
  }
  CHECK(cases.size() >= 14);
  MESSAGE("ran " << cases.size() << " cases");
}

TEST_CASE("published: representation") {
  const auto data = published();
  if (!data)
    return;
  const auto& pjr = data->at("pjr");
  int ran = 0;
  // Voters by their edges to winners, each backed by this voter only: a winner is its voter's own.
  const auto setting = [](const json& voters, const json& naming_3) {
    election e;
    for (std::size_t v = 0; v < voters.size(); ++v) {
      election_voter x{v, 0, {}};
      for (const auto& edge : voters[v]) {
        x.stake += number(edge[1]);
        x.targets.push_back(100 * (v + 1) + number(edge[0]));
        e.candidates.push_back(x.targets.back());
      }
      for (const auto& place : naming_3)
        if (number(place) == v)
          x.targets.push_back(3);
      e.voters.push_back(std::move(x));
    }
    e.candidates.push_back(3);
    return e;
  };
  const auto filled = [](const ballots& b, const json& voters) {
    solution s{{}, std::vector<std::uint64_t>(b.targets.size(), 0)};
    for (std::uint32_t v = 0; v < voters.size(); ++v)
      for (std::uint32_t i = 0; i < voters[v].size(); ++i) {
        const auto weight = number(voters[v][i][1]);
        s.weights[b.first[v] + i] = weight;
        s.winners.push_back({b.targets[b.first[v] + i], weight, 0});
      }
    REQUIRE(check_feasible(b, s).has_value());
    return s;
  };
  {
    const auto voters =
        json::array({pjr.at("slack_cases").at("voter_edges_all_elected_backed_only_by_it")});
    const auto e = setting(voters, json::array());
    const auto b = test::ballots_of(e);
    const auto s = filled(b, voters);
    for (const auto& [t, slack] : pjr.at("slack_cases").at("t_to_slack").items()) {
      CHECK(slack_of(b, s, 0, std::stoull(t)) == number(slack));
      ++ran;
    }
  }
  {
    const auto& c = pjr.at("pre_score_case");
    const auto e = setting(c.at("voters"), c.at("voters_supporting_unelected_3"));
    const auto b = test::ballots_of(e);
    const auto certificate = certify_pjr(b, filled(b, c.at("voters")), number(c.at("t")));
    REQUIRE(certificate.unelected.size() == 1);
    CHECK(e.candidates[certificate.unelected[0].candidate] == 3);
    CHECK(certificate.unelected[0].value == number(c.at("pre_score")));
    ++ran;
  }
  {
    const auto& c = pjr.at("failing_solution");
    const json file{{"candidates", c.at("candidates")},
                    {"voters", c.at("voters")},
                    {"to_elect", c.at("supports").size()},
                    {"supports", c.at("supports")}};
    const auto document = election_from_json(file.dump());
    REQUIRE(document.has_value());
    const auto b = test::ballots_of(document->election);
    const auto s = stated_solution(*document, b);
    REQUIRE(s.has_value());
    for (const auto& t : c.at("fails_for_t")) {
      const auto certificate = certify_pjr(b, *s, number(t));
      CHECK_FALSE(certificate.holds());
      uint128 spare = 0;
      for (const auto& x : certificate.objectors)
        spare += x.slack;
      CHECK(spare == certificate.largest->value);
      ++ran;
    }
  }
  CHECK(ran >= 8);
  MESSAGE("ran " << ran << " cases");
}
