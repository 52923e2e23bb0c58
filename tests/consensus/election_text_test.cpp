// Reading elections: what is taken, and what is refused at which place.
#include <filesystem>
#include <fstream>
#include <iterator>

#include <doctest/doctest.h>

#include "ainur/consensus/election_text.hpp"
#include "ainur/consensus/error.hpp"
#include "consensus/election_support.hpp"

using namespace ainur;
using namespace ainur::consensus;

namespace {

std::string file_with(const std::string& part) {
  return "{\"to_elect\": 1, \"candidates\": [1, 2], \"voters\": []" +
         (part.empty() ? "" : ", " + part) + "}";
}

void check_refused(const std::string& text, const std::string& what,
                   errc code = errc::malformed_election) {
  CAPTURE(text.substr(0, 200));
  const auto read = election_from_json(text);
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().is(code));
  CAPTURE(read.error().to_string());
  CHECK(read.error().detail().find(what) != std::string::npos);
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

TEST_CASE("a file is read with everything that may be left out") {
  const auto read = election_from_json(R"({"name": "x", "expected": {"winners": []}, "to_elect": 2,
    "candidates": [5, "18446744073709551615"], "algorithm": "phragmms",
    "balancing": {"iterations": 3, "tolerance": "18446744073709551616"},
    "voters": [{"id": 1, "stake": "7", "targets": [5]}, [2, 8, []]]})");
  REQUIRE(read.has_value());
  const auto& e = read->election;
  CHECK(e.algorithm == election_algorithm::phragmms);
  CHECK(e.seats == 2);
  CHECK(e.candidates == std::vector<std::uint64_t>{5, ~std::uint64_t{0}});
  CHECK(e.balancing.iterations == 3);
  CHECK(e.balancing.tolerance == uint128{1} << 64);
  REQUIRE(e.voters.size() == 2);
  CHECK(e.voters[0].stake == 7);
  CHECK(e.voters[1].id == 2);
  CHECK_FALSE(read->supports.has_value());
  const auto least = election_from_json(file_with("\"balancing\": null"));
  REQUIRE(least.has_value());
  CHECK(least->election.algorithm == election_algorithm::seq_phragmen);
  CHECK(least->election.balancing.iterations == 0);
}

TEST_CASE("what is wrong is named with its place and the nearest right word") {
  check_refused("", "not JSON");
  check_refused("{", "not JSON");
  check_refused("[]", "an object");
  check_refused(std::string(20, '[') + std::string(20, ']'), "nested");
  check_refused("{}", "candidates: this key is needed");
  check_refused(file_with("\"algoritm\": 1"), "is \"algorithm\" meant?");
  check_refused(file_with("\"algorithm\": \"phragmns\""), "is \"phragmms\" meant?");
  check_refused(file_with("\"algorithm\": 3"), "algorithm: the name");
  check_refused(file_with("\"balancing\": {\"iterations\": 1001}"),
                "balancing.iterations: a whole");
  check_refused(file_with("\"balancing\": {\"tolerance\": 1}"), "balancing.iterations: this key");
  check_refused(file_with("\"balancing\": {\"iteration\": 1}"), "is \"iterations\" meant?");
  check_refused(file_with("\"supports\": []"), "supports: an object");
  check_refused(file_with("\"supports\": {\"x\": {}}"), "supports.x: the key must be");
  check_refused(file_with("\"supports\": {\"01\": {}}"), "supports.01: the key must be");
  check_refused(file_with("\"supports\": {\"1\": {\"total\": 1}}"), "supports.1.voters");
  check_refused(file_with("\"supports\": {\"1\": {\"total\": 1, \"voters\": [[1]]}}"), "voters[0]");
  const auto voters = [](const std::string& list) {
    return "{\"to_elect\": 1, \"candidates\": [1], \"voters\": " + list + "}";
  };
  check_refused(voters("{}"), "voters: a list");
  check_refused(voters("[3]"), "voters[0]: an object");
  check_refused(voters("[[1, 2]]"), "voters[0]: a list of the form");
  check_refused(voters("[{\"id\": 1, \"stake\": 1}]"), "voters[0].targets: this key");
  check_refused(voters("[{\"id\": 1, \"stake\": 1, \"target\": []}]"), "is \"targets\" meant?");
  for (const auto* stake : {"-1", "1.5", "18446744073709551616", "\"18446744073709551616\"",
                            "\"1e3\"", "true", "null", "\"\""})
    check_refused(voters("[[1, " + std::string{stake} + ", []]]"), "voters[0][1]: a whole number");
  check_refused("{\"to_elect\": 0, \"candidates\": [], \"voters\": []}", "to_elect: a whole");
}

