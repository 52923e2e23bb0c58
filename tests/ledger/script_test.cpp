// Scripts and the JSON form of calls and events.
#include <set>

#include "ainur/base/rng.hpp"
#include "ainur/ledger/proposal.hpp"
#include "ainur/ledger/script.hpp"
#include "ainur/ledger/text.hpp"
#include "world.hpp"

using namespace ainur;
using namespace ainur::test;

namespace {

std::vector<script_answer> play(const std::vector<std::string>& lines, script& s) {
  std::vector<script_answer> all;
  for (const auto& line : lines) {
    auto done = s.add(line);
    REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().to_string()));
    all.insert(all.end(), done->begin(), done->end());
  }
  auto done = s.end();
  REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().to_string()));
  all.insert(all.end(), done->begin(), done->end());
  return all;
}

std::string refusal(const std::vector<std::string>& lines) {
  script s;
  for (const auto& line : lines)
    if (auto done = s.add(line); !done)
      return done.error().to_string();
  auto done = s.end();
  return done ? "" : done.error().to_string();
}

const std::string setup = R"({"genesis": {"allocations": [
  {"account": "@ann", "free": "100 AINU"}, {"account": "@bob", "free": 5000000}]}})";

} // namespace

TEST_CASE("a script answers each step and makes one block of one time") {
  script s;
  const auto answers =
      play({setup, "", "// a comment",
            R"({"time": "2024-01-01T00:00:01Z", "origin": "@ann",
           "call": {"transfer": {"to": "@bob", "value": "1.5 AINU"}}})",
            R"({"time": "2024-01-01T00:00:01Z", "origin": "@ann",
           "call": {"burn_money": {"value": "1000 AINU"}}, "expect": "insufficient_funds"})",
            R"({"time": "2024-01-02T00:00:00Z"})",
            R"({"time": "2024-01-02T00:00:01Z", "batch": {"signer": "@bob", "mode": "all",
           "entries": [
           {"origin": "@bob", "call": {"burn_money": {"value": 1}}},
           {"origin": "@bob", "call": {"bond": {"value": 0}}}]}, "expect": "ok"})"},
           s);
  REQUIRE(answers.size() == 4);
  CHECK(answers[0].line == 4);
  CHECK(answers[0].height == 1);
  CHECK(answers[0].receipt.entries == std::vector{errc::ok});
  CHECK(answers[1].height == 1);
  CHECK(answers[1].as_expected);
  CHECK(answers[2].height == 2);
  CHECK(answers[3].receipt.entries == std::vector{errc::aborted, errc::invalid_value});
  CHECK_FALSE(answers[3].as_expected);
  CHECK(s.ledger()->account(named_account("bob"))->free == amount{6'500'000});
  CHECK(s.ledger()->totals().issuance == amount{105'000'000});
}

TEST_CASE("a script gives the same hash however often it is played") {
  const std::vector<std::string> lines{
      setup, R"({"time": "2024-01-01T00:00:01Z", "origin": "@ann", "call": {"open_task": {
        "task": "#one", "budget": 1000, "host": "@host", "description": ")" +
                 std::string(64, '1') + R"(", "award_by": "2024-01-01T01:00:00Z",
        "deadline": "2024-01-01T02:00:00Z"}}})"};
  script a;
  script b;
  CHECK(play(lines, a)[0].receipt.entries == std::vector{errc::ok});
  play(lines, b);
  CHECK(a.ledger()->state_hash() == b.ledger()->state_hash());
}

