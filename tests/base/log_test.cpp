// A log record's line, and the bound on storms against a slow oracle.
#include <algorithm>
#include <map>
#include <set>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "ainur/base/log_record.hpp"
#include "ainur/base/rate_bound.hpp"
#include "support/property.hpp"

using namespace ainur;

TEST_CASE("a log record is one line of JSON, its own names first") {
  const log_record r{.time = timestamp_at(1'731'689'870'000'001),
                     .at = instant_at(1'500),
                     .level = log_level::warn,
                     .component = "supervisor",
                     .event = "child_crashed",
                     .about = {{"child", std::string{"ledger"}},
                               {"attempt", std::uint64_t{18'446'744'073'709'551'615u}},
                               {"change", std::int64_t{-7}},
                               {"again", true}}};
  CHECK(to_json(r) == R"({"time":"2024-11-15T16:57:50.000001Z","at_us":1500,"level":"warn",)"
                      R"("component":"supervisor","event":"child_crashed","child":"ledger",)"
                      R"("attempt":18446744073709551615,"change":-7,"again":true})");
}

TEST_CASE("a field does not replace a record's own names") {
  const log_record r{.component = "node", .event = "opened", .about = {{"event", true}}};
  CHECK(nlohmann::json::parse(to_json(r)).at("event") == "opened");
}

TEST_CASE("whatever a log record holds, its line parses and is one line") {
  test::check_property("log lines", 500, [](const std::string& text, std::int64_t number) {
    const log_record r{.component = "agent",
                       .event = "skill_threw",
                       .about = {{"error", text}, {"number", number}}};
    const auto line = to_json(r);
    RC_ASSERT(line.find('\n') == std::string::npos);
    const auto parsed = nlohmann::json::parse(line, nullptr, false);
    RC_ASSERT(!parsed.is_discarded());
    RC_ASSERT(parsed.at("number") == number);
    if (std::all_of(text.begin(), text.end(), [](char c) { return c >= 0; }))
      RC_ASSERT(parsed.at("error") == text);
  });
}

TEST_CASE("text of a log record is escaped, and broken UTF-8 replaced") {
  const auto line_of = [](std::string text) {
    return to_json({.component = "x", .event = "y", .about = {{"error", std::move(text)}}});
  };
  CHECK(line_of("a\"b\\c\n\t\x01").ends_with(R"("error":"a\"b\\c\n\t\u0001"})"));
  CHECK(line_of("caf\xc3\xa9").ends_with("\"error\":\"caf\xc3\xa9\"}"));
  CHECK(line_of("caf\xc3").ends_with("\"error\":\"caf\xef\xbf\xbd\"}"));
}

TEST_CASE("levels of the log have names that read back") {
  for (const auto level : {log_level::trace, log_level::debug, log_level::info, log_level::warn,
                           log_level::error, log_level::off})
    CHECK(log_level_from_text(to_string(level)) == level);
  CHECK(log_level_from_text("loud").error().is(base_errc::malformed));
  CHECK(log_level_from_text("").error().is(base_errc::malformed));
}

TEST_CASE("the rate bound counts what it holds back, and tells it once") {
  rate_bound bound{2};
  CHECK(bound.take("a", instant_at(0)).passes);
  CHECK(bound.take("a", instant_at(500'000)).passes);
  CHECK_FALSE(bound.take("a", instant_at(999'999)).passes);
  CHECK(bound.take("b", instant_at(999'999)).passes); // a name of its own
  const auto next = bound.take("a", instant_at(1'000'000));
  CHECK(next.passes);
  CHECK(next.left_out == 1);
  CHECK_FALSE(bound.take("a", instant_at(1'499'999)).passes);
  CHECK(bound.take_left_out() ==
        std::vector<std::pair<std::string, std::uint64_t>>{{"a", std::uint64_t{1}}});
  CHECK(bound.take_left_out().empty());
  CHECK(bound.take("a", instant_at(1'500'000)).left_out == 0);
}

TEST_CASE(
    "in no second more pass the rate bound than are allowed, and none is held back for less") {
  test::check_property(
      "rate bound", 300, [](const std::vector<std::pair<bool, std::uint16_t>>& steps) {
        const auto most = *rc::gen::inRange<std::uint32_t>(1, 6);
        rate_bound bound{most};
        instant now{};
        std::map<std::string, std::vector<instant>> passed; // the oracle keeps everything
        std::map<std::string, std::uint64_t> held;
        std::uint64_t told = 0;
        for (const auto& [which, wait] : steps) {
          now += duration{std::int64_t{wait} * 10};
          const std::string name = which ? "a" : "b";
          const auto recent =
              std::count_if(passed[name].begin(), passed[name].end(),
                            [&](instant t) { return now - t < duration{1'000'000}; });
          const auto v = bound.take(name, now);
          RC_ASSERT(v.passes == (recent < static_cast<std::ptrdiff_t>(most)));
          if (v.passes) {
            passed[name].push_back(now);
            RC_ASSERT(v.left_out == held[name]);
            told += std::exchange(held[name], 0);
          } else {
            ++held[name];
          }
        }
        std::uint64_t rest = 0;
        for (const auto& [name, count] : bound.take_left_out())
          rest += count;
        RC_ASSERT(passed["a"].size() + passed["b"].size() + told + rest == steps.size());
      });
}
