// The published cases of what judges solutions: sums, scores, representation.
#include <doctest/doctest.h>

#include "ainur/consensus/election_score.hpp"
#include "ainur/consensus/election_text.hpp"
#include "consensus/election_support.hpp"
#include "consensus/published.hpp"

using namespace ainur;
using namespace ainur::consensus;
using ainur::test::number;
using ainur::test::published;
using ainur::test::wide;
using nlohmann::json;

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
