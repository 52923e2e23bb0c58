// Genesis files: what they say, and how each mistake is told.
#include <doctest/doctest.h>

#include "ainur/scenario/genesis_file.hpp"

using namespace ainur;
using namespace ainur::scenario;

namespace {

const std::string first(64, '1');
const std::string second(64, '2');

std::string sound_text() {
  return "chain = \"town\"\n"
         "time = \"2026-01-01T00:00:00Z\"\n"
         "authority = \"" +
         first +
         "\"\n"
         "council = \"" +
         second +
         "\"\n"
         "treasury = \"1000 AINU\"\n"
         "[parameters]\n"
         "unbonding = \"2d\"\n"
         "release_fee_ppm = 5000\n"
         "[[allocation]]\n"
         "account = \"" +
         second +
         "\"\n"
         "free = \"7.5 AINU\"\n"
         "[[allocation]]\n"
         "account = \"" +
         first +
         "\"\n"
         "free = \"1 AINU\"\n"
         "bonded = \"2 AINU\"\n";
}

/// The only problem of a text, as it is shown.
std::string problem_of(const std::string& text) {
  const auto read = read_genesis_file(text, "g.toml");
  REQUIRE(read.problems.size() == 1);
  return to_string(read.problems.front());
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

} // namespace

TEST_CASE("a genesis file says the rules, who decides, and who holds what") {
  const auto read = read_genesis_file(sound_text(), "g.toml");
  REQUIRE(read.problems.empty());
  const auto& g = read.value;
  CHECK(g.chain == "town");
  CHECK(to_string(g.time) == "2026-01-01T00:00:00.000000Z");
  CHECK(to_string(g.authority) == first);
  CHECK(to_string(g.council) == second);
  CHECK(g.treasury == amount::ainu(1'000));
  CHECK(g.parameters.unbonding == std::chrono::hours{48});
  CHECK(g.parameters.release_fee_ppm == 5'000);
  CHECK(g.parameters.bond_min == ledger::parameters{}.bond_min);
  REQUIRE(g.allocations.size() == 2);
  CHECK(to_string(g.allocations[0].account) == first);
  CHECK(g.allocations[0].bonded == amount::ainu(2));
  CHECK(g.allocations[1].free == amount{7'500'000});
  CHECK(ledger::validate(g).has_value());
}

TEST_CASE("a byte order mark before the text says nothing") {
  CHECK(read_genesis_file("\xef\xbb\xbf" + sound_text(), "g.toml").problems.empty());
}

TEST_CASE("a time may also be written as TOML does") {
  const auto text = with(sound_text(), "\"2026-01-01T00:00:00Z\"", "2026-01-01T00:00:00.25Z");
  const auto read = read_genesis_file(text, "g.toml");
  REQUIRE(read.problems.empty());
  CHECK(to_string(read.value.time) == "2026-01-01T00:00:00.250000Z");
}

TEST_CASE("every mistake is told with file, line and key") {
  const auto text = sound_text();
  const auto starts = [](const std::string& shown, const std::string& expected) {
    CHECK_MESSAGE(shown.starts_with(expected), shown);
  };
  const auto says = [](const std::string& shown, const std::string& part) {
    CHECK_MESSAGE(shown.find(part) != std::string::npos, shown);
  };
  auto shown = problem_of(with(text, "unbonding", "unbondin"));
  starts(shown, "g.toml:7:");
  says(shown, "parameters.unbondin");
  says(shown, "\"unbonding\"");
  shown = problem_of(with(text, "treasury", "tresury"));
  says(shown, "\"treasury\"");
  shown = problem_of(with(text, "\"2d\"", "2"));
  starts(shown, "g.toml:7:");
  says(shown, "expects a time");
  shown = problem_of(with(text, "= 5000", "= 5000.5"));
  says(shown, "expects a whole number");
  shown = problem_of(with(text, "= 5000", "= 5000000000"));
  says(shown, "must be 0 .. 4294967295");
  shown = problem_of(with(text, "= 5000", "= 2000000"));
  starts(shown, "g.toml:8:");
  says(shown, "release_fee_ppm is more than");
  shown = problem_of(with(text, "\"7.5 AINU\"", "7.5"));
  starts(shown, "g.toml:11:");
  says(shown, "allocation[0].free");
  shown = problem_of(with(text, "\"1 AINU\"", "\"99999999999999999 AINU\""));
  says(shown, "is too large");
  shown = problem_of(with(text, second + "\"\ntreasury", "nobody\"\ntreasury"));
  starts(shown, "g.toml:4:");
  says(shown, "expects a did");
  shown = problem_of(with(text, "00:00:00Z", "00:00:00"));
  says(shown, "expects a time in UTC");
  shown = problem_of(with(text, "\"2026-01-01T00:00:00Z\"\n", "\"\u0144\"\n"));
  says(shown, "expects a time in UTC");
  shown = problem_of(
      with(text, "\"2026-01-01T00:00:00Z\"\n", "\"" + std::string(100'000, '[') + "\"\n"));
  says(shown, "expects a time in UTC");
  shown = problem_of(with(text, "time = \"2026-01-01T00:00:00Z\"\n", ""));
  says(shown, "time: it is missing");
  shown = problem_of(with(text, second + "\"\nfree", first + "\"\nfree"));
  starts(shown, "g.toml:12:");
  says(shown, "stands twice");
  shown = problem_of("chain = ");
  starts(shown, "g.toml:1:");
  shown = problem_of("chain = \"\xff\"");
  starts(shown, "g.toml:1:");
  shown = problem_of("a = " + std::string(10'000, '['));
  starts(shown, "g.toml:1:");
}

TEST_CASE("all mistakes are told at once, up to twenty") {
  std::string text;
  for (int i = 0; i < 30; ++i)
    text += "key" + std::to_string(i) + " = 1\n";
  CHECK(read_genesis_file(text, "g.toml").problems.size() == 20);
}

namespace {

std::string founded_text() {
  const std::string key(64, 'a');
  const auto account = [](const std::string& id) { return "\"" + id + "\"\n"; };
  return "time = \"2026-01-01T00:00:00Z\"\n"
         "council = " +
         account(second) +
         "[founding]\n"
         "election = \"phragmms\"\n"
         "[founding.agreement]\n"
         "propose_first = \"2s\"\n"
         "[[founding.validator]]\n"
         "stash = " +
         account(second) + "key = " + account(key) +
         "value = \"20000 AINU\"\n"
         "commission_ppm = 100000\n"
         "[[founding.validator]]\n"
         "stash = " +
         account(first) + "key = " + account(key) +
         "value = \"10000 AINU\"\n"
         "commission_ppm = 150000\n"
         "[[founding.nominator]]\n"
         "stash = " +
         account(std::string(64, '3')) +
         "value = \"500 AINU\"\n"
         "targets = [\"" +
         first + "\", \"" + second + "\"]\n";
}

} // namespace

TEST_CASE("a founding takes the place of the authority") {
  const auto read = read_genesis_file(founded_text(), "g.toml");
  REQUIRE_MESSAGE(read.problems.empty(), to_string(read.problems.front()));
  const auto& g = read.value;
  CHECK(g.version == 2);
  CHECK(g.authority.is_none());
  REQUIRE(g.founding);
  CHECK(g.founding->election == ledger::election_method::phragmms);
  CHECK(g.founding->agreement.propose_first == std::chrono::seconds{2});
  CHECK(g.founding->agreement.vote_first == ledger::agreement_parameters{}.vote_first);
  REQUIRE(g.founding->validators.size() == 2);
  CHECK(to_string(g.founding->validators[0].stash) == first); // in order, as the ledger wants them
  CHECK(g.founding->validators[0].commission_ppm == 150'000);
  CHECK(g.founding->validators[1].value == amount::ainu(20'000));
  CHECK(g.founding->validators[1].key[31] == 0xaa);
  REQUIRE(g.founding->nominators.size() == 1);
  CHECK(g.founding->nominators[0].targets.size() == 2);
  const auto again = ledger::decode_genesis(ledger::encode_genesis(g));
  REQUIRE(again);
  CHECK(*again == g);
}

TEST_CASE("mistakes in a founding are told with their place") {
  const auto text = founded_text();
  const auto says = [](const std::string& shown, const std::string& part) {
    CHECK_MESSAGE(shown.find(part) != std::string::npos, shown);
  };
  says(problem_of(with(text, "phragmms", "fragmen")), "\"phragmen\"");
  says(problem_of(with(text, "propose_first", "propose_frist")), "\"propose_first\"");
  says(problem_of(with(text, std::string(64, 'a'), "abc")), "expects a public key");
  says(problem_of(with(text, "[\"" + first, "[1, \"" + first)),
       "founding.nominator[0].targets[0]: expects a did");
  says(problem_of(with(text, "stash = \"" + first + "\"\n", "")), "founding.validator[1].stash");
  says(problem_of(with(text, "stash = \"" + first, "stash = \"" + second)), "stands twice");
  says(problem_of(with(text, "10000 AINU", "9999 AINU")), "stakes less than");
  says(problem_of(with(text, "150000", "950000")), "commission");
  says(problem_of(with(text, "[\"" + first, "[\"" + std::string(64, '9'))),
       "names no validator of the founding");
  says(problem_of("authority = \"" + first + "\"\n" + text), "there is no authority");
}