TEST_CASE("a script says where it is wrong") {
  CHECK(refusal({setup, "{"}).find("line 2: this is not JSON") != std::string::npos);
  CHECK(refusal({setup, "{\"a\": 1e999}"}).find("a number in it is too large") !=
        std::string::npos);
  CHECK(refusal({setup, R"({"time": "2026-01-01T00:00:01Z", "time": "2026-01-01T00:00:02Z"})"})
            .find("line 2: time: this key stands twice") != std::string::npos);
  CHECK(refusal({R"({"time": "today"})"}).find("a time is like") != std::string::npos);
  CHECK(refusal({R"({"time": "2024-01-01T00:00:01Z", "orign": "@ann"})"})
            .find("is \"origin\" meant?") != std::string::npos);
  CHECK(refusal({R"({"time": "2024-01-01T00:00:01Z", "origin": "@a", "call": {"transfr": {}}})"})
            .find("is \"transfer\" meant?") != std::string::npos);
  CHECK(refusal({R"({"time": "2024-01-01T00:00:01Z", "origin": "@a", "call": {"transfer":
            {"to": "@b"}}})"})
            .find("call.transfer.value") != std::string::npos);
  CHECK(refusal({R"({"time": "2024-01-01T00:00:01Z", "origin": "@a"})"})
            .find("needs origin and call") != std::string::npos);
  CHECK(refusal({R"({"time": "2024-01-01T00:00:02Z"})", R"({"time": "2024-01-01T00:00:01Z"})"})
            .find("is not after") != std::string::npos);
  CHECK(refusal({R"({"genesis": {"parameters": {"era": "0s"}}})"}).find("era is shorter") !=
        std::string::npos);
  CHECK(refusal({std::string(100, '[')}) != "");
  std::string deep;
  for (int i = 0; i < 100; ++i)
    deep += "[";
  CHECK(refusal({deep + std::string(100, ']')}).find("nested too deeply") != std::string::npos);
}

TEST_CASE("every call has a name of its own, and its JSON reads back") {
  std::set<std::string_view> names;
  for (const auto& info : call_catalogue()) {
    INFO(std::string{info.name});
    CHECK(names.insert(info.name).second);
  }
  CHECK(names.size() == std::variant_size_v<ledger::call>);
  award_task c;
  c.task = task_id{{1, 2, 3}};
  c.lines.push_back({});
  c.lines.back().agent = account_of_seed(seed_of(3));
  c.lines.back().price = amount{77};
  c.lines.back().work = minutes{90};
  c.lines.back().agent_index = 5;
  const auto back = call_from_json(to_json_text(ledger::call{c}));
  REQUIRE_MESSAGE(back.has_value(), (back ? "" : back.error().to_string()));
  CHECK(*back == ledger::call{c});
  const ledger::call voided{void_award{c.task, 1, void_cause::lost_supervisor}};
  CHECK(to_json_text(voided).find("\"lost_supervisor\"") != std::string::npos);
  CHECK(call_from_json(to_json_text(voided)) == voided);
}

TEST_CASE("the catalogue tells how structs are written, and that is how they are read") {
  std::size_t forms = 0;
  for (const auto& info : call_catalogue())
    for (const auto& field : info.fields) {
      INFO(std::string{info.name} << "." << std::string{field.name} << " " << field.kind);
      const bool is_plain =
          field.kind.find('_') == std::string::npos || field.kind.find('|') != std::string::npos;
      CHECK(field.form.empty() == is_plain);
      forms += field.form.empty() ? 0 : 1;
      if (info.name == "open_channel" && field.name == "params")
        CHECK(field.form == R"({"first": account, "second": account, "first_deposit": amount, )"
                            R"("second_deposit": amount, "challenge": duration, )"
                            R"("open_by": time, "nonce"?: whole number})");
    }
  CHECK(forms > 5);
}

TEST_CASE("what stands on the ledger is written as JSON") {
  task_view t;
  t.task = task_id{{1, 2, 3}};
  t.budget = amount{77};
  CHECK(to_json_text(t).find("\"budget\":77,") != std::string::npos);
  proposal_view p;
  p.calls = encode_calls({burn_money{amount{5}}});
  CHECK(to_json_text(p, {}).find(R"("calls":[{"burn_money":{"value":5}}])") != std::string::npos);
  p.calls = {1, 2};
  CHECK(to_json_text(p, {}).find(R"("calls":"0102")") != std::string::npos);
}
