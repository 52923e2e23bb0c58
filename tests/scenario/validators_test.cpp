// Validators in a scenario: what a file can say of them and of their faults, and what is refused.
#include <algorithm>

#include <doctest/doctest.h>

#include "ainur/scenario/explain.hpp"
#include "ainur/scenario/read.hpp"

using namespace ainur;
using namespace ainur::scenario;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view agents = "[[population]]\ncapabilities = [\"x\"]\n";

reading read_with(std::string_view more) {
  return read_scenario(std::string{agents} + std::string{more}, "x.toml");
}

config valid(std::string_view more) {
  const auto read = read_with(more);
  for (const auto& p : read.problems)
    MESSAGE(to_string(p));
  REQUIRE(read.problems.empty());
  return read.value;
}

/// Seven validators and one fault of them.
std::string fault_of(std::string_view kind, std::string_view more = "") {
  return "[validators]\ncount = 7\n[[fault]]\ntarget = \"validators\"\nkind = \"" +
         std::string{kind} + "\"\n" + std::string{more};
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("without a word of validators a single authority keeps the ledger") {
  const auto c = valid("");
  CHECK(c.validators == validators_config{});
  CHECK(c.validators.count == 0);
  CHECK(c.validators.stake == amount_model::constant(amount::ainu(20'000)));
  CHECK(c.validators.nomination == amount_model::constant(amount::ainu(5'000)));
  CHECK(c.network.validator == link_config{});
  CHECK(has(to_toml(c), "[validators]\ncount = 0\n"));
}

TEST_CASE("every key of validators is read, and written back") {
  const auto c = valid(R"(
    [validators]
    count = 1000
    seats = 100
    stake = { distribution = "uniform", min = "10000 AINU", max = "30000 AINU" }
    nominators = 20000
    nomination = { distribution = "lognormal", value = "500 AINU", min = "100 AINU" }
    nominations = 16
    commission = "20%"
    election = "phragmms"
    empty_interval = "6s"
    propose_timeout = "3s"
    vote_timeout = "700ms"
    precision = "0s"
    message_delay = "2s"
    keep_blocks = 64
    [network.validator]
    latency = "5ms"
    loss = "1%"
    duplication = "2%"
  )");
  validators_config expected{.count = 1'000, .seats = 100};
  expected.stake = amount_model::uniform(amount::ainu(10'000), amount::ainu(30'000));
  expected.nominators = 20'000;
  expected.nomination = amount_model::lognormal(amount::ainu(500), percent(50));
  expected.nomination.min = amount::ainu(100);
  expected.nominations = 16;
  expected.commission = percent(20);
  expected.election = election_method::phragmms;
  expected.empty_interval = 6s;
  expected.propose_timeout = 3s;
  expected.vote_timeout = 700ms;
  expected.precision = 0s;
  expected.message_delay = 2s;
  expected.keep_blocks = 64;
  CHECK(c.validators == expected);
  CHECK(c.network.validator.latency == duration_model::constant(5ms));
  CHECK(c.network.validator.loss == percent(1));
  CHECK(c.network.validator.duplication == percent(2));
  const auto again = read_scenario(to_toml(c), "again.toml");
  CHECK(again.problems.empty());
  CHECK(again.value == c);
  for (const auto* method : {"phragmen", "phragmms", "top_stake"}) {
    const auto other = valid("[validators]\nelection = \"" + std::string{method} + "\"");
    CHECK(to_text(other.validators.election) == method);
  }
}

TEST_CASE("every fault of validators is read, and written back") {
  for (const auto* kind : {"kill", "pause", "silent", "partition", "clock_skew", "slow_disk",
                           "equivocating_proposer", "equivocating_voter", "amnesia", "stale_view",
                           "bad_signatures", "withheld_proposal", "flooding"}) {
    CAPTURE(kind);
    // As many as there are, so that byzantine ones may be a third and more.
    const auto c =
        valid(fault_of(kind, "count = 7\nat = \"1s\"\nfor = \"20s\"\ndelay = \"300ms\""));
    REQUIRE(c.faults.size() == 1);
    CHECK(to_text(c.faults[0].kind) == kind);
    CHECK(to_text(c.faults[0].target) == "validators");
    CHECK(c.faults[0].lasts == 20s);
    CHECK(c.faults[0].delay == 300ms);
    CHECK(read_scenario(to_toml(c), "again.toml").value == c);
    const auto line = trace::to_json_line(
        instant{5us}, trace::faulted{c.faults[0].kind, fault_target::validators, 6});
    CHECK(line == R"({"at_us":5,"event":"faulted","kind":")" + std::string{kind} +
                      R"(","target":"validators","index":6})");
    REQUIRE(trace::from_json_line(line));
    CHECK(std::get<trace::faulted>(trace::from_json_line(line)->what).kind == c.faults[0].kind);
  }
  valid(fault_of("kill"));    // back at once
  valid(fault_of("amnesia")); // to the end
}

TEST_CASE("what validators cannot be is refused, by key") {
  struct refusal {
    std::string text;
    std::string key;
    std::string says;
    std::string suggestion{};
  };

  const std::vector<refusal> table{
      {"[validators]\ncount = 1001", "validators.count", "must be 0 .. 1000"},
      {"[validators]\ncont = 7", "validators.cont", "no such key", "count"},
      {"[validators]\ncount = 4\nseats = 5", "validators.seats",
       "is more than there are validators (4)"},
      {"[validators]\nstake = \"9999 AINU\"", "validators.stake",
       "must be at least 10000 AINU: less is no stake of a validator"},
      {"[validators]\nstake = { distribution = \"uniform\", min = 9999, max = 20000 }",
       "validators.stake.min", "must be at least 10000 AINU"},
      {"[validators]\nstake = { distribution = \"exponential\", value = 20000 }",
       "validators.stake.min", "must be at least 10000 AINU"},
      {"[validators]\nstake = { distribution = \"uniform\", min = 20000, max = 10000 }",
       "validators.stake.max", "must not be less than min"},
      {"[validators]\nstake = \"100000001 AINU\"", "validators.stake", "must be"},
      {"[validators]\ncount = 4\nnominators = 20001", "validators.nominators", "0 .. 20000"},
      {"[validators]\nnominators = 1", "validators.nominators", "no validators to back"},
      {"[validators]\nnomination = \"99.9 AINU\"", "validators.nomination",
       "must be at least 100 AINU: less is no stake of a nominator"},
      {"[validators]\nnominations = 0", "validators.nominations", "1 .. 16"},
      {"[validators]\nnominations = 17", "validators.nominations", "1 .. 16"},
      {"[validators]\ncommission = \"9%\"", "validators.commission", "0.1 .. 0.2"},
      {"[validators]\ncommission = \"21%\"", "validators.commission", "0.1 .. 0.2"},
      {"[validators]\nelection = \"phragmén\"", "validators.election", "must be one of",
       "phragmen"},
      {"[validators]\nempty_interval = \"999us\"", "validators.empty_interval",
       "must be 0, or at least 1ms"},
      {"[validators]\npropose_timeout = \"0s\"", "validators.propose_timeout", "1ms .. 1h"},
      {"[validators]\nvote_timeout = \"2h\"", "validators.vote_timeout", "1ms .. 1h"},
      {"[validators]\nprecision = \"2h\"", "validators.precision", "0s .. 1h"},
      {"[validators]\nmessage_delay = \"0s\"", "validators.message_delay", "1ms .. 1h"},
      {"[network.validator]\nlatency = { distribution = \"uniform\", min = \"2s\", max = \"1s\" }",
       "network.validator.latency.max", "must not be less than min"},
      {"[[fault]]\ntarget = \"validators\"", "fault[0].target",
       "there are no validators: set validators.count"},
      {fault_of("kill", "count = 8"), "fault[0].count", "is more than there are validators (7)"},
      {fault_of("flooding", "share = 0.5"), "fault[0].share", "is for agents only; use count"},
      {fault_of("flooding", "population = \"workers\""), "fault[0].population", "for agents only"},
      {fault_of("partition"), "fault[0].for", "a partition needs its length"},
      {fault_of("pause"), "fault[0].for", "a pause needs its length"},
      {fault_of("clock_skew"), "fault[0].delay", "clock_skew needs its delay, less than 10min"},
      {fault_of("slow_disk"), "fault[0].delay", "slow_disk needs its delay, less than 10min"},
      {fault_of("slow_disk", "delay = \"0s\""), "fault[0].delay", "must be 1us"},
      {fault_of("floding"), "fault[0].kind", "must be one of", "flooding"},
      {"[[fault]]\nkind = \"kill\"\nfor = \"1s\"", "fault[0].for", "a kill has no length"},
  };
  for (const auto& r : table) {
    CAPTURE(r.text);
    const auto read = read_with(r.text);
    REQUIRE(read.problems.size() == 1);
    const auto& p = read.problems[0];
    CAPTURE(to_string(p));
    CHECK(p.key == r.key);
    CHECK(p.line > 2);
    CHECK(has(p.text, r.says));
    CHECK(p.suggestion == r.suggestion);
  }
}

TEST_CASE("a fault hits what it can hit only") {
  const auto target_of = [](std::string_view kind, std::string_view target) {
    const auto text =
        "[validators]\ncount = 7\n[[fault]]\nfor = \"0s\"\ndelay = \"1s\"\nkind = \"" +
        std::string{kind} + "\"\ntarget = \"" + std::string{target} + "\"\n";
    const auto read = read_with(text);
    const auto at = std::find_if(read.problems.begin(), read.problems.end(),
                                 [](const auto& p) { return p.key == "fault[0].target"; });
    return at == read.problems.end() ? problem{} : *at;
  };
  for (const auto* kind : {"late", "false_result", "false_bid", "bypass"})
    for (const auto* target : {"validators", "ledger"}) {
      const auto p = target_of(kind, target);
      CHECK(p.text == std::string{kind} + " is a fault of agents only");
      CHECK(p.suggestion.empty());
    }
  for (const auto* kind :
       {"partition", "clock_skew", "slow_disk", "equivocating_proposer", "equivocating_voter",
        "amnesia", "stale_view", "bad_signatures", "withheld_proposal", "flooding"})
    for (const auto* target : {"agents", "ledger", "shard"}) {
      const auto p = target_of(kind, target);
      CHECK(p.text == std::string{kind} + " is a fault of validators only");
      CHECK(p.suggestion == "validators");
    }
  CHECK(target_of("silent", "orchestrator").text ==
        "silent is a fault of agents and validators only");
  for (const auto* target : {"agents", "validators"})
    CHECK(target_of("silent", target).text.empty());
  for (const auto* target : {"agents", "supervisor", "ledger", "validators"}) {
    CHECK(target_of("kill", target).text.empty());
    CHECK(target_of("pause", target).text.empty());
  }
}

TEST_CASE("on the real clock validators can be killed, and nothing else") {
  for (const auto* kind : {"silent", "partition", "clock_skew", "slow_disk",
                           "equivocating_proposer", "equivocating_voter", "amnesia", "stale_view",
                           "bad_signatures", "withheld_proposal", "flooding"}) {
    CAPTURE(kind);
    auto c = valid(fault_of(kind, "for = \"1s\"\ndelay = \"1s\""));
    c.clock = clock_kind::real_time;
    const auto problems = check(c);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].key == "fault[0].kind");
    CHECK(problems[0].text == std::string{kind} + " of validators needs clock = \"virtual\": on "
                                                  "the real clock use kill");
  }
  auto c = valid(fault_of("pause", "for = \"1s\""));
  c.clock = clock_kind::real_time;
  CHECK(check(c).size() == 1);
  c.faults[0].kind = fault_kind::kill;
  CHECK(check(c).empty());
  c.faults[0] = {.kind = fault_kind::silent, .target = fault_target::agents};
  CHECK(check(c).empty());
}