TEST_CASE("what is too large is refused before it is kept") {
  std::string targets = "1";
  for (std::size_t i = 0; i < targets_max; ++i)
    targets += ",1";
  check_refused("{\"to_elect\": 1, \"candidates\": [1], \"voters\": [[1, 2, [" + targets + "]]]}",
                "voters[0][2]: at most 1024", errc::election_too_large);
  check_refused(std::string(election_text_bytes_max + 1, ' '), "16 MiB", errc::election_too_large);
}

TEST_CASE("stated supports must be what the voters can give") {
  const auto stated = [](const std::string& supports) {
    const auto read = election_from_json(
        "{\"to_elect\": 1, \"candidates\": [1, 2], \"voters\": [[7, 10, [1, 2]], "
        "[8, 5, [2]]], \"supports\": " +
        supports + "}");
    REQUIRE_MESSAGE(read.has_value(), (read ? "" : read.error().to_string()));
    return stated_solution(*read, test::ballots_of(read->election));
  };
  const auto good = stated(R"({"2": {"total": 11, "voters": [[7, 6], [8, 5]]}})");
  REQUIRE(good.has_value());
  CHECK(good->weights == std::vector<std::uint64_t>{0, 6, 5});
  const std::pair<const char*, const char*> bad[] = {
      {R"({"3": {"total": 0, "voters": []}})", "no candidate"},
      {R"({"1": {"total": 0, "voters": []}, "2": {"total": 0, "voters": []}})", "more winners"},
      {R"({"1": {"total": 5, "voters": [[9, 5]]}})", "voter 9 is unknown"},
      {R"({"1": {"total": 5, "voters": [[8, 5]]}})", "voter 8 does not name"},
      {R"({"1": {"total": 6, "voters": [[7, 3], [7, 3]]}})", "voter 7 stands twice"},
      {R"({"1": {"total": 5, "voters": [[7, 6]]}})", "backed"},
      {R"({"1": {"total": 11, "voters": [[7, 11]]}})", "more than its stake"}};
  for (const auto& [supports, what] : bad) {
    CAPTURE(supports);
    const auto s = stated(supports);
    REQUIRE_FALSE(s.has_value());
    CHECK(s.error().is(errc::infeasible_solution));
    CAPTURE(s.error().detail());
    CHECK(s.error().detail().find(what) != std::string::npos);
  }
}

TEST_CASE("a key that stands twice is refused, and broken text has a place") {
  const auto twice =
      election_from_json(R"({"candidates": [1], "voters": [], "to_elect": 1, "to_elect": 3})");
  REQUIRE_FALSE(twice.has_value());
  CHECK(twice.error().detail().find("to_elect: this key stands twice") != std::string::npos);
  const auto broken = election_from_json("{\n  \"candidates\": [1,]\n}");
  REQUIRE_FALSE(broken.has_value());
  CHECK(broken.error().detail().find("line 2, column 20") != std::string::npos);
}

TEST_CASE("the seeds of the fuzzer are elections") {
  const char* source = std::getenv("AINUR_SOURCE");
  REQUIRE(source != nullptr);
  int seen = 0;
  for (const auto& file : std::filesystem::directory_iterator(
           std::filesystem::path{source} / "tests/fuzz/seeds" / "election_fuzz")) {
    CAPTURE(file.path().string());
    const auto read = election_from_json(text_of(file.path()));
    CHECK(read.has_value());
    ++seen;
  }
  CHECK(seen >= 3);
}
