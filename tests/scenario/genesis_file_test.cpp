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
