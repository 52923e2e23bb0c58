// One task's life, from the lines of a trace.
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "ainur/scenario/errc.hpp"
#include "ainur/scenario/explain.hpp"

using namespace ainur;
using namespace ainur::scenario;
using namespace std::chrono_literals;

namespace {

task_id task_of(std::uint8_t first, std::uint8_t last) {
  task_id id;
  id.value[0] = first;
  id.value[15] = last;
  return id;
}

const task_id a = task_of(0xab, 1);
const task_id b = task_of(0xab, 2);
const task_id c = task_of(0xcd, 3);

std::string line_of(std::int64_t at_us, const trace::event& e) {
  return trace::to_json_line(instant{duration{at_us}}, e);
}

/// Two tasks side by side; `a` is refused once, bid for twice and won at the second ask.
std::vector<std::string> two_tasks() {
  return {
      line_of(1'000'000, trace::submitted{a, 3, "nlp", 1, amount{250'000}, duration{4'000'000}}),
      line_of(1'000'100, trace::submitted{b, 4, "vision", 2, amount{90'000}, duration{1'000'000}}),
      line_of(1'100'000, trace::block_cut{1, 2, {}}),
      line_of(1'100'000, trace::taken_in{a, 0}),
      line_of(1'100'000, trace::asked{a, 0, {2, 0, 3}, amount{250'000}}),
      line_of(1'150'000, trace::asked{b, 1, {1}, amount{45'000}}),
      line_of(1'200'000, trace::refused{a, 0, 3, "budget"}),
      line_of(1'250'000, trace::corrected{a, 0, 0, "deadline", amount{61'000}, duration{9'000'000},
                                          amount{61'000}, 5s}),
      line_of(1'300'000, trace::bid{a, 0, 2, amount{51'000}, false}),
      line_of(1'300'000, trace::bid{a, 0, 0, amount{61'000}, true}),
      line_of(1'300'000, trace::awarded{a, 0, 2, amount{51'000}, amount{61'000}, 6s, "second ask"}),
      line_of(1'400'000, trace::faulted{fault_kind::kill, fault_target::ledger, 0}),
      line_of(5'300'000, trace::result_posted{a, 0, 2}),
      line_of(5'400'000, trace::disputed{a, 0, "opened"}),
      line_of(5'500'000, trace::disputed{a, 0, "ruled for the agent"}),
      line_of(5'500'000, trace::ended{a, 0, 2, award_outcome::success, "none", amount{61'000}}),
      line_of(5'600'000, trace::finished{a, final_state::resolved, amount{61'000}, "disputed"}),
  };
}

task_index index_of(const std::vector<std::string>& lines) {
  task_index out;
  for (const auto& line : lines)
    REQUIRE(out.add(line));
  return out;
}

story story_of(const std::vector<std::string>& lines, const task_id& task) {
  story out{task, index_of(lines).number_of(task), {{"workers", 2}, {"rogues", 2}}};
  for (const auto& line : lines)
    REQUIRE(out.add(line));
  return out;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// A folder of its own for one test.
struct scratch_folder {
  std::filesystem::path path;

  scratch_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "explain-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }

  ~scratch_folder() { std::filesystem::remove_all(path); }

  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  void write(const std::string& name, const std::string& text) const {
    std::ofstream{path / name, std::ios::binary} << text;
  }
};

} // namespace

TEST_CASE("every event reads back from its line") {
  hash256 hash;
  hash.value[7] = 9;
  const std::vector<trace::event> events{
      trace::submitted{a, 3, "a \"b\"\n\xc3\xa9", 2, amount::max(), duration{-5}},
      trace::taken_in{a, 7},
      trace::asked{a, 65'535, {}, amount{}},
      trace::asked{a, 1, {4'294'967'295, 0}, amount{1}},
      trace::bid{a, 0, 1, amount{5}, true},
      trace::refused{a, 0, 1, "budget"},
      trace::awarded{a, 0, 1, amount{1}, amount{2}, duration{3}, "reserve"},
      trace::result_posted{a, 0, 1},
      trace::ended{a, 0, 1, award_outcome::voided, "cancelled", amount{}},
      trace::disputed{a, 0, "opened"},
      trace::moved{a, 1, 2},
      trace::finished{a, final_state::rejected, amount{}, "intake_full"},
      trace::faulted{fault_kind::bypass, fault_target::reputation, 2},
      trace::faulted{fault_kind::partition, fault_target::validators, 6},
      trace::faulted{fault_kind::flooding, fault_target::validators, 999},
      trace::restarted{"ledger"},
      trace::block_cut{17, 3, hash},
      trace::corrected{a, 1, 2, "budget", amount{3}, duration{4}, amount{5}, duration{-6}},
      trace::resumed{true}};
  for (const auto& e : events) {
    const auto line = line_of(1'234, e);
    CAPTURE(line);
    const auto read = trace::from_json_line(line);
    REQUIRE(read);
    CHECK(*read == trace::timed_event{instant{duration{1'234}}, e});
  }
}

TEST_CASE("a line that is no event is refused, and says why") {
  const auto why = [](std::string_view line) {
    const auto read = trace::from_json_line(line);
    REQUIRE(!read);
    CHECK(read.error().is(errc::invalid_run));
    return read.error().detail();
  };
  CHECK(has(why(""), "JSON"));
  CHECK(has(why(R"({"at_us":1,"event":"bid")"), "JSON"));
  CHECK(has(why("[1]"), "JSON object"));
  CHECK(has(why(R"({"event":"bid"})"), "at_us"));
  CHECK(has(why(R"({"at_us":1})"), "event"));
  CHECK(has(why(R"({"at_us":1,"event":"sold"})"), "sold"));
  CHECK(has(why(R"({"at_us":1,"event":"restarted"})"), "actor is missing"));
  CHECK(has(why(R"({"at_us":1,"event":"restarted","actor":3})"), "actor is not"));
  CHECK(has(why(R"({"at_us":18446744073709551615,"event":"restarted","actor":"x"})"), "at_us"));
  const auto id = to_string(a);
  CHECK(has(why(R"({"at_us":1,"event":"taken_in","task":"ab","orchestrator":0})"), "task"));
  CHECK(
      has(why(R"({"at_us":1,"event":"taken_in","task":")" + id + R"(","orchestrator":4294967296})"),
          "orchestrator"));
  CHECK(has(why(R"({"at_us":1,"event":"taken_in","task":")" + id + R"(","orchestrator":-1})"),
            "orchestrator"));
  CHECK(has(why(R"({"at_us":1,"event":"finished","task":")" + id +
                R"(","state":"lost","paid_uainu":0,"cause":""})"),
            "state"));
  CHECK(has(why(std::string(100'000, '[')), "deep"));
}

TEST_CASE("a task is found by its id, the beginning of it, and its number") {
  auto lines = two_tasks();
  lines.push_back(line_of(6'000'000, trace::finished{c, final_state::refunded, {}, ""}));
  const auto index = index_of(lines);
  CHECK(index.count() == 3);
  CHECK(index.find(to_string(b)) == b);
  CHECK(index.find("CD") == c); // submitted before the trace began
  CHECK(index.number_of(c) == 0);
  CHECK(index.find("#1") == a);
  CHECK(index.find("2") == b);
  CHECK(index.number_of(b) == 2);
  const auto several = index.find("ab");
  REQUIRE(!several);
  CHECK(several.error().is(base_errc::malformed));
  CHECK(has(several.error().detail(), to_string(a)));
  CHECK(has(several.error().detail(), to_string(b)));
  CHECK(!has(several.error().detail(), to_string(c)));
  for (const auto* nobody : {"#3", "#0", "3", "0", "", "#", "xyz", "cdff", "no such", "#-1"}) {
    CAPTURE(nobody);
    const auto none = index.find(nobody);
    REQUIRE(!none);
    CHECK(none.error().is(base_errc::not_found));
    CHECK(has(none.error().detail(), nobody));
  }
  CHECK(has(index.find("cdff").error().detail(), "the nearest: " + to_string(c)));
}

TEST_CASE("the story has the steps of its task alone, in their order") {
  const auto told = story_of(two_tasks(), a);
  CHECK(told.steps().size() == 13);
  const auto text = told.text();
  std::size_t at = 0;
  for (const auto* part :
       {"(#1)", "nlp, 1 subtask, 4s of work each, budget 0.25 AINU", "submitted by client 3",
        "orchestrator 0",
        "3 agents asked for bids of at most 0.25 AINU: agent 2 (rogues), "
        "agent 0 (workers), agent 3 (rogues)",
        "agent 3 (rogues) was refused by its guard: budget",
        "agent 0 (workers) asked 0.061 AINU and 9s; its guard sent 0.061 AINU and 5s: deadline",
        "agent 2 (rogues) bid 0.051 AINU\n",
        "agent 0 (workers) bid 0.061 AINU, as corrected by its guard",
        "awarded to agent 2 (rogues) for 0.061 AINU, which is the second ask (it asked "
        "0.051 AINU); it promised to take at most 6s",
        "+4.300000  agent 2 (rogues) posted its result", "dispute opened",
        "dispute ruled for the agent", "ended in success: 0.061 AINU paid",
        "resolved after 4s 600ms: 0.061 AINU paid of 0.25 AINU (disputed)"}) {
    CAPTURE(part);
    const auto found = text.find(part, at);
    CHECK_MESSAGE(found != std::string::npos, text);
    at = found == std::string::npos ? at : found;
  }
  CHECK(!has(text, "vision"));
}

TEST_CASE("restarts of those who serve a task are told while they do") {
  const auto submitted = trace::submitted{a, 3, "nlp", 1, amount{9}, 1s};
  const std::vector<std::string> lines{
      line_of(1, trace::restarted{"ledger"}), // before it
      line_of(2, submitted),
      line_of(3, trace::restarted{"orchestrator/0"}), // nobody has it yet
      line_of(4, trace::taken_in{a, 0}),
      line_of(5, trace::restarted{"orchestrator/1"}),
      line_of(6, trace::moved{a, 0, 1}),
      line_of(7, trace::restarted{"orchestrator/1"}), // told
      line_of(8, trace::asked{a, 0, {2, 5}, amount{9}}),
      line_of(9, trace::restarted{"agent/5"}), // told
      line_of(10, trace::awarded{a, 0, 2, amount{1}, amount{2}, 1s, "reserve"}),
      line_of(11, trace::restarted{"agent/5"}),
      line_of(12, trace::restarted{"guard/1"}),
      line_of(13, trace::restarted{"guard/0"}), // told
      line_of(14, trace::restarted{"ledger"}),  // told
      line_of(15, trace::restarted{"reputation"}),
      line_of(15, trace::restarted{"validator/0"}), // the others go on
      line_of(16, trace::resumed{true}),            // told
      line_of(17, trace::moved{a, 1, 1}),
      line_of(18, trace::ended{a, 0, 2, award_outcome::voided, "lost_supervisor", {}}),
      line_of(19, trace::restarted{"group/0"}),
      line_of(20, trace::finished{a, final_state::refunded, {}, "lost_supervisor"}),
      line_of(21, trace::restarted{"ledger"}),
      line_of(22, trace::resumed{true})};
  const auto told_with = [&lines](std::uint64_t group_size) {
    story out{a, 1, {{"workers", 3}, {"rogues", 3}}, group_size};
    for (const auto& line : lines)
      REQUIRE(out.add(line));
    std::vector<std::int64_t> restarts;
    for (const auto& step : out.steps())
      if (std::holds_alternative<trace::restarted>(step.what))
        restarts.push_back(micros(step.at));
    return std::pair{restarts, out.text()};
  };
  const auto [restarts, text] = told_with(3);
  CHECK(restarts == std::vector<std::int64_t>{7, 9, 13, 14});
  CHECK(has(text, "moved from orchestrator 0, which was lost, to 1"));
  CHECK(has(text, "orchestrator 1 was started again"));
  CHECK(has(text, "agent 5 (rogues) was started again"));
  CHECK(has(text, "the ledger was started again"));
  CHECK(has(text, "another went on with it"));
  CHECK(has(text, "taken up again by orchestrator 1"));
  CHECK(told_with(0).first == std::vector<std::int64_t>{7, 9, 14}); // whose guard is not known
}

TEST_CASE("a trace goes on where another ended") {
  const scratch_folder folder;
  const auto path = (folder.path / "trace.jsonl").string();
  const auto end = [&path] {
    const auto found = trace::end_of_file(path);
    REQUIRE(found);
    return *found;
  };
  CHECK(end() == std::optional<trace::file_end>{});
  folder.write("trace.jsonl", "");
  CHECK(end() == std::optional<trace::file_end>{});
  std::string text;
  for (const auto& line : two_tasks())
    text += line + "\n";
  folder.write("trace.jsonl", text);
  CHECK(end() == trace::file_end{instant{5'600'000us}, false});
  folder.write("trace.jsonl", text + R"({"at_us":9999999)");
  CHECK(end() == trace::file_end{instant{5'600'000us}, true});
  folder.write("trace.jsonl", R"({"at_us":99)");
  CHECK(end() == trace::file_end{instant{}, true});
  for (const auto* other : {"hello", "hello\n", "\n", "{}\n", "\n\n"}) {
    CAPTURE(other);
    folder.write("trace.jsonl", other);
    const auto none = trace::end_of_file(path);
    REQUIRE_FALSE(none);
    CHECK(none.error().is(errc::invalid_run));
    CHECK(has(none.error().detail(), path));
  }

  trace::recorder later{true};
  later.end_line();
  later.add(instant{5'600'000us}, trace::resumed{true});
  later.add(instant{5'600'007us}, trace::restarted{"ledger"});
  CHECK(later.take_lines() == "\n" + line_of(5'600'000, trace::resumed{true}) + "\n" +
                                  line_of(5'600'007, trace::restarted{"ledger"}) + "\n");
}

TEST_CASE("a task that is submitted again, its record having been lost, keeps its number") {
  const auto index = index_of({line_of(1, trace::submitted{a, 3, "nlp", 1, amount{9}, 1s}),
                               line_of(2, trace::resumed{true}),
                               line_of(2, trace::submitted{a, 3, "nlp", 1, amount{9}, 1s}),
                               line_of(3, trace::submitted{b, 3, "nlp", 1, amount{9}, 1s})});
  CHECK(index.find("#1") == a);
  CHECK(index.find("#2") == b);
  CHECK_FALSE(index.find("#3"));
}

TEST_CASE("a task without an end, or without a beginning, is told as far as it is known") {
  const auto open = story_of(two_tasks(), b);
  CHECK(has(open.text(), "no final state"));
  CHECK(has(open.text(), "2 subtasks"));
  CHECK(has(open.text(), "subtask 1: 1 agent asked"));
  const auto late = story_of({line_of(1, trace::finished{c, final_state::refunded, {}, ""})}, c);
  CHECK(has(late.text(), "before this trace began"));
  CHECK(has(late.text(), "refunded after"));
}

TEST_CASE("the story as JSON is one object that holds the same") {
  const auto told = nlohmann::json::parse(story_of(two_tasks(), a).json());
  CHECK(told["task"] == to_string(a));
  CHECK(told["number"] == 1);
  CHECK(told["budget_uainu"] == 250'000);
  CHECK(told["state"] == "resolved");
  CHECK(told["paid_uainu"] == 61'000);
  REQUIRE(told["steps"].size() == 13);
  CHECK(told["steps"][2]["agents"] == nlohmann::json::array({2, 0, 3}));
  CHECK(told["steps"][3]["constraint"] == "budget");
  CHECK(told["steps"][0]["at_us"] == 1'000'000);
  const auto open = nlohmann::json::parse(story_of(two_tasks(), b).json());
  CHECK(open["state"].is_null());
}

TEST_CASE("explain reads a saved run, and names file and line of what is damaged") {
  const scratch_folder folder;
  const auto dir = folder.path.string();
  std::string text;
  for (const auto& line : two_tasks())
    text += line + "\n";
  const auto why = [&dir](std::string_view task) {
    const auto told = explain_task(dir, task);
    REQUIRE(!told);
    return told.error().to_string();
  };
  CHECK(has(why("#1"), "trace.jsonl"));
  folder.write("trace.jsonl", text);
  REQUIRE(explain_task(dir, "#1"));
  CHECK(explain_task(dir, to_string(a))->steps().size() == 13);
  CHECK(has(why("#3"), dir));

  SUBCASE("a line cut short by the end of the run is passed over") {
    folder.write("trace.jsonl", text + R"({"at_us":9,"event":"finis)");
    CHECK(explain_task(dir, "1")->steps().size() == 13);
  }
  SUBCASE("so is one before another run goes on, and only there") {
    folder.write("trace.jsonl", R"({"at_us":9,"event":"finis)"
                                "\n" +
                                    line_of(9, trace::resumed{true}) + "\n" + text);
    CHECK(explain_task(dir, "1")->steps().size() == 13);
    folder.write("trace.jsonl", R"({"at_us":9,"event":"finis)"
                                "\n" +
                                    text);
    CHECK(has(why("1"), "trace.jsonl:1: "));
  }
  SUBCASE("a line of the task that cannot be read") {
    auto damaged = text;
    damaged.replace(damaged.find(R"("agent":3)"), 9, R"("agent":x)");
    folder.write("trace.jsonl", damaged);
    CHECK(has(why("1"), "trace.jsonl:7: "));
    CHECK(explain_task(dir, "2")); // none of its lines
  }
  SUBCASE("a line that is no event at all") {
    folder.write("trace.jsonl", "hello\n" + text);
    CHECK(has(why("2"), "trace.jsonl:1: "));
  }
  SUBCASE("a file without an end of line, far too long") {
    folder.write("trace.jsonl", std::string(trace_line_max + (2u << 20), 'x'));
    CHECK(has(why("1"), "too long"));
  }
  SUBCASE("an empty trace") {
    folder.write("trace.jsonl", "");
    CHECK(has(why("1"), "there is no task"));
  }
}
