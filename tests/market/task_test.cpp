#include <set>

#include <doctest/doctest.h>

#include "ainur/base/rng.hpp"
#include "ainur/codec/msgpack.hpp"
#include "ainur/crypto/hash.hpp"
#include "ainur/market/bid.hpp"
#include "ainur/market/task.hpp"
#include "support/property.hpp"

using namespace ainur;
using market::subtask;
using market::task;

namespace {

task good_task(std::size_t parts = 3) {
  task t;
  t.id.value.fill(1);
  t.client.value.fill(2);
  t.budget = amount{1'000};
  t.award_by = timestamp_at(10);
  t.deadline = timestamp_at(20);
  for (std::size_t i = 0; i < parts; ++i) {
    subtask part{.capability = "nlp", .work = duration{5}, .reserve = amount{10}};
    if (i > 0)
      part.needs = {static_cast<std::uint16_t>(i - 1)};
    t.subtasks.push_back(part);
  }
  return t;
}

} // namespace

TEST_CASE("a task is checked field by field") {
  CHECK(validate(good_task()).has_value());
  CHECK(validate(good_task(64)).has_value());

  struct row {
    const char* what;
    void (*spoil)(task&);
    const char* named;
  };

  const row rows[] = {
      {"no id", [](task& t) { t.id = {}; }, "id"},
      {"no client", [](task& t) { t.client = {}; }, "client"},
      {"no subtasks", [](task& t) { t.subtasks.clear(); }, "subtasks"},
      {"too many", [](task& t) { t = good_task(65); }, "64"},
      {"deadline first", [](task& t) { t.deadline = timestamp_at(9); }, "deadline"},
      {"reputation", [](task& t) { t.reputation_min = 1001; }, "reputation_min"},
      {"over budget", [](task& t) { t.budget = amount{29}; }, "budget"},
      {"overflow", [](task& t) { t.subtasks[1].reserve = amount::max(); }, "budget"},
      {"no capability", [](task& t) { t.subtasks[2].capability.clear(); }, "subtask 2"},
      {"long name", [](task& t) { t.subtasks[0].capability.assign(257, 'x'); }, "subtask 0"},
      {"negative work", [](task& t) { t.subtasks[1].work = duration{-1}; }, "subtask 1"},
      {"input", [](task& t) { t.subtasks[1].input.resize((1u << 20) + 1); }, "subtask 1"},
      {"needs itself", [](task& t) { t.subtasks[1].needs = {1}; }, "subtask 1"},
      {"needs a later one", [](task& t) { t.subtasks[1].needs = {2}; }, "subtask 1"},
      {"needs twice",
       [](task& t) {
         t.subtasks[2].needs = {0, 0};
       },
       "subtask 2"},
      {"needs out of order",
       [](task& t) {
         t.subtasks[2].needs = {1, 0};
       },
       "subtask 2"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.what);
    auto t = good_task();
    r.spoil(t);
    const auto ok = validate(t);
    REQUIRE_FALSE(ok.has_value());
    CHECK(ok.error().is(market::errc::bad_task));
    CHECK(ok.error().to_string().find(r.named) != std::string::npos);
  }
}

TEST_CASE("a task travels in one form, and its hash covers every field") {
  const auto t = good_task();
  const auto data = codec::encode(t);
  CHECK(codec::decode<task>(data).value() == t);
  auto other = t;
  other.subtasks[1].input = {1};
  CHECK(description_of(other) != description_of(t));
  other = t;
  other.verifier = "x";
  CHECK(description_of(other) != description_of(t));
  CHECK(market::expected_digest(t.id, 0) != market::expected_digest(t.id, 1));
}

TEST_CASE("damaged bytes of a task are refused or are another valid form") {
  const auto data = codec::encode(good_task());
  for (std::size_t cut = 0; cut < data.size(); ++cut)
    CHECK_FALSE(codec::decode<task>(bytes_view{data}.first(cut)).has_value());
  test::check_property("damaged task", 2'000, [&](std::uint64_t seed) {
    rng random{seed};
    auto spoiled = data;
    for (auto n = 1 + random.below(4); n > 0; --n)
      spoiled[random.below(spoiled.size())] = static_cast<std::uint8_t>(random.next());
    if (const auto read = codec::decode<task>(spoiled)) {
      RC_ASSERT(codec::encode(*read) == spoiled);
      (void)validate(*read);
    }
  });
  test::check_property("noise", 500, [](const std::vector<std::uint8_t>& noise) {
    (void)codec::decode<task>(noise);
  });
}

TEST_CASE("a bid's hash covers every field and the root does not depend on the order") {
  market::bid b{.subtask = 1, .round = 0, .price = amount{5}, .work = duration{7}};
  auto other = b;
  other.round = 1;
  CHECK(hash_of(b) != hash_of(other));
  const hash256 forth[] = {hash_of(b), hash_of(other)};
  const hash256 back[] = {hash_of(other), hash_of(b)};
  CHECK(market::root_of(forth) == market::root_of(back));
  CHECK(market::root_of({forth, 1}) != market::root_of(forth));
}

TEST_CASE("every state and cause has a name of its own") {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(market::cause::max_value); ++i)
    names.insert(market::to_string(static_cast<market::cause>(i)));
  CHECK(names.size() == static_cast<std::size_t>(market::cause::max_value) + 1);
  CHECK(market::to_string(market::cause::intake_full) == "intake_full");
  CHECK(market::to_string(market::final_state::rejected) == "rejected");
}
